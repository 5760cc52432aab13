"""Publishes for one account on a server with the Mastodon API."""

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

from reblogbot.core.mastodon_json import account_address, id_of, original, text
from reblogbot.core.text.escaping import escape
from reblogbot.errors import Doubtful, ReblogbotError, Rejected, TargetError, Unauthorised
from reblogbot.model import Image, Markup, Post, PublishedStatus, Receipt, ServerLimits
from reblogbot.ports import Clock, FoundStatus, Identity
from reblogbot.runtime.clock import uptime
from reblogbot.targets.mastodon import lookup
from reblogbot.targets.mastodon.entities import entities, receipt
from reblogbot.targets.mastodon.limits import is_mastodon, limits
from reblogbot.targets.mastodon.media import upload
from reblogbot.targets.mastodon.own_statuses import own_statuses
from reblogbot.targets.mastodon.responses import good_answer
from reblogbot.targets.mastodon.status_params import media_params, new_status_params, text_params
from reblogbot.targets.shared.answers import Purpose, ServerAnswer, host_of
from reblogbot.words import Words

if TYPE_CHECKING:
    from mastodon import Mastodon

    from reblogbot.config.settings import AccountSettings

log = logging.getLogger(__name__)

LIMITS_MAX_AGE = timedelta(hours=1)
# What a server without the Mastodon API may answer to verify_credentials, and to its own
# description. Both together mean that the address is wrong, and not the token.
_MAYBE_WRONG_SERVER = frozenset({"token_refused", "unreadable_answer"})
_NO_API = frozenset({"not_there", "redirected", "unreadable_answer"})
# where servers name the scopes: of the token (Doorkeeper), or of the app that it was made for
_SCOPES = (("/oauth/token/info", "scope"), ("/api/v1/apps/verify_credentials", "scopes"))


class MastodonTarget:
    """The Target and Reader of one account, over Mastodon.py.

    The library builds the requests. What an answer means is decided from the answer itself
    (`responses.classify`): the library's exceptions do not tell a refused connection from a
    dropped one, or a redirected POST from an accepted one, except by their text (ADR 0009).

    `token` is read before every call, so a replaced token file is used at once. `granted` returns
    the scopes that were stored for a token, () where they are unknown.
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
        # Mastodon.py and requests are slow to import, and many commands talk to no account
        from mastodon import Mastodon  # noqa: PLC0415
        from mastodon.errors import MastodonDeprecationWarning  # noqa: PLC0415

        from reblogbot.targets.shared import transport  # noqa: PLC0415

        # an admin can do nothing about the library's deprecations
        warnings.filterwarnings("ignore", category=MastodonDeprecationWarning)
        self._token = token
        self._granted = granted
        self._clock = clock
        self._seconds = timeout.total_seconds()
        self._server = account.server.rstrip("/")
        self._server_call, self._lease_until = transport.server_call, transport.lease_until
        self._session = transport.OriginSession(self._server)
        self._session.headers["User-Agent"] = user_agent
        self._client: Mastodon = Mastodon(
            api_base_url=self._server,
            ratelimit_method="throw",
            request_timeout=self._seconds,
            session=self._session,
            user_agent=user_agent,
            # Without these every call requests the version, and an unreadable version makes the
            # library call itself until the stack is full.
            mastodon_version="4.2.0",
            version_check_mode="created",
        )
        # the token and its account: another token may belong to another account
        self._me: tuple[str, Mapping[str, Any]] = "", {}
        self._me_lock = threading.Lock()
        self._limits: tuple[datetime, ServerLimits] | None = None
        self._is_mastodon = False
        self._has_relationships = True
        self._remaining: int | None = None

    @property
    def rate_remaining(self) -> int | None:
        return self._remaining

    def verify(self) -> Identity:
        """The account that the token belongs to. Any 4xx means a bad token (snac answers 422)."""
        token = self._fresh_token()
        try:
            me = self._ask_object(
                lambda client: client.account_verify_credentials(), "verify", "checking the token"
            )
        except TargetError as error:
            if error.slug in _MAYBE_WRONG_SERVER and not self._may_have_api():
                raise type(error)(
                    "wrong_server",
                    Words(
                        "{host}: this server does not have the Mastodon API; set the account's "
                        "server to the address people log in at",
                        host=self._host,
                    ),
                ) from error
            raise
        self._me = token, me
        return Identity(
            acct=text(me, "acct") or text(me, "username"),
            url=text(me, "url"),
            address=account_address(me),
            is_bot=me.get("bot") is True,
            extra=me,
        )

    def me(self) -> Mapping[str, Any]:
        with self._me_lock:
            if self._me[0] != self._fresh_token():
                self.verify()
            return self._me[1]

    def limits(self) -> ServerLimits:
        """The server's limits, requested at most once an hour."""
        now = self._clock.now()
        if self._limits is None or not timedelta(0) <= now - self._limits[0] < LIMITS_MAX_AGE:
            instance = self._instance()
            self._limits, self._is_mastodon = (now, limits(instance)), is_mastodon(instance)
        return self._limits[1]

    def scopes(self) -> tuple[str, ...]:
        stored = self._granted(self._fresh_token())
        if stored:
            return stored
        for path, name in _SCOPES:
            try:
                answer = self.get(path)
            except TargetError:
                continue
            scopes = answer.get(name) if isinstance(answer, Mapping) else None
            if isinstance(scopes, str):
                scopes = scopes.split()
            if isinstance(scopes, list) and scopes:
                return tuple(map(str, scopes))
        return ()

    def publish(
        self,
        post: Post,
        key: str,
        *,
        identity: bytes = b"",
        reply_to: str = "",
        images: Sequence[Image] = (),
        markup: Markup = "plain",
        lease_end: float = inf,
    ) -> Receipt:
        post = replace(post, text=escape(post.text, markup))
        with self._lease_until(lease_end):
            if post.action == "boost":
                return self._boost(post)
            if post.action == "edit":
                return self._edit(post)
            # images may use the rest of the lease, but for the time that the post itself needs
            spare = lease_end - uptime() - self._seconds
            return self._publish_new(post, key, reply_to, images, min(spare, self._seconds))

    def _publish_new(
        self, post: Post, key: str, reply_to: str, images: Sequence[Image], seconds: float
    ) -> Receipt:
        """The receipt of a new status, with the images that are uploaded within `seconds`."""
        quoted_id = _status_id(post) if post.action == "quote" else None
        max_alt = (self._limits[1] if self._limits else ServerLimits()).alt
        media_ids = upload(self._ask, images, max_alt, seconds)
        params = new_status_params(post, reply_to, quoted_id, guards_mentions=self._is_mastodon)
        try:
            published = self._post_status(params | media_params(media_ids), key)
            return replace(published, left_out=len(images) - len(media_ids))
        except Rejected as error:
            if not media_ids or error.slug != "rejected":
                raise
            log.warning("posted without images", extra={"slug": error.slug, "error": error.message})
        # a new key, because some servers remember a key before they validate its request
        published = self._post_status(params, hashlib.sha256(f"{key} text".encode()).hexdigest())
        return replace(published, left_out=len(images))

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        account_id = id_of(self.me())
        if hidden_since and self._shows_authors_everything():
            hidden_since = None
        return own_statuses(self.page, account_id, hidden_since)

    def existing(self, post: Post, identity: bytes) -> Receipt | None:
        """The receipt of the account's boost, None where it has not boosted the status.

        Its id is the boosted status's on the account's server. A post is found by `recent`.
        """
        status = self.status(post) if post.action == "boost" else None
        return status.boosted if status else None

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._read(path, params).json()

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
        answer = self._read(path, params)
        return answer.json(), answer.next_max_id

    def _read(self, path: str, params: Mapping[str, Any] | None) -> ServerAnswer:
        def send(client: Mastodon) -> None:
            self._send(client, "GET", path, params=params)

        return self._ask(send, "read", f"reading {path}")

    def _send(
        self,
        client: Mastodon,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str = "",
    ) -> None:
        """Send a request that the library has no method for, or no complete one.

        `body` is sent as a JSON object: from a form, Hollo reads no booleans and no arrays, and
        snac drops the content warning of an edited status.
        """
        headers = {"Authorization": f"Bearer {client.access_token}"}
        if key:
            headers["Idempotency-Key"] = key
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            # not escaped, so that half a surrogate pair fails here and not on the server
            content = json.dumps(body, ensure_ascii=False).encode()
        self._session.request(
            method,
            self._server + path,
            params=params,
            data=content,
            headers=headers,
            timeout=client.request_timeout,
        )

    def _post_status(self, params: Mapping[str, Any], key: str) -> Receipt:
        return self._create(
            lambda client: self._send(client, "POST", "/api/v1/statuses", body=params, key=key)
        )

    def _boost(self, post: Post) -> Receipt:
        path = f"/api/v1/statuses/{quote(_status_id(post), safe='')}/reblog"
        body = {"visibility": post.visibility}
        return self._create(lambda client: self._send(client, "POST", path, body=body))

    def status(self, post: Post) -> FoundStatus | None:
        return lookup.status(self.get, post, self._host)

    def retract(self, post: Post, remote_id: str, *, lease_end: float = inf) -> bool:
        with self._lease_until(lease_end):
            return (
                self._undo_boost(post, remote_id)
                if post.action == "boost"
                else (self._delete(remote_id))
            )

    def _delete(self, remote_id: str) -> bool:
        if not remote_id:
            raise Rejected(
                "not_retracted",
                Words(
                    "{host}: the id of this post is not known, and it is not among the account's "
                    "recent statuses; if it is there, delete it by hand.",
                    host=self._host,
                ),
            )
        path = f"/api/v1/statuses/{quote(remote_id, safe='')}"
        if self._take_away("DELETE", path, "deleting"):
            return True
        # a server also answers 404 where the post is another account's
        if self._boosted_or_own_id(remote_id):
            raise Rejected(
                "not_retracted",
                Words(
                    "{host}: the post is there, but the token of this account may not delete it; "
                    "was it made by another account?",
                    host=self._host,
                ),
            )
        return False

    def _undo_boost(self, post: Post, remote_id: str) -> bool:
        """Undo the boost of a status, by the id of that status: the boost's own id may be 404."""
        status = self.status(post)
        id_ = status.id if status else self._boosted_or_own_id(remote_id)
        if not id_:
            return False
        was_boosted = status is None or status.element.get("reblogged") is not False
        path = f"/api/v1/statuses/{quote(id_, safe='')}/unreblog"
        return self._take_away("POST", path, "undoing a boost") and was_boosted

    def _boosted_or_own_id(self, remote_id: str) -> str:
        """The id of the status, or of the one that it boosts; "" where there is none."""
        if not remote_id:
            return ""
        path = f"/api/v1/statuses/{quote(remote_id, safe='')}"
        try:
            answer = self.get(path)
        except Doubtful as error:
            if error.slug in lookup.NOT_THERE:
                return ""
            raise
        return id_of(original(answer)) if isinstance(answer, Mapping) else ""

    def _take_away(self, method: str, path: str, doing: str) -> bool:
        """Whether the server did it; False where it finds nothing there."""
        try:
            self._ask(lambda client: self._send(client, method, path), "delete", doing)
        except Doubtful as error:
            if error.slug in lookup.NOT_THERE:
                return False
            raise
        return True

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        if not self._has_relationships:
            return {}
        relationship = lookup.relationship(self.get, account_id)
        self._has_relationships = relationship is not None
        return relationship or {}

    def _edit(self, post: Post) -> Receipt:
        """The receipt of the account's status with another text.

        Its images are kept. An edit may be repeated at will. Raises Rejected where the status is
        gone: an edit never publishes it again.
        """
        path_id = quote(post.uri, safe="")
        try:
            status = self._ask_object(
                lambda client: client.status(path_id), "read", "reading the status to edit"
            )
            media_ids = [id_of(media) for media in entities(status.get("media_attachments"))]
            params = text_params(post) | media_params([id_ for id_ in media_ids if id_])

            # the library's own method cannot send a language
            def send(client: Mastodon) -> None:
                self._send(client, "PUT", f"/api/v1/statuses/{path_id}", body=params)

            return receipt(self._ask(send, "create", "editing").json())
        except Doubtful as error:
            if error.slug in lookup.NOT_THERE:
                raise Rejected(
                    "edited_is_gone",
                    Words(
                        "{host}: the status to edit is gone; nothing is posted.", host=self._host
                    ),
                ) from error
            raise

    def _instance(self) -> Mapping[str, Any]:
        """The server's description of itself, the newest version that it has."""
        # not by the library, which ends the path with a slash: most servers answer that with 404
        try:
            return self._describe("/api/v2/instance")
        except Doubtful as error:
            if error.slug == "no_answer":
                raise
            return self._describe("/api/v1/instance")

    def _describe(self, path: str) -> Mapping[str, Any]:
        return self._ask_object(
            lambda client: self._send(client, "GET", path), "read", "asking for its limits"
        )

    def _may_have_api(self) -> bool:
        """Whether the server describes itself, or at least does not show that it cannot."""
        try:
            self._instance()
        except TargetError as error:
            return error.slug not in _NO_API
        return True

    def _shows_authors_everything(self) -> bool:
        """Whether authors see their private and direct statuses on their own page."""
        with suppress(TargetError):
            self.limits()
        return self._is_mastodon

    def _create(self, call: Callable[[Mastodon], object]) -> Receipt:
        return receipt(self._ask(call, "create", "publishing").json())

    def _ask_object(
        self, call: Callable[[Mastodon], object], purpose: Purpose, doing: str
    ) -> Mapping[str, Any]:
        """The JSON object that the server answers. Raises TargetError for anything else."""
        content = self._ask(call, purpose, doing).json()
        if not isinstance(content, Mapping):
            raise Doubtful(
                "unreadable_answer",
                Words("{host}, {doing}: not a JSON object.", host=self._host, doing=doing),
            )
        return content

    def _ask(
        self,
        call: Callable[[Mastodon], object],
        purpose: Purpose,
        doing: str,
        seconds: float | None = None,
    ) -> ServerAnswer:
        """The answer to one call, good for its purpose. Raises TargetError.

        `doing` says in words what is asked, for messages.
        """
        token = self._client.access_token = self._fresh_token()
        raised: Exception | None = None
        with self._server_call(self._seconds if seconds is None else seconds) as server_call:
            try:
                call(self._client)
            # the library's exceptions do not decide: the answer, or its absence, does
            except Exception as error:  # noqa: BLE001
                raised = error
        outcome = server_call.outcome(raised)
        if isinstance(outcome, ServerAnswer):
            remaining = outcome.headers.get("x-ratelimit-remaining", "")
            if remaining.isdecimal():
                self._remaining = int(remaining)
        where = f"{self._host}, {doing}"
        return good_answer(outcome, purpose, where=where, now=self._clock.now(), secret=token)

    def _fresh_token(self) -> str:
        try:
            token = self._token().strip()
        except TargetError:
            raise
        except (ReblogbotError, OSError, ValueError) as error:
            raise Unauthorised(
                "token_missing",
                Words("{host}: no token: {error}", host=self._host, error=str(error)),
            ) from error
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise Unauthorised(
                "token_missing",
                Words(
                    "{host}: the token is empty or garbled; put one into the account's token_file "
                    "or token_env.",
                    host=self._host,
                ),
            )
        return token

    @property
    def _host(self) -> str:
        return host_of(self._server)


def _status_id(post: Post) -> str:
    """The id, on the account's own server, of the status to boost or quote."""
    if not post.status_id:
        raise Rejected(
            "rejected",
            Words(
                "{uri}: nothing is posted, since the id of this status on the account's server "
                "is missing; please report it.",
                uri=post.uri,
            ),
        )
    return post.status_id
