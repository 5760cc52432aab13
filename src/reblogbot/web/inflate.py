"""Bounded decompression: a body as it arrives, and an end to it when it grows too large."""

from __future__ import annotations

import zlib

# zlib's window sizes: 32 more detects gzip and zlib by their headers, a negative one is raw
_DETECT = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


class TooLarge(ValueError):
    """The body is larger than `limit` bytes, before or after decompression."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Inflater:
    """Collects a body sent with `coding` (a Content-Encoding) and holds at most `limit` bytes.

    Codings are gzip, deflate (with or without zlib's wrapping) and identity. What claims to be
    compressed and is not is taken as it is, and what is gzip though nobody says so is inflated:
    such servers exist. Raises EOFError for others.
    """

    def __init__(self, coding: str, limit: int) -> None:
        coding = coding.strip().lower()
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise EOFError(f"unknown Content-Encoding {coding[:40]}")
        self._coding = "" if coding == "identity" else coding
        self._limit = limit
        self._arrived = 0
        self._body = bytearray()
        self._head = b""
        self._has_begun = False
        self._stream: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        """Takes the next bytes off the wire. Raises TooLarge, EOFError when they are garbled."""
        self._arrived += len(chunk)
        if self._arrived > self._limit:
            raise TooLarge(self._limit)
        if not self._has_begun:
            self._head += chunk
            if len(self._head) < 2:
                return
            chunk, self._head = self._head, b""
            self._begin(chunk)
        if self._stream is None:
            self._keep(chunk)
        else:
            self._inflate(chunk)

    def finish(self) -> bytes:
        """The whole body. Raises EOFError when the compressed stream was cut off."""
        self._keep(self._head)
        if self._stream is not None and not self._stream.eof:
            raise EOFError("the compressed body is cut off")
        return bytes(self._body)

    def _begin(self, start: bytes) -> None:
        self._has_begun = True
        is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        if start.startswith(_GZIP_MAGIC) or (self._coding and is_zlib):
            self._stream = zlib.decompressobj(_DETECT)
        elif self._coding == "deflate":
            self._stream = zlib.decompressobj(_RAW)

    def _inflate(self, chunk: bytes) -> None:
        try:
            while chunk and self._stream is not None:
                # one byte more than may be kept, so that too much shows
                room = self._limit - len(self._body) + 1
                self._keep(self._stream.decompress(chunk, room))
                chunk = self._stream.unconsumed_tail
                if self._stream.eof and self._stream.unused_data.startswith(_GZIP_MAGIC):
                    # gzip allows several members in a row (RFC 1952 §2.2)
                    chunk, self._stream = self._stream.unused_data, zlib.decompressobj(_DETECT)
        except zlib.error as error:
            raise EOFError(str(error)) from error

    def _keep(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > self._limit:
            raise TooLarge(self._limit)
