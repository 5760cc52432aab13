"""Finding the feeds behind a page, politely and through the guarded fetch."""

import json
from datetime import UTC, datetime

import pytest

from loopback import Site, answer, fetcher, redirect
from reblogbot.errors import SourceError
from reblogbot.runtime.parser_pool import WorkerPool
from reblogbot.sources.discover import Explorer, Found
from reblogbot.sources.feed.links import named, usual
from reblogbot.sources.shared.body import Body

RSS = '<rss version="2.0"><channel><title>{}</title><item><title>1</title></item></channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title></feed>'
JSON = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": []})


class Clock:
    def now(self):
        return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


@pytest.fixture
async def explorer(site):
    async with fetcher(Clock(), site) as fetch, WorkerPool(workers=1) as offload:
        yield Explorer(fetch, offload, Clock())


def asked(site):
    return [request.target for request in site.requests]


def links_of(html, url="https://x.example/a/b"):
    return named(Body(html.encode(), "", url, "", "UTC", None))


async def test_the_feeds_a_page_names_are_listed(site, explorer):
    site.pages |= {
        "/": answer(
            "<!DOCTYPE html><link rel=alternate type=application/rss+xml href=/one.xml>"
            '<link rel="alternate" type="application/atom+xml" href="two.xml" title="x">'
            "<link rel='ALTERNATE' type='application/feed+json' href='/three.json'>"
        ),
        "/one.xml": answer(RSS.format("One")),
        "/two.xml": answer(ATOM),
        "/three.json": answer(JSON),
    }
    found = await explorer.discover(site.url("/"))
    assert found.feeds == [
        Found(site.url("/one.xml"), "One", "feed", 1),
        Found(site.url("/two.xml"), "Atom", "feed", 0),
        Found(site.url("/three.json"), "J", "feed", 0),
    ]
    assert found.failures == {}
    assert asked(site) == ["/", "/one.xml", "/two.xml", "/three.json"]


async def test_a_feed_that_is_named_but_broken_is_told(site, explorer):
    site.pages |= {
        "/": answer(
            "<link rel=alternate type=application/rss+xml href=/gone.xml>"
            "<link rel=alternate type=application/rss+xml href=/one.xml>"
        ),
        "/one.xml": answer(RSS.format("One")),
    }
    found = await explorer.discover(site.url("/"))
    assert [one.title for one in found.feeds] == ["One"]
    assert "answered 404" in found.failures[site.url("/gone.xml")]


async def test_a_url_that_is_a_feed_itself_is_reported_as_such(site, explorer):
    site.pages["/feed"] = answer(RSS.format("Me"))
    found = await explorer.discover(site.url("/feed"))
    assert found.feeds == [Found(site.url("/feed"), "Me", "feed", 1)]
    assert asked(site) == ["/feed"]


async def test_a_feed_that_moved_for_good_is_listed_where_it_is(site, explorer):
    site.pages |= {"/old": redirect("/new", 301), "/new": answer(RSS.format("Me"))}
    assert [one.url for one in (await explorer.discover(site.url("/old"))).feeds] == [
        site.url("/new")
    ]


async def test_where_none_is_named_the_usual_places_are_tried(site, explorer):
    site.pages |= {"/blog/": answer("<p>Hi"), "/rss.xml": answer(RSS.format("Site"))}
    found = await explorer.discover(site.url("/blog/"))
    assert found.feeds == [Found(site.url("/rss.xml"), "Site", "feed", 1)]
    assert asked(site) == ["/blog/", "/blog/feed", "/feed", "/feed.xml", "/rss", "/rss.xml"]
    assert found.failures == {}


async def test_where_there_is_none_nothing_is_found(site, explorer):
    site.pages["/"] = answer("<p>Hi")
    found = await explorer.discover(site.url("/"))
    assert (found.feeds, found.failures) == ([], {})
    assert len(site.requests) == 8


async def test_a_site_that_wants_to_be_left_alone_is(site, explorer):
    site.pages |= {"/": answer("<p>Hi"), "/feed": answer("", 429, Retry_After="60")}
    assert (await explorer.discover(site.url("/"))).feeds == []
    assert asked(site) == ["/", "/feed"]


async def test_a_page_that_cannot_be_fetched_is_an_error(site, explorer):
    with pytest.raises(SourceError, match="answered 404"):
        await explorer.discover(site.url("/nothing"))


async def test_a_private_address_is_not_explored_though_a_page_names_it(site, explorer):
    async with Site() as private:
        private.pages["/feed"] = answer(RSS.format("Secret"))
        link = f"<link rel=alternate type=application/rss+xml href={private.url('/feed')}>"
        site.pages["/"] = answer(link)
        found = await explorer.discover(site.url("/"))
        assert found.feeds == []
        assert "private" in found.failures[private.url("/feed")]
        assert private.connections == 0


def test_only_links_to_feeds_count():
    html = """<base href="/deep/"><link rel="stylesheet" type="text/css" href="a.css">
    <link rel="alternate" hreflang="de" href="/de"><link rel="alternate" type="application/json+oembed" href="/o">
    <link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel="alternate" type="text/xml">
    <link rel="feed" href="f"><link rel="alternate home" type="application/rss+xml; charset=utf-8" href="g">
    <link rel="alternate" type="application/rss+xml" href="g">"""
    assert links_of(html) == ("https://x.example/deep/f", "https://x.example/deep/g")


def test_no_page_names_more_feeds_than_can_be_tried():
    html = "".join(f"<link rel=feed href=/{n}>" for n in range(1000))
    assert len(links_of(html)) == 10


def test_the_usual_places_belong_to_the_page_and_to_its_site():
    places = list(usual("https://papers.example/arxiv/cs.CL?show=5"))
    assert places[:2] == ["https://papers.example/arxiv/cs.CL/feed", "https://papers.example/feed"]
    assert next(usual("https://x.example/")) == "https://x.example/feed"
