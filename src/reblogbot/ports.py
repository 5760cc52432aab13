"""What the engine needs of the world: the protocols that every edge implements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from typing import Any, Protocol, TypeVar

from reblogbot.model import (
    Batch,
    Entry,
    Image,
    Markup,
    Post,
    PublishedStatus,
    Receipt,
    ServerLimits,
    StepAnswer,
    StepRequest,
    Validators,
)

T = TypeVar("T")

ProgressCallback = Callable[[str, int, int], None]
"""Called during long work: with the step, the amount completed, and the total (0: unknown)."""


def no_progress(_step: str, _completed: int, _total: int) -> None:
    """Ignore progress; implements ProgressCallback."""


class Clock(Protocol):
    """A source of the present time."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """A success or a 304. `headers` have lower-case names; `body` is decompressed, empty on 304.

    `url` is the one that answered, after redirects; `moved_to` is the same where only permanent
    redirects (301, 308) led there, else "".
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
        """Return the response, if it is a 2xx with a whole body or a 304.

        `headers` are the admin's own for this source: sent to the origin of `url` only.
        `validators` go to the origin of `validators_from`, the URL whose answer they came from;
        by default that is `url`. `configured` are the `host:port` pairs that the config names for
        this source: a `host:port` in `allow_private` is allowed only where a fetch begins at one
        of them, and only as long as its redirects stay there.
        Raises SourceError, with its outcome, for anything else.
        """
        ...


class Offload(Protocol):
    """Runs a pure function in a confined process, its time and memory bounded."""

    async def __call__(self, function: Callable[..., T], *args: Any) -> T:
        """Return what `function(*args)` returns, of the type that it is annotated to return.

        The function must be importable, the arguments picklable. Raises SourceError when it takes
        too long, takes too much memory, answers with another type or dies.
        """
        ...


class ParserPool(Protocol):
    """Child processes for parsing, which all sources share fairly."""

    def share(self, name: str, deadline: timedelta | None = None) -> Offload:
        """Return an Offload for the source `name`, which runs one call of the source at a time.

        A call may take as long as `deadline`, by default the pool's; the time in which it waits
        for a free child does not count.
        """
        ...


class Reader(Protocol):
    """Reads the fediverse through an account's own server. Calls block: run them in a thread."""

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the JSON answer of GET `path` ("/api/v1/…"). Raises TargetError."""
        ...

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
        """Return the same, and the `max_id` of the next page.

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
        """Return all entries the source shows now. Raises SourceError and nothing else."""
        ...


class Step(Protocol):
    """Something that is asked about entries: a model, or a program."""

    async def run(self, request: StepRequest) -> StepAnswer:
        """Return the answer, which is not empty. Raises StepError and nothing else.

        It ends within the step's `timeout`, whatever the other side does, and reads no more of the
        answer than `max_output` may need.
        """
        ...


ReadEntries = Callable[[Sequence[int]], Awaitable[Sequence[Entry]]]
"""Returns the whole entries at these positions of a document. Raises SourceError."""


async def read_nothing(_positions: Sequence[int]) -> Sequence[Entry]:
    """Read no entry: there are no outlines; implements ReadEntries."""
    return ()


@dataclass(frozen=True, slots=True)
class Outline:
    """A batch in which some entries may be outlines, and the function that reads them whole."""

    batch: Batch
    read: ReadEntries = read_nothing


class OutliningSource(Source, Protocol):
    """A source that can identify its entries without reading them whole (ADR 0039)."""

    async def outline(self, known: Validators) -> Outline:
        """Return what `poll` returns, with outlines in place of entries. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class Identity:
    """The account that a token speaks for.

    `acct` is its name on its own server. `scopes` is what the token may do, () where that is not
    known. `address` is `name@host` in lower case, as the address of the profile has it. `warnings`
    tell an admin what the account may not do that its posts can do without.
    """

    acct: str
    url: str = ""
    is_bot: bool = False
    address: str = ""
    scopes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundStatus:
    """A status as an account's own server shows it at the moment.

    `id` is its id there, opaque and case-sensitive; `element` its JSON. `boosted` is the receipt of
    the account's own boost, where there is one. `may_quote` tells whether the server lets the
    account quote it, None where it says nothing about quotes.
    """

    id: str
    element: Mapping[str, Any]
    boosted: Receipt | None = None
    may_quote: bool | None = None


class Target(Protocol):
    """Publishes for one account. Calls block; they run one at a time, in that account's thread.

    Every method raises TargetError; its class tells what may be done next.
    """

    def verify(self) -> Identity:
        """Return whom the token speaks for. Raises Unauthorised when it is refused."""
        ...

    def scopes(self) -> tuple[str, ...]:
        """Return what the token may do, () where neither a file nor the server tells."""
        ...

    def limits(self) -> ServerLimits:
        """Return the limits that the server names now."""
        ...

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
        """Publish a post, boost, quote or edit; `key` is the Idempotency-Key.

        `identity` is the delivery's: a place that names its posts itself makes the name of it.

        The text is escaped for `markup`, so that the server shows it as the post has it.
        A boost or quote names the status by `post.status_id`, which `status` has found.
        `reply_to` is the remote id of the status it continues. An image that cannot be
        attached is left out. From `lease_end` on, an instant of `clock.uptime`, no request may
        leave: another process may publish in our place by then (ADR 0016).
        """
        ...

    def status(self, post: Post) -> FoundStatus | None:
        """Return the status that a boost or quote names, as it reads now; None if there is none.

        It is asked for by `post.status_id`, else searched for by `post.uri`: one request.
        """
        ...

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        """Return the relationship to the account of this id, {} where the server knows none.

        It is the Mastodon API's Relationship.
        """
        ...

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        """Return our own latest statuses and boosts: enough to find what was just sent.

        With `hidden_since` also private and direct posts since then, on servers that leave them
        out of an account's statuses.
        """
        ...

    def retract(self, post: Post, remote_id: str, *, lease_end: float = inf) -> bool:
        """Delete a post, or undo a boost; return whether it was there.

        `remote_id` is that of its receipt, "" where it is not known. For `lease_end` see `publish`.
        To retract twice does no harm. Raises Rejected where the server does not delete it.
        """
        ...

    def existing(self, post: Post, identity: bytes) -> Receipt | None:
        """Return the receipt of what this delivery has published, where the place can be asked.

        A server is asked for our boost of the status, since the recent statuses may not reach back
        to it; a blog or a folder for what has the delivery's name. None where there is nothing.
        """
        ...

    @property
    def rate_remaining(self) -> int | None:
        """What the server last said is left of its rate limit; None before it has said so."""
        ...
