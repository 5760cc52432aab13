"""The deliveries that are held because their source brought too many entries at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from reblogbot.model import STORM, Delivery, DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.records import delivery_record
from reblogbot.store.schema import IS_HELD_STORM, delivery

MOST_READ = 5000
"""How many held deliveries are looked at to find the storms."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What one poll of a source brought for one account and is held: so many deliveries.

    `queued_at` is the instant of that poll.
    """

    source: str
    account: str
    queued_at: datetime
    count: int
    reason: str


class Storms:
    """Queries of the deliveries that storms have held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def groups(self) -> list[Storm]:
        """The storms of which deliveries are held still, newest first.

        They are counted among the first MOST_READ held deliveries.
        """
        columns = delivery.c.source, delivery.c.account, delivery.c.queued_at, delivery.c.error
        is_held = delivery.c.state == DeliveryState.HELD
        held = select(*columns).where(is_held).limit(MOST_READ).subquery()
        groups = held.c.source, held.c.account, held.c.queued_at
        statement = (
            select(*groups, func.count(), func.max(held.c.error))
            .where(held.c.error.startswith(STORM))
            .group_by(*groups)
            .order_by(held.c.queued_at.desc(), held.c.source, held.c.account)
        )
        with self._database.read() as connection:
            return [Storm(*row) for row in connection.execute(statement)]

    def newest(self, source: str, account: str, queued_at: datetime, limit: int) -> list[Delivery]:
        """The newest held deliveries of one storm, at most `limit`, in the order of their ids."""
        is_of_poll = delivery.c.account == account, delivery.c.queued_at == queued_at
        statement = (
            select(delivery)
            .where(*is_of_poll, delivery.c.source == source, *IS_HELD_STORM)
            .order_by(delivery.c.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [delivery_record(row) for row in reversed(rows)]
