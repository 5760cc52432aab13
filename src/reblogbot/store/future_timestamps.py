"""What a clock leaves behind that ran ahead and was set back: instants nobody wants to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, exists, select, update

from reblogbot.model import State
from reblogbot.store.database import Database, chunks
from reblogbot.store.schema import account, delivery, event, source


def repair_future_timestamps(
    database: Database, now: datetime, doubt: timedelta, pause: timedelta, lease: timedelta
) -> None:
    """Let go on soon what waits for an instant only a clock since set back can have named.

    That is what was written at a time still to come. A doubt rests at most `doubt`, an account
    at most `pause`; no lease lasts longer than `lease`, whoever holds it.
    """
    foretold = exists().where(event.c.delivery_id == delivery.c.id, event.c.at > now)
    soon = {State.QUEUED: now, State.DOUBT: now + doubt}
    with database.write() as connection:
        polled = source.c.last_poll_at > now, source.c.due > now
        _change(connection, source, polled, due=now, asked_until=None)
        _change(connection, account, [account.c.paused_until > now + pause], paused_until=None)
        for table in (source, account):
            is_late = table.c.lease_until > now + lease
            _change(connection, table, [is_late], lease_until=now + lease)
        for state, due in soon.items():
            waits = delivery.c.state == state, delivery.c.due > due, foretold
            _change(connection, delivery, waits, due=due)


def _change(
    connection: Connection, table: Table, which: Sequence[ColumnElement[bool]], **values: Any
) -> None:
    """Change these rows, locked in their order: so no two processes wait for each other.

    None besides: those that have come to be meant since are not locked in it.
    """
    (key,) = table.primary_key
    rows = select(key).where(*which).order_by(key).with_for_update()
    for chunk in chunks(connection.scalars(rows).all()):
        connection.execute(update(table).where(key.in_(chunk), *which).values(values))
