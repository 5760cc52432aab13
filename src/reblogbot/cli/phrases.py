"""Times, counts and waits in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reblogbot.core.waits import Wait
    from reblogbot.model import AccountState, Post, SourceState
    from reblogbot.store.daemons import DaemonRecord
    from reblogbot.store.steps import StepRecord


def counted(number: int, noun: str) -> str:
    """`1 source`, `2 sources`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def source_state_text(state: SourceState) -> str:
    """The state of a source in words: `paused`, and `failing` for one that is tried again later."""
    return {"disabled": "paused", "retry_later": "failing"}.get(state, state)


def account_state_text(state: AccountState) -> str:
    """The state of an account in words: `no token`."""
    return state.replace("_", " ")


def ago(then: datetime | None, now: datetime) -> str:
    """The time since an instant: `12s ago`, `3h ago`, `in 15m`, or `never` for None."""
    if then is None:
        return "never"
    seconds = int((now - then).total_seconds())
    span = _span(abs(seconds))
    return f"{span} ago" if seconds >= 0 else f"in {span}"


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def local_time(then: datetime | None, now: datetime) -> str:
    """`17:32 (in 15m)` in the local zone, with the date if it is not today; `never` for None."""
    if then is None:
        return "never"
    local = then.astimezone()
    pattern = "%H:%M" if local.date() == now.astimezone().date() else "%Y-%m-%d %H:%M"
    return f"{local:{pattern}} ({ago(then, now)})"


def until(then: datetime, now: datetime) -> str:
    """`until 17:32 (in 15m)`."""
    return f"until {local_time(then, now)}"


def wait_text(wait: Wait, now: datetime) -> str:
    """Why a delivery waits, and until when: `hourly limit, until 17:32 (in 15m)`."""
    return f"{wait.cause}, {until(wait.until, now)}" if wait.until else wait.cause


def step_facts(record: StepRecord) -> str:
    """What a call of a step took: `qwen3:8b, 3.1 s, 900 characters in, 210 out, …`."""
    tokens = (record.tokens_in, record.tokens_out)
    facts = [
        record.model,
        f"{record.seconds:.1f} s" if record.seconds is not None else "",
        f"{record.input_size} characters in, {len(record.text)} out" if record.input_size else "",
        f"{tokens[0] or 0} + {tokens[1] or 0} tokens" if any(tokens) else "",
        f"cost {record.cost:.4f}" if record.cost is not None else "",
    ]
    return ", ".join(filter(None, facts))


def action_text(post: Post) -> str:
    """The action of a post, or `reply` for a reply to a post of the bot."""
    return "reply" if post.action == "post" and post.is_follow_up else post.action


def post_label(post: Post) -> str:
    """The link or status of a post; the beginning of its text where it has neither."""
    return post.link or post.uri or post.text.partition("\n")[0][:60]


def daemon_lines(daemons: list[DaemonRecord], now: datetime, where: str) -> list[str]:
    """A line for each daemon, or one that says that none is running."""
    if not daemons:
        return [f"daemon: none is running {where}"]
    return [
        f"daemon: reblogbot {daemon.version} on {daemon.host} (process {daemon.pid}), started "
        f"{ago(daemon.since, now)}, last round {ago(daemon.last_round_at, now)}"
        + ("; IT HANGS: restart it, nothing is lost" if daemon.is_stalled(now) else "")
        for daemon in daemons
    ]
