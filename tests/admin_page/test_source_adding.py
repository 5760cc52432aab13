"""Adding sources on the page: nothing is saved before it was shown, and only on the same config."""

import re
from html import unescape

import pytest

from harness import items, rss
from reblogbot import app

SITE = b"""<html><head><title>A site</title>
<link rel="alternate" type="application/rss+xml" href="/garden.xml" title="Garden">
<link rel="alternate" type="application/rss+xml" href="/papers.xml" title="Papers">
</head></html>"""
OPML = """<opml version="2.0"><body><outline text="科技">
<outline text="One" xmlUrl="https://one.example/feed"/>
<outline text="Two" xmlUrl="https://two.example/feed"/>
<outline text="Two again" xmlUrl="https://two.example/feed"/>
<outline text="Hot" xmlUrl="{hot}"/>
<outline text="Nothing" htmlUrl="https://nothing.example/"/>
</outline></body></opml>"""


def sources(page):
    return app.load_config(page.bot.path).sources


def draft(answer):
    return re.search(r'name="draft" value="([^"]+)"', answer.text)[1]


@pytest.fixture
def garden(feeds, clock):
    """The address of a feed with two entries."""
    return feeds.show("/garden.xml", items(clock, "b", "a"), title="The garden")


async def looked_at(page, address, **fields):
    await page.get("/sources/add")
    return await page.post("/sources/add", {"address": address, **fields})


async def test_a_feed_is_shown_with_its_newest_entries_before_it_is_added(page, garden):
    answer = await looked_at(page, garden)
    assert 'Title b\n<a href="https://news.example/b"' in answer.text
    assert f'url = "{garden}"' in unescape(answer.text)
    assert len(sources(page)) == 2
    answer = await page.post("/sources/add/save", {"draft": draft(answer), "name": "my garden"})
    assert answer.messages == ["Added my garden."]
    assert answer.path == "/sources/my garden"
    assert sources(page)["my garden"].url == garden


async def test_of_a_site_with_two_feeds_one_is_chosen(page, feeds, clock, garden):
    feeds.show("/papers.xml", items(clock, "c"), title="Papers")
    site = feeds.show("/", SITE, kind="text/html")
    answer = await looked_at(page, site)
    assert "Which feed?" in answer.text
    answer = await page.post("/sources/add", {"draft": draft(answer), "choice": "1"})
    assert "Title c" in answer.text
    await page.post("/sources/add/save", {"draft": draft(answer), "name": "papers"})
    assert sources(page)["papers"].url == feeds.url("/papers.xml")


async def test_a_person_and_a_hashtag_are_known_by_their_form(page):
    answer = await looked_at(page, "#fediverse")
    assert 'tag = "fediverse"' in unescape(answer.text)
    await page.post("/sources/add/save", {"draft": draft(answer), "name": "tag"})
    assert sources(page)["tag"].kind == "hashtag"


async def test_a_config_that_changed_meanwhile_is_shown_and_not_overwritten(page, garden):
    answer = await looked_at(page, garden)
    text = page.bot.path.read_text("utf-8")
    page.bot.path.write_text(f"# by hand\n{text}", "utf-8")
    answer = await page.post("/sources/add/save", {"draft": draft(answer), "name": "garden"})
    assert answer.status == 409
    assert "+# by hand" in answer.text
    assert len(sources(page)) == 2
    # what was shown may be added to
    answer = await page.post("/sources/add/save", {"draft": draft(answer), "name": "garden"})
    assert answer.messages == ["Added garden."]
    assert page.bot.path.read_text("utf-8").startswith("# by hand\n")


async def test_two_previews_of_one_session_do_not_mix(page, feeds, clock, garden):
    other = feeds.show("/other.xml", items(clock, "c"), title="Other")
    first = await looked_at(page, garden)
    second = await looked_at(page, other)
    await page.post("/sources/add/save", {"draft": draft(first), "name": "first"})
    assert sources(page)["first"].url == garden
    answer = await page.post("/sources/add/save", {"draft": draft(second), "name": "second"})
    assert answer.status == 409
    assert "second" not in sources(page)


async def test_a_name_that_is_taken_can_be_corrected(page, garden):
    answer = await looked_at(page, garden)
    answer = await page.post("/sources/add/save", {"draft": draft(answer), "name": "hot"})
    assert "already" in answer.text
    answer = await page.post("/sources/add/save", {"draft": draft(answer), "name": "garden"})
    assert answer.messages == ["Added garden."]


@pytest.mark.parametrize("address", ["", "no such:address", "https://[", "@nobody"])
async def test_what_is_no_address_is_answered_with_the_form(page, address):
    answer = await looked_at(page, address)
    assert (answer.status, 'name="address"' in answer.text) == (400, True)


async def test_an_address_without_a_feed_is_answered_with_the_reason(page, feeds):
    answer = await looked_at(page, feeds.show("/page", b"<html>no feed</html>", kind="text/html"))
    assert "no feed found" in answer.text


async def test_a_preview_that_is_not_kept_adds_nothing(page):
    await page.get("/sources/add")
    for path in ("/sources/add/save", "/sources/add", "/sources/import/save"):
        answer = await page.post(path, {"draft": "gone", "name": "x"})
        assert answer.messages[0].startswith("This preview is not kept any more")


async def test_an_opml_file_is_planned_and_then_imported_in_one_go(page, feeds):
    await page.get("/sources/import")
    content = OPML.format(hot=feeds.url("/hot.xml")).encode()
    answer = await page.upload("/sources/import", "file", content, {"pause": "1", "tags": "1"})
    for badge in ("2 new", "1 there already", "1 listed twice", "1 no feeds"):
        assert f">{badge}<" in answer.text
    assert len(sources(page)) == 2
    answer = await page.post("/sources/import/save", {"draft": draft(answer)})
    assert answer.messages == ["Added 2 sources."]
    assert not sources(page)["One"].enabled
    assert sources(page)["Two"].tags == ("科技",)


async def test_an_import_can_be_planned_again_with_other_options(page, feeds):
    await page.get("/sources/import")
    content = OPML.format(hot=feeds.url("/hot.xml")).encode()
    first = await page.upload("/sources/import", "file", content, {"tags": "1"})
    await page.upload("/sources/import", "unused", b"", {"draft": draft(first), "pause": "1"})
    await page.post("/sources/import/save", {"draft": draft(first)})
    assert sources(page)["One"].enabled
    assert sources(page)["One"].tags == ("科技",)


async def test_pasted_text_is_imported_too(page):
    await page.get("/sources/import")
    answer = await page.upload("/sources/import", "file", b"", {"text": OPML.format(hot="")})
    assert ">2 new<" in answer.text


@pytest.mark.parametrize("content", [b"", b"no opml", rss([])])
async def test_what_is_no_opml_is_answered_with_the_form(page, content):
    await page.get("/sources/import")
    answer = await page.upload("/sources/import", "file", content)
    assert (answer.status, 'type="file"' in answer.text) == (400, True)


async def test_the_export_is_a_file_that_the_import_knows(page):
    answer = await page.get("/sources/export")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    await page.get("/sources/import")
    answer = await page.upload("/sources/import", "file", answer.text.encode())
    assert ">0 new<" in answer.text
    assert ">2 there already<" in answer.text
