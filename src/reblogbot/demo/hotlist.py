"""A hot list of our own invention, in the form of 抽屉新热榜, and the server that shows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

from aiohttp import web

TITLE = "抽屉新热榜"


@dataclass(frozen=True, slots=True)
class Sample:
    """One entry as the list shows it; `minutes` is how long before now it was published."""

    title: str
    link: str
    text: str
    minutes: int


_SAMPLES = (
    Sample(
        "【老城区的修表匠开了夜校】每周三晚八点，十二个座位，学费是一块停走的旧表。",
        "https://dig.chouti.com/link/90000001",
        "",
        190,
    ),
    Sample(
        "高铁上的静音车厢试行三个月，投诉少了一半，睡过站的人多了一倍",
        "https://dig.chouti.com/link/90000002",
        "",
        150,
    ),
    Sample(
        "",
        "https://dig.chouti.com/link/90000003",
        "问：为什么超市的出口总是离入口最远？ 答：因为牛奶在最里面，而你只是来买牛奶的。",
        120,
    ),
    Sample(
        "【天文台拍到一颗没人要的彗星】它按时来了三次，前两次都是阴天。台长说，这次总算没有爽约。",
        "https://dig.chouti.com/link/90000004?utm_source=feed&utm_medium=rss",
        "",
        80,
    ),
    Sample(
        "【天文台拍到一颗没人要的彗星】它按时来了三次，前两次都是阴天。台长说，这次总算没有爽约。",
        "https://dig.chouti.com/link/90000004?utm_source=weekly&fbclid=abc",
        "",
        80,
    ),
    Sample(
        "开源社区给一只住在机房的猫发了提交权限，理由是它从不在周五合并代码",
        "https://dig.chouti.com/link/90000005",
        "",
        30,
    ),
)


def edition(number: int, now: datetime) -> str:
    """The list as RSS; the second edition shows the same entries in another order."""
    shown = _SAMPLES if number == 1 else (*_SAMPLES[3:], *_SAMPLES[:3])
    # the newest first, as such lists do
    return _rss(TITLE, "https://dig.chouti.com/", [_item(one, now) for one in reversed(shown)])


def neighbours(status_url: str, now: datetime) -> str:
    """A feed whose one entry is a fediverse status: something to boost."""
    one = Sample("A neighbour's status", status_url, "", 10)
    return _rss("neighbours", status_url, [_item(one, now)])


@asynccontextmanager
async def shown(status_url: str) -> AsyncIterator[tuple[str, list[int]]]:
    """The base URL of a loopback server with both feeds; the list's number is the edition shown."""
    now = datetime.now(UTC)
    current = [1]

    async def hot(_: web.Request) -> web.Response:
        return _answer(edition(current[0], now))

    async def others(_: web.Request) -> web.Response:
        return _answer(neighbours(status_url, now))

    site = web.Application()
    site.add_routes([web.get("/hot.xml", hot), web.get("/neighbours.xml", others)])
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        listening = web.TCPSite(runner, "127.0.0.1", 0)
        await listening.start()
        port = runner.addresses[0][1]
        yield f"http://127.0.0.1:{port}", current
    finally:
        await runner.cleanup()


def _answer(feed: str) -> web.Response:
    return web.Response(text=feed, content_type="application/rss+xml", charset="utf-8")


def _rss(title: str, link: str, items: list[str]) -> str:
    head = f"<title>{escape(title)}</title><link>{escape(link)}</link><language>zh-cn</language>"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<rss version="2.0"><channel>{head}\n{"".join(items)}</channel></rss>\n'
    )


def _item(one: Sample, now: datetime) -> str:
    published = format_datetime(now - timedelta(minutes=one.minutes))
    parts = [
        f"<title>{escape(one.title)}</title>" if one.title else "",
        f"<link>{escape(one.link)}</link>",
        f"<description>{escape(one.text)}</description>" if one.text else "",
        f"<pubDate>{published}</pubDate>",
    ]
    return f"<item>{''.join(parts)}</item>\n"
