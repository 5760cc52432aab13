"""The document of a command that ended with exit code 2 or 3."""

from __future__ import annotations

from typing import TypedDict

from reblogbot.errors import ReblogbotError


class ErrorDetails(TypedDict):
    """What is wrong, and what to do."""

    slug: str
    """A name for the kind of error, which the operations guide explains."""
    message: str


class ErrorDocument(TypedDict):
    """The only document of a command that could not do its work."""

    error: ErrorDetails


def error_document(error: ReblogbotError) -> ErrorDocument:
    """The document of an error."""
    return {"error": error_json(error)}


def error_json(error: ReblogbotError) -> ErrorDetails:
    """The slug and the message of an error."""
    return {"slug": error.slug, "message": error.message}
