"""Hosts and origins of URLs, by which requests are grouped and headers are restricted."""

from __future__ import annotations

from urllib.parse import urlsplit

from reblogbot.config.hosts import host_port


def host_of(url: str) -> str:
    """The host of a URL in lower case; "" when there is none."""
    return (urlsplit(url).hostname or "").lower()


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL (RFC 6454): "https://example.org:443"."""
    return f"{urlsplit(url).scheme}://{host_port(url)}"
