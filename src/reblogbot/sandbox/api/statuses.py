"""Statuses: post, read, edit, delete, and schedule them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from reblogbot.sandbox.drafts import checked_draft, scheduled_for
from reblogbot.sandbox.entities import Entities, Entity, iso
from reblogbot.sandbox.keys import once
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Edit, Schedule, Status
from reblogbot.sandbox.wire import Call, Reply, Route, refuse
from reblogbot.sandbox.world import World

SOONEST = timedelta(minutes=5)


def create(call: Call) -> Reply:
    at = scheduled_for(call)
    if at is not None and at > call.world.now():
        if call.profile.scheduling == "real":
            # Mastodon's schedules know nothing of keys: issue 30039
            return _schedule(call, at, checked_draft(call))
    elif not call.profile.backdates:
        at = None
    return once(call, lambda room, key: _post(call, room, key, at))


def _post(call: Call, room: str, key: str, created_at: datetime | None) -> Entity:
    draft = checked_draft(call)
    key = key or call.headers.get("Idempotency-Key", "")
    status = call.world.post(call.viewer, key=key, room=room, created_at=created_at, **draft)
    return call.show.status(status)


def _schedule(call: Call, at: datetime, draft: dict[str, Any]) -> Entity:
    if at < call.world.now() + SOONEST:
        words = "Validation failed: Scheduled at The scheduled date must be in the future"
        raise refuse(No(422, words=words))
    schedule = Schedule(str(call.world.rank()), call.viewer.id, at, draft)
    call.world.record("schedule", schedule)
    return call.show.schedule(schedule)


def publish_due(world: World) -> None:
    """Post what was scheduled for now or earlier."""
    now = world.now()
    for schedule in sorted(world.state.schedules.values(), key=lambda s: s.at):
        if schedule.at <= now:
            account = world.state.accounts[schedule.account_id]
            world.record("schedule_gone", {"id": schedule.id})
            world.post(account, created_at=schedule.at, **schedule.fields)


def show(call: Call) -> Reply:
    return call.show.status(call.find_status())


def several(call: Call) -> Reply:
    found = [call.world.find_status(str(asked)) for asked in call.params.many("id")]
    return call.show.statuses(s for s in found if s and call.world.may_see(call.account, s))


def _own(call: Call) -> Status:
    status = call.find_status()
    if status.account_id != call.viewer.id:
        raise refuse(call.profile.deleted)
    return status


def edit(call: Call) -> Reply:
    status = _own(call)
    if status.boost_of:
        raise refuse(call.profile.deleted)
    call.world.edit(status, **checked_draft(call, status))
    return call.show.status(status)


def delete(call: Call) -> Reply:
    """The status as it was, with the text it was written as."""
    status = _own(call)
    shown = call.show.status(status) | {"text": status.text}
    call.world.delete(status)
    return shown


def history(call: Call) -> Reply:
    if call.profile.history:
        raise refuse(call.profile.history)
    status = call.find_status()
    present = Edit(
        status.text, status.spoiler, status.sensitive, status.media, _last_change(status)
    )
    return [_form(call.show, status, form) for form in (*status.edits, present)]


def _last_change(status: Status) -> datetime:
    return status.edited_at or status.created_at


def _form(show: Entities, status: Status, form: Edit) -> Entity:
    text = Status(status.id, status.rank, status.account_id, form.at, text=form.text)
    return {
        "content": show.world.html(text),
        "spoiler_text": form.spoiler,
        "sensitive": form.sensitive,
        "created_at": iso(form.at),
        "account": show.account(show.state.accounts[status.account_id]),
        "media_attachments": [show.media(show.state.media[m]) for m in form.media],
        "emojis": [],
        "poll": None,
    }


def source(call: Call) -> Reply:
    status = _own(call)
    return {"id": status.id, "text": status.text, "spoiler_text": status.spoiler}


def context(call: Call) -> Reply:
    status = call.find_status()
    statuses = call.world.state.statuses
    above: list[Status] = []
    parent = statuses.get(status.reply_to)
    while parent is not None and call.world.may_see(call.account, parent):
        above.insert(0, parent)
        parent = statuses.get(parent.reply_to)
    below = call.show.statuses(_below(call, status))
    return {"ancestors": call.show.statuses(above), "descendants": below}


def _below(call: Call, status: Status) -> list[Status]:
    """All replies, each before its own replies."""
    found: list[Status] = []
    for reply in call.world.state.replies[status.id]:
        answer = call.world.state.statuses[reply]
        if call.world.may_see(call.account, answer):
            found += [answer, *_below(call, answer)]
    return found


def quotes(call: Call) -> Reply:
    state = call.world.state
    return call.show.statuses(state.statuses[i] for i in state.quotes[call.find_status().id])


def schedules(call: Call) -> Reply:
    own = (s for s in call.world.state.schedules.values() if s.account_id == call.viewer.id)
    return [call.show.schedule(schedule) for schedule in own]


def _own_schedule(call: Call) -> Schedule:
    found = call.world.state.schedules.get(call.places["id"])
    if found is None or found.account_id != call.viewer.id:
        raise refuse(call.profile.deleted)
    return found


def schedule(call: Call) -> Reply:
    return call.show.schedule(_own_schedule(call))


def unschedule(call: Call) -> Reply:
    call.world.record("schedule_gone", {"id": _own_schedule(call).id})
    return {}


STATUSES = "/api/v1/statuses"
ONE = f"{STATUSES}/{{id}}"
ROUTES = (
    Route("POST", STATUSES, create, "write:statuses"),
    Route("GET", STATUSES, several, "read:statuses", open=True),
    Route("GET", ONE, show, "read:statuses", open=True),
    Route("PUT", ONE, edit, "write:statuses"),
    Route("DELETE", ONE, delete, "write:statuses"),
    Route("GET", f"{ONE}/history", history, "read:statuses", open=True),
    Route("GET", f"{ONE}/source", source, "read:statuses"),
    Route("GET", f"{ONE}/context", context, "read:statuses", open=True),
    Route("GET", f"{ONE}/quotes", quotes, "read:statuses"),
    Route("GET", "/api/v1/scheduled_statuses", schedules, "read:statuses"),
    Route("GET", "/api/v1/scheduled_statuses/{id}", schedule, "read:statuses"),
    Route("DELETE", "/api/v1/scheduled_statuses/{id}", unschedule, "write:statuses"),
)
