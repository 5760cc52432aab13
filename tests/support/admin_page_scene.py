"""A bot in the middle of its work, with something of everything for the admin's page to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fediverse.server import FediverseServer
from harness import Bot, FeedServer, Item, SettableClock

_HOT = (
    "国产大飞机 C919 完成首次跨洋商业飞行，全程十一小时",
    "研究：午睡二十分钟的人记忆力更好",
    "这座小城把所有路灯换成了会“呼吸”的灯",
    "程序员用一台旧手机搭了一个气象站，数据全部公开",
    "《流浪地球》道具展开幕，行星发动机模型高九米",
    "为什么地铁的座椅大多是蓝色的？",
)
_PAPERS = (
    "Attention Sinks Revisited: Why Long Contexts Forget Their Own Beginning, and a Cheap Remedy",
    "On the Distribution of Prime Gaps Below 10¹⁸",
    "A Survey of Cat Photographs on the Fediverse",
)
_MANY = (
    "مكتبة الإسكندرية تفتح أرشيفها الرقمي",
    "ミツバチの帰り道を地図にする",
    "👩🏽‍🚀 First day in orbit",
)


def make_busy(bot: Bot, feeds: FeedServer, sandbox: FediverseServer, clock: SettableClock) -> None:
    """Let the bot have posted, queued, held, failed and been paused, until a moment ago."""
    clock.advance(minutes=-41)
    pages = {name: feeds.show(f"/{name}.xml", []) for name in ("chouti", "arxiv", "world", "blog")}
    slow = bot.account("science", sandbox) | {
        "pace": {"gap": "30m", "per_hour": 2, "per_day": 12, "quiet": ["22:00-07:00"]}
    }
    without_token = {"server": sandbox.url, "token_file": "lost.token", "allow_http": True}
    bot.configure(
        {
            "chouti": {"url": pages["chouti"], "title": "抽屉新热榜", "hashtags": 0},
            "arxiv": {"url": pages["arxiv"], "to": ["science"]},
            "world": {"url": pages["world"], "review": True},
            "blog": {"url": pages["blog"], "max_per_poll": 5},
            "weather": {"url": feeds.fail("/weather.xml", 500)},
            "old-news": {"url": feeds.fail("/old.xml", 410)},
            "archive": {"url": feeds.url("/archive.xml"), "enabled": False},
            "lost": {"url": pages["chouti"], "to": ["lost"]},
        },
        {"news": (sandbox, ""), "science": slow, "lost": without_token},
    )
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/chouti.xml", _items("chouti", _HOT, clock), title="抽屉新热榜", language="zh")
    feeds.show("/arxiv.xml", _items("arxiv", _PAPERS, clock))
    feeds.show("/world.xml", _items("world", _MANY, clock))
    bot.sync()
    clock.advance(minutes=20)
    storm = _items("blog", [f"Old article number {number}" for number in range(1, 29)], clock)
    feeds.show("/blog.xml", storm)
    bot.sync()


def _items(host: str, titles: list[str] | tuple[str, ...], clock: SettableClock) -> list[Item]:
    first = Item(titles[0], "", at=clock.now())
    return [
        replace(
            first,
            title=title,
            link=f"https://{host}.example/articles/{number}",
            at=clock.now() - timedelta(minutes=number),
        )
        for number, title in enumerate(titles)
    ]
