"""What `sources import` and `sources export` print with `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

if TYPE_CHECKING:
    from reblogbot.admin.bot_import import BotImport
    from reblogbot.admin.source_import import ImportPlan, NewSource, OmittedFeed


class AddedSource(TypedDict):
    """A source that was added.

    Of another bot's feed also: how many of its entries were noted as posted or old (`learnt`), and
    how many the next round posts (`new`).
    """

    name: str
    url: str
    to: list[str]
    enabled: bool
    tags: list[str]
    learnt: NotRequired[int]
    new: NotRequired[int]


class OmittedSource(TypedDict):
    """A feed that was not added; `source` is the one that has its address, "" for none."""

    title: str
    url: str
    source: str
    reason: str


class UntakenSetting(TypedDict):
    """A setting of another bot that has no equivalent; `feed` is "" for one of all feeds."""

    feed: str
    setting: str
    reason: str


class SourceImportDocument(TypedDict):
    """The result of `sources import`. With `--dry-run`, `difference` is that of the config.

    `bot` is "" for an OPML document. `failed` are feeds of another bot that could not be read:
    they are not added, and another import tries them again.
    """

    bot: Literal["", "feed2toot", "feediverse", "feed2fedi"]
    dry_run: bool
    added: list[AddedSource]
    existing: list[OmittedSource]
    doubles: list[OmittedSource]
    refused: list[OmittedSource]
    failed: list[OmittedSource]
    not_taken_over: list[UntakenSetting]
    difference: str


class SourceExportDocument(TypedDict):
    """The result of `sources export`: `opml` is the document, "" where it was written to `file`."""

    file: str
    feeds: int
    opml: str


def import_document(
    plan: ImportPlan, *, is_dry_run: bool, changes: str, of_bot: BotImport | None = None
) -> SourceImportDocument:
    """The document of an import."""
    counts = of_bot.counts if of_bot else {}
    return {
        "bot": of_bot.bot if of_bot else "",
        "dry_run": is_dry_run,
        "added": [_added(source, counts) for source in plan.added],
        "existing": [_omitted(feed) for feed in plan.existing],
        "doubles": [_omitted(feed) for feed in plan.doubles],
        "refused": [_omitted(feed) for feed in plan.refused],
        "failed": [_omitted(feed) for feed in of_bot.failed] if of_bot else [],
        "not_taken_over": [
            {"feed": each.feed, "setting": each.setting, "reason": each.reason}
            for each in (of_bot.untaken if of_bot else ())
        ],
        "difference": changes,
    }


def _added(source: NewSource, counts: Mapping[str, tuple[int, int]]) -> AddedSource:
    table = source.table
    document: AddedSource = {
        "name": source.name,
        "url": source.url,
        "to": list(table.get("to", ())),
        "enabled": bool(table.get("enabled", True)),
        "tags": list(table.get("tags", ())),
    }
    if source.name in counts:
        document["learnt"], document["new"] = counts[source.name]
    return document


def _omitted(feed: OmittedFeed) -> OmittedSource:
    return {
        "title": feed.title,
        "url": feed.url,
        "source": feed.source,
        "reason": feed.reason,
    }
