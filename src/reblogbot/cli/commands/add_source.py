"""`sources add`: a new source for an address, shown before it is written."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

from reblogbot import app
from reblogbot.admin import new_source
from reblogbot.admin.documents.sources import source_added_json
from reblogbot.admin.new_source import AddressContent, SourceCandidate
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin.source_import import NewSource, plan_import, target_accounts
from reblogbot.cli.commands.preview import print_planned
from reblogbot.cli.commands.sources import key_values
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.phrases import counted
from reblogbot.cli.progress import progress
from reblogbot.cli.questions import choose, is_confirmed, require_answer
from reblogbot.config.load import read_text
from reblogbot.config.settings import Config
from reblogbot.engine.preview import Preview
from reblogbot.errors import ConfigError, Exit

_LISTED_SOURCES = 20


def run(options: argparse.Namespace) -> int:
    """Add a source to the config."""
    require_answer(options)
    values = key_values(options.values)
    toml = read_text(options.config)
    config = app.load_config(options.config, toml)
    to = _targets(options, config, toml)
    via = new_source.default_reader(config, toml, to)
    content = _content(options, config, via)
    planned = Preview()
    if content.feeds:
        sources = _sources_of_opml(options, config, content, to)
    else:
        chosen = _chosen(options, content.sources)
        sources = [new_source.new_source(config, chosen, to, values, options.name)]
    change = new_source.add_sources(options.config, toml, sources)
    new_config = change.check()
    if not content.feeds:
        planned = _preview(options, new_config, sources[0])
    if not options.json:
        _print_new(sources, planned)
    if not (options.yes or options.dry_run) and not is_confirmed(_question(sources)):
        print_lines("nothing was added")
        return Exit.OK
    if not options.dry_run:
        change.save()
    _report(options, change, sources, planned)
    return Exit.OK


def _targets(options: argparse.Namespace, config: Config, toml: str) -> list[str]:
    """The accounts for `to`; a person is asked where the config leaves it open."""
    try:
        return target_accounts(config, toml, options.to)
    except ConfigError as error:
        if error.slug != "usage" or options.yes or options.dry_run or not config.accounts:
            raise
    names = list(config.accounts)
    return [names[choose("Which account shall post?", names)]]


def _content(options: argparse.Namespace, config: Config, via: str) -> AddressContent:
    """What is at the address. Raises ReblogbotError."""
    address = options.url.strip()
    if options.kind:
        return AddressContent([new_source.of_kind(options.kind, address, via)])
    source = new_source.by_its_form(address, via)
    if source is not None:
        return AddressContent([source])
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        on_progress("looking for feeds", 0, 0)
        return asyncio.run(new_source.fetch_content(address, config))


def _chosen(options: argparse.Namespace, sources: Sequence[SourceCandidate]) -> SourceCandidate:
    """The source that the person chooses; the first one where no question can be asked."""
    if len(sources) == 1:
        return sources[0]
    labels = [f"{source.url}  {source.title}" for source in sources]
    if options.yes or options.dry_run:
        if not options.json:
            print_lines("The page has several feeds; this is the first:", *labels, "")
        return sources[0]
    return sources[choose("Which feed?", labels)]


def _sources_of_opml(
    options: argparse.Namespace, config: Config, content: AddressContent, to: Sequence[str]
) -> Sequence[NewSource]:
    if options.name or options.values:
        message = "this is an OPML document with many feeds: --name and KEY=VALUE are for one"
        raise ConfigError("usage", message)
    plan = plan_import(config, content.feeds, to)
    if not plan.added:
        number = counted(len(content.feeds), "feed")
        message = f"nothing to add: of {number} in this OPML document none is new"
        raise ConfigError("source_exists", message)
    return plan.added


def _preview(options: argparse.Namespace, config: Config, source: NewSource) -> Preview:
    with progress(quiet=options.json, as_json=options.json_progress) as on_progress:
        on_progress("reading the newest entries", 0, 0)
        return asyncio.run(new_source.preview_newest(config, source.name))


def _print_new(sources: Sequence[NewSource], planned: Preview) -> None:
    for source in sources[:_LISTED_SOURCES]:
        table = source.table
        read = source.url or table.get("acct") or table.get("tag") or table.get("list") or ""
        print_lines(f"{source.name}: {table['kind']} {read}".rstrip())
    if len(sources) > _LISTED_SOURCES:
        print_lines(f"… and {len(sources) - _LISTED_SOURCES} more")
    print_lines("")
    for each in planned.posts:
        print_planned(each, planned.beginnings)
    for error in planned.errors:
        print_lines(f"! its entries cannot be read now: {error['error']}")
    if not planned.posts and not planned.errors and len(sources) == 1:
        reasons = sorted({refusal["reason"] for refusal in planned.refused})
        filtered = f"; filtered: {', '.join(reasons[:3])}" if reasons else ""
        print_lines(f"none of its entries would be posted now{filtered}")


def _question(sources: Sequence[NewSource]) -> str:
    return f"Add {'it' if len(sources) == 1 else counted(len(sources), 'source')}?"


def _report(
    options: argparse.Namespace,
    change: ConfigChange,
    sources: Sequence[NewSource],
    planned: Preview,
) -> None:
    if options.json:
        print_json(
            source_added_json(
                sources,
                planned,
                is_dry_run=options.dry_run,
                difference=change.difference if options.dry_run else "",
            )
        )
    elif options.dry_run:
        print_lines(*change.difference.splitlines(), "nothing was written (--dry-run)")
    else:
        added = sources[0].name if len(sources) == 1 else counted(len(sources), "source")
        first = "the first poll remembers what is there" if _starts_with_none(sources) else ""
        print_lines(f"Added {added} to {change.path}{f'; {first}' if first else ''}.")


def _starts_with_none(sources: Sequence[NewSource]) -> bool:
    return all("first" not in source.table for source in sources)
