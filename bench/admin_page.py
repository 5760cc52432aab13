"""The CPU time and the size of each page of the admin's page, with a thousand sources.

Another page is measured when its path is added to PATHS.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import aiohttp

from bench.bench import Bench
from bench.line import Line
from bench.page_store import fill, write_config
from reblogbot import app
from reblogbot.admin.password import write_password
from reblogbot.admin.server import AdminServer
from reblogbot.admin_page.site import open_site
from reblogbot.daemon.stats import DaemonStats

PASSWORD = secrets.token_urlsafe()
PATHS = (
    "/",
    "/queue",
    "/queue?state=held",
    "/queue?state=queued&source=source-77",
    "/queue?state=dead",
    "/queue?state=skipped",
    "/queue/{last}",
    "/history",
    "/history?q=newspapers",
    "/history?q=no+such+words",
    "/history?q=über+straße",
    "/history?source=source-77",
    "/history?since=2025-01-01&until=2025-02-01",
    "/history/retract?since=2h",
    "/entries?q=newspapers",
    "/entries?q=no+such+words",
    "/entries?q=Über+Straße",
    "/entries/{last}",
    "/sources",
    "/sources/source-77",
    "/accounts",
    "/accounts/news",
    "/config",
    "/log",
)
BAR = 50.0
"""Milliseconds of CPU, as in the contract of the page."""
LARGEST = 60.0
"""KB of a page."""


def measure(bench: Bench) -> Iterator[Line]:
    """Ask for each page, and yield the median time of an answer and the size of the largest."""
    sources, deliveries = (200, 20_000) if bench.is_quick else (1000, 1_000_000)
    folder = bench.folder("admin-page")
    bench.say(f"  filling a store with {deliveries} deliveries")
    url = fill(folder / "store.sqlite3", datetime.now(UTC), sources=sources, deliveries=deliveries)
    write_config(folder / "config.toml", url, sources=sources)
    answers = asyncio.run(_answers(folder, deliveries, 5 if bench.is_quick else 15))
    for path, (milliseconds, size, status) in answers.items():
        detail = f"{size / 1000:.1f} KB" + (f", status {status}" if status != 200 else "")
        yield Line(f"page {path}", milliseconds, BAR, unit="ms", detail=detail)
    largest = max(size for _, size, _ in answers.values())
    yield Line("the largest page", largest / 1000, LARGEST, unit="KB")


async def _answers(folder: Path, last: int, times: int) -> dict[str, tuple[float, int, int]]:
    """The median milliseconds of CPU, the bytes and the status of each page, with the client's."""
    write_password(folder / "passwords", "admin", PASSWORD)
    config = app.load_config(folder / "config.toml")
    address = f"127.0.0.1:{_free_port()}"
    settings = config.admin.model_copy(
        update={"listen": address, "password_file": folder / "passwords"}
    )
    store = app.open_for_work(config)
    stats = DaemonStats(config)
    site = open_site(folder / "config.toml", store, stats, settings)
    server = AdminServer(store, stats, store.clock, make_page=lambda _: site)
    await server.listen(settings)
    answers = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(f"http://{address}/login") as login:
            token = re.search(r'name="csrf" value="([^"]+)"', await login.text())
        form = {"csrf": token[1] if token else "", "name": "admin", "password": PASSWORD}
        async with client.post(f"http://{address}/login", data=form):
            pass
        for pattern in PATHS:
            path = pattern.format(last=last)
            measured, size, status = [], 0, 0
            for _ in range(times + 1):
                start = time.process_time()
                async with client.get(f"http://{address}{path}") as answer:
                    size, status = len(await answer.read()), answer.status
                measured.append((time.process_time() - start) * 1000)
            answers[path] = median(measured[1:]), size, status
    await server.listen(type(settings)())
    store.close()
    return answers


def _free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])
