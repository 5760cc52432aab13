"""Uploaded files: their type, detected from their first bytes, and where they are kept."""

from __future__ import annotations

import os
from pathlib import Path

# (offset, bytes there, type, suffix)
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (0, b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (0, b"GIF87a", "image/gif", "gif"),
    (0, b"GIF89a", "image/gif", "gif"),
    (8, b"WEBP", "image/webp", "webp"),
    (4, b"ftypavif", "image/avif", "avif"),
    (4, b"ftypheic", "image/heic", "heic"),
    (4, b"ftyp", "video/mp4", "mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm", "webm"),
    (0, b"OggS", "audio/ogg", "ogg"),
    (0, b"ID3", "audio/mpeg", "mp3"),
    (0, b"\xff\xfb", "audio/mpeg", "mp3"),
    (0, b"fLaC", "audio/flac", "flac"),
    (8, b"WAVE", "audio/wav", "wav"),
)
MIME_TYPES = [mime for _, _, mime, _ in _SIGNATURES]


def sniff(content: bytes) -> tuple[str, str] | None:
    """The MIME type and suffix of an image, video or sound; None for anything else."""
    for offset, signature, mime, suffix in _SIGNATURES:
        if content[offset : offset + len(signature)] == signature:
            return mime, suffix
    return None


class Files:
    """Uploads by name, in `media/` of the folder, or in memory without a folder."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "media" if folder else None
        self._in_memory: dict[str, bytes] = {}

    def save(self, name: str, content: bytes) -> None:
        """Write a file durably. Names are the server's own, never a client's."""
        if self._folder is None:
            self._in_memory[name] = content
            return
        self._folder.mkdir(exist_ok=True)
        with (self._folder / name).open("wb") as file:
            file.write(content)
            os.fsync(file.fileno())

    def load(self, name: str) -> bytes | None:
        if self._folder is None:
            return self._in_memory.get(name)
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None
