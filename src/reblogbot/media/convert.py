"""Bytes that claim to be an image: what they are, and what a server takes of them."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

from reblogbot.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS = 50_000_000
"""No image with more is looked at: its header alone tells, it is never unpacked."""
# where bytes stand that tell a type: a name or a Content-Type tells nothing
_SIGNS = (
    (((0, b"\x89PNG\r\n\x1a\n"),), "image/png"),
    (((0, b"\xff\xd8\xff"),), "image/jpeg"),
    (((0, b"GIF87a"),), "image/gif"),
    (((0, b"GIF89a"),), "image/gif"),
    (((0, b"RIFF"), (8, b"WEBP")), "image/webp"),
)
# ISO/IEC 14496-12 §4.3: what a file is stands in its first box, as one or several brands
_BRANDS = (
    (frozenset({b"avif", b"avis"}), "image/avif"),
    (frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}), "image/heic"),
    (frozenset({b"mif1", b"msf1"}), "image/heic"),
)
_MOST_BRANDS = 32
# what every kind of server takes; AVIF and HEIC are for browsers and telephones, as yet
_TAKEN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Pillow's names where they are not the type's
_FORMATS = {"image/heic": "heif"}
_QUALITY = 85
_STEP = 0.7
_STEPS = 8


def kind(content: bytes) -> str:
    """The type of the image these bytes are, "" for anything else."""
    for signs, mime in _SIGNS:
        if all(content[at : at + len(sign)] == sign for at, sign in signs):
            return mime
    return _kind_of_box(content)


def _kind_of_box(content: bytes) -> str:
    """The type of an image in an ISO base media file, "" for any other."""
    if content[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(content[:4]), len(content), 16 + 4 * _MOST_BRANDS)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, end, 4))}
    return next((mime for known, mime in _BRANDS if brands & known), "")


def convert(content: bytes, most_bytes: int, most_pixels: int) -> tuple[bytes, str]:
    """An image's bytes and type as a server with these limits takes it; no bytes for "as it is".

    What is too large, or of a type that servers do not take, becomes a JPEG without metadata,
    where Pillow is installed. Raises SourceError for what is, or becomes, no such image.
    Runs in the parse worker: an unpacked image may be far larger than its file.
    """
    mime = kind(content)
    if not mime:
        raise SourceError("image_unreadable", "no PNG, JPEG, GIF, WebP, AVIF or HEIC")
    pixels = _pixels(content)
    if pixels > MOST_PIXELS:
        raise SourceError("image_too_large", f"{pixels} pixels; {MOST_PIXELS} are the most")
    if mime in _TAKEN and len(content) <= most_bytes and pixels <= most_pixels:
        return b"", mime
    try:
        return _converted(content, mime, most_bytes, most_pixels), "image/jpeg"
    except ImportError:
        what = (
            f"{mime}, {len(content)} bytes, {pixels} pixels: not as the account's server takes it"
        )
        raise SourceError(
            "image_extra_missing", f"{what}; to have it converted, install reblogbot[images]"
        ) from None


def _pixels(content: bytes) -> int:
    """How many pixels the header says there are."""
    # only the child that looks at images pays for it
    import imagesize  # noqa: PLC0415

    try:
        width, height = imagesize.get(BytesIO(content))
    # whatever a reader of six formats dies of
    except Exception as error:
        raise SourceError(
            "image_unreadable", f"a broken header ({type(error).__name__})"
        ) from error
    if width < 1 or height < 1:
        raise SourceError("image_unreadable", "a header that names no size")
    if min(width, height) == 1:
        raise SourceError("image_too_small", f"{width}×{height} pixels: it only counts readers")
    return int(width) * int(height)


def _converted(content: bytes, mime: str, most_bytes: int, most_pixels: int) -> bytes:
    # an extra: most images need no converting
    from PIL import Image  # noqa: PLC0415

    if mime == "image/heic":
        import pillow_heif  # noqa: PLC0415  as above

        pillow_heif.register_heif_opener()
    try:
        with Image.open(BytesIO(content), formats=[_FORMATS.get(mime, mime[6:])]) as picture:
            return _shrunk(picture, most_bytes, most_pixels)
    except (SourceError, MemoryError):
        raise
    # whatever a decoder of six formats dies of
    except Exception as error:
        raise SourceError("image_unreadable", f"broken ({type(error).__name__})") from error


def _shrunk(picture: Image, most_bytes: int, most_pixels: int) -> bytes:
    """The picture as a JPEG within both limits."""
    width, height = picture.size
    # colours from a palette cannot be mixed
    reduced = picture.convert("RGBA") if picture.mode in ("1", "P", "PA") else picture
    scale = min(1.0, math.sqrt(most_pixels / (width * height)))
    for _ in range(_STEPS):
        reduced.thumbnail((max(1, int(width * scale)), max(1, int(height * scale))))
        made = _jpeg(reduced)
        if len(made) <= most_bytes:
            return made
        scale *= _STEP
    raise SourceError("image_too_large", f"cannot be made to fit into {most_bytes} bytes")


def _jpeg(picture: Image) -> bytes:
    """Upright, on white where it is transparent, and without anything but the picture."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        seen_through = upright.convert("RGBA")
        upright = Image.new("RGB", seen_through.size, "white")
        upright.paste(seen_through, mask=seen_through.getchannel("A"))
    plain = upright.convert("RGB")
    plain.info.clear()
    made = BytesIO()
    plain.save(made, "JPEG", quality=_QUALITY, icc_profile=profile)
    return made.getvalue()
