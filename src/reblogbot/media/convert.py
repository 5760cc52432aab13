"""The type of an image by its bytes, and its conversion to what a server accepts."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

from reblogbot.errors import SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 50_000_000
"""Images with more pixels are refused by their header, before anything is decoded."""

# Positions and bytes that identify a type. File names and Content-Type headers are often wrong.
_SIGNATURES = (
    (((0, b"\x89PNG\r\n\x1a\n"),), "image/png"),
    (((0, b"\xff\xd8\xff"),), "image/jpeg"),
    (((0, b"GIF87a"),), "image/gif"),
    (((0, b"GIF89a"),), "image/gif"),
    (((0, b"RIFF"), (8, b"WEBP")), "image/webp"),
)
# ISO/IEC 14496-12 §4.3: the first box of a file lists its brands
_BRANDS = (
    (frozenset({b"avif", b"avis"}), "image/avif"),
    (frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}), "image/heic"),
    (frozenset({b"mif1", b"msf1"}), "image/heic"),
)
_MAX_BRANDS = 32
# Every kind of server accepts these. AVIF and HEIC are accepted by few.
_ACCEPTED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
# Pillow's format names where they differ from the subtype
_PILLOW_FORMATS = {"image/heic": "heif"}
_JPEG_QUALITY = 85
_SCALE_STEP = 0.7
_MAX_STEPS = 8


def image_type(content: bytes) -> str:
    """The media type of the image, "" for anything else."""
    for signature, mime in _SIGNATURES:
        if all(content[at : at + len(sign)] == sign for at, sign in signature):
            return mime
    return _iso_media_type(content)


def _iso_media_type(content: bytes) -> str:
    """The type of an image in an ISO base media file, "" for any other file."""
    if content[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(content[:4]), len(content), 16 + 4 * _MAX_BRANDS)
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, end, 4))}
    return next((mime for names, mime in _BRANDS if brands & names), "")


def convert(content: bytes, max_bytes: int, max_pixels: int) -> tuple[bytes, str]:
    """The image's bytes and type as a server with these limits accepts it.

    The bytes are empty where the image is accepted as it is: they need not be sent back from the
    parser child, where this runs because a decoded image may be far larger than its file.
    An image that is too large, or of a type that servers do not accept, becomes a JPEG without
    metadata, if Pillow is installed. Raises SourceError when there is no usable image.
    """
    mime = image_type(content)
    if not mime:
        raise SourceError("image_unreadable", "no PNG, JPEG, GIF, WebP, AVIF or HEIC")
    pixels = _pixels(content)
    if pixels > MAX_PIXELS:
        raise SourceError("image_too_large", f"{pixels} pixels; {MAX_PIXELS} are the most")
    if mime in _ACCEPTED and len(content) <= max_bytes and pixels <= max_pixels:
        return b"", mime
    try:
        return _converted(content, mime, max_bytes, max_pixels), "image/jpeg"
    except ImportError:
        raise SourceError(
            "image_extra_missing",
            f"{mime}, {len(content)} bytes, {pixels} pixels: the account's server does not accept"
            " it; to have it converted, install reblogbot[images]",
        ) from None


def _pixels(content: bytes) -> int:
    """The number of pixels by the image's header. Raises SourceError."""
    # only the parser child needs it
    import imagesize  # noqa: PLC0415

    try:
        width, height = imagesize.get(BytesIO(content))
    # the readers of six formats raise whatever a broken header makes them raise
    except Exception as error:
        raise SourceError(
            "image_unreadable", f"a broken header ({type(error).__name__})"
        ) from error
    if width < 1 or height < 1:
        raise SourceError("image_unreadable", "a header without a size")
    if min(width, height) == 1:
        raise SourceError("image_too_small", f"{width}×{height} pixels: a tracking pixel")
    return int(width) * int(height)


def _converted(content: bytes, mime: str, max_bytes: int, max_pixels: int) -> bytes:
    # an optional dependency, and most images need no conversion
    from PIL import Image  # noqa: PLC0415

    if mime == "image/heic":
        import pillow_heif  # noqa: PLC0415  as above

        pillow_heif.register_heif_opener()
    pillow_format = _PILLOW_FORMATS.get(mime, mime.removeprefix("image/"))
    try:
        with Image.open(BytesIO(content), formats=[pillow_format]) as picture:
            return _shrunk(picture, max_bytes, max_pixels)
    except (SourceError, MemoryError):
        raise
    # the decoders of six formats raise whatever a broken image makes them raise
    except Exception as error:
        raise SourceError("image_unreadable", f"broken ({type(error).__name__})") from error


def _shrunk(picture: Image, max_bytes: int, max_pixels: int) -> bytes:
    """The picture as a JPEG within both limits. Raises SourceError if it cannot be made to fit."""
    width, height = picture.size
    # colours of a palette cannot be interpolated
    reduced = picture.convert("RGBA") if picture.mode in ("1", "P", "PA") else picture
    scale = min(1.0, math.sqrt(max_pixels / (width * height)))
    for _ in range(_MAX_STEPS):
        reduced.thumbnail((max(1, int(width * scale)), max(1, int(height * scale))))
        jpeg = _jpeg(reduced)
        if len(jpeg) <= max_bytes:
            return jpeg
        scale *= _SCALE_STEP
    raise SourceError("image_too_large", f"cannot be made to fit into {max_bytes} bytes")


def _jpeg(picture: Image) -> bytes:
    """The picture as a JPEG: upright, on white where it is transparent, without metadata."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        transparent = upright.convert("RGBA")
        upright = Image.new("RGB", transparent.size, "white")
        upright.paste(transparent, mask=transparent.getchannel("A"))
    plain = upright.convert("RGB")
    plain.info.clear()
    output = BytesIO()
    plain.save(output, "JPEG", quality=_JPEG_QUALITY, icc_profile=profile)
    return output.getvalue()
