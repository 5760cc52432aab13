"""Bounded decompression of a body while it arrives."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

# zlib's window sizes: plus 32 detects gzip and zlib by their headers, a negative one means raw
_DETECT = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_READABLE = frozenset({"gzip", "x-gzip", "deflate"})
# The other codings of IANA's registry. Any other word (utf-8, none …) is not a coding and ignored.
_UNREADABLE = frozenset("aes128gcm br compress dcb dcz exi pack200-gzip x-compress zstd".split())
MAX_CODINGS = 4
MAX_MEMBERS = 1000
"""Gzip members of one body. Each costs time, and an empty one adds nothing to the size."""


class TooLarge(ValueError):
    """The body is larger than `limit` bytes, before or after decompression."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} bytes")
        self.limit = limit


class Inflater:
    """Collects a body with `codings` (Content-Encoding), at most `limit` bytes.

    Codings are decoded from the last to the first (RFC 9110 §8.4): gzip and deflate, with or
    without zlib's wrapping. A body that is declared compressed and is not stays as it is, and
    undeclared gzip is decompressed: such servers exist. Raises EOFError for a coding that was not
    offered.
    """

    def __init__(self, codings: str, limit: int) -> None:
        named = [word.partition(";")[0].strip().lower() for word in codings.split(",")]
        unreadable = next((word for word in named if word in _UNREADABLE), "")
        if unreadable:
            raise EOFError(f"Content-Encoding {unreadable}, which was not asked for")
        applied = [word for word in named if word in _READABLE]
        if len(applied) > MAX_CODINGS:
            raise EOFError(f"more than {MAX_CODINGS} codings")
        self._layers = [_Layer(coding, limit) for coding in reversed(applied or [""])]
        self._limit = limit
        self._arrived = 0
        self._body = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Add the next bytes. Raises TooLarge, or EOFError when they are garbled."""
        self._arrived += len(chunk)
        if self._arrived > self._limit:
            raise TooLarge(self._limit)
        self._pass([chunk], self._layers)

    def finish(self) -> bytes:
        """The whole body. Raises EOFError when a compressed stream was cut off."""
        for number, layer in enumerate(self._layers):
            self._pass([layer.finish()], self._layers[number + 1 :])
        return bytes(self._body)

    def _pass(self, pieces: Iterable[bytes], layers: Iterable[_Layer]) -> None:
        for layer in layers:
            pieces = layer.inflated(pieces)
        for piece in pieces:
            self._body += piece


class _Layer:
    """Decodes one coding. Its output has the limit of the body."""

    def __init__(self, coding: str, limit: int) -> None:
        self._coding = coding
        self._limit = limit
        self._produced = 0
        self._members = 1
        self._head = b""
        self._has_begun = False
        self._stream: zlib._Decompress | None = None

    def inflated(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The decoded chunks, piece by piece. Raises TooLarge, EOFError."""
        for received in chunks:
            chunk = received
            if not self._has_begun:
                chunk, self._head = self._head + received, b""
                if len(chunk) < 2:
                    self._head = chunk
                    continue
                self._begin(chunk)
            if self._stream is None:
                yield self._counted(chunk)
            else:
                yield from self._unpacked(chunk)

    def finish(self) -> bytes:
        """The remaining bytes. Raises EOFError when the compressed stream was cut off."""
        if self._stream is not None and not self._stream.eof:
            raise EOFError("the compressed body is cut off")
        return self._counted(self._head)

    def _begin(self, start: bytes) -> None:
        self._has_begun = True
        is_zlib = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
        if start.startswith(_GZIP_MAGIC) or (self._coding and is_zlib):
            self._stream = zlib.decompressobj(_DETECT)
        elif self._coding == "deflate":
            self._stream = zlib.decompressobj(_RAW)

    def _unpacked(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk and self._stream is not None:
                # one byte more than allowed, so that an excess is noticed
                allowed = self._limit - self._produced + 1
                yield self._counted(self._stream.decompress(chunk, allowed))
                chunk = self._stream.unconsumed_tail
                if self._stream.eof and self._stream.unused_data.startswith(_GZIP_MAGIC):
                    chunk = self._next_member()
        except zlib.error as error:
            raise EOFError(str(error)) from error

    def _next_member(self) -> bytes:
        """The bytes of the next gzip member (RFC 1952 §2.2). Raises EOFError after too many."""
        self._members += 1
        if self._stream is None or self._members > MAX_MEMBERS:
            raise EOFError(f"more than {MAX_MEMBERS} gzip members")
        rest, self._stream = self._stream.unused_data, zlib.decompressobj(_DETECT)
        return rest

    def _counted(self, piece: bytes) -> bytes:
        self._produced += len(piece)
        if self._produced > self._limit:
            raise TooLarge(self._limit)
        return piece
