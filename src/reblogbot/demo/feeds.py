"""The demo's feeds and the pages that they link to, on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from aiohttp import web

from reblogbot.demo.entries import HOT_LIST, PAPER, QUESTION, Item, Page

_HOT_LIST_TITLE = "抽屉新热榜"
_PAGES = {item.link: item.page for item in (QUESTION, PAPER) if item.page}


class Feeds:
    """The feeds at `url`/hot.xml, neighbours.xml, questions.xml and papers.xml."""

    def __init__(self, status_url: str) -> None:
        self.url = ""
        self.edition = 1
        """The second edition of the hot list has the same items in another order."""
        self._status_url = status_url
        self._started_at = datetime.now(UTC)

    async def hot_list(self, _: web.Request) -> web.Response:
        items = HOT_LIST if self.edition == 1 else (*HOT_LIST[3:], *HOT_LIST[:3])
        # the newest first, as on such lists
        return self._answer(_HOT_LIST_TITLE, "https://dig.chouti.com/", items[::-1])

    async def neighbours(self, _: web.Request) -> web.Response:
        """A feed whose only item is a fediverse status, to be boosted."""
        item = Item("A neighbour's status", self._status_url, "", 10)
        return self._answer("neighbours", self._status_url, [item])

    async def questions(self, _: web.Request) -> web.Response:
        return self._answer(_HOT_LIST_TITLE, self.url, [QUESTION])

    async def papers(self, _: web.Request) -> web.Response:
        return self._answer("Papers", self.url, [PAPER], language="en")

    async def page(self, request: web.Request) -> web.Response:
        page = _PAGES.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=_html(page), content_type="text/html", charset="utf-8")

    def _answer(
        self, title: str, link: str, items: Sequence[Item], *, language: str = "zh-cn"
    ) -> web.Response:
        channel = [
            f"<title>{escape(title)}</title>",
            f"<link>{escape(link)}</link>",
            f"<language>{language}</language>\n",
            *(_item_xml(item, self.url, self._started_at) for item in items),
        ]
        feed = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel>{''.join(channel)}</channel></rss>\n"
        )
        return web.Response(text=feed, content_type="application/rss+xml", charset="utf-8")


@asynccontextmanager
async def serve_feeds(status_url: str) -> AsyncIterator[Feeds]:
    """Serve the feeds and pages on loopback; the second feed leads to the status."""
    feeds = Feeds(status_url)
    app = web.Application()
    app.add_routes(
        [
            web.get("/hot.xml", feeds.hot_list),
            web.get("/neighbours.xml", feeds.neighbours),
            web.get("/questions.xml", feeds.questions),
            web.get("/papers.xml", feeds.papers),
            web.get("/{page:.*}", feeds.page),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        feeds.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield feeds
    finally:
        await runner.cleanup()


def _item_xml(item: Item, base: str, now: datetime) -> str:
    published = format_datetime(now - timedelta(minutes=item.minutes))
    parts = [
        f"<title>{escape(item.title)}</title>" if item.title else "",
        f"<link>{escape(urljoin(base, item.link))}</link>",
        f"<description>{escape(item.text)}</description>" if item.text else "",
        *(f"<dc:creator>{escape(author)}</dc:creator>" for author in item.authors),
        f"<pubDate>{published}</pubDate>",
    ]
    return f"<item>{''.join(parts)}</item>\n"


def _html(page: Page) -> str:
    paragraphs = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in page.text.split("\n\n"))
    return (
        f'<!DOCTYPE html>\n<html lang="{page.language}"><title>{escape(page.title)}</title>'
        '<body><nav><a href="/">Home</a> <a href="/about">About</a></nav>'
        f"<article><h1>{escape(page.title)}</h1>{paragraphs}</article>"
        "<footer>Invented for a demo.</footer></body></html>\n"
    )
