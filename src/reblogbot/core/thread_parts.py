"""The parts of a thread that follow a published one; pure."""

from __future__ import annotations

from dataclasses import replace

from reblogbot.model import Post


def next_part(post: Post, delivery_id: int) -> Post:
    """The next part of a thread whose part `post` was published as this delivery."""
    text, *rest = post.rest
    return replace(
        post,
        action="post",
        text=text,
        link="",
        media=(),
        length=len(text),
        shorter="",
        continues=delivery_id,
        part=post.part + 1,
        rest=tuple(rest),
    )
