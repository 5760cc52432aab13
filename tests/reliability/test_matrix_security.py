"""The fault matrix (docs/reliability.md), security: through the whole program."""

import json
import socket

import pytest

from harness import Item, accepted_posts, rss, visible_texts
from sample_images import png

HOSTILE = {
    "tags": Item(
        "<script>alert(1)</script>Tags", "https://news.example/1", "<img src=x onerror=y>"
    ),
    "mention": Item("Hello @victim and @victim@127.0.0.1", "https://news.example/2"),
    "fullwidth": Item("Hello ＠victim", "https://news.example/3"),
    "hashtag": Item("Buy #spam now", "https://news.example/4"),
    "invisible": Item("Zero\u200bwidth \u202egnp.exe\u202c", "https://news.example/5"),
    "template": Item("{{ 7 * 7 }} {% for x in y %}", "https://news.example/6"),
    "javascript": Item("A click", "javascript:alert(1)", guid="7"),
    "data": Item("Some data", "data:text/html,<script>alert(1)</script>", guid="8"),
}


@pytest.fixture
def victim(sandbox):
    """Somebody who must not hear of any of it."""
    sandbox.add_account("victim")
    return "victim"


@pytest.mark.parametrize("template", ["link", "headline", "reblog-via", "paper"])
def test_hostile_text_pings_nobody_and_runs_nothing(bot, feeds, sandbox, victim, template):
    url = feeds.show("/f", list(HOSTILE.values()), title="@victim #list {{ 7 * 7 }}")
    bot.configure({"hot": {"url": url, "template": template}}, {"news": (sandbox, "")})
    bot.sync()
    texts = accepted_posts(sandbox)
    assert len(texts) == len(HOSTILE)
    whole = "\n".join(texts)
    statuses = sandbox.statuses("news")
    assert [status["mentions"] for status in statuses if status["mentions"]] == []
    assert [status["tags"] for status in statuses if status["tags"]] == []
    assert "javascript:" not in whole
    assert "data:" not in whole
    assert "<script" not in "".join(status["content"] for status in statuses)
    assert "49" not in whole
    assert "{{ 7 * 7 }}" in whole
    assert not set("\u200b\u202e\u202c") & set(whole)
    assert any("victim" in text for text in visible_texts(sandbox))


def test_the_post_reads_well(bot, feeds, sandbox, victim):
    url = feeds.show("/f", [HOSTILE[name] for name in ("mention", "javascript", "invisible")])
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == [
        "Zerowidth gnp.exe\nhttps://news.example/5",
        "A click",
        "Hello victim and victim (127.0.0.1)\nhttps://news.example/2",
    ]


# 64: whatever may name an address, and whatever it is fetched for


@pytest.fixture
def inside():
    """A service inside the network, which nobody is to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def nobody_came(listening):
    try:
        listening.accept()
    except BlockingIOError:
        return True
    return False


def leading(to):
    """A page that leads elsewhere."""

    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def fallback(feeds, to):
    return {"url": feeds.fail("/f", 404), "fallbacks": [to]}


def redirected(feeds, to):
    feeds.pages["/f"] = leading(to)
    return {"url": feeds.url("/f")}


def entry_page(feeds, to):
    return {"url": feeds.show("/f", [Item("Title", to)]), "media": 1}


def redirected_page(feeds, to):
    feeds.pages["/story"] = leading(to)
    return {"url": feeds.show("/f", [Item("Title", feeds.url("/story"))]), "media": 1}


def enclosure(feeds, to):
    feed = rss([Item("Title", "https://news.example/1")])
    image = f'<enclosure url="{to}" type="image/png" length="1"/></item>'.encode()
    return {"url": feeds.show("/f", feed.replace(b"</item>", image)), "media": 1}


def redirected_image(feeds, to):
    feeds.pages["/a.png"] = leading(to)
    return enclosure(feeds, feeds.url("/a.png"))


def image_of_a_page(feeds, to):
    page = f'<head><meta property="og:image" content="{to}"></head>'.encode()
    link = feeds.show("/story", page, kind="text/html")
    return {"url": feeds.show("/f", [Item("Title", link)]), "media": 1}


def actor(feeds, to):
    me = feeds.url("/ann")
    actor_json = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "Person",
        "id": me,
        "outbox": to,
        "inbox": f"{me}/inbox",
        "preferredUsername": "ann",
        "discoverable": True,
        "indexable": True,
    }
    feeds.show("/ann", json.dumps(actor_json).encode(), kind="application/activity+json")
    return {"kind": "actor", "url": me}


WAYS = {
    "a feed": lambda _, to: {"url": to},
    "a fallback": fallback,
    "a redirect": redirected,
    "a page": lambda _, to: {"kind": "page", "url": to, "select": {"item": "li"}},
    "a list": lambda _, to: {"kind": "json", "url": to, "path": "@", "fields": {"title": "t"}},
    "a hot list": lambda _, to: {"kind": "chouti", "url": to},
    "the page of an entry": entry_page,
    "a redirect of such a page": redirected_page,
    "an image": enclosure,
    "a redirect of an image": redirected_image,
    "an image of a page": image_of_a_page,
    "an actor": lambda _, to: {"kind": "actor", "url": to},
    "an outbox": actor,
}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_led_inside_the_network(bot, feeds, sandbox, inside, way, host):
    to = f"http://{host}:{inside.getsockname()[1]}/x"
    bot.configure({"hot": WAYS[way](feeds, to)}, {"news": (sandbox, "")})
    assert {poll.outcome for poll in bot.sync().polls} <= {"new", "refused", "failed"}
    bot.preview()
    assert nobody_came(inside)
    # what stays outside is posted
    assert len(accepted_posts(sandbox)) == len(bot.deliveries())


def next_page(feeds, to):
    keys = actor(feeds, feeds.url("/outbox"))
    first = {"type": "OrderedCollectionPage", "orderedItems": [], "next": to}
    outbox = {"type": "OrderedCollection", "first": first}
    kind = "application/activity+json"
    feeds.show("/outbox", json.dumps(outbox).encode(), kind=kind)
    return {**keys, "first": "all"}


def boosted(feeds, to):
    keys = actor(feeds, feeds.url("/outbox"))
    boost = {"type": "Announce", "id": feeds.url("/1"), "actor": feeds.url("/ann"), "object": to}
    outbox = {"type": "OrderedCollection", "orderedItems": [boost]}
    kind = "application/activity+json"
    feeds.show("/outbox", json.dumps(outbox).encode(), kind=kind)
    return keys


POINTING = {
    name: way
    for name, way in WAYS.items()
    if name not in {"a feed", "a fallback", "a page", "a list", "a hot list", "an actor"}
} | {"a next page": next_page, "a boosted object": boosted}


@pytest.mark.parametrize("way", POINTING)
def test_an_exception_made_for_one_source_serves_no_document_of_another(
    bot, feeds, sandbox, inside, way
):
    address = f"127.0.0.1:{inside.getsockname()[1]}"
    own = {"url": f"http://{address}/f", "enabled": False}
    bot.configure(
        {"hot": POINTING[way](feeds, f"http://{address}/x"), "own": own},
        {"news": (sandbox, "")},
        http={"allow_private": [feeds.address, address]},
    )
    bot.sync()
    bot.preview()
    assert nobody_came(inside)


def test_a_source_on_a_private_host_shows_images_of_that_host(bot, feeds, sandbox):
    image = feeds.show("/a.png", png(), kind="image/png")
    bot.configure({"hot": enclosure(feeds, image)}, {"news": (sandbox, "")})
    bot.sync()
    (status,) = sandbox.statuses("news")
    assert len(status["media_attachments"]) == 1


def test_discovery_leads_nobody_inside_the_network(bot, feeds, sandbox, inside, cli):
    to = f"http://127.0.0.1:{inside.getsockname()[1]}/feed"
    link = f'<link rel="alternate" type="application/rss+xml" href="{to}">'.encode()
    page = feeds.show("/", b"<!DOCTYPE html><head>" + link + b"</head>", kind="text/html")
    bot.configure({"hot": {"url": page}}, {"news": (sandbox, "")})
    for url in (page, to):
        ran = cli("sources", "discover", url)
        assert ran.code == 1
        assert "private" in ran.out + ran.err
        assert "Traceback" not in ran.err
    assert nobody_came(inside)
