"""The fetcher against real servers on the loopback: its bounds, and where it must not connect."""

import asyncio
import gzip
import socket
import tracemalloc
import zlib
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp.abc import AbstractResolver

from loopback import Site, SocksProxy, answer, fetcher, redirect, unsigned
from reblogbot import __version__
from reblogbot.config.settings import HttpSettings
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.web.http import Fetcher

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KNOWN = Validators(etag='W/"a,b"', last_modified="Sun, 22 Nov 2026 08:30:00 GMT")


class NoonClock:
    def now(self):
        return NOON


class StaticResolver(AbstractResolver):
    """Resolves names by `of`, else to `addresses`; remembers the names."""

    def __init__(self, *addresses):
        self.addresses = addresses
        self.of = {}
        self.asked = []

    async def resolve(self, host, port=0, family=0):
        self.asked.append(host)
        addresses = self.of.get(host, self.addresses)
        if not addresses:
            raise OSError("no such name")
        return [
            {"hostname": host, "host": item, "port": port, "family": 2, "proto": 6, "flags": 0}
            for item in addresses
        ]

    async def close(self):
        pass


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


@pytest.fixture
async def other():
    async with Site() as site:
        yield site


@pytest.fixture
async def fetch(site, other):
    settings = {"resolver": StaticResolver(), "timeout": "5s", "max_body": "100KB"}
    async with fetcher(NoonClock(), site, other, **settings) as fetch:
        yield fetch


@pytest.fixture
async def roaming():
    """A fetcher that may connect to every port of this machine."""
    async with fetcher(NoonClock(), allow_private=["127.0.0.0/8"]) as fetch:
        yield fetch


async def failure(fetch, url, **more):
    with pytest.raises(SourceError) as caught:
        await fetch(url, **more)
    assert "\n" not in caught.value.message
    return caught.value


# requests and answers


async def test_an_answer_comes_with_its_body_and_lower_case_headers(site, fetch):
    site.pages["/feed"] = answer("<rss/>", ETag='"1"', Content_Type="text/xml")
    response = await fetch(site.url("/feed"))
    assert (response.status, response.body, response.url) == (200, b"<rss/>", site.url("/feed"))
    assert response.headers["etag"] == '"1"'
    assert response.moved_to == ""


async def test_the_program_its_version_and_the_contact_are_named(site):
    site.pages["/"] = answer("ok")
    async with fetcher(NoonClock(), site, contact="mailto:me@example.org") as fetch:
        await fetch(site.url(), accept="text/xml")
    headers = site.requests[0].headers
    assert headers["user-agent"] == f"reblogbot/{__version__} (+mailto:me@example.org)"
    assert headers["accept"] == "text/xml"


async def test_validators_are_sent_verbatim_and_304_is_an_answer(site, fetch):
    site.pages["/"] = answer(status=304, ETag='W/"a,b"')
    response = await fetch(site.url(), validators=KNOWN)
    assert (response.status, response.body) == (304, b"")
    assert site.requests[0].headers["if-none-match"] == KNOWN.etag
    assert site.requests[0].headers["if-modified-since"] == KNOWN.last_modified


async def test_an_unrequested_304_is_an_error(site, fetch):
    site.pages["/"] = answer(status=304)
    error = await failure(fetch, site.url(), validators=Validators(digest="abc"))
    assert (error.slug, error.outcome) == ("not_modified_unasked", "failed")


async def test_the_admins_headers_replace_our_own(site, fetch):
    site.pages["/"] = answer("ok")
    await fetch(site.url(), headers={"user-agent": "Mozilla", "X-Key": "k"})
    assert site.requests[0].headers["user-agent"] == "Mozilla"
    assert site.requests[0].headers["x-key"] == "k"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("gzip", lambda body: gzip.compress(body[:7]) + gzip.compress(body[7:])),
        ("gzip", lambda body: body),
        ("identity", lambda body: body),
        ("", gzip.compress),
        ("utf-8", lambda body: body),
        ("gzip, identity", gzip.compress),
        ("none, gzip, 8bit", gzip.compress),
        ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("gzip, gzip", gzip.compress),
        ("GZIP", gzip.compress),
        (" , gzip,, ", gzip.compress),
    ],
    ids=[
        "gzip",
        "zlib",
        "raw deflate",
        "two members",
        "not packed",
        "identity",
        "undeclared",
        "a charset",
        "a list with identity",
        "a list with no coding",
        "gzip twice",
        "deflate then gzip",
        "named twice, done once",
        "upper case",
        "empty words",
    ],
)
async def test_every_content_coding_is_decoded(site, fetch, coding, pack):
    site.pages["/"] = answer(pack(b"<rss>hello</rss>"), Content_Encoding=coding)
    assert (await fetch(site.url())).body == b"<rss>hello</rss>"


async def test_an_unknown_content_coding_is_an_error(site, fetch):
    site.pages["/"] = answer("x", Content_Encoding="br")
    assert (await failure(fetch, site.url())).outcome == "failed"


async def test_codings_in_two_headers_are_one_list(site, fetch):
    packed = answer(gzip.compress(zlib.compress(b"ok")), Content_Encoding="deflate")
    site.pages["/"] = packed.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    assert (await fetch(site.url())).body == b"ok"


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 226, 299])
async def test_a_success_with_a_body_is_read_whatever_its_number(site, fetch, status):
    site.pages["/"] = answer("<rss/>", status=status)
    response = await fetch(site.url())
    assert (response.status, response.body) == (status, b"<rss/>")


@pytest.mark.parametrize(
    ("content_range", "is_whole"),
    [
        ("bytes 0-5/6", True), ("bytes 0-5/7", False), ("bytes 1-5/6", False),
        ("bytes 0-5/*", False), ("bytes", False), ("", False),
    ],
)  # fmt: skip
async def test_a_part_of_a_document_is_not_taken_for_all_of_it(
    site, fetch, content_range, is_whole
):
    site.pages["/"] = answer("<rss/>", status=206, Content_Range=content_range)
    if is_whole:
        assert (await fetch(site.url())).body == b"<rss/>"
    else:
        assert (await failure(fetch, site.url())).outcome == "failed"


# refusals and failures by status


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (204, "failed"), (205, "failed"), (300, "failed"), (400, "failed"), (401, "failed"),
        (403, "failed"), (404, "failed"), (407, "failed"), (451, "failed"), (408, "retry_later"),
        (425, "retry_later"), (429, "retry_later"), (500, "retry_later"), (502, "retry_later"),
        (503, "retry_later"), (599, "retry_later"), (410, "gone"),
    ],
)  # fmt: skip
async def test_a_status_decides_the_outcome_and_is_named(site, fetch, status, outcome):
    site.pages["/"] = answer(status=status)
    error = await failure(fetch, site.url())
    assert error.outcome == outcome
    assert str(status) in error.message
    assert error.retry_at is None


@pytest.mark.parametrize("status", [403, 408, 429, 500, 503])
async def test_a_retry_after_is_kept(site, fetch, status):
    site.pages["/"] = answer(status=status, Retry_After="600")
    error = await failure(fetch, site.url())
    assert error.retry_at == NOON + timedelta(minutes=10)


# redirects


async def test_permanent_redirects_alone_say_where_a_source_moved(site, fetch):
    site.pages |= {"/a": redirect("/b", 301), "/b": redirect("/c", 308), "/c": answer("ok")}
    response = await fetch(site.url("/a"))
    assert response.url == response.moved_to == site.url("/c")


async def test_one_temporary_redirect_means_it_has_not_moved(site, fetch):
    site.pages |= {"/a": redirect("/b", 301), "/b": redirect("/c", 302), "/c": answer("ok")}
    response = await fetch(site.url("/a"))
    assert (response.url, response.moved_to) == (site.url("/c"), "")


async def test_a_permanent_redirect_of_a_source_with_secrets_is_not_stored(site, other, roaming):
    site.pages["/a"] = redirect(other.url("/b"), 301)
    other.pages["/b"] = answer("ok")
    assert (await roaming(site.url("/a"), headers={"X-Key": "k"})).moved_to == ""
    assert (await roaming(site.url("/a").replace("//", "//me:pw@"))).moved_to == ""


async def test_secrets_never_leave_their_origin(site, other, roaming):
    site.pages["/a"] = redirect("/b")
    site.pages["/b"] = redirect(other.url("/c"))
    other.pages["/c"] = answer("ok")
    url = site.url("/a").replace("//", "//me:s3cret@")
    await roaming(url, headers={"X-Key": "k"})
    assert [seen.headers.get("x-key") for seen in site.requests] == ["k", "k"]
    assert [seen.headers.get("authorization") for seen in site.requests] == [
        "Basic bWU6czNjcmV0"
    ] * 2
    assert not {"x-key", "authorization", "cookie", "referer"} & other.requests[0].headers.keys()


async def test_a_redirect_cannot_plant_credentials(site, other, roaming):
    site.pages["/a"] = redirect(other.url("/c").replace("//", "//you:pw@"))
    other.pages["/c"] = answer("ok")
    response = await roaming(site.url("/a"))
    assert "authorization" not in other.requests[0].headers
    assert response.url == other.url("/c")


async def test_validators_stay_at_the_origin_they_came_from(site, other, roaming):
    site.pages |= {"/a": redirect("/b"), "/b": redirect(other.url("/c"))}
    other.pages["/c"] = answer("ok")
    conditions = {"if-none-match", "if-modified-since"}

    def asked(server):
        return [conditions & seen.headers.keys() for seen in server.requests]

    await roaming(site.url("/a"), validators=KNOWN)
    assert (asked(site), asked(other)) == ([conditions, conditions], [set()])
    await roaming(site.url("/a"), validators=KNOWN, validators_from=other.url("/c"))
    assert (asked(site)[2:], asked(other)[1:]) == ([set(), set()], [conditions])


async def test_a_304_of_an_origin_that_was_not_asked_is_an_error(site, other, roaming):
    site.pages["/"] = redirect(other.url())
    other.pages["/"] = answer(status=304)
    assert (await failure(roaming, site.url(), validators=KNOWN)).slug == "not_modified_unasked"


# cookies


def with_cookie(wanted, page, without):
    """`page` for requests with the cookie, else `without`."""

    async def respond(writer, request):
        sent = request.headers.get("cookie", "").split("; ")
        writer.write(page if wanted in sent else without)

    return respond


def setting(to, *cookies, status=302):
    lines = "".join(f"Set-Cookie: {item}\r\n" for item in cookies)
    return redirect(to, status).replace(b"\r\n\r\n", f"\r\n{lines}\r\n".encode(), 1)


async def test_a_cookie_of_a_redirect_is_sent_back_within_the_fetch_and_then_forgotten(site, fetch):
    site.pages["/feed"] = with_cookie("seen=1", answer("ok"), setting("/feed", "seen=1; Path=/"))
    for _ in range(2):
        assert (await fetch(site.url("/feed"))).body == b"ok"
    assert [seen.headers.get("cookie") for seen in site.requests] == [None, "seen=1"] * 2


async def test_a_cookie_stays_at_its_origin_and_its_path(site, other, roaming):
    site.pages |= {"/a": setting("/b", "a=1; Path=/a", "b=2", "c=3; Secure", "d=4; Max-Age=0"),
                   "/b": setting(other.url("/c"), "e=5")}  # fmt: skip
    other.pages["/c"] = setting(site.url("/d"), "f=6; Domain=127.0.0.1")
    site.pages["/d"] = answer("ok")
    await roaming(site.url("/a"))
    assert [seen.headers.get("cookie") for seen in site.requests] == [None, "b=2", "b=2; e=5"]
    assert "cookie" not in other.requests[0].headers


async def test_the_admins_cookie_and_the_sites_own_go_in_one_header(site, fetch):
    site.pages["/feed"] = with_cookie("seen=1", answer("ok"), setting("/feed", "seen=1"))
    await fetch(site.url("/feed"), headers={"Cookie": "SUB=x"})
    assert [seen.headers["cookie"] for seen in site.requests] == ["SUB=x", "SUB=x; seen=1"]


async def test_a_site_that_sets_another_cookie_each_time_is_left_after_ten_redirects(site, fetch):
    async def always_new(writer, request):
        writer.write(setting("/feed", f"n={len(site.requests)}"))

    site.pages["/feed"] = always_new
    error = await failure(fetch, site.url("/feed"))
    assert (error.slug, error.outcome) == ("redirect_refused", "refused")
    assert len(site.requests) == 11


async def test_cookies_too_large_to_send_are_not_sent(site, fetch):
    site.pages["/feed"] = setting("/feed", *(f"c{n}={'x' * 2000}" for n in range(6)))
    assert (await failure(fetch, site.url("/feed"))).slug == "redirect_refused"
    assert ["cookie" in seen.headers for seen in site.requests] == [False]


@pytest.mark.parametrize(
    "to",
    ["/", "/loop", "file:///etc/passwd", "javascript:alert(1)", "ftp://x/", "http://["],
)
async def test_a_redirect_in_a_circle_or_to_no_web_page_is_refused(site, fetch, to):
    site.pages |= {"/": redirect(to), "/loop": redirect("/")}
    error = await failure(fetch, site.url())
    assert (error.slug, error.outcome) == ("redirect_refused", "refused")
    assert len(site.requests) <= 2


async def test_ten_redirects_are_followed_and_eleven_refused(site, fetch):
    site.pages |= {f"/{n}": redirect(f"/{n + 1}") for n in range(11)}
    site.pages["/11"] = answer("ok")
    assert (await fetch(site.url("/1"))).body == b"ok"
    assert (await failure(fetch, site.url("/0"))).slug == "redirect_refused"


async def test_a_redirect_to_a_private_address_makes_no_connection(site):
    async with Site({"/": answer("secret")}) as private, fetcher(NoonClock(), site) as fetch:
        site.pages["/"] = redirect(private.url())
        error = await failure(fetch, site.url())
        assert (error.slug, error.outcome) == ("address_refused", "refused")
        assert private.connections == 0


# addresses that are refused


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "localhost", "LOCALHOST", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::127.0.0.1]", "[::]", "0.0.0.0", "0",
        "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "240.0.0.1", "[fe80::1]", "[fc00::1]", "[ff02::1]", "127.0.0.1.",
        "１２７.0.0.1", "127。0。0。1", "user:pw@127.0.0.1",
    ],
)  # fmt: skip
async def test_a_private_address_is_refused_in_every_spelling(site, host):
    async with fetcher(NoonClock()) as fetch:
        error = await failure(fetch, site.url(host=host))
    assert (error.slug, error.outcome) == ("address_refused", "refused")
    assert "pw" not in error.message
    assert site.connections == 0


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1"])
async def test_a_public_name_for_a_private_address_is_refused(site, address):
    async with fetcher(NoonClock(), resolver=StaticResolver(address)) as fetch:
        error = await failure(fetch, site.url(host="news.example"))
    assert error.slug == "address_refused"
    assert site.connections == 0


async def test_the_address_checked_is_the_address_connected_to(site):
    names = StaticResolver("127.0.0.1")
    site.pages["/"] = answer("ok")
    allowed = [f"news.example:{site.port}"]
    async with fetcher(NoonClock(), resolver=names, allow_private=allowed) as fetch:
        assert (await fetch(site.url(host="news.example"))).body == b"ok"
        assert names.asked == ["news.example"]
        # the exception is for that very name, and for that very port
        assert (await failure(fetch, site.url(host="other.example"))).slug == "address_refused"
        assert (await failure(fetch, site.url())).slug == "address_refused"
    assert site.connections == 1


@pytest.mark.parametrize("url", ["", "news.example/feed", "ftp://x/", "file:///etc/passwd", "http://", "http://[", "http://x:99999/", "http://127%2e0%2e0%2e1/", "https://x y/"])  # fmt: skip
async def test_what_is_not_a_web_address_is_not_fetched(fetch, url):
    assert (await failure(fetch, url)).outcome == "failed"


async def test_messages_contain_no_query_and_no_password(site, fetch):
    for page in (
        answer(status=404),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"garbage\r\n\r\n",
        b"",
    ):
        site.pages["/feed"] = page
        error = await failure(fetch, site.url("/feed?key=s3cret").replace("//", "//me:s3cret@"))
        assert "s3cret" not in error.message
        assert f"{site.address}/feed?…" in error.message


async def test_an_exception_holds_only_for_what_the_config_names(site):
    site.pages["/"] = answer("ok")
    settings = HttpSettings(allow_private=(site.address,))
    async with Fetcher(settings, clock=NoonClock()) as fetch:
        assert (await failure(fetch, site.url())).slug == "address_refused"
        elsewhere = {"news.example:80", f"127.0.0.1:{site.port + 1}"}
        assert (await failure(fetch, site.url(), configured=elsewhere)).slug == "address_refused"
        assert site.connections == 0
        assert (await fetch(site.url(), configured={site.address, *elsewhere})).body == b"ok"


async def test_an_exception_does_not_hold_for_redirects_from_elsewhere(site, other, fetch):
    # both are exceptions, and both are named by the config
    site.pages["/"] = redirect(other.url())
    named = {site.address, other.address}
    assert (await failure(fetch, site.url(), configured=named)).slug == "address_refused"
    assert other.connections == 0
    site.pages |= {"/a": redirect("/b"), "/b": answer("ok")}
    assert (await fetch(site.url("/a"), configured=named)).body == b"ok"


async def test_a_public_server_cannot_redirect_to_an_exception(site):
    """A proxy plays the public internet; addresses are checked before it is asked."""
    names, allowed = StaticResolver("93.184.216.34"), [site.address, "inner.example:80"]
    site.pages["http://news.example/"] = redirect("http://inner.example/")
    options = {"proxy": site.url(), "resolver": names, "allow_private": allowed}
    async with fetcher(NoonClock(), **options) as fetch:
        names.of["inner.example"] = ("10.0.0.1",)
        error = await failure(fetch, "http://news.example/")
    assert error.slug == "address_refused"
    assert [seen.target for seen in site.requests] == ["http://news.example/"]


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32"])
async def test_any_host_may_resolve_into_a_range(site, network):
    site.pages["/"] = answer("ok")
    settings = HttpSettings.model_validate({"allow_private": [network]})
    async with Fetcher(settings, clock=NoonClock(), resolver=StaticResolver("127.0.0.1")) as fetch:
        assert (await fetch(site.url(host="news.example"))).body == b"ok"
        assert (await fetch(site.url())).body == b"ok"
        assert (await fetch(site.url(host="[::ffff:127.0.0.1]"))).body == b"ok"
        for host in ("10.0.0.1", "[::1]", "169.254.169.254", "[64:ff9b::7f00:1]"):
            assert (await failure(fetch, site.url(host=host))).slug == "address_refused"


async def test_a_range_counts_for_names_handed_to_a_proxy(site):
    site.pages["http://news.example/"] = answer("by proxy")
    names = StaticResolver("198.18.3.4")
    options = {"proxy": site.url(), "resolver": names, "allow_private": ["198.18.0.0/15"]}
    async with fetcher(NoonClock(), **options) as fetch:
        assert (await fetch("http://news.example/")).body == b"by proxy"
        names.addresses = ("198.20.3.4", "10.0.0.1")
        assert (await failure(fetch, "http://news.example/")).slug == "address_refused"


# bounds


async def endless_body(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 10_000)
        await writer.drain()


async def endless_headers(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: x\r\n" * 100)
        await writer.drain()


async def endless_header(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while not writer.is_closing():
        writer.write(b"x" * 10_000)
        await writer.drain()


BOMB = answer(gzip.compress(b"\0" * 20_000_000), Content_Encoding="gzip")
TWICE_BOMB = answer(gzip.compress(gzip.compress(b"\0" * 20_000_000)), Content_Encoding="gzip, gzip")
UNDECLARED_BOMB = answer(gzip.compress(b"\0" * 20_000_000))


@pytest.mark.parametrize(
    ("page", "slug"),
    [
        (answer(b"x" * 100_001), "body_too_large"),
        (endless_body, "body_too_large"),
        (BOMB, "body_too_large"),
        (UNDECLARED_BOMB, "body_too_large"),
        (TWICE_BOMB, "body_too_large"),
        (endless_headers, "headers_too_large"),
        (endless_header, "headers_too_large"),
    ],
)
async def test_endless_answers_are_refused(site, fetch, page, slug):
    site.pages["/"] = page
    error = await failure(fetch, site.url())
    assert (error.slug, error.outcome) == (slug, "refused")


@pytest.mark.parametrize("page", [endless_body, endless_header, BOMB, TWICE_BOMB])
async def test_a_refused_answer_does_not_fill_the_memory(site, fetch, page):
    site.pages["/"] = page
    await failure(fetch, site.url())
    tracemalloc.start()
    try:
        await failure(fetch, site.url())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # the bomb alone would be 20 MB; the limit is 100 kB
    assert peak < 3_000_000


@pytest.mark.parametrize("piece", [b"", b"x"])
async def test_a_body_of_endless_gzip_members_is_given_up(site, fetch, piece):
    member = gzip.compress(piece)
    site.pages["/"] = answer(member * 1000, Content_Encoding="gzip")
    assert (await fetch(site.url())).body == piece * 1000
    site.pages["/"] = answer(member * 1001, Content_Encoding="gzip")
    error = await failure(fetch, site.url())
    assert (error.slug, error.outcome) == ("body_broken", "failed")
    assert "1000 gzip members" in error.message


async def test_too_many_content_codings_are_refused(site, fetch):
    site.pages["/"] = answer("x", Content_Encoding=", ".join(["gzip"] * 5))
    assert (await failure(fetch, site.url())).slug == "body_broken"


async def test_a_body_of_exactly_the_limit_is_accepted(site, fetch):
    site.pages["/"] = answer(b"x" * 100_000)
    assert len((await fetch(site.url())).body) == 100_000


async def stall(writer):
    await asyncio.Event().wait()


async def stall_in_body(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    await asyncio.Event().wait()


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n")
    for _ in range(9000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def redirect_slowly(writer):
    await asyncio.sleep(0.1)
    writer.write(redirect(f"/slow?{id(writer)}"))


@pytest.mark.parametrize("page", [stall, stall_in_body, drip, redirect_slowly])
async def test_the_deadline_is_for_the_whole_fetch(site, page):
    site.pages["/slow"] = page
    async with fetcher(NoonClock(), site, timeout="250ms") as fetch:
        error = await failure(fetch, site.url("/slow"))
    assert (error.slug, error.outcome) == ("timeout", "failed")


@contextmanager
def silent_port():
    """Accepts every connection and sends nothing, also no TLS handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@contextmanager
def unanswering_port():
    """A port that neither accepts nor refuses connections, because its queue is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("nowhere", "scheme"),
    [(silent_port, "https"), (unanswering_port, "http"), (unanswering_port, "https")],
)
async def test_a_server_that_never_speaks_http_is_given_up(nowhere, scheme):
    with nowhere() as port:
        allowed = [f"127.0.0.1:{port}"]
        async with fetcher(NoonClock(), timeout="250ms", allow_private=allowed) as fetch:
            error = await failure(fetch, f"{scheme}://127.0.0.1:{port}/")
    assert (error.slug, error.outcome) == ("timeout", "failed")


async def test_a_name_server_that_never_answers_is_given_up(site):
    class Silent(StaticResolver):
        async def resolve(self, host, port=0, family=0):
            await asyncio.Event().wait()

    async with fetcher(NoonClock(), resolver=Silent(), timeout="250ms") as fetch:
        assert (await failure(fetch, "http://news.example/")).slug == "timeout"


async def reset(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
    await writer.drain()
    writer.transport.abort()


@pytest.mark.parametrize(
    "page",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
        b"HTTP/1.1 200",
        b"\x00\x01garbage\r\n\r\n",
        b"",
        reset,
        answer(gzip.compress(b"hello" * 99)[:-12], Content_Encoding="gzip"),
        answer(b"\x1f\x8b" + b"garbage" * 9, Content_Encoding="gzip"),
    ],
)
async def test_a_broken_answer_is_a_failure_not_a_short_body(site, fetch, page):
    site.pages["/"] = page
    assert (await failure(fetch, site.url())).outcome == "failed"


async def test_a_closed_port_an_unknown_name_and_missing_tls_have_their_own_slugs(site):
    async with Site() as dead:
        pass
    async with fetcher(NoonClock(), site, dead, resolver=StaticResolver()) as fetch:
        assert (await failure(fetch, dead.url())).slug == "connection_failed"
        assert (await failure(fetch, "http://nowhere.example/")).slug == "dns_failed"
        assert (await failure(fetch, site.url(scheme="https"))).slug == "tls_failed"


async def test_an_unsigned_certificate_is_not_trusted_and_sees_no_request(tmp_path):
    async with Site({"/": answer("ok")}, tls=unsigned(tmp_path)) as site:
        async with fetcher(NoonClock(), site) as fetch:
            error = await failure(fetch, site.url(scheme="https"), headers={"X-Key": "k"})
        assert (error.slug, error.outcome) == ("tls_failed", "failed")
        assert "certificate" in error.message.lower()
        assert site.requests == []


# concurrency


class Barrier:
    """Counts the requests inside; answers them once there are `expected`."""

    def __init__(self, expected):
        self.expected, self.inside, self.most = expected, 0, 0
        self.full = asyncio.Event()

    async def __call__(self, writer):
        self.inside += 1
        self.most = max(self.most, self.inside)
        if self.inside >= self.expected:
            self.full.set()
        await self.full.wait()
        writer.write(answer("ok"))
        self.inside -= 1


@pytest.mark.parametrize("bounds", [{"per_host": 2}, {"per_host": 9, "concurrency": 2}])
async def test_no_more_than_allowed_are_read_at_once(site, bounds):
    site.pages["/"] = barrier = Barrier(2)
    async with fetcher(NoonClock(), site, **bounds) as fetch:
        await asyncio.gather(*(fetch(site.url()) for _ in range(8)))
    assert barrier.most == 2
    assert len(site.requests) == 8


async def test_fifty_sources_on_one_slow_host_do_not_delay_other_hosts(site):
    site.pages |= {"/slow": stall, "/quick": answer("ok")}
    allowed = [f"slow.example:{site.port}", f"quick.example:{site.port}"]
    settings = {"resolver": StaticResolver("127.0.0.1"), "allow_private": allowed, "concurrency": 3}
    async with fetcher(NoonClock(), **settings) as fetch, asyncio.TaskGroup() as group:
        url = site.url("/slow", host="slow.example")
        slow = [group.create_task(fetch(url)) for _ in range(50)]
        while len(site.requests) < 2:
            await asyncio.sleep(0)
        assert (await fetch(site.url("/quick", host="quick.example"))).body == b"ok"
        for item in slow:
            item.cancel()
    assert sum(seen.target == "/slow" for seen in site.requests) == 2


async def test_waiting_for_a_turn_does_not_use_up_the_deadline(site):
    async def slow(writer):
        await asyncio.sleep(0.1)
        writer.write(answer("ok"))

    site.pages["/"] = slow
    async with fetcher(NoonClock(), site, per_host=1, timeout="300ms") as fetch:
        answers = await asyncio.gather(*(fetch(site.url()) for _ in range(5)))
    assert [item.body for item in answers] == [b"ok"] * 5


async def test_a_cancelled_fetch_frees_its_slot(site):
    site.pages |= {"/slow": stall, "/": answer("ok")}
    async with fetcher(NoonClock(), site, per_host=1, concurrency=1) as fetch:
        task = asyncio.ensure_future(fetch(site.url("/slow")))
        while not site.requests:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await fetch(site.url())).body == b"ok"


# proxies


async def test_an_http_proxy_is_asked_for_public_names_only(site):
    target = "http://news.example/feed"
    site.pages[target] = answer("by proxy")
    names = StaticResolver("93.184.216.34")
    async with fetcher(NoonClock(), proxy=site.url(), resolver=names) as fetch:
        assert (await fetch(target)).body == b"by proxy"
        assert (await failure(fetch, "http://10.0.0.1/")).slug == "address_refused"
        names.addresses = ("93.184.216.34", "127.0.0.1")
        assert (await failure(fetch, target)).slug == "address_refused"
    assert [seen.target for seen in site.requests] == [target]


async def test_a_sources_own_proxy_beats_the_general_one(site, other):
    other.pages["http://news.example/"] = answer("by the other")
    names = StaticResolver("93.184.216.34")
    async with fetcher(NoonClock(), proxy=site.url(), resolver=names) as fetch:
        assert (await fetch("http://news.example/", proxy=other.url())).body == b"by the other"
    assert site.connections == 0


async def test_a_socks_proxy_is_asked_for_public_names_only(site):
    site.pages["/feed"] = answer("by socks")
    async with SocksProxy(site) as proxy:
        url = proxy.url(scheme="socks5")
        async with fetcher(
            NoonClock(), proxy=url, resolver=StaticResolver("93.184.216.34")
        ) as fetch:
            assert (await fetch("http://news.example/feed")).body == b"by socks"
            assert (await failure(fetch, "http://127.0.0.1/")).slug == "address_refused"
        assert proxy.asked == ["news.example"]


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_dead_proxy_is_named_as_the_cause(scheme):
    async with Site() as dead:
        pass
    names = StaticResolver("93.184.216.34")
    async with fetcher(NoonClock(), proxy=dead.url(scheme=scheme), resolver=names) as fetch:
        assert (await failure(fetch, "http://news.example/")).slug == "proxy_failed"
