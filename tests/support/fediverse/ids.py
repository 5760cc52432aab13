"""The spellings of ids that different servers use."""

from __future__ import annotations

import hashlib
from typing import Literal
from uuid import UUID

IdStyle = Literal["snowflake", "ulid", "flake", "hex", "uuid"]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_COUNTER_BITS = 16


def spell(rank: int, style: IdStyle) -> str:
    """The id of `rank` in the style of a server."""
    match style:
        case "snowflake":
            return str(rank)
        case "ulid":
            return _digits((rank >> _COUNTER_BITS << 80) | _low_bits(rank), _CROCKFORD, 26)
        case "flake":
            return _digits((rank >> _COUNTER_BITS << 64) | _low_bits(rank) >> 16, _BASE62, 18)
        case "uuid":
            return _uuid(rank)
        case "hex":
            # starts with a letter and is never in the order of time, as on snac
            return "a" + _hash(rank, 20).hex() + "f"


def _uuid(rank: int) -> str:
    """A UUID of version 7 (RFC 9562): the milliseconds, then bits that keep the order of ranks."""
    low = _low_bits(rank)
    first, second = low >> 68, low >> 6 & ((1 << 62) - 1)
    head = rank >> _COUNTER_BITS << 80 | 7 << 76
    return str(UUID(int=head | first << 64 | 2 << 62 | second))


def _low_bits(rank: int) -> int:
    """80 bits that keep the order of ranks within a millisecond and look random below."""
    noise = int.from_bytes(_hash(rank, 8))
    return (rank & ((1 << _COUNTER_BITS) - 1)) << 64 | noise


def _hash(rank: int, size: int) -> bytes:
    return hashlib.blake2s(str(rank).encode(), digest_size=size).digest()


def _digits(number: int, alphabet: str, width: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        text = alphabet[digit] + text
    return text.rjust(width, alphabet[0])
