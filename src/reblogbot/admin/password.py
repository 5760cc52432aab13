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
import unicodedata
from collections.abc import Callable
from pathlib import Path

from reblogbot.config.atomic_file import write_atomically
from reblogbot.config.saving import locked
from reblogbot.errors import ConfigError, unknown_name_message
from reblogbot.words import Words

MIN_LENGTH = 8
MAX_LENGTH = 1000
MAX_ADMINS = 100
_MAX_FILE = 100_000
_COST, _BLOCKS, _LANES = 2**15, 8, 1
"""32 MB of memory and about a tenth of a second for each try."""
_MAX_MEMORY = 2 * 128 * _COST * _BLOCKS
_MAX_WORK = 4 * _COST * _BLOCKS * _LANES
_NAME = re.compile(r"[\w.@-]{1,50}")
_HASH = re.compile(
    r"scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{8,100}={0,2})\$([A-Za-z0-9+/]{43}=)",
    re.ASCII,
)


def hash_of(password: str) -> str:
    """A hash of a password, with a salt of its own."""
    salt = secrets.token_bytes(16)
    return _written(salt, _key(password, salt, _COST, _BLOCKS, _LANES))


def _written(salt: bytes, key: bytes) -> str:
    return f"scrypt${_COST}${_BLOCKS}${_LANES}${_encoded(salt)}${_encoded(key)}"


def _key(password: str, salt: bytes, cost: int, blocks: int, lanes: int) -> bytes:
    # the keyboards of a phone and of a terminal may compose the same letter differently
    composed = unicodedata.normalize("NFC", password)
    return hashlib.scrypt(
        composed.encode(errors="replace"),
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
    cost, blocks, lanes = int(match[1]), int(match[2]), int(match[3])
    if cost * blocks * lanes > _MAX_WORK:
        return False
    try:
        salt, key = base64.b64decode(match[4]), base64.b64decode(match[5])
        return hmac.compare_digest(_key(password, salt, cost, blocks, lanes), key)
    except ValueError:
        return False


class Passwords:
    """The password file, read again when it has changed; None for a config without one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._stamp = self._current_stamp()
        self._hashes = self._read()
        # an unknown name must take as long as a wrong password; no password has this hash
        self._nobody = _written(secrets.token_bytes(16), secrets.token_bytes(32))

    @property
    def version(self) -> tuple[int, ...]:
        """Another value after each change of the file that was noticed."""
        return self._stamp

    def is_any(self) -> bool:
        """Whether anybody can log in."""
        return bool(self._hashes)

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the admin's password. It takes a tenth of a second, right or wrong."""
        written = self._hashes.get(name)
        return _is_password(password, written or self._nobody) and written is not None

    def new_browser_mark(self, name: str) -> str:
        """A mark for the browser in which this admin has logged in; see `is_known_browser`."""
        nonce = secrets.token_hex(16)
        return f"{nonce}.{self._mac(name, nonce)}"

    def is_known_browser(self, name: str, mark: str) -> bool:
        """Whether the admin has logged in with this browser before, by his present password."""
        nonce, _, mac = mark[:200].partition(".")
        is_right = hmac.compare_digest(
            mac.encode(errors="replace"), self._mac(name, nonce).encode()
        )
        return is_right and name in self._hashes

    def _mac(self, name: str, nonce: str) -> str:
        key = self._hashes.get(name, self._nobody).encode()
        return hmac.new(key, nonce.encode(errors="replace"), hashlib.sha256).hexdigest()

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
            return _hashes_in(_lines(self._path))
        except (OSError, ValueError):
            return {}


def _lines(path: Path) -> list[str]:
    """The lines of a password file. Raises OSError and ValueError."""
    if path.exists() and not path.is_file():
        # a pipe would be waited for
        raise ValueError("it is not a file")
    with path.open(encoding="utf-8") as file:
        return file.read(_MAX_FILE).splitlines()


def _hashes_in(lines: list[str]) -> dict[str, str]:
    """The hashes by name. Lines that are something else are left out."""
    pairs = (line.strip().partition(":") for line in lines)
    hashes = {
        name: written
        for name, _, written in pairs
        if _NAME.fullmatch(name) and _HASH.fullmatch(written)
    }
    return dict(list(hashes.items())[:MAX_ADMINS])


def check_name(name: str) -> None:
    """Raise ConfigError for what cannot be the name of an admin."""
    if not _NAME.fullmatch(name):
        message = Words("the name of an admin has 1 to 50 letters, digits, and . _ - @")
        raise ConfigError("usage", message)


def check_new_password(password: str) -> None:
    """Raise ConfigError for a password that cannot be used."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = Words(
            "a password has {min_length} to {max_length} characters; nothing was changed",
            min_length=MIN_LENGTH,
            max_length=MAX_LENGTH,
        )
        raise ConfigError("password_invalid", message)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in password):
        message = Words("a password has only characters that can be typed; nothing was changed")
        raise ConfigError("password_invalid", message)


def admins_in(path: Path) -> list[str]:
    """The names of the admins in a password file; none if there is no file. Raises ConfigError."""
    try:
        return list(_hashes_in(_lines(path)))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _unusable(path, "read", error) from error


def write_password(path: Path, name: str, password: str) -> None:
    """Set an admin's password in the file, which only its user may read. Raises ConfigError."""
    check_name(name)
    check_new_password(password)
    line = f"{name}:{hash_of(password)}"

    def change(lines: list[str]) -> list[str]:
        places = [number for number, other in enumerate(lines) if _is_of(other, name)]
        if places:
            # the last line of a name is the one that counts
            return [*lines[: places[-1]], line, *lines[places[-1] + 1 :]]
        if len(_hashes_in(lines)) >= MAX_ADMINS:
            message = f"{path}: has {MAX_ADMINS} admins already; remove one with --remove"
            raise ConfigError("password_invalid", message)
        return [*lines, line]

    _rewrite(path, change)


def remove_password(path: Path, name: str) -> None:
    """Remove an admin from the file. Raises ConfigError, also where there is no such admin."""
    check_admin(path, name)
    _rewrite(path, lambda lines: [line for line in lines if not _is_of(line, name)])


def check_admin(path: Path, name: str) -> None:
    """Raise ConfigError where the file has no such admin."""
    admins = admins_in(path)
    if name not in admins:
        raise ConfigError("admin_unknown", unknown_name_message("admin", name, admins))


def _is_of(line: str, name: str) -> bool:
    return line.strip().partition(":")[0] == name


def _rewrite(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    """Replace the lines of the file, so that two commands at once both take effect."""
    try:
        with locked(path.parent):
            lines = change(_lines(path) if path.exists() else [])
            text = "".join(f"{line}\n" for line in lines)
            if len(text) > _MAX_FILE:
                raise ConfigError("password_unwritable", f"{path}: would be too large")
            # its owner stays: the daemon's user must be able to read it
            write_atomically(path, text.encode())
            path.chmod(0o600)
    except (OSError, ValueError) as error:
        raise _unusable(path, "written", error) from error


def _unusable(path: Path, verb: str, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigError("password_unwritable", f"{path}: cannot be {verb}: {reason}")
