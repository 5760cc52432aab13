"""The store's rows as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import Row

from reblogbot.core.schedule import PollReason
from reblogbot.model import (
    Delivery,
    DeliveryState,
    Entry,
    Post,
    Receipt,
    ServerLimits,
    SourceState,
    Validators,
)
from reblogbot.model.evidence import SourceHabits

T = TypeVar("T")


@cache
def adapter(kind: type[T]) -> TypeAdapter[T]:
    """Pydantic's converter between values of this class and JSON.

    Building one is slow, and most rounds need few of them: each is built when first used.
    """
    return TypeAdapter(kind)


# Most posts and entries have none of these: without them a poll writes fewer bytes.
_RARE_OF_POST: Mapping[str, Any] = {"article": None, "is_generated": False, "part": 1, "rest": []}
_RARE_OF_ENTRY: Mapping[str, Any] = {"text": "", "ai_refusal": ""}


def post_values(post: Post) -> dict[str, Any]:
    """The post as JSON of the column `post`."""
    return _without_rare(adapter(Post).dump_python(post, mode="json"), _RARE_OF_POST)


def entry_values(entry: Entry) -> dict[str, Any]:
    """The entry as JSON of the column `content`."""
    return _without_rare(adapter(Entry).dump_python(entry, mode="json"), _RARE_OF_ENTRY)


def _without_rare(values: dict[str, Any], rare: Mapping[str, Any]) -> dict[str, Any]:
    """The values without rare ones that have their default."""
    return {
        name: value for name, value in values.items() if name not in rare or value != rare[name]
    }


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A row of `source`; `learnt` are the accounts for which it has been read."""

    id: int
    name: str
    address: str
    title: str = ""
    state: SourceState = "new"
    error: str = ""
    validators: Validators = field(default_factory=Validators)
    failures: int = 0
    failing_since: datetime | None = None
    moved_to: str = ""
    moved_times: int = 0
    last_poll_at: datetime | None = None
    last_batch_at: datetime | None = None
    last_batch_size: int = 0
    address_changed: bool = False
    due: datetime | None = None
    due_reason: PollReason = ""
    asked_until: datetime | None = None
    habits: SourceHabits = field(default_factory=SourceHabits)
    learnt: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """A row of `account`: its pause with cause and reason, its lease, and its server's limits.

    `token_mark` is a digest of the token that was refused, for a pause that another token ends.
    """

    name: str
    server: str = ""
    paused_until: datetime | None = None
    cause: str = ""
    reason: str = ""
    pauses: int = 0
    token_mark: str = ""
    rate_remaining: int | None = None
    limits: ServerLimits = field(default_factory=ServerLimits)
    lease_owner: str | None = None
    lease_until: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing is to be sent for the account yet."""
        return self.paused_until is not None and self.paused_until > now


def source_record(row: Row[Any], learnt: frozenset[str] = frozenset()) -> SourceRecord:
    """A row of `source` as a value."""
    return SourceRecord(
        id=row.id,
        name=row.name,
        address=row.address,
        title=row.title,
        state=row.state,
        error=row.error,
        validators=Validators(row.etag, row.last_modified, row.digest, row.cursor),
        failures=row.failures,
        failing_since=row.failing_since,
        moved_to=row.moved_to,
        moved_times=row.moved_times,
        last_poll_at=row.last_poll_at,
        last_batch_at=row.last_batch_at,
        last_batch_size=row.last_batch_size,
        address_changed=bool(row.address_changed),
        due=row.due,
        due_reason=row.due_reason,
        asked_until=row.asked_until,
        habits=habits_of(row.habits),
        learnt=learnt,
    )


def habits_of(stored: Any) -> SourceHabits:
    """The column `habits` as a value; empty habits where nothing was learnt."""
    return adapter(SourceHabits).validate_python(stored) if stored else SourceHabits()


def account_record(row: Row[Any]) -> AccountRecord:
    """A row of `account` as a value."""
    return AccountRecord(
        name=row.name,
        server=row.server,
        paused_until=row.paused_until,
        cause=row.cause,
        reason=row.reason,
        pauses=row.pauses,
        token_mark=row.token_mark,
        rate_remaining=row.rate_remaining,
        limits=adapter(ServerLimits).validate_python(row.limits) if row.limits else ServerLimits(),
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
    )


def delivery_record(row: Row[Any]) -> Delivery:
    """A row of `delivery` as a value."""
    return Delivery(
        id=row.id,
        account=row.account,
        source=row.source,
        identity=row.identity,
        post=adapter(Post).validate_python(row.post),
        state=DeliveryState(row.state),
        due=row.due,
        queued_at=row.queued_at,
        key_version=row.key_version,
        attempts=row.attempts,
        failed_lookups=row.failed_lookups,
        sent_from=row.sent_from,
        published_at=row.published_at,
        score=row.score,
        error=row.error,
        receipt=Receipt(row.remote_id, row.remote_url) if row.remote_id else None,
        settled_at=row.settled_at,
        waits_for=tuple(row.waits_for.split()) if row.waits_for else (),
        step_at=row.step_at,
    )
