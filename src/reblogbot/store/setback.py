"""What a clock leaves behind that ran ahead and was set back: instants nobody wants to wait for."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from reblogbot.model import State
from reblogbot.schema import account, delivery, event, source
from reblogbot.store.database import Database


def reel_in(database: Database, now: datetime, doubt: timedelta, pause: timedelta) -> None:
    """Let go on soon what waits for an instant only a clock since set back can have named.

    That is what was written at a time still to come. A doubt rests at most `doubt`, an account
    at most `pause`.
    """
    foretold = select(event.c.delivery_id).where(event.c.at > now)
    soon = {State.QUEUED: now, State.DOUBT: now + doubt}
    with database.write() as connection:
        connection.execute(
            update(source)
            .where(source.c.last_poll_at > now, source.c.due > now)
            .values(due=now, asked_until=None)
        )
        for state, due in soon.items():
            connection.execute(
                update(delivery)
                .where(delivery.c.state == state, delivery.c.due > due)
                .where(delivery.c.id.in_(foretold))
                .values(due=due)
            )
        connection.execute(
            update(account).where(account.c.paused_until > now + pause).values(paused_until=None)
        )
