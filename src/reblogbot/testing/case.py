"""A kind of source under test, and the world it is put into."""

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
    """A kind, its settings, and what its server answers when all is well.

    `pages` are bodies by path, the query left aside; a path that is not there answers 404. For
    a kind that reads through an account, `api` has the JSON answers by path. `settings` are the
    keys of [sources.NAME] as TOML would give them, the kind's own among them.
    """

    factory: Factory
    pages: Mapping[str, bytes] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    content_type: str = ""
    api: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def source(self, server: Server) -> Source:
        """A source of the kind, in a world that consists of that server."""
        known = set(SourceSettings.model_fields) - {"options"}
        given = {"name": "case", "kind": "case", "to": ["account"], **self.settings}
        options = getattr(self.factory, "Options", None)
        own = {key: value for key, value in given.items() if key not in known}
        settings = SourceSettings.model_validate(
            {key: value for key, value in given.items() if key in known}
            | {"options": options.model_validate(own) if options is not None else None}
        )
        tools = Tools(fetch=server, offload=_offload, clock=_Clock(self.now), reader=server.reader)
        return self.factory("case", settings, tools)


class Server:
    """All that answers in a case; it can be told to answer something else, or not at all."""

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
        self.asked_once = asyncio.Event()

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
        """The answer, as the real Fetch would give it."""
        self.asked_once.set()
        if self._stalls:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        body = self._case.pages.get(urlsplit(url).path or "/")
        if body is None:
            raise SourceError("http_status", f"{url}: answered 404")
        body = body if self._body is None else self._body
        sent = {"content-type": self._case.content_type, "etag": f'"{hash(body)}"'}
        if validators is not None and validators.etag == sent["etag"]:
            return Response(304, url, sent)
        return Response(200, url, sent, body)

    def reader(self, account: str) -> Server:
        """The account's way to its server, which is this one."""
        return self

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer, as the real Reader would give it."""
        if self._refusal is not None:
            raise self._refusal
        if path not in self._case.api:
            raise Rejected("not_found", f"{path}: answered 404")
        return self._case.api[path] if self._value is ... else self._value

    def page(self, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, str | None]:
        """The JSON answer, which is the same for every page."""
        return self.get(path, params), None


@dataclass(frozen=True, slots=True)
class _Clock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


async def _offload(function: Callable[..., T], *args: Any) -> T:
    """Run it here, so that what it raises is seen, but on what would reach the child and back."""
    there, sent = pickle.loads(pickle.dumps((function, args)))  # noqa: S301
    returned: type[T] = parser_replies.return_type(there)
    return parser_replies.decode(returned, parser_replies.encode(there(*sent)))
