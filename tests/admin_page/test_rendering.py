"""Pages in the language and the time zone of the browser."""

import re

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
