"""The first instant at which a round has something to do."""

from __future__ import annotations

from collections.abc import Collection, Container
from datetime import datetime

from sqlalchemy import Connection, func, select

from reblogbot.model import DeliveryState
from reblogbot.store.poll_results import NEVER
from reblogbot.store.schema import account, delivery, source
from reblogbot.store.tallies import FAILING_AFTER


def next_due(
    connection: Connection, sources: Container[str], accounts: Collection[str], now: datetime
) -> datetime:
    """When something becomes due for these sources and accounts; `now` where anything may be.

    Leases do not count: what another process polls or sends is due. An instant at which a notice
    may become due counts like a poll. The result holds only as long as nobody writes to the store.
    """
    if _has_unsettled(connection, accounts, now):
        return now
    instants = [
        *_polls(connection, sources),
        *connection.scalars(
            select(func.min(delivery.c.due)).where(
                delivery.c.account.in_(accounts), delivery.c.state == DeliveryState.QUEUED
            )
        ),
        *_failing_notices(connection, now),
    ]
    return max(now, min((instant for instant in instants if instant), default=NEVER))


def _has_unsettled(connection: Connection, accounts: Collection[str], now: datetime) -> bool:
    """Whether a delivery is being sent or in doubt, or an account is paused.

    A round may work on these at any time, and when the admin is told of a pause depends on more
    than an instant.
    """
    unsettled = select(delivery.c.id).where(
        delivery.c.account.in_(accounts),
        delivery.c.state.in_([DeliveryState.SENDING, DeliveryState.DOUBT]),
    )
    paused = select(account.c.name).where(
        account.c.name.in_(accounts), account.c.paused_until > now
    )
    return any(connection.execute(query.limit(1)).first() for query in (unsettled, paused))


def _polls(connection: Connection, names: Container[str]) -> list[datetime]:
    """When each of these sources may be polled next by `sync --due`."""
    columns = (source.c.name, source.c.due, source.c.asked_until)
    rows = connection.execute(select(*columns).where(source.c.state != "gone"))
    return [max(due, asked_until or due) for name, due, asked_until in rows if name in names]


def _failing_notices(connection: Connection, now: datetime) -> list[datetime]:
    """When the next source will have failed for so long that the admin is told."""
    is_recent = source.c.failing_since > now - FAILING_AFTER
    first = connection.scalar(select(func.min(source.c.failing_since)).where(is_recent))
    return [first + FAILING_AFTER] if first else []
