"""The first instant at which a source may be polled, and the queue of an account summed up."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings, strategies
from sqlalchemy import delete
from store_samples import LEASE, NOW, candidate, enrol, poll

from reblogbot.model import DeliveryState, QueueHead
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store.due import PollSlots
from reblogbot.store.poll_results import NEVER
from reblogbot.store.schema import delivery, source, source_lease

MINUTE = timedelta(minutes=1)
MOMENT = timedelta(microseconds=1)
ELSEWHERE = "another machine/1/2/3"
LIVING = new_lease_owner()
# the same process with another start: it has ended
DEAD = "/".join([*LIVING.split("/")[:2], "1", "0"])
INSTANTS = strategies.integers(-9, 9).map(lambda minutes: NOW + minutes * MINUTE)
ROWS = strategies.lists(
    strategies.fixed_dictionaries(
        {
            "named": strategies.booleans(),
            "due": INSTANTS,
            "asked_until": strategies.none() | INSTANTS,
            "lease": strategies.none()
            | strategies.tuples(
                strategies.sampled_from(["own", ELSEWHERE, LIVING, DEAD]), INSTANTS
            ),
            "state": strategies.sampled_from(["ok", "ok", "failed", "gone"]),
        }
    ),
    max_size=9,
)


def fill(store, rows):
    with store._database.write() as connection:
        connection.execute(delete(source_lease))
        connection.execute(delete(source))
        for number, row in enumerate(rows):
            holder, until = row["lease"] or (None, None)
            connection.execute(
                source.insert().values(
                    id=number + 1,
                    name=f"s{number}",
                    address="a",
                    state=row["state"],
                    due=NEVER if row["state"] == "gone" else row["due"],
                    asked_until=row["asked_until"],
                )
            )
            if holder:
                owner = store.owner if holder == "own" else holder
                lease = {"source_id": number + 1, "owner": owner, "until": until}
                connection.execute(source_lease.insert().values(lease))


def is_claimable(store, names, at):
    """Whether a claim at that instant would lease anything; it changes nothing."""
    with store._database.engine.connect() as connection, store._database._joined(connection):
        records, _ = store.sources.claim_due(names, at, LEASE, PollSlots())
        connection.rollback()
    return bool(records)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_no_source_may_be_polled_before_the_first_instant_and_then_one_is(store, rows):
    """A daemon sleeps until then, asking nothing: an instant too late would delay a poll."""
    fill(store, rows)
    names = {f"s{number}" for number, row in enumerate(rows) if row["named"]}
    first = store.sources.next_due(names, NOW)
    if first is None:
        assert not is_claimable(store, names, NOW + timedelta(days=900))
        return
    assert first >= NOW
    if first > NOW:
        assert not is_claimable(store, names, NOW)
        assert not is_claimable(store, names, first - MOMENT)
    # a process of this machine that holds a due one may end at any moment: it is looked at again
    is_leased_here = any(
        row["lease"] and row["lease"][0] == LIVING and row["lease"][1] > first for row in rows
    )
    assert is_claimable(store, names, first) or is_leased_here


def test_the_first_instant_is_found_behind_many_that_are_in_no_config(store):
    row = {"due": NOW - MINUTE, "asked_until": None, "lease": None, "state": "ok"}
    fill(store, [row] * 700 + [row | {"due": NOW + MINUTE}])
    assert store.sources.next_due({"s700"}, NOW) == NOW + MINUTE
    assert store.sources.next_due({"s0"}, NOW) == NOW
    assert store.sources.next_due({"another"}, NOW) is None


def test_a_queue_is_summed_up_by_source_and_by_posts_and_edits(store):
    enrol(store, "hot")
    poll(store, "hot", [candidate(name) for name in "abc"])
    assert [account.name for account in store.outbox.open_accounts()] == ["news"]
    assert not store.outbox.is_sending("news")
    ids = [each.id for each in store.outbox.waiting("news")]
    with store._database.write() as connection:
        for number, columns in enumerate(
            [
                {"due": NOW + 5 * MINUTE},
                {"due": NOW + 2 * MINUTE},
                {"due": NOW + MINUTE, "post": {"action": "edit", "text": "a"}},
            ]
        ):
            is_it = delivery.c.id == ids[number]
            connection.execute(delivery.update().where(is_it).values(columns))
    assert sorted(store.outbox.queue_heads("news"), key=lambda head: head.due) == [
        QueueHead("hot", is_edit=True, due=NOW + MINUTE),
        QueueHead("hot", is_edit=False, due=NOW + 2 * MINUTE),
    ]
    # queued by a clock that was set back since, and never postponed
    with store._database.write() as connection:
        connection.execute(delivery.update().values(queued_at=NOW + 2 * MINUTE))
    assert all(head.due <= NOW for head in store.outbox.queue_heads("news"))
    with store._database.write() as connection:
        connection.execute(delivery.update().values(state=DeliveryState.SENDING))
    assert store.outbox.is_sending("news")
    assert store.outbox.queue_heads("news") == []
    with store._database.write() as connection:
        connection.execute(delivery.update().values(state=DeliveryState.HELD))
    assert store.outbox.open_accounts() == []
