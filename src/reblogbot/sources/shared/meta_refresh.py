"""Pages that redirect a browser by `<meta http-equiv="refresh">`."""

from __future__ import annotations

import html
import re

from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import web_url

_HEAD = 20_000
_META = re.compile(r"<meta\s([^>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(http-equiv|content)\s{0,9}=\s{0,9}(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
# WHATWG HTML, "shared declarative refresh steps"
_CONTENT = re.compile(
    r"\s{0,9}[\d.]{0,9}+\s{0,9}[;,]?\s{0,9}(?:url\s{0,9}=\s{0,9})?([\"']?)(\S.*)", re.IGNORECASE
)


def target(body: ResponseBody) -> str:
    """The URL that the page redirects to, "" when it does not or redirects to itself."""
    for meta in _META.finditer(body.text()[:_HEAD]):
        attributes = {
            name.lower(): html.unescape("".join(values))
            for name, *values in _ATTRIBUTE.findall(meta[1])
        }
        if attributes.get("http-equiv", "").strip().lower() != "refresh":
            continue
        content = _CONTENT.fullmatch(attributes.get("content", "").strip())
        if content is None:
            continue
        quote, address = content.groups()
        url = web_url(body.url, address.partition(quote)[0] if quote else address.strip())
        return "" if url == body.url else url
    return ""
