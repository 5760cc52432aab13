"""`sources import`: feeds of an OPML document, or of another bot with what it has posted."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reblogbot import app
from reblogbot.admin.documents.source_import import import_document
from reblogbot.admin.source_import import (
    ImportPlan,
    OmittedFeed,
    imported_text,
    plan_import,
    read_opml,
    target_accounts,
)
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.progress import progress
from reblogbot.config.load import read_text
from reblogbot.config.saving import difference
from reblogbot.errors import ConfigError, Exit
from reblogbot.sources.feed.opml import MAX_BYTES

if TYPE_CHECKING:
    from reblogbot.admin.bot_import import BotImport

_MAX_LISTED = 10
"""Feeds of each kind that are named one by one; --json has all."""


def run(options: argparse.Namespace) -> int:
    """Add the feeds to the config."""
    return _import_bot(options) if options.bot else _import_opml(options)


def _import_opml(options: argparse.Namespace) -> int:
    toml = read_text(options.config)
    config = app.load_config(options.config, toml)
    to = target_accounts(config, toml, options.to)
    content = _read(options.file)
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        on_progress("reading", 0, 0)
        feeds = asyncio.run(read_opml(options.file, content, with_tags=options.tags))
        plan = plan_import(config, feeds, to, is_paused=options.pause, on_progress=on_progress)
        after = imported_text(toml, plan.added) if plan.added else toml
        on_progress("checking the config", 0, 0)
        _save(options, toml, after)
    _print(options, plan, toml, after)
    has_feeds = plan.added or plan.existing or plan.doubles
    return Exit.OK if has_feeds else Exit.FAILED


def _import_bot(options: argparse.Namespace) -> int:
    # an OPML document needs neither
    from reblogbot.admin.bot_import import import_bot, read_bot  # noqa: PLC0415

    if options.tags:
        raise ConfigError("usage", "--tags is for OPML; --from takes over the bot's own tags")
    toml = read_text(options.config)
    config = app.load_config(options.config, toml)
    if options.file == "-":
        raise ConfigError("usage", f"--from {options.bot} needs the path of that bot's config")
    bot = read_bot(options.bot, Path(options.file).expanduser())
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        result = asyncio.run(
            import_bot(
                config, toml, bot, options.to,
                is_paused=options.pause, is_dry_run=options.dry_run, on_progress=on_progress,
            )
        )  # fmt: skip
        _save(options, toml, result.toml)
    _print(options, result.plan, toml, result.toml, result)
    return Exit.FAILED if result.failed else Exit.OK


def _read(written: str) -> bytes:
    """The bytes of a file, or of stdin for "-". Raises ConfigError."""
    try:
        if written == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(written).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError("opml_unreadable", f"{written}: no such file") from error
    except (OSError, AttributeError, ValueError) as error:
        # without a stdin Python has no object for it, or a closed one
        reason = getattr(error, "strerror", None) or "it is closed"
        raise ConfigError("opml_unreadable", f"{written}: cannot be read: {reason}") from error
    if not content.strip():
        raise ConfigError("opml_unreadable", f"{written}: is empty")
    return content


def _save(options: argparse.Namespace, before: str, after: str) -> None:
    """Write the config, or only check it with --dry-run. Raises ConfigError."""
    if after == before:
        return
    if options.dry_run:
        app.load_config(options.config, after)
    else:
        app.save_config(options.config, before, after)


def _print(
    options: argparse.Namespace,
    plan: ImportPlan,
    before: str,
    after: str,
    of_bot: BotImport | None = None,
) -> None:
    is_dry_run = options.dry_run
    changes = difference(options.config, before, after) if is_dry_run else ""
    if options.json:
        print_json(import_document(plan, is_dry_run=is_dry_run, changes=changes, of_bot=of_bot))
        return
    print_lines(
        *changes.splitlines(),
        *_listed("cannot be a feed", plan.refused),
        *_listed("listed twice", plan.doubles),
        *_listed("there already", plan.existing),
        *(_bot_lines(of_bot) if of_bot else ()),
        _summary(plan, is_dry_run=is_dry_run),
    )


def _listed(heading: str, feeds: Sequence[OmittedFeed]) -> list[str]:
    """A line for each feed that was left out, with the reason."""
    if not feeds:
        return []
    lines = [f"{heading}:"]
    for feed in feeds[:_MAX_LISTED]:
        label = " ".join(filter(None, (feed.title[:60], feed.url[:200]))) or "(without a title)"
        reason = feed.reason or f"source {feed.source}"
        lines.append(f"  {label}: {reason}")
    if len(feeds) > _MAX_LISTED:
        lines.append(f"  … and {len(feeds) - _MAX_LISTED} more; --json lists all")
    return lines


def _bot_lines(result: BotImport) -> list[str]:
    lines = _listed("could not be read now, and not added; import again later", result.failed)
    if result.untaken:
        lines.append("not taken over:")
        reasons: dict[str, int] = {}
        for each in result.untaken:
            text = f"{each.setting}: {each.reason}"
            reasons[text] = reasons.get(text, 0) + 1
        for text, count in [*reasons.items()][: 2 * _MAX_LISTED]:
            lines.append(f"  {text}" + (f" ({count} feeds)" if count > 1 else ""))
    if not result.has_run:
        lines.append(f"{result.bot} has posted nothing yet: its feeds begin as new ones do")
    elif result.counts:
        learnt = sum(count for count, _ in result.counts.values())
        new = sum(count for _, count in result.counts.values())
        lines.append(
            f"{learnt} entr{'y' if learnt == 1 else 'ies'} noted as posted or old, {new} new: "
            "the next round posts what the filters let through"
        )
        lines.append(f"stop {result.bot} before the next round, or both post")
    return lines


def _summary(plan: ImportPlan, *, is_dry_run: bool) -> str:
    verb = "would be added" if is_dry_run else "added"
    counts = {
        verb: plan.added,
        "there already": plan.existing,
        "listed twice": plan.doubles,
        "no feed": plan.refused,
    }
    parts = [f"{len(feeds)} {name}" for name, feeds in counts.items() if feeds or name == verb]
    return ", ".join(parts)
