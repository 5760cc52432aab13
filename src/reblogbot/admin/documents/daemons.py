"""Daemons, and the document of `health`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypedDict

from reblogbot.admin.documents.instants import instant_json

if TYPE_CHECKING:
    from reblogbot.store.daemons import DaemonRecord


class DaemonRow(TypedDict):
    """A daemon that runs on the store."""

    version: str
    since: str
    host: str
    last_round_at: str | None
    pid: int
    state: Literal["ok", "hangs"]


class HealthDocument(TypedDict):
    """Whether a daemon runs on this machine and does its rounds."""

    healthy: bool
    daemons: list[DaemonRow]


def daemon_json(daemon: DaemonRecord, now: datetime) -> DaemonRow:
    """A daemon as `status`, `health` and `sync` show it."""
    return {
        "version": daemon.version,
        "since": instant_json(daemon.since),
        "host": daemon.host,
        "last_round_at": instant_json(daemon.last_round_at),
        "pid": daemon.pid,
        "state": "hangs" if daemon.is_stalled(now) else "ok",
    }


def health_json(
    daemons: Iterable[DaemonRecord], now: datetime, *, is_healthy: bool
) -> HealthDocument:
    """The result of `health`."""
    return {"healthy": is_healthy, "daemons": [daemon_json(daemon, now) for daemon in daemons]}
