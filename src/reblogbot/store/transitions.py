"""How a delivery changes its state: along TRANSITIONS, and with an event for each step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update

from reblogbot.model import POSTED_STATES, TAKEN_BACK, TRANSITIONS, Delivery, DeliveryState
from reblogbot.store.records import delivery_record
from reblogbot.store.schema import HAS_REMOTE_ID, delivery, event
from reblogbot.words import Words

# A read-back that does not find a post leaves it in doubt; a status that cannot be looked at
# before its boost leaves the boost queued; a post that could not be deleted is still retracted.
_REPEATABLE = frozenset({DeliveryState.DOUBT, DeliveryState.QUEUED, DeliveryState.RETRACTING})
POST_RETRACTED_NOTE = Words("the post that it belongs to was retracted")
"""The note on an edit or a part of a thread whose post was taken back."""
NO_POST_NOTE = Words("the post that it replies to was not published")
"""The note on a reply whose post was skipped or given up."""
_SETTLED = frozenset({DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.DEAD})
WAITING = (DeliveryState.QUEUED, DeliveryState.HELD)
"""The states of what was not sent and may still be: steps are run in no other state."""


def lock_delivery(connection: Connection, delivery_id: int) -> Row[Any] | None:
    """The delivery's row, locked until the transaction ends; None where there is none."""
    statement = select(delivery).where(delivery.c.id == delivery_id)
    return connection.execute(statement.with_for_update()).first()


def change_state(
    connection: Connection,
    row: Row[*tuple[Any, ...]],
    state: DeliveryState,
    values: dict[str, Any],
    error: str,
    now: datetime,
    remark: str = "",
) -> Delivery:
    """Change a locked delivery's state and other columns; returns it as it is then.

    The event's note is `error`, or `remark` without one. Raises AssertionError where TRANSITIONS
    does not allow the change.
    """
    if not (row.state == state and state in _REPEATABLE):
        expect_transition(row.id, DeliveryState(row.state), state)
    if row.state in POSTED_STATES:
        # that it is retracted does not change when it was published
        settled_at = row.settled_at
    else:
        settled_at = now if state in _SETTLED else None
    columns = values | {"state": state, "error": error, "settled_at": settled_at}
    if state not in WAITING:
        columns["step_at"] = None
    connection.execute(update(delivery).where(delivery.c.id == row.id).values(columns))
    add_event(connection, row.id, state, error or remark, now)
    changed = connection.execute(select(delivery).where(delivery.c.id == row.id)).one()
    return delivery_record(changed)


def retract(
    connection: Connection, row: Row[*tuple[Any, ...]], now: datetime, remark: str = ""
) -> Delivery:
    """Change a locked delivery to `retracting`; one that was already is tried again now."""
    values = {"due": now, "attempts": 0, "failed_lookups": 0}
    return change_state(connection, row, DeliveryState.RETRACTING, values, "", now, remark)


def belongs_to_retracted(connection: Connection, part: Delivery) -> bool:
    """Whether the post that an edit changes, or that a thread continues, was taken back.

    So was a part of a thread that was skipped because the part before it was taken back.
    """
    if part.post.action == "edit":
        is_post = and_(
            delivery.c.account == part.account,
            delivery.c.remote_id == part.post.uri,
            HAS_REMOTE_ID,
        )
    elif part.post.continues:
        is_post = delivery.c.id == part.post.continues
    else:
        return False
    is_skipped = and_(
        delivery.c.state == DeliveryState.SKIPPED, delivery.c.error == POST_RETRACTED_NOTE
    )
    is_taken_back = or_(delivery.c.state.in_(TAKEN_BACK), is_skipped)
    return bool(connection.scalar(select(exists().where(is_post, is_taken_back))))


def expect_transition(delivery_id: int, before: DeliveryState, after: DeliveryState) -> None:
    """Raise AssertionError unless TRANSITIONS leads from one state to the other."""
    if after not in TRANSITIONS[before]:
        raise AssertionError(f"delivery {delivery_id}: {before} → {after} is no transition")


def add_event(
    connection: Connection, delivery_id: int, state: str, note: str, now: datetime
) -> None:
    """Add a line to what `reblogbot why` prints of the delivery."""
    values = {"delivery_id": delivery_id, "at": now, "state": state, "note": note}
    connection.execute(insert(event).values(values))


def add_event_once(
    connection: Connection, delivery_id: int, state: str, note: str, now: datetime
) -> None:
    """Add an event; where it equals the delivery's last one, that one gets the new time."""
    events = select(event).where(event.c.delivery_id == delivery_id)
    last = connection.execute(events.order_by(event.c.id.desc()).limit(1)).first()
    if last is not None and (last.state, last.note) == (state, note):
        connection.execute(update(event).where(event.c.id == last.id).values(at=now))
    else:
        add_event(connection, delivery_id, state, note, now)
