"""Recording one batch of one source: its keys, entries, refusals and deliveries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, null, select, update

from reblogbot.model import (
    KEPT_NOTE,
    RENDERED_AGAIN_NOTE,
    Candidate,
    Delivery,
    DeliveryState,
    EntryChange,
    Intent,
    Plan,
    Refusal,
    Revision,
)
from reblogbot.store.records import (
    SourceRecord,
    delivery_record,
    entry_values,
    post_values,
)
from reblogbot.store.schema import (
    EPOCH,
    account,
    delivery,
    entry,
    event,
    published,
    refusal,
    route,
    source,
)
from reblogbot.store.sightings import forget_oldest_sightings, record_sightings
from reblogbot.store.sql import insert_new, is_among_keys
from reblogbot.store.transitions import WAITING, add_event_once, expect_transition
from reblogbot.words import Words

_NO_VALIDATORS = {"etag": "", "last_modified": "", "digest": ""}
# Statements that every recording needs are made once, as in `sources`.
_ACCOUNTS = (
    select(account.c.name)
    .where(account.c.name.in_(bindparam("names", expanding=True)))
    .order_by(account.c.name)
    .with_for_update()
)
_ENTRIES = select(entry.c.key, entry.c.id).where(
    entry.c.source_id == bindparam("of"), is_among_keys(entry.c.key)
)
_INSERT_ENTRY = insert(entry).returning(entry.c.key, entry.c.id)
_INSERT_DELIVERY = insert(delivery).returning(delivery, sort_by_parameter_order=True)
_INSERT_PUBLISHED = insert(published)
_INSERT_EVENT = insert(event)
_CLAIMED = select(published.c.key).where(
    published.c.account == bindparam("name"), is_among_keys(published.c.key)
)


QUEUED_AS_WANTED = Words("{reason}; queued later, as the admin wanted")
QUEUED_WITH_SCORE = Words("{reason}; queued later, with {score}")


class Recording:
    """The recording of one batch, in the transaction of `connection`."""

    def __init__(self, connection: Connection, record: SourceRecord, now: datetime) -> None:
        self._connection = connection
        self._record = record
        self._now = now
        self._entry_ids: dict[bytes, int] = {}
        """The ids of the plan's entries, by their candidates' first keys."""

    def record(
        self, plan: Plan, accounts: Collection[str]
    ) -> tuple[tuple[Delivery, ...], tuple[Delivery, ...]]:
        """Write everything a plan contains; returns the deliveries queued, and those revised."""
        self._lock_accounts(accounts)
        day = (self._now - EPOCH).days
        record_sightings(self._connection, self._record.id, plan.sightings, day)
        if plan.storm:
            forget_oldest_sightings(self._connection, self._record.id, plan.sightings)
        self._insert_entries(plan)
        intents, duplicates = self._drop_duplicates(plan.intents)
        self._update_scores(plan.scored)
        queued = self._insert_deliveries(intents)
        new_ids = {id(candidate) for candidate in plan.new}
        self._amend_refusals([intent for intent in intents if id(intent.candidate) not in new_ids])
        revised, missed_ids = self._revise_deliveries(plan.revisions)
        self._update_entries(
            [change for change in plan.changes if id(change.candidate) not in missed_ids]
        )
        self._insert_refusals([*plan.refusals, *duplicates])
        self._insert_routes(accounts)
        return queued, revised

    def record_requested(self, intents: Sequence[Intent], note: str) -> tuple[Delivery, ...]:
        """Queue what the admin asked for; returns the deliveries that were not queued already.

        `note` is that of their first event.
        """
        self._lock_accounts({intent.account for intent in intents})
        self._insert_entries(Plan(intents=tuple(intents)))
        unique, _ = self._drop_duplicates(intents)
        queued = self._insert_deliveries(unique, note)
        self._amend_refusals(unique, QUEUED_AS_WANTED.filled(reason=""))
        return queued

    def _lock_accounts(self, accounts: Collection[str]) -> None:
        """Wait for other recordings for these accounts, so that no key is published twice.

        SQLite has one writer and ignores the lock. All processes lock in the order of the names,
        so they cannot deadlock.
        """
        self._connection.execute(_ACCOUNTS, {"names": sorted(accounts)}).all()

    # Entries

    def _insert_entries(self, plan: Plan) -> None:
        """Insert the entries of intents and refusals, except those inserted by an earlier poll."""
        decided: list[Intent | Refusal] = [*plan.intents, *plan.refusals]
        candidates = {each.candidate.keys[0]: each.candidate for each in decided}
        # An earlier poll may have inserted the entry under any of its keys.
        first_keys = {
            key: candidate.keys[0]
            for candidate in candidates.values()
            for key in (*candidate.legacy_keys, *candidate.keys)
        }
        if first_keys:
            parameters = {"of": self._record.id, "keys": first_keys}
            rows = self._connection.execute(_ENTRIES, parameters)
            self._entry_ids.update({first_keys[row.key]: row.id for row in rows})
        # A changed entry may have none of the keys under which it was inserted.
        self._entry_ids.update(
            {change.candidate.keys[0]: change.entry_id for change in plan.changes}
        )
        queued = {intent.candidate.keys[0]: intent.candidate for intent in plan.intents}
        self._complete_entries(
            [candidate for key, candidate in queued.items() if key in self._entry_ids]
        )
        new_rows = [
            {
                "source_id": self._record.id,
                "key": key,
                "guid_key": candidate.guid_key,
                "guid": candidate.entry.guid or candidate.entry.uri,
                "link": candidate.entry.link,
                "title": candidate.entry.title,
                "seen_at": self._now,
                "content": _content(candidate) if key in queued else None,
                "refused": None if key in queued else 1,
            }
            for key, candidate in candidates.items()
            if key not in self._entry_ids
        ]
        if new_rows:
            rows = self._connection.execute(_INSERT_ENTRY, new_rows)
            self._entry_ids.update({row.key: row.id for row in rows})

    def _complete_entries(self, candidates: Sequence[Candidate]) -> None:
        """Add the content to entries that were inserted without, because they were refused."""
        rows = [
            {"row_id": self._entry_id(candidate), "new_content": _content(candidate)}
            for candidate in candidates
        ]
        if rows:
            has_no_content = and_(entry.c.id == bindparam("row_id"), entry.c.content.is_(null()))
            self._connection.execute(
                update(entry)
                .where(has_no_content)
                .values(content=bindparam("new_content"), refused=None),
                rows,
            )

    def _update_entries(self, changes: Sequence[EntryChange]) -> None:
        """Write changed entries as they read now, and add the keys they are published under."""
        rows = [
            {
                "row_id": change.entry_id,
                "new_content": _content(change.candidate),
                "new_title": change.candidate.entry.title,
                "new_link": change.candidate.entry.link,
                "new_guid": change.candidate.entry.guid or change.candidate.entry.uri,
                "new_guid_key": change.candidate.guid_key,
            }
            for change in sorted(changes, key=lambda change: change.entry_id)
        ]
        if not rows:
            return
        columns: dict[str, Any] = {
            name: bindparam(f"new_{name}")
            for name in ("content", "title", "link", "guid", "guid_key")
        }
        is_changed = entry.c.id == bindparam("row_id")
        self._connection.execute(update(entry).where(is_changed).values(columns), rows)
        keys = {
            (change.account, key): change.delivery_id
            for change in changes
            for key in change.candidate.published_keys
        }
        insert_new(
            self._connection,
            published,
            [
                {"account": name, "key": key, "delivery_id": delivery_id}
                for (name, key), delivery_id in sorted(keys.items())
            ],
        )
        for change in changes:
            if change.remark:
                add_event_once(
                    self._connection,
                    change.delivery_id,
                    DeliveryState.SENT,
                    change.remark,
                    self._now,
                )

    def _entry_id(self, candidate: Candidate) -> int:
        return self._entry_ids[candidate.keys[0]]

    # Deliveries

    def _drop_duplicates(self, intents: Sequence[Intent]) -> tuple[list[Intent], list[Refusal]]:
        """The intents whose keys are all free, and refusals of the others.

        Another source or process may have taken a key since the plan was made.
        """
        keys: dict[str, list[bytes]] = {}
        for intent in intents:
            keys.setdefault(intent.account, []).extend(intent.keys)
        claimed = {
            name: claimed_keys(self._connection, name, of_account)
            for name, of_account in keys.items()
        }
        unique, duplicates = [], []
        for intent in intents:
            if claimed[intent.account].isdisjoint(intent.keys):
                claimed[intent.account].update(intent.keys)
                unique.append(intent)
            else:
                reason = Words("duplicate: another source or process was first")
                duplicates.append(Refusal(intent.candidate, intent.account, reason))
        return unique, duplicates

    def _insert_deliveries(self, intents: Sequence[Intent], note: str = "") -> tuple[Delivery, ...]:
        """Insert a delivery for each intent, in their order, with its keys and its first event.

        The event's note is the delivery's error, or `note` without one.
        """
        if not intents:
            return ()
        rows = self._connection.execute(_INSERT_DELIVERY, list(map(self._delivery_row, intents)))
        deliveries = tuple(delivery_record(row) for row in rows)
        self._connection.execute(
            _INSERT_PUBLISHED,
            [
                {"account": queued.account, "key": key, "delivery_id": queued.id}
                for queued, intent in zip(deliveries, intents, strict=True)
                for key in dict.fromkeys(intent.keys)
            ],
        )
        self._connection.execute(
            _INSERT_EVENT,
            [
                {
                    "delivery_id": queued.id,
                    "at": self._now,
                    "state": queued.state,
                    "note": queued.error or note,
                }
                for queued in deliveries
            ],
        )
        return deliveries + self._insert_follow_ups(intents, deliveries)

    def _insert_follow_ups(
        self, intents: Sequence[Intent], deliveries: Sequence[Delivery]
    ) -> tuple[Delivery, ...]:
        """Insert the replies that belong to these deliveries.

        An entry that is forgotten and shown again may have its reply from before.
        """
        replies = [
            Intent(
                intent.candidate,
                intent.account,
                replace(intent.follow_up.post, continues=queued.id),
                claims=(intent.follow_up.key,),
                due=intent.due,
                waits_for=intent.follow_up.waits_for,
            )
            for intent, queued in zip(intents, deliveries, strict=True)
            if intent.follow_up is not None
        ]
        unique, _ = self._drop_duplicates(replies)
        return self._insert_deliveries(unique)

    def _delivery_row(self, intent: Intent) -> dict[str, Any]:
        return {
            "account": intent.account,
            "source": self._record.name,
            "entry_id": self._entry_id(intent.candidate),
            "identity": intent.keys[0],
            "state": intent.state,
            "post": post_values(intent.post),
            "due": intent.due or self._now,
            "queued_at": self._now,
            "score": intent.candidate.entry.score,
            "published_at": intent.candidate.entry.published_at,
            "error": intent.reason,
            "waits_for": " ".join(intent.waits_for) or None,
            "step_at": self._now if intent.waits_for else None,
        }

    def _revise_deliveries(
        self, revisions: Sequence[Revision]
    ) -> tuple[tuple[Delivery, ...], set[int]]:
        """Change waiting deliveries; returns them, and the `id()` of candidates that came too late.

        Those are of deliveries that a sender has claimed meanwhile.
        """
        missed_ids = set()
        revised = []
        # In order of their ids, as in every transaction on several deliveries: no deadlocks.
        for revision in sorted(revisions, key=lambda revision: revision.before.id):
            row = self._connection.execute(_revision_statement(revision, self._now)).first()
            if row is None:
                missed_ids.add(id(revision.candidate))
            else:
                revised.append(delivery_record(row))
                is_kept = revision.after == revision.before
                note = KEPT_NOTE if is_kept else revision.after.error or RENDERED_AGAIN_NOTE
                add_event_once(self._connection, row.id, row.state, note, self._now)
        if missed_ids:
            # Without validators the next poll reads the document whole and compares again.
            is_this_source = source.c.id == self._record.id
            self._connection.execute(update(source).where(is_this_source).values(_NO_VALIDATORS))
        return tuple(revised), missed_ids

    def _update_scores(self, candidates: Iterable[Candidate]) -> None:
        """Write the present scores of waiting deliveries: the highest goes out first."""
        scores = {
            key: candidate.entry.score for candidate in candidates for key in candidate.known_as
        }
        if not scores:
            return
        waiting = (
            select(delivery.c.id, delivery.c.identity, delivery.c.score)
            .where(
                delivery.c.source == self._record.name,
                delivery.c.state.in_([DeliveryState.QUEUED, DeliveryState.HELD]),
            )
            # In order of their ids, as in every transaction on several deliveries: no deadlocks.
            .order_by(delivery.c.id)
        )
        rows = [
            {"row_id": row.id, "new_score": scores[row.identity]}
            for row in self._connection.execute(waiting)
            if scores.get(row.identity, row.score) != row.score
        ]
        if rows:
            is_waiting = delivery.c.id == bindparam("row_id")
            self._connection.execute(
                update(delivery).where(is_waiting).values(score=bindparam("new_score")), rows
            )

    # Refusals

    def _insert_refusals(self, refusals: Iterable[Refusal]) -> None:
        rows = [
            {
                "entry_id": self._entry_id(each.candidate),
                "account": each.account,
                "reason": each.reason,
            }
            for each in refusals
        ]
        insert_new(self._connection, refusal, rows)

    def _amend_refusals(self, intents: Iterable[Intent], addition: str = "") -> None:
        """Note in the refusals of entries that they are queued now; for their votes by default."""
        rows = [
            {
                "refused_id": self._entry_id(intent.candidate),
                "refused_for": intent.account,
                "addition": addition
                or QUEUED_WITH_SCORE.filled(
                    reason="", score=f"{intent.candidate.entry.score or 0:g}"
                ),
            }
            for intent in intents
            if intent.post.action != "edit"
        ]
        if rows:
            is_refusal = (
                refusal.c.entry_id == bindparam("refused_id"),
                refusal.c.account == bindparam("refused_for"),
            )
            reason = refusal.c.reason + bindparam("addition", type_=refusal.c.reason.type)
            self._connection.execute(update(refusal).where(*is_refusal).values(reason=reason), rows)

    def _insert_routes(self, accounts: Iterable[str]) -> None:
        """Note that the source has been read for these accounts."""
        rows = [
            {"source_id": self._record.id, "account": name, "learnt_at": self._now}
            for name in accounts
            if name not in self._record.learnt
        ]
        insert_new(self._connection, route, rows)


def claimed_keys(connection: Connection, name: str, keys: Collection[bytes]) -> set[bytes]:
    """Those of the keys under which the account has published or queued something."""
    return set(connection.scalars(_CLAIMED, {"name": name, "keys": keys}))


def _revision_statement(revision: Revision, now: datetime) -> Any:
    """The update of a delivery, if its row is as it was when the revision was planned."""
    before, after = revision.before, revision.after
    if after.state != before.state:
        expect_transition(before.id, before.state, after.state)
    is_unchanged = (
        delivery.c.id == before.id,
        delivery.c.state == before.state,
        delivery.c.key_version == before.key_version,
        delivery.c.attempts == before.attempts,
    )
    is_tried = after.waits_for and after.state in WAITING
    values = {
        "post": post_values(after.post),
        "state": after.state,
        "error": after.error,
        "key_version": after.key_version,
        "sent_from": after.sent_from,
        "settled_at": now if after.state == DeliveryState.SKIPPED else None,
        "waits_for": " ".join(after.waits_for) or None,
        "step_at": now if is_tried else None,
    }
    return update(delivery).where(*is_unchanged).values(values).returning(delivery)


def _content(candidate: Candidate) -> Any:
    return entry_values(candidate.entry)
