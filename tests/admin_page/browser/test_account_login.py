"""Logging an account in with a real browser, which keeps back our cookie when it comes back."""

from admin_page_client import PASSWORD
from reblogbot import app


async def test_an_account_is_logged_in_at_its_server(visit, page, sandbox):
    sandbox.add_account("papers", bot=True)
    visitor = await visit(script=False, logged_in=False)
    # ports do not tell sites apart: by another name the page is another site than the server
    visitor.address = page.address.replace("127.0.0.1", "localhost")
    tab = await visitor.open("/login?next=/accounts/login/new")
    await tab.fill("input[name=password]", PASSWORD)
    await tab.press("input[name=password]", "Enter")
    await tab.fill("input[name=name]", "papers")
    await tab.fill("input[name=server]", sandbox.url)
    await tab.press("input[name=server]", "Enter")
    await tab.click("text=Continue at")
    await tab.select_option("select", "papers")
    await tab.click("text=Let it in")
    await tab.wait_for_url("**/accounts/papers")
    assert "papers is logged in as @papers@" in await tab.inner_text("p.message")
    assert app.load_config(page.bot.path).accounts["papers"].server == sandbox.url
    session = await tab.context.new_cdp_session(tab)
    history = await session.send("Page.getNavigationHistory")
    assert [entry["url"] for entry in history["entries"] if "code=" in entry["url"]] == []
    visitor.requests.clear()
