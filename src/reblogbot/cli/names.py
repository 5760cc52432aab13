"""Names of accounts and sources on the command line."""

from __future__ import annotations

import argparse

from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError, unknown_name_message
from reblogbot.store import Store


def check_names(options: argparse.Namespace, config: Config, store: Store) -> None:
    """Raise ConfigError for an account or source that is neither in the config nor in the store."""
    if options.account is not None:
        stored = [record.name for record in store.outbox.accounts()]
        accounts = dict.fromkeys([*config.accounts, *stored])
        if options.account not in accounts:
            raise ConfigError(
                "account_unknown", unknown_name_message("account", options.account, accounts)
            )
    # the store is asked only for this name: it may know very many removed sources
    if options.source in (None, *config.sources) or store.sources.of([options.source]):
        return
    raise ConfigError(
        "source_unknown", unknown_name_message("source", options.source, config.sources)
    )
