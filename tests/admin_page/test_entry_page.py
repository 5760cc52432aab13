"""The page of an entry: everything that `why` tells, and posting it after all."""

import asyncio
import re
from html import unescape

import pytest

from harness import accepted_posts, items, post_text
from reblogbot.core.steps import DAY
from reblogbot.model import StepAnswer
from reblogbot.store import history
from reblogbot.store.steps import StepCall
from steps_of_commands import chat


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """One entry that was posted, and two that were refused by a filter."""
    url = feeds.show("/hot", items(clock, "good", "bad", "<b>worse"))
    bot.configure(
        {"hot": {"url": url, "filter": {"exclude": ["bad", "worse"]}}}, {"news": (sandbox, "")}
    )
    bot.sync()
    return bot


def text_of(answer):
    """The words of the page."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_it_tells_everything_that_happened(page):
    answer = await page.get("/entries?q=https://news.example/good")
    assert re.fullmatch(r"/entries/\d+", answer.path)
    text = text_of(answer)
    for words in ("Title good", "https://news.example/good", "hot", "Seen", "queued", "sending"):
        assert words in text
    (sent,) = page.bot.deliveries("sent")
    assert f"Delivery {sent.id} → news" in text
    assert sent.receipt.url in text
    assert 'href="/sources/hot"' in answer.text


@pytest.mark.parametrize("query", ["1", "news.example/good", "Title good", "title GOOD"])
async def test_it_is_found_by_number_link_and_words(page, query):
    answer = await page.get(f"/entries?q={query}")
    assert "Title good" in text_of(answer)


async def test_several_entries_are_listed(page):
    answer = await page.get("/entries?q=title")
    assert answer.path == "/entries?q=title"
    assert {"Title good", "Title bad", "Title <b>worse"} <= {
        unescape(title) for title in re.findall(r"<bdi[^>]*>([^<]*)", answer.text)
    }
    assert "Never seen in any source" in text_of(await page.get("/entries?q=nothing+of+the+kind"))


async def test_a_search_looks_at_some_entries_and_goes_on_from_there(page, monkeypatch):
    monkeypatch.setattr(history, "MOST_SEARCHED", 1)
    path, pages = "/entries?q=nothing+of+the+kind", 0
    while path:
        answer = await page.get(path)
        match = re.search(r'rel="next" href="([^"]+)"', answer.text)
        path, pages = (unescape(match[1]) if match else ""), pages + 1
        assert pages < 9
    assert "Never seen" in text_of(answer)


async def test_what_a_filter_refused_is_posted_after_all_and_once(page, sandbox):
    entry = (await page.get("/entries?q=https://news.example/bad")).path
    answer = await page.get(entry)
    assert "not posted" in text_of(answer)
    assert "news : exclude" in text_of(answer)
    result = await page.post(f"{entry}/post", {"account": "news"})
    assert result.messages == ["Delivery 2 is queued for news, due now."]
    assert "Post it after all" not in result.text
    again = await page.post(f"{entry}/post", {"account": "news"})
    assert again.messages == ["Not queued: delivery 2 is queued already."]
    await asyncio.to_thread(page.bot.sync)
    assert sorted(accepted_posts(sandbox)) == sorted([post_text("bad"), post_text("good")])


async def test_an_account_that_the_source_does_not_serve_gets_nothing(page):
    entry = (await page.get("/entries?q=https://news.example/bad")).path
    result = await page.post(f"{entry}/post", {"account": "elsewhere"})
    assert result.messages == ["Not queued: elsewhere is not in `to` of hot."]


async def test_a_config_with_faults_decides_nothing(page):
    entry = (await page.get("/entries?q=https://news.example/bad")).path
    with page.bot.path.open("a", encoding="utf-8") as config:
        config.write("\n[sources.broken]\nkind = 7\n")
    result = await page.post(f"{entry}/post", {"account": "news"})
    assert "the config has faults" in result.messages[0]
    assert page.store.outbox.find() == []


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30, "x", "-1", "%00"])
async def test_an_entry_that_is_none_is_not_there(page, number):
    assert (await page.get(f"/entries/{number}")).status == 404
    assert (await page.post(f"/entries/{number}/post", {"account": "news"})).status == 404


async def test_it_shows_what_steps_wrote_and_what_waits_for_them(
    serve, bot, feeds, sandbox, clock, stand_in
):
    url = feeds.show("/hot", items(clock, "one"))
    source = {"url": url, "steps": ["explain", "short"], "template": "{{ title }} {{ short }}"}
    steps = {"explain": chat(), "short": chat(prompt="{{ explain }}", per_day=1)}
    bot.configure({"hot": source}, {"news": (sandbox, "")}, steps=steps)
    stand_in.answer = StepAnswer("Read <b>this</b>.", model="small", tokens_in=40, cost=0.002)
    with bot.store() as store:
        assert store.steps.begin(StepCall(b"k" * 32, "short", None, "", "", 1), clock.now(), DAY, 1)
    await asyncio.to_thread(bot.sync)
    client = await serve(bot)
    await client.log_in()
    text = text_of(await client.get("/entries/1"))
    assert "explain done" in text
    assert "Read this." in text
    assert "Explain {{ title }}" in text
    assert "waits for short: 1 call in a day" in text
    assert "〔short〕" in text
