"""A web server of feeds on loopback, in a process of its own. The URL chooses how it answers.

`/feed/17` has validators and answers 304; `?bare=1` has none; `?short=1` has a single entry;
`?fault=503` answers that status, `?fault=cut` half a body. `POST /news?each=10&of=2` adds two
entries to every tenth feed; after `POST /latency?ms=100` each answer takes that long.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from functools import cache
from hashlib import blake2b
from urllib.request import Request, urlopen

from aiohttp import web

from bench.bench import ROOT
from bench.corpus import EPOCH, Feed
from bench.run import running


@dataclass(frozen=True, slots=True)
class Page:
    """A feed at a moment: its body, also compressed, and its headers."""

    body: bytes
    gzipped: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class Feeds:
    """The state of the server: new entries, seconds before each answer, number of requests."""

    seed: int
    latency: float = 0
    news: dict[int, int] = field(default_factory=dict)
    requests: int = 0

    async def feed(self, request: web.Request) -> web.StreamResponse:
        """Answer with a feed, as its URL says."""
        self.requests += 1
        query = request.query
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = query.get("fault", "")
        if fault.isdigit():
            return web.Response(status=int(fault))
        number = int(request.match_info["number"])
        page = _page(self.seed, number, self._news(number), "short" in query)
        headers = {"Content-Type": "application/xml; charset=utf-8"}
        if "bare" not in query:
            headers |= page.headers
            if request.headers.get("If-None-Match") == page.headers["ETag"]:
                return web.Response(status=304, headers=headers)
        body = page.body
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = page.gzipped
        if fault == "cut":
            body = body[: len(body) // 2]
        return web.Response(body=body, headers=headers)

    async def set_news(self, request: web.Request) -> web.Response:
        """Add entries to every nth feed."""
        each, more = int(request.query["each"]), int(request.query["of"])
        self.news[each] = self.news.get(each, 0) + more
        return web.Response()

    async def set_latency(self, request: web.Request) -> web.Response:
        """Let each answer take that many milliseconds."""
        self.latency = int(request.query["ms"]) / 1000
        return web.Response()

    async def count(self, _: web.Request) -> web.Response:
        """Answer with the number of requests for feeds so far."""
        return web.Response(text=str(self.requests))

    def _news(self, number: int) -> int:
        return sum(more for each, more in self.news.items() if number % each == 0)


@cache
def _page(seed: int, number: int, news: int, is_short: bool) -> Page:  # noqa: FBT001  for the cache
    body = Feed(number, seed, is_short).body(news)
    modified = format_datetime(EPOCH + timedelta(days=news), usegmt=True)
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    headers = {"ETag": etag, "Last-Modified": modified}
    return Page(body, gzip.compress(body, 6), headers)


def etags(count: int, seed: int = 1) -> list[str]:
    """The ETags of that many feeds without new entries."""
    return [_page(seed, number, 0, False).headers["ETag"] for number in range(count)]  # noqa: FBT003


@dataclass(frozen=True, slots=True)
class Server:
    """A client of the running server."""

    address: str

    def urls(self, count: int, query: str = "") -> list[str]:
        """The URLs of that many feeds, all with this query."""
        suffix = f"?{query}" if query else ""
        return [f"{self.url(number)}{suffix}" for number in range(count)]

    def url(self, number: int) -> str:
        """The URL of the feed with this number."""
        return f"http://{self.address}/feed/{number}"

    def add_news(self, *, each: int, of: int) -> None:
        """Add `of` entries to every feed whose number is divisible by `each`."""
        self._request(f"news?each={each}&of={of}", "POST")

    def set_latency(self, milliseconds: int) -> None:
        """Let each answer take that long."""
        self._request(f"latency?ms={milliseconds}", "POST")

    def request_count(self) -> int:
        """The number of requests for feeds so far."""
        return int(self._request("count", "GET"))

    def _request(self, path: str, method: str) -> str:
        request = Request(f"http://{self.address}/{path}", method=method)
        with urlopen(request) as answer:  # noqa: S310
            return str(answer.read(), "utf-8")


@contextmanager
def serving(seed: int = 1) -> Iterator[Server]:
    """Run a server in a process of its own."""
    with running([sys.executable, "-m", "bench.server", str(seed)], ROOT) as output:
        yield Server(output.readline().strip())


async def _serve(seed: int) -> None:
    feeds = Feeds(seed)
    app = web.Application()
    app.router.add_get("/feed/{number}", feeds.feed)
    app.router.add_post("/news", feeds.set_news)
    app.router.add_post("/latency", feeds.set_latency)
    app.router.add_get("/count", feeds.count)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    host, port = runner.addresses[0][:2]
    print(f"{host}:{port}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
