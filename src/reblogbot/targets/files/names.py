"""Names of posts in a folder: a date, the delivery's identity, and a mark of the account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from heapq import nlargest
from typing import Literal

Format = Literal["markdown", "html"]
EXTENSIONS: dict[Format, str] = {"markdown": "md", "html": "html"}
_NAME = re.compile(
    r"(?P<stem>\d{4}-\d\d-\d\d-(?P<identity>[0-9a-f]{32})-(?P<mark>[0-9a-f]{8}))\.(?P<ext>md|html)"
)


@dataclass(frozen=True, slots=True)
class PostName:
    """The name of a post's file; the date before it is what Jekyll needs."""

    stem: str
    identity: bytes
    mark: str
    format: Format

    def __str__(self) -> str:
        return f"{self.stem}.{EXTENSIONS[self.format]}"

    def image(self, number: int, extension: str) -> str:
        """The name of the post's nth image."""
        return f"{self.stem}-{number}.{extension}"

    def is_of_image(self, name: str) -> bool:
        """Whether a file is an image of this post."""
        return re.fullmatch(rf"{re.escape(self.stem)}-\d\.[a-z]+", name) is not None


def account_mark(account: str) -> str:
    """Eight hex digits by which the files of one account are told from those of another.

    Two accounts with the same folder may post the same entry.
    """
    return blake2b(account.encode(), digest_size=4, person=b"files account").hexdigest()


def new_name(identity: bytes, mark: str, at: datetime, format_: Format) -> PostName:
    """The name of a post that is published at an instant, aware UTC."""
    return PostName(f"{at:%Y-%m-%d}-{identity.hex()}-{mark}", identity, mark, format_)


def read_name(name: str) -> PostName | None:
    """The name of a post, None for any other."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    format_: Format = "markdown" if match["ext"] == "md" else "html"
    return PostName(match["stem"], bytes.fromhex(match["identity"]), match["mark"], format_)


def is_part(name: str, mark: str) -> bool:
    """Whether it is what is left of a file of the account that was never finished."""
    if not name.endswith(".part"):
        return False
    return re.fullmatch(rf"\.[\d-]{{10}}-[0-9a-f]{{32}}-{mark}[.\w-]*\.part", name) is not None


def find_name(names: Iterable[str], identity: bytes, mark: str) -> PostName | None:
    """The name of the post with this identity among all names of a folder, None for none."""
    # looked for as text first: a folder may have a hundred thousand posts
    wanted = f"-{identity.hex()}-{mark}."
    posts = (read_name(name) for name in names if wanted in name)
    return next((post for post in posts if post and post.identity == identity), None)


def newest_names(names: Iterable[str], mark: str, count: int) -> list[PostName]:
    """The names of the account's newest posts, newest day first."""
    ending = tuple(f"-{mark}.{extension}" for extension in EXTENSIONS.values())
    newest = nlargest(count, (name for name in names if name.endswith(ending)))
    return [post for name in newest if (post := read_name(name))]
