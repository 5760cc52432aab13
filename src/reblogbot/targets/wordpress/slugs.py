"""The names of posts and images on a blog, which are made of a delivery's identity alone.

So an attempt that is repeated finds what an earlier one has made, whatever became of our store.
"""

from __future__ import annotations

import re

_POST = re.compile(r"r-([0-9a-f]{32})")


def post_slug(identity: bytes) -> str:
    """The name of the post of this delivery."""
    return f"r-{identity.hex()}"


def image_slug(identity: bytes, number: int) -> str:
    """The name of its image of that number, the first being 1."""
    return f"m-{identity.hex()}-{number}"


def identity_in(slug: str) -> bytes:
    """The identity that the name of a post has been made of, b"" for any other name."""
    match = _POST.fullmatch(slug)
    return bytes.fromhex(match[1]) if match else b""


def trashed_slug(slug: str) -> str:
    """The name that WordPress gives a post of this name when it is put into the trash."""
    return f"{slug}__trashed"
