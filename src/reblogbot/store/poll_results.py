"""The columns of a source that the result of a poll sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch
from reblogbot.store.records import SourceRecord
from reblogbot.words import Words

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


NEVER_POLLED: dict[str, Any] = {
    "title": "",
    "etag": "",
    "last_modified": "",
    "digest": "",
    "cursor": "",
    "state": "new",
    "error": "",
    "failures": 0,
    "failing_since": None,
    "moved_to": "",
    "moved_times": 0,
    "asked_until": None,
    "due_reason": "",
}
"""The columns of a source that was not polled at its address yet."""


def columns_after_answer(
    record: SourceRecord, batch: Batch, following: NextPoll, now: datetime
) -> dict[str, Any]:
    """The columns after a poll that was answered."""
    has_same_redirect = bool(batch.moved_to) and batch.moved_to == record.moved_to
    columns: dict[str, Any] = {
        "etag": batch.validators.etag,
        "last_modified": batch.validators.last_modified,
        "digest": batch.validators.digest,
        "cursor": batch.validators.cursor,
        "state": "ok",
        "error": _remark(record, batch),
        "failures": 0,
        "failing_since": None,
        "moved_to": batch.moved_to,
        "moved_times": record.moved_times + 1 if has_same_redirect else int(bool(batch.moved_to)),
        "last_poll_at": now,
        "due": following.at,
        "due_reason": following.reason,
        "asked_until": None,
    }
    if not batch.not_modified:
        columns |= {
            "title": batch.title or record.title,
            "last_batch_at": now,
            "last_batch_size": len(batch.entries),
            "address_changed": 0,
        }
    return columns


def columns_after_failure(
    record: SourceRecord,
    error: str,
    state: str,
    following: NextPoll,
    asked_until: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """The columns after a poll that failed; what was learnt of the source stays."""
    columns: dict[str, Any] = {
        "state": state,
        "error": error,
        "failures": record.failures + 1,
        "failing_since": record.failing_since or now,
        "last_poll_at": now,
        # A source that is gone must not be read, and passed over, at every search for due ones.
        "due": NEVER if state == "gone" else following.at,
        "due_reason": following.reason,
        "asked_until": asked_until,
    }
    if state != "retry_later":
        # The address it had moved to may be what fails: the next poll asks its own.
        columns |= {"moved_to": "", "moved_times": 0}
    return columns


def _remark(record: SourceRecord, batch: Batch) -> str:
    """What an admin should know about a source that answered, or ""."""
    if batch.not_modified:
        return record.error if record.state == "ok" else ""
    if not batch.left_out:
        return ""
    total = len(batch.entries) + batch.left_out
    return Words(
        "too_many_entries: of {total} entries only the newest {count} are read",
        total=total,
        count=len(batch.entries),
    )
