"""The preview images of pages, as pages write them."""

import pytest

from reblogbot.model import Media
from reblogbot.sources.scrape.page_images import pictures

URL = "https://news.example/2026/story.html"


def images_of(head, wanted=4, content_type="text/html", encoding="utf-8"):
    return pictures(head.encode(encoding), content_type, URL, wanted)


def links(head, **options):
    return [media.url for media in images_of(head, **options)]


def meta(name, content, key="property"):
    return f'<meta {key}="{name}" content="{content}">'


def test_an_image_is_read_with_its_description():
    head = meta("og:image", "https://cdn.example/a.jpg") + meta(
        "og:image:alt", "A &amp; B,\n two cats"
    )
    assert images_of(head) == (Media("https://cdn.example/a.jpg", "image/*", "A & B, two cats"),)


@pytest.mark.parametrize(
    "head",
    [
        meta("og:image", "/a.jpg", key="name"),
        meta("OG:Image", "/a.jpg"),
        meta("og:image:url", "/a.jpg"),
        meta("og:image:secure_url", "/a.jpg"),
        meta("twitter:image", "/a.jpg", key="name"),
        meta("twitter:image:src", "/a.jpg", key="name"),
        meta("og:image", "../a.jpg"),
        meta("og:image", "//news.example/a.jpg"),
        "<META CONTENT='/a.jpg' PROPERTY=og:image />",
        "<body><p>" + meta("og:image", "/a.jpg"),
        "<base href='https://news.example/x/'>" + meta("og:image", "../a.jpg"),
    ],
)
def test_the_properties_of_an_image_are_found_in_any_spelling(head):
    assert links(head) == ["https://news.example/a.jpg"]


def test_open_graph_goes_before_twitter():
    head = meta("twitter:image", "/small.jpg", key="name") + meta("og:image", "/large.jpg")
    assert links(head) == ["https://news.example/large.jpg"]


def test_several_images_are_read_each_once_with_its_own_description():
    head = (
        meta("og:image", "/a.jpg")
        + meta("og:image:secure_url", "https://news.example/a.jpg")
        + meta("og:image:width", "100")
        + meta("og:image", "/b.jpg")
        + meta("og:image:alt", "B")
        + meta("og:image", "/a.jpg")
    )
    pairs = [(media.url, media.alt) for media in images_of(head)]
    assert pairs == [("https://news.example/a.jpg", ""), ("https://news.example/b.jpg", "B")]
    assert len(images_of(head, wanted=1)) == 1


@pytest.mark.parametrize(
    "content",
    [
        "",
        "   ",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://news.example/a.jpg",
        "http://[bad/a.jpg",
        "/logo.svg",
        "/logo.SVG?v=2",
        "https://news.example/" + "a" * 5000,
    ],
)
def test_addresses_that_are_no_images_are_skipped(content):
    assert links(meta("og:image", content)) == []
    both = meta("og:image", content) + meta("og:image", "/good.jpg")
    assert links(both) == ["https://news.example/good.jpg"]


def test_a_description_in_the_pages_own_encoding_is_read():
    head = meta("og:image", "/a.jpg") + meta("og:image:alt", "一只猫在窗台上睡觉")
    images = images_of(head, content_type="text/html; charset=gbk", encoding="gbk")
    assert [media.alt for media in images] == ["一只猫在窗台上睡觉"]


def test_a_description_without_an_image_is_ignored():
    assert images_of(meta("og:image:alt", "A cat")) == ()


def test_an_endless_page_is_read_up_to_a_bound():
    head = "<p>" * 400_000 + meta("og:image", "/late.jpg")
    assert links(head) == []
