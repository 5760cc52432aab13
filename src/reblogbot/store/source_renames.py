"""Sources that are renamed in the config and in the store together (docs/adr/0042)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, exists, or_, select, update

from reblogbot.model import OPEN_STATES
from reblogbot.runtime import lease_owner
from reblogbot.store.database import Database
from reblogbot.store.schema import delivery, source, source_lease, source_rename

LONGEST_RENAME = timedelta(hours=1)
"""A rename whose config was not written after this time is given up."""
LONGEST_START = timedelta(minutes=10)
"""Time from reading a config to enrolling its sources, at most."""

RenameStart = Literal["begun", "taken", "busy"]


class SourceRenames:
    """The table `source_rename`: what is being renamed, and what was renamed just now.

    The row is written before the config and tells how to go on when the process dies in between.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def begin(self, old: str, new: str, now: datetime) -> RenameStart:
        """Note that the config will have `new` in place of `old`.

        Changes nothing if the name is `taken`: the store remembers a source `new`, or has
        deliveries of one that are not settled; nor if another process is `busy` renaming `old`.
        """
        with self._database.write() as connection:
            if _is_known(connection, new):
                return "taken"
            is_this = source_rename.c.old_name == old
            row = connection.execute(select(source_rename).where(is_this)).one_or_none()
            if row is not None and row.completed_at is None and not _is_abandoned(row, now):
                return "busy"
            # a process that read the config before an earlier rename knows the first name alone
            is_outdated = or_(
                source_rename.c.old_name.in_([old, new]), source_rename.c.new_name == old
            )
            connection.execute(delete(source_rename).where(is_outdated))
            row_values = {"old_name": old, "new_name": new, "owner": self._owner, "begun_at": now}
            connection.execute(source_rename.insert().values(row_values))
        return "begun"

    def cancel(self, old: str) -> None:
        """Forget a rename of ours of which the config was not written."""
        is_ours = source_rename.c.old_name == old, source_rename.c.owner == self._owner
        with self._database.write() as connection:
            connection.execute(
                delete(source_rename).where(*is_ours, source_rename.c.completed_at.is_(None))
            )

    def is_incomplete(self, configured: Collection[str]) -> bool:
        """Whether a source of the config still has its old name in the store."""
        statement = select(source_rename).where(source_rename.c.completed_at.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return any(row.new_name in configured and row.old_name not in configured for row in rows)

    def settle(self, configured: Collection[str], now: datetime) -> dict[str, str]:
        """Complete the renames that the config has, and forget those that are over.

        `configured` are the names of the config's sources. Returns the names in it that are out of
        date, each with the new one: this config was read before the rename.
        """
        outdated: dict[str, str] = {}
        with self._database.write() as connection:
            for row in connection.execute(select(source_rename)).all():
                old, new = row.old_name, row.new_name
                is_renamed = new in configured and old not in configured
                is_not_renamed = old in configured and new not in configured
                if row.completed_at is None and is_renamed:
                    _rename(connection, old, new, now)
                elif row.completed_at is None:
                    if _is_abandoned(row, now):
                        _forget(connection, old)
                elif now - row.completed_at > LONGEST_START:
                    _forget(connection, old)
                elif is_not_renamed:
                    outdated[old] = new
        return outdated


def _is_abandoned(row: Row[Any], now: datetime) -> bool:
    """Whether the process that began the rename will not go on."""
    return lease_owner.is_dead(row.owner) or now - row.begun_at > LONGEST_RENAME


def _is_known(connection: Connection, name: str) -> bool:
    queries = (
        select(exists().where(source.c.name == name)),
        select(exists().where(delivery.c.source == name, delivery.c.state.in_(OPEN_STATES))),
    )
    return any(connection.scalar(query) for query in queries)


def _rename(connection: Connection, old: str, new: str, now: datetime) -> None:
    """Move the source, and its deliveries in whatever state, to the new name.

    A poll that is running loses its lease: what it found is found again under the new name.
    """
    renamed = update(source).where(source.c.name == old).values(name=new).returning(source.c.id)
    for source_id in connection.scalars(renamed).all():
        connection.execute(delete(source_lease).where(source_lease.c.source_id == source_id))
    connection.execute(update(delivery).where(delivery.c.source == old).values(source=new))
    is_this = source_rename.c.old_name == old
    connection.execute(update(source_rename).where(is_this).values(completed_at=now))


def _forget(connection: Connection, old: str) -> None:
    connection.execute(delete(source_rename).where(source_rename.c.old_name == old))
