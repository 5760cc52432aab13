"""Values for the store's tests: entries, plans and what a store needs before it can take them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from reblogbot.core.schedule import NextPoll
from reblogbot.model import (
    Batch,
    Candidate,
    DeliveryState,
    Entry,
    Intent,
    Plan,
    Post,
    Refusal,
    Validators,
)
from reblogbot.store import Store
from reblogbot.store.records import SourceRecord
from reblogbot.store.sources import RecordedBatch, UnchangedPoll

NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
DAY = timedelta(days=1)
SERVER = "https://social.example"


def key(text: str) -> bytes:
    """A key as `identity` makes them: sixteen bytes."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def candidate(name: str, *more_keys: str, published: Sequence[str] = ()) -> Candidate:
    """An entry with a link, recognised by it, by its guid and by whatever else is given."""
    link = f"https://news.example/{name}"
    keys = tuple(key(text) for text in (link, f"guid-{name}", *more_keys))
    claims = tuple(key(text) for text in published or (link,))
    entry = Entry(title=f"Title of {name}", link=link, guid=f"guid-{name}")
    return Candidate(
        entry, keys, claims, evidence=b"x" * 20, lookups=keys, published_lookups=claims
    )


def post(item: Candidate) -> Post:
    return Post("post", text=f"{item.entry.title}\n{item.entry.link}", link=item.entry.link)


def intent(item: Candidate, account: str = "news", *, held: str = "") -> Intent:
    state = DeliveryState.HELD if held else DeliveryState.QUEUED
    return Intent(item, account, post(item), state, held)


def plan(
    items: Iterable[Candidate],
    *,
    intents: Iterable[Intent] = (),
    refusals: Iterable[Refusal] = (),
    new: Iterable[Candidate] | None = None,
) -> Plan:
    items = tuple(items)
    return Plan(
        items,
        items if new is None else tuple(new),
        tuple(intents),
        tuple(refusals),
        storm="",
        sightings={key: item.evidence for item in items for key in item.keys},
    )


def batch(items: Iterable[Candidate] = (), etag: str = '"1"') -> Batch:
    return Batch(
        tuple(item.entry for item in items), title="A source", validators=Validators(etag=etag)
    )


def enrol(store: Store, *names: str, accounts: Sequence[str] = ("news",), at: datetime = NOW):
    store.sources.enrol({name: f"https://{name}.example/feed" for name in names}, at)
    store.outbox.enrol(dict.fromkeys(accounts, SERVER))


def claim(store: Store, name: str, at: datetime = NOW) -> SourceRecord:
    """The source, leased, whatever is due."""
    (record,) = store.sources.claim([name], "all", at, LEASE)
    return record


def poll(
    store: Store,
    name: str,
    items: Sequence[Candidate],
    *,
    at: datetime = NOW,
    accounts: Sequence[str] = ("news",),
    queue: bool = True,
    held: str = "",
) -> RecordedBatch:
    """One poll of an enrolled source that shows these candidates, all of them for the accounts."""
    record = claim(store, name, at)
    intents = [intent(item, to, held=held) for to in accounts for item in items if queue]
    refusals = [Refusal(item, to, "first_sight") for to in accounts for item in items if not queue]
    recorded = store.sources.record(
        record,
        batch(items),
        plan(items, intents=intents, refusals=refusals),
        accounts,
        NextPoll(at + timedelta(minutes=15), "interval"),
        at,
    )
    assert recorded is not None
    return recorded


def not_modified(store: Store, name: str, at: datetime) -> None:
    """One poll that was answered 304."""
    record = claim(store, name, at)
    batch = Batch(validators=record.validators, not_modified=True)
    store.sources.record_unchanged(
        [UnchangedPoll(record, batch, NextPoll(at + DAY, "interval"), at)]
    )
