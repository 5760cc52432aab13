"""The page "Sources": the list, the page of a source, and what can be changed there."""

import re
from html import unescape

import pytest

from harness import items
from reblogbot import app
from reblogbot.admin_page.rendering import source_path
from reblogbot.admin_page.views.accounts import account_path


@pytest.fixture
def polled(configured, feeds, clock):
    """The bot after a round in which `hot` brought two entries and `gone` failed."""
    feeds.show("/hot.xml", items(clock, "b", "a"))
    configured.sync()
    return configured


def rows(answer):
    """The names of the sources in the list, in their order."""
    return re.findall(r"data-open><bdi>([^<]*)", answer.text)


def sources(page):
    return app.load_config(page.bot.path).sources


async def test_the_list_shows_trouble_first_with_its_error_in_words(polled, page):
    answer = await page.get("/sources")
    assert rows(answer) == ["gone", "hot"]
    assert "410" in answer.text
    assert rows(await page.get("/sources?order=config")) == ["hot", "gone"]
    assert rows(await page.get("/sources?order=new")) == ["hot", "gone"]
    assert rows(await page.get("/sources?order=name")) == ["gone", "hot"]
    assert rows(await page.get("/sources?state=failing")) == ["gone"]
    assert rows(await page.get("/sources?text=hot.XML")) == ["hot"]


async def test_the_list_tells_what_was_new_and_posted(polled, page):
    answer = await page.get("/sources?text=hot")
    assert answer.text.count("<td>2<small> / 2</small></td>") == 2


async def test_a_chosen_source_is_paused_and_no_trouble_then(polled, page):
    await page.get("/sources")
    answer = await page.post("/sources?state=failing", {"action": "pause", "name": ["gone"]})
    assert answer.messages == ["Paused: gone."]
    assert answer.path == "/sources?state=failing"
    assert not sources(page)["gone"].enabled
    assert rows(answer) == []
    assert rows(await page.get("/sources?state=paused")) == ["gone"]
    answer = await page.post("/sources", {"resume": "gone"})
    assert answer.messages == ["Resumed: gone."]
    assert sources(page)["gone"].enabled


async def test_a_removal_is_asked_for_and_says_what_waits(page):
    await page.get("/sources")
    answer = await page.post("/sources", {"action": "remove", "name": ["hot", "gone"]})
    assert "No post waits." in answer.text
    assert len(sources(page)) == 2
    version = re.search(r'name="version" value="([^"]+)"', answer.text)[1]
    fields = {"name": ["hot"], "version": version}
    answer = await page.post("/sources/remove", fields)
    assert answer.messages == ["Removed: hot."]
    assert list(sources(page)) == ["gone"]


async def test_a_removal_asked_for_on_another_config_removes_nothing(page):
    await page.get("/sources")
    answer = await page.post("/sources/remove", {"name": ["hot"], "version": "old"})
    assert answer.messages[0].startswith("The config was changed meanwhile")
    assert len(sources(page)) == 2


async def test_a_source_that_is_removed_can_be_forgotten_too(polled, page):
    answer = await page.get("/sources")
    answer = await page.post("/sources", {"action": "remove", "name": ["hot"]})
    version = re.search(r'name="version" value="([^"]+)"', answer.text)[1]
    fields = {"name": ["hot"], "version": version, "forget": "1"}
    answer = await page.post("/sources/remove", fields)
    assert answer.messages == ["Removed and forgotten: hot."]
    assert not page.store.sources.of(["hot"])


async def test_a_source_is_renamed_with_what_is_known_of_it(polled, page):
    await page.get("/sources/hot")
    answer = await page.post("/sources/hot/rename", {"new": "热 榜/1"})
    assert answer.messages[0].startswith("hot is called 热 榜/1 now")
    assert answer.status == 200
    assert "热 榜/1" in sources(page)
    assert list(page.store.sources.of(["热 榜/1"])) == ["热 榜/1"]


async def test_a_name_that_is_taken_is_refused(page):
    await page.get("/sources/hot")
    answer = await page.post("/sources/hot/rename", {"new": "gone"})
    assert answer.status == 400
    assert "already" in answer.text


@pytest.mark.parametrize("name", ["add", "import", "export", "remove"])
async def test_a_source_named_like_a_page_of_ours_has_its_own(page, name):
    await page.get("/sources/hot")
    answer = await page.post("/sources/hot/rename", {"new": name})
    assert answer.path == f"/sources/{name}/overview"
    assert f"<bdi>{name}</bdi>" in answer.text


async def test_the_page_of_a_source_tells_how_it_fails(polled, page):
    answer = await page.get("/sources/gone")
    assert "It has failed once" in answer.text
    assert "410" in answer.text


@pytest.mark.parametrize("path", ["/sources/nothing", "/sources/nothing/overview"])
async def test_a_source_that_is_not_there_has_no_page(page, path):
    assert (await page.get(path)).status == 404


@pytest.mark.parametrize(
    "query", ["page=0", "page=99999999999999999999", "state=x", "order=%00", "text=" + "x" * 3000]
)
async def test_any_query_gets_a_list(page, query):
    assert (await page.get(f"/sources?{query}")).status == 200


async def test_a_source_may_have_any_name(page, sandbox):
    names = ["{x} %s", "a/b", "50%25", "?q=1&x#y", "\"'><img src=x>", "…"]
    table = {"url": page.bot.feeds.url("/any.xml"), "enabled": False}
    account = {**page.bot.account("news", sandbox), "enabled": False}
    page.bot.configure(dict.fromkeys(names, table), dict.fromkeys(["news", *names], account))
    page.site.tools.refresh()
    for name in names:
        for path in (source_path(name), source_path(name, "edit"), account_path(name)):
            answer = await page.get(path)
            assert answer.status == 200, path
            assert name in unescape(answer.text), path
