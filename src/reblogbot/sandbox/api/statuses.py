"""Statuses: post, read, edit and delete them."""

from __future__ import annotations

from reblogbot.sandbox.answers import Reply
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.drafts import edited_fields, new_status
from reblogbot.sandbox.records import Status


def create(call: Call) -> Reply:
    """The new status, or, for a repeated idempotency key, the first one."""
    key = call.headers.get("Idempotency-Key", "")
    if key and call.profile.honours_idempotency_keys:
        use = call.instance.key_use(call.viewer, key)
        if use is not None:
            return show_by_id(call, use.status_id)
    return post(call)


def post(call: Call) -> Reply:
    """The new status, whatever its idempotency key."""
    key = call.headers.get("Idempotency-Key", "")
    status = call.instance.post(call.viewer, key=key, **new_status(call))
    return call.entities.status(status)


def show_by_id(call: Call, status_id: str) -> Reply:
    """Answer with the status of an id. Refused when it was deleted."""
    status = call.instance.find_status(status_id)
    if status is None:
        raise call.refused("not_found")
    return call.entities.status(status)


def show(call: Call) -> Reply:
    return call.entities.status(call.find_status())


def index(call: Call) -> Reply:
    """The statuses of the ids in `id[]`.

    A client that follows a redirect of its POST arrives here by GET and is answered with 200.
    """
    statuses = [call.instance.find_status(str(id_)) for id_ in call.params.many("id")]
    visible = (status for status in statuses if status)
    return call.entities.statuses(s for s in visible if call.instance.may_see(call.account, s))


def _own_status(call: Call) -> Status:
    status = call.find_status()
    if status.account_id != call.viewer.id:
        raise call.refused("not_found")
    return status


def edit(call: Call) -> Reply:
    status = _own_status(call)
    if status.boost_of:
        raise call.refused("not_found")
    call.instance.edit(status, **edited_fields(call, status))
    return call.entities.status(status)


def delete(call: Call) -> Reply:
    """The deleted status, with its text as it was written."""
    status = _own_status(call)
    entity = call.entities.status(status) | {"text": status.text}
    call.instance.delete(status)
    return entity


_STATUSES = "/api/v1/statuses"
_STATUS = f"{_STATUSES}/{{id}}"
ROUTES = (
    Route("POST", _STATUSES, create, "write:statuses"),
    Route("GET", _STATUSES, index, "read:statuses", is_open=True),
    Route("GET", _STATUS, show, "read:statuses", is_open=True),
    Route("PUT", _STATUS, edit, "write:statuses"),
    Route("DELETE", _STATUS, delete, "write:statuses"),
)
