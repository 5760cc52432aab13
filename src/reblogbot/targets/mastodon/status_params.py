"""The parameters of a status, as the JSON body of a POST or PUT has them (Mastodon API)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reblogbot.model import Post


def new_status_params(
    post: Post, reply_to: str, quoted_id: str | None, *, guards_mentions: bool
) -> dict[str, Any]:
    """The parameters of a new status.

    With `guards_mentions` the server refuses a text that would notify people whom neither the
    admin nor the template names (Mastodon, PostStatusService).
    """
    params = text_params(post) | {"visibility": post.visibility}
    if reply_to:
        params["in_reply_to_id"] = reply_to
    if quoted_id:
        params["quoted_status_id"] = quoted_id
    if guards_mentions and not post.may_mention and post.visibility != "direct":
        # older Rails turns an empty array into null, which would allow all mentions
        params["allowed_mentions"] = [""]
    return params


def text_params(post: Post) -> dict[str, Any]:
    """The parameters of a status's text, for a new status and for an edit."""
    # servers and accounts may default to other formats; Mastodon ignores this parameter
    params: dict[str, Any] = {"status": post.text, "content_type": "text/plain"}
    if post.language:
        params["language"] = post.language
    # without a content warning, the account's own default of `sensitive` is kept
    if post.spoiler:
        params |= {"spoiler_text": post.spoiler, "sensitive": True}
    return params


def media_params(media_ids: Sequence[str]) -> dict[str, Any]:
    """The parameter that attaches uploaded images, by their ids."""
    return {"media_ids": list(media_ids)} if media_ids else {}
