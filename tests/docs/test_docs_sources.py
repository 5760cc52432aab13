"""The examples of docs/sources.md, each polled from a sample of its site on loopback."""

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import tomlkit

from loopback import Site, answer, fetcher
from reblogbot.app import load_config
from reblogbot.core.compose import compose
from reblogbot.model import Limits, Validators
from reblogbot.ports import Tools
from reblogbot.runtime.parser_pool import WorkerPool
from reblogbot.sources.registry import factory

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
SOURCES = {
    name: source
    for block in re.findall(r"^```toml fragment\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for name, source in tomllib.loads(block)["sources"].items()
}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTS = {
    "/link/hot", "/top/24hr", "/top/72hr", "/top/168hr", "/api/m/zone/news", "/api/m/zone/scoff",
    "/api/m/zone/pic", "/api/m/zone/tec", "/api/m/zone/ask",
}  # fmt: skip

CHOUTI = {
    "data": [
        {
            "id": 90000001,
            "title": "【夜车回来了】春天开三条新线，旧车厢也一起回来。",
            "originalUrl": "https://news.example/night",
            "ups": 61,
            "commentsCount": 4,
            "imgUrl": "//img.chouti.example/night.jpg",
            "timeIntoPool": 1795336200000000,
        }
    ]
}
SPLIT = "夜车回来了\nhttps://dig.chouti.com/link/90000001"
WHOLE = "【夜车回来了】春天开三条新线，旧车厢也一起回来。\nhttps://dig.chouti.com/link/90000001"
DAILY = {
    "code": 200,
    "name": "bilibili",
    "data": [
        {
            "id": "BV1",
            "title": "Night trains",
            "desc": "A film",
            "hot": 4200,
            "url": "https://video.example/BV1",
            "mobileUrl": "https://m.video.example/BV1",
            "timestamp": 1795336200000,
        }
    ],
}
WEIBO = {
    "ok": 1,
    "data": {
        "realtime": [
            {"word": "广告词", "note": "广告词", "is_ad": 1, "num": 1},
            {
                "word": "夜车 & 春天",
                "note": "夜车 & 春天",
                "word_scheme": "#夜车 & 春天#",
                "num": 1234567,
            },
        ]
    },
}
ZHIHU = {
    "data": [
        {
            "type": "hot_list_feed",
            "detail_text": "1234 万热度",
            "target": {
                "id": 90000002,
                "title": "为什么夜车又回来了？",
                "excerpt": "春天要开三条新线。",
                "url": "https://api.zhihu.example/questions/90000002",
                "created": 1795336200,
            },
        }
    ]
}
V2EX = [
    {
        "id": 90003,
        "title": "夜车上如何远程工作",
        "url": "https://www.v2ex.com/t/90003",
        "replies": 12,
        "created": 1795336200,
    }
]
V2EX_PAGE = """<!DOCTYPE html><title>V2EX</title><div class="cell"><a href="/about">About</a></div>
<div class="cell item"><table><tr><td><a href="/member/x"><img src="/x.png" alt="x"></a></td>
<td><span class="item_title"><a href="/t/90003#reply12" class="topic-link">夜车上如何远程工作</a></span>
<span class="topic_info"><a class="node" href="/go/life">生活</a></span></td></tr></table></div>"""
WEIBO_PAGE = """<!DOCTYPE html><table><tbody><tr><td class="td-01">•</td>
<td class="td-02"><a href="javascript:void(0);">置顶广告</a></td></tr>
<tr><td class="td-01 ranktop">1</td><td class="td-02"><a href="/weibo?q=%23%E5%A4%9C%E8%BD%A6%23&t=31">夜车</a>
<span> 1234567</span></td></tr></tbody></table>"""
ABSTRACT = "We ride night trains and count the stars."
ARXIV = f"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>cs.CL updates on arXiv.org</title>
<item><title>Counting stars by rail</title><link>https://arxiv.org/abs/2611.01234</link><category>cs.CL</category>
<guid isPermaLink="false">oai:arXiv.org:2611.01234v1</guid><dc:creator>Ann One, Ben Two, Cy Three, Di Four</dc:creator>
<description>arXiv:2611.01234v1 Announce Type: new \nAbstract: {ABSTRACT}</description></item></channel></rss>"""
PAPERS_COOL = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>cs.CL</title><entry><title>Counting stars by rail</title>
<id>https://papers.cool/arxiv/2611.01234</id><link rel="alternate" href="https://papers.cool/arxiv/2611.01234"/>
<author><name>Ann One</name></author><author><name>Ben Two</name></author><summary>{ABSTRACT}</summary></entry></feed>"""

# by the name of the source: the answer of its site, and the text of a post
SAMPLES = {
    **dict.fromkeys(("day", "three-days", "week", "jokes", "pictures", "tech", "questions"), (CHOUTI, SPLIT)),
    "hot": (CHOUTI, f"Reblog via 抽屉新热榜\n\n{WHOLE}"),
    "world": (CHOUTI, WHOLE),
    "dailyhot": (DAILY, "Night trains\nhttps://video.example/BV1"),
    "weibo": (
        WEIBO,
        "夜车 & 春天\nhttps://s.weibo.com/weibo?q=%23%E5%A4%9C%E8%BD%A6%20%26%20%E6%98%A5%E5%A4%A9%23",
    ),
    "zhihu": (ZHIHU, "【为什么夜车又回来了？】春天要开三条新线。\nhttps://www.zhihu.com/question/90000002"),
    "v2ex": (V2EX, "夜车上如何远程工作\nhttps://www.v2ex.com/t/90003"),
    "v2ex-page": (V2EX_PAGE, "夜车上如何远程工作\n{site}/t/90003#reply12"),
    "weibo-page": (WEIBO_PAGE, "夜车\n{site}/weibo?q=%23%E5%A4%9C%E8%BD%A6%23&t=31"),
    "arxiv": (
        ARXIV,
        f"Counting stars by rail\nAnn One, Ben Two, Cy Three et al.\n{ABSTRACT}\nhttps://arxiv.org/abs/2611.01234\n\n#NLP",
    ),
    "papers-cool": (
        PAPERS_COOL,
        f"Counting stars by rail\nAnn One, Ben Two\n{ABSTRACT}\nhttps://papers.cool/arxiv/2611.01234",
    ),
}  # fmt: skip
SCORES = {"hot": 61, "day": 61, "dailyhot": 4200, "weibo": 1234567, "zhihu": 12_340_000, "v2ex": 12}


class Clock:
    def now(self):
        return NOW


def config_of(folder, site, name, source):
    """The example as a whole config, with the loopback server in place of its site."""
    parts = urlsplit(source.get("url", ""))
    query = f"?{parts.query}" if parts.query else ""
    local_source = {**source, "url": site.url(parts.path) + query}
    account = {"server": "https://social.example", "token_file": "news.token"}
    document = {"accounts": {"news": account}, "sources": {name: local_source}}
    path = folder / "config.toml"
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    return load_config(path)


def test_every_example_has_a_sample():
    assert SOURCES.keys() == SAMPLES.keys()
    assert len(SOURCES) > 15


@pytest.mark.parametrize("name", SOURCES)
async def test_an_example_posts_the_entries_of_its_site(name, tmp_path):
    sample, expected = SAMPLES[name]
    body = sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
    async with Site() as site, WorkerPool(workers=1) as offload:
        config = config_of(tmp_path, site, name, SOURCES[name])
        settings = config.sources[name]
        for path in [urlsplit(settings.url).path] if "url" in SOURCES[name] else LISTS:
            site.pages[path] = answer(body)
        async with fetcher(Clock(), site) as fetch:
            tools = Tools(fetch=fetch, offload=offload, clock=Clock(), reader=lambda _: None)
            batch = await factory(settings.kind)(name, settings, tools).poll(Validators())
    posts = [
        compose(
            entry,
            settings,
            config.accounts["news"],
            Limits(500, per_link=23),
            source_title=batch.title,
            feed_language=batch.language,
        )
        for entry in batch.entries
    ]
    expected = expected.replace("{site}", site.url(""))
    assert expected in [post.text for post in posts]
    if name in SCORES:
        assert [entry.score for entry in batch.entries] == [SCORES[name]]


def test_every_list_of_chouti_has_an_example():
    lists = {source.get("list", "hot") for source in SOURCES.values() if source["kind"] == "chouti"}
    options = factory("chouti").Options
    assert lists == set(options.model_fields["list"].annotation.__args__)
