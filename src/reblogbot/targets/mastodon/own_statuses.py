"""An account's own statuses, from its page and, where some are hidden there, its home timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from reblogbot.core.mastodon_json import id_of, instant
from reblogbot.errors import Doubtful
from reblogbot.model import PublishedStatus
from reblogbot.targets.mastodon.entities import last_id, published_status
from reblogbot.words import Words

PAGE_SIZE = 40
MAX_PAGES = 2
MAX_HOME_PAGES = 20
HOME = "/api/v1/timelines/home"
CLOCK_TOLERANCE = timedelta(hours=1)
"""How far a server's clock may differ from ours."""

ReadPage = Callable[[str, Mapping[str, Any]], tuple[Any, str | None]]
"""Reads one page of a path; see `ports.Reader.page`."""


def own_statuses(
    read: ReadPage, account_id: str, hidden_since: datetime | None = None
) -> list[PublishedStatus]:
    """The account's latest statuses and boosts, each once. Raises TargetError.

    With `hidden_since` also its statuses in the home timeline since then: snac and Takahē show
    private and direct statuses there alone, even to their author.
    """
    statuses = list(_account_page(read, account_id))
    if hidden_since is not None:
        statuses += _home_timeline(read, account_id, hidden_since - CLOCK_TOLERANCE)
    return list({status.receipt.remote_id: status for status in statuses}.values())


def _account_page(read: ReadPage, account_id: str) -> Iterator[PublishedStatus]:
    """The latest statuses of the account's page, a second page where the server links to one."""
    path, max_id = f"/api/v1/accounts/{quote(account_id, safe='')}/statuses", ""
    for _ in range(MAX_PAGES):
        page, next_max_id = _page(read, path, max_id)
        yield from filter(None, map(published_status, page))
        if not next_max_id:
            return
        max_id = next_max_id


def _home_timeline(read: ReadPage, account_id: str, since: datetime) -> Iterator[PublishedStatus]:
    """The account's statuses in its home timeline, back to `since` or for MAX_HOME_PAGES."""
    seen: set[str] = set()
    max_id = ""
    for _ in range(MAX_HOME_PAGES):
        page, next_max_id = _page(read, HOME, max_id)
        new = [status for status in page if id_of(status) and id_of(status) not in seen]
        seen.update(map(id_of, new))
        own = (status for status in new if id_of(status.get("account")) == account_id)
        yield from filter(None, map(published_status, own))
        max_id = last_id(page) if next_max_id is None else next_max_id
        if not new or not max_id or _latest(new) < since:
            return


def _page(read: ReadPage, path: str, max_id: str) -> tuple[Sequence[Any], str | None]:
    """One page of statuses, and the `max_id` of the next one. Raises TargetError."""
    page, next_max_id = read(path, {"limit": PAGE_SIZE} | ({"max_id": max_id} if max_id else {}))
    if not isinstance(page, list):
        raise Doubtful(
            "unreadable_answer", Words("{path}: the answer is no list of statuses.", path=path)
        )
    if page and not any(map(published_status, page)):
        raise Doubtful(
            "unreadable_answer", Words("{path}: the answer is a list without statuses.", path=path)
        )
    return page, next_max_id


def _latest(page: Sequence[Mapping[str, Any]]) -> datetime:
    """The latest `created_at` of the page; the epoch where no status has one."""
    dates = (instant(status, "created_at") for status in page)
    return max(filter(None, dates), default=datetime.fromtimestamp(0, UTC))
