"""What may happen on the server: each act writes one fact to the journal and makes it true."""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime
from typing import Any

from reblogbot.ports import Clock
from reblogbot.sandbox import text as texts
from reblogbot.sandbox.ids import Ranks, spell
from reblogbot.sandbox.journal import Fact, Journal
from reblogbot.sandbox.profiles import Profile
from reblogbot.sandbox.records import Account, Media, Notice, Status, Token
from reblogbot.sandbox.rendering import Rendered, rendered
from reblogbot.sandbox.state import State
from reblogbot.sandbox.uploads import Files

ALL_SCOPES = ["read", "write", "follow", "push", "profile"]


class World:
    """One server with its clock, its kind and its journal; `lock` guards every use of it."""

    def __init__(self, profile: Profile, clock: Clock, journal: Journal, files: Files) -> None:
        self.profile = profile
        self.clock = clock
        self.origin = ""
        self.lock = threading.RLock()
        self.state = State()
        self.grants: dict[str, Any] = {}
        """OAuth codes that were given out and not yet traded in."""
        self._files = files
        self._journal = journal
        self.ranks = Ranks()
        for fact in journal.read():
            self.state.apply(fact)
        for known in (self.state.accounts, self.state.statuses, self.state.notices):
            for record in known.values():
                self.ranks.taken(record.rank)

    @property
    def host(self) -> str:
        """The name behind the @ of everybody here."""
        return self.origin.partition("://")[2]

    def now(self) -> datetime:
        return self.clock.now()

    def rehearsal(self) -> World:
        """A copy in which anything may happen and nothing is kept."""
        twin = World(self.profile, self.clock, Journal(None), Files(None))
        twin.origin = self.origin
        twin.state = copy.deepcopy(self.state)
        twin.ranks = self.ranks  # an id that was shown once is never given again
        return twin

    def record(
        self,
        kind: str,
        what: object,
        notices: Iterable[Notice] = (),
        **more: object,
    ) -> None:
        """Write one fact, durably, then make it true."""
        fact: Fact = {"seq": self.state.seq + 1, "at": self.now(), "kind": kind, "what": what}
        fact |= more
        if told := list(notices):
            fact["notices"] = told
        plain: Fact = _plain(fact)
        self._journal.append(plain)
        self.state.apply(plain)

    def rank(self, at: datetime | None = None) -> int:
        return self.ranks.new(at or self.now())

    def spelled(self, rank: int) -> str:
        return spell(rank, self.profile.ids)

    def account(self, acct: str) -> Account | None:
        """Whom `name`, `name@host` or `@name@host` means; our own host may be given too."""
        name, _, host = acct.lstrip("@").partition("@")
        if host.lower() == self.host.lower():
            host = ""
        found = self.state.by_acct.get((f"{name}@{host}" if host else name).lower())
        return self.state.accounts[found] if found else None

    def add_account(self, acct: str, facts: Mapping[str, Any]) -> Account:
        """The account of that name, made if it is new, with `facts` set."""
        old = self.account(acct)
        if old is None:
            name, _, host = acct.lstrip("@").partition("@")
            rank = self.rank()
            old = Account(
                id=self.spelled(rank),
                rank=rank,
                name=name,
                host="" if host == self.host else host,
                created_at=self.now(),
                locked=self.profile.locked_at_first,
                # who says nothing is not asked for everywhere
                discoverable=bool(host) or self.profile.discoverable_at_first,
                privacy=self.profile.default_visibility,
            )
        elif not facts:
            return old
        account = replace(old, **facts)
        self.record("account", account)
        return self.state.accounts[account.id]

    def add_token(
        self, account: Account | None, scopes: Iterable[str], app: str = "", value: str = ""
    ) -> Token:
        """A new bearer token; without an account it speaks for the app alone."""
        token = Token(
            value=value or secrets.token_urlsafe(32),
            account_id=account.id if account else "",
            scopes=list(scopes),
            app=app,
            created_at=self.now(),
        )
        self.record("token", token)
        return token

    def post(
        self,
        account: Account,
        text: str,
        *,
        key: str = "",
        room: str = "",
        seeded: bool = False,
        **facts: Any,
    ) -> Status:
        """The new status; `facts` are fields of Status."""
        created_at = facts.pop("created_at", None) or self.now()
        rank = self.rank(created_at)
        stands = self._rendered(text, account)
        status = Status(
            id=self.spelled(rank),
            rank=rank,
            account_id=account.id,
            created_at=created_at,
            text=text,
            tags=stands.tags,
            mentions=[found.id for found in self._named(stands.mentions)],
            **facts,
        )
        if account.host:
            self._name_abroad(status, account)
        self.record("post", status, self._told(status), key=key, room=room, seeded=seeded)
        return self.state.statuses[status.id]

    def _name_abroad(self, status: Status, account: Account) -> None:
        """The uri and url at home there: its number is not our id, as in the real network."""
        number = status.rank ^ 0x5A5A
        base = f"https://{account.host}"
        status.uri = status.uri or f"{base}/users/{account.name}/statuses/{number}"
        status.url = status.url or f"{base}/@{account.name}/{number}"

    def mentioned(self, text: str) -> list[Account]:
        """The accounts a text of this server mentions, as far as they are known here."""
        return self._named(self._rendered(text).mentions)

    def _named(self, accts: Iterable[str]) -> list[Account]:
        found = map(self.account, accts)
        return list({account.id: account for account in found if account}.values())

    def _rendered(self, text: str, author: Account | None = None) -> Rendered:
        """The text as its author's server shows it, ours or, for all others, Mastodon."""
        rendering = "mastodon" if author and author.host else self.profile.rendering
        return rendered(text, rendering, self.origin, self._mention_url)

    def _told(self, status: Status) -> list[Notice]:
        return [
            self.notice("mention", whom, status.account_id, status.id) for whom in status.mentions
        ]

    def notice(self, kind: str, whom: str, by: str, status_id: str = "") -> Notice:
        rank = self.rank()
        return Notice(str(rank), rank, kind, whom, by, self.now(), status_id)

    def boost(
        self, account: Account, status: Status, visibility: str, *, seeded: bool = False
    ) -> Status:
        """The new boost of `status`."""
        rank = self.rank()
        boost = Status(
            id=self.spelled(rank),
            rank=rank,
            account_id=account.id,
            created_at=self.now(),
            visibility=visibility,
            boost_of=status.id,
        )
        told = [self.notice("reblog", status.account_id, account.id, status.id)]
        self.record("boost", boost, told, uri=self.uri(status), seeded=seeded)
        return self.state.statuses[boost.id]

    def edit(self, status: Status, text: str, **facts: Any) -> Status:
        """The status with a new text, its old form kept in its history."""
        kept = {
            name: getattr(status, name) for name in ("spoiler", "sensitive", "media", "language")
        }
        stands = self._rendered(text, self.state.accounts[status.account_id])
        mentions = [found.id for found in self._named(stands.mentions)]
        what = {"id": status.id, "text": text, "tags": stands.tags, "mentions": mentions}
        self.record("edit", what | kept | facts)
        return status

    def delete(self, status: Status, *, seeded: bool = False) -> None:
        """Take away a status with its boosts, or one boost."""
        self.record("delete", {"id": status.id}, seeded=seeded)

    def follow(self, by: Account, whom: Account, how: str | None = None) -> None:
        """Follow, or ask to where `whom` is locked; "" as `how` ends it."""
        if how is None:
            how = "requested" if whom.locked else "following"
        kind = "follow" if how == "following" else "follow_request"
        told = [self.notice(kind, whom.id, by.id)] if how else []
        self.record("follow", {"by": by.id, "of": whom.id, "how": how}, told)

    def mark(self, name: str, account: Account, status: Status, *, on: bool) -> None:
        """Set or take away a favourite or a bookmark."""
        rank = self.rank() if on else 0
        told = on and name == "favourite" and (account.id, status.id) not in self.state.marks[name]
        notices = [self.notice(name, status.account_id, account.id, status.id)] if told else []
        what = {"name": name, "account": account.id, "status": status.id, "rank": rank}
        self.record("mark", what, notices)

    def add_media(self, account: Account, content: bytes, mime: str, name: str, alt: str) -> Media:
        """The uploaded file, kept under the name that `/media/` serves."""
        rank = self.rank()
        media = Media(self.spelled(rank), account.id, mime, f"{rank}.{name}", alt)
        self._files.keep(media.name, content)
        self.record("media", media)
        return self.state.media[media.id]

    def find_status(self, asked: str) -> Status | None:
        """The status or boost of that id; where boosts show an UPPER CASE id, by that too."""
        found = self.state.statuses.get(asked)
        if found is None and self.profile.boost_answer == "upper_case_id" and asked.isupper():
            found = next(
                (self.state.statuses[boost] for boost in self.state.boosts[asked.lower()]), None
            )
        return found

    def may_see(self, viewer: Account | None, status: Status) -> bool:
        """Whether a status is for the eyes of `viewer`, who may be a stranger."""
        original = self.state.statuses.get(status.boost_of)
        if original is not None and not self.may_see(viewer, original):
            return False
        if status.visibility in ("public", "unlisted"):
            return True
        if viewer is None:
            return False
        if viewer.id == status.account_id or viewer.id in status.mentions:
            return True
        follows = self.state.follows.get((viewer.id, status.account_id)) == "following"
        return status.visibility == "private" and follows

    def file(self, name: str) -> bytes | None:
        """The bytes of an upload."""
        return self._files.find(name)

    def uri(self, status: Status) -> str:
        """The ActivityPub id of a status, wherever it lives."""
        if status.uri:
            return status.uri
        name = self.state.accounts[status.account_id].name
        return f"{self.origin}/users/{name}/statuses/{status.id}"

    def url(self, status: Status) -> str:
        """The page of a status, wherever it lives."""
        if status.url:
            return status.url
        name = self.state.accounts[status.account_id].name
        return f"{self.origin}/@{name}/{status.id}"

    def account_url(self, account: Account) -> str:
        base = f"https://{account.host}" if account.host else self.origin
        return f"{base}/@{account.name}"

    def account_uri(self, account: Account) -> str:
        base = f"https://{account.host}" if account.host else self.origin
        return f"{base}/users/{account.name}"

    def html(self, status: Status) -> str:
        """The content of a status as its server would spell it.

        A quote begins with a line for clients that know no quotes; others hide it.
        """
        quoted, lead = self.state.statuses.get(status.quote), ""
        if quoted is not None and self.url(quoted) not in status.text:
            link = texts.html(f"RE: {self.url(quoted)}", self.origin, self._mention_url)
            lead = link.replace("<p>", '<p class="quote-inline">', 1)
        author = self.state.accounts[status.account_id]
        return lead + self._rendered(status.text, author).html

    def _mention_url(self, acct: str) -> str:
        found = self.account(acct)
        return self.account_url(found) if found else ""


def _plain(value: Any) -> Any:
    """Only what JSON knows; instants as ISO text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
