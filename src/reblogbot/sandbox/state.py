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
    App,
    Edit,
    KeyUse,
    Media,
    Notice,
    Roster,
    Schedule,
    Status,
    Token,
)

Record = TypeVar("Record")


class State:
    """Changed by `apply` only, so a restart that reads the journal arrives at the same state."""

    def __init__(self) -> None:
        self.seq = 0
        self.accepted: list[Fact] = []
        self.accounts: dict[str, Account] = {}
        self.by_acct: dict[str, str] = {}
        self.statuses: dict[str, Status] = {}
        self.own: dict[str, dict[str, Status]] = defaultdict(dict)
        """account → its statuses and boosts."""
        self.boosts: dict[str, list[str]] = defaultdict(list)
        """status → its boosts; likewise below its replies and quotes."""
        self.replies: dict[str, list[str]] = defaultdict(list)
        self.quotes: dict[str, list[str]] = defaultdict(list)
        self.media: dict[str, Media] = {}
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.marks: dict[str, dict[tuple[str, str], int]] = {"favourite": {}, "bookmark": {}}
        """(account, status) → rank, of favourites and bookmarks."""
        self.follows: dict[tuple[str, str], str] = {}
        """(follower, followed) → "following" or "requested"."""
        self.rosters: dict[str, Roster] = {}
        self.notices: dict[str, Notice] = {}
        self.keys: dict[tuple[str, str], KeyUse] = {}
        self.schedules: dict[str, Schedule] = {}

    def apply(self, fact: Fact) -> None:
        """Make one fact of the journal true."""
        self.seq = fact["seq"]
        getattr(self, f"_{fact['kind']}")(fact["what"], fact)
        for told in fact.get("notices", ()):
            self._notice(told, fact)

    def boosted(self, account_id: str, status_id: str) -> Status | None:
        """The first boost of a status by an account, if it still stands."""
        own = (self.statuses[boost] for boost in self.boosts.get(status_id, ()))
        return next((boost for boost in own if boost.account_id == account_id), None)

    def followed(self, account_id: str) -> set[str]:
        """The ids of those an account follows."""
        return {b for (a, b), how in self.follows.items() if a == account_id and how == "following"}

    def followers(self, account_id: str) -> set[str]:
        return {a for (a, b), how in self.follows.items() if b == account_id and how == "following"}

    def _add(self, status: Status) -> None:
        self.statuses[status.id] = status
        self.own[status.account_id][status.id] = status
        for index, of in self._indexes(status):
            index[of].append(status.id)

    def _drop(self, status: Status) -> None:
        del self.statuses[status.id]
        del self.own[status.account_id][status.id]
        for index, of in self._indexes(status):
            index[of].remove(status.id)

    def _indexes(self, status: Status) -> Iterator[tuple[dict[str, list[str]], str]]:
        """Where a status stands under another one."""
        pairs = (
            (self.boosts, status.boost_of),
            (self.replies, status.reply_to),
            (self.quotes, status.quote),
        )
        return ((index, of) for index, of in pairs if of)

    def _account(self, what: Fact, fact: Fact) -> None:
        account = _revived(Account, what)
        self.accounts[account.id] = account
        self.by_acct[account.acct.lower()] = account.id

    def _token(self, what: Fact, fact: Fact) -> None:
        self.tokens[what["value"]] = _revived(Token, what)

    def _revoke(self, what: Fact, fact: Fact) -> None:
        self.tokens.pop(what["value"], None)

    def _app(self, what: Fact, fact: Fact) -> None:
        self.apps[what["client_id"]] = _revived(App, what)

    def _post(self, what: Fact, fact: Fact) -> None:
        status = _revived(Status, what)
        self._add(status)
        for media_id in status.media:
            self.media[media_id].status_id = status.id
        if key := fact.get("key"):
            use = KeyUse(fact["seq"], datetime.fromisoformat(fact["at"]), status.id)
            self.keys[fact.get("room", ""), key] = use
        self._note_act("post", fact, status, text=status.text)

    def _boost(self, what: Fact, fact: Fact) -> None:
        boost = _revived(Status, what)
        self._add(boost)
        self._note_act("boost", fact, boost, uri=fact.get("uri", ""))

    def _edit(self, what: Fact, fact: Fact) -> None:
        status = self.statuses[what["id"]]
        status.edits.append(
            Edit(
                status.text,
                status.spoiler,
                status.sensitive,
                status.media,
                status.edited_at or status.created_at,
            )
        )
        for name in ("text", "spoiler", "sensitive", "media", "language", "tags", "mentions"):
            setattr(status, name, what[name])
        status.edited_at = datetime.fromisoformat(fact["at"])
        self._note_act("edit", fact, status, text=status.text)

    def _delete(self, what: Fact, fact: Fact) -> None:
        status = self.statuses[what["id"]]
        self._drop(status)
        for boost in list(self.boosts[status.id]):
            self._drop(self.statuses[boost])
        for marks in self.marks.values():
            for pair in [pair for pair in marks if pair[1] == status.id]:
                del marks[pair]
        gone = [notice.id for notice in self.notices.values() if notice.status_id == status.id]
        for notice in gone:
            del self.notices[notice]
        self._note_act("unboost" if status.boost_of else "delete", fact, status, text=status.text)

    def _note_act(self, act: str, fact: Fact, status: Status, **more: str) -> None:
        if fact.get("seeded"):
            return
        name = self.accounts[status.account_id].acct
        noted = {"seq": fact["seq"], "account": name, "act": act, "id": status.id}
        self.accepted.append(noted | more | {"key": fact.get("key", "")})

    def _key(self, what: Fact, fact: Fact) -> None:
        use = KeyUse(fact["seq"], datetime.fromisoformat(fact["at"]), answer=what["answer"])
        self.keys[what["room"], what["key"]] = use

    def _media(self, what: Fact, fact: Fact) -> None:
        self.media[what["id"]] = _revived(Media, what)

    def _mark(self, what: Fact, fact: Fact) -> None:
        marks = self.marks[what["name"]]
        pair = (what["account"], what["status"])
        if what["rank"]:
            marks.setdefault(pair, what["rank"])
        else:
            marks.pop(pair, None)

    def _follow(self, what: Fact, fact: Fact) -> None:
        pair = (what["by"], what["of"])
        if what["how"]:
            self.follows[pair] = what["how"]
        else:
            self.follows.pop(pair, None)

    def _roster(self, what: Fact, fact: Fact) -> None:
        self.rosters[what["id"]] = _revived(Roster, what)

    def _roster_gone(self, what: Fact, fact: Fact) -> None:
        self.rosters.pop(what["id"], None)

    def _notice(self, what: Fact, fact: Fact) -> None:
        self.notices[what["id"]] = _revived(Notice, what)

    def _notices_gone(self, what: Fact, fact: Fact) -> None:
        for notice in what["ids"]:
            self.notices.pop(notice, None)

    def _schedule(self, what: Fact, fact: Fact) -> None:
        self.schedules[what["id"]] = _revived(Schedule, what)

    def _schedule_gone(self, what: Fact, fact: Fact) -> None:
        self.schedules.pop(what["id"], None)


def _revived(kind: type[Record], what: dict[str, Any]) -> Record:
    """The record a fact spells out; instants are text there."""
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _value(name, value) for name, value in what.items() if name in known})


def _value(name: str, value: Any) -> Any:
    if name in ("at", "created_at", "edited_at") and isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value
