"""What can happen on the server: each act writes one fact to the journal and applies it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from reblogbot.ports import Clock
from reblogbot.sandbox import text as texts
from reblogbot.sandbox.journal import Fact, Journal
from reblogbot.sandbox.profiles import Profile
from reblogbot.sandbox.records import Account, KeyUse, Media, Notification, Status, Token
from reblogbot.sandbox.rendering import Rendered, rendered
from reblogbot.sandbox.state import State
from reblogbot.sandbox.uploads import Files

ALL_SCOPES = ("read", "write", "follow", "push", "profile")
KEY_LIFETIME = timedelta(hours=1)
_COUNTER_BITS = 16


class Instance:
    """One server with its profile, clock and journal; `lock` guards every use of it."""

    def __init__(
        self,
        profile: Profile,
        clock: Clock,
        journal: Journal,
        files: Files,
        state: State | None = None,
    ) -> None:
        self.profile = profile
        self.clock = clock
        self.origin = ""
        self.lock = threading.RLock()
        self.state = state or State()
        self.grants: dict[str, Any] = {}
        """OAuth codes that were issued and not yet exchanged for a token."""
        self._files = files
        self._journal = journal
        self._last_ranks: dict[int, int] = {}
        for fact in journal.read():
            self.state.apply(fact)
        for records in (self.state.accounts, self.state.statuses, self.state.notifications):
            for record in records.values():
                self._reserve_rank(record.rank)

    @property
    def host(self) -> str:
        """The part of a local account's full name after the second @."""
        return self.origin.partition("://")[2]

    def now(self) -> datetime:
        return self.clock.now()

    def record(
        self, kind: str, values: object, notifications: Iterable[Notification] = (), **details: Any
    ) -> None:
        """Write one fact durably, then apply it. `details` stand beside its values."""
        fact: Fact = {"seq": self.state.seq + 1, "at": self.now(), "kind": kind, "what": values}
        fact |= details
        if notices := list(notifications):
            fact["notices"] = notices
        plain: Fact = _as_json(fact)
        self._journal.append(plain)
        self.state.apply(plain)

    def new_rank(self, at: datetime | None = None) -> int:
        """An unused rank, which orders records: milliseconds since the epoch, then a counter."""
        first = int((at or self.now()).timestamp() * 1000) << _COUNTER_BITS
        rank = self._last_ranks.get(first, first - 1) + 1
        self._last_ranks[first] = rank
        return rank

    def _reserve_rank(self, rank: int) -> None:
        first = rank >> _COUNTER_BITS << _COUNTER_BITS
        self._last_ranks[first] = max(rank, self._last_ranks.get(first, rank))

    def new_id(self, rank: int) -> str:
        """The id of an account, status or media file of that rank."""
        return str(rank)

    def find_account(self, acct: str) -> Account | None:
        """The account called `name`, `name@host` or `@name@host`; the host may be this one."""
        name, _, host = acct.lstrip("@").partition("@")
        if host.lower() == self.host.lower():
            host = ""
        account_id = self.state.by_acct.get((f"{name}@{host}" if host else name).lower())
        return self.state.accounts[account_id] if account_id else None

    def add_account(self, acct: str, values: Mapping[str, Any]) -> Account:
        """The account of that name, created if it is new, with its fields set to `values`."""
        account = self.find_account(acct)
        if account is None:
            name, _, host = acct.lstrip("@").partition("@")
            rank = self.new_rank()
            account = Account(
                id=self.new_id(rank),
                rank=rank,
                name=name,
                host="" if host == self.host else host,
                created_at=self.now(),
                locked=self.profile.locks_new_accounts,
                # the default of our profile holds for local accounts only
                discoverable=bool(host) or self.profile.lists_new_accounts,
                privacy=self.profile.default_visibility,
            )
        elif not values:
            return account
        account = replace(account, **values)
        self.record("account", account)
        return self.state.accounts[account.id]

    def add_token(
        self, account: Account | None, scopes: Iterable[str], app: str = "", value: str = ""
    ) -> Token:
        """A new bearer token; without an account it authorizes the app alone."""
        token = Token(
            value=value or secrets.token_urlsafe(32),
            account_id=account.id if account else "",
            scopes=list(scopes),
            app=app,
            created_at=self.now(),
        )
        self.record("token", token)
        return token

    def revoke_token(self, value: str) -> None:
        self.record("revoke", {"value": value})

    def post(
        self, account: Account, text: str, *, key: str = "", seeded: bool = False, **values: Any
    ) -> Status:
        """The new status; `values` are fields of Status.

        `key` is the idempotency key of the request. `seeded` marks in the journal what was put
        there by whoever runs the server instead of a client.
        """
        created_at = values.pop("created_at", None) or self.now()
        rank = self.new_rank(created_at)
        content = self._rendered(text, account)
        status = Status(
            id=self.new_id(rank),
            rank=rank,
            account_id=account.id,
            created_at=created_at,
            text=text,
            tags=content.tags,
            mentions=[mentioned.id for mentioned in self._local_copies(content.mentions)],
            **values,
        )
        if account.host:
            # its number on its own server is not its id here, as in the real network
            number, base = rank ^ 0x5A5A, f"https://{account.host}"
            status.uri = status.uri or f"{base}/users/{account.name}/statuses/{number}"
            status.url = status.url or f"{base}/@{account.name}/{number}"
        notifications = [
            self.notification("mention", account_id, account.id, status.id)
            for account_id in status.mentions
        ]
        self.record("post", status, notifications, key=key, seeded=seeded)
        return self.state.statuses[status.id]

    def key_use(self, account: Account, key: str) -> KeyUse | None:
        """The use that an account made of an idempotency key within the last hour."""
        use = self.state.keys.get((account.id, key))
        return use if use and self.now() - use.at < KEY_LIFETIME else None

    def mentioned(self, text: str) -> list[Account]:
        """The accounts that a text of this server mentions, if they are known here."""
        return self._local_copies(self._rendered(text).mentions)

    def _local_copies(self, accts: Iterable[str]) -> list[Account]:
        accounts = map(self.find_account, accts)
        return list({account.id: account for account in accounts if account}.values())

    def _rendered(self, text: str, author: Account | None = None) -> Rendered:
        """The text as its author's server renders it; other servers are taken for Mastodon."""
        rendering = "mastodon" if author and author.host else self.profile.rendering
        return rendered(text, rendering, self.origin, self._mention_url)

    def notification(
        self, kind: str, account_id: str, by: str, status_id: str = ""
    ) -> Notification:
        """A notification that is not recorded yet."""
        rank = self.new_rank()
        return Notification(str(rank), rank, kind, account_id, by, self.now(), status_id)

    def boost(
        self, account: Account, status: Status, visibility: str, *, seeded: bool = False
    ) -> Status:
        """The new boost of `status`."""
        rank = self.new_rank()
        boost = Status(
            id=self.new_id(rank),
            rank=rank,
            account_id=account.id,
            created_at=self.now(),
            visibility=visibility,
            boost_of=status.id,
        )
        notifications = [self.notification("reblog", status.account_id, account.id, status.id)]
        self.record("boost", boost, notifications, uri=self.uri(status), seeded=seeded)
        return self.state.statuses[boost.id]

    def edit(self, status: Status, text: str, **values: Any) -> None:
        """Replace the text of a status, and the fields named in `values`."""
        unchanged = {
            name: getattr(status, name) for name in ("spoiler", "sensitive", "media", "language")
        }
        content = self._rendered(text, self.state.accounts[status.account_id])
        mentions = [mentioned.id for mentioned in self._local_copies(content.mentions)]
        changed = {"id": status.id, "text": text, "tags": content.tags, "mentions": mentions}
        self.record("edit", changed | unchanged | values)

    def delete(self, status: Status, *, seeded: bool = False) -> None:
        """Delete a status with its boosts, or one boost."""
        self.record("delete", {"id": status.id}, seeded=seeded)

    def follow(self, follower: Account, followed: Account, relation: str | None = None) -> None:
        """Follow, or request to where the followed account is locked; "" unfollows."""
        if relation is None:
            relation = "requested" if followed.locked else "following"
        kind = "follow" if relation == "following" else "follow_request"
        notifications = [self.notification(kind, followed.id, follower.id)] if relation else []
        values = {"by": follower.id, "of": followed.id, "how": relation}
        self.record("follow", values, notifications)

    def mark(self, name: str, account: Account, status: Status, *, on: bool) -> None:
        """Set or remove a "favourite" or a "bookmark"."""
        rank = self.new_rank() if on else 0
        is_new = on and (account.id, status.id) not in self.state.marks[name]
        notifications = (
            [self.notification(name, status.account_id, account.id, status.id)]
            if is_new and name == "favourite"
            else []
        )
        values = {"name": name, "account": account.id, "status": status.id, "rank": rank}
        self.record("mark", values, notifications)

    def add_media(
        self, account: Account, content: bytes, mime: str, suffix: str, description: str
    ) -> Media:
        """The uploaded file, which `/media/` serves."""
        rank = self.new_rank()
        media = Media(self.new_id(rank), account.id, mime, f"{rank}.{suffix}", description)
        self._files.save(media.name, content)
        self.record("media", media)
        return self.state.media[media.id]

    def media_content(self, name: str) -> bytes | None:
        """The bytes of an uploaded file."""
        return self._files.load(name)

    def find_status(self, status_id: str) -> Status | None:
        """The status or boost of that id."""
        return self.state.statuses.get(status_id)

    def boost_id(self, boost: Status) -> str:
        """The id under which clients see a boost; not every server shows its own."""
        return boost.id

    def may_see(self, viewer: Account | None, status: Status) -> bool:
        """Whether `viewer`, None for a caller without account, may see a status."""
        original = self.state.statuses.get(status.boost_of)
        if original is not None and not self.may_see(viewer, original):
            return False
        if status.visibility in ("public", "unlisted"):
            return True
        if viewer is None:
            return False
        if viewer.id == status.account_id or viewer.id in status.mentions:
            return True
        is_follower = self.state.follows.get((viewer.id, status.account_id)) == "following"
        return status.visibility == "private" and is_follower

    def uri(self, status: Status) -> str:
        """The ActivityPub id of a status."""
        if status.uri:
            return status.uri
        return f"{self.account_uri(self.state.accounts[status.account_id])}/statuses/{status.id}"

    def url(self, status: Status) -> str:
        """The address of the page of a status."""
        if status.url:
            return status.url
        return f"{self.account_url(self.state.accounts[status.account_id])}/{status.id}"

    def account_url(self, account: Account) -> str:
        return f"{self._origin_of(account)}/@{account.name}"

    def account_uri(self, account: Account) -> str:
        return f"{self._origin_of(account)}/users/{account.name}"

    def _origin_of(self, account: Account) -> str:
        return f"https://{account.host}" if account.host else self.origin

    def html(self, status: Status) -> str:
        """The content of a status as its author's server renders it.

        A quote begins with a line for clients that know no quotes, which others hide.
        """
        quoted, fallback = self.state.statuses.get(status.quote), ""
        if quoted is not None and self.url(quoted) not in status.text:
            link = texts.html(f"RE: {self.url(quoted)}", self.origin, self._mention_url)
            fallback = link.replace("<p>", '<p class="quote-inline">', 1)
        author = self.state.accounts[status.account_id]
        return fallback + self._rendered(status.text, author).html

    def _mention_url(self, acct: str) -> str:
        account = self.find_account(acct)
        return self.account_url(account) if account else ""


def _as_json(value: Any) -> Any:
    """The value in types that JSON knows; instants are ISO text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return _as_json(asdict(value))
    if isinstance(value, dict):
        return {name: _as_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(part) for part in value]
    return value
