"""The streams of server-sent events: what they tell, how many there may be, and when they end."""

import asyncio
import contextlib
import re
import socket

import aiohttp
import pytest

from admin_page_client import PASSWORD
from harness import kill, wait_until
from reblogbot.admin.password import write_password
from reblogbot.admin_page import events, sessions
from reblogbot.config.settings import AdminSettings


def unused_address():
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{wire.getsockname()[1]}"


class Stream:
    """A browser that listens."""

    def __init__(self, answer):
        self.answer = answer

    async def next(self, wanted):
        """The data of the next event of this name; None where the stream ends before."""
        name = ""
        async with asyncio.timeout(60):
            async for line in self.answer.content:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data" and name == wanted:
                    return value
        return None


@pytest.fixture
def listen(page):
    """Begins to listen, as a browser in which the admin is logged in."""
    page.site.streams.interval = 0.02

    @contextlib.asynccontextmanager
    async def listen():
        async with page.session.get(f"http://{page.address}/events") as answer:
            yield Stream(answer)

    return listen


async def unwatched(page):
    async with asyncio.timeout(60):
        while page.site.streams.is_watching:
            await asyncio.sleep(0)


async def test_a_change_by_another_process_is_told(page, listen, configured):
    async with listen() as stream:
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        assert stream.answer.headers["X-Accel-Buffering"] == "no"
        first = await stream.next("store")
        result = await asyncio.to_thread(configured.call, "stop")
        assert result.code == 0
        assert int(await stream.next("store")) > int(first)


async def test_a_line_of_the_log_is_told_by_its_number(page, listen, caplog):
    async with listen() as stream:
        await stream.next("store")
        caplog.set_level("INFO", "reblogbot")
        await page.post("/stop")
        assert int(await stream.next("log")) == page.site.tools.log.newest > 0


async def test_a_change_of_the_config_is_told(page, listen, configured):
    async with listen() as stream:
        first = await stream.next("store")
        configured.path.write_text(configured.path.read_text() + "\n# a remark\n")
        assert int(await stream.next("store")) > int(first)


async def test_nothing_is_told_without_a_session(serve, configured):
    client = await serve(configured)
    async with client.session.get(f"http://{client.address}/events") as answer:
        assert answer.status == 403


async def test_the_store_is_watched_only_while_somebody_listens(page, listen):
    await page.get("/")
    assert not page.site.streams.is_watching
    async with listen() as stream:
        await stream.next("store")
        assert page.site.streams.is_watching
        stream.answer.close()
        await unwatched(page)
    async with listen() as stream:
        assert await stream.next("store")


async def test_a_stream_ends_with_its_session(page, listen):
    async with listen() as stream:
        await stream.next("store")
        assert (await page.post("/logout")).path == "/login"
        assert await stream.next("end") == "session"
        assert await stream.next("store") is None


async def test_a_stream_is_no_use_of_its_session(page, listen, monkeypatch):
    """A browser left open must not stay logged in for ever."""
    monkeypatch.setattr(sessions, "MAX_IDLE", 0.2)
    async with listen() as stream:
        assert await stream.next("end") == "session"


async def test_a_page_that_asks_for_its_news_is_no_use_of_its_session(page, monkeypatch):
    uptime = sessions.uptime()
    monkeypatch.setattr(sessions, "uptime", lambda: uptime + sessions.MAX_IDLE - 1)
    assert (await page.get("/", **{"X-Live": "1"})).path == "/"
    monkeypatch.setattr(sessions, "uptime", lambda: uptime + sessions.MAX_IDLE + 60)
    assert (await page.get("/", **{"X-Live": "1"})).path == "/login"


async def test_a_message_waits_for_the_page_that_the_admin_opens(page):
    async with page.session.post(
        f"http://{page.address}/stop", data={"csrf": page.csrf_token}, allow_redirects=False
    ) as answer:
        assert answer.status == 303
    assert (await page.get("/", **{"X-Live": "1"})).messages == []
    assert len((await page.get("/")).messages) == 1


async def test_only_so_many_may_listen(page, listen):
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(events.MAX_STREAMS):
            stream = await stack.enter_async_context(listen())
            await stream.next("store")
        async with listen() as refused:
            assert refused.answer.status == 503
        stream.answer.close()
        async with asyncio.timeout(60):
            while (await stack.enter_async_context(listen())).answer.status != 200:
                pass


async def test_a_new_password_ends_all_streams(page, listen):
    async with listen() as stream:
        await stream.next("store")
        page.site.settings.password_file.write_text("")
        assert await stream.next("end") == "session"


async def test_an_old_stream_ends_so_that_the_browser_begins_another(page, listen, monkeypatch):
    monkeypatch.setattr(events, "MAX_AGE", 0.1)
    async with listen() as stream:
        assert await stream.next("end") is None


async def test_a_silent_stream_says_that_it_is_there(page, listen, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT_INTERVAL", 0.0)
    async with listen() as stream:
        async with asyncio.timeout(60):
            while not (await stream.answer.content.readline()).startswith(b":"):
                pass


async def test_the_server_stops_at_once_while_somebody_listens(page, listen):
    async with listen() as stream:
        await stream.next("store")
        async with asyncio.timeout(30):
            await page.server.listen(AdminSettings())
        assert await stream.next("end") is None
    assert not page.site.streams.is_watching


async def test_a_daemon_ends_while_somebody_listens(configured):
    address = unused_address()
    write_password(configured.folder / "page.passwords", "admin", PASSWORD)
    text = configured.path.read_text()
    table = f'[admin]\nlisten = "{address}"\npassword_file = "page.passwords"\n'
    configured.path.write_text(f"{text}\n{table}")
    daemon = configured.start("run")
    try:
        await asyncio.to_thread(wait_until, lambda: "listening" in configured.log(), "listening")
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            url = f"http://{address}"
            async with session.get(f"{url}/login") as answer:
                token = re.search(r'name="csrf" value="([^"]+)"', await answer.text())[1]
            form = {"csrf": token, "name": "admin", "password": PASSWORD}
            async with session.post(f"{url}/login", data=form) as answer:
                assert answer.url.path == "/"
            async with session.get(f"{url}/events") as answer:
                stream = Stream(answer)
                assert await stream.next("store")
                daemon.terminate()
                assert await stream.next("end") is None
        assert await asyncio.to_thread(daemon.wait, 60) == 0, configured.log()
    finally:
        kill(daemon)
