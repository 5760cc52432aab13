"""Everything the server knows, built from the journal's facts and from nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from reblogbot.sandbox.journal import Fact
from reblogbot.sandbox.records import (
    Account,
    AccountList,
    App,
    KeyUse,
    Media,
    Notification,
    Status,
    Token,
)

Record = TypeVar("Record")


class State:
    """Changed by `apply` only, so that a restart which reads the journal arrives at the same."""

    def __init__(self) -> None:
        self.seq = 0
        """The number of the last fact."""
        self.accounts: dict[str, Account] = {}
        self.by_acct: dict[str, str] = {}
        """Ids of accounts by their acct in lower case."""
        self.statuses: dict[str, Status] = {}
        self.by_account: dict[str, dict[str, Status]] = defaultdict(dict)
        """Statuses and boosts of each account."""
        self.boosts: dict[str, list[str]] = defaultdict(list)
        """Ids of the boosts of each status, and below of its replies and quotes."""
        self.replies: dict[str, list[str]] = defaultdict(list)
        self.quotes: dict[str, list[str]] = defaultdict(list)
        self.media: dict[str, Media] = {}
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.marks: dict[str, dict[tuple[str, str], int]] = {"favourite": {}, "bookmark": {}}
        """Ranks of favourites and bookmarks by (account, status)."""
        self.follows: dict[tuple[str, str], str] = {}
        """The relation, "following" or "requested", by (follower, followed)."""
        self.lists: dict[str, AccountList] = {}
        self.notifications: dict[str, Notification] = {}
        self.keys: dict[tuple[str, str], KeyUse] = {}
        """Uses of idempotency keys by (account, key)."""

    def apply(self, fact: Fact) -> None:
        """Apply one fact of the journal; kinds that only other releases write are skipped."""
        self.seq = fact["seq"]
        apply = getattr(self, f"_apply_{fact['kind']}", None)
        if apply is not None:
            apply(fact["what"], fact)
        for values in fact.get("notices", ()):
            self.notifications[values["id"]] = _record(Notification, values)

    def boost_by(self, account_id: str, status_id: str) -> Status | None:
        """The first boost of a status by an account."""
        boosts = (self.statuses[boost_id] for boost_id in self.boosts.get(status_id, ()))
        return next((boost for boost in boosts if boost.account_id == account_id), None)

    def followed(self, account_id: str) -> set[str]:
        """The ids of the accounts that an account follows."""
        return {
            followed
            for (follower, followed), relation in self.follows.items()
            if follower == account_id and relation == "following"
        }

    def followers(self, account_id: str) -> set[str]:
        return {
            follower
            for (follower, followed), relation in self.follows.items()
            if followed == account_id and relation == "following"
        }

    def _add(self, status: Status) -> None:
        self.statuses[status.id] = status
        self.by_account[status.account_id][status.id] = status
        for index, other_id in self._indexes(status):
            index[other_id].append(status.id)

    def _remove(self, status: Status) -> None:
        del self.statuses[status.id]
        del self.by_account[status.account_id][status.id]
        for index, other_id in self._indexes(status):
            index[other_id].remove(status.id)

    def _indexes(self, status: Status) -> Iterator[tuple[dict[str, list[str]], str]]:
        """The indexes that list a status, with the id of the other status it is listed under."""
        pairs = (
            (self.boosts, status.boost_of),
            (self.replies, status.reply_to),
            (self.quotes, status.quote),
        )
        return ((index, other_id) for index, other_id in pairs if other_id)

    def _apply_account(self, values: Fact, _: Fact) -> None:
        account = _record(Account, values)
        self.accounts[account.id] = account
        self.by_acct[account.acct.lower()] = account.id

    def _apply_token(self, values: Fact, _: Fact) -> None:
        self.tokens[values["value"]] = _record(Token, values)

    def _apply_revoke(self, values: Fact, _: Fact) -> None:
        self.tokens.pop(values["value"], None)

    def _apply_app(self, values: Fact, _: Fact) -> None:
        self.apps[values["client_id"]] = _record(App, values)

    def _apply_post(self, values: Fact, fact: Fact) -> None:
        status = _record(Status, values)
        self._add(status)
        for media_id in status.media:
            self.media[media_id].status_id = status.id
        if key := fact.get("key"):
            use = KeyUse(datetime.fromisoformat(fact["at"]), status.id)
            self.keys[status.account_id, key] = use

    def _apply_boost(self, values: Fact, _: Fact) -> None:
        self._add(_record(Status, values))

    def _apply_edit(self, values: Fact, fact: Fact) -> None:
        status = self.statuses[values["id"]]
        for name in ("text", "spoiler", "sensitive", "media", "language", "tags", "mentions"):
            setattr(status, name, values[name])
        status.edited_at = datetime.fromisoformat(fact["at"])

    def _apply_delete(self, values: Fact, _: Fact) -> None:
        status = self.statuses[values["id"]]
        self._remove(status)
        for boost_id in list(self.boosts[status.id]):
            self._remove(self.statuses[boost_id])
        for marks in self.marks.values():
            for pair in [pair for pair in marks if pair[1] == status.id]:
                del marks[pair]
        self.notifications = {
            id_: notification
            for id_, notification in self.notifications.items()
            if notification.status_id != status.id
        }

    def _apply_media(self, values: Fact, _: Fact) -> None:
        self.media[values["id"]] = _record(Media, values)

    def _apply_mark(self, values: Fact, _: Fact) -> None:
        marks = self.marks[values["name"]]
        pair = (values["account"], values["status"])
        if values["rank"]:
            marks.setdefault(pair, values["rank"])
        else:
            marks.pop(pair, None)

    def _apply_follow(self, values: Fact, _: Fact) -> None:
        pair = (values["by"], values["of"])
        if values["how"]:
            self.follows[pair] = values["how"]
        else:
            self.follows.pop(pair, None)

    def _apply_roster(self, values: Fact, _: Fact) -> None:
        self.lists[values["id"]] = _record(AccountList, values)


def _record(kind: type[Record], values: dict[str, Any]) -> Record:
    """The record that a fact spells out, whose instants are text there."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _value(name, value) for name, value in values.items() if name in names})


def _value(name: str, value: Any) -> Any:
    if name in ("at", "created_at", "edited_at") and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
