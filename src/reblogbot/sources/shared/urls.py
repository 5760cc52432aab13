"""Links as sources write them, as absolute URLs of the web."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

_LONGEST = 4096
# Most links are such; taking one apart costs more than all else that is done to it.
_ABSOLUTE = re.compile(r"https?://[a-z0-9.-]+/[!-\"$-:<->@-~]*(?:\?[!-\"$-~]+)?", re.ASCII)
_AMPERSAND = re.compile(r"&(?:amp|#0{0,5}38|#[xX]0{0,5}26);")


def web_url(base: str, written: str) -> str:
    """The http or https URL that `written` means in a document from `base`; "" for others."""
    if _is_common(written):
        return written
    joined = absolute(base, written)
    return joined if is_web_url(joined) else ""


def json_link(base: str, written: str) -> str:
    """The same for a link in JSON, where `&` is often escaped as in HTML."""
    return web_url(base, _AMPERSAND.sub("&", written))


def absolute(base: str, written: str) -> str:
    """`written` resolved against `base` (RFC 3986 §5), of any scheme; "" when malformed."""
    try:
        return urljoin(base, written.strip()) if written.strip() else ""
    except ValueError:
        return ""


def is_web_url(written: str) -> bool:
    """True for an absolute http or https URL with a host and of at most 4096 characters."""
    if not written or _is_common(written):
        return bool(written)
    try:
        parts = urlsplit(written if len(written) <= _LONGEST else "")
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _is_common(written: str) -> bool:
    return len(written) <= _LONGEST and bool(_ABSOLUTE.fullmatch(written))


def printable_web_url(written: str) -> str:
    """The same URL where it is one of the web and printable, else ""."""
    return written if written.isprintable() and is_web_url(written) else ""
