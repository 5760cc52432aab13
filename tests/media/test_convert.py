"""Bytes that claim to be an image are known for what they are, and made to fit or refused."""

import os
import struct
import sys

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from reblogbot.errors import SourceError
from reblogbot.media.convert import MOST_PIXELS, convert, kind
from sample_images import GPS, opened, photo, png, saved, written

ROOMY = 10_000_000, 16_777_216
KINDS = ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "HEIF"]
TYPES = {"HEIF": "image/heic"}
pillow_heif.register_heif_opener()


@pytest.mark.parametrize("name", KINDS)
def test_a_picture_is_known_by_how_it_begins(name):
    assert kind(saved(name)) == TYPES.get(name, f"image/{name.lower()}")


@pytest.mark.parametrize("name", ["AVIF", "HEIF"])
@pytest.mark.parametrize("brand", [b"mif1", b"msf1"])
def test_a_picture_in_a_box_is_known_by_any_of_its_brands(name, brand):
    """Cameras and encoders put another brand first."""
    content = saved(name, (80, 40))
    renamed = content[:8] + brand + content[12:]
    made, mime = convert(renamed, *ROOMY)
    assert mime == "image/jpeg"
    assert opened(made).size == (80, 40)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1)])
def test_a_counting_pixel_is_no_picture(size):
    with pytest.raises(SourceError) as caught:
        convert(saved("GIF", size), *ROOMY)
    assert caught.value.slug == "image_too_small"


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_that_fits_stays_as_it_is(name):
    assert convert(saved(name), *ROOMY) == (b"", f"image/{name.lower()}")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!DOCTYPE html><title>Not found</title>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\0\0\0\x20ftypmp42",
        b"GIF88a\x02\0\x02\0",
        b"BM" + bytes(60),
        b" " + png(),
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(content):
    with pytest.raises(SourceError) as caught:
        convert(content, *ROOMY)
    assert caught.value.slug == "image_unreadable"


@pytest.mark.parametrize(
    "content",
    [
        png()[:20],
        png(claims=(0, 4)),
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\x02" * 30,
        b"GIF89a" + struct.pack("<HH", 0, 0),
        b"RIFF\x10\0\0\0WEBPVP8 ",
        b"\0\0\0\x20ftypavif" + bytes(20),
    ],
)
def test_a_header_that_breaks_off_or_names_no_size_is_refused(content):
    with pytest.raises(SourceError) as caught:
        convert(content, *ROOMY)
    assert caught.value.slug == "image_unreadable"


@pytest.mark.parametrize("server_takes", [16_777_216, 2**31])
def test_a_bomb_is_known_by_its_header_and_never_unpacked(server_takes):
    with pytest.raises(SourceError) as caught:
        convert(png(claims=(50_000, 50_000)), 10_000_000, server_takes)
    assert caught.value.slug == "image_too_large"


def test_a_header_that_promises_more_than_there_is_makes_no_picture():
    with pytest.raises(SourceError) as caught:
        convert(png(2, 2, claims=(400, 400)), 10_000_000, 100)
    assert caught.value.slug == "image_unreadable"


@pytest.mark.parametrize("name", KINDS)
def test_too_many_pixels_become_few_enough_in_the_same_shape(name):
    made, mime = convert(saved(name, (80, 40)), 10_000_000, 800)
    width, height = opened(made).size
    assert (mime, kind(made)) == ("image/jpeg", "image/jpeg")
    assert width * height <= 800
    assert (width, height) == (40, 20)


def test_too_many_bytes_become_few_enough():
    content = written(Image.frombytes("RGB", (200, 200), os.urandom(3 * 200 * 200)))
    made, _ = convert(content, 12_000, 16_777_216)
    assert len(content) > 100_000
    assert len(made) <= 12_000


def test_what_cannot_become_small_enough_is_refused():
    with pytest.raises(SourceError) as caught:
        convert(saved("PNG", (80, 40)), 20, 800)
    assert caught.value.slug == "image_too_large"


def test_a_type_that_servers_do_not_take_becomes_one_that_they_take():
    made, mime = convert(saved("AVIF"), *ROOMY)
    assert (mime, opened(made).size) == ("image/jpeg", (8, 6))


def test_what_is_converted_forgets_where_it_was_taken():
    content = photo()
    made, _ = convert(content, 10_000_000, 200)
    assert opened(content).getexif().get_ifd(GPS)
    assert not opened(made).getexif()
    assert b"Exif" in content
    assert b"Exif" not in made
    assert b"by Ann" not in made


def test_what_is_converted_stands_upright():
    made, _ = convert(photo((40, 20), orientation=6), 10_000_000, 200)
    width, height = opened(made).size
    assert height > width


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1", "L", "I;16", "CMYK"])
def test_every_mode_of_colour_can_be_converted(mode):
    plain = Image.new("L", (40, 20), 200)
    content = written(plain.convert("I").convert(mode) if mode == "I;16" else plain.convert(mode))
    made, _ = convert(content, 10_000_000, 200)
    assert opened(made).size == (20, 10)


def test_what_was_transparent_is_white_then():
    made, _ = convert(saved("PNG", (40, 20), "RGBA"), 10_000_000, 200)
    assert opened(made).getpixel((1, 1)) >= (250, 250, 250)


@pytest.mark.parametrize("content", [saved("AVIF"), png(40, 20)])
def test_without_pillow_it_is_left_out_and_the_extra_is_named(monkeypatch, content):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(SourceError) as caught:
        convert(content, 10_000_000, 200)
    assert caught.value.slug == "image_extra_missing"
    assert "reblogbot[images]" in caught.value.message


def test_without_pillow_a_picture_that_fits_is_no_worry(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert convert(png(40, 20), *ROOMY) == (b"", "image/png")


SAMPLES = [saved(name) for name in KINDS] + [png(), photo()]
BEGINNINGS = [sample[:length] for sample in SAMPLES for length in (12, 30, 60)]
damaged = st.builds(
    lambda sample, at, junk: (
        sample[: at % len(sample)] + junk + sample[at % len(sample) :][len(junk) :]
    ),
    st.sampled_from(SAMPLES),
    st.integers(0, 2000),
    st.binary(min_size=1, max_size=20),
)
anything = st.one_of(
    st.binary(max_size=100),
    st.builds(bytes.__add__, st.sampled_from(BEGINNINGS), st.binary(max_size=100)),
    damaged,
)


@settings(max_examples=300, deadline=None)
@given(
    content=anything,
    most_bytes=st.sampled_from([50, 1000, 10**7]),
    most_pixels=st.sampled_from([1, 20, 10**7]),
)
def test_no_bytes_make_anything_but_an_image_that_fits_or_an_error_with_words(
    content, most_bytes, most_pixels
):
    try:
        made, mime = convert(content, most_bytes, most_pixels)
    except SourceError as error:
        assert error.slug in {"image_unreadable", "image_too_large"}
        assert error.message
    else:
        assert kind(made or content) == mime
        assert len(made or content) <= most_bytes


def test_no_more_pixels_are_unpacked_than_a_worker_has_room_for():
    assert 4 * MOST_PIXELS < 512 * 1024 * 1024 / 2
