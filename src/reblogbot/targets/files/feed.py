"""The feed of a folder of posts, made from an index of the newest beside them.

The index has a post before the post has its file, and the feed shows what has a file: so both are
put right by the next change, wherever a process died between them.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from reblogbot.core.outgoing_feeds import MOST_ENTRIES, FeedEntry, OutgoingFeed, atom, urn
from reblogbot.targets.files.folder import Folder, opened

log = logging.getLogger(__name__)

INDEX = ".reblogbot.json"
MAX_BYTES = 64_000_000
"""More than fifty posts of the greatest length have."""


class IndexedPost(BaseModel):
    """A post as the feed shows it; `name` is that of its file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    title: str
    html: str
    published: datetime
    updated: datetime
    via: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    is_draft: bool = False


class Index(BaseModel):
    """The newest posts of a folder, newest first; `id` is the feed's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    created: datetime
    posts: tuple[IndexedPost, ...] = ()


_INDEX = TypeAdapter(Index)


class FolderFeed:
    """The feed at `path` of the posts in a folder. Every method raises OSError.

    Its callers hold the folder's lock.
    """

    def __init__(self, path: Path, title: str) -> None:
        self._path = path
        self._title = title

    def note(self, folder: Folder, post: IndexedPost) -> None:
        """Note a post that is about to be written, or to be changed."""
        index = self._index(folder, post.published)
        others = [each for each in index.posts if each.name != post.name and folder.has(each.name)]
        posts = sorted([post, *others], key=lambda each: each.published, reverse=True)
        changed = index.model_copy(update={"posts": tuple(posts[:MOST_ENTRIES])})
        if changed != index:
            folder.write(INDEX, changed.model_dump_json(indent=1).encode())

    def refresh(self, folder: Folder, now: datetime) -> None:
        """Make the feed show the newest posts that have a file; do nothing where it does."""
        index = self._index(folder, now)
        posts = [post for post in index.posts if not post.is_draft and folder.has(post.name)]
        content = atom(_feed(index, self._title, posts))
        with opened(self._path.parent, is_locked=False) as parent:
            if parent.read(self._path.name, MAX_BYTES) != content:
                parent.write(self._path.name, content)

    def _index(self, folder: Folder, now: datetime) -> Index:
        """The index; a new one where there is none. A feed's id must never change."""
        index = self._read(folder)
        if index is None:
            index = Index(id=uuid4().urn, created=now)
            folder.write(INDEX, index.model_dump_json(indent=1).encode())
        return index

    def _read(self, folder: Folder) -> Index | None:
        content = folder.read(INDEX, MAX_BYTES)
        if content is None:
            return None
        try:
            return _INDEX.validate_json(content)
        except ValidationError:
            log.warning("the index of a folder cannot be read", extra={"feed": str(self._path)})
            return None


def _feed(index: Index, title: str, posts: Sequence[IndexedPost]) -> OutgoingFeed:
    entries = [
        FeedEntry(
            id=urn(index.id, post.name),
            title=post.title,
            html=post.html,
            published=post.published,
            updated=post.updated,
            via=post.via,
            author=post.author,
            tags=post.tags,
            language=post.language,
        )
        for post in posts
    ]
    return OutgoingFeed(index.id, title, index.created, entries)
