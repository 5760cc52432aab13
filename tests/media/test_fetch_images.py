"""Images are fetched through the guard, checked and fitted; what fails is left out and told."""

import asyncio
import logging
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import HttpSettings
from reblogbot.media.fetch import MOST, ImageFetcher
from reblogbot.model import Entry, Limits, Media
from reblogbot.ports import Response
from reblogbot.web.http import Fetcher
from sample_images import opened, photo, png, saved

LIMITS = Limits()


class Visitor:
    """A gallery whose fetches go to the test's own web server, and what it logs."""

    def __init__(self, workshop, fetcher, told, configured):
        self._configured = configured
        self._workshop = workshop
        self._gallery = ImageFetcher(fetcher, workshop.workers)
        self._told = told

    def fetched(self, *media, limits=LIMITS):
        return self.looked_at(*media, limits=limits)[0]

    def looked_at(self, *media, limits=LIMITS):
        """The images, and why others are left out."""
        return self._workshop.run(
            self._gallery.fetched(media, limits, source="s", configured=self._configured)
        )

    def add_page_images(self, link, wanted=4, **entry):
        return self._workshop.run(
            self._gallery.add_page_images(
                Entry(title="t", link=link, **entry),
                wanted,
                source="s",
                configured=self._configured,
            )
        )

    @property
    def told(self):
        return [(one.slug, one.url) for one in self._told.records]


@pytest.fixture
def visitor(workshop, clock, feeds, caplog):
    caplog.set_level(logging.INFO, "reblogbot.media.fetch")
    allowed = HttpSettings(allow_private=(feeds.address,), timeout="2s", max_body="1MB")
    fetcher = Fetcher(allowed, clock=clock)
    yield Visitor(workshop, fetcher, caplog, {feeds.address})
    workshop.run(fetcher.close())


def shown(feeds, path, content, kind="image/png"):
    return Media(feeds.show(path, content, kind=kind), alt=f"what {path} shows")


# fetching


def test_images_come_in_order_with_their_true_type_and_their_description(visitor, feeds):
    wanted = [
        shown(feeds, "/a.png", png()),
        shown(feeds, "/b", saved("JPEG"), "application/octet-stream"),
        shown(feeds, "/c.jpg", saved("WEBP"), "image/jpeg"),
    ]
    found = visitor.fetched(*wanted)
    assert [image.mime for image in found] == ["image/png", "image/jpeg", "image/webp"]
    assert [image.alt for image in found] == [media.alt for media in wanted]
    assert found[0].content == png()
    assert feeds.asked[0][1]["accept"] == "image/*"


def test_no_more_are_fetched_than_the_server_takes(visitor, feeds):
    media = [shown(feeds, f"/{number}.png", png()) for number in range(20)]
    assert len(visitor.fetched(*media, limits=Limits(media=2))) == 2
    assert len(feeds.asked) == 2
    assert len(visitor.fetched(*media, limits=Limits(media=1_000_000))) == MOST


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"<!DOCTYPE html><h1>Please log in</h1>", "image_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image_unreadable"),
        (png(claims=(50_000, 50_000)), "image_too_large"),
        (b"", "image_unreadable"),
    ],
)
def test_what_is_no_image_is_left_out_and_the_others_are_not(visitor, feeds, content, slug):
    bad, good = shown(feeds, "/bad.png", content), shown(feeds, "/good.png", png())
    assert [image.alt for image in visitor.fetched(bad, good)] == [good.alt]
    assert visitor.told == [(slug, bad.url)]


def test_what_the_server_does_not_take_is_converted(visitor, feeds):
    found = visitor.fetched(shown(feeds, "/p.jpg", photo()), limits=Limits(image_pixels=200))
    assert [opened(image.content).size for image in found] == [(20, 10)]
    assert b"Exif" not in found[0].content


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("http://127.0.0.1:9/a.png", "address_refused"),
        ("http://10.0.0.1/a.png", "address_refused"),
        ("http://169.254.169.254/latest/meta-data", "address_refused"),
        ("http://[::1]/a.png", "address_refused"),
        ("file:///etc/passwd", "url_invalid"),
        ("data:image/png;base64,AAAA", "url_invalid"),
        ("../../../etc/passwd", "url_invalid"),
        ("", "url_invalid"),
    ],
)
def test_no_image_is_fetched_from_where_the_web_is_not(visitor, url, slug):
    assert visitor.fetched(Media(url)) == ()
    assert [one for one, _ in visitor.told] == [slug]


def test_what_is_left_out_is_named_with_the_reason(visitor, feeds):
    images, left_out = visitor.looked_at(Media(feeds.fail("/a.png", 404)), Media(""))
    assert images == ()
    assert [feeds.url("/a.png") in left_out[0], "404" in left_out[0]] == [True, True]
    assert len(left_out) == 2


def test_a_name_that_climbs_is_asked_of_its_server_and_of_nobody_else(visitor, feeds):
    feeds.show("/etc/passwd.png", png(), kind="image/png")
    found = visitor.fetched(Media(feeds.url("/img/../../../etc/passwd.png")))
    assert [image.content for image in found] == [png()]
    assert [path for path, _ in feeds.asked] == ["/etc/passwd.png"]


def test_a_redirect_to_a_private_address_is_not_followed(visitor, feeds):
    feeds.pages["/a.png"] = lambda handler: redirect(handler, "http://127.0.0.1:9/a.png")
    assert visitor.fetched(Media(feeds.url("/a.png"))) == ()
    assert [slug for slug, _ in visitor.told] == ["address_refused"]


def redirect(handler, to):
    handler.send_response(302)
    handler.send_header("Location", to)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def test_a_huge_image_is_not_read_to_its_end(visitor, feeds):
    feeds.show("/huge.png", png() + bytes(2_000_000), kind="image/png")
    assert visitor.fetched(Media(feeds.url("/huge.png"))) == ()
    assert [slug for slug, _ in visitor.told] == ["body_too_large"]


def test_a_slow_image_is_given_up_and_keeps_nobody_waiting_but_itself(visitor, feeds):
    feeds.pages["/slow.png"] = drip
    good = shown(feeds, "/good.png", png())
    found = visitor.fetched(Media(feeds.url("/slow.png")), good)
    assert [image.alt for image in found] == [good.alt]
    assert [slug for slug, _ in visitor.told] == ["timeout"]


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"\x89")
        time.sleep(0.1)


def test_secrets_of_an_address_do_not_reach_the_log(visitor, feeds, caplog):
    url = feeds.url("/a.png?token=s3cret").replace("http://", "http://ann:passw0rd@")
    feeds.fail("/a.png?token=s3cret", 403)
    assert visitor.fetched(Media(url)) == ()
    (record,) = caplog.records
    told = f"{record.getMessage()} {record.slug} {record.url} {record.error}"
    assert "a.png" in told
    assert "s3cret" not in told
    assert "passw0rd" not in told


# a page's own images


def page(head, body=""):
    return f"<!DOCTYPE html><head>{head}</head><body>{body}</body>".encode()


def test_an_entry_without_images_gets_those_its_page_shows(visitor, feeds):
    head = '<meta property="og:image" content="/i/1.jpg"><meta property="og:image:alt" content="A cat">'
    link = feeds.show("/story", page(head), kind="text/html; charset=utf-8")
    entry = visitor.add_page_images(link)
    assert entry.media == (Media(feeds.url("/i/1.jpg"), "image/*", "A cat"),)
    assert (entry.title, entry.link) == ("t", link)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (page(""), "text/html"),
        (b"", "text/html"),
        (page('<meta property="og:image" content="/1.jpg">'), "text/plain"),
        (png(), "image/png"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_a_page_without_images_or_no_page_leaves_the_entry_as_it_is(visitor, feeds, content, kind):
    link = feeds.show("/story", content, kind=kind)
    assert visitor.add_page_images(link) == Entry(title="t", link=link)
    assert visitor.told == []


@pytest.mark.parametrize("link", ["", "mailto:a@b.example", "//", "http://10.0.0.1/", "tag:x,1"])
def test_a_page_that_cannot_be_had_leaves_the_entry_as_it_is(visitor, link):
    assert visitor.add_page_images(link) == Entry(title="t", link=link)


def test_no_page_is_looked_at_for_an_entry_of_which_no_image_is_wanted(visitor, feeds):
    link = feeds.show(
        "/story", page('<meta property="og:image" content="/1.jpg">'), kind="text/html"
    )
    assert visitor.add_page_images(link, 0).media == ()
    assert feeds.asked == []


# whatever comes


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.one_of(
        st.binary(max_size=60),
        st.builds(
            bytes.__add__, st.sampled_from([png()[:40], photo()[:80], b"<meta "]), st.binary()
        ),
    ),
    kind=st.sampled_from(["text/html", "text/html; charset=utf-16", "image/png", ""]),
    pixels=st.sampled_from([1, 10**7]),
)
def test_no_bytes_make_a_gallery_raise(workshop, body, kind, pixels):
    async def fetch(url, **_):
        return Response(200, url, {"content-type": kind}, body)

    gallery = ImageFetcher(fetch, workshop.workers)
    images, _ = workshop.run(
        gallery.fetched([Media("https://x.example/a.png")], Limits(image_pixels=pixels), source="s")
    )
    entry = workshop.run(gallery.add_page_images(Entry(link="https://x.example/"), 3, source="s"))
    assert len(images) <= 1
    assert all(media.url.startswith(("http://", "https://")) for media in entry.media)


def test_whoever_gives_up_waiting_takes_the_fetches_along(workshop):
    begun = []
    ended = []

    async def fetch(url, **_):
        begun.append(url)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(url)

    async def give_up():
        async with asyncio.timeout(0.05):
            await ImageFetcher(fetch, workshop.workers).fetched(
                [Media("a"), Media("b")], LIMITS, source="s"
            )

    with pytest.raises(TimeoutError):
        workshop.run(give_up())
    assert begun == ended == ["a", "b"]
