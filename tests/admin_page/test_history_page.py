"""The page "History": what was posted, searched in bounded parts, and taken back."""

import asyncio
import re
import sqlite3
from html import unescape

import pytest

from harness import items, visible_texts
from reblogbot.admin_page.views import history as view
from reblogbot.store import posted


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """Five posts of one source, a minute apart, and one of another."""
    urls = {
        "hot": feeds.show("/hot", items(clock, *"edcba")),
        "other": feeds.show("/other", items(clock, "Über")),
    }
    bot.configure({name: {"url": url} for name, url in urls.items()}, {"news": (sandbox, "")})
    bot.sync("hot")
    clock.advance(minutes=1)
    bot.sync("other")
    return bot


def titles(answer):
    """The titles of the listed posts."""
    rows = re.findall(r'<li id="p\d+"[^>]*>.*?<bdi[^>]*>([^<]*)', answer.text, re.DOTALL)
    return [unescape(title) for title in rows]


def following(answer):
    match = re.search(r'rel="next" href="([^"]+)"', answer.text)
    return unescape(match[1]) if match else ""


def number_of(page, name):
    (number,) = [each.id for each in page.bot.deliveries() if f"Title {name}\n" in each.post.text]
    return number


ALL = ["Title Über", *(f"Title {letter}" for letter in "edcba")]


async def test_what_was_posted_is_listed_newest_first(page):
    answer = await page.get("/history")
    assert sorted(titles(answer)) == sorted(ALL)
    assert titles(answer)[0] == "Title Über"
    assert answer.text.count(">the post</a>") == 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=title+d", ["Title d"]), ("q=ÜBER", ["Title Über"]), ("q=nothing+such", []),
        ("source=other", ["Title Über"]), ("account=nobody", []),
        ("since=2100-01-01", []), ("until=2000-01-01", []), ("since=nonsense&q=title+example/a", ["Title a"]),
    ],
)  # fmt: skip
async def test_the_list_is_narrowed(page, query, expected):
    assert titles(await page.get(f"/history?{query}")) == expected


async def test_pages_follow_each_other_without_gaps(page, monkeypatch):
    monkeypatch.setattr(view, "ROWS", 2)
    listed, path = [], "/history"
    while path:
        answer = await page.get(path)
        listed += titles(answer)
        path = following(answer)
    assert sorted(listed) == sorted(ALL)


async def test_a_search_looks_at_some_posts_and_goes_on_from_there(page, monkeypatch):
    monkeypatch.setattr(posted, "MOST_LOOKED_AT", 1)
    with sqlite3.connect(page.bot.store_file) as raw:
        raw.execute("UPDATE delivery SET settled_at = settled_at + 1000 * id")
    first = await page.get("/history?q=title+example/a")
    assert titles(first) == []
    assert "Searched back to" in first.text
    listed, path = [], following(first)
    while path:
        answer = await page.get(path)
        listed += titles(answer)
        path = following(answer)
    assert listed == ["Title a"]


async def test_a_post_is_deleted_after_the_question(page, sandbox, caplog):
    caplog.set_level("INFO", "reblogbot")
    number = number_of(page, "c")
    question = await page.get(f"/history/retract?post={number}")
    assert titles(question) == ["Title c"]
    assert "Delete 1 post" in question.text
    assert len(visible_texts(sandbox)) == 6
    result = await page.post("/history/retract", {"post": str(number)})
    assert result.messages == ["1 post is being deleted."]
    changes = [record for record in caplog.records if "being deleted" in record.getMessage()]
    assert [(record.admin, record.chosen) for record in changes] == [("admin", str(number))]
    assert "to be deleted at the server" in result.text
    await asyncio.to_thread(page.bot.sync)
    after = await page.get("/history/retracted")
    assert ">retracted</span>" in after.text
    assert len(visible_texts(sandbox)) == 5
    again = await page.post("/history/retract", {"post": str(number)})
    assert again.messages == [
        "Nothing is deleted: these posts were taken back already, or are gone."
    ]


async def test_all_of_a_source_are_shown_before_they_are_deleted(page):
    question = await page.get("/history/retract?source=hot&since=2h")
    assert sorted(titles(question)) == [f"Title {letter}" for letter in "abcde"]
    assert "Delete 5 posts" in question.text
    assert titles(await page.get("/history/retract?source=hot&since=nonsense")) == []
    assert (await page.get("/history/retract")).path == "/history"


async def test_what_waits_is_not_deleted_but_told(page):
    answer = await page.get("/history/retract?post=999&post=x")
    assert "999: no such post" in answer.text
    assert "There is nothing to delete." in answer.text


@pytest.mark.parametrize("place", ["x", "1-", "-1", "9" * 16 + "-" + "9" * 16, "0-0", "%00-1"])
async def test_a_place_of_nonsense_shows_a_page(page, place):
    assert (await page.get(f"/history?before={place}")).status == 200


class TestPostgresql:
    """The pages on PostgreSQL."""

    @pytest.fixture
    def database_kind(self):
        return "postgresql"

    async def test_every_page_of_posts_answers(self, page):
        answer = await page.get("/history?q=title+d")
        assert titles(answer) == ["Title d"]
        for path in (
            "/queue", "/queue?state=dead", "/queue?state=skipped&after=1-1", "/history?before=9-9",
            "/entries?q=title", "/entries?q=nothing", "/entries?q=1", "/history/retract?since=2h",
        ):  # fmt: skip
            assert (await page.get(path)).status == 200
