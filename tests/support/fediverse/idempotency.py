"""What each kind of server does with a post that has an Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable

from fediverse.instance import KeyUse
from reblogbot.sandbox.answers import Answer, Refused, Reply, json_answer
from reblogbot.sandbox.api.statuses import show_by_id
from reblogbot.sandbox.call import Call, refused
from reblogbot.sandbox.profiles import Refusal

_BUSY = Refusal(503, message="There was a temporary problem serving your request, please try again")


def post_once(call: Call, post: Callable[[], Reply]) -> Reply:
    """The reply of `post`, or this server's reply to a key it knows."""
    policy = call.profile.keys
    key = call.headers.get("Idempotency-Key", "")
    if not key or policy.repeat == "post":
        return post()
    scope = "" if policy.is_shared else call.viewer.id
    if policy.is_locked and not call.is_alone:
        raise refused(_BUSY)
    use = call.instance.state.key_uses.get((scope, key))
    if use is not None and _is_known(call, use):
        return _repeat(call, use)
    match policy.repeat:
        case "burnt":
            _record(call, scope, key, None)
            return post()
        case "replay":
            return _recorded(call, scope, key, post)
        case _:
            return post()


def _is_known(call: Call, use: KeyUse) -> bool:
    """Whether the key has not expired and, without a lock, was used before this request came."""
    policy = call.profile.keys
    if call.instance.now() - use.at >= policy.lifetime:
        return False
    return policy.is_locked or policy.repeat == "burnt" or use.seq <= call.arrived


def _repeat(call: Call, use: KeyUse) -> Reply:
    match call.profile.keys.repeat:
        case "burnt":
            raise refused(Refusal(400, message="Duplicate idempotency key."))
        case "error":
            raise refused(Refusal(500, "html"))
    if use.answer is not None:
        return Answer(use.answer["body"].encode(), use.answer["status"], use.answer["kind"])
    return show_by_id(call, use.status_id)


def _recorded(call: Call, scope: str, key: str, post: Callable[[], Reply]) -> Answer:
    """The answer, recorded for repeats even if it is a refusal."""
    try:
        reply = post()
        answer = reply if isinstance(reply, Answer) else json_answer(reply)
    except Refused as refusal:
        answer = refusal.answer
    body = answer.body.decode()
    _record(call, scope, key, {"status": answer.status, "body": body, "kind": answer.content_type})
    return answer


def _record(call: Call, scope: str, key: str, answer: dict | None) -> None:
    call.instance.record("key", {"scope": scope, "key": key, "answer": answer})
