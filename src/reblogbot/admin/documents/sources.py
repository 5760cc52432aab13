"""The documents of `sources`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from reblogbot.admin.documents.instants import instant_json

if TYPE_CHECKING:
    from reblogbot.admin.source_list import ListedSource


class SourceRow(TypedDict):
    """A configured source: its last poll, and its new entries and posts of the last seven days."""

    name: str
    kind: str
    url: str
    to: list[str]
    enabled: bool
    state: str
    last_poll_at: str | None
    next_poll_at: str | None
    new_7d: int
    sent_7d: int
    failures: int
    error: str


class SourcesDocument(TypedDict):
    """The result of `sources list`."""

    sources: list[SourceRow]


class SourceChangeDocument(TypedDict):
    """The result of a command that changes sources."""

    action: Literal["add", "set", "unset", "pause", "resume", "rename", "remove"]
    sources: list[str]
    """The sources that the command concerns, with their new names."""
    changed: bool
    """Whether the config is changed; with --dry-run, whether it would be."""
    dry_run: bool
    difference: str
    """The unified difference of the config with --dry-run, else ""."""


def sources_json(sources: Iterable[ListedSource]) -> SourcesDocument:
    """The result of `sources list`."""
    return {"sources": [_source_row(source) for source in sources]}


def _source_row(source: ListedSource) -> SourceRow:
    status = source.status
    return {
        "name": status.name,
        "kind": status.kind,
        "url": status.url,
        "to": list(source.to),
        "enabled": source.enabled,
        "state": status.state,
        "last_poll_at": instant_json(status.last_poll_at),
        "next_poll_at": instant_json(status.next_poll_at),
        "new_7d": source.new,
        "sent_7d": source.sent,
        "failures": status.failures,
        "error": status.error,
    }


def source_change_json(
    action: Literal["add", "set", "unset", "pause", "resume", "rename", "remove"],
    names: Sequence[str],
    *,
    is_changed: bool,
    is_dry_run: bool,
    difference: str = "",
) -> SourceChangeDocument:
    """The result of a command that changes sources."""
    return {
        "action": action,
        "sources": list(names),
        "changed": is_changed,
        "dry_run": is_dry_run,
        "difference": difference,
    }
