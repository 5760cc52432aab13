"""Digests: when they go out, what they contain, and that no entry is in two."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import accepted_posts, items, visible_texts
from reblogbot.config.settings import SourceSettings
from reblogbot.core import digest
from reblogbot.core.articles import article_of_text, plain_text
from reblogbot.core.text.measure import length
from reblogbot.model import Post, ServerLimits, Span


def at_six(zone="UTC"):
    return SourceSettings(name="s", kind="feed", to=("news",), digest="18:00", timezone=zone)


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2026-11-22T10:00", "UTC", "2026-11-22T18:00"),
        ("2026-11-22T18:00", "UTC", "2026-11-23T18:00"),
        ("2026-11-22T10:00", "Asia/Shanghai", "2026-11-23T10:00"),
        # the clock goes back that night: the day is an hour longer
        ("2026-10-24T17:00", "Europe/Berlin", "2026-10-25T17:00"),
    ],
)
def test_a_digest_goes_out_at_its_time_in_the_sources_zone(now, zone, due):
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert at_six(zone).digest == time(18)
    assert digest.next_time(at_six(zone), instant) == expected


def test_a_source_without_a_digest_has_no_time():
    source = SourceSettings(name="s", kind="feed", to=("news",))
    assert digest.next_time(source, datetime(2026, 11, 22, tzinfo=UTC)) is None


@given(st.lists(st.integers(5, 480), min_size=1, max_size=40), st.integers(60, 500))
def test_every_post_is_in_one_bundle_in_order_and_each_fits(sizes, limit):
    posts = [
        Post("post", text=f"{number}:" + "x" * min(size, limit - 10))
        for number, size in enumerate(sizes)
    ]
    bundles = digest.bundles(posts, ServerLimits(limit), "A list · 2026-11-22")
    assert sum(bundle.count for bundle in bundles) == len(posts)
    assert all(length(bundle.post.text, ServerLimits(limit)) <= limit for bundle in bundles)
    written = "\n\n".join(bundle.post.text for bundle in bundles)
    places = [written.index(post.text) for post in posts]
    assert places == sorted(places)


def test_the_digest_of_a_blog_is_one_article_with_each_under_its_title():
    link = Span("https://a.example/1", "https://a.example/1")
    posts = [
        Post("post", f"{title}\n\n{link.text}", article=article_of_text(f"{title}\n{link.text}"))
        for title in "ab"
    ]
    posts[1] = replace(posts[1], is_generated=True)
    (bundle,) = digest.bundles(posts, ServerLimits(60_000), "A list · 2026-11-22")
    assert bundle.post.article.title == "A list · 2026-11-22"
    assert plain_text(bundle.post.article) == bundle.post.text
    assert [block.kind for block in bundle.post.article.body] == ["heading", "paragraph"] * 2
    assert bundle.post.is_generated


@pytest.fixture
def daily(bot, feeds, sandbox, clock):
    clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    source = {"url": url, "digest": "18:00", "title": "The list"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})


def test_a_day_becomes_one_post_at_its_time(daily, bot, sandbox, clock):
    assert bot.sync().counts()["sent"] == 0
    clock.advance(hours=6)
    assert bot.sync().counts()["sent"] == 1
    (text,) = accepted_posts(sandbox)
    assert text.startswith(f"The list · {clock.now():%Y-%m-%d}\n\nTitle a\n")
    assert [text.count(f"https://news.example/{name}") for name in "abc"] == [1, 1, 1]
    clock.advance(hours=24)
    assert bot.sync().counts()["sent"] == 0


def test_preview_shows_the_digest_that_will_be_posted(daily, bot, sandbox, clock):
    previewed = [planned.post.text for planned in bot.preview().posts]
    bot.sync()
    assert [planned.post.text for planned in bot.preview().posts] == previewed
    clock.advance(hours=6)
    bot.sync()
    assert accepted_posts(sandbox) == previewed


def test_a_first_preview_heads_the_digest_with_the_feeds_own_title(bot, feeds, sandbox, clock):
    clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url, "digest": "18:00"}}, {"news": (sandbox, "")})
    previewed = [planned.post.text for planned in bot.preview().posts]
    bot.sync()
    clock.advance(hours=6, minutes=1)
    # it is due: what comes now is for tomorrow's
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    late = [planned.post.text for planned in bot.preview().posts]
    bot.sync()
    assert accepted_posts(sandbox) == previewed == late[:1]
    assert "Title c" in late[1]
    assert late[1].partition("\n")[0] == f"A hot list · {clock.now() + timedelta(days=1):%Y-%m-%d}"


def test_a_digest_too_long_for_one_post_is_a_thread(bot, feeds, sandbox, clock):
    clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
    names = [f"{number:02}" + "x" * 60 for number in range(12)]
    url = feeds.show("/hot.xml", items(clock, *names))
    bot.configure({"hot": {"url": url, "digest": "18:00"}}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=6)
    bot.sync()
    statuses = sandbox.statuses("news")
    assert len(statuses) > 1
    assert [status["in_reply_to_id"] for status in statuses[1:]] == [
        status["id"] for status in statuses[:-1]
    ]
    whole = "\n".join(accepted_posts(sandbox))
    assert [whole.count(f"https://news.example/{name}") for name in names] == [1] * 12


def test_a_digest_without_an_answer_is_posted_once(daily, bot, sandbox, clock):
    bot.sync()
    clock.advance(hours=6)
    sandbox.faults.add("drop_after", "POST", "/api/v1/statuses")
    bot.sync_until_settled()
    assert len(accepted_posts(sandbox)) == 1


def test_an_entry_that_is_too_old_does_not_remove_the_digest(bot, feeds, sandbox, clock):
    fresh, old = items(clock, "fresh", "old")
    aged = replace(old, at=clock.now() - timedelta(hours=5))
    url = feeds.show("/hot.xml", [fresh, aged])
    evening = f"{clock.now() + timedelta(hours=2):%H:%M}"
    source = {"url": url, "digest": evening, "filter": {"max_age": "6h"}}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    # the machine was off at the time of the digest
    clock.advance(hours=6)
    assert [planned.post.text.count("https://") for planned in bot.preview().posts] == [1]
    bot.sync()
    (digest,) = visible_texts(sandbox)
    assert "Title fresh" in digest
    assert "Title old" not in digest
    reasons = [delivery.error.partition(":")[0] for delivery in bot.deliveries("skipped")]
    assert reasons == ["max_age"]


def test_the_wait_for_the_digest_makes_no_entry_too_old(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    evening = f"{clock.now() + timedelta(hours=10):%H:%M}"
    source = {"url": url, "digest": evening, "filter": {"max_age": "6h"}}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=10)
    bot.sync()
    (digest,) = visible_texts(sandbox)
    assert digest.count("https://") == 2
