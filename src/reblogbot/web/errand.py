"""One fetch on its way through redirects: what it may say where, and where it may go."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDict
from yarl import URL

from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.web.addresses import shown

_MOST_REDIRECTS = 10


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an answer sends the fetch, and whether for good."""

    target: URL
    is_permanent: bool


@dataclass(slots=True)
class Errand:
    """One fetch on its way: where it stands, what it may say there, how much time is left.

    `start` is the source's own URL, `own` the headers the admin wrote for it; `seconds` is for
    all of it and `left` what remains; `hops` are the places seen, `url` is the present one.
    """

    start: URL
    agent: str
    accept: str
    own: Mapping[str, str]
    validators: Validators
    proxy: str
    seconds: float
    left: float = field(init=False)
    hops: list[URL] = field(default_factory=list)
    url: URL = field(init=False)
    is_permanent: bool = True

    def __post_init__(self) -> None:
        self.url = self.start.with_user(None).with_fragment(None)
        self.hops.append(self.url)
        self.left = self.seconds

    @property
    def where(self) -> str:
        """The present place as it may stand in a message."""
        return shown(self.url.human_repr())

    @property
    def is_conditional(self) -> bool:
        """True when the server was given the choice to answer 304."""
        return bool(self.validators.etag or self.validators.last_modified)

    @property
    def has_moved(self) -> bool:
        """True when the answer may be asked for here from now on.

        Not when that gave up TLS, nor when credentials for the old place would go to the new.
        """
        is_foreign = self.url.origin() != self.start.origin()
        return (
            self.is_permanent
            and self.url != self.hops[0]
            and (self.start.scheme, self.url.scheme) != ("https", "http")
            and self.start.user is None
            and not (self.own and is_foreign)
        )

    def headers(self) -> CIMultiDict[str]:
        """What is sent to the present hop; the admin's own words go to the first origin only."""
        sent = CIMultiDict({"User-Agent": self.agent, "Accept": self.accept})
        sent["Accept-Encoding"] = "gzip, deflate"
        if self.validators.etag:
            sent["If-None-Match"] = self.validators.etag
        if self.validators.last_modified:
            sent["If-Modified-Since"] = self.validators.last_modified
        if self.url.origin() == self.start.origin():
            if self.start.user is not None:
                pair = f"{self.start.user}:{self.start.password or ''}".encode()
                sent["Authorization"] = f"Basic {b64encode(pair).decode()}"
            sent.update(self.own)
        return sent

    def redirected(self, location: str, *, is_permanent: bool) -> Redirect:
        """The redirect to `location`. Raises SourceError when it may not be followed."""
        try:
            target = self.url.join(URL(location))
            target = target.with_user(None).with_fragment(None)
        except ValueError:
            raise self._refused("redirects to what is no URL") from None
        if target.scheme not in ("http", "https") or not target.host:
            raise self._refused(f"redirects to a {target.scheme or 'nameless'}: address")
        if target in self.hops:
            raise self._refused("redirects in a circle")
        if len(self.hops) > _MOST_REDIRECTS:
            raise self._refused(f"redirects more than {_MOST_REDIRECTS} times")
        return Redirect(target, is_permanent)

    def go_on(self, redirect: Redirect) -> None:
        """Follows it."""
        self.is_permanent = self.is_permanent and redirect.is_permanent
        self.url = redirect.target
        self.hops.append(self.url)

    def _refused(self, what: str) -> SourceError:
        message = f"{self.where}: {what}; look at it in a browser and correct the url"
        return SourceError("redirect_refused", message, outcome="refused")


def parsed_url(url: str) -> URL:
    """`url` taken apart. Raises SourceError when it is no http or https URL."""
    try:
        parsed = URL(url.strip())
        if parsed.scheme in ("http", "https") and parsed.host:
            return parsed
    except ValueError:
        pass
    raise SourceError("url_invalid", "not an http or https URL; correct the source's url")
