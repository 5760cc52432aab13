"""Publishes for one account of a server that speaks the Mastodon API."""

from __future__ import annotations

import hashlib
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reblogbot.clock import uptime
from reblogbot.core.consent import address
from reblogbot.errors import Doubtful, ReblogbotError, Rejected, TargetError, Unauthorised
from reblogbot.model import Image, Limits, Post, Receipt, Standing
from reblogbot.ports import Clock, FoundStatus, Identity
from reblogbot.targets import lookup
from reblogbot.targets import standing as standings
from reblogbot.targets.classify import Answer, Purpose, good, host, remote_id
from reblogbot.targets.limits import is_mastodon, limits
from reblogbot.targets.media import uploaded

if TYPE_CHECKING:
    from mastodon import Mastodon

    from reblogbot.config.settings import AccountSettings

log = logging.getLogger(__name__)

PAGE = 40
PAGES = 2
LIMITS_LAST = timedelta(hours=1)
# where servers tell what a token may do: the token itself (Doorkeeper), or the app it came by
_SCOPES = (("/oauth/token/info", "scope"), ("/api/v1/apps/verify_credentials", "scopes"))


class MastodonTarget:
    """The Target and Reader of one account, over Mastodon.py.

    The library shapes the requests; what an answer means is decided from the answer itself
    (`classify`), because the library tells a refused connection from a dropped one, or a
    redirected POST from an accepted one, no better than by its exception's text.
    `token` is asked before every call, so a replaced token file is seen at once.
    """

    def __init__(
        self,
        account: AccountSettings,
        token: Callable[[], str],
        *,
        clock: Clock,
        timeout: timedelta,
        user_agent: str,
    ) -> None:
        # Mastodon.py and requests are heavy: only a process that talks to an account pays
        from mastodon import Mastodon  # noqa: PLC0415
        from mastodon.errors import MastodonDeprecationWarning  # noqa: PLC0415

        from reblogbot.targets import wire  # noqa: PLC0415

        # the library's own affair: nothing an admin could act on
        warnings.filterwarnings("ignore", category=MastodonDeprecationWarning)
        self._token = token
        self._clock = clock
        self._seconds = timeout.total_seconds()
        self._server = account.server.rstrip("/")
        self._exchange, self._lapsing = wire.exchange, wire.lapsing
        self._session = wire.OneOrigin(self._server)
        self._session.headers["User-Agent"] = user_agent
        self._client: Mastodon = Mastodon(
            api_base_url=self._server,
            ratelimit_method="throw",
            request_timeout=self._seconds,
            session=self._session,
            user_agent=user_agent,
            # without these every call asks for the version, and recurses when it cannot be read
            mastodon_version="4.2.0",
            version_check_mode="created",
        )
        # the token and the id of the account it speaks for: another token, another account
        self._mine = "", ""
        self._limits: tuple[datetime, Limits] | None = None
        self._is_mastodon = False
        self._has_relationships = True
        self._remaining: int | None = None

    @property
    def rate_remaining(self) -> int | None:
        return self._remaining

    def verify(self) -> Identity:
        """Whom the token speaks for; any 4xx here means the token (snac answers 422)."""
        me = self._json(lambda c: c.account_verify_credentials(), "verify", "checking the token")
        self._mine = str(self._client.access_token), remote_id(me)
        name, page = standings.text(me, "username"), standings.text(me, "url")
        return Identity(
            acct=standings.text(me, "acct") or name,
            url=page,
            address=address(name, page or standings.text(me, "uri")),
            is_bot=me.get("bot") is True,
            extra=me,
        )

    def limits(self) -> Limits:
        """What the server takes, asked at most once an hour."""
        now = self._clock.now()
        if self._limits is None or not timedelta(0) <= now - self._limits[0] < LIMITS_LAST:
            instance = self._instance()
            self._limits, self._is_mastodon = (now, limits(instance)), is_mastodon(instance)
        return self._limits[1]

    def scopes(self) -> tuple[str, ...]:
        for path, name in _SCOPES:
            try:
                told = self.get(path)
            except TargetError:
                continue
            granted = told.get(name) if isinstance(told, Mapping) else None
            found = granted.split() if isinstance(granted, str) else granted
            if isinstance(found, list) and found:
                return tuple(str(scope) for scope in found)
        return ()

    def publish(
        self,
        post: Post,
        key: str,
        *,
        reply_to: str = "",
        images: Sequence[Image] = (),
        lapses: float = inf,
    ) -> Receipt:
        with self._lapsing(lapses):
            if post.action == "boost":
                return self._boost(post)
            if post.action == "edit":
                return self._edit(post)
            # the post itself needs its time as well
            spare = lapses - uptime() - self._seconds
            return self._new(post, key, reply_to, images, min(spare, self._seconds))

    def _new(
        self, post: Post, key: str, reply_to: str, images: Sequence[Image], seconds: float
    ) -> Receipt:
        """The receipt of a new status, with those images that are uploaded within `seconds`."""
        quoted = _at_home(post) if post.action == "quote" else None
        longest_alt = (self._limits[1] if self._limits else Limits()).alt
        attached = uploaded(self._ask, images, longest_alt, seconds)
        fields = self._fresh(post, reply_to, quoted)
        try:
            return self._post([*fields, *_attaching(attached)], key)
        except Rejected as error:
            if not attached or error.slug != "rejected":
                raise
            log.warning("posted without images", extra={"slug": error.slug, "error": error.message})
        # some servers burn a key before they look at what comes with it
        return self._post(fields, hashlib.sha256(f"{key} text".encode()).hexdigest())

    def recent(self) -> Sequence[Standing]:
        if self._mine[0] != self._fresh_token():
            self.verify()
        found: list[Standing] = []
        for page in self._pages():
            read = list(filter(None, map(standings.standing, page)))
            if page and not read:
                raise Doubtful("unreadable_answer", f"{self._name}: a list, but of no statuses.")
            found += read
        return found

    def standing(self, post: Post) -> Receipt | None:
        """The receipt of a boost that stands; its id is the boosted status's, where it is home."""
        status = self.status(post) if post.action == "boost" else None
        return status.boosted if status else None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._read(path, params).json()

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str]:
        answer = self._read(path, params)
        return answer.json(), answer.next_max_id

    def _read(self, path: str, params: Mapping[str, Any] | None) -> Answer:
        def ask(client: Mastodon) -> None:
            self._send(client, "GET", path, params=params)

        return self._ask(ask, "read", f"reading {path}")

    def _send(
        self,
        client: Mastodon,
        method: str,
        path: str,
        *,
        key: str = "",
        **sent: Any,
    ) -> None:
        """A request that the library has no call for, or none that can say all of it."""
        headers = {"Authorization": f"Bearer {client.access_token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        self._session.request(
            method, self._server + path, headers=headers, timeout=client.request_timeout, **sent
        )

    def _fresh(self, post: Post, reply_to: str, quoted: str | None) -> list[tuple[str, str]]:
        """The fields of a new status."""
        fields = [*_words(post), ("visibility", post.visibility)]
        fields += [("in_reply_to_id", reply_to)] if reply_to else []
        fields += [("quoted_status_id", quoted)] if quoted else []
        if self._is_mastodon and not post.may_mention and post.visibility != "direct":
            # nobody: a text that would notify people all the same is refused (PostStatusService)
            fields.append(("allowed_mentions[]", ""))
        return fields

    def _post(self, fields: Sequence[tuple[str, str]], key: str) -> Receipt:
        return self._create(
            lambda client: self._send(client, "POST", "/api/v1/statuses", data=fields, key=key)
        )

    def _boost(self, post: Post) -> Receipt:
        at_home = quote(_at_home(post), safe="")
        return self._create(lambda c: c.status_reblog(at_home, visibility=post.visibility))

    def status(self, post: Post) -> FoundStatus | None:
        return lookup.status(self.get, post, self._name)

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        if not self._has_relationships:
            return {}
        found = lookup.relationship(self.get, account_id)
        self._has_relationships = found is not None
        return found or {}

    def _edit(self, post: Post) -> Receipt:
        """Our status with another text; its images stay, and its language is sent again.

        An edit may be repeated at will. A status that is gone is not made anew: Rejected.
        """
        at_home = quote(post.uri, safe="")
        try:
            standing = self._json(lambda c: c.status(at_home), "read", "reading what is edited")
            attached = standing.get("media_attachments")
            images = map(remote_id, attached) if isinstance(attached, list) else ()
            return standings.receipt(self._put(at_home, post, list(filter(None, images))))
        except Doubtful as error:
            if error.slug in lookup.GONE:
                gone = f"{self._name}: what was to be edited is there no more; nothing is posted."
                raise Rejected("edited_is_gone", gone) from error
            raise

    def _put(self, at_home: str, post: Post, images: Sequence[str]) -> Mapping[str, Any]:
        """The answer to an edit; the library's own call cannot send a language."""
        fields = [*_words(post), *_attaching(images)]

        def ask(client: Mastodon) -> None:
            self._send(client, "PUT", f"/api/v1/statuses/{at_home}", data=fields)

        answer: Mapping[str, Any] = self._ask(ask, "create", "editing").json()
        return answer

    def _instance(self) -> Mapping[str, Any]:
        """What the server tells of itself, on the newest page it has."""
        asks: list[Callable[[Mastodon], object]] = [
            lambda c: c.instance_v2(),
            lambda c: c.instance_v1(),
            # the library puts a slash behind these, which is another page to some servers
            lambda c: self._send(c, "GET", "/api/v2/instance"),
        ]
        while True:
            try:
                return self._json(asks.pop(0), "read", "asking for its limits")
            except Doubtful as error:
                if error.slug == "no_answer" or not asks:
                    raise

    def _pages(self) -> Sequence[Sequence[object]]:
        """Our latest statuses, a second page where the server links to one."""
        pages, older = [], ""
        for _ in range(PAGES):
            answer = self._ask(self._timeline(older), "read", "reading our statuses")
            page = answer.json()
            if not isinstance(page, list):
                raise Doubtful("unreadable_answer", f"{self._name}: our statuses are no list.")
            pages.append(page)
            older = answer.next_max_id
            if not older:
                break
        return pages

    def _timeline(self, older: str) -> Callable[[Mastodon], object]:
        mine = quote(self._mine[1], safe="")
        return lambda client: client.account_statuses(mine, limit=PAGE, max_id=older or None)

    def _create(self, call: Callable[[Mastodon], object]) -> Receipt:
        return standings.receipt(self._ask(call, "create", "publishing").json())

    def _json(
        self, call: Callable[[Mastodon], object], purpose: Purpose, doing: str
    ) -> Mapping[str, Any]:
        """The JSON object answered. Raises TargetError for anything else."""
        found = self._ask(call, purpose, doing).json()
        if not isinstance(found, Mapping):
            raise Doubtful("unreadable_answer", f"{self._name}, {doing}: not a JSON object.")
        return found

    def _ask(
        self,
        call: Callable[[Mastodon], object],
        purpose: Purpose,
        doing: str,
        seconds: float | None = None,
    ) -> Answer:
        """The answer to one call, good for its purpose. Raises TargetError."""
        secret = self._client.access_token = self._fresh_token()
        failed: Exception | None = None
        with self._exchange(self._seconds if seconds is None else seconds) as current:
            try:
                call(self._client)
            # whatever the library makes of an answer, or of none: the exchange itself tells
            except Exception as error:  # noqa: BLE001
                failed = error
        outcome = current.outcome(failed)
        if isinstance(outcome, Answer):
            self._note_rate(outcome)
        where = f"{self._name}, {doing}"
        return good(outcome, purpose, where=where, now=self._clock.now(), secret=secret)

    def _fresh_token(self) -> str:
        try:
            token = self._token().strip()
        except TargetError:
            raise
        except (ReblogbotError, OSError, ValueError) as error:
            raise Unauthorised("token_missing", f"{self._name}: no token: {error}") from error
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise Unauthorised(
                "token_missing",
                f"{self._name}: the token is empty or garbled; put one into the account's"
                " token_file or token_env.",
            )
        return token

    def _note_rate(self, answer: Answer) -> None:
        left = answer.headers.get("x-ratelimit-remaining", "")
        if left.isdecimal():
            self._remaining = int(left)

    @property
    def _name(self) -> str:
        return host(self._server)


def _words(post: Post) -> list[tuple[str, str]]:
    """What a status says, as a new one and as an edited one."""
    fields = [("status", post.text)]
    fields += [("language", post.language)] if post.language else []
    # without a warning, the account's own preference stands
    fields += [("spoiler_text", post.spoiler), ("sensitive", "1")] if post.spoiler else []
    return fields


def _attaching(images: Sequence[str]) -> list[tuple[str, str]]:
    return [("media_ids[]", image) for image in images]


def _at_home(post: Post) -> str:
    """The id of the status to boost or quote on the account's own server."""
    if not post.status_id:
        raise Rejected("rejected", f"{post.uri}: its id on the account's server is not known.")
    return post.status_id
