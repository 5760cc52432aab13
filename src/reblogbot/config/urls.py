"""Types of addresses in a config: servers, sources, proxies, the store; and request headers.

Every reader raises ValueError with a message for the admin. It never repeats the address, which
may hold a secret.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, PlainValidator

_THIS_MACHINE = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$")
# a host has at most 253 characters
_MAX_SERVER = 300
_LOOPBACK_HOST = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_USER = re.compile(r"""(?<=://)[^/\s"'@]+(?=@)""")
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f\s]")


def _split(url: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """The parts of a URL with one of these schemes, a host, and a valid port or none."""
    message = f"is not a URL; write it as in {example}"
    if _UNPRINTABLE.search(url):
        raise ValueError("a URL must not hold spaces or control characters; encode them, as in %20")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(message) from None
    if parts.scheme not in schemes or not url[len(parts.scheme) :].startswith("://"):
        raise ValueError(f"a URL must begin with {' or '.join(f'{s}://' for s in schemes)}")
    if not parts.hostname or port == 0:
        raise ValueError(message)
    return parts


def read_http_url(url: str) -> str:
    """A URL with http or https, and without user and password."""
    parts = _split(url, ("https", "http"), "https://example.org/feed.xml")
    if parts.username is not None:
        raise ValueError(
            "user and password do not belong in a URL; send an Authorization header instead"
        )
    return url


def read_page_url(url: str) -> str:
    """The address of the admin's page, which ends with a slash."""
    parts = urlsplit(read_http_url(url))
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ValueError("write only the address of the page, without ? and #")
    # anything else would have to be encoded in links, cookies and headers
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", parts.path) or re.search(
        r"/\.{1,2}(/|$)", parts.path
    ):
        raise ValueError('the path consists of plain names: write "https://example.org/bots/"')
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}/"


def without_user(text: str) -> str:
    """The text without the user and password of any URL in it, which may be a secret."""
    return _USER.sub("…", text)


def read_server_url(url: str) -> str:
    """The origin of an account's server, without a slash at its end."""
    parts = urlsplit(read_http_url(url))
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(
            'write only the server\'s address, without a path: "https://social.example"'
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def read_place_url(url: str) -> str:
    """The address of a server or of a blog, which may have a path, without a slash at its end."""
    parts = urlsplit(read_http_url(url))
    if parts.query or parts.fragment:
        raise ValueError("write only the address, without ? and #")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def read_named_server(written: str) -> str:
    """The origin of a server as a person names it: a URL or a bare host, `mastodon.social`.

    Plain http is for servers on this machine, where no one else sees the token.
    """
    name = written.strip().rstrip("/")
    if len(name) > _MAX_SERVER:
        raise ValueError("is too long for the name of a server; write it as in mastodon.social")
    if "://" not in name:
        name = f"http://{name}" if is_local(f"http://{name}") else f"https://{name}"
    url = read_server_url(name)
    if url.startswith("http://") and not is_local(url):
        raise ValueError("http:// would send the token unencrypted; write https://")
    return url


def is_local(server: str) -> bool:
    """Whether a server is on this machine and used without TLS."""
    return _THIS_MACHINE.match(server) is not None


def is_loopback_url(url: str) -> bool:
    """Whether a URL names this machine, whatever its path."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return _LOOPBACK_HOST.fullmatch(host) is not None


def read_proxy_url(url: str) -> str:
    """The URL of a proxy with http, https or socks5; it may hold user and password."""
    _split(url, ("http", "https", "socks5"), "socks5://127.0.0.1:1080")
    return url


def read_store_url(url: str) -> str:
    """The URL of a SQLite file or a PostgreSQL database."""
    if url.startswith("sqlite:///"):
        file = url.removeprefix("sqlite:///").partition("?")[0]
        if not file.strip("/") or file.startswith(":memory:"):
            raise ValueError(
                "the store must be a file, because it remembers what was posted;"
                ' write "sqlite:///reblogbot.sqlite3"'
            )
        return url
    if url.startswith("postgresql://"):
        return url
    raise ValueError(
        'the store is "sqlite:///FILE", relative to the folder of this file, or '
        '"postgresql://USER@HOST/NAME"'
    )


def read_host_port(written: str) -> str:
    """`host:port` in lower case; an IPv6 address is in brackets and in its shortest form."""
    host, _, port = written.strip().lower().rpartition(":")
    if not re.fullmatch(r"\d{1,5}", port, re.ASCII) or not 0 < int(port) < 65536:
        raise ValueError('write a host and a port: "127.0.0.1:8080" or "[::1]:8080"')
    if host.startswith("[") and host.endswith("]"):
        try:
            return f"[{IPv6Address(host[1:-1])}]:{int(port)}"
        except ValueError:
            raise ValueError("not an IPv6 address between the brackets") from None
    if not host or re.search(r"[\s/@:\[\]?#*]", host):
        raise ValueError('write one exact "host:port"; IPv6 is written "[::1]:8080"')
    return f"{host}:{int(port)}"


# ranges must not open these: this machine by another name, cloud metadata, groups
_NEVER_ALLOWED: tuple[tuple[IPv4Network | IPv6Network, str], ...] = tuple(
    (ip_network(network), description)
    for network, description in {
        "0.0.0.0/8": "this machine (0.0.0.0/8)",
        "169.254.0.0/16": "link-local addresses (169.254.0.0/16), where clouds keep credentials",
        "224.0.0.0/4": "multicast (224.0.0.0/4)",
        "::/128": "this machine (::)",
        "::ffff:0:0/96": "IPv4 addresses; write those as an IPv4 range",
        "fe80::/10": "link-local addresses (fe80::/10)",
        "ff00::/8": "multicast (ff00::/8)",
    }.items()
)


def read_private_exception(written: object) -> str | IPv4Network | IPv6Network:
    """A value of `allow_private`: a `host:port`, or a range of addresses."""
    if isinstance(written, IPv4Network | IPv6Network):
        return written
    if not isinstance(written, str):
        raise ValueError('write "host:port", or a range of addresses such as "198.18.0.0/15"')  # noqa: TRY004  pydantic wants ValueError
    return read_range(written) if "/" in written else read_host_port(written)


def read_range(written: str) -> IPv4Network | IPv6Network:
    """A range in CIDR notation, without addresses that are never allowed."""
    try:
        addresses = ip_network(written.strip(), strict=False)
    except ValueError:
        raise ValueError('write a range as in "198.18.0.0/15" or "fc00::/18"') from None
    if addresses.network_address != ip_address(written.strip().partition("/")[0]):
        raise ValueError(f'a range begins with its first address; write "{addresses}"')
    for network, description in _NEVER_ALLOWED:
        if network.version == addresses.version and addresses.overlaps(network):
            raise ValueError(f"covers {description}; name a smaller range, or one host:port")
    return addresses


def read_domain(written: str) -> str:
    """The host of a link in lower case, such as `example.org`."""
    domain = written.strip().lower().removeprefix("*.").strip(".")
    if not domain or re.search(r"[\s/@:*?#]", domain):
        raise ValueError('a domain is only a host name: write "example.org", not a URL')
    return domain


def read_header_name(name: str) -> str:
    """The name of a header (RFC 9110, token)."""
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name, re.ASCII):
        raise ValueError("the name of a header consists of letters, digits and dashes")
    return name


def read_header(value: str) -> str:
    """The value of a header, which must not add a line to the request."""
    if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
        raise ValueError("a header must not hold line breaks or other control characters")
    return value


HostPort = Annotated[str, AfterValidator(read_host_port)]  # "host:port"
PrivateException = Annotated[
    str | IPv4Network | IPv6Network, PlainValidator(read_private_exception)
]
HttpUrl = Annotated[str, AfterValidator(read_http_url)]
PageUrl = Annotated[str, AfterValidator(read_page_url)]
PlaceUrl = Annotated[str, AfterValidator(read_place_url)]
ProxyUrl = Annotated[str, AfterValidator(read_proxy_url)]
StoreUrl = Annotated[str, AfterValidator(read_store_url)]
Domain = Annotated[str, AfterValidator(read_domain)]
Headers = dict[
    Annotated[str, AfterValidator(read_header_name)], Annotated[str, AfterValidator(read_header)]
]
