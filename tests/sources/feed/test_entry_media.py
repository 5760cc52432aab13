"""The images of an entry: the best of each group, and no decorations."""

from __future__ import annotations

import pytest
from documents import batch_of

HEAD = (
    'xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def pictures(inside):
    """The paths of the images of an entry, in order."""
    item = f"<item><title>T</title><author>Ann Example</author>{inside}</item>"
    document = f'<rss version="2.0" {HEAD}><channel><title>S</title>{item}</channel></rss>'
    (entry,) = batch_of(document).entries
    return [media.url.removeprefix("https://c.example/") for media in entry.media]


def content(name, **attributes):
    attributes_text = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<media:content url="https://c.example/{name}" medium="image"{attributes_text}/>'


def test_of_a_group_the_default_is_taken_else_the_largest():
    small, large = content("s.png", width=140, height=90), content("l.png", width=900, height=600)
    default = content("d.png", width=400, height=300, isDefault="true")
    assert pictures(f"<media:group>{small}{large}{default}</media:group>") == ["d.png"]
    assert pictures(f"<media:group>{small}{large}</media:group>") == ["l.png"]
    assert pictures(f"<media:group>{content('a.png')}{content('b.png')}</media:group>") == ["a.png"]


def test_each_media_group_gives_one_image():
    groups = [
        f"<media:group>{content(f'{n}.png')}{content(f'{n}b.png')}</media:group>" for n in "12"
    ]
    assert pictures("".join(groups)) == ["1.png", "2.png"]


def test_a_group_gives_a_recording_and_an_image():
    film = '<media:content url="https://c.example/f.mp4" type="video/mp4"/>'
    assert pictures(f"<media:group>{film}{content('p.png')}</media:group>") == ["f.mp4", "p.png"]


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        ("1.jpg?width=140", "1.jpg?width=1200", "1.jpg?width=1200"),
        ("1-150x150.jpg", "1.jpg", "1.jpg"),
    ],
)
def test_of_the_sizes_of_an_image_the_largest_is_taken(first, second, taken):
    assert pictures(content(first, width=140) + content(second, width=1200)) == [taken]


def test_images_whose_urls_differ_in_an_id_are_different():
    assert pictures(content("i.php?id=1") + content("i.php?id=2")) == ["i.php?id=1", "i.php?id=2"]


@pytest.mark.parametrize(
    "decoration",
    [
        content("avatar/0123456789abcdef0123456789abcdef?s=96"),
        content("dot.gif", width=1, height=1),
        content("icon.png", width=16),
        (
            '<media:content url="https://c.example/ann.jpg" medium="image">'
            "<media:title>ann example</media:title></media:content>"
        ),
    ],
)
def test_avatars_and_counting_pixels_are_left_out(decoration):
    assert pictures(decoration + content("real.png")) == ["real.png"]


def text(html):
    return f"<content:encoded><![CDATA[{html}]]></content:encoded>"


def test_images_in_the_text_are_used_when_there_are_no_others():
    body = text('<p>Words</p><img src="https://c.example/in.png" alt="A &amp; B">')
    assert pictures(body) == ["in.png"]
    assert pictures(body + content("out.png")) == ["out.png"]
    thumbnail = '<media:thumbnail url="https://c.example/t.png"/>'
    assert pictures(body + thumbnail) == ["t.png"]
    assert pictures(content("out.png") + thumbnail) == ["out.png"]


def test_an_image_in_the_text_keeps_its_alternative_text():
    item = text('<img src="/in.png" alt="A &amp; B">')
    document = (
        f'<rss version="2.0" {HEAD}><channel><item><title>T</title>{item}</item></channel></rss>'
    )
    (entry,) = batch_of(document).entries
    assert [(media.url, media.alt) for media in entry.media] == [
        ("https://site.example/in.png", "A & B")
    ]


@pytest.mark.parametrize(
    "html",
    [
        '<img class="wp-smiley" src="https://s.example/1f389.png" alt="🎉">',
        '<img src="https://stat.example/pixel" width="1" height="1">',
        '<img class="avatar avatar-96" src="https://c.example/ann.jpg">',
        '<img src="data:image/png;base64,AAAA">',
        "<img>",
    ],
)
def test_emoji_and_counting_pixels_in_the_text_are_left_out(html):
    assert pictures(text(html)) == []


def test_the_cover_of_an_episode_is_the_last_resort():
    cover = '<itunes:image href="https://c.example/cover.jpg"/>'
    assert pictures(cover) == ["cover.jpg"]
    assert pictures(cover + content("own.png")) == ["own.png"]
