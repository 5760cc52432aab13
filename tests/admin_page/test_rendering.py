"""Pages in the language and the time zone of the browser."""

import re

import pytest

from reblogbot.admin_page.rendering import link_parts, safe_link

HOSTILE = [
    "",
    "xx",
    "../../etc/passwd",
    'zh"><script>',
    "\u4e2d\u6587",
    "z" * 3000,
    "UTC/../x",
]


def language(answer):
    return re.search(r'<html lang="([^"]*)"', answer.text)[1]


async def test_the_browser_decides_on_the_language(page):
    assert language(await page.get("/")) == "en"
    answer = await page.get("/", **{"Accept-Language": "zh-TW,zh;q=0.9,en;q=0.8"})
    assert language(answer) == "zh-Hans"
    assert "首页" in answer.text


async def test_a_chosen_language_stays_whatever_the_browser_prefers(page):
    answer = await page.post("/language", {"language": "zh", "next": "/queue"})
    assert (answer.path, language(answer)) == ("/queue", "zh-Hans")
    assert language(await page.get("/", **{"Accept-Language": "en"})) == "zh-Hans"
    await page.post("/language", {"language": "en", "next": "/"})
    assert language(await page.get("/", **{"Accept-Language": "zh"})) == "en"


async def test_a_hostile_choice_of_a_language_changes_nothing(page):
    for value in HOSTILE:
        await page.post("/language", {"language": value, "next": "/login"})
        assert language(await page.get("/login")) == "en"


async def test_a_hostile_cookie_gives_the_default(page):
    own = "; ".join(f"{each.key}={each.value}" for each in page.session.cookie_jar)
    for value in HOSTILE:
        raw = value.encode().decode("latin-1")
        answer = await page.get("/log", Cookie=f"{own}; language={raw}; zone={raw}")
        assert (answer.status, answer.path, language(answer)) == (200, "/log", "en")


def test_a_long_text_is_cut_before_a_link_that_does_not_fit():
    link = "https://news.example/a/very/long/path"
    text = f"See {link} and {link} too"
    assert link_parts(text, len(text)) == link_parts(text)
    parts = link_parts(text, 60)
    assert [url for _, url in parts] == ["", link, ""]
    assert "".join(label for label, _ in parts) == "See news.example/a/very/long/path and …"
    assert link_parts("word " * 9, 7) == [("word wo…", "")]


@pytest.mark.parametrize(
    ("url", "leads_to_the_web"),
    [
        ("https://news.example/", True),
        ("HTTP://news.example", True),
        ("javascript:canary()", False),
        (" JaVa\tscript:canary()", False),
        ("data:text/html,canary", False),
        ("//news.example/", False),
        ("http:stop", False),
        ("https:///stop", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_only_a_link_to_a_host_of_the_web_is_one(url, leads_to_the_web):
    assert safe_link(url) == (url if leads_to_the_web else "")
