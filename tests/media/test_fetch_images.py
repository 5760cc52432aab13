"""Images are fetched through the guard, checked and converted; failed ones are left out and logged."""

import asyncio
import logging
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import HttpSettings
from reblogbot.media.fetch import MAX_IMAGES, ImageFetcher
from reblogbot.model import Media, ServerLimits
from reblogbot.ports import Response
from reblogbot.web.http import Fetcher
from sample_images import opened, photo, png, saved

LIMITS = ServerLimits()


class Client:
    """An image fetcher on the test's own web server, and what it logs."""

    def __init__(self, shared, fetcher, log, configured):
        self._configured = configured
        self._shared = shared
        self._images = ImageFetcher(fetcher, shared.workers)
        self._log = log

    def fetch_images(self, *media, limits=LIMITS):
        return self.images_and_failures(*media, limits=limits)[0]

    def images_and_failures(self, *media, limits=LIMITS):
        """The images, and why others are left out."""
        return self._shared.run(
            self._images.fetch_images(media, limits, source="s", configured=self._configured)
        )

    @property
    def failures(self):
        return [(record.slug, record.url) for record in self._log.records]


@pytest.fixture
def client(shared, clock, feeds, caplog):
    caplog.set_level(logging.INFO, "reblogbot.media.fetch")
    allowed = HttpSettings(allow_private=(feeds.address,), timeout="2s", max_body="1MB")
    fetcher = Fetcher(allowed, clock=clock)
    yield Client(shared, fetcher, caplog, {feeds.address})
    shared.run(fetcher.close())


def image_at(feeds, path, content, kind="image/png"):
    return Media(feeds.show(path, content, kind=kind), alt=f"what {path} shows")


# fetching


def test_images_come_in_order_with_their_real_type_and_their_description(client, feeds):
    wanted = [
        image_at(feeds, "/a.png", png()),
        image_at(feeds, "/b", saved("JPEG"), "application/octet-stream"),
        image_at(feeds, "/c.jpg", saved("WEBP"), "image/jpeg"),
    ]
    images = client.fetch_images(*wanted)
    assert [image.mime for image in images] == ["image/png", "image/jpeg", "image/webp"]
    assert [image.alt for image in images] == [media.alt for media in wanted]
    assert images[0].content == png()
    assert feeds.requests[0][1]["accept"] == "image/*"


def test_no_more_images_are_fetched_than_the_server_accepts(client, feeds):
    media = [image_at(feeds, f"/{number}.png", png()) for number in range(20)]
    assert len(client.fetch_images(*media, limits=ServerLimits(media=2))) == 2
    assert len(feeds.requests) == 2
    assert len(client.fetch_images(*media, limits=ServerLimits(media=1_000_000))) == MAX_IMAGES


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"<!DOCTYPE html><h1>Please log in</h1>", "image_unreadable"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image_unreadable"),
        (png(claims=(50_000, 50_000)), "image_too_large"),
        (b"", "image_unreadable"),
    ],
)
def test_what_is_not_an_image_is_left_out_and_the_others_are_kept(client, feeds, content, slug):
    bad, good = image_at(feeds, "/bad.png", content), image_at(feeds, "/good.png", png())
    assert [image.alt for image in client.fetch_images(bad, good)] == [good.alt]
    assert client.failures == [(slug, bad.url)]


def test_an_image_that_the_server_does_not_accept_is_converted(client, feeds):
    images = client.fetch_images(
        image_at(feeds, "/p.jpg", photo()), limits=ServerLimits(image_pixels=200)
    )
    assert [opened(image.content).size for image in images] == [(20, 10)]
    assert b"Exif" not in images[0].content


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
def test_no_image_is_fetched_from_outside_the_public_web(client, url, slug):
    assert client.fetch_images(Media(url)) == ()
    assert [failure for failure, _ in client.failures] == [slug]


def test_an_image_left_out_is_named_with_the_reason(client, feeds):
    images, left_out = client.images_and_failures(Media(feeds.fail("/a.png", 404)), Media(""))
    assert images == ()
    assert [feeds.url("/a.png") in left_out[0], "404" in left_out[0]] == [True, True]
    assert len(left_out) == 2


def test_a_path_with_parent_folders_is_requested_from_its_server_only(client, feeds):
    feeds.show("/etc/passwd.png", png(), kind="image/png")
    images = client.fetch_images(Media(feeds.url("/img/../../../etc/passwd.png")))
    assert [image.content for image in images] == [png()]
    assert [path for path, _ in feeds.requests] == ["/etc/passwd.png"]


def test_a_redirect_to_a_private_address_is_not_followed(client, feeds):
    feeds.pages["/a.png"] = lambda handler: redirect(handler, "http://127.0.0.1:9/a.png")
    assert client.fetch_images(Media(feeds.url("/a.png"))) == ()
    assert [slug for slug, _ in client.failures] == ["address_refused"]


def redirect(handler, to):
    handler.send_response(302)
    handler.send_header("Location", to)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def test_a_huge_image_is_not_read_to_its_end(client, feeds):
    feeds.show("/huge.png", png() + bytes(2_000_000), kind="image/png")
    assert client.fetch_images(Media(feeds.url("/huge.png"))) == ()
    assert [slug for slug, _ in client.failures] == ["body_too_large"]


def test_a_slow_image_is_given_up_without_delaying_the_others(client, feeds):
    feeds.pages["/slow.png"] = drip
    good = image_at(feeds, "/good.png", png())
    images = client.fetch_images(Media(feeds.url("/slow.png")), good)
    assert [image.alt for image in images] == [good.alt]
    assert [slug for slug, _ in client.failures] == ["timeout"]


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"\x89")
        time.sleep(0.1)


def test_secrets_of_an_address_do_not_reach_the_log(client, feeds, caplog):
    url = feeds.url("/a.png?token=s3cret").replace("http://", "http://ann:passw0rd@")
    feeds.fail("/a.png?token=s3cret", 403)
    assert client.fetch_images(Media(url)) == ()
    (record,) = caplog.records
    line = f"{record.getMessage()} {record.slug} {record.url} {record.error}"
    assert "a.png" in line
    assert "s3cret" not in line
    assert "passw0rd" not in line


# whatever comes


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.one_of(
        st.binary(max_size=60),
        st.builds(bytes.__add__, st.sampled_from([png()[:40], photo()[:80]]), st.binary()),
    ),
    kind=st.sampled_from(["text/html", "image/png", ""]),
    pixels=st.sampled_from([1, 10**7]),
)
def test_no_bytes_make_the_image_fetcher_raise(shared, body, kind, pixels):
    async def fetch(url, **_):
        return Response(200, url, {"content-type": kind}, body)

    fetcher = ImageFetcher(fetch, shared.workers)
    images, _ = shared.run(
        fetcher.fetch_images(
            [Media("https://x.example/a.png")], ServerLimits(image_pixels=pixels), source="s"
        )
    )
    assert len(images) <= 1


def test_cancelling_the_call_cancels_its_fetches(shared):
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
            await ImageFetcher(fetch, shared.workers).fetch_images(
                [Media("a"), Media("b")], LIMITS, source="s"
            )

    with pytest.raises(TimeoutError):
        shared.run(give_up())
    assert begun == ended == ["a", "b"]
