"""Pages are read once for images and text, as their sites allow it; a failed one is left out."""

import asyncio
import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loopback import Site, answer, redirect
from reblogbot.config.settings import HttpSettings
from reblogbot.errors import SourceError
from reblogbot.media import robots
from reblogbot.media.pages import MAX_TEXT, PageReader, page_address
from reblogbot.model import Entry, Media
from reblogbot.ports import Response
from reblogbot.web.http import Fetcher
from sample_images import png

SENTENCE = "The bakery at the corner opens at six, and the first loaves are sold before seven."
TEXT = f"Bread\n\n{SENTENCE}"
HEAD = '<meta property="og:image" content="/i/1.jpg"><meta property="og:image:alt" content="A cat">'
HTML = f"<!DOCTYPE html><head>{HEAD}</head><body><article><h1>Bread</h1><p>{SENTENCE}</p></article>"


class Client:
    """A page reader on a site of the test, and what it logs."""

    def __init__(self, shared, clock, log):
        self.log = log
        self.site = Site()
        self._shared = shared
        shared.run(self.site.__aenter__())
        allowed = HttpSettings(allow_private=(self.site.address,), timeout="2s", max_body="1MB")
        self._fetcher = Fetcher(allowed, clock=clock)
        self._pages = PageReader(self._fetcher, shared.workers, clock)

    def close(self):
        self._shared.run(self._fetcher.close())
        self._shared.run(self.site.__aexit__())

    def show(self, path, content=HTML, kind="text/html; charset=utf-8", **headers):
        self.site.pages[path] = answer(content, Content_Type=kind, **headers)
        return self.site.url(path)

    def read(self, link, images=4, most_text=MAX_TEXT, **entry):
        return self._shared.run(
            self._pages.read(
                Entry(title="t", link=link, **entry),
                images,
                most_text,
                source="s",
                configured={self.site.address},
            )
        )

    def read_all(self, links):
        async def together():
            return await asyncio.gather(
                *(
                    self._pages.read(
                        Entry(link=link), 0, MAX_TEXT, source="s", configured={self.site.address}
                    )
                    for link in links
                )
            )

        return self._shared.run(together())

    @property
    def requests(self):
        return [request.target for request in self.site.requests]

    @property
    def failures(self):
        return [
            (record.slug, record.url)
            for record in self.log.records
            if record.levelno == logging.WARNING and hasattr(record, "slug")
        ]


@pytest.fixture
def client(shared, clock, caplog):
    caplog.set_level(logging.INFO, "reblogbot.media.pages")
    client = Client(shared, clock, caplog)
    yield client
    client.close()


# images alone


def test_an_entry_without_images_gets_those_that_its_page_names(client):
    entry = client.read(client.show("/story"), most_text=0)
    assert entry.media == (Media(client.site.url("/i/1.jpg"), "image/*", "A cat"),)
    assert entry.text == ""
    assert client.requests == ["/story"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<head></head>", "text/html"),
        ("", "text/html"),
        (HTML, "text/plain"),
        (png(), "image/png"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_a_page_without_images_or_no_page_leaves_the_entry_as_it_is(client, content, kind):
    link = client.show("/story", content, kind)
    assert client.read(link) == Entry(title="t", link=link)
    assert client.failures == []


@pytest.mark.parametrize("link", ["", "mailto:a@b.example", "//", "http://10.0.0.1/", "tag:x,1"])
@pytest.mark.parametrize("most_text", [0, MAX_TEXT])
def test_a_page_that_cannot_be_fetched_leaves_the_entry_as_it_is(client, link, most_text):
    assert client.read(link, most_text=most_text) == Entry(title="t", link=link)


def test_no_page_is_fetched_when_nothing_is_wanted(client):
    entry = client.read(client.show("/story"), 0, 0)
    assert entry.media == ()
    assert client.requests == []


# images and text


def test_one_fetch_gives_images_and_text(client):
    entry = client.read(client.show("/story"))
    assert entry.text == TEXT
    assert [image.alt for image in entry.media] == ["A cat"]
    assert entry.ai_refusal == ""
    assert client.requests == ["/robots.txt", "/story"]
    assert client.site.requests[0].headers["user-agent"].startswith("reblogbot/")


def test_an_entry_with_images_of_its_own_gets_the_text(client):
    own = (Media("https://x.example/own.png"),)
    entry = client.read(client.show("/story"), images=0, media=own)
    assert (entry.text, entry.media) == (TEXT, own)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://arxiv.org/pdf/2611.04242", "https://arxiv.org/abs/2611.04242"),
        ("https://arxiv.org/pdf/2611.04242v2.pdf", "https://arxiv.org/abs/2611.04242v2"),
        ("http://www.arxiv.org/pdf/cs/0112017.pdf?x=1#p", "http://www.arxiv.org/abs/cs/0112017"),
        ("https://export.arxiv.org/pdf/2611.04242/", "https://export.arxiv.org/abs/2611.04242"),
        ("https://arxiv.org/abs/2611.04242", ""),
        ("https://arxiv.org/html/2611.04242", ""),
        ("https://arxiv.org.evil.example/pdf/1", ""),
        ("https://evil.example/https://arxiv.org/pdf/1", ""),
        ("https://a.example/pdf/1", ""),
    ],
)
def test_a_paper_at_arxiv_is_read_by_its_abstract(link, address):
    assert page_address(link) == (address or link)


def test_the_abstract_page_gives_no_image_for_a_linked_pdf(shared, clock):
    asked = []

    async def fetch(url, **_):
        asked.append(url)
        if url.endswith("robots.txt"):
            raise SourceError("http_status", "404")
        return Response(200, url, {"content-type": "text/html"}, HTML.encode())

    pages = PageReader(fetch, shared.workers, clock)
    entry = Entry(link="https://arxiv.org/pdf/2611.04242v1")
    read = shared.run(pages.read(entry, 4, MAX_TEXT, source="s"))
    assert (read.text, read.media, read.link) == (TEXT, (), entry.link)
    assert asked == ["https://arxiv.org/robots.txt", "https://arxiv.org/abs/2611.04242v1"]
    assert shared.run(pages.read(entry, 4, 0, source="s")) == entry
    assert len(asked) == 2


# what a site forbids


def test_robots_txt_that_disallows_the_page_keeps_it_from_being_fetched(client):
    client.show("/robots.txt", "User-agent: reblogbot\nDisallow: /story", "text/plain")
    entry = client.read(client.show("/story"), images=0)
    assert entry.text == ""
    assert client.requests == ["/robots.txt"]
    (record,) = client.log.records
    assert (record.getMessage(), record.reason) == (
        "text of page not taken",
        "disallowed by robots.txt",
    )


def test_robots_txt_keeps_no_image_away(client):
    client.show("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    entry = client.read(client.show("/story"))
    assert (entry.text, len(entry.media)) == ("", 1)


@pytest.mark.parametrize(
    ("headers", "takes_text", "refusal"),
    [
        ({"X_Robots_Tag": "noai"}, False, "noai (X-Robots-Tag of the page)"),
        ({"X_Robots_Tag": "nosnippet"}, False, ""),
        ({"X_Robots_Tag": "noindex"}, True, ""),
        ({"tdm_reservation": "1"}, True, "tdm-reservation: 1 (header of the page)"),
        ({"Content_Usage": "ai-use=n"}, True, "ai-use=n (Content-Usage of the page)"),
        ({"Content_Signal": "ai-input=no"}, True, "ai-input=no (Content-Signal of the page)"),
        ({"Content_Signal": "ai-train=no"}, True, ""),
    ],
)
def test_headers_of_the_page(client, headers, takes_text, refusal):
    entry = client.read(client.show("/story", **headers))
    assert entry.text == (TEXT if takes_text else "")
    assert entry.ai_refusal == refusal


@pytest.mark.parametrize(
    ("meta", "takes_text", "refusal"),
    [
        ("name=robots content=noai", False, "noai (meta robots of the page)"),
        ("name=REBLOGBOT content=nosnippet", False, ""),
        ("name=tdm-reservation content=1", True, "tdm-reservation: 1 (meta of the page)"),
        ("name=googlebot content=nosnippet", True, ""),
    ],
)
def test_metadata_of_the_page(client, meta, takes_text, refusal):
    entry = client.read(client.show("/story", HTML.replace("<head>", f"<head><meta {meta}>")))
    assert entry.text == (TEXT if takes_text else "")
    assert entry.ai_refusal == refusal


def test_preferences_in_robots_txt_are_noted(client):
    client.show("/robots.txt", "User-agent: *\nContent-Signal: ai-input=no", "text/plain")
    entry = client.read(client.show("/story"))
    assert (entry.text, entry.ai_refusal) == (TEXT, "Content-Signal in robots.txt")


def test_the_refusal_of_the_feed_is_kept(client):
    assert client.read(client.show("/story"), ai_refusal="of the feed").ai_refusal == "of the feed"


def test_the_site_that_a_link_leads_to_is_asked_too(client, shared):
    client.show("/robots.txt", "User-agent: *\nDisallow: /real", "text/plain")
    client.show("/real")
    client.site.pages["/short"] = redirect("/real")
    assert client.read(client.site.url("/short"), images=0).text == ""


# robots.txt


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_without_robots_txt_allows_all(client, status):
    client.site.pages["/robots.txt"] = answer("no", status)
    assert client.read(client.show("/story")).text == TEXT


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_robots_txt_that_cannot_be_had_forbids_the_page_for_now(client, clock, status):
    client.site.pages["/robots.txt"] = answer("no", status)
    link = client.show("/story")
    assert client.read(link) == Entry(title="t", link=link)
    assert client.read(link, text="old").text == "old"
    assert client.requests == ["/robots.txt"]
    assert {slug for slug, _ in client.failures} <= {"rate_limited", "retry_later"}
    client.show("/robots.txt", "", "text/plain")
    clock.advance(minutes=11)
    assert client.read(link).text == TEXT


def test_robots_txt_is_fetched_once_a_day_for_all_pages_of_its_site(client, clock):
    client.show("/robots.txt", "User-agent: *\nDisallow: /c", "text/plain")
    texts = [entry.text for entry in client.read_all([client.show(f"/{at}") for at in "abc"])]
    assert texts == [TEXT, TEXT, ""]
    assert client.requests.count("/robots.txt") == 1
    clock.advance(hours=23)
    client.read(client.site.url("/a"))
    assert client.requests.count("/robots.txt") == 1
    clock.advance(hours=2)
    client.read(client.site.url("/a"))
    assert client.requests.count("/robots.txt") == 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<!doctype html><p>Not found", "text/html"),
        (bytes(range(256)) * 100, "application/octet-stream"),
        ("Disallow: /\n" * 1000, "text/plain"),
        ("User-agent: *\n" + "# much\n" * 90_000 + "Disallow: /", "text/plain"),
    ],
)
def test_a_robots_txt_that_is_none_allows_all(client, content, kind):
    client.show("/robots.txt", content, kind)
    assert client.read(client.show("/story")).text == TEXT


def test_a_robots_txt_that_redirects_for_ever_is_none(client):
    client.site.pages["/robots.txt"] = redirect("/robots.txt?")
    assert client.read(client.show("/story")).text == TEXT


def test_a_robots_txt_without_end_is_not_read(client):
    client.show("/robots.txt", "User-agent: *\n" + "x" * 2_000_000, "text/plain")
    assert client.read(client.show("/story")).text == ""
    assert [slug for slug, _ in client.failures] == ["body_too_large"]


def test_the_files_in_memory_are_bounded(shared, clock, monkeypatch):
    monkeypatch.setattr(robots, "MOST_KEPT", 3)
    monkeypatch.setattr(robots, "MOST_KEPT_BYTES", 250)
    asked = []

    async def fetch(url, **_):
        asked.append(url)
        return Response(200, url, {}, b"# " + b"x" * 98)

    files = robots.RobotsFiles(clock)
    offload = shared.workers.share("s")
    for number in (1, 2, 1, 3, 1, 2):
        shared.run(files.rules(f"https://{number}.example/a", fetch, offload))
    assert [url[8] for url in asked] == ["1", "2", "3", "2"]


# pages that do harm, or fail


def test_a_changed_entry_keeps_its_text_where_the_page_fails(client):
    client.site.pages["/story"] = answer("no", 500)
    assert client.read(client.site.url("/story"), text="old").text == "old"


def test_a_page_that_forbids_its_text_now_takes_back_the_old_one(client):
    entry = client.read(client.show("/story", X_Robots_Tag="noai"), text="old")
    assert (entry.text, entry.ai_refusal) == ("", "noai (X-Robots-Tag of the page)")


async def endless(writer):
    """A page of 100 MB."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n")
    for _ in range(100):
        writer.write(b"<p>word " * 125_000)
        await writer.drain()


async def silent(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>")
    await writer.drain()
    await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("page", "slug"),
    [
        (endless, "body_too_large"),
        (silent, "timeout"),
        (redirect("http://10.0.0.1/"), "address_refused"),
        (redirect("http://127.0.0.1:1/"), "address_refused"),
        (answer("no", 404), "http_status"),
        (b"no HTTP\r\n\r\n", "http_broken"),
    ],
)
def test_a_page_that_fails_is_logged_and_left_out(client, page, slug):
    client.site.pages["/story"] = page
    link = client.site.url("/story")
    assert client.read(link) == Entry(title="t", link=link)
    assert client.failures == [(slug, link)]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.one_of(
        st.binary(max_size=60),
        st.builds(bytes.__add__, st.sampled_from([HTML.encode(), b"<meta ", b"<p>"]), st.binary()),
    ),
    robots_txt=st.one_of(st.binary(max_size=60), st.just(b"User-agent: *\nContent-Usage: \xff")),
    kind=st.sampled_from(["text/html", "text/html; charset=utf-16", "image/png", ""]),
    header=st.text(max_size=30),
)
def test_no_bytes_make_the_page_reader_raise(shared, clock, body, robots_txt, kind, header):
    async def fetch(url, **_):
        if url.endswith("/robots.txt"):
            return Response(200, url, {}, robots_txt)
        headers = dict.fromkeys(["x-robots-tag", "content-usage", "tdm-reservation"], header)
        return Response(200, url, {"content-type": kind, **headers}, body)

    pages = PageReader(fetch, shared.workers, clock)
    entry = shared.run(pages.read(Entry(link="https://x.example/"), 3, MAX_TEXT, source="s"))
    assert all(media.url.startswith(("http://", "https://")) for media in entry.media)
    assert entry.text == "" or SENTENCE[:20] in entry.text
