"""The move from another bot: its feeds become sources, and what it has posted is not posted again.

The store is written first, and the config last. After a crash in between the new sources are in
the store alone, are not polled, and a repeated import goes on (ADR 0043).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from reblogbot import app
from reblogbot.admin.other_bots.feed2fedi import read_feed2fedi
from reblogbot.admin.other_bots.feed2toot import read_feed2toot
from reblogbot.admin.other_bots.feediverse import read_feediverse
from reblogbot.admin.other_bots.old_bot import (
    BotName,
    OldBot,
    Reader,
    UntakenSetting,
    unreadable,
)
from reblogbot.admin.source_import import (
    ImportPlan,
    OmittedFeed,
    imported_text,
    plan_import,
    target_accounts,
)
from reblogbot.config.settings import Config
from reblogbot.config.urls import read_server_url
from reblogbot.engine.history_import import LearntFeed, import_history
from reblogbot.errors import ConfigError, SourceError
from reblogbot.ports import ProgressCallback, no_progress

READERS: Mapping[BotName, Reader] = {
    "feed2toot": read_feed2toot,
    "feediverse": read_feediverse,
    "feed2fedi": read_feed2fedi,
}


@dataclass(frozen=True, slots=True)
class BotImport:
    """What a move brings: the plan with the feeds that were read, and the new text of the config.

    `counts` has, by source, how many entries were noted as posted or old, and how many are new;
    it is empty where the bot never ran. `failed` are the feeds that could not be read.
    """

    bot: BotName
    plan: ImportPlan
    toml: str
    has_run: bool
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    failed: tuple[OmittedFeed, ...] = ()
    untaken: tuple[UntakenSetting, ...] = ()


async def import_bot(
    config: Config,
    toml: str,
    bot: OldBot,
    to: Sequence[str],
    *,
    is_paused: bool = False,
    is_dry_run: bool = False,
    on_progress: ProgressCallback = no_progress,
) -> BotImport:
    """Note in the store what the bot has posted; the caller writes the config.

    A feed that cannot be read now is left out: what its entries are is not known. Raises
    ConfigError and StoreError.
    """
    accounts = target_accounts(config, toml, to or _accounts_of_server(config, bot))
    # with all sources enabled, so that they can be polled
    plan = plan_import(config, bot.feeds, accounts)
    results: Mapping[str, LearntFeed | SourceError] = {}
    if bot.memory is not None and plan.added:
        memory = replace(bot.memory, last_run=min(bot.memory.last_run, datetime.now(UTC)))
        working = app.load_config(config.path, imported_text(toml, plan.added))
        store = app.open_to_read(working) if is_dry_run else app.open_for_work(working)
        try:
            async with app.running(working, store) as runtime:
                results = await import_history(
                    runtime.engine,
                    [source.name for source in plan.added],
                    memory,
                    is_dry_run=is_dry_run,
                    on_progress=on_progress,
                )
        finally:
            store.close()
    paused = plan_import(config, bot.feeds, accounts, is_paused=is_paused)
    added, failed = [], []
    for source in paused.added:
        result = results.get(source.name)
        if isinstance(result, LearntFeed) or bot.memory is None:
            added.append(source)
        else:
            reason = (
                result.message if result else "its server asked to wait, or another import runs"
            )
            failed.append(OmittedFeed(source.name, source.url, reason=reason))
    return BotImport(
        bot.name,
        replace(paused, added=tuple(added)),
        imported_text(toml, added) if added else toml,
        has_run=bot.memory is not None,
        counts={
            name: (result.learnt, result.new)
            for name, result in results.items()
            if isinstance(result, LearntFeed)
        },
        failed=tuple(failed),
        untaken=bot.untaken,
    )


def read_bot(name: BotName, path: Path) -> OldBot:
    """The bot whose config is at `path`. Raises ConfigError."""
    try:
        is_there = path.exists()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise unreadable(path, "no such file")
    return READERS[name](path)


def _accounts_of_server(config: Config, bot: OldBot) -> list[str]:
    """The config's only account on the bot's server. Raises ConfigError."""
    server = bot.server.strip()
    try:
        server = read_server_url(server if "://" in server else f"https://{server}")
    except ValueError:
        server = ""
    names = [name for name, account in config.accounts.items() if account.server == server]
    if len(names) == 1:
        return names
    which = f"{server} of that bot" if server else "that bot's server"
    if names:
        raise ConfigError(
            "usage", f"several accounts are on {which}: name one with --to: {', '.join(names)}"
        )
    login = f"reblogbot login NAME --server {server or 'URL'}"
    raise ConfigError(
        "account_missing",
        f"no account of the config is on {which}: get a token with `{login}`, or name an account "
        "with --to",
    )
