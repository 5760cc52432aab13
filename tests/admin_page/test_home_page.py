"""The page "Home": whether all is well, what is wrong, and the switch that stops everything."""

import asyncio
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from harness import items
from reblogbot.admin_page.localization import Localization
from reblogbot.admin_page.log_buffer import LogBuffer
from reblogbot.admin_page.story import MAX_EVENTS, story
from reblogbot.admin_page.views.home import CHART_HEIGHT, bars
from reblogbot.store.daemons import HEARTBEAT_TIMEOUT
from steps_of_commands import UNAUTHORISED, chat


def heading(answer):
    return " ".join(re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)[1].split())


def part(answer, id_):
    return re.search(rf'<section id="{id_}".*?</section>', answer.text, re.DOTALL)[0]


@pytest.fixture
def calm(bot, feeds, sandbox, clock):
    """A bot whose only source was posted."""
    feeds.show("/hot.xml", items(clock, "a", "b", "c"))
    bot.configure({"hot": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    bot.sync_until_settled()
    return bot


@pytest.fixture
async def home(serve, calm):
    client = await serve(calm)
    await client.log_in()
    return client


async def test_a_calm_bot_is_well(home):
    answer = await home.get("/")
    assert heading(answer) == "All is well"
    assert "3 posts in the last day." in answer.text
    assert "Nothing waits." in part(answer, "waits")
    assert 'class="bar"' in part(answer, "posts")
    assert "https://news.example/a" in part(answer, "posts") or "Title a" in answer.text
    assert "<li>" not in part(answer, "failing")


async def test_a_source_that_is_gone_needs_the_admin(page, configured):
    await asyncio.to_thread(configured.sync)
    answer = await page.get("/")
    assert heading(answer) == "One thing needs you"
    assert 'href="/sources/gone"' in part(answer, "failing")
    assert "410 Gone" in part(answer, "failing")


@pytest.mark.parametrize(
    ("hours", "text", "sentence"),
    [(3.2, "3 hr 1", "All is well"), (25, "1 day 1 hr", "One thing needs you")],
)
async def test_a_failure_alarms_only_if_it_lasts(home, calm, feeds, clock, hours, text, sentence):
    feeds.fail("/hot.xml", 500)
    clock.advance(hours=-hours)
    await asyncio.to_thread(calm.sync)
    answer = await home.get("/")
    assert heading(answer) == sentence
    assert text in part(answer, "failing")


async def test_a_storm_needs_a_decision(home, calm, feeds, clock):
    feeds.show("/hot.xml", items(clock, *(f"n{number}" for number in range(40))))
    clock.advance(hours=1)
    await asyncio.to_thread(calm.sync)
    answer = await home.get("/")
    assert heading(answer) == "One thing needs you"
    assert "entries are held for you." in part(answer, "verdict")
    assert "held: storm" in part(answer, "waits")


async def test_a_daemon_that_hangs_is_named(home, clock):
    now, old = clock.now(), clock.now() - 2 * HEARTBEAT_TIMEOUT
    home.store.daemons.beat(old, now, now)
    assert heading(await home.get("/")) == "All is well"
    home.store.daemons.beat(old, old, now)
    answer = await home.get("/")
    assert "hangs. Restart it, nothing is lost." in part(answer, "verdict")


async def test_an_account_without_its_token_needs_the_admin(home, calm):
    (calm.folder / "news.token").unlink()
    answer = await home.get("/")
    assert heading(answer) == "One thing needs you"
    assert "news.token" in part(answer, "verdict")


async def test_a_broken_config_is_told_on_every_page(home, calm):
    text = calm.path.read_text()
    calm.path.write_text(text + "\n[nonsense\n")
    assert heading(await home.get("/")) == "One thing needs you"
    for path in ("/queue", "/log", "/help/keys"):
        assert 'class="banner"' in (await home.get(path)).text
    calm.path.write_text(text)
    assert 'class="banner"' not in (await home.get("/log")).text


async def test_everything_is_stopped_and_started_with_a_question_before(home):
    question = await home.get("/stop")
    assert heading(question) == "Stop everything?"
    assert home.store.outbox.stopped_at() is None
    answer = await home.post("/stop")
    assert heading(answer) == "Stopped: nothing is posted"
    assert home.store.outbox.stopped_at() is not None
    assert 'class="banner"' in (await home.get("/log")).text
    assert (await home.post("/stop")).messages == ["Everything was stopped already."]
    assert heading(await home.get("/start")) == "Start again?"
    answer = await home.post("/start")
    assert (heading(answer), answer.messages) == ("All is well", ["Posting goes on."])
    assert home.store.outbox.stopped_at() is None
    assert (await home.post("/start")).messages == ["Nothing was stopped."]


async def test_a_stop_is_logged_with_who_and_told_on_home(home, caplog):
    caplog.set_level("INFO", "reblogbot")
    await home.get("/stop")
    await home.post("/stop")
    assert [record.admin for record in caplog.records if "is stopped" in record.message] == [
        "admin"
    ]
    assert "admin: Everything is stopped" in part(await home.get("/"), "story")


async def test_texts_of_sources_are_shown_as_text(serve, bot, feeds, sandbox, clock):
    (item,) = items(clock, "a")
    feeds.show("/hot.xml", [replace(item, title="1 < 2 & 3")])
    bot.configure({"hot": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    await asyncio.to_thread(bot.sync_until_settled)
    client = await serve(bot)
    await client.log_in()
    answer = await client.get("/")
    assert "1 &lt; 2 &amp; 3" in part(answer, "posts")


def logged(*records):
    buffer = LogBuffer()
    for level, text, fields in records:
        record = logging.makeLogRecord({"levelno": level, "msg": text, **fields})
        record.levelname = logging.getLevelName(level)
        buffer.emit(record)
    return buffer.lines()


def test_the_story_tells_how_long_a_source_was_down():
    lines = logged(
        (logging.WARNING, "poll failed", {"source": "hot", "error": "no"}),
        (
            logging.INFO,
            "source works again",
            {"source": "hot", "failing_since": "2020-01-01T00:00:00+00:00"},
        ),
    )
    again, failed = story(lines)
    assert (again.text, again.is_trouble) == ("The source hot works again.", False)
    assert again.lasted > timedelta(days=1000)
    assert (failed.text, failed.is_trouble) == ("The source hot cannot be read: no", True)


def test_the_story_counts_what_happens_again_and_again():
    failure = (logging.WARNING, "poll failed", {"source": "hot", "error": "no"})
    (event,) = story(logged(*[failure] * 5))
    assert event.count == 5


def test_the_story_is_short_and_without_routine():
    routine = (logging.INFO, "published", {"source": "hot"})
    news = [(logging.ERROR, f"trouble {number}", {}) for number in range(30)]
    events = story(logged(routine, *news, routine))
    assert [event.text for event in events] == [
        f"trouble {number}" for number in range(29, 29 - MAX_EVENTS, -1)
    ]


def test_a_line_without_the_fields_of_its_event_is_told_all_the_same():
    (event,) = story(logged((logging.WARNING, "poll failed", {"sentence": "x"})))
    assert event.text == "The source ? cannot be read: ?"


async def test_a_source_that_works_again_is_logged(bot, feeds, sandbox, clock, caplog):
    caplog.set_level("INFO", "reblogbot")
    feeds.fail("/hot.xml", 500)
    bot.configure({"hot": {"url": feeds.url("/hot.xml")}}, {"news": (sandbox, "")})
    await asyncio.to_thread(bot.sync)
    since = clock.now()
    clock.advance(hours=2)
    feeds.show("/hot.xml", items(clock, "a"))
    await asyncio.to_thread(bot.sync)
    clock.advance(hours=2)
    await asyncio.to_thread(bot.sync)
    lines = [record for record in caplog.records if record.message == "source works again"]
    assert [(line.source, line.failing_since) for line in lines] == [("hot", since.isoformat())]


def test_the_chart_ends_now_and_its_highest_bar_fills_it(clock):
    chart = bars([0, 3, 6], clock.now())
    assert [bar.count for bar in chart] == [0, 3, 6]
    assert chart[-1].until == clock.now()
    assert chart[0].height == 0
    assert 0 < chart[1].height < chart[2].height < CHART_HEIGHT


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 sec"), (0, "0 sec"), (59, "59 sec"), (60, "1 min"), (11_520, "3 hr 12 min"),
     (86_400, "1 day"), (90_000, "1 day 1 hr"), (86_460, "1 day")],
)  # fmt: skip
def test_a_duration_has_two_units(seconds, text):
    local = Localization("en", UTC, datetime.now(UTC))
    assert local.span(timedelta(seconds=seconds)) == text


async def test_a_step_that_fails_is_among_the_troubles(serve, bot, feeds, sandbox, clock, stand_in):
    source = {"url": feeds.show("/hot.xml", items(clock, "a", "b")), "steps": ["explain"]}
    bot.configure({"hot": source}, {"news": (sandbox, "")}, steps={"explain": chat()})
    stand_in.answer = UNAUTHORISED
    await asyncio.to_thread(bot.sync)
    client = await serve(bot)
    await client.log_in()
    answer = await client.get("/")
    assert heading(answer) == "One thing needs you"
    assert "the service refuses the key" in part(answer, "verdict")
    assert "2 posts wait for it" in part(answer, "verdict")
