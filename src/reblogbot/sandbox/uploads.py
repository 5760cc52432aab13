"""Uploaded files: what kind they are, told by how they begin, and where they are kept."""

from __future__ import annotations

import os
from pathlib import Path

# (offset, bytes there, type, suffix)
_SIGNS = (
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
MIMES = [mime for _, _, mime, _ in _SIGNS]


def sniffed(content: bytes) -> tuple[str, str] | None:
    """The type and the suffix of a picture, film or sound; None for anything else."""
    for offset, sign, mime, suffix in _SIGNS:
        if content[offset : offset + len(sign)] == sign:
            return mime, suffix
    return None


class Files:
    """Uploads by name, in `media/` of the folder, or in memory without one."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / "media" if folder else None
        self._kept: dict[str, bytes] = {}

    def keep(self, name: str, content: bytes) -> None:
        """Return once the file is on the disk; names are the server's own, never a client's."""
        if self._folder is None:
            self._kept[name] = content
            return
        self._folder.mkdir(exist_ok=True)
        with (self._folder / name).open("wb") as file:
            file.write(content)
            os.fsync(file.fileno())

    def find(self, name: str) -> bytes | None:
        if self._folder is None:
            return self._kept.get(name)
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None
