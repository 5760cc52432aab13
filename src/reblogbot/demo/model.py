"""A stand-in for a model, for the demo: it repeats the first sentences of what it is given."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

_NAME = "stand-in"
_SENTENCES = 2
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|[。！？]|$)")


@dataclass(frozen=True, slots=True, order=True)
class Exchange:
    """What the model was asked, and its answer."""

    prompt: str
    text: str


@asynccontextmanager
async def serve_model(exchanges: list[Exchange] | None = None) -> AsyncIterator[str]:
    """Serve the model on loopback; yields the `url` for a step of kind `chat`.

    What it is asked is added to `exchanges`.
    """
    kept = [] if exchanges is None else exchanges

    async def complete(request: web.Request) -> web.Response:
        try:
            prompt = (await request.json())["messages"][-1]["content"]
            text = explanation(prompt)
        except (ValueError, LookupError, TypeError, AttributeError):
            return web.json_response({"error": {"message": "no messages"}}, status=400)
        kept.append(Exchange(prompt, text))
        return web.json_response(_answer(prompt, text), dumps=_dumps)

    app = web.Application()
    app.add_routes([web.post("/v1/chat/completions", complete)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()


def explanation(prompt: str) -> str:
    """The first sentences of the longest paragraph of a prompt."""
    text = " ".join(max(prompt.split("\n\n"), key=len).split())
    return "".join(_SENTENCE.findall(text)[:_SENTENCES])


def _answer(prompt: str, text: str) -> dict[str, Any]:
    return {
        "object": "chat.completion",
        "model": _NAME,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": len(prompt.split()), "completion_tokens": len(text.split())},
    }


def _dumps(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)
