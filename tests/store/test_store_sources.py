from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from store_samples import (
    DAY,
    LEASE,
    NOW,
    batch,
    candidate,
    claim,
    enrol,
    intent,
    key,
    not_modified,
    plan,
    poll,
    post,
)

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, DeliveryState, Entry, Intent, Refusal, Validators
from reblogbot.store.due import EARLY_SHARE, PollSlots
from reblogbot.store.schema import entry, published, refusal, seen
from reblogbot.store.sources import UnchangedPoll

MINUTE = timedelta(minutes=1)


def rows(store, table):
    with store._database.read() as connection:
        return connection.execute(table.select()).all()


def record(store, claimed, items, planned, *, accounts=("news",), at=NOW):
    return store.sources.record(
        claimed, batch(items), planned, accounts, NextPoll(at + DAY, "interval"), at
    )


@contextmanager
def changes(store):
    """How many rows SQLite changed meanwhile: one pooled connection serves, so its count goes on."""
    counted = []

    def total():
        with store._database.read() as connection:
            return connection.exec_driver_sql("SELECT total_changes()").scalar()

    before = total()
    yield counted
    counted.append(total() - before)


# enrolment


def test_an_enrolled_source_is_due_at_once(store):
    enrol(store, "chouti")
    (claimed,) = store.sources.claim(["chouti"], "due", NOW, LEASE)
    assert (claimed.name, claimed.address) == ("chouti", "https://chouti.example/feed")
    assert claimed.learnt == frozenset()


def test_enrolling_again_changes_nothing(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    before = store.sources.all()
    enrol(store, "chouti", at=NOW + DAY)
    assert store.sources.all() == before


def test_a_source_at_another_address_is_read_anew_and_keeps_what_it_has_shown(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    store.sources.enrol({"chouti": "https://elsewhere.example/feed"}, NOW + MINUTE)
    (moved,) = store.sources.claim(["chouti"], "due", NOW + MINUTE, LEASE)
    assert moved.address_changed
    assert moved.validators == Validators()
    assert moved.learnt == {"news"}
    assert key("guid-a") in store.sources.past(moved, [candidate("a")], ["news"]).seen


def test_a_source_gone_at_its_old_address_is_polled_at_the_new_one(store):
    enrol(store, "chouti")
    store.sources.record_failure(
        claim(store, "chouti"), "410", "gone", NextPoll(NOW, "failures"), None, NOW
    )
    assert store.sources.claim(["chouti"], "asked", NOW + DAY, LEASE) == []
    store.sources.enrol({"chouti": "https://elsewhere.example/feed"}, NOW + DAY)
    assert len(store.sources.claim(["chouti"], "due", NOW + DAY, LEASE)) == 1


def test_a_poll_of_the_old_address_does_not_end_on_the_new_one(store):
    enrol(store, "chouti")
    old = claim(store, "chouti")
    store.sources.enrol({"chouti": "https://elsewhere.example/feed"}, NOW)
    assert record(store, old, [candidate("a")], plan([candidate("a")])) is None
    (moved,) = store.sources.claim(["chouti"], "due", NOW, LEASE)
    assert moved.validators == Validators()
    assert moved.address_changed


# claims


def test_only_what_is_due_is_claimed_the_most_overdue_first(store):
    enrol(store, "late", at=NOW - DAY)
    enrol(store, "later", at=NOW)
    enrol(store, "not-yet", at=NOW + MINUTE)
    claimed = store.sources.claim(["not-yet", "later", "late"], "due", NOW, LEASE)
    assert [record.name for record in claimed] == ["late", "later"]


def test_a_claim_takes_no_more_than_its_limit(store):
    enrol(store, "a", "b", "c")
    assert len(store.sources.claim(["a", "b", "c"], "due", NOW, LEASE, limit=2)) == 2
    assert len(store.sources.claim(["a", "b", "c"], "due", NOW, LEASE, limit=2)) == 1


def test_what_is_due_is_found_behind_many_that_are_disabled(store):
    enrol(store, *(f"off-{number}" for number in range(350)), at=NOW - DAY)
    enrol(store, "on", "on-too", at=NOW - MINUTE)
    on = {"on", "on-too"}
    (first,), is_all = store.sources.claim_due(on, NOW, LEASE, PollSlots(1))
    assert (first.name in on, is_all) == (True, False)
    (second,), is_all = store.sources.claim_due(on, NOW, LEASE, PollSlots(1))
    assert ({first.name, second.name}, is_all) == (on, True)


def test_what_may_be_polled_is_told_by_name(store):
    enrol(store, "gone", "resting", "due", "later")
    for name, state, asked in (("gone", "gone", None), ("resting", "retry_later", NOW + DAY)):
        store.sources.record_failure(
            claim(store, name), "no", state, NextPoll(NOW, "failures"), asked, NOW
        )
    store.sources.record_failure(
        claim(store, "later"), "no", "failed", NextPoll(NOW + DAY, "failures"), None, NOW
    )
    assert store.sources.pollable("due", NOW) == {"due"}
    assert store.sources.pollable("asked", NOW) == {"due", "later"}
    assert store.sources.pollable("all", NOW) == {"gone", "resting", "due", "later"}
    assert store.sources.gone() == {"gone": "no"}
    # it is not even passed over: no tick comes upon it
    assert store.sources.of(["gone", "unknown"])["gone"].due == datetime(9999, 1, 1, tzinfo=UTC)


def test_sources_of_another_config_are_left_alone(store):
    enrol(store, "mine", "other")
    assert [record.name for record in store.sources.claim(["mine"], "all", NOW, LEASE)] == ["mine"]


def test_a_source_whose_server_asked_for_rest_is_asked_again_only_by_force(store):
    enrol(store, "chouti")
    rest = NOW + timedelta(hours=6)
    store.sources.record_failure(
        claim(store, "chouti"), "HTTP 429", "retry_later", NextPoll(rest, "asked"), rest, NOW
    )
    names = ["chouti"]
    assert store.sources.claim(names, "due", NOW + MINUTE, LEASE) == []
    assert store.sources.claim(names, "asked", NOW + MINUTE, LEASE) == []
    (forced,) = store.sources.claim(names, "all", NOW + MINUTE, LEASE)
    store.sources.release([forced])
    assert len(store.sources.claim(names, "due", rest, LEASE)) == 1


def test_a_source_not_due_is_polled_when_asked_for(store):
    enrol(store, "chouti")
    poll(store, "chouti", [])
    assert store.sources.claim(["chouti"], "due", NOW, LEASE) == []
    assert len(store.sources.claim(["chouti"], "asked", NOW, LEASE)) == 1


@pytest.mark.parametrize(("which", "claimed"), [("due", 0), ("asked", 0), ("all", 1)])
def test_a_source_that_is_gone_is_polled_by_force_alone(store, which, claimed):
    enrol(store, "chouti")
    store.sources.record_failure(
        claim(store, "chouti"), "HTTP 410", "gone", NextPoll(NOW, "failures"), None, NOW
    )
    assert len(store.sources.claim(["chouti"], which, NOW + DAY, LEASE)) == claimed


def due_at(store, *polls):
    """Enrol a source for each poll, last polled a quarter of an hour before it is due."""
    names = [f"s{number}" for number in range(len(polls))]
    enrol(store, *names)
    for name, (due, reason) in zip(names, polls, strict=True):
        at = due - timedelta(minutes=15)
        polled = UnchangedPoll(
            claim(store, name, at), Batch(not_modified=True), NextPoll(due, reason), at
        )
        store.sources.record_unchanged([polled])
    return names


def claimed_due(store, names, most=100):
    records, is_all = store.sources.claim_due(names, NOW, LEASE, PollSlots(most))
    return [record.name for record in records], is_all


def test_what_is_due_in_a_moment_is_claimed_with_what_is_due(store):
    soon = NOW + timedelta(seconds=50)
    names = due_at(store, (NOW, "interval"), (soon, "interval"), (soon, "quiet"))
    assert claimed_due(store, names) == (["s0", "s1", "s2"], True)


def test_nothing_is_claimed_early_by_itself(store):
    names = due_at(store, (NOW, "interval"), (NOW + timedelta(seconds=1), "interval"))
    # a source that is not in the config stays due, and is nobody's companion
    assert claimed_due(store, names[1:]) == ([], True)


@pytest.mark.parametrize("reason", ["server", "skipped_hours", "cron", "failures", "asked", ""])
def test_an_instant_that_was_named_is_waited_for(store, reason):
    names = due_at(store, (NOW, "interval"), (NOW + timedelta(seconds=1), reason))
    assert claimed_due(store, names) == (["s0"], True)


def test_a_source_is_claimed_early_by_a_small_part_of_its_interval_and_never_by_much(store):
    in_a_minute = timedelta(minutes=15) / EARLY_SHARE
    late = NOW + in_a_minute + timedelta(seconds=1)
    names = due_at(store, (NOW, "interval"), (NOW + in_a_minute, "interval"), (late, "interval"))
    assert claimed_due(store, names) == (["s0", "s1"], True)


def test_early_claims_stay_within_the_room(store):
    soon = NOW + timedelta(seconds=10)
    names = due_at(store, (NOW, "interval"), (soon, "interval"), (soon, "interval"))
    assert claimed_due(store, names, 2) == (["s0", "s1"], True)


def test_what_is_leased_is_not_claimed_by_another_nor_twice(opened):
    first, second = opened(), opened()
    enrol(first, "chouti")
    assert len(first.sources.claim(["chouti"], "all", NOW, LEASE)) == 1
    assert second.sources.claim(["chouti"], "all", NOW + MINUTE, LEASE) == []
    assert first.sources.claim(["chouti"], "all", NOW + MINUTE, LEASE) == []


def test_a_lease_that_has_run_out_is_free(opened):
    first, second = opened(), opened()
    enrol(first, "chouti")
    first.sources.claim(["chouti"], "all", NOW, LEASE)
    assert len(second.sources.claim(["chouti"], "all", NOW + LEASE, LEASE)) == 1


def test_what_is_given_back_is_free(opened):
    first, second = opened(), opened()
    enrol(first, "chouti")
    claimed = first.sources.claim(["chouti"], "all", NOW, LEASE)
    first.sources.release(claimed)
    assert len(second.sources.claim(["chouti"], "all", NOW, LEASE)) == 1


def test_nobody_gives_back_what_another_has_claimed_since(opened):
    first, second, third = opened(), opened(), opened()
    enrol(first, "chouti")
    claimed = first.sources.claim(["chouti"], "all", NOW, LEASE)
    second.sources.claim(["chouti"], "all", NOW + LEASE, LEASE)
    first.sources.release(claimed)
    assert third.sources.claim(["chouti"], "all", NOW + LEASE, LEASE) == []


# the end of a poll


def test_a_poll_that_lost_its_lease_changes_nothing(opened):
    slow, quick = opened(), opened()
    enrol(slow, "chouti")
    old = claim(slow, "chouti")
    poll(quick, "chouti", [candidate("a")], at=NOW + LEASE)
    before = slow.sources.all(), rows(slow, seen), rows(slow, entry)
    items = [candidate("b")]
    assert record(slow, old, items, plan(items, intents=[intent(items[0])])) is None
    slow.sources.record_failure(old, "too late", "failed", NextPoll(NOW, "failures"), None, NOW)
    slow.sources.record_unchanged(
        [UnchangedPoll(old, Batch(not_modified=True), NextPoll(NOW, "quiet"), NOW)]
    )
    assert (slow.sources.all(), rows(slow, seen), rows(slow, entry)) == before


def test_what_a_poll_brought_is_remembered_and_queued(store):
    enrol(store, "chouti")
    recorded = poll(store, "chouti", [candidate("a"), candidate("b")])
    assert recorded.new == 2
    assert [delivery.post for delivery in recorded.queued] == [
        post(candidate("a")),
        post(candidate("b")),
    ]
    assert list(recorded.queued) == store.outbox.waiting("news")
    (present,) = store.sources.all()
    assert present.validators == Validators(etag='"1"')
    assert present.last_batch_at == present.last_poll_at == NOW
    assert (present.state, present.title, present.learnt) == ("ok", "A source", {"news"})
    past = store.sources.past(present, [candidate("a"), candidate("c")], ["news"])
    assert set(past.seen) == set(candidate("a").keys)
    assert past.published == {"news": set(candidate("a").published_keys)}
    assert past.last_batch_at == NOW


def test_every_field_of_an_entry_and_a_post_comes_back_as_it_was(store):
    enrol(store, "chouti")
    item = candidate("a")
    whole = replace(
        item.entry,
        title="【抽屉】 \U0001f600 e\u0301",
        published_at=NOW - timedelta(microseconds=1),
        score=2.5,
        categories=("新闻", "b"),
        summary="line\nline",
        comments=3,
    )
    item = replace(item, entry=whole)
    sent = replace(post(item), language="zh", spoiler="!", shorter="s", length=7, limit=11)
    claimed = claim(store, "chouti")
    record(store, claimed, [item], plan([item], intents=[Intent(item, "news", sent)]))
    (queued,) = store.outbox.waiting("news")
    assert queued.post == sent
    assert (queued.score, queued.published_at) == (2.5, whole.published_at)
    assert queued.identity == item.published_keys[0]
    assert store.outbox.entry_of(queued.id) == whole


def test_what_is_held_from_the_start_says_why(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")], held="storm: 40 new entries")
    (held,) = store.outbox.find(states=[DeliveryState.HELD])
    assert held.error == "storm: 40 new entries"
    (story,) = store.history.why([key("guid-a")], "guid-a")
    (_, happenings) = story.deliveries[0]
    assert [(line.state, line.note) for line in happenings] == [("held", "storm: 40 new entries")]


def test_a_poll_that_fails_in_the_middle_leaves_nothing(store):
    enrol(store, "chouti")
    claimed = claim(store, "chouti")
    good, bad = candidate("a"), replace(candidate("b"), published_keys=(None,))
    before = store.sources.all()
    with pytest.raises(IntegrityError):
        record(store, claimed, [good, bad], plan([good, bad], intents=[intent(good), intent(bad)]))
    assert store.sources.all() == before
    assert [rows(store, table) for table in (seen, entry, refusal, published)] == [[], [], [], []]
    assert store.outbox.waiting("news") == []
    # and the lease still stands, so that the poll can be recorded after all
    assert record(store, claimed, [good], plan([good], intents=[intent(good)])) is not None


def test_one_link_from_two_sources_is_queued_once_and_refused_once(store):
    enrol(store, "first", "second")
    poll(store, "first", [candidate("a")])
    again = poll(store, "second", [candidate("a")])
    assert again.queued == ()
    assert len(store.outbox.waiting("news")) == 1
    stories = {story.source: story for story in store.history.why([key("guid-a")], "guid-a")}
    assert stories["second"].refusals == (
        ("news", "duplicate: another source or process was first"),
    )
    assert stories["first"].refusals == ()


def test_one_key_in_common_makes_two_entries_one(store):
    enrol(store, "first", "second")
    poll(store, "first", [candidate("a", published=["link-a", "uri"])])
    assert poll(store, "second", [candidate("b", published=["link-b", "uri"])]).queued == ()


def test_within_one_batch_too_each_key_is_queued_once(store):
    enrol(store, "chouti")
    twins = [candidate("a", published=["x"]), candidate("b", published=["y", "x"])]
    recorded = poll(store, "chouti", twins)
    assert [delivery.post.link for delivery in recorded.queued] == ["https://news.example/a"]


def test_two_accounts_each_get_the_entry(store):
    enrol(store, "chouti", accounts=("news", "other"))
    recorded = poll(store, "chouti", [candidate("a")], accounts=("news", "other"))
    assert sorted(delivery.account for delivery in recorded.queued) == ["news", "other"]


def test_a_route_is_learnt_with_the_first_batch_recorded_for_it(store):
    enrol(store, "chouti", accounts=("news", "other"))
    poll(store, "chouti", [candidate("a")])
    assert claim(store, "chouti").learnt == {"news"}
    store.sources.release(store.sources.all())
    poll(store, "chouti", [candidate("a")], accounts=("other",))
    assert claim(store, "chouti").learnt == {"news", "other"}


def test_an_empty_first_batch_is_a_batch(store):
    enrol(store, "chouti")
    poll(store, "chouti", [])
    (present,) = store.sources.all()
    assert (present.last_batch_at, present.learnt) == (NOW, {"news"})


def test_an_entry_refused_first_and_queued_later_can_be_rendered_anew(store):
    enrol(store, "chouti", accounts=("news", "other"))
    poll(store, "chouti", [candidate("a")], queue=False)
    recorded = poll(store, "chouti", [candidate("a")], accounts=("other",))
    assert store.outbox.entry_of(recorded.queued[0].id) == candidate("a").entry
    assert len(rows(store, entry)) == 1


def test_the_first_reason_for_a_refusal_stays(store):
    enrol(store, "chouti")
    item = candidate("a")
    for reason in ("first_sight", "exclude: word"):
        claimed = claim(store, "chouti")
        record(store, claimed, [item], plan([item], refusals=[Refusal(item, "news", reason)]))
    assert [row.reason for row in rows(store, refusal)] == ["first_sight"]


def test_what_is_shown_again_is_written_once_a_day(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    (day,) = {row.shown_on for row in rows(store, seen)}
    poll(store, "chouti", [candidate("a")], queue=False)
    assert {row.shown_on for row in rows(store, seen)} == {day}
    poll(store, "chouti", [candidate("a")], at=NOW + DAY, queue=False)
    assert {row.shown_on for row in rows(store, seen)} == {day + 1}


def test_a_poll_that_shows_what_it_showed_today_writes_the_source_alone(sqlite_store):
    enrol(sqlite_store, "chouti")
    items = [candidate(f"n{number}") for number in range(50)]
    poll(sqlite_store, "chouti", items, queue=False)
    lease_and_finish = 3
    with changes(sqlite_store) as today:
        poll(sqlite_store, "chouti", items, queue=False)
    assert today == [lease_and_finish]
    with changes(sqlite_store) as tomorrow:
        poll(sqlite_store, "chouti", items, queue=False, at=NOW + DAY)
    assert tomorrow == [lease_and_finish + 2 * len(items)]


def test_a_clock_set_back_does_not_lower_the_last_day_shown(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    days = {row.shown_on for row in rows(store, seen)}
    poll(store, "chouti", [candidate("a")], at=NOW - 300 * DAY, queue=False)
    assert {row.shown_on for row in rows(store, seen)} == days


def test_an_unchanged_poll_keeps_the_last_batch(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    not_modified(store, "chouti", NOW + DAY)
    (present,) = store.sources.all()
    assert (present.last_batch_at, present.last_poll_at) == (NOW, NOW + DAY)
    assert present.due == NOW + 2 * DAY


def test_failures_are_counted_and_forgotten_with_the_first_success(store):
    enrol(store, "chouti")
    for number in range(3):
        at = NOW + number * MINUTE
        store.sources.record_failure(
            claim(store, "chouti", at),
            f"HTTP 50{number}",
            "failed",
            NextPoll(at, "failures"),
            None,
            at,
        )
    (present,) = store.sources.all()
    assert (present.failures, present.failing_since, present.error) == (3, NOW, "HTTP 502")
    poll(store, "chouti", [])
    (present,) = store.sources.all()
    assert (present.failures, present.failing_since, present.error) == (0, None, "")


def test_a_failure_keeps_validators_and_last_batch(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    store.sources.record_failure(
        claim(store, "chouti"),
        "refused",
        "failed",
        NextPoll(NOW + DAY, "failures"),
        None,
        NOW + DAY,
    )
    (present,) = store.sources.all()
    assert (present.validators.etag, present.last_batch_at) == ('"1"', NOW)


def test_a_permanent_move_is_counted_while_it_is_the_same(store):
    enrol(store, "chouti")
    counts = []
    for target in ("https://b.example/", "https://b.example/", "https://c.example/", ""):
        claimed = claim(store, "chouti")
        store.sources.record_unchanged(
            [
                UnchangedPoll(
                    claimed, Batch(not_modified=True, moved_to=target), NextPoll(NOW, "quiet"), NOW
                )
            ]
        )
        counts.append(store.sources.all()[0].moved_times)
    assert counts == [1, 2, 1, 0]


@pytest.mark.parametrize("hostile", ["\udcff", "a\0b", "\ud800\udc00", "\U0010ffff", "'; --"])
def test_no_text_from_a_server_fails_the_recording_of_a_poll(store, hostile):
    enrol(store, "chouti")
    bad = Entry(title=hostile, link=f"https://x.example/{hostile}", guid=hostile, summary=hostile)
    item = replace(candidate("a"), entry=bad)
    claimed = claim(store, "chouti")
    answer = Batch((bad,), title=hostile, validators=Validators(etag=hostile, cursor=hostile))
    frozen = plan([item], intents=[intent(item)], refusals=[Refusal(item, "x", hostile)])
    recorded = store.sources.record(
        claimed, answer, frozen, ["news"], NextPoll(NOW, "interval"), NOW
    )
    assert recorded is not None
    assert len(store.outbox.waiting("news")) == 1
    store.sources.record_failure(
        claim(store, "chouti"), hostile, "failed", NextPoll(NOW, "failures"), None, NOW
    )
    assert len(store.history.why(list(item.keys), "")) == 0
    assert len(store.history.why(list(item.keys), hostile)) == 1


@pytest.mark.slow
def test_ten_thousand_entries_at_once_are_recorded_whole(sqlite_store):
    enrol(sqlite_store, "chouti")
    items = [candidate(f"n{number}") for number in range(10_000)]
    recorded = poll(sqlite_store, "chouti", items)
    assert [delivery.post.link for delivery in recorded.queued] == [
        item.entry.link for item in items
    ]
    ids = [delivery.id for delivery in recorded.queued]
    assert ids == sorted(ids)
    again = claim(sqlite_store, "chouti")
    assert len(sqlite_store.sources.past(again, items, ["news"]).seen) == 20_000


@pytest.mark.slow
def test_more_sources_than_a_statement_has_room_for_are_claimed_and_released(sqlite_store):
    names = [f"source-{number}" for number in range(33_000)]
    enrol(sqlite_store, *names)
    claimed = sqlite_store.sources.claim(names, "due", NOW, LEASE)
    assert len(claimed) == len(names)
    sqlite_store.sources.release(claimed)
    assert len(sqlite_store.sources.claim(names, "due", NOW, LEASE, limit=5)) == 5


# what is bounded


def storm(store, items, refusals=(), at=NOW):
    claimed = claim(store, "chouti", at)
    stormy = replace(plan(items, refusals=refusals), storm="storm: very many")
    following = NextPoll(at, "interval")
    return store.sources.record(claimed, batch(items), stormy, ["news"], following, at)


def test_entries_that_nothing_is_said_of_are_remembered_as_seen_alone(store):
    enrol(store, "chouti")
    items = [candidate(f"n{number}") for number in range(30)]
    storm(store, items, [Refusal(items[0], "news", "left_out: 30 entries")])
    with store._database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(entry)) == 1
        assert connection.scalar(select(func.count()).select_from(refusal)) == 1
    again = claim(store, "chouti")
    assert len(store.sources.past(again, items, ["news"]).seen) == 60


def test_keys_of_a_source_are_bounded_and_those_it_still_shows_are_kept(store, monkeypatch):
    monkeypatch.setattr("reblogbot.store.sightings.MOST_SEEN", 50)
    enrol(store, "chouti")
    old, older, newest = ([candidate(f"{age}{n}") for n in range(20)] for age in ("b", "a", "c"))
    storm(store, older)
    storm(store, old, at=NOW + DAY)
    storm(store, newest, at=NOW + DAY)
    record = claim(store, "chouti", NOW + DAY)
    seen = {
        age: len(store.sources.past(record, items, []).seen)
        for age, items in (("older", older), ("old", old), ("newest", newest))
    }
    assert seen["newest"] == 40
    assert seen["older"] == 0
    assert sum(seen.values()) == 50


def test_more_keys_than_the_bound_are_kept_while_they_are_shown(store, monkeypatch):
    monkeypatch.setattr("reblogbot.store.sightings.MOST_SEEN", 10)
    enrol(store, "chouti")
    items = [candidate(f"n{number}") for number in range(20)]
    storm(store, items)
    assert len(store.sources.past(claim(store, "chouti"), items, []).seen) == 40


def test_what_was_left_out_stands_in_the_status_until_the_next_whole_answer(store):
    enrol(store, "chouti")
    item = candidate("a")

    def polled(answer):
        claimed = claim(store, "chouti")
        following = NextPoll(NOW, "interval")
        store.sources.record(claimed, answer, plan([item]), ["news"], following, NOW)
        return store.sources.of(["chouti"])["chouti"]

    cut = polled(replace(batch([item]), left_out=6))
    assert (cut.state, cut.failures) == ("ok", 0)
    assert cut.error == "too_many_entries: of 7 entries only the newest 1 are read"
    not_modified(store, "chouti", NOW)
    assert store.sources.of(["chouti"])["chouti"].error == cut.error
    assert polled(batch([item])).error == ""
