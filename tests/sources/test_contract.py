"""Every built-in kind passes the checks that reblogbot.testing offers for plug-ins."""

import json
from datetime import UTC, datetime

import pytest
from documents import rss

from reblogbot.sources.registry import factory
from reblogbot.testing import CHECKS, Case

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = rss(
    "<item><title>One &amp;amp; two</title><link>https://x.example/1</link>"
    "<description>&lt;p&gt;Text&lt;/p&gt;</description></item>"
    "<item><title>Three</title><guid isPermaLink='false'>3</guid></item>"
).encode()
JSON_FEED = json.dumps(
    {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "content_text": "Hi"}]}
).encode()
CHOUTI = json.dumps(
    {
        "data": [
            {
                "id": 7,
                "title": "【头条】正文 &amp; 其他",
                "ups": 3,
                "created_time": 1795000000000000,
            }
        ]
    }
).encode()
FRONT = '<div class="link-item" data-id="7"><a class="link-title">标题一</a></div>'.encode()
PAGE = b'<ul><li><a href="/1">One</a><p>Text</p><img src="1.png"></li><li><a href="/2">Two</a></li></ul>'
LIST = json.dumps(
    {"data": [{"t": "Eins", "u": "/1", "n": 5}, {"t": "Zwei", "u": "/2", "n": "1,5"}]}
)

CASES = {
    "feed": Case(factory("feed"), {"/f": FEED}, {"url": "https://x.example/f"}, now=NOW),
    "json feed": Case(factory("feed"), {"/f": JSON_FEED}, {"url": "https://x.example/f"}, now=NOW),
    "chouti": Case(factory("chouti"), {"/link/hot": CHOUTI}, now=NOW),
    "chouti zone": Case(factory("chouti"), {"/api/m/zone/tec": CHOUTI}, {"list": "tec"}, now=NOW),
    "chouti by its feed": Case(
        factory("chouti"),
        {"/feed.xml": rss("<item><title>T</title><link>https://m.chouti.com/link/7</link></item>").encode()},
        now=NOW,
    ),
    "chouti by its page": Case(factory("chouti"), {"/": FRONT}, now=NOW),
    "page": Case(
        factory("page"),
        {"/p": PAGE},
        {"url": "https://x.example/p", "select": {"item": "li", "summary": "p", "image": "img"}},
        now=NOW,
    ),
    "json": Case(
        factory("json"),
        {"/j": LIST.encode()},
        {
            "url": "https://x.example/j",
            "path": "data",
            "fields": {"title": "t", "link": "u", "score": "n", "id": "url_quote(t)"},
        },
        now=NOW,
    ),
}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_built_in_kind(case, check):
    await check(case)
