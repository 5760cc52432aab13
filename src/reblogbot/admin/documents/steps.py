"""The documents of `step`, and the rows about steps in others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypedDict

from reblogbot.admin.documents.instants import instant_json
from reblogbot.model import StepState

if TYPE_CHECKING:
    from reblogbot.engine.step_states import StepStatus
    from reblogbot.store.steps import StepRecord, StepUsage


class StepRow(TypedDict):
    """The state of a step of the config."""

    name: str
    done_24h: int
    """How many results it returned in the last 24 hours."""
    waiting: int
    """How many deliveries wait for it."""
    failed: int
    """How many deliveries are held because it returned no result."""
    state: StepState
    reason: str
    """Why it is not ok."""


class UsageRow(TypedDict):
    """What the results of a step took; null where its service does not tell."""

    tokens_in: int | None
    tokens_out: int | None
    cost: float | None


class ListedStepRow(StepRow):
    """A step with its kind, its place, and what it took."""

    kind: Literal["chat", "command"]
    model: str
    """The model; empty for a command."""
    command: str
    """The program that it starts; empty for a model."""
    host: str
    """The host of its service, with its port; empty for a command."""
    sources: list[str]
    """The sources that have it."""
    calls_24h: int
    per_day: int
    paused_until: str | None
    """When it is asked again; null where that is not known, or where it is asked now."""
    last_24h: UsageRow
    last_30d: UsageRow


class StepsDocument(TypedDict):
    """The steps of the config."""

    steps: list[ListedStepRow]


class StepResultRow(TypedDict):
    """What a step was asked about an entry, and what it returned."""

    step: str
    state: Literal["done", "failed", "running"]
    at: str | None
    """When it was asked last."""
    seconds: float | None
    """How long that took."""
    size_in: int
    """The size of the prompt in characters."""
    size_out: int
    """The size of the result in characters."""
    model: str
    tokens_in: int | None
    tokens_out: int | None
    cost: float | None
    prompt: str
    """The template of the prompt, or the program of the command."""
    text: str
    title: str
    error: str
    retry_at: str | None
    """When a call that failed is made again; null for never, or where it did not fail."""


class StepRunDocument(StepResultRow):
    """The result of `step run`: of which entry it is, and whether it was stored already."""

    source: str
    link: str
    stored: bool
    remarks: list[str]


def step_row(status: StepStatus) -> StepRow:
    """The state of a step, for `status`."""
    return {
        "name": status.name,
        "done_24h": status.tally.done,
        "waiting": status.tally.waiting,
        "failed": status.tally.failed,
        "state": status.state,
        "reason": status.reason,
    }


def steps_json(statuses: Iterable[StepStatus]) -> StepsDocument:
    """The result of `step list`."""
    return {"steps": [_listed(status) for status in statuses]}


def _listed(status: StepStatus) -> ListedStepRow:
    is_chat = status.kind == "chat"
    return {
        **step_row(status),
        "kind": "chat" if is_chat else "command",
        "model": status.program if is_chat else "",
        "command": "" if is_chat else status.program,
        "host": status.host,
        "sources": list(status.sources),
        "calls_24h": status.tally.calls,
        "per_day": status.per_day,
        "paused_until": instant_json(status.paused_until),
        "last_24h": _usage(status.day),
        "last_30d": _usage(status.month),
    }


def _usage(usage: StepUsage) -> UsageRow:
    return {
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cost": usage.cost,
    }


def step_result_json(record: StepRecord) -> StepResultRow:
    """What a step returned for an entry, as the store has it."""
    state: Literal["done", "failed", "running"] = "running"
    if record.state != "running":
        state = "done" if record.state == "done" else "failed"
    return {
        "step": record.step,
        "state": state,
        "at": instant_json(record.called_at),
        "seconds": record.seconds,
        "size_in": record.input_size,
        "size_out": len(record.text),
        "model": record.model,
        "tokens_in": record.tokens_in,
        "tokens_out": record.tokens_out,
        "cost": record.cost,
        "prompt": record.prompt,
        "text": record.text,
        "title": record.title,
        "error": record.error,
        "retry_at": instant_json(record.due),
    }
