"""The demo's entries: an invented hot list in the form of 抽屉新热榜, and two with pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """The page that an item links to."""

    language: str
    title: str
    text: str
    """Paragraphs with a blank line between."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a feed; `minutes` is its age. The link of an item with a page is a path."""

    title: str
    link: str
    text: str
    minutes: int
    authors: tuple[str, ...] = ()
    page: Page | None = None


HOT_LIST = (
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
QUESTION = Item(
    "",
    "/questions/7",
    "问：图书馆为什么把闭馆音乐换成了虫鸣？",
    40,
    page=Page(
        "zh",
        "图书馆把闭馆音乐换成了虫鸣",
        "从这个月起，市图书馆在闭馆前一刻钟播放虫鸣，不再播放沿用了二十年的钢琴曲。"
        "馆长说，钢琴曲让读者想再读一页，虫鸣让人想起该回家了。\n\n"
        "试行的三周里，最后一位读者离开的时间平均提前了九分钟。"
        "有孩子每晚来听，想知道里面有没有蟋蟀。管理员说没有，但没有人相信。",
    ),
)
PAPER = Item(
    "Sleeping Through Your Stop: Quiet Carriages and Missed Stations",
    "/papers/2611.00042",
    "We count how often passengers of quiet carriages miss their station.",
    30,
    ("Ada Example", "Lin Wei", "Sam Doe"),
    Page(
        "en",
        "Sleeping Through Your Stop: Quiet Carriages and Missed Stations",
        "We count how often passengers of quiet carriages miss their station. "
        "In three months and 41,000 journeys they did so twice as often as passengers "
        "elsewhere, and complained half as often. Nobody asked for the old carriages back.\n\n"
        "Announcements in a lower voice did not help; a lamp above the door did. "
        "We conclude that silence is safe as long as something blinks.",
    ),
)
