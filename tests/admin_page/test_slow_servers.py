"""Other servers that never answer: what a page waits for, and what does not wait for it."""

import asyncio
import contextlib
import re
import threading

import aiohttp
import pytest

from admin_page_client import PASSWORD
from harness import MAX_WAIT, kill, wait_until
from reblogbot.admin.password import write_password
from reblogbot.admin_page import other_servers, site
from reblogbot.admin_page.request import Redirect, Route

PATIENT = """
from reblogbot import cli
from reblogbot.admin_page import other_servers
other_servers.MAX_SECONDS = 3600
cli.main()
"""


@pytest.fixture
def silent_server(feeds):
    """The address of a page that never comes, and whether it was asked for."""
    is_asked, is_over = threading.Event(), threading.Event()

    def wait(_):
        is_asked.set()
        is_over.wait(600)

    feeds.pages["/silent"] = wait
    yield feeds.url("/silent"), is_asked
    is_over.set()


async def test_a_daemon_ends_while_a_page_waits_for_a_server(
    configured, silent_server, unused_address
):
    silent_url, is_asked = silent_server
    write_password(configured.folder / "page.passwords", "admin", PASSWORD)
    text = configured.path.read_text().replace('timeout = "5s"', 'timeout = "600s"')
    assert "600s" in text
    table = f'[admin]\nlisten = "{unused_address}"\npassword_file = "page.passwords"\n'
    configured.path.write_text(f"{text}\n{table}")
    daemon = configured.start("run", program=("-c", PATIENT))
    try:
        await asyncio.to_thread(wait_until, lambda: "listening" in configured.log(), "listening")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            url = f"http://{unused_address}"

            async def post(path, form):
                async with session.get(f"{url}/login") as answer:
                    token = re.search(r'name="csrf" value="([^"]+)"', await answer.text())[1]
                async with session.post(f"{url}{path}", data={"csrf": token, **form}) as answer:
                    return answer.url.path

            assert await post("/login", {"name": "admin", "password": PASSWORD}) == "/"
            form = {"address": silent_url, "to": "news"}
            adding = asyncio.create_task(post("/sources/add", form))
            assert await asyncio.to_thread(is_asked.wait, MAX_WAIT)
            daemon.terminate()
            with pytest.raises(aiohttp.ClientError):
                await adding
        assert await asyncio.to_thread(daemon.wait, MAX_WAIT) == 0, configured.log()
    finally:
        kill(daemon)
    assert "Traceback" not in configured.log()


async def test_a_slow_page_may_last_longer_than_other_connections(serve, configured, monkeypatch):
    has_begun, is_over = threading.Event(), threading.Event()

    def view(_):
        has_begun.set()
        is_over.wait(MAX_WAIT)
        return Redirect("/queue")

    monkeypatch.setattr(site, "ROUTES", (*site.ROUTES, Route("POST", "/slow", view, is_slow=True)))
    client = await serve(configured)
    await client.log_in()
    client.server._connection_timeout = 1.0
    # a client would send a GET again
    waiting = asyncio.create_task(client.post("/slow"))
    assert await asyncio.to_thread(has_begun.wait, MAX_WAIT)
    host, port = client.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    # this one, younger than the other, says nothing and is aborted
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    client.server._connection_timeout = 30.0
    is_over.set()
    assert (await waiting).path == "/queue"


async def test_a_preview_of_a_form_ends_in_time(page, monkeypatch):
    monkeypatch.setattr(other_servers, "MAX_SECONDS", 0)
    form = await page.get("/sources/hot/edit")
    version = re.search(r'name="version" value="([^"]+)"', form.text)[1]
    answer = await page.post("/sources/hot/preview", {"version": version})
    assert answer.status == 200
    assert other_servers.TOO_SLOW in answer.text
