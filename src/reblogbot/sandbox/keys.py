"""What becomes of a request that comes with an Idempotency-Key, on each kind of server."""

from __future__ import annotations

from collections.abc import Callable

from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import KeyUse
from reblogbot.sandbox.wire import Answer, Call, Refused, Reply, as_json, refuse

BUSY = No(503, words="There was a temporary problem serving your request, please try again")


def once(call: Call, make: Callable[[str, str], Reply]) -> Reply:
    """The reply of `make(room, key)`, or what this server says to a key it knows."""
    keys = call.profile.keys
    key = call.headers.get("Idempotency-Key", "")
    if not key or keys.repeat == "post":
        return make("", "")
    room = "" if keys.shared else call.viewer.id
    if keys.locked and not call.alone:
        raise refuse(BUSY)
    use = call.world.state.keys.get((room, key))
    if use is not None and _is_known(call, use):
        return _repeated(call, use)
    match keys.repeat:
        case "burnt":
            call.world.record("key", {"room": room, "key": key, "answer": None})
            return make("", key)
        case "replay":
            return _kept(call, room, key, make)
        case _:
            return make(room, key)


def _is_known(call: Call, use: KeyUse) -> bool:
    """Whether the key is fresh, and, without a lock, was used before this request came in."""
    keys = call.profile.keys
    if call.world.now() - use.at >= keys.kept:
        return False
    return keys.locked or keys.repeat == "burnt" or use.seq <= call.arrived


def _repeated(call: Call, use: KeyUse) -> Reply:
    match call.profile.keys.repeat:
        case "burnt":
            raise refuse(No(400, words="Duplicate idempotency key."))
        case "error":
            raise refuse(No(500, "html"))
    if use.answer is not None:
        return Answer(use.answer["body"].encode(), use.answer["status"], use.answer["kind"])
    status = call.world.find_status(use.status_id)
    if status is None:
        raise refuse(call.profile.deleted)
    return call.show.status(status)


def _kept(call: Call, room: str, key: str, make: Callable[[str, str], Reply]) -> Answer:
    """The answer, kept for repeats whatever it says."""
    try:
        reply = make("", key)
        answer = reply if isinstance(reply, Answer) else as_json(reply)
    except Refused as no:
        answer = no.answer
    kept = {"status": answer.status, "body": answer.body.decode(), "kind": answer.kind}
    call.world.record("key", {"room": room, "key": key, "answer": kept})
    return answer
