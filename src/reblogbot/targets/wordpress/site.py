"""Requests to the REST API of one blog, as one of its users."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from reblogbot.errors import ReblogbotError, TargetError, Unauthorised, Unreachable
from reblogbot.ports import Clock
from reblogbot.targets.shared.answers import NoAnswer, Purpose, ServerAnswer, host_of
from reblogbot.targets.shared.transport import OriginSession
from reblogbot.targets.wordpress.responses import TABLE
from reblogbot.words import Words

# answers that do not come from what is at the path
_NOT_OF_THE_PATH = frozenset({401, 403, 429, *range(300, 400), *range(500, 600)})
_USER_FIELDS = "id,username,slug,link,capabilities"
# the second one is for blogs without "pretty" permalinks
_ROOTS = ("/wp-json/", "/?rest_route=/")
_NAMESPACE = "wp/v2"


class Site:
    """The REST API of a blog. `password` is read before every request."""

    def __init__(
        self,
        server: str,
        user: str,
        password: Callable[[], str],
        *,
        clock: Clock,
        timeout: timedelta,
        user_agent: str,
    ) -> None:
        self.server = server.rstrip("/")
        self.host = host_of(server)
        self.seconds = timeout.total_seconds()
        self._user = user
        self._password = password
        self._clock = clock
        self._session = OriginSession(self.server)
        self._session.headers["User-Agent"] = user_agent
        self._session.headers["Accept"] = "application/json"
        self._root = ""

    def get(self, path: str, doing: str, **params: Any) -> Any:
        """The JSON at a path below `wp/v2/`. `doing` says in words what is asked, for messages."""
        return self._checked(self.send("GET", path, params=params), "read", doing)

    def create(self, path: str, doing: str, **options: Any) -> Mapping[str, Any]:
        """The JSON object of what a POST has made or changed; for the options see `send`."""
        return self.created(self.send("POST", path, **options), doing)

    def created(self, outcome: ServerAnswer | NoAnswer, doing: str) -> Mapping[str, Any]:
        """The same for the outcome of a POST."""
        entity: Mapping[str, Any] = self._checked(outcome, "create", doing)
        return entity

    def delete(self, path: str, doing: str) -> Mapping[str, Any]:
        """What the blog says after it has deleted something for good."""
        outcome = self.send("DELETE", path, params={"force": "true"})
        entity: Mapping[str, Any] = self._checked(outcome, "delete", doing)
        return entity

    def me(self) -> Mapping[str, Any]:
        """The user, with what he may do. Raises Unauthorised where the password is refused."""
        outcome = self.send("GET", "users/me", params={"context": "edit", "_fields": _USER_FIELDS})
        entity: Mapping[str, Any] = self._checked(outcome, "verify", "checking the password")
        return entity

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        seconds: float | None = None,
    ) -> ServerAnswer | NoAnswer:
        """The outcome of one request, within `seconds`; with `files` the body is a form.

        Raises TargetError where the blog's API is not found.
        """
        root = self._root = self._root or self._find_root()
        form = body if files else None
        content, headers = None, self._authorization()
        if body is not None and not files:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self._session.call(
            method,
            f"{root}{_NAMESPACE}/{path}",
            self.seconds if seconds is None else seconds,
            params=params,
            data=form or content,
            files=files,
            headers=headers,
        )

    def _find_root(self) -> str:
        """The address of the API. Raises TargetError where none is found."""
        doing = "looking for its API"
        for path in _ROOTS:
            root = self.server + path
            outcome = self._session.call("GET", root, self.seconds, headers=self._authorization())
            if isinstance(outcome, NoAnswer) or outcome.status in _NOT_OF_THE_PATH:
                self._checked(outcome, "read", doing)
            elif _has_posts(outcome.json()):
                return root
        raise Unreachable(
            "wrong_server",
            Words(
                "{host}: no WordPress API is found there; set the account's server to the address "
                "of the blog's front page, and see that no plugin switches the REST API off",
                host=self.host,
            ),
        )

    def _checked(self, outcome: ServerAnswer | NoAnswer, purpose: Purpose, doing: str) -> Any:
        """The JSON of a good answer. Raises TargetError."""
        answer = TABLE.good_answer(
            outcome,
            purpose,
            where=f"{self.host}, {doing}",
            now=self._clock.now(),
            secret=self._fresh_password(),
        )
        return answer.json()

    def _authorization(self) -> dict[str, str]:
        pair = f"{self._user}:{self._fresh_password()}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _fresh_password(self) -> str:
        try:
            return self._password()
        except TargetError:
            raise
        except (ReblogbotError, OSError, ValueError) as error:
            raise Unauthorised(
                "token_missing",
                Words("{host}: no password: {error}", host=self.host, error=str(error)),
            ) from error


def _has_posts(index: object) -> bool:
    """Whether this is the index of an API that has posts."""
    namespaces = index.get("namespaces") if isinstance(index, Mapping) else None
    return isinstance(namespaces, list) and _NAMESPACE in namespaces
