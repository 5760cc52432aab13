"""The demo's feeds: an invented hot list in the form of 抽屉新热榜, and a fediverse status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from aiohttp import web

_TITLE = "抽屉新热榜"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed; `minutes` is its age."""

    title: str
    link: str
    text: str
    minutes: int


_ITEMS = (
    Item(
        "【老城区的修表匠开了夜校】每周三晚八点，十二个座位，学费是一块停走的旧表。",
        "https://dig.chouti.com/link/90000001",
        "",
        190,
    ),
    Item(
        "高铁上的静音车厢试行三个月，投诉少了一半，睡过站的人多了一倍",
        "https://dig.chouti.com/link/90000002",
        "",
        150,
    ),
    Item(
        "",
        "https://dig.chouti.com/link/90000003",
        "问：为什么超市的出口总是离入口最远？ 答：因为牛奶在最里面，而你只是来买牛奶的。",
        120,
    ),
    Item(
        "【天文台拍到一颗没人要的彗星】它按时来了三次，前两次都是阴天。台长说，这次总算没有爽约。",
        "https://dig.chouti.com/link/90000004?utm_source=feed&utm_medium=rss",
        "",
        80,
    ),
    Item(
        "【天文台拍到一颗没人要的彗星】它按时来了三次，前两次都是阴天。台长说，这次总算没有爽约。",
        "https://dig.chouti.com/link/90000004?utm_source=weekly&fbclid=abc",
        "",
        80,
    ),
    Item(
        "开源社区给一只住在机房的猫发了提交权限，理由是它从不在周五合并代码",
        "https://dig.chouti.com/link/90000005",
        "",
        30,
    ),
)


class Feeds:
    """The feeds at `url`/hot.xml and `url`/neighbours.xml."""

    def __init__(self, status_url: str) -> None:
        self.url = ""
        self.edition = 1
        """The second edition of the hot list has the same items in another order."""
        self._status_url = status_url
        self._started_at = datetime.now(UTC)

    async def hot_list(self, _: web.Request) -> web.Response:
        items = _ITEMS if self.edition == 1 else (*_ITEMS[3:], *_ITEMS[:3])
        # the newest first, as on such lists
        return self._answer(_TITLE, "https://dig.chouti.com/", reversed(items))

    async def neighbours(self, _: web.Request) -> web.Response:
        """A feed whose only item is a fediverse status, to be boosted."""
        item = Item("A neighbour's status", self._status_url, "", 10)
        return self._answer("neighbours", self._status_url, [item])

    def _answer(self, title: str, link: str, items: Iterable[Item]) -> web.Response:
        channel = [
            f"<title>{escape(title)}</title>",
            f"<link>{escape(link)}</link>",
            "<language>zh-cn</language>\n",
            *(_item_xml(item, self._started_at) for item in items),
        ]
        feed = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<rss version="2.0"><channel>{"".join(channel)}</channel></rss>\n'
        )
        return web.Response(text=feed, content_type="application/rss+xml", charset="utf-8")


@asynccontextmanager
async def serve_feeds(status_url: str) -> AsyncIterator[Feeds]:
    """Serve the feeds on loopback; the second one leads to the status."""
    feeds = Feeds(status_url)
    app = web.Application()
    app.add_routes(
        [web.get("/hot.xml", feeds.hot_list), web.get("/neighbours.xml", feeds.neighbours)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        feeds.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield feeds
    finally:
        await runner.cleanup()


def _item_xml(item: Item, now: datetime) -> str:
    published = format_datetime(now - timedelta(minutes=item.minutes))
    parts = [
        f"<title>{escape(item.title)}</title>" if item.title else "",
        f"<link>{escape(item.link)}</link>",
        f"<description>{escape(item.text)}</description>" if item.text else "",
        f"<pubDate>{published}</pubDate>",
    ]
    return f"<item>{''.join(parts)}</item>\n"
