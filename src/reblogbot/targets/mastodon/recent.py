"""An account's own statuses, as its server shows them: on its page, and in its home timeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from reblogbot.errors import Doubtful
from reblogbot.model import PublishedStatus
from reblogbot.targets.mastodon.published import instant, last_id, standing
from reblogbot.targets.mastodon.responses import remote_id

PAGE = 40
PAGES = 2
HOME_PAGES = 20
HOME = "/api/v1/timelines/home"
CLOCKS_DIFFER = timedelta(hours=1)
"""By so much a server's clock may be ahead of ours, or behind it."""

ReadPage = Callable[[str, Mapping[str, Any]], tuple[Any, str | None]]
"""Reads one page of a path; see `ports.Reader.page`."""


def own_statuses(
    read: ReadPage, account_id: str, hidden_since: datetime | None = None
) -> list[PublishedStatus]:
    """The account's latest statuses and boosts, each once. Raises TargetError.

    With `hidden_since` also its statuses in the home timeline since then: snac and Takahē show
    private and direct statuses there alone, even to their author.
    """
    found = list(_on_page(read, account_id))
    if hidden_since is not None:
        found += _at_home(read, account_id, hidden_since - CLOCKS_DIFFER)
    return list({one.receipt.remote_id: one for one in found}.values())


def _on_page(read: ReadPage, account_id: str) -> Iterator[PublishedStatus]:
    """The latest statuses, a second page where the server links to one."""
    path, older = f"/api/v1/accounts/{quote(account_id, safe='')}/statuses", ""
    for _ in range(PAGES):
        page, linked = _statuses(read, path, older)
        yield from filter(None, map(standing, page))
        if not linked:
            return
        older = linked


def _at_home(read: ReadPage, account_id: str, since: datetime) -> Iterator[PublishedStatus]:
    """The account's statuses in its home timeline, back to `since` or to HOME_PAGES."""
    seen: set[str] = set()
    older = ""
    for _ in range(HOME_PAGES):
        page, linked = _statuses(read, HOME, older)
        fresh = [one for one in page if remote_id(one) and remote_id(one) not in seen]
        seen.update(map(remote_id, fresh))
        own = (one for one in fresh if remote_id(one.get("account")) == account_id)
        yield from filter(None, map(standing, own))
        older = last_id(page) if linked is None else linked
        if not fresh or not older or _newest(fresh) < since:
            return


def _statuses(read: ReadPage, path: str, older: str) -> tuple[Sequence[Any], str | None]:
    """One page of statuses, and the `max_id` of the next one. Raises TargetError."""
    page, linked = read(path, {"limit": PAGE} | ({"max_id": older} if older else {}))
    if not isinstance(page, list):
        raise Doubtful("unreadable_answer", f"{path}: the answer is no list of statuses.")
    if page and not any(map(standing, page)):
        raise Doubtful("unreadable_answer", f"{path}: the answer is a list of no statuses.")
    return page, linked


def _newest(page: Sequence[Mapping[str, Any]]) -> datetime:
    """The latest `created_at`; the epoch where no status has one."""
    dates = (instant(status.get("created_at")) for status in page)
    return max(filter(None, dates), default=datetime.fromtimestamp(0, UTC))
