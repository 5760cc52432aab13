"""When this process next has something to do (docs/adr/0035)."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import waits
from reblogbot.core.queue_order import lookback
from reblogbot.core.waits import AccountFacts
from reblogbot.engine.account import TOKEN
from reblogbot.engine.accounts import Accounts
from reblogbot.runtime import lease_owner
from reblogbot.store import Store
from reblogbot.store.records import AccountRecord


@dataclass(frozen=True, slots=True)
class NextWork:
    """The first instants at which a source may be polled, accounts be tried, and steps be run.

    What is past is due. None, or no account, means that only a change of the store, of the config
    or of a token can make anything due.
    """

    poll_at: datetime | None
    send_at: Mapping[str, datetime]
    steps_at: datetime | None = None


def read(
    store: Store,
    config: Config,
    accounts: Accounts,
    names: Container[str],
    now: datetime,
    read_steps: Callable[[Store, datetime], datetime | None],
) -> NextWork:
    """The next work on these sources, and on the enabled accounts of the config.

    Nothing can be polled or sent before these instants unless something changes. They may be too
    early: at them the store is asked again. `read_steps` says when steps may be run.
    """
    stopped_at = store.outbox.stopped_at()
    send_at = {}
    for record in store.outbox.open_accounts():
        settings = config.accounts.get(record.name)
        if settings is None or not settings.enabled:
            continue
        free_at = lease_owner.earliest_end(record.lease_owner, record.lease_until, store.owner, now)
        if store.outbox.is_sending(record.name):
            # left by a process that died, or by one that still has the lease
            send_at[record.name] = free_at
            continue
        state = _account_state(store, config, accounts, record, stopped_at, now)
        at = waits.next_attempt(store.outbox.queue_heads(record.name), config, state)
        if at is not None:
            send_at[record.name] = max(at, free_at)
    return NextWork(store.sources.next_due(names, now), send_at, read_steps(store, now))


def no_steps(_store: Store, _now: datetime) -> datetime | None:
    """Return None: the config has no steps."""
    return None


def _account_state(
    store: Store,
    config: Config,
    accounts: Accounts,
    record: AccountRecord,
    stopped_at: datetime | None,
    now: datetime,
) -> AccountFacts:
    """What decides when the account may send. A new token ends the pause for the old one."""
    has_new_token = record.cause == TOKEN and (
        accounts[record.name].token_mark() not in ("", record.token_mark)
    )
    doubts, retractions = store.outbox.doubts_and_retractions(record.name)
    return AccountFacts(
        settings=config.accounts[record.name],
        now=now,
        stopped_at=stopped_at,
        paused_until=None if has_new_token else record.paused_until,
        doubt_until=max((doubt.due for doubt in doubts), default=None),
        retraction_due=min((retraction.due for retraction in retractions), default=None),
        sent=store.publications.sent(record.name, now - lookback(config)),
    )
