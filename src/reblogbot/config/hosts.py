"""The hosts that the config names for a source, as `host:port`: the ones that may be private."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from reblogbot.config.settings import AccountSettings, Config, SourceSettings

_PORTS = {"http": 80, "https": 443}


def hosts_of(source: SourceSettings, accounts: Mapping[str, AccountSettings]) -> frozenset[str]:
    """The `host:port` of each address the config names for `source`, in lower case.

    Those are its url and fallbacks, an actor's url or server, and the server it reads through.
    """
    return frozenset(host_port(url) for url in _addresses(source, accounts))


def hosts_in(config: Config) -> frozenset[str]:
    """The `host:port` of each address that any source or account of the config names."""
    servers = (host_port(account.server) for account in config.accounts.values())
    sources = (hosts_of(source, config.accounts) for source in config.sources.values())
    return frozenset().union(servers, *sources)


def host_port(url: str) -> str:
    """The URL's `host:port` in lower case; an IPv6 address stands in brackets."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def _addresses(source: SourceSettings, accounts: Mapping[str, AccountSettings]) -> Iterator[str]:
    yield from (url for url in (source.url, *source.fallbacks) if url)
    options = source.options
    if url := getattr(options, "url", ""):
        yield url
    if acct := getattr(options, "acct", ""):
        host = acct.rpartition("@")[2]
        yield from (f"https://{host}", f"http://{host}")
    if via := accounts.get(getattr(options, "via", "")):
        yield via.server
