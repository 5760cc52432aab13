"""Feed discovery, with few requests and through the guarded fetch."""

import json

import pytest

from loopback import Site, answer, fetcher, redirect
from reblogbot.errors import SourceError
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.feed.discovery import DiscoveredFeed, FeedFinder
from reblogbot.sources.feed.page_feeds import named_feeds, usual_urls
from reblogbot.sources.shared.response_body import ResponseBody

RSS = '<rss version="2.0"><channel><title>{}</title><item><title>1</title></item></channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title></feed>'
JSON = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": []})


@pytest.fixture
async def finder(site, clock):
    async with fetcher(clock, site) as fetch, ParserProcessPool(workers=1) as offload:
        yield FeedFinder(fetch, offload, clock)


def asked(site):
    return [request.target for request in site.requests]


def links_of(html, url="https://x.example/a/b"):
    return named_feeds(ResponseBody(html.encode(), "", url, "", "UTC", None))


async def test_the_feeds_that_a_page_names_are_listed(site, finder):
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
    discovery = await finder.discover(site.url("/"))
    assert discovery.feeds == [
        DiscoveredFeed(site.url("/one.xml"), "One", "feed", 1),
        DiscoveredFeed(site.url("/two.xml"), "Atom", "feed", 0),
        DiscoveredFeed(site.url("/three.json"), "J", "feed", 0),
    ]
    assert discovery.failures == {}
    assert asked(site) == ["/", "/one.xml", "/two.xml", "/three.json"]


async def test_a_named_feed_that_is_broken_is_a_failure(site, finder):
    site.pages |= {
        "/": answer(
            "<link rel=alternate type=application/rss+xml href=/gone.xml>"
            "<link rel=alternate type=application/rss+xml href=/one.xml>"
        ),
        "/one.xml": answer(RSS.format("One")),
    }
    discovery = await finder.discover(site.url("/"))
    assert [feed.title for feed in discovery.feeds] == ["One"]
    assert "answered 404" in discovery.failures[site.url("/gone.xml")]


async def test_a_url_that_is_a_feed_itself_is_reported_as_such(site, finder):
    site.pages["/feed"] = answer(RSS.format("Me"))
    discovery = await finder.discover(site.url("/feed"))
    assert discovery.feeds == [DiscoveredFeed(site.url("/feed"), "Me", "feed", 1)]
    assert asked(site) == ["/feed"]


async def test_a_feed_that_moved_for_good_is_listed_where_it_is(site, finder):
    site.pages |= {"/old": redirect("/new", 301), "/new": answer(RSS.format("Me"))}
    assert [feed.url for feed in (await finder.discover(site.url("/old"))).feeds] == [
        site.url("/new")
    ]


async def test_the_usual_urls_are_tried_when_the_page_names_no_feed(site, finder):
    site.pages |= {"/blog/": answer("<p>Hi"), "/rss.xml": answer(RSS.format("Site"))}
    discovery = await finder.discover(site.url("/blog/"))
    assert discovery.feeds == [DiscoveredFeed(site.url("/rss.xml"), "Site", "feed", 1)]
    assert asked(site) == ["/blog/", "/blog/feed", "/feed", "/feed.xml", "/rss", "/rss.xml"]
    assert discovery.failures == {}


async def test_a_site_without_feeds_gives_an_empty_result(site, finder):
    site.pages["/"] = answer("<p>Hi")
    discovery = await finder.discover(site.url("/"))
    assert (discovery.feeds, discovery.failures) == ([], {})
    assert len(site.requests) == 8


async def test_discovery_stops_when_the_site_sends_retry_after(site, finder):
    site.pages |= {"/": answer("<p>Hi"), "/feed": answer("", 429, Retry_After="60")}
    assert (await finder.discover(site.url("/"))).feeds == []
    assert asked(site) == ["/", "/feed"]


async def test_a_page_that_cannot_be_fetched_is_an_error(site, finder):
    with pytest.raises(SourceError, match="answered 404"):
        await finder.discover(site.url("/nothing"))


async def test_a_private_address_that_a_page_names_is_not_fetched(site, finder):
    async with Site() as private:
        private.pages["/feed"] = answer(RSS.format("Secret"))
        link = f"<link rel=alternate type=application/rss+xml href={private.url('/feed')}>"
        site.pages["/"] = answer(link)
        discovery = await finder.discover(site.url("/"))
        assert discovery.feeds == []
        assert "private" in discovery.failures[private.url("/feed")]
        assert private.connections == 0


def test_only_links_to_feeds_count():
    html = """<base href="/deep/"><link rel="stylesheet" type="text/css" href="a.css">
    <link rel="alternate" hreflang="de" href="/de"><link rel="alternate" type="application/json+oembed" href="/o">
    <link rel="alternate" type="application/rss+xml" href="javascript:x"><link rel="alternate" type="text/xml">
    <link rel="feed" href="f"><link rel="alternate home" type="application/rss+xml; charset=utf-8" href="g">
    <link rel="alternate" type="application/rss+xml" href="g">"""
    assert links_of(html) == ("https://x.example/deep/f", "https://x.example/deep/g")


def test_at_most_ten_named_feeds_are_tried():
    html = "".join(f"<link rel=feed href=/{n}>" for n in range(1000))
    assert len(links_of(html)) == 10


def test_the_usual_urls_are_those_of_the_page_and_of_its_site():
    places = list(usual_urls("https://papers.example/arxiv/cs.CL?show=5"))
    assert places[:2] == ["https://papers.example/arxiv/cs.CL/feed", "https://papers.example/feed"]
    assert next(usual_urls("https://x.example/")) == "https://x.example/feed"
