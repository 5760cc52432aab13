"""The outbox: deliveries as they are claimed, published and settled, one sender per account."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, exists, func, insert, or_, select, update

from reblogbot.model import (
    OPEN,
    PART_OF,
    TRANSITIONS,
    Delivery,
    Entry,
    Limits,
    Post,
    Receipt,
    State,
)
from reblogbot.store.database import Database, insert_into
from reblogbot.store.leases import AccountLease
from reblogbot.store.records import (
    AccountRecord,
    account_record,
    adapter,
    delivery_record,
)
from reblogbot.store.schema import account, delivery, entry, event, switch


class Outbox:
    """The tables `delivery`, `event`, `account` and the switch that stops them all."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    # accounts

    def enrol(self, servers: dict[str, str]) -> None:
        """Know these accounts, by name, on these servers."""
        with self._database.write() as connection:
            # in the order in which a recording locks them
            for name, server in sorted(servers.items()):
                statement = insert_into(connection, account).values(
                    name=name, server=server, **_FRESH
                )
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=[account.c.name],
                        # another server is another account: what was known of the old one is over
                        set_={"server": server, **_FRESH, "limits": None, "rate_remaining": None},
                        where=account.c.server != server,
                    )
                )

    def account(self, name: str) -> AccountRecord:
        """What is remembered of an account; of an unknown one, nothing."""
        with self._database.read() as connection:
            row = connection.execute(select(account).where(account.c.name == name)).first()
        return account_record(row) if row is not None else AccountRecord(name)

    def accounts(self) -> list[AccountRecord]:
        """Every account ever known, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(account).order_by(account.c.name))
            return [account_record(row) for row in rows]

    def claim_account(self, name: str, now: datetime, lease: timedelta) -> AccountRecord | None:
        """The account, leased to us, or None while another process sends for it."""
        with self._database.write() as connection:
            row = self._lease(connection, name).take(now, lease)
        return account_record(row) if row is not None else None

    def renew_account(self, name: str, now: datetime, lease: timedelta) -> bool:
        """Whether the account is still leased to us; if so, for a whole lease more."""
        with self._database.write() as connection:
            return self._lease(connection, name).renew(now, lease)

    def release_account(
        self, name: str, *, limits: Limits | None = None, rate_remaining: int | None = None
    ) -> None:
        """Give the lease back, and keep what the server said of its limits meanwhile."""
        values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
        if limits is not None:
            values["limits"] = adapter(Limits).dump_python(limits, mode="json")
        if rate_remaining is not None:
            values["rate_remaining"] = rate_remaining
        self._change_account(name, values)

    def pause(
        self, name: str, until: datetime, cause: str, reason: str, token_mark: str = ""
    ) -> None:
        """Nothing more for this account before `until`; its queue stays as it is."""
        self._change_account(
            name,
            {
                "paused_until": until,
                "cause": cause,
                "reason": reason,
                "token_mark": token_mark,
                "pauses": account.c.pauses + 1,
            },
        )

    def resume(self, name: str) -> None:
        """The account works again."""
        self._change_account(name, _FRESH)

    # the switch

    def stop(self, now: datetime) -> None:
        """Hold every delivery, in every process, until `start`."""
        with self._database.write() as connection:
            statement = insert_into(connection, switch).values(
                name="stopped", thrown_at=now, note=""
            )
            connection.execute(statement.on_conflict_do_nothing())

    def start(self) -> None:
        """Let deliveries go on."""
        with self._database.write() as connection:
            connection.execute(switch.delete().where(switch.c.name == "stopped"))

    def stopped_at(self) -> datetime | None:
        """Since when every delivery is held; None while they go on."""
        with self._database.read() as connection:
            return connection.scalar(select(switch.c.thrown_at).where(switch.c.name == "stopped"))

    # deliveries

    def waiting(self, name: str) -> list[Delivery]:
        """The account's queued deliveries, in the order they were queued."""
        return self._of(name, State.QUEUED)

    def in_doubt(self, name: str) -> list[Delivery]:
        """The account's deliveries nobody knows the end of, oldest first."""
        return self._of(name, State.DOUBT)

    def busy_accounts(self, now: datetime) -> list[str]:
        """The accounts with something queued that is due, unfinished or in doubt."""
        theirs = delivery.c.account == account.c.name
        queued = exists().where(theirs, delivery.c.state == State.QUEUED, delivery.c.due <= now)
        # asked for one by one: how much waits costs nothing
        open_end = [
            exists().where(theirs, delivery.c.state == state)
            for state in (State.SENDING, State.DOUBT)
        ]
        statement = select(account.c.name).where(or_(queued, *open_end)).order_by(account.c.name)
        with self._database.read() as connection:
            return list(connection.scalars(statement))

    def recover_interrupted(self, name: str, now: datetime, due: datetime) -> list[Delivery]:
        """What a dead process was sending for this account, now in doubt and due for reading back.

        Only while the account is leased to us: whoever was sending then is not any more.
        """
        with self._database.write() as connection:
            if not self._lease(connection, name).holds(now):
                return []
            rows = connection.execute(
                select(delivery)
                .where(delivery.c.account == name, delivery.c.state == State.SENDING)
                .order_by(delivery.c.id)
                .with_for_update()
            ).all()
            note = "the process that was sending ended before the server's answer was recorded"
            return [
                self._move(
                    connection,
                    row,
                    State.DOUBT,
                    {"due": due, "attempts": row.attempts + 1, "failed_lookups": 0},
                    note,
                    now,
                )
                for row in rows
            ]

    def claim(self, one: Delivery, now: datetime, lease: timedelta) -> Delivery | None:
        """The delivery, now `sending` and ours; durable before anything goes over the wire.

        None when it is queued no more, the account's lease was lost, or everything is stopped.
        """
        with self._database.write() as connection:
            if self._is_stopped(connection):
                return None
            if not self._lease(connection, one.account).renew(now, lease):
                return None
            row = self._row(connection, one.id)
            if row is None or row.state != State.QUEUED:
                return None
            values = {"owner": self._owner, "sent_from": row.sent_from or now}
            return self._move(connection, row, State.SENDING, values, "", now)

    def settle(
        self, before: Delivery, after: Delivery, now: datetime, remark: str = ""
    ) -> Delivery | None:
        """The delivery as decided; None when it is not as `before` knew it any more.

        What was `sending` can be settled by the process that sent it alone. `remark` stands in
        its story where there is no error.
        """
        with self._database.write() as connection:
            self._lease(connection, before.account).locked()
            row = self._row(connection, before.id)
            if row is None or not _is_as_known(row, before):
                return None
            if row.state == State.SENDING and row.owner != self._owner:
                return None
            receipt = after.receipt or Receipt("")
            values = {
                "post": adapter(Post).dump_python(after.post, mode="json"),
                "due": after.due,
                "key_version": after.key_version,
                "attempts": after.attempts,
                "failed_lookups": after.failed_lookups,
                "sent_from": after.sent_from,
                "remote_id": receipt.remote_id,
                "remote_url": receipt.url,
            }
            if after.state == State.SENT:
                # the server works: what it was paused for before is over
                mine = and_(account.c.name == row.account, account.c.pauses > 0)
                connection.execute(update(account).where(mine).values(_FRESH))
            return self._move(connection, row, after.state, values, after.error, now, remark)

    def bundle(self, carrier: Delivery, members: Sequence[Delivery], now: datetime) -> bool:
        """Let one queued delivery carry the text of others, which are skipped; all or nothing."""
        queued = delivery.c.state == State.QUEUED
        with self._database.write() as connection:
            ids = [one.id for one in (carrier, *members)]
            rows = {
                row.id: row
                for row in connection.execute(
                    select(delivery)
                    .where(delivery.c.id.in_(ids), queued)
                    .order_by(delivery.c.id)
                    .with_for_update()
                )
            }
            if len(rows) < len(ids):
                return False
            post = adapter(Post).dump_python(carrier.post, mode="json")
            connection.execute(
                update(delivery).where(delivery.c.id == carrier.id).values(post=post)
            )
            note = f"{PART_OF} {carrier.id}"
            for one in members:
                self._move(connection, rows[one.id], State.SKIPPED, {}, note, now)
        return True

    def rewrite(self, one: Delivery) -> Delivery | None:
        """A waiting delivery with another post and due time; None when its state is another now."""
        values = {
            "post": adapter(Post).dump_python(one.post, mode="json"),
            "due": one.due,
            "key_version": one.key_version,
            "sent_from": one.sent_from,
        }
        waiting = (State.QUEUED, State.HELD)
        if one.state not in waiting:
            return None
        unmoved = and_(delivery.c.id == one.id, delivery.c.state == one.state)
        with self._database.write() as connection:
            connection.execute(update(delivery).where(unmoved).values(values))
            row = self._row(connection, one.id)
        return delivery_record(row) if row is not None and row.state == one.state else None

    def entry_of(self, number: int) -> Entry | None:
        """The entry a delivery came from; None when it is forgotten."""
        statement = select(entry.c.content).join(delivery, delivery.c.entry_id == entry.c.id)
        with self._database.read() as connection:
            content = connection.scalar(statement.where(delivery.c.id == number))
        return adapter(Entry).validate_python(content) if content else None

    def receipts(self, name: str, remote_ids: Collection[str]) -> set[str]:
        """Those of these remote ids that are some delivery's receipt already."""
        with self._database.read() as connection:
            statement = select(delivery.c.remote_id).where(
                delivery.c.account == name, delivery.c.remote_id.in_(remote_ids)
            )
            return set(connection.scalars(statement))

    def hold_unconfigured(
        self,
        routes: Mapping[str, Collection[str]],
        accounts: Collection[str],
        now: datetime,
    ) -> list[Delivery]:
        """Hold what is queued for sources, accounts or routes that are in the config no more.

        `routes` are the accounts of each source's `to`.
        """
        columns = (delivery.c.id, delivery.c.state, delivery.c.source, delivery.c.account)
        with self._database.write() as connection:
            queued = select(*columns).where(delivery.c.state == State.QUEUED)
            rows = connection.execute(queued.order_by(delivery.c.id).with_for_update()).all()
            moved = []
            for row in rows:
                note = _stray(row.source, row.account, routes, accounts)
                if note:
                    moved.append(self._move(connection, row, State.HELD, {}, note, now))
        return moved

    def count(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        with self._database.read() as connection:
            statement = select(delivery.c.state, func.count()).group_by(delivery.c.state)
            found = {str(state): count for state, count in connection.execute(statement)}
        return {state.value: found.get(state.value, 0) for state in State}

    def find(self, ids: Sequence[int] = (), states: Collection[State] = OPEN) -> list[Delivery]:
        """These deliveries, or all in these states, in the order they were queued."""
        wanted = delivery.c.id.in_(ids) if ids else delivery.c.state.in_(states)
        with self._database.read() as connection:
            rows = connection.execute(select(delivery).where(wanted).order_by(delivery.c.id))
            return [delivery_record(row) for row in rows]

    def _of(self, name: str, state: State) -> list[Delivery]:
        with self._database.read() as connection:
            rows = connection.execute(
                select(delivery)
                .where(delivery.c.account == name, delivery.c.state == state)
                .order_by(delivery.c.id)
            )
            return [delivery_record(row) for row in rows]

    def _lease(self, connection: Connection, name: str) -> AccountLease:
        return AccountLease(connection, name, self._owner)

    def _row(self, connection: Connection, number: int) -> Any:
        statement = select(delivery).where(delivery.c.id == number)
        return connection.execute(statement.with_for_update()).first()

    def _move(
        self,
        connection: Connection,
        row: Any,
        state: State,
        values: dict[str, Any],
        note: str,
        now: datetime,
        remark: str = "",
    ) -> Delivery:
        """The only way a delivery changes its state; each change leaves an event."""
        # a read-back that did not find it leaves a doubt a doubt; a status that could not be
        # looked at leaves its boost queued
        stays = state == row.state and state in {State.DOUBT, State.QUEUED}
        if not stays and state not in TRANSITIONS[State(row.state)]:
            raise AssertionError(f"delivery {row.id}: {row.state} → {state} is no transition")
        ended = state in {State.SENT, State.SKIPPED, State.DEAD}
        columns = values | {"state": state, "error": note, "settled_at": now if ended else None}
        connection.execute(update(delivery).where(delivery.c.id == row.id).values(columns))
        told = {"delivery_id": row.id, "at": now, "state": state, "note": note or remark}
        connection.execute(insert(event).values(told))
        return delivery_record(self._row(connection, row.id))

    def _is_stopped(self, connection: Connection) -> bool:
        statement = select(switch.c.name).where(switch.c.name == "stopped")
        return connection.scalar(statement) is not None

    def _change_account(self, name: str, values: dict[str, Any]) -> None:
        with self._database.write() as connection:
            connection.execute(
                update(account)
                .where(
                    account.c.name == name,
                    or_(account.c.lease_owner.is_(None), account.c.lease_owner == self._owner),
                )
                .values(values)
            )


def _stray(
    source: str, name: str, routes: Mapping[str, Collection[str]], accounts: Collection[str]
) -> str:
    """Why nothing of the source is for the account any more, or ""."""
    if name not in accounts:
        return f"its account {name} is not in the config any more"
    if source not in routes:
        return f"its source {source} is not in the config any more"
    return "" if name in routes[source] else f"its account {name} is not in `to` of {source}"


def _is_as_known(row: Any, known: Delivery) -> bool:
    """Whether nothing has befallen the delivery since it was read."""
    now = (row.state, row.due, row.attempts, row.failed_lookups)
    return now == (known.state, known.due, known.attempts, known.failed_lookups)


_FRESH: dict[str, Any] = {
    "paused_until": None,
    "cause": "",
    "reason": "",
    "pauses": 0,
    "token_mark": "",
}
