"""The outbox: deliveries from the queue to the server, and the accounts that send them.

Each account has one sender at a time, the process that holds its lease. It claims a delivery,
sends it, and settles it; every step is a transaction of its own (docs/adr/0001).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)

from reblogbot.model import (
    OPEN_STATES,
    PART_OF_DIGEST,
    Delivery,
    DeliveryState,
    Entry,
    QueueHead,
    Receipt,
    ServerLimits,
)
from reblogbot.store.database import Database
from reblogbot.store.leases import AccountLease
from reblogbot.store.records import (
    AccountRecord,
    account_record,
    adapter,
    delivery_record,
    post_values,
)
from reblogbot.store.schema import (
    EPOCH,
    HAS_REMOTE_ID,
    IS_HELD_STORM,
    account,
    delivery,
    entry,
    is_generated_post,
    published,
    switch,
)
from reblogbot.store.sql import chunks, insert_into, is_behind
from reblogbot.store.steps import forget_failures
from reblogbot.store.transitions import (
    NO_POST_NOTE,
    POST_RETRACTED_NOTE,
    add_event,
    belongs_to_retracted,
    change_state,
    lock_delivery,
    retract,
)
from reblogbot.words import Words

_STOPPED = "stopped"
"""Name of the switch under which no delivery is sent."""
MAX_ID = 2**63 - 1
"""No delivery has a greater id, and the database takes none."""
MOST_COUNTED = 10_000
"""So many deliveries beyond a page are counted at most."""
_NO_PAUSE: dict[str, Any] = {
    "paused_until": None,
    "cause": "",
    "reason": "",
    "pauses": 0,
    "token_mark": "",
}

MAY_BE_SENT = delivery.c.state == DeliveryState.QUEUED, delivery.c.waits_for.is_(None)
"""The conditions that a delivery waits for nothing but its turn."""
GIVEN_UP = (DeliveryState.SKIPPED, DeliveryState.DEAD)
"""The states from which an admin may bring a delivery back."""
_UNSETTLED = (DeliveryState.SENDING, DeliveryState.DOUBT, DeliveryState.RETRACTING)
"""The states in which a delivery is worked on whatever its due time."""

# Made once: putting it together takes longer than the query.
_OPEN_ACCOUNTS = (
    select(account)
    .where(
        or_(
            exists().where(delivery.c.account == account.c.name, *MAY_BE_SENT),
            *(
                exists().where(delivery.c.account == account.c.name, delivery.c.state == state)
                for state in _UNSETTLED
            ),
        )
    )
    .order_by(account.c.name)
)


class Outbox:
    """The tables `delivery`, `account` and `switch`."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    # Accounts and their leases

    def enrol(self, servers: dict[str, str]) -> None:
        """Upsert the accounts of the config: their servers, by the accounts' names."""
        another_server = {"limits": None, "rate_remaining": None, **_NO_PAUSE}
        with self._database.write() as connection:
            # In order of their names, as a recording locks them: no deadlocks.
            for name, server in sorted(servers.items()):
                statement = insert_into(connection, account).values(
                    name=name, server=server, **_NO_PAUSE
                )
                connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=[account.c.name],
                        # On another server it is another account: the old one's pause and limits
                        # mean nothing for it.
                        set_={"server": server, **another_server},
                        where=account.c.server != server,
                    )
                )

    def account(self, name: str) -> AccountRecord:
        """The account's record; an empty one where there is none."""
        with self._database.read() as connection:
            row = connection.execute(select(account).where(account.c.name == name)).first()
        return account_record(row) if row is not None else AccountRecord(name)

    def accounts(self) -> list[AccountRecord]:
        """Every account there ever was, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(account).order_by(account.c.name))
            return [account_record(row) for row in rows]

    def busy_accounts(self, now: datetime) -> list[str]:
        """The accounts that have a delivery queued and due, being sent, in doubt or retracted."""
        is_its_own = delivery.c.account == account.c.name
        is_due = exists().where(is_its_own, *MAY_BE_SENT, delivery.c.due <= now)
        # EXISTS for each state: its cost does not grow with the length of the queue.
        is_unsettled = [
            exists().where(is_its_own, delivery.c.state == state) for state in _UNSETTLED
        ]
        statement = (
            select(account.c.name).where(or_(is_due, *is_unsettled)).order_by(account.c.name)
        )
        with self._database.read() as connection:
            return list(connection.scalars(statement))

    def next_due(self, accounts: Collection[str], now: datetime) -> datetime | None:
        """When a delivery of these accounts is due at the earliest; None for never.

        It is `now` where a delivery is being sent, in doubt or being retracted, or an account is
        paused: a round may work on these at any time.
        """
        is_queued = *MAY_BE_SENT, delivery.c.account.in_(accounts)
        is_unsettled = (
            delivery.c.state.in_(_UNSETTLED),
            delivery.c.account.in_(accounts),
        )
        is_paused = account.c.name.in_(accounts), account.c.paused_until > now
        unsettled = select(delivery.c.id).where(*is_unsettled).limit(1)
        paused = select(account.c.name).where(*is_paused).limit(1)
        with self._database.read() as connection:
            if connection.scalar(unsettled) is not None or connection.scalar(paused) is not None:
                return now
            due: datetime | None = connection.scalar(
                select(func.min(delivery.c.due)).where(*is_queued)
            )
        return due

    def open_accounts(self) -> list[AccountRecord]:
        """The accounts that have a delivery queued, being sent, in doubt or retracted, by name."""
        with self._database.read() as connection:
            return [account_record(row) for row in connection.execute(_OPEN_ACCOUNTS)]

    def claim_account(self, name: str, now: datetime, lease: timedelta) -> AccountRecord | None:
        """Lease the account; None while another process sends for it."""
        with self._database.write() as connection:
            row = self._lease(connection, name).take(now, lease)
        return account_record(row) if row is not None else None

    def renew_account(self, name: str, now: datetime, lease: timedelta) -> bool:
        """Extend our lease to `lease` from now; False when we do not hold it any more."""
        with self._database.write() as connection:
            return self._lease(connection, name).renew(now, lease)

    def release_account(
        self, name: str, *, limits: ServerLimits | None = None, rate_remaining: int | None = None
    ) -> None:
        """Give our lease back, and store the limits that the server reported."""
        values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
        if limits is not None:
            values["limits"] = adapter(ServerLimits).dump_python(limits, mode="json")
        if rate_remaining is not None:
            values["rate_remaining"] = rate_remaining
        self._update_account(name, values)

    def pause(
        self, name: str, until: datetime, cause: str, reason: str, token_mark: str = ""
    ) -> None:
        """Send nothing for this account before `until`; its queue stays as it is."""
        self._update_account(
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
        """End the account's pause."""
        self._update_account(name, _NO_PAUSE)

    def _lease(self, connection: Connection, name: str) -> AccountLease:
        return AccountLease(connection, name, self._owner)

    def _update_account(self, name: str, values: dict[str, Any]) -> None:
        """Update an account, unless another process has leased it."""
        is_ours_or_free = or_(account.c.lease_owner.is_(None), account.c.lease_owner == self._owner)
        with self._database.write() as connection:
            connection.execute(
                update(account).where(account.c.name == name, is_ours_or_free).values(values)
            )

    # Sending

    def waiting(self, name: str) -> list[Delivery]:
        """The account's queued deliveries that wait for no step, in the order they were queued."""
        return self._of_account(name, *MAY_BE_SENT)

    def queue_heads(self, name: str) -> list[QueueHead]:
        """The account's queue, summed up by source, and by whether it is edits or generated."""
        is_edit = delivery.c.post["action"].as_string() == "edit"
        is_generated = is_generated_post()
        # `queue_order.due_deliveries` says why one that was never postponed is due.
        due = case(
            (delivery.c.due <= delivery.c.queued_at, literal(EPOCH, delivery.c.due.type)),
            else_=delivery.c.due,
        )
        statement = (
            select(
                delivery.c.source,
                is_edit,
                is_generated,
                func.min(due, type_=delivery.c.due.type),
            )
            .where(delivery.c.account == name, *MAY_BE_SENT)
            .group_by(delivery.c.source, is_edit, is_generated)
        )
        with self._database.read() as connection:
            return [
                QueueHead(source, bool(edits), due, is_generated=bool(generated))
                for source, edits, generated, due in connection.execute(statement)
            ]

    def is_sending(self, name: str) -> bool:
        """Whether a delivery of the account is being sent, or a process died while it was."""
        is_sent_now = delivery.c.account == name, delivery.c.state == DeliveryState.SENDING
        with self._database.read() as connection:
            return bool(connection.scalar(select(exists().where(*is_sent_now))))

    def in_doubt(self, name: str) -> list[Delivery]:
        """The account's deliveries whose outcome is not known, oldest first."""
        return self._of_account(name, delivery.c.state == DeliveryState.DOUBT)

    def doubts_and_retractions(self, name: str) -> tuple[list[Delivery], list[Delivery]]:
        """The account's deliveries in doubt, and those being retracted, each oldest first."""
        states = DeliveryState.DOUBT, DeliveryState.RETRACTING
        deliveries = self._of_account(name, delivery.c.state.in_(states))
        doubts = [each for each in deliveries if each.state == DeliveryState.DOUBT]
        return doubts, [each for each in deliveries if each.state == DeliveryState.RETRACTING]

    def recover_interrupted(self, name: str, now: datetime, due: datetime) -> list[Delivery]:
        """Set the deliveries that a process was sending when it ended to `doubt`; return them.

        They are read back at `due`. Returns no deliveries, and changes none, unless we hold the
        account's lease: otherwise that process may still send.
        """
        error = Words("the process that was sending ended before the server's answer was recorded")
        with self._database.write() as connection:
            if not self._lease(connection, name).holds(now):
                return []
            rows = connection.execute(
                select(delivery)
                .where(delivery.c.account == name, delivery.c.state == DeliveryState.SENDING)
                .order_by(delivery.c.id)
                .with_for_update()
            ).all()
            deliveries = []
            for row in rows:
                values = {"due": due, "attempts": row.attempts + 1, "failed_lookups": 0}
                deliveries.append(
                    change_state(connection, row, DeliveryState.DOUBT, values, error, now)
                )
            return deliveries

    def claim(self, queued: Delivery, now: datetime, lease: timedelta) -> Delivery | None:
        """Mark a queued delivery as being sent by us, on disk before its request leaves.

        Returns None when it is not queued any more or its post has changed since it was read, when
        the account's lease was lost, and while everything is stopped.
        """
        with self._database.write() as connection:
            if self._is_stopped(connection):
                return None
            if not self._lease(connection, queued.account).renew(now, lease):
                return None
            row = lock_delivery(connection, queued.id)
            if row is None or row.state != DeliveryState.QUEUED or row.waits_for:
                return None
            # A poll or an admin may have written another text meanwhile: what is sent must be what
            # the store holds, or a read-back would look for a post that was never made.
            if delivery_record(row).post != queued.post:
                return None
            values = {"owner": self._owner, "sent_from": row.sent_from or now}
            return change_state(connection, row, DeliveryState.SENDING, values, "", now)

    def settle(
        self, before: Delivery, after: Delivery, now: datetime, remark: str = ""
    ) -> Delivery | None:
        """Write the outcome of a delivery; None when it is not as `before` any more.

        What is being sent can be settled by the process that sends it alone. `remark` is the note
        of the event where there is no error.
        """
        with self._database.write() as connection:
            self._lease(connection, before.account).lock()
            row = lock_delivery(connection, before.id)
            if row is None or not _is_unchanged(row, before):
                return None
            if row.state == DeliveryState.SENDING and row.owner != self._owner:
                return None
            receipt = after.receipt or Receipt("")
            values = {
                "post": post_values(after.post),
                "due": after.due,
                "key_version": after.key_version,
                "attempts": after.attempts,
                "failed_lookups": after.failed_lookups,
                "sent_from": after.sent_from,
                "remote_id": receipt.remote_id,
                "remote_url": receipt.url,
                "waits_for": " ".join(after.waits_for) or None,
                "step_at": now if after.waits_for else None,
            }
            if after.state == DeliveryState.QUEUED and after.waits_for:
                # the admin wants it, whatever has failed
                forget_failures(connection, row.entry_id)
            if after.state in (DeliveryState.SENT, DeliveryState.RETRACTED):
                # The server works again: the next pause starts from its shortest duration.
                was_paused = and_(account.c.name == row.account, account.c.pauses > 0)
                connection.execute(update(account).where(was_paused).values(_NO_PAUSE))
            settled = change_state(connection, row, after.state, values, after.error, now, remark)
            if settled.state == DeliveryState.QUEUED and row.state in GIVEN_UP:
                _bring_reply_back(connection, settled, now)
            is_published = (
                settled.state == DeliveryState.SENT and row.state != DeliveryState.RETRACTING
            )
            if is_published and settled.post.rest:
                _queue_next_part(connection, row, settled, now)
            if is_published and belongs_to_retracted(connection, settled):
                # it was on its way when an admin took back what it belongs to
                sent = lock_delivery(connection, before.id)
                if sent is not None:
                    settled = retract(connection, sent, now, POST_RETRACTED_NOTE)
            return settled

    def bundle(self, digest_delivery: Delivery, members: Sequence[Delivery], now: datetime) -> bool:
        """Store the post of a digest in one queued delivery, and skip the `members` it replaces.

        Returns False, and changes nothing, when any of these deliveries is not queued any more.
        """
        ids = [each.id for each in (digest_delivery, *members)]
        is_queued = delivery.c.id.in_(ids), *MAY_BE_SENT
        with self._database.write() as connection:
            rows = {
                row.id: row
                for row in connection.execute(
                    select(delivery).where(*is_queued).order_by(delivery.c.id).with_for_update()
                )
            }
            if len(rows) < len(ids):
                return False
            post = post_values(digest_delivery.post)
            connection.execute(
                update(delivery).where(delivery.c.id == digest_delivery.id).values(post=post)
            )
            error = PART_OF_DIGEST.filled(id=digest_delivery.id)
            for member in members:
                change_state(connection, rows[member.id], DeliveryState.SKIPPED, {}, error, now)
        return True

    def receipts(self, name: str, remote_ids: Collection[str]) -> set[str]:
        """Those of the remote ids that a delivery of the account has already."""
        statement = select(delivery.c.remote_id).where(
            delivery.c.account == name, delivery.c.remote_id.in_(remote_ids), HAS_REMOTE_ID
        )
        with self._database.read() as connection:
            return set(connection.scalars(statement))

    def _of_account(self, name: str, *conditions: ColumnElement[bool]) -> list[Delivery]:
        statement = select(delivery).where(delivery.c.account == name, *conditions)
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(delivery.c.id))
            return [delivery_record(row) for row in rows]

    # The queue as the admin sees and changes it

    def count(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        statement = select(delivery.c.state, func.count()).group_by(delivery.c.state)
        with self._database.read() as connection:
            counts = {str(state): count for state, count in connection.execute(statement)}
        return {state.value: counts.get(state.value, 0) for state in DeliveryState}

    def find(
        self,
        ids: Collection[int] | None = None,
        states: Collection[DeliveryState] = OPEN_STATES,
    ) -> list[Delivery]:
        """The deliveries of these ids; for None, all in these states; in the order of their ids.

        No id finds no delivery, and neither does one that no delivery can have.
        """
        if ids is None:
            conditions = [delivery.c.state.in_(states)]
        else:
            possible = sorted({each for each in ids if each <= MAX_ID})
            conditions = [delivery.c.id.in_(part) for part in chunks(possible)]
        with self._database.read() as connection:
            return [
                delivery_record(row)
                for condition in conditions
                for row in connection.execute(
                    select(delivery).where(condition).order_by(delivery.c.id)
                )
            ]

    def page(
        self,
        states: Collection[DeliveryState],
        *,
        accounts: Collection[str] = (),
        sources: Collection[str] = (),
        after: int = 0,
        until: int = MAX_ID,
        limit: int | None = None,
        with_storms: bool = True,
    ) -> tuple[list[Delivery], int]:
        """The first `limit` deliveries in these states with an id after `after`, by id.

        Of these accounts and sources, where any are named, and not after the id `until`; perhaps
        without those that storms have held. Also how many more there are, counted up to
        MOST_COUNTED. Cheap however many other deliveries the store has.
        """
        is_wanted = [delivery.c.state.in_(states), delivery.c.id > after, delivery.c.id <= until]
        if not with_storms:
            is_wanted.append(not_(and_(*IS_HELD_STORM)))
        if accounts:
            is_wanted.append(delivery.c.account.in_(accounts))
        if sources:
            is_wanted.append(delivery.c.source.in_(sources))
        ids = select(delivery.c.id).where(*is_wanted).order_by(delivery.c.id)
        with self._database.read() as connection:
            # the ids alone first: an index has them, and the rows of an open queue are large
            statement = ids if limit is None else ids.limit(limit + MOST_COUNTED)
            matching = list(connection.scalars(statement))
            listed = matching if limit is None else matching[:limit]
            rows = [
                row
                for part in chunks(listed)
                for row in connection.execute(
                    select(delivery).where(delivery.c.id.in_(part)).order_by(delivery.c.id)
                )
            ]
        return [delivery_record(row) for row in rows], len(matching) - len(listed)

    def newest(
        self,
        state: DeliveryState,
        accounts: Sequence[str],
        before: tuple[datetime, int],
        limit: int,
    ) -> list[Delivery]:
        """The deliveries of these accounts in this state, those that were due last first.

        They stand behind the due time and the id `before`. Cheap however many there are.
        """
        parts = [
            select(delivery)
            .where(
                delivery.c.state == state,
                delivery.c.account == name,
                *is_behind((delivery.c.due, delivery.c.id), before),
            )
            .order_by(delivery.c.due.desc(), delivery.c.id.desc())
            .limit(limit)
            for name in accounts
        ]
        with self._database.read() as connection:
            rows = [row for part in parts for row in connection.execute(part)]
        rows.sort(key=lambda row: (row.due, row.id), reverse=True)
        return [delivery_record(row) for row in rows[:limit]]

    def count_up_to(self, states: Collection[DeliveryState], most: int) -> int:
        """How many deliveries are in these states, counted up to `most`."""
        matching = select(delivery.c.id).where(delivery.c.state.in_(states)).limit(most)
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(matching.subquery())) or 0

    def newest_id(self) -> int:
        """The id of the delivery that was queued last, 0 for none."""
        with self._database.read() as connection:
            return connection.scalar(select(func.max(delivery.c.id))) or 0

    def entries_of(self, delivery_ids: Sequence[int]) -> dict[int, Entry]:
        """The entries of these deliveries, by the deliveries' ids, without those pruned."""
        statement = select(delivery.c.id, entry.c.content).join(
            entry, delivery.c.entry_id == entry.c.id
        )
        with self._database.read() as connection:
            return {
                row.id: adapter(Entry).validate_python(row.content)
                for part in chunks(delivery_ids)
                for row in connection.execute(statement.where(delivery.c.id.in_(part)))
                if row.content
            }

    def entry_of(self, delivery_id: int) -> Entry | None:
        """The entry of a delivery by the delivery's id; None when it was pruned."""
        return self.entries_of([delivery_id]).get(delivery_id)

    def drop_page_text(self, delivery_id: int) -> None:
        """Forget the text of the page of a delivery's entry, unless another delivery needs it."""
        of_entry = select(delivery.c.entry_id).where(delivery.c.id == delivery_id)
        is_needed = exists().where(
            delivery.c.entry_id == entry.c.id, delivery.c.state.in_(OPEN_STATES)
        )
        with self._database.write() as connection:
            row = connection.execute(
                select(entry.c.id, entry.c.content)
                .where(entry.c.id.in_(of_entry), not_(is_needed))
                .with_for_update()
            ).first()
            if row is None or not row.content or "text" not in row.content:
                return
            content = {name: value for name, value in row.content.items() if name != "text"}
            connection.execute(update(entry).where(entry.c.id == row.id).values(content=content))

    def rewrite(
        self, before: Delivery, changed: Delivery, now: datetime, note: str
    ) -> Delivery | None:
        """Write another post and due time of a queued or held delivery, and an event with the note.

        Returns None when its state or post is not as `before` any more.
        """
        if changed.state not in (DeliveryState.QUEUED, DeliveryState.HELD):
            return None
        values = {
            "post": post_values(changed.post),
            "due": changed.due,
            "key_version": changed.key_version,
            "sent_from": changed.sent_from,
            "waits_for": " ".join(changed.waits_for) or None,
            "step_at": now if changed.waits_for else None,
        }
        with self._database.write() as connection:
            row = lock_delivery(connection, before.id)
            if row is None or row.state != before.state or delivery_record(row).post != before.post:
                return None
            if changed.waits_for:
                forget_failures(connection, row.entry_id)
            statement = update(delivery).where(delivery.c.id == before.id).values(values)
            rewritten = connection.execute(statement.returning(delivery)).one()
            add_event(connection, before.id, row.state, note, now)
        return delivery_record(rewritten)

    def hold_unconfigured(
        self,
        routes: Mapping[str, Collection[str]],
        accounts: Collection[str],
        now: datetime,
        steps: Collection[str] = (),
    ) -> list[Delivery]:
        """Hold queued deliveries whose source, account or route is not in the config any more.

        And those that wait for steps of which none is left. `routes` are the accounts in `to` of
        each source. Returns what is held now.
        """
        columns = delivery.c.id, delivery.c.state, delivery.c.source, delivery.c.account
        queued = (
            select(*columns, delivery.c.waits_for)
            .where(delivery.c.state == DeliveryState.QUEUED)
            .order_by(delivery.c.id)
        )
        with self._database.write() as connection:
            held = []
            for row in connection.execute(queued.with_for_update()).all():
                error = _why_unconfigured(
                    row.source, row.account, routes, accounts
                ) or _why_without_steps(row.waits_for, steps)
                if error:
                    held.append(change_state(connection, row, DeliveryState.HELD, {}, error, now))
        return held

    # The switch

    def stop(self, now: datetime) -> None:
        """Send nothing, in any process, until `start`."""
        with self._database.write() as connection:
            statement = insert_into(connection, switch).values(
                name=_STOPPED, thrown_at=now, note=""
            )
            connection.execute(statement.on_conflict_do_nothing())

    def start(self) -> None:
        """Send again after `stop`."""
        with self._database.write() as connection:
            connection.execute(switch.delete().where(switch.c.name == _STOPPED))

    def stopped_at(self) -> datetime | None:
        """Since when nothing is sent; None while deliveries are sent."""
        with self._database.read() as connection:
            return connection.scalar(select(switch.c.thrown_at).where(switch.c.name == _STOPPED))

    def _is_stopped(self, connection: Connection) -> bool:
        statement = select(switch.c.name).where(switch.c.name == _STOPPED)
        return connection.scalar(statement) is not None


def _why_unconfigured(
    source: str, name: str, routes: Mapping[str, Collection[str]], accounts: Collection[str]
) -> str:
    """Why the config has no route from the source to the account, or ""."""
    if name not in accounts:
        return Words("its account {name} is not in the config any more", name=name)
    if source not in routes:
        return Words("its source {source} is not in the config any more", source=source)
    return (
        ""
        if name in routes[source]
        else Words("its account {name} is not in `to` of {source}", name=name, source=source)
    )


def _why_without_steps(waits_for: str | None, steps: Collection[str]) -> str:
    """Why the steps that a delivery waits for will never be run, or ""."""
    names = waits_for.split() if waits_for else []
    if not names or any(name in steps for name in names):
        return ""
    return Words(
        "its step {name} is not in the config any more; `queue retry --render` writes it without",
        name=names[0],
    )


def _bring_reply_back(connection: Connection, again: Delivery, now: datetime) -> None:
    """Queue the reply to a post once more, where it was skipped because its post was given up."""
    from reblogbot.core.identity import follow_up_key  # noqa: PLC0415 - as below

    is_reply = (
        delivery.c.account == again.account,
        delivery.c.identity == follow_up_key(again.identity),
        delivery.c.state == DeliveryState.SKIPPED,
        delivery.c.error == NO_POST_NOTE,
    )
    row = connection.execute(select(delivery).where(*is_reply).with_for_update()).first()
    if row is not None:
        note = Words("its post is queued again")
        change_state(connection, row, DeliveryState.QUEUED, {"step_at": now}, "", now, note)


def _queue_next_part(
    connection: Connection, row: Row[*tuple[Any, ...]], sent: Delivery, now: datetime
) -> None:
    """Queue the next part of a thread whose part was just published, unless it is there already."""
    # imported here: few posts are threads, and it imports the tables of domains
    from reblogbot.core.identity import part_key  # noqa: PLC0415

    key = part_key(sent.identity)
    statement = insert_into(connection, delivery).values(
        account=sent.account,
        source=sent.source,
        entry_id=row.entry_id,
        identity=key,
        state=DeliveryState.QUEUED,
        post=post_values(sent.post.next_part(sent.id)),
        due=now,
        queued_at=now,
        score=sent.score,
        published_at=sent.published_at,
    )
    inserted = connection.scalar(statement.on_conflict_do_nothing().returning(delivery.c.id))
    if inserted is not None:
        values = {"account": sent.account, "key": key, "delivery_id": inserted}
        connection.execute(
            insert_into(connection, published).values(values).on_conflict_do_nothing()
        )
        add_event(connection, inserted, DeliveryState.QUEUED, "", now)


def _is_unchanged(row: Row[Any], before: Delivery) -> bool:
    """Whether the delivery is as it was when it was read."""
    now = (row.state, row.due, row.attempts, row.failed_lookups, row.key_version)
    return now == (
        before.state,
        before.due,
        before.attempts,
        before.failed_lookups,
        # another version of the key stands for another text
        before.key_version,
    )
