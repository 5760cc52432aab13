"""The kind chouti: the JSON first, then the feed and the page, and clear errors."""

import json
from datetime import timedelta

import pytest

from loopback import answer, redirect
from reblogbot.config.settings import SourceSettings
from reblogbot.core import recognition
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources.registry import factory

NOTHING = Validators()
FEED = (
    '<rss version="2.0"><channel><title>抽屉新热榜</title>'
    "<item><title>T7</title><link>https://dig.chouti.com/link/7</link></item></channel></rss>"
)
PAGE = '<!DOCTYPE html><div class="link-item" data-id="7"><a class="link-title">T7</a></div>'


def hot(*ids):
    return json.dumps({"data": [{"id": n, "title": f"T{n}"} for n in ids]})


@pytest.fixture
def chouti(source, site):
    def make(list_="hot", **settings):
        return source("chouti", {"list": list_}, url=site.url(""), **settings)

    return make


def asked(site):
    return [request.target.partition("?")[0] for request in site.requests]


def guids(batch):
    return [entry.guid for entry in batch.entries]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("hot", "/link/hot"),
        ("top24", "/top/24hr"),
        ("top72", "/top/72hr"),
        ("top168", "/top/168hr"),
        ("news", "/api/m/zone/news"),
        ("scoff", "/api/m/zone/scoff"),
        ("pic", "/api/m/zone/pic"),
        ("tec", "/api/m/zone/tec"),
        ("ask", "/api/m/zone/ask"),
    ],
)
async def test_every_list_has_its_address(site, chouti, name, path):
    site.pages[path] = answer(hot(1, 2))
    batch = await chouti(name).poll(NOTHING)
    assert guids(batch) == ["1", "2"]
    assert asked(site) == [path]


async def test_the_hot_list_is_requested_as_of_now(site, chouti, clock):
    site.pages["/link/hot"] = answer(hot(1))
    await chouti().poll(NOTHING)
    seconds = int(clock.now().timestamp())
    assert site.requests[0].target == f"/link/hot?afterTime={seconds}000000&_={seconds}000"
    assert "reblogbot/" in site.requests[0].headers["user-agent"]


async def test_a_configured_user_agent_is_sent(site, chouti):
    site.pages["/link/hot"] = answer(hot(1))
    await chouti(headers={"User-Agent": "Mozilla/5.0"}).poll(NOTHING)
    assert site.requests[0].headers["user-agent"] == "Mozilla/5.0"


@pytest.mark.parametrize(
    "broken",
    [
        answer("gone", 404),
        answer("no", 403),
        answer("oops", 500),
        answer("busy", 503),
        answer(""),
        answer("<!DOCTYPE html><title>Just a moment</title>"),
        answer('{"code": 30010, "message": "no"}'),
        answer('{"data": []}'),
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf",
        redirect("/"),
    ],
)
async def test_when_the_json_fails_the_feed_is_read_and_then_the_page(site, chouti, broken):
    site.pages |= {"/link/hot": broken, "/feed.xml": answer(FEED), "/": answer("<p>nothing")}
    assert guids(await chouti().poll(NOTHING)) == ["7"]
    site.pages |= {"/feed.xml": broken, "/": answer(PAGE)}
    site.requests.clear()
    assert guids(await chouti().poll(NOTHING)) == ["7"]
    assert list(dict.fromkeys(asked(site)))[:1] == ["/link/hot"]
    assert asked(site)[-1] == "/"


async def test_an_entry_is_the_same_from_json_feed_and_page(site, chouti):
    pages = {"/link/hot": hot(7), "/feed.xml": FEED, "/": PAGE}
    seen = []
    for path, page in pages.items():
        site.pages = {path: answer(page)}
        (entry,) = (await chouti().poll(NOTHING)).entries
        (known,) = recognition.candidates("hot", Batch((entry,)))
        # The interfaces differ in whether they have a date, so only link and id are compared.
        seen.append((entry.link, entry.guid, entry.title, known.keys[:2]))
    assert seen == [seen[0]] * 3
    assert seen[0][0] == "https://dig.chouti.com/link/7"


async def test_when_everything_fails_the_error_is_the_first_and_names_the_others(site, chouti):
    site.pages = {"/link/hot": answer('{"code": 1}'), "/": answer("<p>Hm")}
    with pytest.raises(SourceError) as caught:
        await chouti().poll(NOTHING)
    error = caught.value
    assert (error.slug, error.outcome) == ("chouti_shape", "failed")
    assert "an object with code" in error.message
    assert "/feed.xml (http_status)" in error.message
    assert asked(site) == ["/link/hot", "/feed.xml", "/"]


@pytest.mark.parametrize("name", ["top24", "news"])
async def test_other_lists_do_not_fall_back_to_the_hot_one(site, chouti, name):
    site.pages = {"/feed.xml": answer(FEED), "/": answer(PAGE)}
    with pytest.raises(SourceError) as caught:
        await chouti(name).poll(NOTHING)
    assert caught.value.slug == "http_status"
    assert len(site.requests) == 1


async def test_a_site_that_sends_retry_after_is_not_asked_further(site, chouti, clock):
    site.pages = {"/link/hot": answer("", 429, Retry_After="600"), "/feed.xml": answer(FEED)}
    with pytest.raises(SourceError) as caught:
        await chouti().poll(NOTHING)
    assert caught.value.outcome == "retry_later"
    assert caught.value.retry_at == clock.now() + timedelta(minutes=10)
    assert asked(site) == ["/link/hot"]


async def test_the_next_poll_asks_with_validators_and_believes_304(site, chouti):
    site.pages["/link/hot"] = answer(hot(1), ETag='"1"')
    first = await chouti().poll(NOTHING)
    site.pages["/link/hot"] = answer(status=304)
    second = await chouti().poll(first.validators)
    assert site.requests[1].headers["if-none-match"] == '"1"'
    assert second.not_modified


async def test_after_a_fallback_the_json_is_fetched_without_validators(site, chouti):
    site.pages = {"/link/hot": answer("", 500), "/feed.xml": answer(FEED, ETag='"feed"')}
    first = await chouti().poll(NOTHING)
    site.pages["/link/hot"] = answer(hot(8, 7), ETag='"1"')
    second = await chouti().poll(first.validators)
    assert "if-none-match" not in site.requests[-1].headers
    assert guids(second) == ["8", "7"]


async def test_an_unchanged_fallback_is_not_parsed_twice(site, chouti):
    site.pages = {"/feed.xml": answer(FEED)}
    first = await chouti().poll(NOTHING)
    assert (await chouti().poll(first.validators)).not_modified


async def test_another_list_is_fetched_without_validators(site, chouti):
    site.pages = {"/link/hot": answer(hot(1), ETag='"1"'), "/top/24hr": answer(hot(1), ETag='"1"')}
    first = await chouti().poll(NOTHING)
    second = await chouti("top24").poll(first.validators)
    assert not second.not_modified
    assert "if-none-match" not in site.requests[-1].headers


# which hosts are asked


class RecordingFetch:
    def __init__(self, **failures):
        self.asked = []
        self.failures = failures

    async def __call__(self, url, **_):
        self.asked.append(url.partition("?")[0])
        host = url.split("/")[2]
        raise self.failures.get(host, SourceError("http_status", f"{url}: answered 404"))


async def hosts_asked(clock, own=None, failures=(), **settings):
    fetch = RecordingFetch(**dict(failures))
    kind = factory("chouti")
    options = kind.Options.model_validate(own or {})
    given = {"name": "s", "kind": "chouti", "to": ["a"], "options": options, **settings}
    tools = Tools(fetch, None, clock, lambda _: None)
    with pytest.raises(SourceError):
        await kind("s", SourceSettings.model_validate(given), tools).poll(NOTHING)
    return fetch.asked


async def test_both_domains_are_tried_with_each_interface(clock):
    assert await hosts_asked(clock) == [
        "https://dig.chouti.com/link/hot",
        "https://dig.ichouti.cn/link/hot",
        "https://dig.chouti.com/feed.xml",
        "https://dig.ichouti.cn/feed.xml",
        "https://dig.chouti.com/",
        "https://dig.ichouti.cn/",
    ]


async def test_zones_are_on_the_mobile_host(clock):
    assert await hosts_asked(clock, {"list": "tec"}) == [
        "https://m.chouti.com/api/m/zone/tec",
        "https://m.ichouti.cn/api/m/zone/tec",
    ]


async def test_a_host_that_cannot_be_reached_is_asked_once(clock):
    dead = SourceError("dns_failed", "no such name")
    asked = await hosts_asked(clock, failures={"dig.chouti.com": dead})
    assert [url for url in asked if "dig.chouti.com" in url] == ["https://dig.chouti.com/link/hot"]
    assert len(asked) == 4


async def test_url_replaces_the_host_and_fallbacks_follow(clock):
    asked = await hosts_asked(
        clock, url="https://dig.ichouti.cn/whatever", fallbacks=["http://mirror.example:8080"]
    )
    assert asked[:2] == ["https://dig.ichouti.cn/link/hot", "http://mirror.example:8080/link/hot"]
    zone = await hosts_asked(clock, {"list": "pic"}, url="https://dig.ichouti.cn")
    assert zone == ["https://m.ichouti.cn/api/m/zone/pic"]
