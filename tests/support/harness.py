"""Helpers for tests of the whole program: a clock, a feed server, and the program itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import tomlkit

import forked_program
from fediverse.server import FediverseServer
from json_answers import check_answer
from postgres import emptied
from reblogbot import app
from reblogbot.app import Runtime
from reblogbot.core.round_report import RoundReport
from reblogbot.core.text import html_to_text
from reblogbot.engine.engine import Engine
from reblogbot.engine.preview import Preview, preview
from reblogbot.model import DeliveryState
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.store import Store, open_store
from reblogbot.web.http import Fetcher

# seconds; nothing takes that long, but a broken test must not wait for ever
MAX_WAIT = 120.0
# arguments of Python
PROGRAM = ("-m", "reblogbot")


def wait_until(condition: Callable[[], Any], event: str, timeout: float = MAX_WAIT) -> Any:
    """Return the result of `condition` once it is true. The test fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    start = time.monotonic()
    while not (result := condition()):
        now = time.monotonic()
        assert now < end, f"timed out waiting for {event}"
        # looking takes a small share of the CPU, the awaited program needs the rest
        time.sleep(max(0.01, 4 * (now - start)))
        start = time.monotonic()
    return result


class SettableClock:
    """A clock that stands still until it is advanced.

    It starts at the machine's time, so that a process of the program agrees with it.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self.instant = start or datetime.now(UTC).replace(microsecond=0)

    def now(self) -> datetime:
        return self.instant

    def advance(self, **span: float) -> datetime:
        self.instant += timedelta(**span)
        return self.instant


# feeds


@dataclass(frozen=True)
class Item:
    """One item of an RSS feed. Fields that are None are left out."""

    title: str | None = None
    link: str | None = None
    text: str | None = None
    guid: str | None = None
    at: datetime | None = None
    categories: tuple[str, ...] = ()

    def xml(self) -> str:
        texts = {"title": self.title, "link": self.link, "description": self.text}
        parts = [f"<{name}>{escape(value)}</{name}>" for name, value in texts.items() if value]
        if self.guid:
            parts.append(f'<guid isPermaLink="false">{escape(self.guid)}</guid>')
        if self.at:
            parts.append(f"<pubDate>{format_datetime(self.at)}</pubDate>")
        parts += [f"<category>{escape(category)}</category>" for category in self.categories]
        return f"<item>{''.join(parts)}</item>"


def rss(items: list[Item], title: str = "A hot list", language: str = "en") -> bytes:
    """An RSS feed of these items, in this order."""
    head = f"<title>{escape(title)}</title><link>https://list.example/</link>"
    head += f"<language>{language}</language>" if language else ""
    body = "\n".join(item.xml() for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<rss version="2.0"><channel>{head}\n{body}</channel></rss>\n'
    ).encode()


def items(clock: SettableClock, *names: str, minutes: int = 60) -> list[Item]:
    """An item for each name, the newest first, a minute apart.

    The last is the oldest, `minutes` before now.
    """
    start = clock.now() - timedelta(minutes=minutes)
    return [
        Item(f"Title {name}", f"https://news.example/{name}", at=start + timedelta(minutes=number))
        for number, name in enumerate(reversed(names))
    ][::-1]


def post_text(name: str) -> str:
    """The text of the post made from an item of `items`."""
    return f"Title {name}\nhttps://news.example/{name}"


@dataclass
class Page:
    """The response of the feed server for a path. A changed body changes the ETag."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/rss+xml"
    etag: bool = True


class FeedServer:
    """A web server on loopback whose pages a test sets, with `show` and `fail`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FeedServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def show(self, path: str, content: list[Item] | bytes, **options: Any) -> str:
        """Serve the content at a path from now on and return the URL."""
        title = {name: options.pop(name) for name in ("title", "language") if name in options}
        body = content if isinstance(content, bytes) else rss(content, **title)
        self.pages[path] = Page(body, **options)
        return self.url(path)

    def fail(self, path: str, status: int, **headers: str) -> str:
        """Answer a path with an error status from now on. Header names are written with _ for -."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(b"no", status, fields, "text/plain", etag=False)
        return self.url(path)

    def request_count(self, path: str) -> int:
        """How often a path was requested."""
        return sum(requested == path for requested, _ in self.requests)

    def _handler(server: FeedServer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                page = server.pages.get(self.path, Page(b"nothing here", 404, etag=False))
                with contextlib.suppress(OSError):
                    page(self) if callable(page) else _answer(self, page)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _answer(handler: BaseHTTPRequestHandler, page: Page) -> None:
    etag = f'"{hash(page.body) & 0xFFFFFFFF:x}"'
    etag_sent = handler.headers["If-None-Match"]
    is_unchanged = page.etag and page.status == 200 and etag_sent == etag
    body = b"" if is_unchanged else page.body
    handler.send_response(304 if is_unchanged else page.status)
    if page.etag:
        handler.send_header("ETag", etag)
    handler.send_header("Content-Type", page.kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in page.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


# the program


@dataclass(frozen=True)
class CliResult:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON document on standard output."""
        return json.loads(self.out)


@contextmanager
def kept_logging() -> Iterator[None]:
    """Undo what a command sets up for logs, when it was run in this process."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("reblogbot").level
    try:
        yield
    finally:
        root.handlers[:], root.level = before[0], before[1]
        logging.getLogger("reblogbot").setLevel(before[2])


class SharedResources:
    """The event loop, parser pool and empty store that all tests share.

    Starting them takes longer than a test.
    """

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory(prefix="reblogbot-tests-")
        self.workers = ParserProcessPool()

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def empty_store(self, clock: SettableClock) -> Path:
        """The file of an empty store. Copy it: creating the tables takes longer than a round."""
        path = Path(self._folder.name) / "empty.sqlite3"
        if not path.exists():
            open_store(f"sqlite:///{path}", "setup", clock.now())[0].close()
        return path

    def close(self) -> None:
        self.run(self.workers.close())
        self._runner.close()
        self._folder.cleanup()


class Bot:
    """A config in a folder, and the program run on it, in this process or in one of its own.

    The store is a file in that folder, or the database of `store_url`.
    """

    def __init__(
        self,
        folder: Path,
        clock: SettableClock,
        feeds: FeedServer,
        shared: SharedResources,
        store_url: str = "",
    ) -> None:
        self.store_url = store_url
        self.folder = folder
        self.path = folder / "config.toml"
        self.store_file = folder / "reblogbot.sqlite3"
        self.clock = clock
        self.feeds = feeds
        self._shared = shared

    # the config

    def configure(
        self,
        sources: dict[str, dict[str, Any]],
        accounts: dict[str, tuple[FediverseServer, str] | dict[str, Any]],
        **tables: dict[str, Any],
    ) -> None:
        """Write a config. An account is a table, or a pair of server and token.

        Unless the tables say otherwise, pace is unlimited and doubts are resolved soon.
        """
        pace = {"per_hour": 100_000, "per_day": 1_000_000}
        config: dict[str, Any] = {
            "http": {"allow_private": [self.feeds.address], "timeout": "5s"},
            "delivery": {"timeout": "20s", "read_back_after": "10s", "lease": "1m"},
        }
        if self.store_url:
            config["store"] = {"url": self.store_url}
        for name, table in tables.items():
            config[name] = {**config.get(name, {}), **table}
        config["accounts"] = {}
        for name, account in accounts.items():
            keys = dict(account) if isinstance(account, dict) else self.account(name, *account)
            config["accounts"][name] = {**keys, "pace": {**pace, **keys.get("pace", {})}}
        config["sources"] = {
            name: {"kind": "feed", "to": list(accounts)[:1], "first": "all", **keys}
            for name, keys in sources.items()
        }
        self.path.write_text(tomlkit.dumps(config), encoding="utf-8")

    def account(self, name: str, sandbox: FediverseServer, token: str = "") -> dict[str, Any]:
        """The config table of an account on a test server, with its token in a file."""
        self.set_token(name, token or sandbox.add_account(name, bot=True))
        return {"server": sandbox.url, "token_file": f"{name}.token", "allow_http": True}

    def set_token(self, name: str, token: str) -> None:
        file = self.folder / f"{name}.token"
        file.touch(0o600)
        file.write_text(token, encoding="utf-8")

    # rounds in this process, on the settable clock

    @contextmanager
    def open_worker(self, make_runtime: Callable[..., Runtime] | None = None) -> Iterator[Worker]:
        """Yield the program as in one process, with its own senders and lease owner."""
        self._copy_empty_store()
        config = app.load_config(self.path)
        store = app.open_for_work(config, self.clock)
        fetcher = Fetcher(config.http, clock=self.clock)
        edges = app.Edges(fetcher, self._shared.workers, self.clock)
        runtime = (make_runtime or app.Edges.runtime)(edges, config, store)
        worker = Worker(runtime, store, self._shared)
        try:
            yield worker
        finally:
            worker.run(worker.runtime.close())
            worker.run(fetcher.close())
            store.close()

    def sync(self, *names: str, which: Any = "asked") -> RoundReport:
        """Run one round, as `sync` does."""
        with self.open_worker() as worker:
            return worker.sync(*names, which=which)

    def preview(self, *names: str) -> Preview:
        """Return what `preview` prints."""
        with self.open_worker() as worker:
            names = names or tuple(worker.engine.config.sources)
            return worker.run(preview(worker.engine, names))

    def sync_until_settled(self, rounds: int = 30, **step: float) -> list[RoundReport]:
        """Run rounds, advancing the clock between them, until no delivery is open."""
        reports = []
        for _ in range(rounds):
            reports.append(self.sync())
            if not self.open_deliveries():
                return reports
            self.clock.advance(**(step or {"minutes": 6}))
        raise AssertionError(f"still open after {rounds} rounds: {self.open_deliveries()}")

    def open_deliveries(self) -> list[Any]:
        """The deliveries that are queued, being sent or in doubt."""
        with self.store() as store:
            return [delivery for delivery in store.outbox.find() if delivery.state != "held"]

    def deliveries(self, *states: str) -> list[Any]:
        """The deliveries in these states, in the order of queueing."""
        with self.store() as store:
            return store.outbox.find(
                states=[DeliveryState(state) for state in states] or list(DeliveryState)
            )

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store, for inspection."""
        url = app.load_config(self.path).store.url
        store, _ = open_store(url, new_lease_owner(), self.clock.now())
        try:
            yield store
        finally:
            store.close()

    def delete_store(self) -> None:
        """Delete the store, as when the disk is gone."""
        if self.store_url:
            emptied(self.store_url)
        for file in self.folder.glob("*.sqlite3*"):
            file.unlink()

    def _copy_empty_store(self) -> None:
        if not self.store_url and not self.store_file.exists():
            shutil.copy(self._shared.empty_store(self.clock), self.store_file)

    # processes

    def start(
        self,
        *arguments: str,
        program: Sequence[str] = PROGRAM,
        under: Sequence[object] = (),
        **environ: str,
    ) -> subprocess.Popen[str] | forked_program.ForkedProgram:
        """Start the program in a process of its own. `log` returns what it logs.

        `under` is a command that runs it, such as one that limits its resources.
        """
        variables = {**os.environ, **environ}
        with self._log().open("a", encoding="utf-8") as log:
            if program == PROGRAM and not under and forked_program.may_fork(variables):
                words = ["-c", str(self.path), *arguments]
                return forked_program.fork(words, variables, log, folder=self.folder)
            return subprocess.Popen(
                [*map(str, under), sys.executable, *program, "-c", str(self.path), *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=self.folder,
                env=variables,
            )

    def call(self, *arguments: str, under: Sequence[object] = (), **environ: str) -> CliResult:
        """Run the program to its end in a process of its own."""
        before = len(self.log())
        process = self.start(*arguments, under=under, **environ)
        try:
            out, _ = process.communicate(timeout=MAX_WAIT)
        finally:
            kill(process)
        check_answer(arguments, process.returncode, out)
        return CliResult(process.returncode, out, self.log()[before:])

    def log(self) -> str:
        """The standard error of all its processes."""
        return self._log().read_text(encoding="utf-8") if self._log().exists() else ""

    def _log(self) -> Path:
        return self.folder / "stderr.log"


@dataclass(frozen=True)
class Worker:
    """A runtime on an open store, for tests that are not async."""

    runtime: Runtime
    store: Store
    _shared: SharedResources

    @property
    def engine(self) -> Engine:
        return self.runtime.engine

    def run(self, work: Any) -> Any:
        return self._shared.run(work)

    def sync(self, *names: str, which: Any = "asked") -> RoundReport:
        names = names or tuple(self.runtime.config.sources)
        return self.run(self.runtime.sync(names, which))


def kill(process: subprocess.Popen[Any] | forked_program.ForkedProgram) -> None:
    """Kill a process, if it has not ended, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def accepted_posts(sandbox: FediverseServer, account: str = "news") -> list[str]:
    """What a server accepted from an account, in order: texts of posts and URIs of boosts."""
    acts = [act for act in sandbox.accepted if act["account"] == account]
    return [
        act["text"] if act["act"] == "post" else act["uri"]
        for act in acts
        if act["act"] in ("post", "boost")
    ]


def visible_texts(sandbox: FediverseServer, account: str = "news") -> list[str]:
    """The texts of the statuses on the server now, oldest first, as people read them."""
    return [html_to_text(status["content"]) for status in sandbox.statuses(account)]


def host_and_port(url: str) -> str:
    """The host and port of a URL."""
    return urlsplit(url).netloc
