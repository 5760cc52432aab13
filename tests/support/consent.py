"""A person who consents to a login in a browser, on the tests' server or on mastodon_mock."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import requests


def consent(authorize_url: str, account: str = "news", **changed: str) -> str:
    """What the person gets: the code to copy, with what stands behind it, or the address of the redirect.

    `changed` are fields of the form, such as decision="deny".
    """
    parts = urlsplit(authorize_url)
    form = {**dict(parse_qsl(parts.query)), "account": account, "decision": "allow", **changed}
    form["username"] = account  # as mastodon_mock calls it
    answer = requests.post(
        f"{parts.scheme}://{parts.netloc}/oauth/authorize",
        data=form,
        allow_redirects=False,
        timeout=60,
    )
    if "Location" in answer.headers:
        return answer.headers["Location"]
    assert answer.status_code == 200, answer.text
    page = re.search(r'class="shown">([^<]*)<|code: ([^<]*)<', answer.text)
    return (page[1] or page[2]) if page else answer.text
