"""The fields of a status, as the JSON object of a POST or PUT has them (Mastodon API)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reblogbot.model import Post


def new_status(
    post: Post, reply_to: str, quoted: str | None, *, guards_mentions: bool
) -> dict[str, Any]:
    """The fields of a new status.

    With `guards_mentions` the server refuses a text that would notify people whom neither the
    admin nor the template names (Mastodon, PostStatusService).
    """
    fields = words(post) | {"visibility": post.visibility}
    fields |= {"in_reply_to_id": reply_to} if reply_to else {}
    fields |= {"quoted_status_id": quoted} if quoted else {}
    if guards_mentions and not post.may_mention and post.visibility != "direct":
        # not an empty array, which older Rails turn into null, and null asks for nothing
        fields["allowed_mentions"] = [""]
    return fields


def words(post: Post) -> dict[str, Any]:
    """What a status says, as a new one and as an edited one."""
    # servers and accounts have other formats as their default; Mastodon ignores the field
    fields: dict[str, Any] = {"status": post.text, "content_type": "text/plain"}
    fields |= {"language": post.language} if post.language else {}
    # without a warning, the account's own preference stands
    fields |= {"spoiler_text": post.spoiler, "sensitive": True} if post.spoiler else {}
    return fields


def attaching(images: Sequence[str]) -> dict[str, Any]:
    """The field that attaches uploaded images, by their ids."""
    return {"media_ids": list(images)} if images else {}
