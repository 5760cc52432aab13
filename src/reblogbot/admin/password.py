"""The passwords of the admin's page: a file with a line `name:hash` for each admin.

The hash is `scrypt$N$r$p$salt$key`, salt and key in base64 (RFC 7914).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

from reblogbot.config.atomic_file import write_atomically
from reblogbot.errors import ConfigError

MIN_LENGTH = 8
MAX_LENGTH = 1000
MAX_ADMINS = 100
_COST, _BLOCKS, _LANES = 2**15, 8, 1
"""32 MB of memory and about a tenth of a second for each try."""
_MAX_MEMORY = 2 * 128 * _COST * _BLOCKS
_NAME = re.compile(r"[\w.@-]{1,50}")
_HASH = re.compile(
    r"scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]{8,100})\$([\w+/=]{8,200})", re.ASCII
)


def hash_of(password: str) -> str:
    """A hash of a password, with a salt of its own."""
    salt = secrets.token_bytes(16)
    key = _key(password, salt, _COST, _BLOCKS, _LANES)
    return f"scrypt${_COST}${_BLOCKS}${_LANES}${_encoded(salt)}${_encoded(key)}"


def _key(password: str, salt: bytes, cost: int, blocks: int, lanes: int) -> bytes:
    return hashlib.scrypt(
        password.encode(errors="replace"),
        salt=salt,
        n=cost,
        r=blocks,
        p=lanes,
        maxmem=_MAX_MEMORY,
        dklen=32,
    )


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _is_password(password: str, written: str) -> bool:
    """Whether it is the password of a hash. False for a hash that nobody can check."""
    match = _HASH.fullmatch(written)
    if match is None:
        return False
    try:
        salt, key = base64.b64decode(match[4]), base64.b64decode(match[5])
        return hmac.compare_digest(
            _key(password, salt, int(match[1]), int(match[2]), int(match[3])), key
        )
    except ValueError:
        return False


class Passwords:
    """The password file, read again when it has changed; None for a config without one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = self._current_stamp()
        self._hashes = self._read()
        # an unknown name must take as long as a wrong password
        self._nobody = hash_of(secrets.token_hex())

    def is_any(self) -> bool:
        """Whether anybody can log in."""
        return bool(self._hashes)

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the admin's password. It takes a tenth of a second, right or wrong."""
        written = self._hashes.get(name)
        return _is_password(password, written or self._nobody) and written is not None

    def have_changed(self) -> bool:
        """Whether the file has changed since the last call; it is read again then."""
        stamp = self._current_stamp()
        if stamp == self._stamp:
            return False
        self._stamp, self._hashes = stamp, self._read()
        return True

    def _current_stamp(self) -> tuple[int, ...]:
        try:
            status = os.stat(self._path) if self._path else None  # noqa: PTH116  with each request
        except OSError:
            return ()
        return (status.st_ino, status.st_size, status.st_mtime_ns) if status else ()

    def _read(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            return _hashes_in(self._path)
        except (OSError, ValueError):
            return {}


def _hashes_in(path: Path) -> dict[str, str]:
    """The hashes by name. Raises OSError and ValueError."""
    with path.open(encoding="utf-8") as file:
        lines = file.read(100_000).splitlines()
    pairs = (line.strip().partition(":") for line in lines[:MAX_ADMINS])
    return {name: written for name, _, written in pairs if name and _HASH.fullmatch(written)}


def check_new_password(name: str, password: str) -> None:
    """Raise ConfigError for a name or a password that cannot be used."""
    if not _NAME.fullmatch(name):
        message = "the name of an admin has 1 to 50 letters, digits, and . _ - @"
        raise ConfigError("usage", message)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters; nothing was changed"
        raise ConfigError("password_invalid", message)


def write_password(path: Path, name: str, password: str) -> None:
    """Set an admin's password in the file, which only its user may read. Raises ConfigError."""
    check_new_password(name, password)
    try:
        hashes = _hashes_in(path) if path.exists() else {}
        hashes[name] = hash_of(password)
        text = "".join(f"{each}:{written}\n" for each, written in hashes.items())
        write_atomically(path, text.encode(), mode=0o600)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError("password_unwritable", f"{path}: cannot be written: {reason}") from error
