"""A feed source on a real site: conditional requests, fallbacks, redirects and failures."""

from datetime import UTC, datetime, timedelta

import pytest
from documents import rss

from loopback import Site, answer, fetcher, redirect
from reblogbot.config.settings import SourceSettings
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.ports import Tools
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.feed.source import FeedSource

ONE = rss(
    "<item><title>One</title><link>https://x.example/1</link></item>",
    "<title>S</title><ttl>90</ttl>",
)
TWO = rss("<item><title>Two</title><link>https://x.example/2</link></item>")
PAGE = answer("<!DOCTYPE html><title>Log in</title>")
NOTHING = Validators()


@pytest.fixture
def make(source, site):
    """Makes a source of kind feed that reads a path of the site."""

    def make(path="/feed", **settings):
        return source("feed", url=site.url(path), **settings)

    return make


def titles(batch):
    return [entry.title for entry in batch.entries]


async def test_a_first_poll_sends_no_validators_and_returns_all_entries(site, make):
    site.pages["/feed"] = answer(ONE, ETag='"1"', Last_Modified="yesterday")
    batch = await make(headers={"X-Key": "k"}).poll(NOTHING)
    assert (batch.title, titles(batch), batch.not_modified) == ("S", ["One"], False)
    assert (batch.validators.etag, batch.validators.last_modified) == ('"1"', "yesterday")
    headers = site.requests[0].headers
    assert "if-none-match" not in headers
    assert headers["x-key"] == "k"
    assert "application/rss+xml" in headers["accept"]


async def test_the_next_poll_sends_the_validators_and_believes_304(site, make):
    site.pages["/feed"] = answer(ONE, ETag='"1"')
    first = await make().poll(NOTHING)
    site.pages["/feed"] = answer(status=304)
    second = await make().poll(first.validators)
    assert site.requests[1].headers["if-none-match"] == '"1"'
    assert (second.not_modified, second.entries) == (True, ())
    assert second.validators == first.validators


async def test_an_unchanged_body_is_not_parsed_again_and_its_new_etag_is_kept(site, make):
    site.pages["/feed"] = answer(ONE, ETag='"1"')
    first = await make().poll(NOTHING)
    site.pages["/feed"] = answer(ONE, ETag='"2"')
    second = await make().poll(first.validators)
    assert second.not_modified
    assert second.validators.etag == '"2"'
    assert second.validators.digest == first.validators.digest


async def test_once_a_day_no_validators_are_sent(site, make, clock):
    site.pages["/feed"] = answer(ONE, ETag='"1"')
    known = (await make().poll(NOTHING)).validators
    for _ in range(23):
        clock.instant += timedelta(hours=1)
        site.pages["/feed"] = answer(status=304)
        known = (await make().poll(known)).validators
    clock.instant += timedelta(hours=1)
    site.pages["/feed"] = answer(TWO, ETag='"1"')
    assert titles(await make().poll(known)) == ["Two"]
    assert "if-none-match" not in site.requests[-1].headers


async def test_a_304_without_a_condition_is_an_error(site, make):
    site.pages["/feed"] = answer(status=304)
    with pytest.raises(SourceError, match="304"):
        await make().poll(NOTHING)


async def test_an_unreadable_cursor_is_ignored(site, make):
    site.pages["/feed"] = answer(ONE)
    for cursor in (
        "",
        "x",
        "[]",
        "{}",
        '{"read_at": 3, "ttl": "x"}',
        '{"read_at": "2026", "ttl": []}',
    ):
        assert titles(await make().poll(Validators(etag='"0"', cursor=cursor))) == ["One"]


async def test_freshness_is_the_longest_of_feed_and_http(site, make):
    site.pages["/feed"] = answer(ONE)
    first = await make().poll(NOTHING)
    assert first.fresh_for == timedelta(minutes=90)
    site.pages["/feed"] = answer(status=304, Cache_Control="max-age=60", ETag='"1"')
    known = Validators('"1"', "", first.validators.digest, first.validators.cursor)
    assert (await make().poll(known)).fresh_for == timedelta(minutes=90)
    site.pages["/feed"] = answer(ONE, Cache_Control="max-age=7200")
    assert (await make().poll(NOTHING)).fresh_for == timedelta(hours=2)


def referring(to, attributes='http-equiv="refresh"', delay="0;"):
    return answer(
        f'<!DOCTYPE html><meta {attributes} content="{delay} url={to}">',
        Content_Type="text/html",
        Last_Modified="Sun, 22 Nov 2026 08:00:00 GMT",
    )


async def test_a_meta_refresh_to_the_feed_is_followed(site, make):
    site.pages |= {"/feed": referring("/real?a=1&amp;b=2"), "/real": answer(ONE, ETag='"1"')}
    batch = await make().poll(NOTHING)
    assert titles(batch) == ["One"]
    assert [seen.target for seen in site.requests] == ["/feed", "/real?a=1&b=2"]
    # The validators of the page say nothing about the feed, so they are not kept.
    assert (batch.validators.etag, batch.validators.last_modified, batch.moved_to) == ("", "", "")
    assert (await make().poll(batch.validators)).not_modified
    site.pages["/real"] = answer(TWO)
    assert titles(await make().poll(batch.validators)) == ["Two"]


async def test_a_second_meta_refresh_is_not_followed(site, make):
    site.pages |= {"/feed": referring("/b"), "/b": referring("/c"), "/c": answer(ONE)}
    with pytest.raises(SourceError, match="/b: this looks like an HTML page"):
        await make().poll(NOTHING)
    site.pages["/feed"] = referring("/feed")
    with pytest.raises(SourceError, match="HTML"):
        await make().poll(NOTHING)
    assert [seen.target for seen in site.requests] == ["/feed", "/b", "/feed"]


async def test_a_meta_refresh_leads_to_no_private_address_and_gets_no_configured_headers(
    site, make
):
    async with Site({"/": answer(ONE)}) as inside:
        site.pages["/feed"] = referring(inside.url())
        with pytest.raises(SourceError) as caught:
            await make().poll(NOTHING)
        assert (caught.value.slug, inside.connections) == ("address_refused", 0)
        source = make(allow_private=["127.0.0.0/8"], headers={"X-Key": "k"})
        assert titles(await source.poll(NOTHING)) == ["One"]
        assert "x-key" not in inside.requests[0].headers


@pytest.mark.parametrize(
    ("content", "leads"),
    [
        ("0; url=/real", True), ("5;URL='/real'", True), ("0, /real", True), ("0;url=&quot;/real&quot;", True),
        (" 0 ; url = /real ", True), ("300", False), ("", False), ("0; url=javascript:alert(1)", False),
    ],
)  # fmt: skip
async def test_a_refresh_is_read_as_browsers_read_it(site, make, content, leads):
    page = f"<html><head><META content=\"{content}\" HTTP-EQUIV='Refresh'></head></html>"
    site.pages |= {"/feed": answer(page, Content_Type="text/html"), "/real": answer(ONE)}
    if leads:
        assert titles(await make().poll(NOTHING)) == ["One"]
    else:
        with pytest.raises(SourceError, match="HTML"):
            await make().poll(NOTHING)


async def test_a_permanent_redirect_is_reported(site, make):
    site.pages |= {"/feed": redirect("/new", 301), "/new": answer(ONE)}
    assert (await make().poll(NOTHING)).moved_to == site.url("/new")


async def test_relative_links_resolve_against_the_final_url(site, make):
    site.pages |= {
        "/feed": redirect("/deep/down"),
        "/deep/down": answer(ONE.replace("https://x.example/1", "1")),
    }
    (entry,) = (await make().poll(NOTHING)).entries
    assert entry.link == site.url("/deep/1")


async def test_the_sources_encoding_and_timezone_are_used(site, make):
    document = rss("<item><title>новость</title><pubDate>2026-11-22 08:00</pubDate></item>")
    site.pages["/feed"] = answer(document.encode("koi8-r"))
    (entry,) = (await make(encoding="koi8-r", timezone="Europe/Moscow").poll(NOTHING)).entries
    assert entry.title == "новость"
    assert entry.published_at == datetime(2026, 11, 22, 5, tzinfo=UTC)


FAULTS = [
    answer(status=404),
    answer(status=410),
    answer(status=304),
    PAGE,
    answer(""),
    answer(ONE[:-120]),
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_fallbacks_are_tried_in_turn(site, make, fault):
    site.pages |= {"/feed": fault, "/second": PAGE, "/third": answer(TWO)}
    source = make(fallbacks=[site.url("/second"), site.url("/third")])
    assert titles(await source.poll(NOTHING)) == ["Two"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 418, 425, 500, 502, 503, 520])
async def test_a_fallback_on_the_same_server_is_tried_after_any_http_error(site, make, status):
    site.pages |= {"/feed": answer(status=status), "/second": answer(TWO)}
    assert titles(await make(fallbacks=[site.url("/second")]).poll(NOTHING)) == ["Two"]


@pytest.mark.parametrize(
    "rest",
    [answer(status=429), answer(status=429, Retry_After="60"), answer(status=503, Retry_After="9")],
)
async def test_a_server_that_asks_for_a_rest_is_not_asked_for_a_fallback(site, make, rest):
    site.pages |= {"/feed": rest, "/second": answer(TWO)}
    with pytest.raises(SourceError) as caught:
        await make(fallbacks=[site.url("/second")]).poll(NOTHING)
    assert caught.value.outcome == "retry_later"
    assert len(site.requests) == 1


async def test_another_port_is_another_server(site, make):
    async with Site({"/feed": answer(TWO)}) as mirror:
        site.pages["/feed"] = answer(status=429, Retry_After="60")
        source = make(fallbacks=[site.url("/second"), mirror.url("/feed")], also=(mirror,))
        assert titles(await source.poll(NOTHING)) == ["Two"]
    assert [seen.target for seen in site.requests] == ["/feed"]


async def test_retry_after_holds_over_polls_while_a_fallback_is_read(site, make, clock):
    async with Site({"/feed": answer(TWO)}) as mirror:
        source = make(fallbacks=[mirror.url("/feed")], also=(mirror,))
        site.pages["/feed"] = answer(status=503, Retry_After="7200")
        batch = await source.poll(NOTHING)
        assert batch.fresh_for is None
        site.pages["/feed"] = answer(ONE)
        clock.instant += timedelta(minutes=119)
        batch = await source.poll(batch.validators)
        assert batch.not_modified
        assert len(site.requests) == 1
        clock.instant += timedelta(minutes=2)
        assert titles(await source.poll(batch.validators)) == ["One"]
        # The rest holds even when the fallback fails meanwhile.
        site.pages["/feed"] = answer(status=503, Retry_After="7200")
        batch = await source.poll(batch.validators)
        mirror.pages["/feed"] = answer(status=404)
        with pytest.raises(SourceError, match="404"):
            await source.poll(batch.validators)


async def test_the_admins_headers_do_not_go_to_a_fallback_elsewhere(site, make):
    async with Site({"/feed": answer(TWO)}) as mirror:
        fallbacks = [site.url("/second"), mirror.url("/feed")]
        await make(fallbacks=fallbacks, also=(mirror,), headers={"X-Key": "k"}).poll(NOTHING)
        assert ["x-key" in seen.headers for seen in site.requests] == [True, True]
        assert ["x-key" in seen.headers for seen in mirror.requests] == [False]


async def test_validators_go_to_the_server_behind_a_redirect(site, make):
    async with Site() as host:
        site.pages["/feed"] = redirect(host.url("/real"))
        host.pages["/real"] = answer(ONE, ETag='"1"')
        source = make(also=(host,), allow_private=["127.0.0.0/8"])
        batch = await source.poll(NOTHING)
        host.pages["/real"] = answer(status=304)
        assert (await source.poll(batch.validators)).not_modified
        assert [seen.headers.get("if-none-match") for seen in host.requests] == [None, '"1"']
        assert {"if-none-match"} & {*site.requests[1].headers} == set()
        # The redirecting server now answers itself; the validators are not its own.
        site.pages["/feed"] = answer(TWO)
        assert titles(await source.poll(batch.validators)) == ["Two"]


async def test_an_etag_that_cannot_be_sent_back_is_not_kept(site, make):
    site.pages["/feed"] = answer(ONE).replace(b"\r\n\r\n", b'\r\nETag: "\xff\xe4"\r\n\r\n', 1)
    batch = await make().poll(NOTHING)
    assert (titles(batch), batch.validators.etag) == (["One"], "")
    assert (await make().poll(batch.validators)).not_modified


async def test_no_validators_are_kept_of_a_feed_that_was_cut_off(site, make):
    both = rss(
        "<item><title>1</title><guid>1</guid></item><item><title>2</title><guid>2</guid></item>"
    )
    site.pages["/feed"] = answer(both[: both.index("<guid>2")], ETag='"1"')
    batch = await make().poll(NOTHING)
    assert titles(batch) == ["1"]
    assert (batch.validators.etag, batch.validators.digest) == ("", "")
    site.pages["/feed"] = answer(both, ETag='"1"')
    assert titles(await make().poll(batch.validators)) == ["1", "2"]


async def test_when_all_fallbacks_fail_the_first_error_is_raised(site, make):
    site.pages |= {"/feed": PAGE, "/second": answer(status=403)}
    with pytest.raises(SourceError, match="HTML"):
        await make(fallbacks=[site.url("/second")]).poll(NOTHING)


async def test_a_fallback_leaves_no_validators_for_the_main_url(site, make):
    site.pages |= {"/feed": PAGE, "/second": answer(TWO, ETag='"second"', Last_Modified="x")}
    batch = await make(fallbacks=[site.url("/second")]).poll(NOTHING)
    assert (batch.validators.etag, batch.validators.last_modified) == ("", "")
    assert batch.moved_to == ""


async def test_alternating_failures_bring_no_new_entries(site, make):
    site.pages["/feed"] = answer(ONE)
    known = (await make().poll(NOTHING)).validators
    for fault in (answer(status=500), PAGE, answer(""), answer(ONE[:-60]), answer(status=429)):
        site.pages["/feed"] = fault
        with pytest.raises(SourceError):
            await make().poll(known)
    site.pages["/feed"] = answer(ONE)
    assert (await make().poll(known)).not_modified


async def test_an_entity_bomb_is_refused(site, make):
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 50}">' for n in range(1, 9))
    site.pages["/feed"] = answer(f'<!DOCTYPE rss [<!ENTITY e0 "x">{entities}]><rss>&e8;</rss>')
    with pytest.raises(SourceError) as caught:
        await make().poll(NOTHING)
    assert (caught.value.slug, caught.value.outcome) == ("entity_declared", "refused")


async def test_ten_thousand_entries_at_first_sight(site, clock):
    items = "".join(
        f"<item><title>Entry {n}</title><link>/{n}</link></item>" for n in range(10_000)
    )
    site.pages["/feed"] = answer(rss(items))
    settings = SourceSettings(name="s", kind="feed", to=["a"], url=site.url("/feed"))
    async with (
        fetcher(clock, site) as fetch,
        ParserProcessPool(deadline=timedelta(minutes=2)) as offload,
    ):
        tools = Tools(fetch=fetch, offload=offload, clock=clock, reader=lambda _: None)
        batch = await FeedSource("s", settings, tools).poll(NOTHING)
    assert len({entry.link for entry in batch.entries}) == 10_000


# outlines


def dated(*numbers, more=""):
    """A feed of entries that are certain in outline."""
    return rss(
        "".join(
            f"<item><title>Story {number}</title><link>https://x.example/{number}</link>"
            f"<guid>g{number}</guid><pubDate>Sun, 0{number} Nov 2026 08:00:00 GMT</pubDate>"
            f"<description>Text {number}</description></item>"
            for number in numbers
        ),
        f"<title>S</title>{more}",
    )


async def test_outlines_are_those_of_the_polled_entries_which_can_be_read_whole(site, make):
    feed = make()
    site.pages["/feed"] = answer(dated(1, 2, 3))
    polled = await feed.poll(NOTHING)
    outline = await feed.outline(NOTHING)
    assert [entry.outline_position for entry in outline.batch.entries] == [0, 1, 2]
    assert {entry.summary for entry in outline.batch.entries} == {""}
    assert tuple(await outline.read([2, 0])) == (polled.entries[2], polled.entries[0])
    assert outline.batch.validators == polled.validators
    assert len(site.requests) == 2


async def test_an_outline_and_a_poll_believe_each_others_validators(site, make):
    feed = make()
    site.pages["/feed"] = answer(dated(1))
    outlined = (await feed.outline(NOTHING)).batch
    assert (await feed.poll(outlined.validators)).not_modified
    polled = await feed.poll(NOTHING)
    unchanged = await feed.outline(polled.validators)
    assert unchanged.batch.not_modified
    assert unchanged.batch.entries == ()


async def test_entries_of_a_fallback_are_read_from_the_document_that_answered(site, make):
    feed = make("/gone", fallbacks=[site.url("/feed")])
    site.pages["/feed"] = answer(dated(1, 2))
    outline = await feed.outline(NOTHING)
    assert outline.batch.validators.etag == ""
    (entry,) = await outline.read([1])
    assert entry.summary == "Text 2"


async def test_the_outline_behind_a_meta_refresh_is_that_of_the_feed(site, make):
    feed = make("/old")
    site.pages["/old"] = answer('<meta http-equiv="refresh" content="0; url=/feed">')
    site.pages["/feed"] = answer(dated(1))
    outline = await feed.outline(NOTHING)
    (entry,) = await outline.read([0])
    assert (entry.title, entry.summary) == ("Story 1", "Text 1")


async def test_an_outline_is_within_the_bounds_of_a_poll(site, make):
    long = "x" * 6000
    document = dated(1, 2).replace("<guid>g1<", f"<guid>{long}<").replace("Text 1", long)
    site.pages["/feed"] = answer(document)
    feed = make()
    outline = await feed.outline(NOTHING)
    first, _ = outline.batch.entries
    polled = (await feed.poll(NOTHING)).entries[0]
    assert first.guid == polled.guid != long
    assert tuple(await outline.read([0])) == (polled,)


async def test_a_web_page_has_no_outline(site, make):
    site.pages["/feed"] = PAGE
    with pytest.raises(SourceError) as refused:
        await make().outline(NOTHING)
    assert refused.value.slug == "not_a_feed"
