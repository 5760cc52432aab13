"""Entries get the text of their page before they are composed: one fetch, and the same in a preview."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from harness import Item, accepted_posts, items, rss, visible_texts
from reblogbot.admin.documents.preview import preview_json
from sample_images import png

SENTENCE = "The bakery at the corner opens at six, and the first loaves are sold before seven."
TEMPLATE = "{{ title }}\n{{ text }}\n{{ link }}"


@pytest.fixture
def hot(bot, feeds, sandbox):
    """Configures one source that reads the texts of its pages."""

    def configured(**keys):
        source = {"url": feeds.url("/f"), "page_text": True, "template": TEMPLATE, **keys}
        bot.configure({"hot": source}, {"news": (sandbox, "")})

    return configured


def story(feeds, name, sentence=SENTENCE, head="", title="", **options):
    """A page with a text; returns its item."""
    page = f"<head>{head}</head><article><h1>x</h1><p>{sentence}</p></article>".encode()
    link = feeds.show(f"/{name}", page, kind="text/html", etag=False, **options)
    return Item(title or f"Title {name}", link)


def entry(bot):
    """The only entry, as the store keeps it."""
    with closing(sqlite3.connect(bot.store_file)) as connection:
        ((content,),) = connection.execute("SELECT content FROM entry").fetchall()
    return json.loads(content)


def test_a_post_has_the_text_of_its_page_and_preview_shows_it_before(bot, feeds, sandbox, hot):
    feeds.show("/a.png", png(), kind="image/png")
    feeds.show("/f", [story(feeds, "a", head='<meta property="og:image" content="/a.png">')])
    hot(media=1)
    (previewed,) = preview_json(bot.preview())["posts"]
    assert SENTENCE in previewed["text"]
    assert previewed["media"][0]["url"] == feeds.url("/a.png")
    bot.sync()
    (posted,) = accepted_posts(sandbox)
    assert posted == previewed["text"]
    # one fetch each for images and text, by the preview and by the round
    assert feeds.request_count("/a") == 2
    assert len(sandbox.statuses("news")[0]["media_attachments"]) == 1


def test_a_page_is_read_for_an_entry_with_images_of_its_own(bot, feeds, sandbox, hot):
    image = feeds.show("/own.png", png(), kind="image/png")
    enclosed = f'<enclosure url="{image}" type="image/png" length="1"/></item>'.encode()
    feeds.show("/f", rss([story(feeds, "a")]).replace(b"</item>", enclosed))
    hot(media=1)
    bot.sync()
    assert SENTENCE in accepted_posts(sandbox)[0]
    assert feeds.request_count("/a") == 1


def test_two_accounts_share_one_fetch(bot, feeds, sandbox):
    feeds.show("/f", [story(feeds, "a")])
    source = {"url": feeds.url("/f"), "page_text": True, "template": TEMPLATE}
    accounts = {"news": (sandbox, ""), "other": (sandbox, "")}
    bot.configure({"hot": {**source, "to": list(accounts)}}, accounts)
    bot.sync()
    assert feeds.request_count("/a") == 1
    assert [SENTENCE in delivery.post.text for delivery in bot.deliveries()] == [True, True]


def test_no_page_is_read_without_the_key_or_for_what_is_refused_or_boosted(
    bot, feeds, sandbox, hot
):
    feeds.show("/f", [story(feeds, "a")])
    hot(page_text=False)
    bot.preview()
    hot(filter={"exclude": ["Title"]})
    bot.preview()
    hot(action="boost", to=["news"])
    bot.preview()
    assert feeds.request_count("/a") == feeds.request_count("/robots.txt") == 0


def test_at_most_max_per_poll_pages_are_read(bot, feeds, sandbox, hot):
    feeds.show("/f", [story(feeds, name) for name in "abcd"])
    hot(max_per_poll=2)
    bot.sync()
    assert sum(feeds.request_count(f"/{name}") for name in "abcd") == 2


def test_a_post_goes_out_without_the_text_of_a_page_that_fails(bot, feeds, sandbox, hot):
    feeds.show("/f", [Item("Title a", feeds.fail("/a", 500))])
    hot()
    bot.sync()
    assert accepted_posts(sandbox) == [f"Title a\n{feeds.url('/a')}"]
    assert entry(bot).get("text", "") == ""


@pytest.mark.parametrize(
    ("page", "feed", "refusal"),
    [
        ({"tdm-reservation": "1"}, {}, "tdm-reservation: 1 (header of the page)"),
        ({}, {"Content-Signal": "ai-input=no"}, "ai-input=no (Content-Signal of the feed)"),
        ({}, {"X-Robots-Tag": "noai"}, "noai (X-Robots-Tag of the feed)"),
        ({}, {"X-Robots-Tag": "noindex"}, ""),
    ],
)
def test_the_entry_tells_why_no_model_may_read_it(bot, feeds, hot, page, feed, refusal):
    feeds.show("/f", [story(feeds, "a", headers=page)], headers=feed)
    # what waits keeps its text
    hot(review=True)
    bot.sync()
    assert (entry(bot).get("text", ""), entry(bot).get("ai_refusal", "")) == (
        f"x\n\n{SENTENCE}",
        refusal,
    )


def test_the_text_is_forgotten_when_the_entry_is_posted_unless_it_may_be_edited(bot, feeds, hot):
    feeds.show("/f", [story(feeds, "a")])
    hot()
    bot.sync()
    assert "text" not in entry(bot)
    bot.delete_store()
    hot(updates="edit")
    bot.sync()
    assert entry(bot)["text"] == f"x\n\n{SENTENCE}"


def test_a_refusal_of_the_feed_needs_no_page(bot, feeds, hot):
    feeds.show("/f", [story(feeds, "a")], headers={"tdm-reservation": "1"})
    hot(page_text=False)
    bot.sync()
    assert entry(bot).get("ai_refusal", "") == "tdm-reservation: 1 (header of the feed)"


def test_a_refusal_of_the_feed_holds_for_entries_read_after_their_outlines(
    bot, feeds, sandbox, clock, hot
):
    old = [replace(item, guid=item.link) for item in items(clock, "a", "b")]
    feeds.show("/f", old)
    hot(page_text=False, first="none")
    bot.sync()
    clock.advance(minutes=10)
    new = items(clock, "c")[0]
    feeds.show("/f", [replace(new, guid="c"), *old], headers={"tdm-reservation": "1"})
    bot.sync()
    (delivery,) = bot.deliveries()
    assert delivery.post.text.startswith("Title c")
    with closing(sqlite3.connect(bot.store_file)) as connection:
        (row,) = connection.execute("SELECT content FROM entry WHERE content IS NOT NULL")
    assert json.loads(row[0])["ai_refusal"] == "tdm-reservation: 1 (header of the feed)"


def test_a_waiting_entry_keeps_its_text_when_it_changes_and_the_page_fails(
    bot, feeds, sandbox, clock, hot
):
    item = story(feeds, "a")
    feeds.show("/f", [item])
    hot(review=True)
    bot.sync()
    feeds.fail("/a", 500)
    clock.advance(minutes=10)
    feeds.show("/f", [replace(item, title="Title a, corrected")])
    bot.sync()
    (delivery,) = bot.deliveries("held")
    assert delivery.post.text.startswith("Title a, corrected")
    assert SENTENCE in delivery.post.text
    assert entry(bot).get("text", "") == f"x\n\n{SENTENCE}"


def test_a_changed_entry_has_the_present_text_of_its_page(bot, feeds, sandbox, clock, hot):
    item = story(feeds, "a")
    feeds.show("/f", [item])
    hot(updates="edit")
    bot.sync()
    other = SENTENCE.replace("six", "five")
    story(feeds, "a", other)
    clock.advance(minutes=10)
    feeds.show("/f", [replace(item, title="Title a, corrected")])
    bot.sync()
    (text,) = visible_texts(sandbox)
    assert text.startswith("Title a, corrected")
    assert other in text
    assert feeds.request_count("/a") == 2


def test_an_edit_keeps_the_text_where_the_page_fails(bot, feeds, sandbox, clock, hot):
    item = story(feeds, "a")
    feeds.show("/f", [item])
    hot(updates="edit")
    bot.sync()
    feeds.fail("/a", 503)
    clock.advance(minutes=10)
    feeds.show("/f", [replace(item, title="Title a, corrected")])
    bot.sync()
    (text,) = visible_texts(sandbox)
    assert text.startswith("Title a, corrected")
    assert SENTENCE in text


def test_an_entry_that_did_not_change_is_neither_edited_nor_read_again(
    bot, feeds, sandbox, clock, hot
):
    first = story(feeds, "a")
    feeds.show("/f", [first])
    hot(updates="edit")
    bot.sync()
    story(feeds, "a", "The page says something else by now, but the feed did not change its entry.")
    clock.advance(minutes=10)
    feeds.show("/f", [first, story(feeds, "b", title="Another")])
    assert bot.sync().counts()["sent"] == 1
    assert feeds.request_count("/a") == 1
    assert len(accepted_posts(sandbox)) == 2


def test_an_entry_that_the_admin_asked_for_has_the_text(bot, feeds, sandbox, hot, cli):
    item = story(feeds, "a")
    feeds.show("/f", [item])
    hot(filter={"exclude": ["Title"]})
    bot.sync()
    assert feeds.request_count("/a") == 0
    assert cli("queue", "post", item.link).code == 0
    (delivery,) = bot.deliveries()
    assert SENTENCE in delivery.post.text
