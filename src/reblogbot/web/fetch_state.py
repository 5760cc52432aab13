"""The state of one fetch across its redirects: the current URL, and what may be sent to it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from aiohttp import CookieJar
from multidict import CIMultiDict
from yarl import URL

from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

MAX_REDIRECTS = 10
MAX_COOKIE_HEADER = 8000
"""Characters of cookies sent to one origin; servers refuse longer headers."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to follow; `is_permanent` for 301 and 308."""

    target: URL
    is_permanent: bool


@dataclass(slots=True)
class FetchState:
    """One fetch: its current `url`, the seconds `left`, and what may be sent to each origin.

    `start` is the requested URL. `own_headers` are the admin's headers, for its origin only.
    `validators` are sent to `validators_origin` only, whose answer they came from.
    `exception` is the `host:port` of `allow_private` that this fetch may use, or "".
    """

    start: URL
    agent: str
    accept: str
    own_headers: Mapping[str, str]
    validators: Validators
    validators_origin: URL
    proxy: str
    exception: str
    seconds: float
    left: float = field(init=False)
    url: URL = field(init=False)
    is_permanent: bool = True
    _cookies: dict[URL, CookieJar] = field(default_factory=dict)
    _visited: list[tuple[URL, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = self.start.with_user(None).with_fragment(None)
        self.left = self.seconds
        self._visited.append((self.url, ""))

    @property
    def where(self) -> str:
        """The current URL, for messages."""
        return redacted_url(self.url.human_repr())

    @property
    def is_conditional(self) -> bool:
        """True when validators are sent to the current URL, so that it may answer 304."""
        has_validators = bool(self.validators.etag or self.validators.last_modified)
        return has_validators and self.url.origin() == self.validators_origin

    @property
    def may_be_private(self) -> bool:
        """True when the exception of this fetch names the current URL."""
        return bool(self.exception) and self.exception in host_ports(self.url)

    @property
    def has_moved(self) -> bool:
        """True when the source may be polled at the current URL from now on.

        Not when that would give up TLS, or send the old URL's credentials to another origin.
        """
        first, _ = self._visited[0]
        is_foreign = self.url.origin() != self.start.origin()
        return (
            self.is_permanent
            and self.url != first
            and (self.start.scheme, self.url.scheme) != ("https", "http")
            and self.start.user is None
            and not (self.own_headers and is_foreign)
        )

    def headers(self) -> CIMultiDict[str]:
        """The headers for the current URL."""
        sent = CIMultiDict({"User-Agent": self.agent, "Accept": self.accept})
        sent["Accept-Encoding"] = "gzip, deflate"
        if self.is_conditional and self.validators.etag:
            sent["If-None-Match"] = self.validators.etag
        if self.is_conditional and self.validators.last_modified:
            sent["If-Modified-Since"] = self.validators.last_modified
        if self.url.origin() == self.start.origin():
            if self.start.user is not None:
                pair = f"{self.start.user}:{self.start.password or ''}".encode()
                sent["Authorization"] = f"Basic {b64encode(pair).decode()}"
            sent.update(self.own_headers)
        if cookies := self._cookie_header(self.url):
            own = sent.get("Cookie", "")
            sent["Cookie"] = f"{own}; {cookies}" if own else cookies
        return sent

    def keep_cookies(self, cookies: SimpleCookie) -> None:
        """Keep the cookies of the current URL, for its origin and for this fetch only."""
        if cookies:
            # `unsafe` allows cookies of hosts that are addresses; each origin has a jar of its own
            jar = self._cookies.setdefault(self.url.origin(), CookieJar(unsafe=True))
            jar.update_cookies(cookies, self.url)

    def redirect_to(self, location: str, *, is_permanent: bool) -> Redirect:
        """The redirect to `location`. Raises SourceError when it may not be followed."""
        try:
            target = self.url.join(URL(location))
            target = target.with_user(None).with_fragment(None)
        except ValueError:
            raise self._refused(Words("redirects to something that is not a URL")) from None
        if target.scheme not in ("http", "https") or not target.host:
            raise self._refused(
                Words("redirects to a {scheme}: address", scheme=target.scheme or "nameless")
            )
        # the same address with other cookies is another request
        if (target, self._cookie_header(target)) in self._visited:
            raise self._refused(Words("redirects in a circle"))
        if len(self._visited) > MAX_REDIRECTS:
            raise self._refused(Words("redirects more than {count} times", count=MAX_REDIRECTS))
        return Redirect(target, is_permanent)

    def follow(self, redirect: Redirect) -> None:
        """Make the redirect's target the current URL."""
        self.is_permanent = self.is_permanent and redirect.is_permanent
        self.url = redirect.target
        self._visited.append((self.url, self._cookie_header(self.url)))

    def _cookie_header(self, url: URL) -> str:
        jar = self._cookies.get(url.origin())
        if jar is None:
            return ""
        morsels = jar.filter_cookies(url).values()
        header = "; ".join(f"{morsel.key}={morsel.coded_value}" for morsel in morsels)
        return header if header.isascii() and len(header) <= MAX_COOKIE_HEADER else ""

    def _refused(self, reason: Words) -> SourceError:
        message = Words(
            "{where}: {reason}; look at it in a browser and correct the url",
            where=self.where,
            reason=reason,
        )
        return SourceError("redirect_refused", message, outcome="refused")


def parsed_url(url: str) -> URL:
    """The parsed URL. Raises SourceError when it is not an http or https URL."""
    try:
        parsed = URL(url.strip())
        if parsed.scheme in ("http", "https") and parsed.host:
            return parsed
    except ValueError:
        pass
    raise SourceError("url_invalid", Words("not an http or https URL; correct the source's url"))


def host_ports(url: URL) -> set[str]:
    """The spellings of the URL's `host:port`: with and without brackets for an IPv6 address."""
    return {f"{host}:{url.port}" for host in (url.host, url.host_subcomponent)}
