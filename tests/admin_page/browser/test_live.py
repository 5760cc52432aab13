"""The script of the page: news without a reload, keys, and forms that are sent once."""

import asyncio
import logging

import pytest

from admin_page_scene import make_busy
from reblogbot.admin_page.views.log import PAGE_SIZE

log = logging.getLogger("reblogbot.tests")


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """A bot in the middle of its work."""
    make_busy(bot, feeds, sandbox, clock)
    return bot


@pytest.fixture(autouse=True)
def quick(page, caplog):
    page.site.streams.interval = 0.05
    caplog.set_level("INFO", "reblogbot")


async def focused(tab):
    return await tab.evaluate(
        "(document.activeElement.closest('[data-row]') || document.activeElement).textContent"
    )


async def test_home_follows_the_store_without_a_reload(visit, page, configured):
    tab = await (await visit()).open("/")
    await tab.evaluate("window.isTheSame = true")
    await tab.get_by_role("link", name="Stop everything").focus()
    await asyncio.to_thread(configured.call, "stop")
    await tab.get_by_role("link", name="Start again").wait_for()
    assert await tab.evaluate("window.isTheSame")
    await tab.wait_for_function("document.getElementById('hint').textContent.includes('updated')")
    await asyncio.to_thread(configured.call, "start")
    await tab.get_by_role("link", name="Stop everything").wait_for()


async def test_the_log_follows_and_leaves_alone_what_is_in_use(visit, page):
    visitor = await visit()
    for number in range(PAGE_SIZE):
        log.info("line %d", number, extra={"source": "chouti"})
    tab = await visitor.open("/log")
    await tab.keyboard.press("j")
    await tab.keyboard.press("j")
    row = await focused(tab)
    assert f"line {PAGE_SIZE - 2}" in row
    log.warning("news of the moment")
    await tab.get_by_text("news of the moment").wait_for()
    assert await focused(tab) == row
    assert await tab.locator("#log li").count() == PAGE_SIZE
    await tab.fill("input[name=text]", "writing")
    log.info("more news")
    await tab.get_by_text("more news").wait_for()
    assert await tab.input_value("input[name=text]") == "writing"
    assert await tab.evaluate("document.activeElement.name") == "text"


async def test_a_page_whose_session_has_ended_says_so(visit, page):
    tab = await (await visit()).open("/")
    async with asyncio.timeout(60):
        while not page.site.streams.is_watching:
            await asyncio.sleep(0)
    page.site.sessions.end_all()
    await tab.get_by_text("The session has ended.").wait_for()


async def test_keys_lead_everywhere_and_can_be_switched_off(visit):
    visitor = await visit()
    tab = await visitor.open("/")
    await tab.keyboard.press("l")
    await tab.wait_for_url("**/log")
    await tab.keyboard.press("/")
    assert await tab.evaluate("document.activeElement.name") == "text"
    await tab.keyboard.type("hq?")
    assert tab.url.endswith("/log")
    await tab.keyboard.press("Escape")
    await tab.keyboard.press("Control+h")
    await tab.keyboard.press("?")
    sheet = tab.get_by_role("dialog", name="Keyboard")
    await sheet.wait_for()
    await tab.keyboard.press("h")
    await sheet.get_by_role("checkbox").uncheck()
    await tab.keyboard.press("Escape")
    await sheet.wait_for(state="hidden")
    await tab.keyboard.press("h")
    await tab.keyboard.press("?")
    assert await tab.get_by_role("dialog").count() == 0
    assert tab.url.endswith("/log")
    tab = await visitor.open("/help/keys")
    assert not await tab.get_by_role("checkbox").is_checked()


async def test_a_form_is_sent_once_and_again_after_the_back_button(visit, page):
    tab = await (await visit()).open("/stop")
    stop = tab.get_by_role("button", name="Stop everything")
    await stop.dblclick()
    await (
        tab.get_by_role("heading", name="needs you")
        .or_(tab.get_by_role("heading", name="need you"))
        .wait_for()
    )
    assert "stopped already" not in await tab.content()
    await tab.go_back()
    assert await tab.get_by_role("button").first.is_enabled()


async def test_everything_works_without_script(visit, page):
    tab = await (await visit(script=False)).open("/")
    assert await tab.locator("noscript meta[http-equiv=refresh]").count() == 1
    await tab.get_by_role("link", name="Stop everything").click()
    await tab.get_by_role("button", name="Stop everything").click()
    assert page.store.outbox.stopped_at() is not None
    await tab.get_by_role("link", name="Keyboard").click()
    await tab.get_by_role("heading", name="Keyboard").wait_for()
