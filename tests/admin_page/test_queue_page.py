"""The page "Queue": what waits and is held, as it will look, and what an admin does with it."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from harness import accepted_posts, items, post_text
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.admin_page.views import queue as view
from reblogbot.model import DeliveryState, Media

# before now and after, so that nothing goes out
QUIET = {"quiet": ["00:00-12:00", "12:00-24:00"]}


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """Three held for review, three waiting, and a storm of four held; nothing goes out."""
    urls = {name: feeds.show(f"/{name}", items(clock, name)) for name in ("first", "storm")}
    for name in ("review", "wait"):
        names = [f"{name}{letter}" for letter in "cba"]
        urls[name] = feeds.show(f"/{name}", items(clock, *names))
    sources = {
        "review": {"url": urls["review"], "review": True},
        "wait": {"url": urls["wait"]},
        "storm": {"url": urls["storm"], "first": "none", "max_per_poll": 2},
    }
    account = {**bot.account("news", sandbox), "pace": QUIET}
    bot.configure(sources, {"news": account})
    bot.sync()
    feeds.show("/storm", items(clock, "s4", "s3", "s2", "s1", "storm"))
    bot.sync()
    return bot


def shown(answer):
    """The cards of a page: the titles, by the deliveries' numbers."""
    cards = re.findall(
        r'id="d(\d+)"[^>]*>.*?class="content"[^>]*>([^\n<]*)', answer.text, re.DOTALL
    )
    return {int(number): unescape(title) for number, title in cards}


def buttons(answer):
    """The values of the buttons and of the tick of each card, by its title."""
    values = {}
    for card in re.findall(
        r'<article class="post" id="d\d+"[^>]*>(.*?)</article>', answer.text, re.DOTALL
    ):
        pressed = re.findall(r'name="do" value="([^"]+)"', card)
        ticked = re.findall(r'name="pick" value="([^"]+)"', card)
        title = re.search(r'class="content"[^>]*>([^\n<]*)', card)[1]
        values[title] = {value.partition(" ")[0]: value for value in pressed}
        values[title] |= dict.fromkeys(["pick"][: len(ticked)], *ticked)
    return values


def states(bot):
    return {each.post.text.partition("\n")[0]: each.state.value for each in bot.deliveries()}


def storm_fields(answer):
    """The hidden fields of the form of the first storm."""
    form = re.search(r'action="/queue/storm[^>]*>(.*?)</form>', answer.text, re.DOTALL)[1]
    return dict(re.findall(r'type="hidden" name="(source|account|at)" value="([^"]*)"', form))


async def test_cards_look_like_their_posts_and_say_why_they_wait(page):
    answer = await page.get("/queue")
    assert sorted(shown(answer).values()) == [
        f"Title {name}{letter}" for name in ("review", "wait") for letter in "abc"
    ]
    assert "held: review" in answer.text
    assert "quiet hours" in answer.text
    assert 'href="https://news.example/waita" rel="nofollow noopener noreferrer"' in answer.text
    assert "4 posts of storm for news are held: a storm" in answer.text


async def test_filters_show_one_state_or_one_source(page):
    held = await page.get("/queue?state=held")
    assert set(shown(held).values()) == {f"Title review{letter}" for letter in "abc"}
    of_source = await page.get("/queue?source=wait")
    assert set(shown(of_source).values()) == {f"Title wait{letter}" for letter in "abc"}
    assert "are held: a storm" not in of_source.text
    assert shown(await page.get("/queue?account=nobody&state=queued")) == {}


@pytest.mark.parametrize(
    ("title", "button", "state"),
    [
        ("Title reviewa", "release", "queued"),
        ("Title reviewa", "skip", "skipped"),
        ("Title waita", "hold", "held"),
        ("Title waita", "skip", "skipped"),
        ("Title waita", "now", "queued"),
    ],
)
async def test_a_button_changes_its_delivery_alone(page, title, button, state):
    before = states(page.bot)
    answer = await page.get("/queue")
    result = await page.post("/queue", {"do": buttons(answer)[title][button]})
    assert re.match(r"Delivery \d+ is ", result.messages[0])
    assert states(page.bot) == before | {title: state}


async def test_what_is_ticked_is_changed_together(page):
    ticks = buttons(await page.get("/queue"))
    picks = [ticks[f"Title {name}"]["pick"] for name in ("reviewa", "reviewb", "waita")]
    result = await page.post("/queue", {"do": "skip", "pick": picks})
    assert len(result.messages[0].splitlines()) == 3
    assert sorted(title for title, state in states(page.bot).items() if state == "skipped") == [
        "Title reviewa", "Title reviewb", "Title waita",
    ]  # fmt: skip
    nothing = await page.post("/queue", {"do": "skip"})
    assert nothing.messages == ["Nothing was changed: tick some deliveries first."]


async def test_all_of_a_state_are_changed_but_not_what_came_later(page, feeds, clock):
    answer = await page.get("/queue?state=queued")
    until = re.search(r'name="until" value="(\d+)"', answer.text)[1]
    feeds.show("/wait", items(clock, "waitd", "waitc", "waitb", "waita"))
    clock.advance(hours=1)
    await asyncio.to_thread(page.bot.sync)
    result = await page.post("/queue?state=queued", {"do": "skip", "all": "1", "until": until})
    assert result.path == "/queue?state=queued"
    assert {title: state for title, state in states(page.bot).items() if "wait" in title} == {
        "Title waita": "skipped", "Title waitb": "skipped", "Title waitc": "skipped",
        "Title waitd": "queued",
    }  # fmt: skip


async def test_what_another_has_changed_is_shown_and_not_changed(page):
    button = buttons(await page.get("/queue"))["Title reviewa"]["skip"]
    (delivery,) = [each for each in page.bot.deliveries("held") if "reviewa" in each.post.text]
    config = page.site.tools.config_file().config
    QueueActions(config, page.store, page.bot.clock.now()).release(delivery)
    result = await page.post("/queue", {"do": button})
    assert result.messages == [f"Delivery {delivery.id} is queued by now, and was not changed."]
    assert states(page.bot)["Title reviewa"] == "queued"


async def test_a_storm_is_one_group_that_goes_out_at_a_pace(page):
    answer = await page.get("/queue")
    result = await page.post(
        "/queue/storm", {**storm_fields(answer), "do": "newest", "newest": "2"}
    )
    assert result.messages[0].count("is queued now") == 2
    queued = [each for each in page.bot.deliveries("queued") if each.source == "storm"]
    assert [each.post.text.partition("\n")[0] for each in queued] == ["Title s3", "Title s4"]
    assert "2 posts of storm for news are held" in result.text
    rest = await page.post("/queue/storm", {**storm_fields(answer), "do": "skip"})
    assert "are held: a storm" not in rest.text
    assert [states(page.bot)[f"Title s{number}"] for number in range(1, 5)] == [
        "skipped", "skipped", "queued", "queued",
    ]  # fmt: skip


async def test_each_delivery_of_a_storm_can_be_looked_at(page):
    fields = storm_fields(await page.get("/queue"))
    answer = await page.get(f"/queue?source=storm&account=news&at={fields['at']}")
    assert list(shown(answer).values()) == [f"Title s{number}" for number in (4, 3, 2, 1)]


async def test_pages_follow_each_other_without_gaps(page, monkeypatch):
    monkeypatch.setattr(view, "CARDS", 2)
    titles, path = [], "/queue"
    while path:
        answer = await page.get(path)
        titles += shown(answer).values()
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        path = unescape(following[1]) if following else ""
    assert sorted(titles) == [
        f"Title {name}{letter}" for name in ("review", "wait") for letter in "abc"
    ]


async def test_a_text_is_edited_within_the_limit_of_its_server(page):
    number = next(n for n, title in shown(await page.get("/queue")).items() if "waita" in title)
    form = await page.get(f"/queue/{number}")
    version = re.search(r'name="version" value="(\d+)"', form.text)[1]
    fields = {"state": "queued", "version": version}
    long = await page.post(f"/queue/{number}", {**fields, "text": "much " * 200})
    assert long.status == 409
    assert "characters as its server counts, 500 fit" in long.text
    assert "much much much" in long.text
    link = "https://news.example/waita"
    edited = await page.post(f"/queue/{number}", {**fields, "text": f"Better\r\n{link}"})
    assert edited.messages[0].startswith(f"Delivery {number} is edited and queued: ")
    assert page.store.outbox.find([number])[0].post.text == f"Better\n{link}"
    again = await page.post(f"/queue/{number}", {**fields, "text": "From an old form"})
    assert again.status == 409
    assert "was changed meanwhile" in again.text
    assert page.store.outbox.find([number])[0].post.text == f"Better\n{link}"


async def test_what_is_in_flight_cannot_be_changed(page, clock):
    delivery = page.bot.deliveries("queued")[0]
    page.store.outbox.claim_account("news", clock.now(), timedelta(minutes=1))
    assert page.store.outbox.claim(delivery, clock.now(), timedelta(minutes=1))
    answer = await page.get("/queue?state=unsettled")
    assert "cannot be changed now" in answer.text
    assert buttons(answer) == {delivery.post.text.partition("\n")[0]: {}}
    result = await page.post("/queue", {"do": f"skip {delivery.id} sending 0"})
    assert result.messages == [f"Delivery {delivery.id} is sending and stays so."]


async def test_warnings_are_folded_and_images_named(page):
    delivery = page.bot.deliveries("held")[0]
    media = (Media("https://news.example/cat.png", alt="A cat"), Media("javascript:alert(1)"))
    post = replace(delivery.post, spoiler="<b>War</b>", media=media)
    changed = replace(delivery, post=post)
    assert page.store.outbox.rewrite(delivery, changed, page.bot.clock.now(), "")
    answer = await page.get("/queue")
    assert (
        '<details class="warned"><summary><b dir="auto">&lt;b&gt;War&lt;/b&gt;</b>' in answer.text
    )
    assert "A cat" in answer.text
    assert "without a description" in answer.text
    assert "alert(1)" in answer.text
    assert 'href="javascript' not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/queue?state=nonsense&after=x&account=%00&source=%F0", "/queue?after=99999999999999999999",
        "/queue?state=dead&after=9-9", "/queue?state=dead&after=9999999999999999-9999999999999999",
        "/queue?at=9999999999999999999999", "/queue?at=36028797018963968",
    ],
)  # fmt: skip
async def test_a_query_of_nonsense_shows_a_page(page, path):
    assert (await page.get(path)).status == 200


@pytest.mark.parametrize("do", ["", "nonsense", "skip x y z", "skip 1 held 99999999999", "skip 1"])
async def test_a_form_of_nonsense_changes_nothing(page, do):
    before = states(page.bot)
    assert (await page.post("/queue", {"do": do})).status in (200, 404)
    assert states(page.bot) == before


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 30, "x", "-1", "%00"])
async def test_a_delivery_that_is_none_is_not_there(page, number):
    assert (await page.get(f"/queue/{number}")).status == 404


def fail(page, title, **ago):
    """Let the server refuse a queued delivery for good."""
    now, lease = page.bot.clock.now() - timedelta(**ago), timedelta(minutes=1)
    (queued,) = [each for each in page.bot.deliveries("queued") if title in each.post.text]
    page.store.outbox.claim_account("news", now, lease)
    sending = page.store.outbox.claim(queued, now, lease)
    refused = replace(sending, state=DeliveryState.DEAD, error="HTTP 422: <b>no</b>")
    assert page.store.outbox.settle(sending, refused, now)
    page.store.outbox.release_account("news")
    return queued.id


async def test_what_failed_comes_first_and_is_tried_again_alone(page, clock):
    for title in ("waitb", "waita"):
        fail(page, title)
        clock.advance(minutes=1)
    answer = await page.get("/queue")
    assert list(shown(answer).values())[:2] == ["Title waitb", "Title waita"]
    assert "HTTP 422: &lt;b&gt;no&lt;/b&gt;" in answer.text
    failed = await page.get("/queue?state=dead")
    assert set(shown(failed).values()) == {"Title waita", "Title waitb"}
    until = re.search(r'name="until" value="(\d+)"', failed.text)[1]
    await page.post("/queue?state=dead", {"do": "retry", "all": "1", "until": until})
    assert page.bot.deliveries("dead") == []
    assert states(page.bot)["Title reviewa"] == "held"


async def test_failures_of_long_ago_are_in_their_list_only(page):
    fail(page, "waita", days=8)
    assert "Title waita" not in shown(await page.get("/queue")).values()
    assert "Title waita" in shown(await page.get("/queue?state=dead")).values()


async def test_what_is_released_goes_out(page, clock, sandbox):
    button = buttons(await page.get("/queue"))["Title reviewa"]["release"]
    await page.post("/queue", {"do": button})
    config = page.bot.path.read_text("utf-8").replace("quiet = ", "# ")
    page.bot.path.write_text(config, encoding="utf-8")
    await asyncio.to_thread(page.bot.sync)
    assert post_text("reviewa") in accepted_posts(sandbox)


class TestBoost:
    """A boost is shown as the status that it boosts, as far as the store knows that."""

    @pytest.fixture
    def configured(self, bot, sandbox):
        account = {**bot.account("news", sandbox), "pace": QUIET}
        sandbox.add_status("ann@far.example", "What she wrote, with much to say")
        sandbox.follow("news", "ann@far.example")
        source = {"kind": "account", "acct": "@ann@far.example", "via": "news"}
        bot.configure({"people": source}, {"news": account})
        bot.sync()
        return bot

    async def test_it_shows_author_and_words(self, page):
        answer = await page.get("/queue")
        assert 'class="quote"' in answer.text
        assert "What she wrote, with much to say" in answer.text
        assert "@ann@far.example" in answer.text


class TestDigest:
    """What waits for a digest is shown as the post that it will be part of."""

    @pytest.fixture
    def configured(self, bot, feeds, sandbox, clock):
        url = feeds.show("/daily", items(clock, "c", "b", "a"))
        later = (clock.now() + timedelta(hours=2)).strftime("%H:%M")
        source = {"url": url, "digest": later, "timezone": "UTC", "title": "Daily"}
        bot.configure({"daily": source}, {"news": (sandbox, "")})
        bot.sync()
        return bot

    async def test_it_is_one_draft_from_which_an_entry_can_be_taken(self, page):
        answer = await page.get("/queue")
        assert "3 entries in it" in answer.text
        assert answer.text.count('<article class="post') == 1
        assert "Daily · " in answer.text
        skip = re.search(r'name="do" value="(skip [^"]+)"', answer.text)[1]
        after = await page.post("/queue", {"do": skip})
        assert "2 entries in it" in after.text


@pytest.mark.parametrize("text", ["[sources", '[sources.hot]\nkind = "feed"\n'])
async def test_a_post_can_be_held_while_the_config_has_faults(page, configured, text):
    configured.path.write_text(text, encoding="utf-8")
    answer = await page.get("/queue?state=queued")
    await page.post("/queue", {"do": buttons(answer)["Title waita"]["hold"]})
    held = [each.post.text for each in page.store.outbox.find(states=[DeliveryState.HELD])]
    assert post_text("waita") in held
    for path in ("/history", "/entries?q=Title", "/sources", "/"):
        assert (await page.get(path)).status == 200, path
