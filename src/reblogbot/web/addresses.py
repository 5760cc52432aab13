"""Which addresses belong to the public internet, and URLs without secrets for messages."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

# RFC 6052: the well-known prefix through which IPv6-only networks reach the IPv4 internet
_NAT64 = IPv6Network("64:ff9b::/96")
# RFC 4291 §2.4: the only global unicast space that has ever been assigned
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """True when the literal `address` belongs to the public internet.

    Not public are loopback, private, link-local, carrier-grade NAT, multicast, unspecified,
    reserved and documentation addresses, IPv6 addresses that embed such an IPv4 address (mapped,
    NAT64, 6to4, Teredo), and what is not an address.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _is_public_v4(parsed) if isinstance(parsed, IPv4Address) else _is_public_v6(parsed)


def is_in(address: str, ranges: Iterable[IPv4Network | IPv6Network]) -> bool:
    """True when the literal `address` is in one of `ranges`. IPv4-mapped ones count as IPv4."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in ranges)


def is_address(host: str) -> bool:
    """True when `host` is a literal address, which needs no name resolution."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_local_host(header: str, names: Iterable[str] = ()) -> bool:
    """True when a Host header is an address, localhost, or one of `names`.

    This defends against DNS rebinding: a foreign page whose name resolves to this machine's
    address sends its own name as the Host header.
    """
    host, _, port = header.lower().rpartition(":")
    if not host or not port.isdigit():
        host = header.lower()
    host = host.strip("[]")
    return host == "localhost" or host in names or is_address(host)


def redacted_url(url: str) -> str:
    """The URL for messages and logs: one line, without credentials and query."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(no URL)"
    text = f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"
    return "".join(char if char.isprintable() else "�" for char in text)[:200]


def _is_public_v4(address: IPv4Address) -> bool:
    # is_global is also true for multicast, and on older Pythons for parts of the reserved space
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
        and all(map(_is_public_v4, embedded))
        # some Pythons call Teredo's prefix private, so only the embedded addresses count
        and (bool(embedded) or address.is_global)
    )
