"""What each fault does to a request, and the table of their names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from aiohttp import web

from reblogbot.sandbox.answers import HTML, Answer, refusal_answer
from reblogbot.sandbox.call import Call
from reblogbot.sandbox.profiles import BodyKind, Refusal

if TYPE_CHECKING:
    from fediverse.faults import Fault
    from fediverse.handler import Exchange

Action = Callable[["Exchange", "Fault"], Awaitable[web.StreamResponse]]


async def drop_before(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Close the connection without reading; nothing is committed."""
    fault.reached.set()
    return exchange.close()


async def drop_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then close without an answer."""
    await _committed(exchange, fault)
    return exchange.close()


async def reset_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then reset the connection (RST)."""
    await _committed(exchange, fault)
    transport = exchange.request.transport
    raw = transport.get_extra_info("socket") if transport else None
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return exchange.close(abort=True)


async def stall_before(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Hold the request until released, then commit and answer.

    If the client disconnects first, nothing is committed, unless `late_commit` is true (commit at
    once) or "on_release". With `queued` the server reads the key only after the release.
    """
    commit = _late(exchange, fault, await exchange.read())
    late_commit = fault.option("late_commit")
    if late_commit == "on_release":
        exchange.is_pending = True
        fault.late.append(commit)
    fault.reached.set()
    try:
        await fault.released.wait()
    except asyncio.CancelledError:
        if late_commit is True and not exchange.handler.faults.is_closed:
            commit()
        raise
    return exchange.respond(commit())


async def stall_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then hold the answer until released."""
    answer = await _committed(exchange, fault)
    await fault.released.wait()
    return exchange.respond(answer)


async def truncate_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then send half of the answer and close."""
    answer = await _committed(exchange, fault)
    response = await _started(exchange, answer)
    await response.write(answer.body[: len(answer.body) // 2])
    exchange.close()
    return response


async def drip(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then send the answer in `chunk` bytes (1) every `interval` seconds (0.05)."""
    answer = await _committed(exchange, fault)
    response = await _started(exchange, answer)
    step = fault.option("chunk", 1)
    with contextlib.suppress(ConnectionError):
        for start in range(0, len(answer.body), step):
            await response.write(answer.body[start : start + step])
            await asyncio.sleep(fault.option("interval", 0.05))
        await response.write_eof()
    return response


async def status_before(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer `status` (500) and commit nothing; `_error_answer` has the options of the answer.

    With `late_commit` the request is committed after all when the fault is released.
    """
    call = await exchange.read()
    if fault.option("late_commit"):
        exchange.is_pending = True
        fault.late.append(_late(exchange, fault, call))
    fault.reached.set()
    return exchange.respond(_error_answer(exchange, fault))


async def status_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit, then answer `status` (500)."""
    await _committed(exchange, fault)
    return exchange.respond(_error_answer(exchange, fault))


async def html_200_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit (unless `commit` is false), then answer 200 with a page of HTML."""
    await _committed(exchange, fault)
    page = b"<!DOCTYPE html><title>Welcome</title><p>Please wait"
    return exchange.respond(Answer(page, 200, HTML))


async def empty_200_after(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit (unless `commit` is false), then answer 200 with nothing."""
    await _committed(exchange, fault)
    return exchange.respond(Answer(b"", 200))


async def no_id_200(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Commit (unless `commit` is false), then answer 200 with JSON that has no id."""
    await _committed(exchange, fault)
    return exchange.respond(Answer(b'{"status":"ok"}', 200))


async def silently_dropped(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer as if committed, with an id, but keep nothing."""
    answer = exchange.dry_run(await exchange.read())
    fault.reached.set()
    return exchange.respond(answer)


async def redirect(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer `status` (301) to `location` (the same address); nothing is committed."""
    await exchange.read()
    fault.reached.set()
    location = fault.option("location") or str(exchange.request.url)
    return exchange.respond(Answer(b"", fault.option("status", 301), HTML, {"Location": location}))


async def huge_json(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer valid JSON of about `size` bytes (50 million); committed if `commit` is true."""
    await _committed(exchange, fault, default=False)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(exchange.request)
    block = b'"' + b"x" * 65_533 + b'",'
    with contextlib.suppress(ConnectionError):
        await response.write(b"[")
        for _ in range(fault.option("size", 50_000_000) // len(block)):
            await response.write(block)
        await response.write(b'""]')
        await response.write_eof()
    return response


async def bad_json(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer 200 with JSON that breaks off; committed if `commit` is true."""
    await _committed(exchange, fault, default=False)
    return exchange.respond(Answer(b'[{"id": "1", "content": "<p>', 200))


async def stale_read(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Answer a list without its newest `n` (1) entries."""
    answer = await _committed(exchange, fault)
    if answer.status == 200:
        entries = json.loads(answer.body)[fault.option("n", 1) :]
        answer = replace(answer, body=json.dumps(entries).encode())
    return exchange.respond(answer)


async def processing(exchange: Exchange, fault: Fault) -> web.StreamResponse:
    """Accept an upload, but report it as being processed `looks` (1) times more; -1 is for ever."""
    answer = await _committed(exchange, fault)
    if answer.status != 200:
        return exchange.respond(answer)
    media = json.loads(answer.body)
    exchange.handler.instance.processing[media["id"]] = fault.option("looks", 1)
    body = json.dumps(media | {"url": None, "preview_url": None}).encode()
    return exchange.respond(replace(answer, status=202, body=body))


ACTIONS: dict[str, Action] = {
    "drop_before": drop_before,
    "drop_after": drop_after,
    "reset_after": reset_after,
    "stall_before": stall_before,
    "stall_after": stall_after,
    "truncate_after": truncate_after,
    "drip": drip,
    "status_before": status_before,
    "status_after": status_after,
    "html_200_after": html_200_after,
    "empty_200_after": empty_200_after,
    "no_id_200": no_id_200,
    "silently_dropped": silently_dropped,
    "redirect": redirect,
    "huge_json": huge_json,
    "bad_json": bad_json,
    "stale_read": stale_read,
    "processing": processing,
}


async def _committed(exchange: Exchange, fault: Fault, *, default: bool = True) -> Answer:
    """The faithful answer, after the commit; an empty one where the fault does not commit."""
    call = await exchange.read()
    answer = exchange.commit(call) if fault.option("commit", default) else Answer()
    fault.reached.set()
    return answer


def _late(exchange: Exchange, fault: Fault, call: Call) -> Callable[[], Answer]:
    """A commit that happens at most once and then settles the request."""
    answers: list[Answer] = []

    def commit() -> Answer:
        if not answers:
            if fault.option("queued"):
                call.arrived = call.instance.state.seq
            answers.append(exchange.commit(call))
            exchange.is_pending = False
            exchange.settle()
        return answers[0]

    return commit


async def _started(exchange: Exchange, answer: Answer) -> web.StreamResponse:
    """A response whose headers, with the true length, are already sent."""
    headers = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))}
    response = web.StreamResponse(status=answer.status, headers={**headers, **answer.headers})
    await response.prepare(exchange.request)
    return response


def _error_answer(exchange: Exchange, fault: Fault) -> Answer:
    """An answer of `status`, with `body` json|html|text|empty, `error` as message, and `headers`.

    `reset` adds the end of a rate limit, `after` seconds (300) from now, in one of the formats
    iso | epoch (X-RateLimit-Reset), seconds | date (Retry-After).
    """
    kind: BodyKind = fault.option("body", "json")
    message = fault.option("error", "Something failed")
    answer = refusal_answer(Refusal(fault.option("status", 500), kind, message))
    after = timedelta(seconds=fault.option("after", 300))
    reset_at = exchange.handler.instance.now() + after
    limit = _reset_headers(fault.option("reset", "none"), reset_at, after)
    return replace(answer, headers=limit | dict(fault.option("headers") or {}))


def _reset_headers(format_: str, at: datetime, after: timedelta) -> dict[str, str]:
    spent = {"X-RateLimit-Remaining": "0"}
    formats: dict[str, dict[str, str]] = {
        "none": {},
        "iso": {**spent, "X-RateLimit-Reset": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")},
        "epoch": {**spent, "X-RateLimit-Reset": str(int(at.timestamp()))},
        "seconds": {"Retry-After": str(int(after.total_seconds()))},
        "date": {"Retry-After": format_datetime(at, usegmt=True)},
    }
    return formats[format_]
