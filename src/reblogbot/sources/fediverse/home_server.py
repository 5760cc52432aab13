"""An account's own server, asked from async code; whatever it refuses is a SourceError."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reblogbot.errors import Failure, RateLimited, SourceError, TargetError, Unauthorised
from reblogbot.ports import Reader, Tools

T = TypeVar("T")

_RETRIED = frozenset({"server_error"})


class HomeServer:
    """Reads through the account named `via`; `scopes` are what its token must allow for that."""

    def __init__(self, tools: Tools, via: str, scopes: Sequence[str]) -> None:
        self.via = via
        self._tools = tools
        self._scopes = scopes

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer. Raises SourceError."""
        return await self._asked(lambda reader: reader.get(path, params))

    async def page(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> tuple[Any, str | None]:
        """The JSON answer and the `max_id` of the next page, as `Reader.page` says it."""
        return await self._asked(lambda reader: reader.page(path, params))

    async def _asked(self, call: Callable[[Reader], T]) -> T:
        try:
            # also finding the reader may take its time: it loads what speaks the API
            return await asyncio.to_thread(lambda: call(self._tools.reader(self.via)))
        except TargetError as error:
            raise self._failure(error) from error

    def _failure(self, error: TargetError) -> SourceError:
        message = f"read through {self.via}: {error.message}"
        outcome: Failure = "retry_later" if error.slug in _RETRIED else "failed"
        if isinstance(error, RateLimited):
            return SourceError(error.slug, message, outcome="retry_later", retry_at=error.until)
        if isinstance(error, Unauthorised):
            message += f"; this source reads with the scopes {' '.join(self._scopes)}"
        return SourceError(error.slug, message, outcome=outcome)
