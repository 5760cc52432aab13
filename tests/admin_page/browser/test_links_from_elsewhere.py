"""A link to the admin's page on another site: the session goes on."""

from playwright.async_api import expect


async def test_an_admin_who_follows_a_link_stays_logged_in(visit, page, feeds):
    link = f'<a href="http://{page.address}/queue?state=held">the queue</a>'
    feeds.show("/chat", f"<!DOCTYPE html><title>Chat</title>{link}".encode(), kind="text/html")
    visitor = await visit()
    tab = await visitor.context.new_page()
    # another host's name, because ports do not separate sites
    await tab.goto(feeds.url("/chat").replace("127.0.0.1", "localhost"))
    await tab.click("a")
    await expect(tab.get_by_role("heading", level=1)).to_have_text("Queue")
