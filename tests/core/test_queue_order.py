"""Whose turn it is: order while all may go, turns where some must wait, budgets, best first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.settings import AccountSettings, Config, PaceSettings, SourceSettings
from reblogbot.config.values import Budget
from reblogbot.core.queue_order import due_deliveries, next_delivery, next_in_turn, too_old_reason
from reblogbot.model import Delivery, DeliveryState, Post, SentPost

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FREE = PaceSettings(per_hour=1000, per_day=10_000)


def config(**sources):
    settings = {
        name: SourceSettings(name=name, kind="feed", to=("news",), **keys)
        for name, keys in sources.items()
    }
    account = AccountSettings(name="news", server="https://social.example", token_env="T")
    return Config(path=Path("config.toml"), accounts={"news": account}, sources=settings)


def queued(number, source="a", **fields):
    given = {"due": NOW, "queued_at": NOW + timedelta(microseconds=number), **fields}
    post = Post("post", text=str(number))
    return Delivery(number, "news", source, b"k", post, DeliveryState.QUEUED, **given)


def order(waiting, settings, pace=FREE, sent=()):
    """The numbers in the order they would go out, each post taking a second."""
    left, done, now = list(waiting), list(sent), NOW
    account = settings.accounts["news"].model_copy(update={"pace": pace})
    numbers = []
    while (chosen := next_delivery(left, settings, account, done, now)) is not None:
        left.remove(chosen)
        numbers.append(chosen.id)
        now += timedelta(seconds=1)
        done.append(SentPost(now, chosen.source, chosen.post.is_generated))
    return numbers


def test_deliveries_go_out_in_the_order_they_were_queued_while_all_may():
    waiting = [queued(1, "a"), queued(2, "a"), queued(3, "b"), queued(4, "a"), queued(5, "b")]
    assert order(waiting, config(a={}, b={})) == [1, 2, 3, 4, 5]


def test_where_some_must_wait_sources_take_turns():
    waiting = [*(queued(n, "a") for n in range(1, 6)), queued(6, "b"), queued(7, "b")]
    pace = PaceSettings(per_hour=4, per_day=100)
    assert order(waiting, config(a={}, b={}), pace) == [1, 6, 2, 7]


def test_posts_with_generated_text_are_at_most_half_and_the_others_overtake_them():
    def generated(number):
        return replace(queued(number), post=Post("post", text="a", is_generated=True))

    waiting = [generated(1), generated(2), generated(3), queued(4), queued(5)]
    assert order(waiting, config(a={})) == [1, 4, 5, 2]
    assert order(waiting[:3], config(a={})) == [1]


def test_the_source_served_longest_ago_is_next():
    waiting = [queued(1, "a"), queued(2, "b")]
    pace = PaceSettings(gap="1m")
    earlier = [SentPost(NOW - timedelta(hours=2), "b"), SentPost(NOW - timedelta(hours=1), "a")]
    assert order(waiting, config(a={}, b={}), pace, earlier) == [2]


def test_a_budget_holds_its_source_alone():
    settings = config(a={"budget": Budget.parse("2/1d")}, b={})
    waiting = [queued(1, "a"), queued(2, "a"), queued(3, "a"), queued(4, "b")]
    assert order(waiting, settings) == [1, 2, 4]
    yesterday = [SentPost(NOW - timedelta(hours=25), "a")] * 2
    assert order(waiting, settings, sent=yesterday) == [1, 2, 4]


def test_the_best_go_first_where_the_source_says_so():
    settings = config(a={"order": "score", "budget": Budget.parse("2/1d")})
    waiting = [queued(1, score=5.0), queued(2, score=None), queued(3, score=90.0)]
    assert order(waiting, settings) == [3, 1]


def test_a_delivery_that_was_attempted_and_not_found_goes_first():
    waiting = [queued(1), queued(2, failed_lookups=2)]
    assert order(waiting, config(a={})) == [2, 1]


def test_deliveries_that_are_not_due_or_whose_source_is_disabled_or_unknown_wait():
    settings = config(a={}, off={"enabled": False})
    waiting = [
        queued(1, due=NOW + timedelta(minutes=1)),
        queued(2, "off"),
        queued(3, "removed"),
        queued(4),
    ]
    assert [delivery.id for delivery in due_deliveries(waiting, settings, NOW)] == [4]


@given(
    st.lists(st.sampled_from("abc"), max_size=25),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_each_source_keeps_its_own_order_and_no_limit_drops_anything(names, per_hour, per_day):
    waiting = [queued(number, name) for number, name in enumerate(names, 1)]
    pace = PaceSettings(per_hour=per_hour, per_day=per_day)
    numbers = order(waiting, config(a={}, b={}, c={}), pace)
    assert len(numbers) == min(len(names), per_hour, per_day)
    for name in "abc":
        own = [number for number in numbers if names[number - 1] == name]
        assert own == [n for n in range(1, len(names) + 1) if names[n - 1] == name][: len(own)]


def test_a_delivery_never_postponed_is_due_although_the_clock_was_set_back():
    later = NOW + timedelta(days=40)
    never = queued(1, due=later, queued_at=later)
    put_off = queued(2, due=later + timedelta(hours=1), queued_at=later)
    assert due_deliveries([never, put_off], config(a={}), NOW) == [never]


@pytest.mark.parametrize(
    ("published", "queued_for", "quiet", "verdict"),
    [
        (None, 0, (), False),
        (timedelta(days=6), 0, (), False),
        (timedelta(days=8), 0, (), True),
        # two nights of ten hours spent waiting do not count
        (timedelta(days=7, hours=15), 48, ("20:00-06:00",), False),
        (timedelta(days=8, hours=15), 48, ("20:00-06:00",), True),
    ],
)
def test_an_entry_is_too_old_by_its_age_less_the_quiet_hours_it_waited(
    published, queued_for, quiet, verdict
):
    delivery = queued(
        1,
        published_at=None if published is None else NOW - published,
        queued_at=NOW - timedelta(hours=queued_for),
    )
    pace = PaceSettings.model_validate({"quiet": list(quiet)})
    assert bool(too_old_reason(delivery, config(a={}), pace, NOW)) is verdict


# turns


def test_an_empty_queue_has_no_next_delivery():
    assert next_in_turn([], config(), {}) is None


def test_one_source_goes_in_the_order_it_was_queued():
    queue = [queued(3, "a"), queued(1, "a"), queued(2, "a")]
    assert next_in_turn(queue, config(a={}), {"a": NOW}) == queue[1]


def test_a_source_ordered_by_score_sends_its_best_first_and_ties_oldest_first():
    queue = [
        queued(1, "a", score=3),
        queued(3, "a", score=9),
        queued(2, "a", score=9),
        queued(4, "a", score=None),
    ]
    assert next_in_turn(queue, config(a={"order": "score"}), {}) == queue[2]


def test_a_source_with_one_entry_need_not_wait_for_one_with_a_hundred():
    queue = [queued(n, "big") for n in range(100)] + [queued(500, "small")]
    picked, served = [], {}
    for turn in range(4):
        delivery = next_in_turn(queue, config(big={}, small={}), served)
        queue.remove(delivery)
        served[delivery.source] = NOW + turn * MINUTE
        picked.append(delivery.id)
    assert picked == [0, 500, 1, 2]


@given(st.lists(st.sampled_from("abc"), max_size=20))
def test_taking_turns_keeps_each_source_in_order_and_starves_none(sources):
    queue = [queued(n, source) for n, source in enumerate(sources)]
    expected = {
        source: sorted(delivery.id for delivery in queue if delivery.source == source)
        for source in "abc"
    }
    served, picked = {}, []
    settings = config(a={}, b={}, c={})
    while (delivery := next_in_turn(queue, settings, served)) is not None:
        queue.remove(delivery)
        served[delivery.source] = NOW + len(picked) * MINUTE
        picked.append(delivery)
    for source, ids in expected.items():
        turns = [delivery.id for delivery in picked if delivery.source == source]
        assert turns == ids
    first = [
        delivery.source for delivery in picked[: len({delivery.source for delivery in picked})]
    ]
    assert len(first) == len(set(first))
