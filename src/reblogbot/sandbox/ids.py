"""Ranks, which order everything, and the spellings of ids that different servers show."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

IdStyle = Literal["snowflake", "ulid", "flake", "hex", "uuid"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_COUNTER_BITS = 16


class Ranks:
    """Hands out ever-new ranks: milliseconds since the epoch, then a counter, as in a snowflake."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def new(self, at: datetime) -> int:
        """A rank for something of the instant `at`, above all others of the same millisecond."""
        first = int(at.timestamp() * 1000) << _COUNTER_BITS
        rank = self._last.get(first, first - 1) + 1
        self._last[first] = rank
        return rank

    def taken(self, rank: int) -> None:
        """Never hand out `rank` again."""
        first = rank >> _COUNTER_BITS << _COUNTER_BITS
        self._last[first] = max(rank, self._last.get(first, rank))


def spell(rank: int, style: IdStyle) -> str:
    """The id of `rank` as a server of that style writes it."""
    match style:
        case "snowflake":
            return str(rank)
        case "ulid":
            return _digits((rank >> _COUNTER_BITS << 80) | _salt(rank), _CROCKFORD, 26)
        case "flake":
            return _digits((rank >> _COUNTER_BITS << 64) | _salt(rank) >> 16, _BASE62, 18)
        case "uuid":
            return _uuid(rank)
        case "hex":
            # starts with a letter and is never in the order of time, as on snac
            return "a" + _noise(rank, 20).hex() + "f"


def _uuid(rank: int) -> str:
    """A UUID of version 7 (RFC 9562): the milliseconds, then what keeps the order of ranks."""
    salt = _salt(rank)
    first, second = salt >> 68, salt >> 6 & ((1 << 62) - 1)
    head = rank >> _COUNTER_BITS << 80 | 7 << 76
    return str(UUID(int=head | first << 64 | 2 << 62 | second))


def _salt(rank: int) -> int:
    """80 bits that keep the order of ranks within a millisecond and look random below."""
    noise = int.from_bytes(_noise(rank, 8))
    return (rank & ((1 << _COUNTER_BITS) - 1)) << 64 | noise


def _noise(rank: int, size: int) -> bytes:
    return hashlib.blake2s(str(rank).encode(), digest_size=size).digest()


def _digits(number: int, alphabet: str, width: int) -> str:
    found = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        found = alphabet[digit] + found
    return found.rjust(width, alphabet[0])
