"""Which addresses the public web may be read from, and how an address may be shown."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

# RFC 6052: the well-known prefix by which IPv6-only networks reach the IPv4 internet
_NAT64 = IPv6Network("64:ff9b::/96")
# RFC 4291 §2.4: the only global unicast space that was ever handed out
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """True when `address`, a literal, belongs to the public internet.

    Loopback, private, link-local, carrier-grade NAT, multicast, unspecified, reserved and
    documentation space is not public, nor is an IPv6 address that embeds such an IPv4 one
    (mapped, NAT64, 6to4, Teredo), nor anything that is no address at all.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)


def is_in(address: str, ranges: Iterable[IPv4Network | IPv6Network]) -> bool:
    """True when `address`, a literal, lies in one of `ranges`; an IPv4-mapped one as IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in each for each in ranges)


def is_address(host: str) -> bool:
    """True when `host` is an address itself, so that no name server is asked for it."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_local_host(header: str, names: Iterable[str] = ()) -> bool:
    """True when a Host header names this machine: by an address, as localhost, or by `names`.

    A page elsewhere can give its own name the address of this machine (DNS rebinding), and is
    then taken by a browser for the same site; an address has no name to be given to.
    """
    host, _, port = header.lower().rpartition(":")
    if not host or not port.isdigit():
        host = header.lower()
    bare = host.strip("[]")
    return bare == "localhost" or bare in names or is_address(bare)


def shown(url: str) -> str:
    """`url` as it may stand in a message or a log: on one line, no credentials, no query."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(no URL)"
    text = f"{parts.scheme}://{place}{parts.path}{'?…' if parts.query else ''}"
    return "".join(char if char.isprintable() else "�" for char in text)[:200]


def _is_public_v4(address: IPv4Address) -> bool:
    # is_global alone lets multicast pass, and on older Pythons parts of the reserved space
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_private
    )


def _is_public_v6(address: IPv6Address) -> bool:
    if address.ipv4_mapped is not None:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    embedded = [address.sixtofour] if address.sixtofour else list(address.teredo or ())
    return (
        address in _GLOBAL_UNICAST
        and all(_is_public_v4(each) for each in embedded)
        # Teredo's own prefix counts as private on some Python versions: judged by what it embeds
        and (bool(embedded) or address.is_global)
    )
