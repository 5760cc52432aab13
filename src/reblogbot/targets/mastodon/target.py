"""Publishes for one account of a server that speaks the Mastodon API."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reblogbot.core.consent import address
from reblogbot.core.text import escape
from reblogbot.errors import Doubtful, ReblogbotError, Rejected, TargetError, Unauthorised
from reblogbot.model import Image, Limits, Markup, Post, PublishedStatus, Receipt
from reblogbot.ports import Clock, FoundStatus, Identity
from reblogbot.runtime.clock import uptime
from reblogbot.targets.mastodon import lookup
from reblogbot.targets.mastodon import published as standings
from reblogbot.targets.mastodon.fields import attaching, new_status, words
from reblogbot.targets.mastodon.limits import is_mastodon, limits
from reblogbot.targets.mastodon.media import uploaded
from reblogbot.targets.mastodon.recent import own_statuses
from reblogbot.targets.mastodon.responses import Answer, Purpose, good, host, remote_id

if TYPE_CHECKING:
    from mastodon import Mastodon

    from reblogbot.config.settings import AccountSettings

log = logging.getLogger(__name__)

LIMITS_LAST = timedelta(hours=1)
# answers about the token that a server without the API gives too, and its answers about itself
_PERHAPS_ANOTHER = frozenset({"token_refused", "unreadable_answer"})
_NO_API = frozenset({"not_there", "redirected", "unreadable_answer"})
# where servers tell what a token may do: the token itself (Doorkeeper), or the app it came by
_SCOPES = (("/oauth/token/info", "scope"), ("/api/v1/apps/verify_credentials", "scopes"))


class MastodonTarget:
    """The Target and Reader of one account, over Mastodon.py.

    The library shapes the requests; what an answer means is decided from the answer itself
    (`classify`), because the library tells a refused connection from a dropped one, or a
    redirected POST from an accepted one, no better than by its exception's text.
    `token` is asked before every call, so a replaced token file is seen at once. `granted` are the
    scopes kept for a token, () where they are not known.
    """

    def __init__(
        self,
        account: AccountSettings,
        token: Callable[[], str],
        *,
        clock: Clock,
        timeout: timedelta,
        user_agent: str,
        granted: Callable[[str], tuple[str, ...]] = lambda _: (),
    ) -> None:
        # Mastodon.py and requests are heavy: only a process that talks to an account pays
        from mastodon import Mastodon  # noqa: PLC0415
        from mastodon.errors import MastodonDeprecationWarning  # noqa: PLC0415

        from reblogbot.targets.mastodon import transport  # noqa: PLC0415

        # the library's own affair: nothing an admin could act on
        warnings.filterwarnings("ignore", category=MastodonDeprecationWarning)
        self._token = token
        self._granted = granted
        self._clock = clock
        self._seconds = timeout.total_seconds()
        self._server = account.server.rstrip("/")
        self._exchange, self._lapsing = transport.exchange, transport.lapsing
        self._session = transport.OneOrigin(self._server)
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
        # the token and the account it speaks for: another token, another account
        self._me: tuple[str, Mapping[str, Any]] = "", {}
        self._me_lock = threading.Lock()
        self._limits: tuple[datetime, Limits] | None = None
        self._is_mastodon = False
        self._has_relationships = True
        self._remaining: int | None = None

    @property
    def rate_remaining(self) -> int | None:
        return self._remaining

    def verify(self) -> Identity:
        """Whom the token speaks for; any 4xx here means the token (snac answers 422)."""
        token = self._fresh_token()
        try:
            me = self._json(
                lambda c: c.account_verify_credentials(), "verify", "checking the token"
            )
        except TargetError as error:
            if error.slug in _PERHAPS_ANOTHER and not self._may_be_right():
                advice = "no server that speaks the Mastodon API; set the account's server"
                wrong = f"{self._name}: this is {advice} to the address people log in at"
                raise type(error)("wrong_server", wrong) from error
            raise
        self._me = token, me
        name, page = standings.text(me, "username"), standings.text(me, "url")
        return Identity(
            acct=standings.text(me, "acct") or name,
            url=page,
            address=address(name, page or standings.text(me, "uri")),
            is_bot=me.get("bot") is True,
            extra=me,
        )

    def me(self) -> Mapping[str, Any]:
        with self._me_lock:
            if self._me[0] != self._fresh_token():
                self.verify()
            return self._me[1]

    def limits(self) -> Limits:
        """What the server takes, asked at most once an hour."""
        now = self._clock.now()
        if self._limits is None or not timedelta(0) <= now - self._limits[0] < LIMITS_LAST:
            instance = self._instance()
            self._limits, self._is_mastodon = (now, limits(instance)), is_mastodon(instance)
        return self._limits[1]

    def scopes(self) -> tuple[str, ...]:
        kept = self._granted(self._fresh_token())
        if kept:
            return kept
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
        markup: Markup = "plain",
        lapses: float = inf,
    ) -> Receipt:
        post = replace(post, text=escape(post.text, markup))
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
        fields = new_status(post, reply_to, quoted, guards_mentions=self._is_mastodon)
        try:
            receipt = self._post(fields | attaching(attached), key)
            return replace(receipt, left_out=len(images) - len(attached))
        except Rejected as error:
            if not attached or error.slug != "rejected":
                raise
            log.warning("posted without images", extra={"slug": error.slug, "error": error.message})
        # some servers burn a key before they look at what comes with it
        receipt = self._post(fields, hashlib.sha256(f"{key} text".encode()).hexdigest())
        return replace(receipt, left_out=len(images))

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        mine = remote_id(self.me())
        hidden = hidden_since if hidden_since and not self._shows_author_all() else None
        return own_statuses(self.page, mine, hidden)

    def standing(self, post: Post) -> Receipt | None:
        """The receipt of a boost that stands; its id is the boosted status's, where it is home."""
        status = self.status(post) if post.action == "boost" else None
        return status.boosted if status else None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._read(path, params).json()

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
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
        params: Mapping[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> None:
        """Send a request that the library has no call for, or no call that can say all of it.

        `fields` go as a JSON object: from a form, Hollo takes no booleans and no arrays, and snac
        drops the content warning of an edited status.
        """
        headers = {"Authorization": f"Bearer {client.access_token}"}
        headers |= {"Idempotency-Key": key} if key else {}
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/json"
            # as UTF-8, so that half a surrogate pair fails here and not at the server
            body = json.dumps(fields, ensure_ascii=False).encode()
        self._session.request(
            method,
            self._server + path,
            params=params,
            data=body,
            headers=headers,
            timeout=client.request_timeout,
        )

    def _post(self, fields: Mapping[str, Any], key: str) -> Receipt:
        return self._create(
            lambda client: self._send(client, "POST", "/api/v1/statuses", fields=fields, key=key)
        )

    def _boost(self, post: Post) -> Receipt:
        path = f"/api/v1/statuses/{quote(_at_home(post), safe='')}/reblog"
        fields = {"visibility": post.visibility}
        return self._create(lambda client: self._send(client, "POST", path, fields=fields))

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
        fields = words(post) | attaching(images)

        def ask(client: Mastodon) -> None:
            self._send(client, "PUT", f"/api/v1/statuses/{at_home}", fields=fields)

        answer: Mapping[str, Any] = self._ask(ask, "create", "editing").json()
        return answer

    def _instance(self) -> Mapping[str, Any]:
        """The newest description of itself that the server has.

        Without a slash at the end, which the library writes and most servers answer with 404.
        """
        try:
            return self._described("/api/v2/instance")
        except Doubtful as error:
            if error.slug == "no_answer":
                raise
            return self._described("/api/v1/instance")

    def _described(self, path: str) -> Mapping[str, Any]:
        return self._json(lambda c: self._send(c, "GET", path), "read", "asking for its limits")

    def _may_be_right(self) -> bool:
        """Whether the server describes itself, or at least does not show that it cannot."""
        try:
            self._instance()
        except TargetError as error:
            return error.slug not in _NO_API
        return True

    def _shows_author_all(self) -> bool:
        """Whether authors see their private and direct statuses on their own page."""
        with suppress(TargetError):
            self.limits()
        return self._is_mastodon

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


def _at_home(post: Post) -> str:
    """The id of the status to boost or quote on the account's own server."""
    if not post.status_id:
        raise Rejected("rejected", f"{post.uri}: its id on the account's server is not known.")
    return post.status_id
