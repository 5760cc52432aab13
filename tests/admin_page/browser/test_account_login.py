"""Logging an account in with a real browser, which keeps back our cookie when it comes back."""

from playwright.async_api import expect

from harness import host_and_port
from reblogbot import app


async def test_an_account_is_logged_in_at_its_server(visit, page, sandbox, feeds):
    """At a wrong server first, and after a refusal."""
    sandbox.add_account("papers", bot=True)
    visitor = await visit(script=False)
    tab = await visitor.open("/accounts/login/new")
    message = tab.locator("p.message")
    server = tab.get_by_label("Server")
    await tab.get_by_label("A short name for it").fill("papers")
    await server.fill(feeds.url(""))
    await server.press("Enter")
    await expect(message).to_contain_text(feeds.address)
    await expect(tab.get_by_label("A short name for it")).to_have_value("papers")
    (error,) = visitor.errors
    assert "status of 400" in error
    visitor.errors.clear()

    for decision in ("No", "Let it in"):
        await tab.get_by_label("A short name for it").fill("papers")
        await server.fill(sandbox.url)
        await server.press("Enter")
        await tab.click("text=Continue at")
        await tab.select_option("select", "papers")
        assert "papers" not in app.load_config(page.bot.path).accounts
        await tab.get_by_role("button", name=decision).click()
        if decision == "No":
            host = host_and_port(sandbox.url)
            denied = f"{host}: the login was denied there; nothing changed"
            await expect(message).to_have_text(denied)
    await tab.wait_for_url("**/accounts/papers")
    assert "papers is logged in as @papers@" in await tab.inner_text("p.message")
    assert app.load_config(page.bot.path).accounts["papers"].server == sandbox.url
    session = await tab.context.new_cdp_session(tab)
    history = await session.send("Page.getNavigationHistory")
    assert [entry["url"] for entry in history["entries"] if "code=" in entry["url"]] == []
    visitor.requests.clear()
