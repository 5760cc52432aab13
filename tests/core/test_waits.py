"""Why a delivery waits, and until when; and which account is stalled."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies

from reblogbot.config.settings import AccountSettings, Config, PaceSettings, SourceSettings
from reblogbot.config.values import Budget, QuietSpan
from reblogbot.core.queue_order import next_delivery
from reblogbot.core.waits import (
    STALLED,
    AccountFacts,
    WaitReason,
    next_attempt,
    stalled_since,
    wait_of,
)
from reblogbot.model import Delivery, DeliveryState, Post, QueueHead, SentPost

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SETTINGS = AccountSettings(name="news", server="https://social.example", token_env="T")
# works since long ago, and has just looked for what is due
WORKING = AccountFacts(SETTINGS, NOW, works_since=NOW - DAY, worked_at=NOW)
DIGEST = {"digest": time(18)}
BUDGET = {"budget": Budget(1, DAY)}


def config(**keys):
    source = SourceSettings(name="hot", kind="feed", to=("news",), **keys)
    return Config(path=Path("config.toml"), accounts={"news": SETTINGS}, sources={"hot": source})


def delivery(**fields):
    given = {"due": NOW, "queued_at": NOW, "state": DeliveryState.QUEUED, **fields}
    return Delivery(1, "news", "hot", b"k", Post("post", text="a"), **given)


def paced(**pace):
    return replace(WORKING, settings=SETTINGS.model_copy(update={"pace": PaceSettings(**pace)}))


def quiet(start, end):
    return paced(quiet=(QuietSpan(time.fromisoformat(start), time.fromisoformat(end)),))


def sent(*ago, source="hot"):
    return [SentPost(NOW - age, source) for age in ago]


CASES = {
    "held": (delivery(state=DeliveryState.HELD, error="storm: 28 new"), {}, WORKING, "held: storm", None),
    "held by hand": (
        delivery(state=DeliveryState.HELD, error="held by the admin"), {}, WORKING, "held by the admin", None,
    ),
    "retracting": (
        delivery(state=DeliveryState.RETRACTING), {}, replace(WORKING, stopped_at=NOW), "to be deleted", None,
    ),
    "retracting again": (
        delivery(state=DeliveryState.RETRACTING, error="HTTP 503", due=NOW + HOUR), {}, WORKING,
        "next attempt to delete it: HTTP 503", NOW + HOUR,
    ),
    "account_paused for a retraction": (
        delivery(state=DeliveryState.RETRACTING), {},
        replace(WORKING, paused_until=NOW + HOUR, paused_for="too many requests"),
        "the account is paused: too many requests", NOW + HOUR,
    ),
    "stopped": (delivery(), {}, replace(WORKING, stopped_at=NOW), "everything is stopped", None),
    "account_unknown": (delivery(), {}, replace(WORKING, settings=None), "not in the config", None),
    "account_disabled": (
        delivery(), {}, replace(WORKING, settings=SETTINGS.model_copy(update={"enabled": False})),
        "the account is disabled", None,
    ),
    "account_paused": (
        delivery(), {}, replace(WORKING, paused_until=NOW + HOUR, paused_for="token refused"),
        "the account is paused: token refused", NOW + HOUR,
    ),
    "earlier_doubt": (
        delivery(), {}, replace(WORKING, doubt_until=NOW + MINUTE), "in doubt", NOW + MINUTE,
    ),
    "doubt": (
        delivery(state=DeliveryState.DOUBT, due=NOW + MINUTE, error="no answer"), {}, WORKING,
        "in doubt, the account is read back: no answer", NOW + MINUTE,
    ),
    "sending": (delivery(state=DeliveryState.SENDING), {}, WORKING, "being sent", None),
    "source_unknown": (
        replace(delivery(), source="gone"), {}, WORKING, "the source is not in the config", None,
    ),
    "source_disabled": (delivery(), {"enabled": False}, WORKING, "the source is disabled", None),
    "digest": (delivery(due=NOW + 6 * HOUR), DIGEST, WORKING, "digest", NOW + 6 * HOUR),
    "retry": (
        delivery(due=NOW + MINUTE, attempts=1, error="422"), {}, WORKING, "next attempt: 422",
        NOW + MINUTE,
    ),
    "gap": (
        delivery(), {}, replace(paced(gap="10m"), sent=sent(MINUTE)), "gap between two posts", NOW + 9 * MINUTE,
    ),
    "hourly_limit": (
        delivery(), {}, replace(paced(per_hour=1), sent=sent(MINUTE)), "hourly limit",
        NOW + 59 * MINUTE,
    ),
    "daily_limit": (
        delivery(), {}, replace(paced(per_day=1), sent=sent(HOUR)), "daily limit", NOW + 23 * HOUR,
    ),
    "quiet_hours": (delivery(), {}, quiet("11:00", "14:00"), "quiet hours", NOW + 2 * HOUR),
    "budget": (
        delivery(), BUDGET, replace(WORKING, sent=sent(HOUR)), "budget of the source",
        NOW + 23 * HOUR,
    ),
    "steps": (delivery(waits_for=("explain",)), {}, WORKING, "waits for explain", None),
    "steps again": (
        delivery(waits_for=("explain", "translate"), error="HTTP 503", step_at=NOW + MINUTE), {}, WORKING,
        "waits for explain: HTTP 503", NOW + MINUTE,
    ),
    "ai_share": (
        replace(delivery(), post=Post("post", text="a", is_generated=True)), {},
        replace(WORKING, sent=[SentPost(NOW - HOUR, "hot", is_generated=True)]),
        "share of posts with generated text", NOW + 23 * HOUR,
    ),
    "next": (delivery(), {}, WORKING, "next in line", None),
    "stalled": (
        delivery(due=NOW - HOUR, queued_at=NOW - DAY), {}, WORKING, "stalled: nothing was sent", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_delivery_has_a_reason_to_wait_and_an_end(name):
    waiting, keys, account, cause, until = CASES[name]
    reported = wait_of(waiting, config(**keys), account)
    assert reported.reason == WaitReason(name.partition(" ")[0])
    assert cause in reported.cause
    assert reported.until == until


@pytest.mark.parametrize(
    "state",
    [DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.DEAD, DeliveryState.RETRACTED],
)
def test_a_settled_delivery_does_not_wait(state):
    assert wait_of(delivery(state=state), config(), WORKING) is None


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({}, NOW),
        ({"stopped_at": NOW}, NOW),
        ({"paused_until": NOW + HOUR}, NOW + HOUR),
        ({"retraction_due": NOW + MINUTE}, NOW + MINUTE),
        ({"settings": SETTINGS.model_copy(update={"enabled": False})}, None),
        ({"settings": None}, None),
    ],
)
def test_a_post_is_deleted_when_its_account_may_be_used_even_while_all_is_stopped(changes, at):
    account = replace(WORKING, **{"retraction_due": NOW - HOUR, **changes})
    assert next_attempt([], config(), account) == at


def test_every_reason_has_a_case():
    assert {name.partition(" ")[0] for name in CASES} == set(WaitReason)


def test_quiet_hours_without_an_end_name_no_instant():
    account = paced(quiet=(QuietSpan(time(0), time(12)), QuietSpan(time(12), time(0))))
    reported = wait_of(delivery(), config(), account)
    assert (reported.reason, reported.until) == (WaitReason.QUIET_HOURS, None)
    assert "without an end" in reported.cause


def test_without_a_daemon_the_next_sync_sends_it():
    account = replace(WORKING, works_since=None)
    assert "next `sync`" in wait_of(delivery(), config(), account).cause


# stalled

OLD = NOW - DAY
HOT = config().sources["hot"]


def test_an_account_that_could_send_for_an_hour_and_did_nothing_is_stalled():
    assert stalled_since(NOW - HOUR, HOT, WORKING) == NOW - HOUR
    assert stalled_since(NOW - HOUR + MINUTE, HOT, WORKING) is None
    assert stalled_since(OLD, HOT, WORKING) == WORKING.works_since


@pytest.mark.parametrize(
    "account",
    [
        replace(WORKING, stopped_at=OLD),
        replace(WORKING, paused_until=NOW + MINUTE),
        # it ended a moment ago
        replace(WORKING, paused_until=NOW - MINUTE),
        replace(WORKING, doubt_until=OLD),
        # something was sent, skipped or given up
        replace(WORKING, settled_at=NOW - MINUTE),
        # a daemon that has just begun, and one that has not looked since
        replace(WORKING, works_since=NOW - MINUTE),
        replace(WORKING, works_since=OLD - DAY, worked_at=OLD + MINUTE),
        replace(WORKING, works_since=None, worked_at=None),
        replace(WORKING, settings=None),
        # quiet within the hour, or all the time
        quiet("11:30", "11:40"),
        quiet("11:00", "13:00"),
        # paced within the hour, or all the time
        replace(paced(per_day=1), sent=sent(DAY - MINUTE)),
        replace(paced(per_day=1), sent=sent(DAY + MINUTE)),
    ],
)
def test_a_delay_within_the_last_hour_is_a_reason_and_no_stall(account):
    assert stalled_since(OLD, HOT, account) is None


def test_a_source_that_may_not_send_stalls_no_account():
    spent = replace(WORKING, sent=sent(HOUR))
    assert stalled_since(OLD, config(**BUDGET).sources["hot"], spent) is None
    assert stalled_since(OLD, config(enabled=False).sources["hot"], WORKING) is None
    assert stalled_since(OLD, config(**BUDGET).sources["hot"], WORKING) is not None


def test_a_sync_once_a_day_sees_no_stall_between_its_rounds():
    account = replace(WORKING, works_since=None, worked_at=NOW - DAY)
    assert stalled_since(NOW - DAY + HOUR, HOT, account) is None
    # but one that has tried ever since does
    assert stalled_since(NOW - DAY, HOT, replace(account, worked_at=NOW - DAY + STALLED))


# the next attempt

INSTANTS = strategies.integers(-24, 24).map(lambda number: NOW + number * 15 * MINUTE)
PACES = strategies.builds(
    dict,
    gap=strategies.sampled_from(["0s", "7m"]),
    per_hour=strategies.sampled_from([1, 3, 100]),
    per_day=strategies.sampled_from([3, 100]),
    quiet=strategies.sampled_from(
        [(), (), (QuietSpan(time(11), time(14)),), (QuietSpan(time(22), time(13, 30)),)]
    ),
)
SOURCES = {
    "hot": {},
    "rare": {"budget": Budget(2, 3 * HOUR)},
    "off": {"enabled": False},
}
WAITING = strategies.lists(
    strategies.tuples(
        strategies.sampled_from([*SOURCES, "removed"]),
        strategies.sampled_from(["post", "edit", "generated"]),
        INSTANTS,
        INSTANTS,
    ),
    max_size=6,
)
SENT = strategies.lists(
    strategies.builds(
        SentPost, INSTANTS, strategies.sampled_from(["hot", "rare"]), strategies.booleans()
    ),
    max_size=8,
)


def heads_of(waiting):
    """What `Outbox.queue_heads` reads of these deliveries."""
    heads = {}
    for each in waiting:
        key = each.source, each.post.action == "edit", each.post.is_generated
        due = each.due if each.due > each.queued_at else NOW - 1000 * DAY
        heads[key] = min(due, heads.get(key, due))
    return [
        QueueHead(source, is_edit, due, is_generated=is_generated)
        for (source, is_edit, is_generated), due in heads.items()
    ]


def post_of(kind, number):
    action = "edit" if kind == "edit" else "post"
    return Post(action, text="a", uri=str(number), is_generated=kind == "generated")


@settings(deadline=None)
@given(PACES, WAITING, SENT)
def test_nothing_may_be_sent_before_the_next_attempt_and_then_it_is(pace, rows, posts):
    """A daemon sleeps until then, asking nothing: an instant too late would delay a post."""
    account = paced(**pace)
    sources = {
        name: SourceSettings(name=name, kind="feed", to=("news",), **keys)
        for name, keys in SOURCES.items()
    }
    everything = Config(
        path=Path("config.toml"), accounts={"news": account.settings}, sources=sources
    )
    waiting = [
        Delivery(
            number, "news", source, b"k", post_of(kind, number),
            DeliveryState.QUEUED, due=due, queued_at=queued_at,
        )
        for number, (source, kind, due, queued_at) in enumerate(rows)
    ]  # fmt: skip

    def sendable(at):
        return next_delivery(waiting, everything, account.settings, posts, at)

    at = NOW
    for _ in range(30):
        state = replace(account, now=at, sent=posts)
        following = next_attempt(heads_of(waiting), everything, state)
        if following is None:
            assert not any(sendable(at + hours * HOUR) for hours in range(40))
            return
        if following == at:
            assert sendable(at)
            return
        assert following > at
        steps = min((following - at) / 20, HOUR)
        assert not any(sendable(at + step * steps) for step in range(20))
        assert not sendable(following - timedelta(microseconds=1))
        at = following
    raise AssertionError("no instant at which anything is sent")
