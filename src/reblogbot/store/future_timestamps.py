"""Repair of instants in the future, written while a clock was ahead that was set back since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, select, update

from reblogbot.model import DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.schema import (
    account,
    delivery,
    event,
    source,
    source_lease,
    step,
    step_result,
)
from reblogbot.store.sql import chunks

LONGEST_STEP_WAIT = timedelta(days=1)
"""No step waits longer: not for its limit of a day, nor for what its service asks."""


def repair_future_timestamps(
    database: Database, now: datetime, doubt: timedelta, pause: timedelta, lease: timedelta
) -> None:
    """Bring forward what waits for an instant that was written at a time still to come.

    A delivery in doubt then waits at most `doubt`, an account at most `pause`, and no lease lasts
    longer than `lease`, whoever holds it. Steps wait LONGEST_STEP_WAIT at most.
    """
    step_end = now + LONGEST_STEP_WAIT
    was_written_ahead = exists().where(event.c.delivery_id == delivery.c.id, event.c.at > now)
    latest_due = {
        DeliveryState.QUEUED: now,
        DeliveryState.DOUBT: now + doubt,
        DeliveryState.RETRACTING: now,
    }
    with database.write() as connection:
        is_late = source.c.last_poll_at > now, source.c.due > now
        _update(connection, source, is_late, due=now, asked_until=None)
        _update(connection, account, [account.c.paused_until > now + pause], paused_until=None)
        _update(connection, account, [account.c.lease_until > now + lease], lease_until=now + lease)
        _update(connection, source_lease, [source_lease.c.until > now + lease], until=now + lease)
        _update(connection, step, [step.c.paused_until > step_end], paused_until=None)
        _update(connection, step_result, [step_result.c.due > step_end], due=now)
        _update(connection, step_result, [step_result.c.lease_until > step_end], lease_until=now)
        _update(connection, delivery, [delivery.c.step_at > step_end], step_at=now)
        for state, due in latest_due.items():
            conditions = delivery.c.state == state, delivery.c.due > due, was_written_ahead
            _update(connection, delivery, conditions, due=due)


def _update(
    connection: Connection, table: Table, conditions: Sequence[ColumnElement[bool]], **values: Any
) -> None:
    """Update the rows under the conditions, locked in order of their keys against deadlocks.

    The update itself names their keys: rows that match only now are not locked, and are left out.
    """
    (key,) = table.primary_key
    rows = select(key).where(*conditions).order_by(key).with_for_update()
    for chunk in chunks(connection.scalars(rows).all()):
        connection.execute(update(table).where(key.in_(chunk), *conditions).values(values))
