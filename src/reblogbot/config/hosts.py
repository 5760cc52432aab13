"""The hosts that the config names, as `host:port`; only these may be in private networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from reblogbot.config.settings import AccountSettings, Config, SourceSettings

_PRIVATE_SUFFIXES = (".home.arpa", ".internal", ".lan", ".local")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def hosts_of(source: SourceSettings, accounts: Mapping[str, AccountSettings]) -> frozenset[str]:
    """The `host:port`, in lower case, of each address that the config names for `source`.

    These are its url and fallbacks, the url or server of an actor, and the server of the account
    that it reads through.
    """
    return frozenset(host_port(url) for url in _addresses(source, accounts))


def hosts_in(config: Config) -> frozenset[str]:
    """The `host:port` of each address that the config names for any source or account."""
    hosts = {host_port(account.server) for account in config.accounts.values()}
    for source in config.sources.values():
        hosts |= hosts_of(source, config.accounts)
    return frozenset(hosts)


def host_port(url: str) -> str:
    """The URL's `host:port` in lower case; an IPv6 address is in brackets."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_private(url: str) -> bool:
    """Whether the host is of this machine or of a private network, by its address or name."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return is_loopback(url) or "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def is_loopback(url: str) -> bool:
    """Whether the host is this machine, by its address or name."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _addresses(source: SourceSettings, accounts: Mapping[str, AccountSettings]) -> Iterator[str]:
    yield from (url for url in (source.url, *source.fallbacks) if url)
    options = source.options
    if url := getattr(options, "url", ""):
        yield url
    if acct := getattr(options, "acct", ""):
        host = acct.rpartition("@")[2]
        yield from (f"https://{host}", f"http://{host}")
    if account := accounts.get(source.via):
        yield account.server
