"""The page's application: log-in, sessions, protection against other sites, and errors."""

import pytest

from reblogbot.admin_page.rendering import asset

PATHS = ["/", "/queue", "/history", "/sources", "/accounts", "/config", "/log"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_page_answers_an_admin(page, path):
    answer = await page.get(path)
    assert (answer.status, answer.path) == (200, path)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src")


@pytest.mark.parametrize("path", PATHS)
async def test_without_a_session_a_page_leads_to_the_login(serve, configured, path):
    answer = await (await serve(configured)).get(path)
    assert answer.path.startswith("/login")


async def test_an_unknown_path_has_a_page_for_an_admin_alone(page):
    for path in ("/nope", "/sources/a/b/c", "/accounts/news/login"):
        answer = await page.get(path)
        assert (answer.status, answer.path) == (404, path)
        assert "There is nothing here" in answer.text
        assert 'href="/queue"' in answer.text
    page.session.cookie_jar.clear()
    answer = await page.get("/nope")
    assert (answer.status, "<" in answer.text) == (404, False)


async def test_a_wrong_password_opens_nothing(serve, configured):
    client = await serve(configured)
    answer = await client.log_in(password="wrong password")
    assert answer.status == 403
    assert answer.messages == ["Wrong name or password."]
    assert (await client.get("/queue")).path.startswith("/login")


async def test_a_form_without_its_token_is_refused(page):
    page.csrf_token = "0" * 64
    assert (await page.post("/logout")).status == 403
    assert (await page.get("/queue")).path == "/queue"


async def test_a_session_is_worthless_after_the_log_out(page):
    cookies = {cookie.key: cookie.value for cookie in page.session.cookie_jar}
    await page.get("/")
    assert (await page.post("/logout")).path == "/login"
    page.session.cookie_jar.update_cookies(cookies)
    assert (await page.get("/queue")).path.startswith("/login")


def test_the_style_sheet_closes_every_block_that_it_opens():
    depth = 0
    for line in asset("page.css")[0].decode().splitlines():
        assert not (depth and line.startswith("/*")), line
        depth += line.count("{") - line.count("}")
    assert depth == 0


async def test_a_link_on_another_site_does_not_log_out(page):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    cookies = list(page.session.cookie_jar)
    page.session.cookie_jar.clear()
    answer = await page.get("/queue?state=held", **followed)
    assert "Set-Cookie" not in answer.headers
    assert 'href="/queue?state=held"' in answer.text
    page.session.cookie_jar.update_cookies({cookie.key: cookie.value for cookie in cookies})
    assert (await page.get("/queue?state=held")).status == 200


async def test_a_page_can_be_asked_for_without_its_body(page):
    async with page.session.head(f"http://{page.address}/queue") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with page.session.head(f"http://{page.address}/logout") as answer:
        assert answer.status == 404
