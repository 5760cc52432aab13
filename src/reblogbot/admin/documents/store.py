"""The documents of the commands that keep the store: `prune`, `backup`, `copy-store`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pathlib import Path

    from reblogbot.store.copying import CopyResult


class PruneDocument(TypedDict):
    """How much was deleted."""

    keys: int
    entries: int
    deliveries: int


BackupDocument = TypedDict("BackupDocument", {"from": str, "to": str})
BackupDocument.__doc__ = "From which store to which file was copied."


class CopyDocument(BackupDocument):
    """From which store to which was copied, and how many rows of each table."""

    rows: dict[str, int]


def backup_json(store: str, copy: Path) -> BackupDocument:
    """The result of `backup`."""
    return {"from": store, "to": str(copy)}


def copy_json(result: CopyResult) -> CopyDocument:
    """The result of `copy-store`."""
    return {"from": result.source, "to": result.target, "rows": result.rows}
