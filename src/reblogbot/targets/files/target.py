"""Publishes for one account as files in a folder, and a feed of them."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reblogbot.core.article_markup import to_html, web_link
from reblogbot.core.articles import article_of_post
from reblogbot.errors import LeaseExpired, Rejected, Unreachable
from reblogbot.model import Image, Markup, Post, PublishedStatus, Receipt, ServerLimits
from reblogbot.ports import Clock, FoundStatus, Identity
from reblogbot.runtime.clock import uptime
from reblogbot.targets.files import documents
from reblogbot.targets.files.documents import Page
from reblogbot.targets.files.feed import FolderFeed, IndexedPost
from reblogbot.targets.files.folder import Folder, opened
from reblogbot.targets.files.names import (
    PostName,
    account_mark,
    find_name,
    is_part,
    new_name,
    newest_names,
    read_name,
)
from reblogbot.words import Words

if TYPE_CHECKING:
    from reblogbot.config.settings import AccountSettings

log = logging.getLogger(__name__)

LIMITS = ServerLimits(characters=60_000, per_link=None, media=4)
MAX_BYTES = 10_000_000
"""The largest file that is read back. None of ours is a tenth of that."""
RECENT = 100
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/avif": "avif",
}


class FilesTarget:
    """The Target of one folder.

    A post is found by its name, which has the identity of its delivery: to publish it twice finds
    the first. All changes are made under the folder's lock, so that several processes, and several
    accounts with the same folder, do not disturb each other.
    """

    def __init__(self, account: AccountSettings, *, clock: Clock) -> None:
        self._account = account
        self._clock = clock
        self._path = account.folder or Path()
        self._mark = account_mark(account.name)
        self._feed = FolderFeed(account.feed, self._path.name) if account.feed else None

    @property
    def rate_remaining(self) -> int | None:
        return None

    def verify(self) -> Identity:
        """The folder, where files can be written into it, or it can be made."""
        with self._errors():
            existing = next(path for path in (self._path, *self._path.parents) if path.exists())
            if not existing.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
            if not os.access(existing, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return Identity(acct=self._path.name)

    def scopes(self) -> tuple[str, ...]:
        return ()

    def limits(self) -> ServerLimits:
        return LIMITS

    def status(self, post: Post) -> FoundStatus | None:
        return None

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        return {}

    def publish(
        self,
        post: Post,
        key: str,
        *,
        identity: bytes = b"",
        reply_to: str = "",
        images: Sequence[Image] = (),
        markup: Markup = "plain",
        lease_end: float = inf,
    ) -> Receipt:
        if post.action == "boost":
            raise Rejected(
                "rejected",
                Words(
                    '{folder}: a folder of files has no boosts; set action = "post" for the source',
                    folder=self._path,
                ),
            )
        with self._locked_folder() as folder:
            _check_lease(lease_end)
            if post.action == "edit":
                return self._edit(folder, post, lease_end)
            # a notice to the admin has no identity; its key is its own
            identity = identity or blake2b(key.encode(), digest_size=16).digest()
            return self._publish_new(folder, post, identity, images, lease_end)

    def retract(self, post: Post, remote_id: str, *, lease_end: float = inf) -> bool:
        name = self._own_name(remote_id)
        if name is None:
            return False
        with self._locked_folder() as folder:
            _check_lease(lease_end)
            was_there = folder.remove(str(name))
            for image in [other for other in folder.names() if name.is_of_image(other)]:
                folder.remove(image)
            folder.sync()
            self._refresh_feed(folder)
        return was_there

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        """The newest posts of the account, by their names.

        What a process left that died is put right too: parts of files, and the feed.
        """
        with self._locked_folder() as folder:
            names = list(folder.names())
            for name in names:
                if is_part(name, self._mark):
                    folder.remove(name)
            self._refresh_feed(folder)
        newest = newest_names(names, self._mark, RECENT)
        return [PublishedStatus(self._receipt(name), identity=name.identity) for name in newest]

    def existing(self, post: Post, identity: bytes) -> Receipt | None:
        with self._locked_folder() as folder:
            name = find_name(folder.names(), identity, self._mark)
        return self._receipt(name) if name else None

    # under the lock

    def _publish_new(
        self,
        folder: Folder,
        post: Post,
        identity: bytes,
        images: Sequence[Image],
        lease_end: float,
    ) -> Receipt:
        existing = find_name(folder.names(), identity, self._mark)
        if existing is not None:
            self._refresh_feed(folder)
            return self._receipt(existing)
        now = self._clock.now().replace(microsecond=0)
        name = new_name(identity, self._mark, now, self._account.format)
        page = replace(self._page(post, now), image_lines=_write_images(folder, name, images))
        content = documents.content_of(page, name.format, self._account.front_matter)
        part = folder.prepare(str(name), content)
        self._note_for_feed(folder, name, page)
        _check_lease(lease_end)
        folder.add(part, str(name))
        folder.sync()
        self._refresh_feed(folder)
        return replace(self._receipt(name), left_out=len(images) - len(page.image_lines))

    def _edit(self, folder: Folder, post: Post, lease_end: float) -> Receipt:
        """The receipt of the post with another text; it keeps its name, date and images.

        An edit may be repeated at will.
        """
        name = self._own_name(post.uri)
        before = folder.read(str(name), MAX_BYTES) if name else None
        if name is None or before is None:
            raise Rejected(
                "edited_is_gone",
                Words(
                    "{folder}: the file {name} is not there any more; it is not written again",
                    folder=self._path,
                    name=name or "",
                ),
            )
        published_at = documents.published_at(before) if documents.is_unchanged(before) else None
        if published_at is None:
            raise Rejected(
                "edited_by_hand",
                Words(
                    "{folder}: the file {name} was changed by hand, and is left as it is; change "
                    "it yourself, or delete it",
                    folder=self._path,
                    name=name,
                ),
            )
        page = replace(
            self._page(post, published_at),
            edited_at=self._clock.now(),
            image_lines=documents.image_lines(before, name.format),
        )
        content = documents.content_of(page, name.format, documents.front_matter_of(before))
        self._note_for_feed(folder, name, page)
        _check_lease(lease_end)
        folder.write(str(name), content)
        self._refresh_feed(folder)
        return self._receipt(name)

    def _page(self, post: Post, published_at: datetime) -> Page:
        return Page(
            article_of_post(post),
            published_at,
            link=web_link(post.link),
            language=post.language,
            warning=post.spoiler,
            categories=self._account.categories,
            is_draft=post.visibility in ("private", "direct"),
        )

    def _note_for_feed(self, folder: Folder, name: PostName, page: Page) -> None:
        if self._feed is None:
            return
        post = IndexedPost(
            name=str(name),
            title=page.title,
            html=to_html(page.article.body),
            published=page.published_at,
            updated=page.edited_at or page.published_at,
            via=page.link,
            author=self._account.name,
            tags=tuple(page.tags),
            language=page.language,
            is_draft=page.is_draft,
        )
        self._feed.note(folder, post)

    def _refresh_feed(self, folder: Folder) -> None:
        """Write the feed, where it is not as it should be. Its failure undoes no post."""
        if self._feed is None:
            return
        try:
            self._feed.refresh(folder, self._clock.now())
        except OSError as error:
            log.warning(
                "the feed could not be written",
                extra={
                    "account": self._account.name,
                    "feed": str(self._account.feed),
                    "error": error.strerror or str(error),
                },
            )

    def _own_name(self, remote_id: str) -> PostName | None:
        """The name that a receipt of this account has; None for anything else."""
        name = read_name(remote_id)
        return name if name and name.mark == self._mark else None

    def _receipt(self, name: PostName) -> Receipt:
        return Receipt(str(name), (self._path / str(name)).as_uri())

    @contextmanager
    def _locked_folder(self) -> Iterator[Folder]:
        with self._errors(), opened(self._path, is_locked=True) as folder:
            yield folder

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Tell an OSError as Unreachable: a post without its name is none.

        Whatever was written before, a repeat finds it.
        """
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            sentence = (
                Words(
                    "{folder}: there is no room for another file ({reason}); make room",
                    folder=self._path,
                    reason=reason,
                )
                if error.errno in (errno.ENOSPC, errno.EDQUOT)
                else Words(
                    "{folder}: no file can be written into this folder ({reason}); see that it is "
                    "a folder and that the user of this program may write into it",
                    folder=self._path,
                    reason=reason,
                )
            )
            raise Unreachable("folder_unwritable", sentence) from error


def _check_lease(lease_end: float) -> None:
    """Raise LeaseExpired from the end of the lease on: another process may publish by then."""
    if uptime() >= lease_end:
        raise LeaseExpired(
            "lapsed",
            Words(
                "nothing was written: the lease had ended, because this process was stopped or the"
                " machine slept"
            ),
        )


def _write_images(folder: Folder, name: PostName, images: Sequence[Image]) -> tuple[str, ...]:
    """Write the images beside the post, and return the lines that show them.

    Those of an earlier attempt are replaced.
    """
    lines: list[str] = []
    for image in images:
        extension = _EXTENSIONS.get(image.mime)
        if extension:
            file = name.image(len(lines) + 1, extension)
            folder.write(file, image.content)
            lines.append(documents.image_line(file, image.alt, name.format))
    return tuple(lines)
