"""The HTML pages."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_samples import call

from fediverse.server import run_in_thread
from reblogbot.sandbox.pages import ago
from sample_images import png

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'https://evil.example/"onmouseover=alert(1)',
    "https://evil.example/'onmouseover='alert(1)",
    "javascript:alert(1) data:text/html,x {{ 7 * 7 }} {% raw %}",
    "#tag<b> @news<i> &lt;u&gt; &#60;u&#62;",
    "\u202egnp.exe\u202c \u0000 \ud7ff",
]


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text outside of tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.items: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.items.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.items if name == tag]


def page(server, path: str = "/", status: int = 200) -> Elements:
    answer = call(server, "GET", path, token=None)
    assert answer.status_code == status
    return Elements(answer.text)


def assert_harmless(elements: Elements) -> None:
    assert not {"script", "iframe", "object", "embed", "base"} & {tag for tag, _ in elements.items}
    for _, attributes in elements.items:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            assert re.match(r"(https?://|/|#|\?|$)", attributes.get(name) or "")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_never_run(sandbox, text):
    sandbox.add_account(
        "news", display_name=text, note=text, fields=[{"name": text, "value": text}]
    )
    status = sandbox.add_status(
        "news", f"{text} https://a.example/", spoiler=text, media=[(png(), text)]
    )
    sandbox.add_status("news", text, quote_id=status["id"], in_reply_to_id=status["id"])
    sandbox.add_boost("news", status["id"])
    for path in ("/", "/@news", f"/@news/{status['id']}"):
        elements = page(sandbox, path)
        assert_harmless(elements)
        assert text.split()[0].replace("\0", "") in elements.text.replace("\0", "")


@pytest.fixture(scope="module")
def lasting():
    with run_in_thread() as server:
        yield server


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_text_can_inject_markup(lasting, text):
    status = lasting.add_status("news", text)
    assert_harmless(page(lasting, f"/@news/{status['id']}"))


def test_the_content_policy_allows_no_script_and_no_other_host(sandbox):
    policy = call(sandbox, "GET", "/", token=None).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_all_local_posts_are_shown_newest_first(sandbox, clock):
    for n, visibility in enumerate(["public", "unlisted", "private", "direct"]):
        sandbox.add_status("news", f"text{n}", visibility=visibility)
    original = sandbox.add_status("eve@remote.example", "from afar")
    assert "from afar" not in page(sandbox).text
    clock.advance(minutes=5)
    sandbox.add_boost("news", original["id"])
    elements = page(sandbox)
    assert "boosted" in elements.text
    order = [
        elements.text.index(text) for text in ("from afar", "text3", "text2", "text1", "text0")
    ]
    assert order == sorted(order)
    labels = {attributes.get("aria-label") for attributes in elements.named("svg")}
    assert {"public", "unlisted", "private", "direct"} <= labels


def test_a_post_has_its_language_its_time_and_descriptions_of_images(sandbox, clock):
    sandbox.add_account("news", bot=True)
    sandbox.add_status("news", "晚霞", language="zh", spoiler="小心", media=[(png(), "一片晚霞")])
    clock.advance(minutes=3)
    elements = page(sandbox)
    assert "zh" in [attributes.get("lang") for attributes in elements.named("div")]
    assert "一片晚霞" in [attributes.get("alt") for attributes in elements.named("img")]
    assert elements.named("time")[0]["datetime"].startswith(f"{clock.now():%Y-%m-%dT}")
    assert "3 min" in elements.text
    assert "bot" in elements.text
    summaries = elements.named("details")
    assert summaries
    assert all("open" not in attributes for attributes in summaries)


def test_a_post_is_shown_between_its_parents_and_replies(sandbox):
    root = sandbox.add_status("alice", "the root")
    middle = sandbox.add_status("news", "the middle", in_reply_to_id=root["id"])
    sandbox.add_status("alice", "the leaf", in_reply_to_id=middle["id"])
    text = page(sandbox, f"/@news/{middle['id']}").text
    order = [text.index(part) for part in ("the root", "the middle", "the leaf")]
    assert order == sorted(order)


def test_pages_of_posts_link_to_older_ones(sandbox):
    for n in range(65):
        sandbox.add_status("news", f"<{n}>")
    seen, path = "", "/@news"
    for _ in range(3):
        elements = page(sandbox, path)
        seen += elements.text
        older = [a["href"] for a in elements.named("a") if a.get("rel") == "next"]
        path = "/@news" + older[0] if older else ""
    assert path == ""
    assert [n for n in range(65) if seen.count(f"<{n}>") != 1] == []


def test_an_empty_sandbox_says_what_will_appear(sandbox):
    assert "Nothing has been posted yet" in page(sandbox).text


def test_tags_and_remote_accounts_have_pages(sandbox):
    sandbox.add_status("eve@remote.example", "afar #科技")
    assert "afar" in page(sandbox, "/tags/科技").text
    assert "afar" in page(sandbox, "/@eve@remote.example").text


@pytest.mark.parametrize("path", ["/@nobody", "/@news/1", "/nowhere"])
def test_an_unknown_page_is_answered_404(sandbox, path):
    sandbox.add_account("news")
    page(sandbox, path, 404)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/_sandbox/sandbox.css", "text/css"),
        ("/_sandbox/icon.svg", "image/svg+xml"),
        ("/_sandbox/avatars/news.svg", "image/svg+xml"),
        ("/_sandbox/avatars/%3Cscript%3E.svg", "image/svg+xml"),
    ],
)
def test_the_page_serves_its_own_style_and_images(sandbox, path, kind):
    answer = call(sandbox, "GET", path, token=None)
    assert answer.headers["Content-Type"].startswith(kind)
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"seconds": 2}, "now"),
        ({"seconds": 59}, "59 s"),
        ({"minutes": 59}, "59 min"),
        ({"hours": 23}, "23 h"),
        ({"days": 6}, "6 d"),
    ],
)
def test_recent_times_are_shown_as_ages(clock, span, expected):
    assert ago(clock.now() - timedelta(**span), clock.now()) == expected


def test_old_and_future_times_are_shown_as_dates(clock):
    now = clock.now().replace(year=2026, month=6, day=15)
    assert ago(now.replace(month=3), now) == "15 Mar"
    assert ago(now.replace(year=2024), now) == "15 Jun 2024"
    assert ago(now.replace(month=7), now) == "15 Jul"
