"""The document of `preview`."""

from __future__ import annotations

from typing import TypedDict

from reblogbot.admin.documents.deliveries import PostRow, post_json
from reblogbot.engine.preview import FailedSource, PlannedPost, Preview, RefusedEntry


class PlannedPostRow(PostRow):
    """A post that would go out."""

    waits_for: list[str]
    """The steps whose results its text lacks; a placeholder stands for each."""
    held: str
    """The reason why an admin has to release it first, or ""."""
    reply: bool
    """Whether it replies to the post before it: a follow-up, or a part of a thread."""


class PreviewDocument(TypedDict):
    """What a round would post, in order, what is filtered and why, and which sources failed."""

    posts: list[PlannedPostRow]
    filtered: list[RefusedEntry]
    errors: list[FailedSource]


def preview_json(preview: Preview, limit: int | None = None) -> PreviewDocument:
    """The result of `preview`; `limit` bounds the posts."""
    return {
        "posts": list(map(planned_post_json, preview.posts[:limit])),
        "filtered": preview.refused,
        "errors": preview.errors,
    }


def planned_post_json(planned: PlannedPost) -> PlannedPostRow:
    """A post that would go out."""
    return {
        **post_json(planned.account, planned.source, planned.post),
        "waits_for": list(planned.waits_for),
        "held": planned.held,
        "reply": planned.is_reply,
    }
