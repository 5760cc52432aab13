"""Images made for tests, valid ones and others."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

# a location, as a camera writes it
HOME = {1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)}
GPS = 0x8825
ORIENTATION = 0x0112


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 2, height: int = 2, *, claims: tuple[int, int] | None = None) -> bytes:
    """A picture of one colour; with `claims`, its header names another size."""
    size = claims or (width, height)
    head = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def saved(kind: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", **options: Any) -> bytes:
    """A picture that is dark on its left and light on its right, written by Pillow."""
    picture = Image.new(mode, size)
    light = Image.new(mode, (max(1, size[0] // 2), size[1]), "white")
    picture.paste(light, (size[0] // 2, 0))
    return written(picture, kind, **options)


def written(picture: Image.Image, kind: str = "", **options: Any) -> bytes:
    """The picture as the bytes of a file, in a format that supports its mode."""
    output = BytesIO()
    picture.save(output, kind or ("JPEG" if picture.mode == "CMYK" else "PNG"), **options)
    return output.getvalue()


def photo(size: tuple[int, int] = (40, 20), orientation: int = 1) -> bytes:
    """A JPEG as a phone makes it, with its location and orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update(HOME)
    return saved("JPEG", size, exif=exif, comment=b"by Ann, at home")


def opened(content: bytes) -> Image.Image:
    """The decoded picture."""
    picture = Image.open(BytesIO(content))
    picture.load()
    return picture
