"""The document of `preview`."""

from __future__ import annotations

from typing import TypedDict

from reblogbot.admin.documents.deliveries import PostRow, post_json
from reblogbot.engine.preview import FailedSource, Preview, RefusedEntry


class PreviewDocument(TypedDict):
    """What a round would post, in order, what is filtered and why, and which sources failed."""

    posts: list[PostRow]
    filtered: list[RefusedEntry]
    errors: list[FailedSource]


def preview_json(preview: Preview, limit: int | None = None) -> PreviewDocument:
    """The result of `preview`; `limit` bounds the posts."""
    return {
        "posts": [post_json(*post) for post in preview.posts[:limit]],
        "filtered": preview.refused,
        "errors": preview.errors,
    }
