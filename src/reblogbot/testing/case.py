"""A kind of source under test, and the server that it polls."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from reblogbot.config.settings import SourceSettings
from reblogbot.errors import Rejected, SourceError, TargetError
from reblogbot.model import Validators
from reblogbot.ports import Response, Source, Tools
from reblogbot.runtime import parser_replies
from reblogbot.sources.registry import Factory

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A kind, its settings, and the answers of a healthy server.

    `pages` are bodies by path without query; other paths answer 404. For a kind that reads
    through an account, `api` has the JSON answers by path. `settings` are the keys of
    [sources.NAME] as TOML would give them, including those of the kind.
    """

    factory: Factory
    pages: Mapping[str, bytes] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = ""
    api: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def source(self, server: Server) -> Source:
        """A source of the kind that can reach only that server."""
        common = set(SourceSettings.model_fields) - {"options"}
        given = {"name": "case", "kind": "case", "to": ["account"], **self.settings}
        options = getattr(self.factory, "Options", None)
        own = {key: value for key, value in given.items() if key not in common}
        settings = SourceSettings.model_validate(
            {key: value for key, value in given.items() if key in common}
            | {"options": options.model_validate(own) if options is not None else None}
        )
        tools = Tools(fetch=server, offload=_offload, clock=_Clock(self.now), reader=server.reader)
        return self.factory("case", settings, tools)


class Server:
    """The server of a case; it can give other answers, fail, or never answer."""

    def __init__(
        self,
        case: Case,
        *,
        body: bytes | None = None,
        value: Any = ...,
        error: SourceError | None = None,
        refusal: TargetError | None = None,
        stalls: bool = False,
    ) -> None:
        self._case = case
        self._body = body
        self._value = value
        self._error = error
        self._refusal = refusal
        self._stalls = stalls
        self.requested = asyncio.Event()

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        validators_from: str = "",
        accept: str = "",
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Response:
        """The answer, as the real Fetch returns it."""
        self.requested.set()
        if self._stalls:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        body = self._case.pages.get(urlsplit(url).path or "/")
        if body is None:
            raise SourceError("http_status", f"{url}: answered 404")
        body = body if self._body is None else self._body
        headers_sent = {"content-type": self._case.content_type, "etag": f'"{hash(body)}"'}
        if validators is not None and validators.etag == headers_sent["etag"]:
            return Response(304, url, headers_sent)
        return Response(200, url, headers_sent, body)

    def reader(self, account: str) -> Server:
        """The reader of the account, which is this server."""
        return self

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer, as the real Reader returns it."""
        if self._refusal is not None:
            raise self._refusal
        if path not in self._case.api:
            raise Rejected("not_found", f"{path}: answered 404")
        return self._case.api[path] if self._value is ... else self._value

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
        """The JSON answer as a page that has no next one."""
        return self.get(path, params), None


@dataclass(frozen=True, slots=True)
class _Clock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


async def _offload(function: Callable[..., T], *args: Any) -> T:
    """Run a function here, its arguments and result encoded as for the child process."""
    function, arguments = pickle.loads(pickle.dumps((function, args)))  # noqa: S301
    returned: type[T] = parser_replies.return_type(function)
    return parser_replies.decode(returned, parser_replies.encode(function(*arguments)))
