"""The server of one of our accounts, read from async code; its refusals become SourceErrors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from reblogbot.errors import Failure, RateLimited, SourceError, TargetError, Unauthorised
from reblogbot.ports import Reader, Tools
from reblogbot.words import Words

T = TypeVar("T")

_RETRIED = frozenset({"server_error"})


class HomeServer:
    """Reads as the account named `via`, whose token must have these `scopes`."""

    def __init__(self, tools: Tools, via: str, scopes: Sequence[str]) -> None:
        self.via = via
        self._tools = tools
        self._scopes = scopes

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer. Raises SourceError."""
        return await self._call(lambda reader: reader.get(path, params))

    async def page(
        self, path: str, params: Mapping[str, Any] | None = None
    ) -> tuple[Any, str | None]:
        """The JSON answer and the `max_id` of the next page; see `Reader.page`."""
        return await self._call(lambda reader: reader.page(path, params))

    async def _call(self, call: Callable[[Reader], T]) -> T:
        try:
            # In a thread too: the first reader imports the client library, which takes a while.
            return await asyncio.to_thread(lambda: call(self._tools.reader(self.via)))
        except TargetError as error:
            raise self._source_error(error) from error

    def _source_error(self, error: TargetError) -> SourceError:
        message = Words("read through {via}: {message}", via=self.via, message=error.message)
        outcome: Failure = "retry_later" if error.slug in _RETRIED else "failed"
        if isinstance(error, RateLimited):
            return SourceError(error.slug, message, outcome="retry_later", retry_at=error.until)
        if isinstance(error, Unauthorised):
            message = Words(
                "{message}; this source reads with the scopes {scopes}",
                message=message,
                scopes=" ".join(self._scopes),
            )
        return SourceError(error.slug, message, outcome=outcome)
