"""Whole errands of an admin, from the first page to what came of it at the server and in the config.

The bot really works between the clicks: its rounds run in this process, against the tests' server.
"""

import asyncio
import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from admin_page_browser import PHONE
from admin_page_client import PASSWORD
from harness import accepted_posts, items, post_text, visible_texts
from reblogbot import app

SITE = b"""<html><head><title>A site</title>
<link rel="alternate" type="application/rss+xml" href="/garden.xml" title="Garden">
<link rel="alternate" type="application/rss+xml" href="/papers.xml" title="Papers">
</head></html>"""
OPML = """<opml version="2.0"><body><outline text="Science">
<outline text="Stars" xmlUrl="https://stars.example/feed"/>
<outline text="Rocks" xmlUrl="https://rocks.example/feed"/>
<outline text="News" xmlUrl="{news}"/>
</outline></body></opml>"""
STORM = [f"storm{number}" for number in range(12)]


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """A bot with a source whose posts are reviewed, three of them held, and one with a storm."""
    news = feeds.show("/news.xml", items(clock, "c", "b", "a"))
    pages = {"news": news, "blog": feeds.show("/blog.xml", []), "list": feeds.show("/list.xml", [])}
    sources = {name: {"url": url} for name, url in pages.items()}
    sources["news"]["review"] = True
    sources["blog"]["max_per_poll"] = 5
    slow = bot.account("second", sandbox) | {"pace": {"gap": "10m", "per_hour": 6}}
    bot.configure(sources, {"main": (sandbox, ""), "second": slow})
    bot.sync()
    return bot


@pytest.fixture
def work(configured, clock):
    """Lets the bot do a round, after so many minutes."""

    async def work(minutes=30):
        clock.advance(minutes=minutes)
        await asyncio.to_thread(configured.sync)

    return work


def message(tab):
    """What the page says about what was done last."""
    return tab.locator("p.message, div.message")


def button(tab, name):
    return tab.get_by_role("button", name=name, exact=True)


def link(tab, name):
    return tab.get_by_role("link", name=name, exact=True)


def main_link(tab, name):
    return tab.get_by_role("navigation", name="Pages").get_by_role("link", name=name)


def card(tab, words):
    return tab.locator("article.post").filter(has_text=words)


def pardon(visitor, *statuses):
    """The browser reports a page with such a status as an error, which was meant here."""
    assert [re.search(r"status of (\d+)", error)[1] for error in visitor.errors] == [
        str(status) for status in statuses
    ]
    visitor.errors.clear()


async def log_in(tab, password=PASSWORD):
    await tab.get_by_label("Password").fill(password)
    await tab.get_by_label("Password").press("Enter")


# the way in and out


async def test_the_first_login_leads_to_where_one_wanted_to_go(visit, page):
    visitor = await visit(logged_in=False)
    tab = await visitor.open("/queue?state=held")
    await expect(tab).to_have_title("Log in · reblogbot")
    await log_in(tab, "a wrong password")
    await expect(message(tab)).to_have_text("Wrong name or password.")
    await expect(tab.get_by_label("Name")).to_have_value("admin")
    await log_in(tab)
    await tab.wait_for_url("**/queue?state=held")
    await expect(tab.locator("article.post")).to_have_count(3)
    pardon(visitor, 403)
    await button(tab, "Log out").click()
    await tab.wait_for_url("**/login")
    await tab.goto(f"http://{page.address}/")
    await tab.wait_for_url("**/login")


@pytest.mark.parametrize("script", [True, False])
async def test_what_was_written_outlasts_the_session(visit, page, work, sandbox, script):
    visitor = await visit(script=script)
    tab = await visitor.open("/queue?state=held")
    await link(card(tab, "Title a"), "Edit").click()
    await tab.get_by_label("Text", exact=True).fill("Written “in” the night <b>")
    page.site.sessions.end_all()
    if script:
        await expect(tab.get_by_role("status").last).to_contain_text("it is kept")
    await button(tab, "Save").click()
    await expect(message(tab)).to_contain_text("The session has ended")
    await log_in(tab, "a wrong password")
    await expect(message(tab)).to_contain_text("Wrong name or password.")
    await log_in(tab)
    await expect(tab.get_by_text("It was not taken, and nothing was changed.")).to_be_visible()
    await expect(tab.get_by_role("textbox")).to_have_value("Written “in” the night <b>")
    assert "Title a" in accepted_or_waiting(page)
    await button(tab, "Send it now").click()
    await expect(message(tab)).to_contain_text("is edited and held")
    pardon(visitor, 403, 403)
    await button(tab, "Release").click()
    await work()
    assert visible_texts(sandbox, "main") == ["Written “in” the night <b>"]


def accepted_or_waiting(page):
    """The texts of all deliveries that are open."""
    return "\n".join(each.post.text for each in page.store.outbox.find())


async def test_all_is_stopped_and_goes_on(visit, page, work, sandbox, feeds, clock):
    visitor = await visit()
    tab = await visitor.open("/")
    await link(tab, "Stop everything").click()
    await button(tab, "Stop everything").click()
    await expect(message(tab)).to_contain_text("Everything is stopped")
    for name in ("Queue", "History", "Sources", "Accounts", "Config", "Log"):
        await main_link(tab, name).click()
        await expect(tab.locator(".banner")).to_contain_text("Everything is stopped")
    feeds.show("/list.xml", items(clock, "new"))
    await work()
    assert accepted_posts(sandbox, "main") == []
    await link(tab, "Start again").click()
    await expect(tab.get_by_role("main")).to_contain_text("One delivery waits in the queue")
    await button(tab, "Start again").click()
    await expect(message(tab)).to_have_text("Posting goes on.")
    await expect(tab.locator(".banner")).to_have_count(0)
    await work()
    assert accepted_posts(sandbox, "main") == [post_text("new")]


# the queue


async def test_a_storm_is_released_at_a_pace_and_its_rest_is_skipped(
    visit, page, work, sandbox, feeds, clock
):
    feeds.show("/blog.xml", items(clock, *STORM))
    await work()
    tab = await (await visit()).open("/")
    await link(tab, "Decide").click()
    storm = tab.locator("section.storm")
    await expect(storm.get_by_role("heading")).to_contain_text("12 posts of blog for main are held")
    await storm.get_by_label("how many").fill("2")
    await button(storm, "Release the newest at a pace").click()
    await expect(message(tab)).to_contain_text("due ")
    await expect(storm.get_by_role("heading")).to_contain_text("10 posts of blog")
    questions = []

    async def accept(dialog):
        questions.append(dialog.message)
        await dialog.accept()

    tab.on("dialog", accept)
    await button(storm, "Skip the rest").click()
    await expect(storm).to_have_count(0)
    assert questions == ["Skip all that is left of this storm? They are not posted."]
    await expect(message(tab)).to_contain_text("Changed 10 deliveries.")
    await work()
    await work()
    assert sorted(accepted_posts(sandbox, "main")) == [post_text("storm0"), post_text("storm1")]


async def test_a_held_text_is_edited_posted_and_retracted(visit, page, work, sandbox):
    visitor = await visit()
    tab = await visitor.open("/")
    await main_link(tab, "Queue").click()
    await link(card(tab, "Title b"), "Edit").click()
    field = tab.get_by_label("Text", exact=True)
    await field.fill("much too long " * 60)
    await expect(tab.locator("#length")).to_have_class(re.compile("warm"))
    await button(tab, "Save").click()
    await expect(message(tab)).to_contain_text("is not changed")
    await expect(field).to_have_value("much too long " * 60)
    pardon(visitor, 409)
    await field.fill("A better text\nhttps://news.example/b")
    await button(tab, "Save").click()
    await expect(message(tab)).to_contain_text("is edited and held")
    await expect(tab.locator("article.post")).to_contain_text("written by the admin")
    await button(tab, "Release").click()
    await expect(message(tab)).to_contain_text("is queued now")
    await work()
    assert visible_texts(sandbox, "main") == ["A better text\nhttps://news.example/b"]

    await main_link(tab, "History").click()
    await link(tab, "Retract").click()
    await button(tab, "Delete 1 post").click()
    await expect(message(tab)).to_have_text("1 post is being deleted.")
    await work()
    assert visible_texts(sandbox, "main") == []
    # the page follows by itself
    await expect(tab.locator("#retracted")).to_contain_text("retracted")
    await link(tab, "History").last.click()
    await expect(tab.locator("#history li")).to_contain_text("retracted")


async def test_several_are_changed_at_once(visit, page, work, sandbox):
    visitor = await visit()
    tab = await visitor.open("/queue?state=held")
    await button(tab.locator(".bulk"), "Release").click()
    await expect(message(tab)).to_contain_text("tick some deliveries first")
    await tab.get_by_label("All on this page").check()
    await card(tab, "Title c").get_by_role("checkbox").uncheck()
    await button(tab.locator(".bulk"), "Release").click()
    await expect(tab.locator("article.post")).to_have_count(1)
    await expect(tab.locator("article.post")).to_contain_text("Title c")
    await work()
    assert sorted(accepted_posts(sandbox, "main")) == [post_text("a"), post_text("b")]

    await main_link(tab, "Sources").click()
    for name in ("news", "list"):
        await tab.get_by_role("checkbox", name=name, exact=True).check()
    await button(tab.locator(".bulk"), "Pause").click()
    await expect(message(tab)).to_contain_text("Paused: ")
    sources = app.load_config(page.bot.path).sources
    assert {name for name in sources if not sources[name].enabled} == {"news", "list"}


# sources


async def test_a_site_is_added_and_renamed(visit, page, work, sandbox, feeds, clock):
    feeds.show("/garden.xml", items(clock, "flower"))
    papers = feeds.show("/papers.xml", items(clock, "three", "two", "one"))
    site = feeds.show("/site", SITE, kind="text/html")
    before = page.bot.path.read_text("utf-8")
    visitor = await visit()
    tab = await visitor.open("/sources")
    await link(tab, "Add a source").click()
    await tab.get_by_label("Address").fill(site)
    await button(tab, "Look at it").click()
    await expect(message(tab)).to_have_text("Choose which account shall post.")
    await expect(tab.get_by_label("Address")).to_have_value(site)
    pardon(visitor, 400)
    await tab.get_by_role("checkbox", name="main").check()
    await button(tab, "Look at it").click()
    await tab.get_by_role("radio", name="Papers").check()
    await button(tab, "Look at it").click()
    posts = tab.locator("article.post")
    await expect(posts).to_contain_text(["Title three", "Title two", "Title one"])
    table = await tab.locator("pre.code").inner_text()
    assert page.bot.path.read_text("utf-8") == before
    await tab.get_by_label("Name", exact=True).fill("papers")
    await button(tab, "Add").click()
    await expect(message(tab)).to_have_text("Added papers.")
    name = re.search(r"^\[sources\.(.*)\]$", table, re.MULTILINE)[1]
    table = table.replace(f"[sources.{name}]", "[sources.papers]")
    after = page.bot.path.read_text("utf-8")
    assert f'url = "{papers}"' in table
    assert table in after
    assert after.replace(table, "").rstrip("\n") == before.rstrip("\n")

    await work()
    feeds.show("/papers.xml", items(clock, "four", "three", "two", "one"))
    await work()
    assert accepted_posts(sandbox, "main") == [post_text("four")]
    await tab.get_by_label("New name").fill("science")
    await button(tab, "Rename").click()
    await expect(message(tab)).to_contain_text("papers is called science now")
    assert "papers" not in app.load_config(page.bot.path).sources
    await work()
    assert accepted_posts(sandbox, "main") == [post_text("four")]
    await link(tab, "what was posted").click()
    await expect(tab.locator("#history li")).to_contain_text("Title four")


async def test_opml_is_imported_paused(visit, page, work, feeds):
    tab = await (await visit()).open("/sources")
    await link(tab, "Import OPML").click()
    content = OPML.format(news=feeds.url("/news.xml")).encode()
    file = {"name": "feeds.opml", "mimeType": "text/x-opml", "buffer": content}
    await tab.get_by_label("File").set_input_files([file])
    await tab.get_by_role("checkbox", name="second").check()
    await tab.get_by_label("Add them paused").check()
    await button(tab, "Look at it").click()
    await expect(tab.get_by_role("heading", level=1)).to_have_text("3 feeds")
    await expect(tab.locator(".badge")).to_have_text(["2 new", "1 there already"])
    await expect(tab.get_by_role("main")).to_contain_text("https://rocks.example/feed")
    assert len(app.load_config(page.bot.path).sources) == 3
    await button(tab, "Add 2 sources").click()
    await expect(message(tab)).to_have_text("Added 2 sources.")
    await expect(tab.locator(".badge").filter(has_text="paused")).to_have_count(2)
    sources = app.load_config(page.bot.path).sources
    assert [(sources[name].enabled, sources[name].to) for name in list(sources)[3:]] == [
        (False, ("second",))
    ] * 2


# the config


async def test_a_broken_config_is_mended(visit, page):
    before = page.bot.path.read_text("utf-8")
    broken = before.replace("max_per_poll = 5", 'max_per_poll = "many"')
    visitor = await visit()
    tab = await visitor.open("/queue")
    await expect(tab.locator(".banner")).to_have_count(0)
    page.bot.path.write_text(broken, "utf-8")
    # the page follows by itself
    await expect(tab.locator(".banner")).to_contain_text("The config file has faults.")
    await link(tab.locator(".banner"), "Mend it").click()
    number = 1 + broken[: broken.index('"many"')].count("\n")
    fault = tab.locator(".faults li")
    await expect(fault).to_contain_text(f"line {number}")
    await expect(fault).to_contain_text("sources.blog.max_per_poll")
    editor = tab.get_by_label("The text of the config")
    await link(fault, f"line {number}").click()
    assert await tab.evaluate("getSelection().toString()") == 'max_per_poll = "many"'
    await tab.keyboard.type("max_per_poll = -1")
    await button(tab, "Save").click()
    await expect(message(tab)).to_have_text("Nothing was saved: this text has faults.")
    await link(fault, f"line {number}").click()
    await tab.keyboard.type("max_per_poll = 6")
    await button(tab, "Check").click()
    await expect(message(tab)).to_have_text("No faults. Nothing is saved yet.")
    await expect(tab.locator(".difference .added")).to_have_text("+max_per_poll = 6")
    assert page.bot.path.read_text("utf-8") == broken
    await expect(editor).to_have_value(re.compile("max_per_poll = 6"))
    await button(tab, "Save").click()
    await expect(message(tab)).to_contain_text("The config was saved.")
    await expect(tab.locator(".banner")).to_have_count(0)
    assert page.bot.path.read_text("utf-8") == before.replace("per_poll = 5", "per_poll = 6")


async def test_two_admins_lose_nothing_of_each_other(visit, page):
    visitors = [await visit(), await visit()]
    first, second = [await visitor.open("/sources/list/edit") for visitor in visitors]
    await first.locator("[name='key:review']").select_option("yes")
    await second.locator("[name='key:every']").fill("2h")
    await button(first, "Save").click()
    await expect(message(first)).to_contain_text("list was saved.")
    await button(second, "Save").click()
    await expect(message(second)).to_contain_text("The config was changed meanwhile")
    await expect(second.locator(".difference .added")).to_contain_text("review = true")
    await expect(second.locator("[name='key:every']")).to_have_value("2h")
    await expect(second.locator("[name='key:review']")).to_have_value("true")
    assert "2h" not in page.bot.path.read_text("utf-8")
    await button(second, "Save").click()
    await expect(message(second)).to_contain_text("list was saved.")
    source = app.load_config(page.bot.path).sources["list"]
    assert (source.review, source.every) == (True, timedelta(hours=2))

    for tab in (first, second):
        await tab.goto(f"http://{page.address}/queue?state=held")
    await tab_that_follows_nothing(second)
    await button(card(first, "Title a"), "Skip").click()
    await expect(first.locator("article.post")).to_have_count(2)
    await button(card(second, "Title a"), "Release").click()
    await expect(message(second)).to_contain_text("is skipped by now")


async def tab_that_follows_nothing(tab):
    await tab.evaluate("dispatchEvent(new Event('pagehide'))")


# other ways to use a browser


async def test_the_keyboard_is_enough(visit, page, work, sandbox):
    visitor = await visit(logged_in=False)
    tab = await visitor.open("/queue")
    keys = tab.keyboard
    await keys.type(PASSWORD)
    await keys.press("Enter")
    await tab.wait_for_url(f"http://{page.address}/queue")
    await keys.press("j")
    assert "Title" in await tab.evaluate("document.activeElement.textContent")
    await keys.press("e")
    field = tab.get_by_label("Text", exact=True)
    await field.wait_for()
    await tab_to(tab, field)
    await keys.press("Control+a")
    await keys.type("Written without a mouse")
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(message(tab)).to_contain_text("is edited and held")
    await keys.press("j")
    await keys.press("r")
    await expect(message(tab)).to_contain_text("is queued now")
    await work()
    assert visible_texts(sandbox, "main") == ["Written without a mouse"]
    await keys.press("p")
    await expect(tab.locator("#history li")).to_have_count(1)
    await keys.press("j")
    await keys.press("x")
    await tab_to(tab, button(tab, "Retract…"))
    await keys.press("Enter")
    await tab_to(tab, button(tab, "Delete 1 post"))
    await keys.press("Enter")
    await expect(message(tab)).to_have_text("1 post is being deleted.")
    await work()
    assert visible_texts(sandbox, "main") == []


async def tab_to(tab, place):
    """Press Tab until the place has the focus, once around the page at most."""
    for key in ("Tab", "Shift+Tab"):
        for _ in range(40):
            if await place.evaluate("element => element === document.activeElement"):
                return
            await tab.keyboard.press(key)
    pytest.fail(f"{place} cannot be reached")


async def test_a_phone_without_script_is_enough(visit, page, work, sandbox, feeds, clock):
    papers = feeds.show("/papers.xml", items(clock, "one"))
    visitor = await visit(PHONE, script=False, logged_in=False)
    tab = await visitor.open("/sources/add")
    await log_in(tab)
    await tab.get_by_label("Address").fill(papers)
    await tab.get_by_role("checkbox", name="main").check()
    await button(tab, "Look at it").click()
    await expect(tab.locator("article.post")).to_contain_text("Title one")
    await button(tab, "Add").click()
    await expect(message(tab)).to_contain_text("Added ")
    await link(tab, "Form").click()
    await tab.locator("[name='key:review']").select_option("yes")
    await button(tab, "Save").click()
    await expect(message(tab)).to_contain_text("was saved")
    await work()
    feeds.show("/papers.xml", items(clock, "two", "one"))
    await work()
    await main_link(tab, "Queue").click()
    await button(card(tab, "Title two"), "Release").click()
    await expect(message(tab)).to_contain_text("is queued now")
    await work()
    assert accepted_posts(sandbox, "main") == [post_text("two")]
