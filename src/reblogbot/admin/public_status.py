"""Whether the bots work, for everybody: no text, no address of a source, no cause of trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reblogbot.admin.status_report import AccountStatus, account_states
from reblogbot.config.settings import Config
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.store import Store
from reblogbot.store.posted import PostedFilter


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """An account that is in use: its server, whether it can post, and when it did last."""

    name: str
    server: str
    is_well: bool
    last_post_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """The accounts, and the instant at which this was so."""

    accounts: Sequence[PublicAccount]
    at: datetime

    @property
    def is_well(self) -> bool:
        """Whether all accounts can post."""
        return all(account.is_well for account in self.accounts)


def public_status(
    config: Config, store: Store, now: datetime, *, is_daemon_well: bool
) -> PublicStatus:
    """The state at `now`. Nothing is well while posting is stopped or the daemon hangs."""
    can_post = is_daemon_well and store.outbox.stopped_at() is None
    states = account_states(config, store, Waiting(config, store, now), now)
    return PublicStatus(
        [
            _account(state, store, can_post=can_post)
            for state in states
            if state.state != "disabled"
        ],
        now,
    )


def _account(state: AccountStatus, store: Store, *, can_post: bool) -> PublicAccount:
    newest = next(iter(store.posted.newest(PostedFilter(account=state.name), 1)), None)
    return PublicAccount(
        state.name,
        urlsplit(state.server).hostname or "",
        can_post and not state.needs_attention,
        newest.delivery.settled_at if newest else None,
    )
