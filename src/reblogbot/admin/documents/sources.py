"""The documents of `sources`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from reblogbot.admin.documents.instants import instant_json
from reblogbot.admin.documents.preview import PlannedPostRow, planned_post_json
from reblogbot.engine.preview import FailedSource

if TYPE_CHECKING:
    from reblogbot.admin.source_import import NewSource
    from reblogbot.admin.source_list import ListedSource
    from reblogbot.engine.preview import Preview


class SourceRow(TypedDict):
    """A configured source: its last poll, and its numbers of the last seven and thirty days.

    Filtered are the new entries that were queued for no account; failed are posts that were given
    up.
    """

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
    failing_since: str | None
    new_30d: int
    sent_30d: int
    filtered_7d: int
    filtered_30d: int
    failed_7d: int
    failed_30d: int


class SourcesDocument(TypedDict):
    """The result of `sources list`."""

    sources: list[SourceRow]


class SourceChangeDocument(TypedDict):
    """The result of a command that changes sources."""

    action: Literal["set", "unset", "pause", "resume", "rename", "remove"]
    sources: list[str]
    """The sources that the command concerns, with their new names."""
    changed: bool
    """Whether the config is changed; with --dry-run, whether it would be."""
    dry_run: bool
    difference: str
    """The unified difference of the config with --dry-run, else ""."""


class NewSourceRow(TypedDict):
    """A source that is added."""

    name: str
    kind: str
    url: str
    to: list[str]
    """Empty if [defaults] has the accounts."""


class SourceAddedDocument(TypedDict):
    """The result of `sources add`. An OPML document has several sources, and no posts."""

    sources: list[NewSourceRow]
    changed: bool
    """Whether the config is changed; with --dry-run, whether it would be."""
    dry_run: bool
    difference: str
    """The unified difference of the config with --dry-run, else ""."""
    posts: list[PlannedPostRow]
    """The newest entries as they would be posted."""
    errors: list[FailedSource]


def sources_json(sources: Iterable[ListedSource]) -> SourcesDocument:
    """The result of `sources list`."""
    return {"sources": [_source_row(source) for source in sources]}


def _source_row(source: ListedSource) -> SourceRow:
    status, counts = source.status, source.counts
    return {
        "name": status.name,
        "kind": status.kind,
        "url": status.url,
        "to": list(source.to),
        "enabled": source.enabled,
        "state": status.state,
        "last_poll_at": instant_json(status.last_poll_at),
        "next_poll_at": instant_json(status.next_poll_at),
        "new_7d": sum(counts.new[:7]),
        "sent_7d": sum(counts.posted[:7]),
        "failures": status.failures,
        "error": status.error,
        "failing_since": instant_json(status.failing_since),
        "new_30d": sum(counts.new),
        "sent_30d": sum(counts.posted),
        "filtered_7d": sum(counts.filtered[:7]),
        "filtered_30d": sum(counts.filtered),
        "failed_7d": sum(counts.failed[:7]),
        "failed_30d": sum(counts.failed),
    }


def source_change_json(
    action: Literal["set", "unset", "pause", "resume", "rename", "remove"],
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


def source_added_json(
    sources: Iterable[NewSource], planned: Preview, *, is_dry_run: bool, difference: str = ""
) -> SourceAddedDocument:
    """The result of `sources add`."""
    return {
        "sources": [
            {
                "name": source.name,
                "kind": str(source.table["kind"]),
                "url": source.url,
                "to": list(source.table.get("to", [])),
            }
            for source in sources
        ],
        "changed": True,
        "dry_run": is_dry_run,
        "difference": difference,
        "posts": list(map(planned_post_json, planned.posts)),
        "errors": planned.errors,
    }
