"""Requests to a server outside the work of an account: what it is, and how to log in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reblogbot.errors import Doubtful, TargetError
from reblogbot.ports import Clock
from reblogbot.targets.mastodon.responses import good_answer
from reblogbot.targets.shared.answers import NoAnswer, ServerAnswer, host_of
from reblogbot.targets.shared.transport import OriginSession


class ServerClient:
    """Sends requests to one server, each bounded in time and size, and to nowhere else."""

    def __init__(self, server: str, *, seconds: float, user_agent: str, clock: Clock) -> None:
        self.server = server
        self.host = host_of(server)
        self._seconds = seconds
        self.clock = clock
        self._session = OriginSession(server)
        self._session.headers["User-Agent"] = user_agent

    def get(self, path: str, token: str = "") -> ServerAnswer | NoAnswer:
        """The answer to GET, redirects within the server followed."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._request("GET", path, headers)

    def post_form(self, path: str, form: Mapping[str, str]) -> ServerAnswer | NoAnswer:
        """The answer to a form; a redirect is not followed."""
        return self._request("POST", path, {}, form)

    def json_object(self, path: str, doing: str) -> Mapping[str, Any]:
        """The JSON object at a path, {} where the server has none there.

        Raises TargetError where the server cannot be reached, breaks off, or asks for a pause.
        """
        where = f"{self.host}, {doing}"
        try:
            document = good_answer(self.get(path), "read", where=where, now=self.clock.now()).json()
        except Doubtful as error:
            if error.slug == "no_answer":
                raise
            return {}
        except TargetError as error:
            if error.slug in ("not_allowed", "scope_missing", "token_refused"):
                return {}
            raise
        return document if isinstance(document, Mapping) else {}

    def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> ServerAnswer | NoAnswer:
        return self._session.call(
            method,
            self.server + path,
            self._seconds,
            headers={"Accept": "application/json", **headers},
            data=form,
        )
