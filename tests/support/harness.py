"""What tests of the whole program stand on: a clock, a server of feeds, and the program itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
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

from postgres import emptied
from reblogbot import app
from reblogbot.core.round_report import Round
from reblogbot.core.text import html_to_text
from reblogbot.engine.pipeline import Pipeline
from reblogbot.engine.preview import Preview, preview
from reblogbot.runtime.parser_pool import WorkerPool
from reblogbot.sandbox.server import Sandbox
from reblogbot.store import Store, open_store
from reblogbot.web.http import Fetcher

# nothing here takes that long: it only keeps a broken test from waiting for ever
PATIENCE = 30.0
# what Python is told to run
PROGRAM = ("-m", "reblogbot")


def until(is_so: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """What `is_so` returns as soon as it is true; the test fails when it never is."""
    deadline = time.monotonic() + patience
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)
    return found


class SettableClock:
    """Starts at the machine's time, so that the program run as a process agrees; then stands."""

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
    """One item of an RSS feed; what is None is left out."""

    title: str | None = None
    link: str | None = None
    text: str | None = None
    guid: str | None = None
    at: datetime | None = None
    categories: tuple[str, ...] = ()

    def xml(self) -> str:
        told = {"title": self.title, "link": self.link, "description": self.text}
        parts = [f"<{name}>{escape(value)}</{name}>" for name, value in told.items() if value]
        if self.guid:
            parts.append(f'<guid isPermaLink="false">{escape(self.guid)}</guid>')
        if self.at:
            parts.append(f"<pubDate>{format_datetime(self.at)}</pubDate>")
        parts += [f"<category>{escape(one)}</category>" for one in self.categories]
        return f"<item>{''.join(parts)}</item>"


def rss(items: list[Item], title: str = "A hot list", language: str = "en") -> bytes:
    """A feed that shows these items in this order."""
    head = f"<title>{escape(title)}</title><link>https://list.example/</link>"
    head += f"<language>{language}</language>" if language else ""
    body = "\n".join(item.xml() for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<rss version="2.0"><channel>{head}\n{body}</channel></rss>\n'
    ).encode()


def items(clock: SettableClock, *names: str, minutes: int = 60) -> list[Item]:
    """An item for each name, the newest first as feeds have it, a minute between each two.

    The last name is the oldest, `minutes` before now.
    """
    start = clock.now() - timedelta(minutes=minutes)
    return [
        Item(f"Title {name}", f"https://news.example/{name}", at=start + timedelta(minutes=number))
        for number, name in enumerate(reversed(names))
    ][::-1]


def text_of(name: str) -> str:
    """The text that an item of `items` becomes."""
    return f"Title {name}\nhttps://news.example/{name}"


@dataclass
class Page:
    """What a path of the feed server answers; a changed body changes the ETag."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/rss+xml"
    etag: bool = True


class FeedServer:
    """A web server on loopback whose answers a test sets: `server["/hot.xml"] = …`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FeedServer]:
        serving = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def url(self, path: str) -> str:
        return f"http://{self.address}{path}"

    def show(self, path: str, shown: list[Item] | bytes, **options: Any) -> str:
        """Serve this at a path from now on; its URL."""
        title = {name: options.pop(name) for name in ("title", "language") if name in options}
        body = shown if isinstance(shown, bytes) else rss(shown, **title)
        self.pages[path] = Page(body, **options)
        return self.url(path)

    def fail(self, path: str, status: int, **headers: str) -> str:
        """Answer this status from now on; header names are written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(b"no", status, named, "text/plain", etag=False)
        return self.url(path)

    def times(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked == path for asked, _ in self.asked)

    def _handler(server: FeedServer) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                page = server.pages.get(self.path, Page(b"nothing here", 404, etag=False))
                with contextlib.suppress(OSError):
                    page(self) if callable(page) else _answer(self, page)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _answer(handler: BaseHTTPRequestHandler, page: Page) -> None:
    mark = f'"{hash(page.body) & 0xFFFFFFFF:x}"'
    known = page.etag and page.status == 200 and handler.headers["If-None-Match"] == mark
    body = b"" if known else page.body
    handler.send_response(304 if known else page.status)
    if page.etag:
        handler.send_header("ETag", mark)
    handler.send_header("Content-Type", page.kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in page.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


# the program


@dataclass(frozen=True)
class Ran:
    """How one run of the program ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


class Workshop:
    """One event loop and one pool of parsers for all tests: starting them costs more than a test."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory(prefix="reblogbot-tests-")
        self.workers = WorkerPool()

    def run(self, work: Any) -> Any:
        return self._runner.run(work)

    def empty_store(self, clock: SettableClock) -> Path:
        """The file of a store nobody has used yet."""
        path = Path(self._folder.name) / "empty.sqlite3"
        if not path.exists():
            open_store(f"sqlite:///{path}", "nobody", clock.now())[0].close()
        return path

    def close(self) -> None:
        self.run(self.workers.close())
        self._runner.close()
        self._folder.cleanup()


class Bot:
    """A config in a folder, and the program at work on it: in this process, or in one of its own.

    Its store is a file in that folder, or an empty one on a server where a `store_url` is given.
    """

    def __init__(
        self,
        folder: Path,
        clock: SettableClock,
        feeds: FeedServer,
        workshop: Workshop,
        store_url: str = "",
    ) -> None:
        self.store_url = store_url
        self.folder = folder
        self.path = folder / "config.toml"
        self.stored = folder / "reblogbot.sqlite3"
        self.clock = clock
        self.feeds = feeds
        self._workshop = workshop

    # the config

    def configure(
        self,
        sources: dict[str, dict[str, Any]],
        accounts: dict[str, tuple[Sandbox, str] | dict[str, Any]],
        **tables: dict[str, Any],
    ) -> None:
        """Write a config; an account may be given as (server, token).

        Pace is no obstacle and doubts are looked into soon, unless the tables say otherwise.
        """
        pace = {"per_hour": 100_000, "per_day": 1_000_000}
        told: dict[str, Any] = {
            "http": {"allow_private": [self.feeds.address], "timeout": "5s"},
            "delivery": {"timeout": "20s", "read_back_after": "10s", "lease": "1m"},
        }
        if self.store_url:
            told["store"] = {"url": self.store_url}
        for name, table in tables.items():
            told[name] = {**told.get(name, {}), **table}
        told["accounts"] = {}
        for name, account in accounts.items():
            given = dict(account) if isinstance(account, dict) else self.account(name, *account)
            told["accounts"][name] = {**given, "pace": {**pace, **given.get("pace", {})}}
        told["sources"] = {
            name: {"kind": "feed", "to": list(accounts)[:1], "first": "all", **keys}
            for name, keys in sources.items()
        }
        self.path.write_text(tomlkit.dumps(told), encoding="utf-8")

    def account(self, name: str, sandbox: Sandbox, token: str = "") -> dict[str, Any]:
        """The table of an account of a sandbox, its token in a file."""
        self.set_token(name, token or sandbox.add_account(name, bot=True))
        return {"server": sandbox.url, "token_file": f"{name}.token", "allow_http": True}

    def set_token(self, name: str, token: str) -> None:
        file = self.folder / f"{name}.token"
        file.touch(0o600)
        file.write_text(token, encoding="utf-8")

    # rounds in this process, on the settable clock

    @contextmanager
    def at_work(self, make: Callable[..., Pipeline] | None = None) -> Iterator[Worker]:
        """One process's worth of the program: its senders and its lease owner last as long."""
        self._lay_empty_store()
        config = app.load_config(self.path)
        store = app.open_for_work(config, self.clock)
        fetcher = Fetcher(config.http, clock=self.clock)
        edges = app.Edges(fetcher, self._workshop.workers, self.clock)
        worker = Worker((make or app.Edges.pipeline)(edges, config, store), store, self._workshop)
        try:
            yield worker
        finally:
            worker.run(worker.pipeline.close())
            worker.run(fetcher.close())
            store.close()

    def sync(self, *names: str, which: Any = "asked") -> Round:
        """One round, as `sync` does it."""
        with self.at_work() as worker:
            return worker.sync(*names, which=which)

    def preview(self, *names: str) -> Preview:
        """What `preview` shows."""
        with self.at_work() as worker:
            config = worker.pipeline.config
            return worker.run(preview(worker.pipeline, names or list(config.sources)))

    def settle(self, rounds: int = 30, **step: float) -> list[Round]:
        """Rounds, the clock going on between them, until nothing is open that time would move."""
        done = []
        for _ in range(rounds):
            done.append(self.sync())
            if not self.open():
                return done
            self.clock.advance(**(step or {"minutes": 6}))
        raise AssertionError(f"still open after {rounds} rounds: {self.open()}")

    def open(self) -> list[Any]:
        """What is queued, being sent or in doubt."""
        with self.store() as store:
            return [one for one in store.outbox.find() if one.state != "held"]

    def deliveries(self, *states: str) -> list[Any]:
        """The deliveries in these states, in the order they were queued."""
        from reblogbot.model import State  # noqa: PLC0415

        with self.store() as store:
            return store.outbox.find(states=[State(one) for one in states] or list(State))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, to look into."""
        store = app.open_for_work(app.load_config(self.path), self.clock)
        try:
            yield store
        finally:
            store.close()

    def lose_store(self) -> None:
        """As when the disk is gone: whoever opens the store next finds none."""
        if self.store_url:
            emptied(self.store_url)
        for file in self.folder.glob("*.sqlite3*"):
            file.unlink()

    def _lay_empty_store(self) -> None:
        """A new store as the program makes it, made once: its tables cost more than a round."""
        empty = self._workshop.empty_store(self.clock)
        if not self.store_url and not self.stored.exists():
            shutil.copy(empty, self.stored)

    # processes

    def start(
        self,
        *arguments: str,
        program: Sequence[str] = PROGRAM,
        under: Sequence[object] = (),
        **environ: str,
    ) -> subprocess.Popen[str]:
        """The program in a process of its own; what it logs is told by `log`.

        `under` is a command that starts it under other circumstances.
        """
        with self._log().open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                [*map(str, under), sys.executable, *program, "-c", str(self.path), *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                cwd=self.folder,
                env={**os.environ, **environ},
            )

    def call(self, *arguments: str, under: Sequence[object] = (), **environ: str) -> Ran:
        """The program run to its end in a process of its own."""
        before = len(self.log())
        process = self.start(*arguments, under=under, **environ)
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        finally:
            kill(process)
        return Ran(process.returncode, out, self.log()[before:])

    def log(self) -> str:
        """What its processes said on standard error, all of them."""
        return self._log().read_text(encoding="utf-8") if self._log().exists() else ""

    def _log(self) -> Path:
        return self.folder / "stderr.log"


@dataclass(frozen=True)
class Worker:
    """A pipeline on an open store, run from tests that are not async."""

    pipeline: Pipeline
    store: Store
    _workshop: Workshop

    def run(self, work: Any) -> Any:
        return self._workshop.run(work)

    def sync(self, *names: str, which: Any = "asked") -> Round:
        chosen = names or tuple(self.pipeline.config.sources)
        return self.run(self.pipeline.sync(chosen, which))


def kill(process: subprocess.Popen[Any]) -> None:
    """End a process at once, if it has not ended yet, and wait for it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def posted(sandbox: Sandbox, account: str = "news") -> list[str]:
    """What an account was granted, in order: the text of a post, the URI of a boost."""
    acts = [act for act in sandbox.accepted if act["account"] == account]
    return [
        act["text"] if act["act"] == "post" else act["uri"]
        for act in acts
        if act["act"] in ("post", "boost")
    ]


def standing(sandbox: Sandbox, account: str = "news") -> list[str]:
    """What stands on the server now, oldest first, as people read it."""
    return [html_to_text(status["content"]) for status in sandbox.statuses(account)]


def place(url: str) -> str:
    """Host and port of a URL."""
    return urlsplit(url).netloc
