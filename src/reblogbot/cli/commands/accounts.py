"""`accounts`: list the accounts of the config."""

from __future__ import annotations

import argparse

from reblogbot.admin.account_list import ListedAccount, account_rows
from reblogbot.admin.documents.accounts import accounts_json
from reblogbot.cli.open_store import open_for_reading
from reblogbot.cli.output import print_json, print_lines, print_table, print_wrapped
from reblogbot.cli.phrases import account_state_text
from reblogbot.cli.progress import progress
from reblogbot.errors import Exit

_TOKENS = {"works": "works", "refused": "refused", "missing": "missing", "not_tried": "not tried"}


def run_list(options: argparse.Namespace) -> int:
    """List accounts."""
    config, store = open_for_reading(options)
    try:
        with progress(
            quiet=options.json or not options.online, as_json=options.json_progress
        ) as on_progress:
            rows = account_rows(
                config,
                store,
                store.clock.now(),
                is_online=options.online,
                on_progress=on_progress,
            )
    finally:
        store.close()
    if options.json:
        print_json(accounts_json(rows))
    else:
        _print_rows(rows)
    return Exit.FAILED if any(row.error for row in rows) else Exit.OK


def _print_rows(rows: list[ListedAccount]) -> None:
    if not rows:
        print_lines("There are no accounts; `reblogbot login NAME --server URL` adds one.")
        return
    print_table(
        ("account", "who", "software", "token", "state", "24h", "waiting"),
        [
            (
                row.name,
                row.acct or row.server,
                row.software,
                _TOKENS[row.token],
                account_state_text(row.state),
                str(row.sent_24h),
                str(row.waiting),
            )
            for row in rows
        ],
    )
    for row in rows:
        if row.reason:
            print_wrapped(f"{row.name}: {row.reason}", 2)
