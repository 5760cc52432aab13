"""One batch of one source on its way into the tables: keys, entries, refusals and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from reblogbot.model import (
    RENDERED_ANEW,
    Candidate,
    Change,
    Delivery,
    Entry,
    Intent,
    Plan,
    Post,
    Refusal,
    Revision,
    State,
)
from reblogbot.store.database import among, chunks, insert_into
from reblogbot.store.records import SourceRecord, adapter, delivery_record
from reblogbot.store.schema import (
    EPOCH,
    account,
    delivery,
    entry,
    event,
    published,
    refusal,
    route,
    seen,
    source,
)

_UNREAD = {"etag": "", "last_modified": "", "digest": ""}
MOST_SEEN = 100_000
"""Keys that are remembered of one source; three for most entries."""


class Recording:
    """The steps of one recording, all in the transaction of `connection`."""

    def __init__(self, connection: Connection, record: SourceRecord, now: datetime) -> None:
        self._connection = connection
        self._record = record
        self._now = now
        self._ids: dict[bytes, int] = {}
        """The ids of the entries by their first key."""

    def of(
        self, plan: Plan, accounts: Collection[str]
    ) -> tuple[tuple[Delivery, ...], tuple[Delivery, ...]]:
        """Keep everything a plan speaks of; the deliveries that are queued now, and the revised."""
        self._queue_up(accounts)
        self._remember(plan.sightings)
        if plan.storm:
            self._forget_surplus(plan.sightings)
        self._enter(plan)
        free, refused = self._sort_out(plan.intents)
        self._rescore(plan.scored)
        queued = self._queue(free)
        fresh = {id(one) for one in plan.new}
        self._admit([one for one in free if id(one.candidate) not in fresh])
        revised, missed = self._revise(plan.revisions)
        self._renew([one for one in plan.changes if id(one.candidate) not in missed])
        self._refuse([*plan.refusals, *refused])
        self._learn(accounts)
        return queued, revised

    def _queue_up(self, accounts: Collection[str]) -> None:
        """Wait for whoever else records entries for these accounts: no key is taken twice.

        SQLite has one writer anyway and ignores this. In one order, so that no two wait for
        each other.
        """
        rows = select(account.c.name).where(account.c.name.in_(accounts)).order_by(account.c.name)
        self._connection.execute(rows.with_for_update()).all()

    def _remember(self, sightings: Mapping[bytes, bytes]) -> None:
        """Upsert the keys of what the source shows; a row is written when day or evidence differ.

        In the order of their keys, so that no two processes wait for each other.
        """
        day = (self._now - EPOCH).days
        rows = [
            {"source_id": self._record.id, "key": key, "shown_on": day, "evidence": evidence}
            for key, evidence in sorted(sightings.items())
        ]
        if rows:
            statement = insert_into(self._connection, seen)
            new = statement.excluded
            is_later = seen.c.shown_on < new.shown_on
            self._connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[seen.c.source_id, seen.c.key],
                    set_={
                        "shown_on": case((is_later, new.shown_on), else_=seen.c.shown_on),
                        "evidence": new.evidence,
                    },
                    where=or_(is_later, seen.c.evidence.is_distinct_from(new.evidence)),
                ),
                rows,
            )

    def _forget_surplus(self, present: Collection[bytes]) -> None:
        """Forget the keys shown longest ago where there are more than MOST_SEEN, but none of now.

        Only a storm adds keys faster than `prune` forgets them.
        """
        mine = seen.c.source_id == self._record.id
        count = self._connection.scalar(select(func.count()).where(mine).select_from(seen))
        if (count or 0) > MOST_SEEN:
            oldest = select(seen.c.key).where(mine).order_by(seen.c.shown_on)
            others = (key for key in self._connection.scalars(oldest) if key not in present)
            for chunk in chunks(list(islice(others, (count or 0) - MOST_SEEN))):
                self._connection.execute(delete(seen).where(mine, seen.c.key.in_(chunk)))

    def _enter(self, plan: Plan) -> None:
        """Enter the entries a plan speaks of where they are not known yet."""
        spoken: list[Intent | Refusal] = [*plan.intents, *plan.refusals]
        wanted = {one.candidate.keys[0]: one.candidate for one in spoken}
        # an entry may have been entered under any of its keys
        firsts = {key: one.keys[0] for one in wanted.values() for key in (*one.old_keys, *one.keys)}
        known = select(entry.c.key, entry.c.id).where(entry.c.source_id == self._record.id)
        for chunk in chunks(list(firsts)):
            found = self._connection.execute(known.where(entry.c.key.in_(chunk)))
            self._ids.update({firsts[row.key]: row.id for row in found})
        # what changed may be known by none of the keys it was entered under
        self._ids.update({one.candidate.keys[0]: one.entry_id for one in plan.changes})
        queued = {one.candidate.keys[0]: one.candidate for one in plan.intents}
        # what was refused before was entered without its content
        self._complete([one for key, one in queued.items() if key in self._ids])
        rows = [
            {
                "source_id": self._record.id,
                "key": key,
                "guid_key": one.guid_key,
                "guid": one.entry.guid or one.entry.uri,
                "link": one.entry.link,
                "title": one.entry.title,
                "seen_at": self._now,
                "content": _content(one) if key in queued else None,
            }
            for key, one in wanted.items()
            if key not in self._ids
        ]
        if rows:
            made = insert(entry).returning(entry.c.key, entry.c.id)
            self._ids.update({row.key: row.id for row in self._connection.execute(made, rows)})

    def _complete(self, found: Sequence[Candidate]) -> None:
        rows = [{"number": self._id(one), "whole": _content(one)} for one in found]
        if rows:
            bare = and_(entry.c.id == bindparam("number"), entry.c.content.is_(null()))
            statement = update(entry).where(bare).values(content=bindparam("whole"))
            self._connection.execute(statement, rows)

    def _revise(self, revisions: Sequence[Revision]) -> tuple[tuple[Delivery, ...], set[int]]:
        """Change what waits; also the ids of candidates whose deliveries are being sent by now."""
        missed = set()
        revised = []
        # as everybody else who changes several: so no two processes wait for each other
        for one in sorted(revisions, key=lambda one: one.before.id):
            row = self._connection.execute(_revision(one, self._now)).first()
            if row is None:
                missed.add(id(one.candidate))
            else:
                revised.append(delivery_record(row))
                self._note(row.id, row.state, one.after.error or RENDERED_ANEW)
        if missed:
            # read whole with the next poll, what changed is compared again
            mine = source.c.id == self._record.id
            self._connection.execute(update(source).where(mine).values(_UNREAD))
        return tuple(revised), missed

    def _note(self, number: int, state: str, note: str) -> None:
        """An event of a delivery; where it repeats the last one, that one moves on to now."""
        mine = event.c.delivery_id == number
        last = self._connection.execute(
            select(event).where(mine).order_by(event.c.id.desc()).limit(1)
        ).first()
        if last is not None and (last.state, last.note) == (state, note):
            moved = update(event).where(event.c.id == last.id).values(at=self._now)
            self._connection.execute(moved)
        else:
            told = {"delivery_id": number, "at": self._now, "state": state, "note": note}
            self._connection.execute(insert(event).values(told))

    def _renew(self, changes: Sequence[Change]) -> None:
        """Keep entries as they now read, and the keys by which they are known now as well."""
        rows = [
            {
                "number": one.entry_id,
                "whole": _content(one.candidate),
                "new_title": one.candidate.entry.title,
                "new_link": one.candidate.entry.link,
                "new_guid": one.candidate.entry.guid or one.candidate.entry.uri,
                "new_guid_key": one.candidate.guid_key,
            }
            for one in sorted(changes, key=lambda one: one.entry_id)
        ]
        if not rows:
            return
        columns: dict[str, Any] = {
            "content": bindparam("whole"),
            "title": bindparam("new_title"),
            "link": bindparam("new_link"),
            "guid": bindparam("new_guid"),
            "guid_key": bindparam("new_guid_key"),
        }
        known = entry.c.id == bindparam("number")
        self._connection.execute(update(entry).where(known).values(columns), rows)
        keys = {
            (one.account, key): one.delivery_id
            for one in changes
            for key in one.candidate.published_keys
        }
        self._connection.execute(
            insert_into(self._connection, published).on_conflict_do_nothing(),
            [
                {"account": name, "key": key, "delivery_id": number}
                for (name, key), number in sorted(keys.items())
            ],
        )
        for one in changes:
            if one.remark:
                self._note(one.delivery_id, State.SENT, one.remark)

    def _sort_out(self, intents: Sequence[Intent]) -> tuple[list[Intent], list[Refusal]]:
        """The intents none of whose keys is taken, and refusals of the others.

        Since they were planned another source or process may have been first.
        """
        wanted: dict[str, list[bytes]] = {}
        for one in intents:
            wanted.setdefault(one.account, []).extend(one.keys)
        taken = {name: taken_keys(self._connection, name, keys) for name, keys in wanted.items()}
        free, refused = [], []
        for one in intents:
            if taken[one.account].isdisjoint(one.keys):
                taken[one.account].update(one.keys)
                free.append(one)
            else:
                reason = "duplicate: another source or process was first"
                refused.append(Refusal(one.candidate, one.account, reason))
        return free, refused

    def _queue(self, intents: Sequence[Intent]) -> tuple[Delivery, ...]:
        """The deliveries these intents become, numbered in their order."""
        if not intents:
            return ()
        statement = insert(delivery).returning(delivery, sort_by_parameter_order=True)
        rows = self._connection.execute(statement, [self._delivery(one) for one in intents])
        made = tuple(delivery_record(row) for row in rows)
        self._connection.execute(
            insert(published),
            [
                {"account": one.account, "key": key, "delivery_id": one.id}
                for one, intent in zip(made, intents, strict=True)
                for key in dict.fromkeys(intent.keys)
            ],
        )
        self._connection.execute(
            insert(event),
            [
                {"delivery_id": one.id, "at": self._now, "state": one.state, "note": one.error}
                for one in made
            ],
        )
        return made

    def _delivery(self, one: Intent) -> dict[str, Any]:
        return {
            "account": one.account,
            "source": self._record.name,
            "entry_id": self._id(one.candidate),
            "identity": one.keys[0],
            "state": one.state,
            "post": adapter(Post).dump_python(one.post, mode="json"),
            "due": one.due or self._now,
            "queued_at": self._now,
            "score": one.candidate.entry.score,
            "published_at": one.candidate.entry.published_at,
            "error": one.reason,
        }

    def _refuse(self, refusals: Iterable[Refusal]) -> None:
        rows = [
            {"entry_id": self._id(one.candidate), "account": one.account, "reason": one.reason}
            for one in refusals
        ]
        if rows:
            statement = insert_into(self._connection, refusal)
            self._connection.execute(statement.on_conflict_do_nothing(), rows)

    def _rescore(self, found: Iterable[Candidate]) -> None:
        """Keep the present score of what waits: the best of now goes first."""
        scores = {key: one.entry.score for one in found for key in one.known_as}
        waiting = (
            select(delivery.c.id, delivery.c.identity, delivery.c.score)
            .where(
                delivery.c.source == self._record.name,
                delivery.c.state.in_([State.QUEUED, State.HELD]),
            )
            # as everybody else who changes several: so no two processes wait for each other
            .order_by(delivery.c.id)
        )
        rows = [
            {"number": row.id, "votes": scores[row.identity]}
            for row in (self._connection.execute(waiting) if scores else ())
            if scores.get(row.identity, row.score) != row.score
        ]
        if rows:
            number = delivery.c.id == bindparam("number")
            self._connection.execute(
                update(delivery).where(number).values(score=bindparam("votes")), rows
            )

    def _admit(self, intents: Iterable[Intent]) -> None:
        """Say of what was refused before, for want of votes, that it is queued now."""
        rows = [
            {
                "number": self._id(one.candidate),
                "whom": one.account,
                "later": f"; queued later, with {one.candidate.entry.score or 0:g}",
            }
            for one in intents
            if one.post.action != "edit"
        ]
        if rows:
            number = refusal.c.entry_id == bindparam("number")
            whom = refusal.c.account == bindparam("whom")
            longer = refusal.c.reason + bindparam("later", type_=refusal.c.reason.type)
            self._connection.execute(
                update(refusal).where(number, whom).values(reason=longer), rows
            )

    def _learn(self, accounts: Iterable[str]) -> None:
        rows = [
            {"source_id": self._record.id, "account": name, "learnt_at": self._now}
            for name in accounts
        ]
        if rows:
            statement = insert_into(self._connection, route)
            self._connection.execute(statement.on_conflict_do_nothing(), rows)

    def _id(self, one: Candidate) -> int:
        return self._ids[one.keys[0]]


def taken_keys(connection: Connection, name: str, keys: Sequence[bytes]) -> set[bytes]:
    """Those of the keys under which the account has published or queued something."""
    query = select(published.c.key).where(published.c.account == name)
    return among(connection, query, published.c.key, keys)


def _revision(one: Revision, now: datetime) -> Any:
    """The statement that changes a delivery if nothing has befallen it since it was read."""
    before, after = one.before, one.after
    untouched = (
        delivery.c.id == before.id,
        delivery.c.state == before.state,
        delivery.c.key_version == before.key_version,
        delivery.c.attempts == before.attempts,
    )
    values = {
        "post": adapter(Post).dump_python(after.post, mode="json"),
        "state": after.state,
        "error": after.error,
        "key_version": after.key_version,
        "sent_from": after.sent_from,
        "settled_at": now if after.state == State.SKIPPED else None,
    }
    return update(delivery).where(*untouched).values(values).returning(delivery)


def _content(one: Candidate) -> Any:
    return adapter(Entry).dump_python(one.entry, mode="json")
