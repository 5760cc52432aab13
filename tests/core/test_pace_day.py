"""The day of an account: its hours, its quiet spans, and the slots of what waits."""

from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, PaceSettings
from reblogbot.core.pace_day import MAX_PLANNED, pace_day
from reblogbot.core.waits import AccountFacts
from reblogbot.model import SentPost

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ACCOUNT = AccountSettings(name="news", server="https://social.example")


def day_of(pace, now=NOON, sent=(), due=(), **facts):
    posts = [SentPost(at, "hot") for at in sent]
    facts = AccountFacts(**{"settings": ACCOUNT, "now": now, "sent": posts, **facts})
    return pace_day(facts, PaceSettings.model_validate(pace), due)


def clock(instants, day):
    return [at.astimezone(day.start.tzinfo).strftime("%H:%M") for at in instants]


def test_quiet_spans_are_cut_at_midnight_of_the_zone():
    day = day_of({"quiet": ["23:00-07:00"], "timezone": "Asia/Shanghai"})
    assert [clock(span, day) for span in day.quiet] == [["00:00", "07:00"], ["23:00", "00:00"]]
    assert [round(day.percent(at), 1) for span in day.quiet for at in span] == [0, 29.2, 95.8, 100]


@pytest.mark.parametrize(
    ("date", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)]
)
def test_a_day_on_which_clocks_change_has_other_hours(date, hours):
    now = datetime(*date, 10, tzinfo=UTC)
    day = day_of({"timezone": "Europe/Berlin", "quiet": ["02:00-03:00"]}, now)
    labels = [hour.start.strftime("%H:%M") for hour in day.hours]
    assert len(labels) == hours
    assert (labels[0], labels[-1], day.percent(day.end)) == ("00:00", "23:00", 100)
    assert labels.count("02:00") == hours - 23


def test_posts_of_other_days_are_not_shown():
    sent = [NOON - timedelta(hours=13), NOON - timedelta(hours=12), NOON - timedelta(hours=1)]
    day = day_of({}, sent=sent)
    assert list(day.sent) == sent[1:]


def test_what_waits_is_planned_as_the_pace_lets_it_out():
    due = [NOON, NOON, NOON, NOON, NOON + timedelta(hours=9)]
    pace = {"per_hour": 2, "gap": "10m", "quiet": ["13:05-20:00"]}
    day = day_of(pace, sent=[NOON - timedelta(minutes=4)], due=due)
    assert clock(day.planned, day) == ["12:06", "12:56", "20:00", "20:10", "21:00"]


def test_nothing_is_planned_beyond_the_day_or_without_end():
    due = [NOON] * (MAX_PLANNED + 50)
    assert len(day_of({"per_hour": 1}, due=due).planned) == 12
    assert len(day_of({"per_hour": 1000, "per_day": 1000}, due=due).planned) == MAX_PLANNED
    assert day_of({"quiet": ["00:00-12:00", "12:00-00:00"]}, due=due).planned == ()


@pytest.mark.parametrize(
    ("facts", "planned"),
    [
        ({"paused_until": NOON + timedelta(hours=1), "paused_for": "asked"}, ["13:00"]),
        ({"stopped_at": NOON}, []),
        ({"settings": ACCOUNT.model_copy(update={"enabled": False})}, []),
        ({"settings": None}, []),
    ],
)
def test_what_is_paused_or_stopped_is_planned_for_its_end(facts, planned):
    day = day_of({}, due=[NOON], **facts)
    assert clock(day.planned, day) == planned
