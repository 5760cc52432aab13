"""The images that pages name, as pages really write them."""

import pytest

from reblogbot.media.page_text import read_page
from reblogbot.model import Media

URL = "https://news.example/2026/story.html"


def images_in(head, wanted=4, content_type="text/html", encoding="utf-8"):
    return read_page(head.encode(encoding), content_type, URL, wanted, 0).images


def links(head, **options):
    return [media.url for media in images_in(head, **options)]


def meta(name, content, key="property"):
    return f'<meta {key}="{name}" content="{content}">'


def test_an_image_is_found_with_its_description():
    head = meta("og:image", "https://cdn.example/a.jpg") + meta(
        "og:image:alt", "A &amp; B,\n two cats"
    )
    assert images_in(head) == (Media("https://cdn.example/a.jpg", "image/*", "A & B, two cats"),)


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
def test_an_image_is_found_in_every_spelling_of_its_property(head):
    assert links(head) == ["https://news.example/a.jpg"]


def test_open_graph_goes_before_twitter():
    head = meta("twitter:image", "/small.jpg", key="name") + meta("og:image", "/large.jpg")
    assert links(head) == ["https://news.example/large.jpg"]


def test_several_images_are_found_once_each_with_their_own_descriptions():
    head = (
        meta("og:image", "/a.jpg")
        + meta("og:image:secure_url", "https://news.example/a.jpg")
        + meta("og:image:width", "100")
        + meta("og:image", "/b.jpg")
        + meta("og:image:alt", "B")
        + meta("og:image", "/a.jpg")
    )
    images = [(media.url, media.alt) for media in images_in(head)]
    assert images == [("https://news.example/a.jpg", ""), ("https://news.example/b.jpg", "B")]
    assert len(images_in(head, wanted=1)) == 1


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
def test_what_cannot_be_fetched_as_an_image_is_ignored(content):
    assert links(meta("og:image", content)) == []
    both = meta("og:image", content) + meta("og:image", "/good.jpg")
    assert links(both) == ["https://news.example/good.jpg"]


def test_a_description_in_the_pages_own_encoding_is_read():
    head = meta("og:image", "/a.jpg") + meta("og:image:alt", "一只猫在窗台上睡觉")
    images = images_in(head, content_type="text/html; charset=gbk", encoding="gbk")
    assert [media.alt for media in images] == ["一只猫在窗台上睡觉"]


def test_a_description_without_an_image_is_ignored():
    assert images_in(meta("og:image:alt", "A cat")) == ()


def test_an_endless_page_is_read_no_further_than_its_head():
    head = "<p>" * 400_000 + meta("og:image", "/late.jpg")
    assert links(head) == []
