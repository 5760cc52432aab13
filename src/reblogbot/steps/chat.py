"""A step that asks a model, by the API that OpenAI began and most services and servers speak."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp
from yarl import URL

from reblogbot.config.settings import StepSettings
from reblogbot.errors import StepError
from reblogbot.model import StepAnswer, StepRequest
from reblogbot.ports import Clock
from reblogbot.steps.bounds import max_bytes, max_tokens
from reblogbot.steps.chat_answer import ChatAnswer, read_answer, refused_parameter
from reblogbot.steps.key import read_key
from reblogbot.web.connecting import direct_session
from reblogbot.web.inflate import Inflater, TooLarge
from reblogbot.words import Words

_ERROR_SECONDS = 5.0
"""Seconds in which the body of an error must arrive; its status counts without it too."""
_OPTIONAL = {"max_tokens": "max_completion_tokens", "temperature": ""}
"""Parameters that may be left out, and the name under which they are sent instead."""
_NO_CONNECTION = (aiohttp.ClientConnectorError, aiohttp.InvalidUrlClientError)


class ChatStep:
    """Asks the model of a table [steps.NAME]; implements `ports.Step`.

    Each call has a connection of its own, so that nothing is left open between two calls. The
    address is the admin's choice and may be private.
    """

    def __init__(
        self,
        settings: StepSettings,
        clock: Clock,
        environ: Mapping[str, str],
        user_agent: str,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._environ = environ
        self._user_agent = user_agent
        self._seconds = settings.timeout.total_seconds()
        base = URL(settings.url)
        path = base.raw_path.rstrip("/") + "/chat/completions"
        self._url = base.with_path(path, encoded=True, keep_query=True)
        self._where = f"steps.{settings.name} ({base.raw_authority})"

    async def run(self, request: StepRequest) -> StepAnswer:
        """The model's answer; see `ports.Step` and `steps.chat_answer` for the errors."""
        key = read_key(self._settings, self._environ)
        answer = await self._answer(request, key)
        return read_answer(answer, self._clock.now(), key)

    async def _answer(self, request: StepRequest, key: str) -> ChatAnswer:
        try:
            async with (
                asyncio.timeout(self._seconds),
                direct_session(self._seconds, self._user_agent) as session,
            ):
                return await self._post(session, request, key)
        except TimeoutError:
            failure = StepError(
                "step_timeout",
                Words(
                    "{where}: no complete answer within {seconds} s; raise the step's timeout, or "
                    "take a quicker model",
                    where=self._where,
                    seconds=f"{self._seconds:g}",
                ),
            )
        except TooLarge as error:
            failure = StepError(
                "step_bad_answer",
                Words(
                    "{where}: the answer is longer than {limit} bytes, far more than max_output",
                    where=self._where,
                    limit=error.limit,
                ),
            )
        except _NO_CONNECTION as error:
            failure = StepError(
                "step_unreachable",
                Words(
                    "{where}: no connection ({reason}); check url, and that the service runs",
                    where=self._where,
                    reason=_reason(error),
                ),
                is_of_service=True,
            )
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            failure = StepError(
                "step_bad_answer",
                Words(
                    "{where}: the answer broke off or is no HTTP ({reason})",
                    where=self._where,
                    reason=_reason(error),
                ),
            )
        # not within `except`: the errors of aiohttp hold the request, and with it the key
        raise failure

    async def _post(
        self, session: aiohttp.ClientSession, request: StepRequest, key: str
    ) -> ChatAnswer:
        """The answer to the request, without the parameters that the model does not take.

        Models of OpenAI that think refuse any temperature, and have another name for max_tokens.
        """
        body = self._body(request)
        headers = _headers(request, key)
        while True:
            answer = await self._send(session, body, headers)
            name = refused_parameter(answer)
            if name not in _OPTIONAL or name not in body:
                return answer
            value = body.pop(name)
            if _OPTIONAL[name]:
                body[_OPTIONAL[name]] = value
            if request.key:
                # with the same key a service could repeat its refusal
                headers["Idempotency-Key"] += f"-{name}"

    async def _send(
        self, session: aiohttp.ClientSession, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatAnswer:
        async with session.post(
            self._url,
            data=json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            headers=headers,
            allow_redirects=False,
        ) as response:
            received = {name.lower(): value for name, value in response.headers.items()}
            content = b""
            if 200 <= response.status < 300:
                content = await self._read(response)
            else:
                with suppress(TimeoutError, aiohttp.ClientError, ValueError, EOFError):
                    async with asyncio.timeout(min(_ERROR_SECONDS, self._seconds / 2)):
                        content = await self._read(response)
            return ChatAnswer(self._where, response.status, received, content)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        codings = ",".join(response.headers.getall("Content-Encoding", []))
        inflater = Inflater(codings, max_bytes(self._settings))
        async for chunk in response.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _body(self, request: StepRequest) -> dict[str, Any]:
        settings = self._settings
        messages = [{"role": "user", "content": request.prompt}]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        return {
            "model": settings.model,
            "messages": messages,
            "temperature": settings.temperature,
            "max_tokens": max_tokens(settings),
            "stream": False,
        }


def _headers(request: StepRequest, key: str) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": "application/json",
    }
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if request.key:
        headers["Idempotency-Key"] = request.key
    return headers


def _reason(error: Exception) -> str:
    """The system's words for an error, never those of aiohttp, which hold the URL."""
    cause = getattr(error, "os_error", error)
    return getattr(cause, "strerror", None) or type(cause).__name__
