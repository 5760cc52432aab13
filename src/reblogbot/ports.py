"""What the pipeline asks of the world: the few protocols behind which every edge stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any, Protocol, TypeVar

from reblogbot.model import Batch, Image, Limits, Markup, Post, PublishedStatus, Receipt, Validators

T = TypeVar("T")

ProgressCallback = Callable[[str, int, int], None]
"""Called as long work comes on: what it is at, how much is done, and of how much (0: unknown)."""


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Nobody looks on; implements Told."""


class Clock(Protocol):
    """Tells the time; tests bring their own."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """A success or a 304. `headers` have lower-case names; `body` is decompressed, empty on 304.

    `url` is what answered at last; `moved_to` is the same where permanent redirects alone
    (301, 308) led there, else "".
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    moved_to: str = ""


class Fetch(Protocol):
    """One polite, bounded, address-checked GET."""

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        validators_from: str = "",
        accept: str = "",
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Response:
        """The answer, if it is a 2xx with a whole body or a 304.

        `headers` are the admin's own for this source: sent to the origin of `url` only.
        `validators` go to the origin of `validators_from`, the URL whose answer they came from;
        by default that is `url`. `configured` are the `host:port` pairs the config names for
        whoever asks: a `host:port` in `allow_private` holds only where a fetch begins at one of
        them, and only as long as its redirects stay there.
        Raises SourceError, with its outcome, for anything else.
        """
        ...


class Offload(Protocol):
    """Runs a pure function in a confined process, its time and memory bounded."""

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        """What `function(*args)` returns, of the type that it is annotated to return.

        It must be importable, the arguments picklable. Raises SourceError when it takes too
        long, takes too much memory, answers with another type or dies.
        """
        ...


class ParserPool(Protocol):
    """Parser children that all sources share fairly."""

    def share(self, name: str, deadline: timedelta | None = None) -> Offload:
        """The share of the source of that name: at most one call of all its shares runs at a time.

        A call may take `deadline` once a child is free, or else what the pool allows.
        """
        ...


class Reader(Protocol):
    """Reads the fediverse through an account's own server; calls block, run them in a thread."""

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer of GET `path` ("/api/v1/…"). Raises TargetError."""
        ...

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
        """The same, and the `max_id` of the next page.

        "" where the server links to other pages but to no next one, None where it links to none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything a source may use of the world."""

    fetch: Fetch
    offload: Offload
    clock: Clock
    reader: Callable[[str], Reader]
    """The reader of a configured account, by its name."""


class Source(Protocol):
    """Something that can be polled. A kind is a factory `(name, settings, tools) -> Source`."""

    async def poll(self, known: Validators) -> Batch:
        """All entries the source shows now. Raises SourceError and nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a token speaks for: `acct` is the name at home, `scopes` what the token may do.

    `scopes` is () where that is not known. `address` is `name@host` in lower case, after the
    address of the profile.
    """

    acct: str
    url: str = ""
    is_bot: bool = False
    address: str = ""
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundStatus:
    """A status as an account's own server shows it at the moment.

    `id` is its id there, opaque and never folded; `element` its JSON. `boosted` is the receipt of
    the account's own boost, where one stands. `may_quote` tells whether the server lets the account
    quote it, None where it says nothing about quotes.
    """

    id: str
    element: Mapping[str, Any]
    boosted: Receipt | None = None
    may_quote: bool | None = None


class Target(Protocol):
    """Publishes for one account; calls block, one at a time, in that account's thread.

    Every method raises TargetError, of the class that tells what may be done next.
    """

    def verify(self) -> Identity:
        """Whom the token speaks for. Unauthorised when it speaks for nobody."""
        ...

    def scopes(self) -> tuple[str, ...]:
        """What the token may do, () where neither a file nor the server tells."""
        ...

    def limits(self) -> Limits:
        """What the server takes now."""
        ...

    def publish(
        self,
        post: Post,
        key: str,
        *,
        reply_to: str = "",
        images: Sequence[Image] = (),
        markup: Markup = "plain",
        lapses: float = inf,
    ) -> Receipt:
        """The receipt of the post, boost, quote or edit; `key` is the Idempotency-Key.

        The text is escaped for `markup`, so that it stands on the server as the post has it.
        A boost or quote goes by `post.status_id`, as `status` has found it.
        `reply_to` is the remote id of the status it continues. An image that cannot be
        attached is left out. From `lapses` on, told by `clock.uptime`, nothing may leave any
        more: another process may then publish in our place.
        """
        ...

    def status(self, post: Post) -> FoundStatus | None:
        """The status that a boost or quote names, as it reads now; None where there is none.

        It is asked for by `post.status_id`, else searched for by `post.uri`: one request.
        """
        ...

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        """How the account stands to another, by its id there; {} where the server has no word.

        The Mastodon API's Relationship.
        """
        ...

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        """Our own latest statuses and boosts: enough to find what was just sent.

        With `hidden_since` also private and direct posts since then, on servers that leave them
        out of an account's statuses.
        """
        ...

    def standing(self, post: Post) -> Receipt | None:
        """The receipt of a boost that already stands, asked of the status itself; else None."""
        ...

    @property
    def rate_remaining(self) -> int | None:
        """What the server last said is left of its rate limit; None before it said anything."""
        ...
