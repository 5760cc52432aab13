"""The web server of the daemon: its answers, who may ask, and its limits."""

import asyncio
import contextlib
import json
import logging
import re
import signal
import socket
import sqlite3
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest

from harness import MAX_WAIT, accepted_posts, items, kill, wait_until
from reblogbot.admin import health
from reblogbot.admin.server import MAX_CONNECTIONS, AdminServer
from reblogbot.config.settings import AdminSettings
from reblogbot.core.round_report import PollReport
from store_processes import on_a_small_disk

# health


async def test_it_is_alive(admin):
    answer = await admin.get("/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")


async def test_it_is_ready_when_it_ticks_and_the_store_takes_a_line(admin):
    answer = await admin.get("/readyz")
    assert answer.status == 200
    assert json.loads(answer.text) == {"ready": True, "tick": "ok", "store": "ok", "config": "ok"}


async def test_it_is_not_ready_when_the_ticks_have_stopped(admin, monkeypatch):
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 100)
    answer = await admin.get("/readyz")
    assert answer.status == 503
    assert json.loads(answer.text)["tick"] == "the last was 100 s ago"


async def test_a_tick_that_found_all_work_done_makes_it_ready_again(admin, monkeypatch):
    start = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: start + 100)
    assert admin.stats.tick_age() >= 99
    admin.stats.ticked()
    assert admin.stats.tick_age() == 0
    assert (await admin.get("/readyz")).status == 200


async def test_it_is_not_ready_when_the_store_was_deleted(admin, configured):
    configured.store_file.unlink()
    answer = await admin.get("/readyz")
    assert answer.status == 503
    assert json.loads(answer.text)["store"] == "store_missing"


async def test_it_is_not_ready_when_the_store_takes_no_line(admin, configured):
    with closing(sqlite3.connect(configured.store_file)) as other:
        other.execute("DROP TABLE notice")
    answer = await admin.get("/readyz")
    assert answer.status == 503
    assert json.loads(answer.text)["store"] == "store_corrupt"


async def test_it_is_not_ready_while_the_store_is_locked(admin, configured, monkeypatch):
    monkeypatch.setattr(health, "STORE_TIMEOUT", 0.2)
    with closing(sqlite3.connect(configured.store_file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(*(admin.get("/readyz") for _ in range(5)))
        assert [item.status for item in answers] == [503] * 5
        assert json.loads(answers[0].text)["store"] == "does not answer"
        other.execute("ROLLBACK")
    while json.loads((await admin.get("/readyz")).text)["store"] != "ok":
        await asyncio.sleep(0.01)


async def test_readyz_reports_a_broken_config_but_stays_ready(admin):
    admin.stats.is_config_ok = False
    answer = await admin.get("/readyz")
    assert answer.status == 200
    assert json.loads(answer.text)["config"] == "broken; the previous one is used"


async def test_the_line_it_writes_is_no_notice(admin, clock):
    for _ in range(2):
        admin.store.check_writable(clock.now())
    assert admin.store.history.record_notice("storm_held hot", clock.now())


# who may ask


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:9180", "127.0.0.1.evil.example", "", "[evil]", "a@127.0.0.1"],
)
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/"])
async def test_a_name_that_is_not_ours_is_refused(admin, path, host):
    answer = await admin.get(path, Host=host)
    assert answer.status == 421
    assert "reblogbot_" not in answer.text


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:1", "localhost", "LOCALHOST:9180", "[::1]:9180", "10.0.0.7:9180"],
)
async def test_an_address_or_our_own_name_is_known(admin, host):
    assert (await admin.get("/healthz", Host=host)).status == 200


async def test_the_hosts_own_name_is_known(admin):
    assert (await admin.get("/healthz", Host=socket.gethostname())).status == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd", "/favicon.ico"])
async def test_there_is_nothing_else(admin, path):
    answer = await admin.get(path)
    assert answer.status == 404
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_nothing_can_be_changed_through_it(admin, method):
    assert (await admin.get("/healthz", method)).status == 405


# without the extra


async def test_without_prometheus_client_the_hint_is_501(admin, monkeypatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "reblogbot.admin.metrics", raising=False)
    monkeypatch.delattr("reblogbot.admin.metrics", raising=False)
    answer = await admin.get("/metrics")
    assert answer.status == 501
    assert "pip install 'reblogbot[metrics]'" in answer.text
    assert (await admin.get("/healthz")).status == 200


# where it listens


async def test_it_follows_the_config_to_another_address(admin, port):
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        other = wire.getsockname()[1]
    await admin.server.listen(AdminSettings(listen=f"127.0.0.1:{other}"))
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{other}/healthz") as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"http://127.0.0.1:{port}/healthz")
    await admin.server.listen(AdminSettings())
    await admin.server.listen(AdminSettings())


async def test_a_port_in_use_is_logged_once_and_tried_again(admin, caplog):
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        wire.listen()
        taken = f"127.0.0.1:{wire.getsockname()[1]}"
        with caplog.at_level(logging.ERROR, "reblogbot"):
            for _ in range(3):
                await admin.server.listen(AdminSettings(listen=taken))
        (check,) = caplog.records
        assert (check.slug, check.listen) == ("admin_listen", taken)
    await admin.server.listen(AdminSettings(listen=taken))
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{taken}/healthz") as answer,
    ):
        assert answer.status == 200


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
async def test_a_request_that_is_never_finished_is_ended(admin, sent):
    host, _, taken = admin.address.rpartition(":")
    impatient = AdminServer(admin.store, admin.stats, connection_timeout=0.2)
    await admin.server.listen(AdminSettings())
    await impatient.listen(AdminSettings(listen=f"{host}:{taken}"))
    reader, writer = await asyncio.open_connection(host, int(taken))
    writer.write(sent)
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    await impatient.listen(AdminSettings())


async def test_a_connection_brings_one_answer(admin):
    reader, writer = await asyncio.open_connection(*admin.address.split(":"))
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2)
    answer = await reader.read()
    writer.close()
    assert answer.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in answer


async def test_so_many_connections_and_no_more_are_held_open(admin):
    address = admin.address.split(":")
    held = [await asyncio.open_connection(*address) for _ in range(MAX_CONNECTIONS)]
    with pytest.raises(aiohttp.ClientError):
        await admin.get("/healthz")
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    # the other side learns of it in its own time
    while True:
        with suppress(aiohttp.ClientError):
            assert (await admin.get("/healthz")).status == 200
            break


async def test_an_idle_client_does_not_keep_it_from_closing(admin):
    _, writer = await asyncio.open_connection(*admin.address.split(":"))
    writer.write(b"GET /healthz HTTP/1.1\r\n")
    await writer.drain()
    async with asyncio.timeout(MAX_WAIT):
        await admin.server.listen(AdminSettings())
    writer.close()


# in the daemon


def ask(bot, address, path):
    """The answer of the running daemon, as soon as there is one: (status, body)."""
    from urllib.error import HTTPError, URLError  # noqa: PLC0415
    from urllib.request import urlopen  # noqa: PLC0415

    def tried():
        try:
            with urlopen(f"http://{address}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()
        except URLError:
            return None

    return wait_until(tried, f"an answer of {path}; {bot.log()}")


@pytest.fixture
def daemon(bot, feeds, sandbox, clock, port):
    """A running daemon with two entries to post, and where it listens."""
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    sources = {"hot": {"url": url, "every": "1h"}, "off": {"url": feeds.fail("/off", 404)}}
    address = f"127.0.0.1:{port}"
    bot.configure(sources, {"news": (sandbox, "")}, admin={"listen": address})
    process = bot.start("run")
    yield process, address
    kill(process)


def test_the_daemon_counts_what_it_does(daemon, bot, sandbox):
    process, address = daemon
    wait_until(lambda: len(accepted_posts(sandbox)) == 2, "two posts")
    response = wait_until(
        lambda: (
            re.search(
                r'^reblogbot_posts_total{account="news",action="post"} 2\.0$',
                (text := ask(bot, address, "/metrics")[1]),
                re.MULTILINE,
            )
            and text
        ),
        "the count of posts",
    )
    assert 'reblogbot_polls_total{outcome="new"} 1.0' in response
    assert 'reblogbot_polls_total{outcome="failed"} 1.0' in response
    assert 'reblogbot_failures_total{slug="http_status",stage="poll"} 1.0' in response
    assert 'reblogbot_post_latency_seconds_count{account="news"} 2.0' in response
    assert 'reblogbot_sources{state="failed"} 1.0' in response
    assert ask(bot, address, "/readyz")[0] == 200
    token = (bot.folder / "news.token").read_text()
    assert token not in response
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=MAX_WAIT) == 0
    assert "Traceback" not in bot.log()


HASTY = """
from datetime import timedelta
from reblogbot import cli
from reblogbot.daemon import daemon, log_throttle
daemon.TICK = timedelta(milliseconds=100)
log_throttle.CALM = timedelta(seconds=1)
cli.main()
"""


def fill(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_is_said_once_shown_all_the_while_and_said_to_be_over(
    bot, feeds, sandbox, clock, port
):
    disk, address = bot.folder / "disk", f"127.0.0.1:{port}"
    disk.mkdir()
    sources = {"hot": {"url": feeds.show("/hot.xml", items(clock, "a")), "every": "100ms"}}
    tables = {
        "store": {"url": f"sqlite:///{disk}/store.sqlite3"},
        "admin": {"listen": address},
        # what the full disk interrupts is taken up soon
        "delivery": {"timeout": "2s", "lease": "3s", "read_back_after": "200ms"},
    }
    bot.configure(sources, {"news": (sandbox, "")}, **tables)
    under = on_a_small_disk(disk, "3m")
    process = bot.start("-vv", "run", program=("-c", HASTY), under=under)
    try:
        wait_until(lambda: accepted_posts(sandbox), "the first post")
        # what it sees of its disk, nobody else does
        ballast = Path(f"/proc/{process.pid}/root{disk}/ballast")
        fill(ballast)
        full = re.compile(r"(\w+) \S+: no space is left; .* slug=store_full")
        wait_until(lambda: full.findall(bot.log()).count("DEBUG") > 2, "a few ticks")
        assert full.findall(bot.log()).count("ERROR") == 1
        status, body = ask(bot, address, "/readyz")
        assert (status, json.loads(body)["store"]) == (503, "store_full")
        ballast.unlink()
        wait_until(lambda: "INFO works again after=" in bot.log(), "the end of it")
        feeds.show("/hot.xml", items(clock, "b", "a"))
        wait_until(lambda: len(accepted_posts(sandbox)) == 2, "the second post")
        assert full.findall(bot.log()).count("ERROR") == 1
        assert bot.log().count("works again") == 1
    finally:
        kill(process)


def test_a_broken_config_shows_and_a_mended_one_is_adopted(daemon, bot):
    process, address = daemon
    assert ask(bot, address, "/readyz")[0] == 200
    good = bot.path.read_text()
    bot.path.write_text(good + "oops")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "broken" in ask(bot, address, "/readyz")[1], "the broken config")
    bot.path.write_text(good.replace(f'listen = "{address}"', ""))
    wait_until(lambda: bot.log().count("config reloaded") == 1, "the mended one")
    wait_until(lambda: _is_closed(address), "a closed port")


def _is_closed(address):
    host, port = address.split(":")
    with socket.socket() as wire:
        return wire.connect_ex((host, int(port))) != 0


def test_polls_count_by_what_they_failed_of(configured):
    from reblogbot.app import load_config  # noqa: PLC0415
    from reblogbot.daemon.stats import MOST_SLUGS, DaemonStats  # noqa: PLC0415

    stats = DaemonStats(load_config(configured.path))
    for slug in ["a b", "x" * 99, 'a"} 1\nevil 2', *(f"slug_{n}" for n in range(MOST_SLUGS + 50))]:
        stats.polled(PollReport("hot", "failed", slug=slug))
    assert stats.failures["poll", "other"] >= 53
    assert len(stats.failures) <= MOST_SLUGS + 1
