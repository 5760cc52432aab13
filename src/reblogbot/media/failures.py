"""The log line of an image or page that could not be had."""

from __future__ import annotations

import logging

from reblogbot.errors import SourceError
from reblogbot.web.addresses import redacted_url


def log_failure(
    log: logging.Logger, event: str, url: str, error: SourceError | TimeoutError
) -> str:
    """Log a failed image or page; return its address and the reason, for the admin."""
    slug, reason = "timeout", "took too long"
    if isinstance(error, SourceError):
        slug, reason = error.slug, error.message
    log.warning(event, extra={"slug": slug, "url": redacted_url(url), "error": reason})
    return f"{redacted_url(url)}: {reason}"
