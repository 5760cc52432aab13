"""The accounts of a config: who they are, whether their tokens work, what they send."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from reblogbot.admin.login import identify
from reblogbot.admin.status_report import AccountStatus, account_states
from reblogbot.app import make_target
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.config.tokens import (
    TokenRecord,
    missing_token_reason,
    read_token,
    token_digest,
    token_record,
)
from reblogbot.core import pacing, waits
from reblogbot.core.pace_day import MAX_PLANNED, PaceDay, pace_day
from reblogbot.core.pacing import PaceLimit
from reblogbot.core.queue_order import DAY
from reblogbot.core.waits import AccountFacts
from reblogbot.engine.account import TOKEN
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import ReblogbotError, TargetError, Unauthorised
from reblogbot.model import OPEN_STATES, AccountState, DeliveryState, TokenState
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.runtime.clock import SystemClock
from reblogbot.store import Store
from reblogbot.store.records import AccountRecord

HOUR = timedelta(hours=1)
MAX_SERVERS = 16
"""How many servers are asked at a time."""


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account of the config; `acct` and `software` are "" where they are not known.

    Without asking the server, `token` is "refused" where the server refused it last, else
    "not_tried". `error` says what failed when the server was to be asked. `next_slot` is when one
    more post may go out, delayed by the `limit` of the account's pace; None where none may.
    """

    name: str
    server: str
    acct: str
    software: str
    state: AccountState
    reason: str
    token: TokenState
    sent_1h: int
    sent_24h: int
    waiting: int
    paused_until: datetime | None = None
    next_slot: datetime | None = None
    limit: PaceLimit = ""
    error: str = ""

    @property
    def needs_attention(self) -> bool:
        """Whether an admin must act. A pause that ends by itself is no trouble."""
        if self.state == "disabled":
            return False
        is_refused = self.token == "refused"  # noqa: S105 - a state, no secret
        return is_refused or self.state in {"no_token", "stalled"}


@dataclass(frozen=True, slots=True)
class _TokenAnswer:
    """What is known of an account's token."""

    token: TokenState
    record: TokenRecord = field(default_factory=TokenRecord)
    error: str = ""


def account_rows(
    config: Config,
    store: Store,
    now: datetime,
    *,
    is_online: bool = False,
    on_progress: ProgressCallback = no_progress,
) -> list[ListedAccount]:
    """Every account of the config, in its order; with `is_online` its server is asked."""
    waiting = Waiting(config, store, now)
    states = account_states(config, store, waiting, now)
    if is_online:
        answers = _asked_answers(config, on_progress)
    else:
        records = {record.name: record for record in store.outbox.accounts()}
        answers = [
            _remembered(account, records.get(name, AccountRecord(name)))
            for name, account in config.accounts.items()
        ]
    counts: Counter[str] = Counter()
    for tally in store.tallies.deliveries():
        if tally.state in OPEN_STATES:
            counts[tally.account] += tally.count
    return [
        _row(state, answer, waiting.account(state.name), counts)
        for state, answer in zip(states, answers, strict=True)
    ]


def account_day(config: Config, store: Store, row: ListedAccount, now: datetime) -> PaceDay:
    """The present day of an account: what it posted, and what of its queue is foreseen."""
    queued, _ = store.outbox.page({DeliveryState.QUEUED}, accounts=[row.name], limit=MAX_PLANNED)
    # an edit is no additional post, so the pace does not count it
    due = [delivery.due for delivery in queued if delivery.post.action != "edit"]
    facts = Waiting(config, store, now).account(row.name)
    return pace_day(facts, config.accounts[row.name].pace, due if row.next_slot else ())


def _asked_answers(config: Config, on_progress: ProgressCallback) -> list[_TokenAnswer]:
    """What the servers of all accounts say, several asked at a time."""
    accounts = list(config.accounts.values())
    answers = []
    with ThreadPoolExecutor(MAX_SERVERS) as threads:
        for answer in threads.map(partial(_asked, config), accounts):
            answers.append(answer)
            on_progress("asking servers", len(answers), len(accounts))
    return answers


def _remembered(account: AccountSettings, stored: AccountRecord) -> _TokenAnswer:
    """What the last login and the last delivery left."""
    try:
        token = read_token(account, os.environ)
    except Unauthorised:
        # the environment or the files of the daemon may have one that this user cannot see
        is_missing = bool(missing_token_reason(account, os.environ))
        return _TokenAnswer("missing" if is_missing else "not_tried")
    is_refused = stored.cause == TOKEN and stored.token_mark == token_digest(token)
    return _TokenAnswer(
        "refused" if is_refused else "not_tried", token_record(account, token, os.environ)
    )


def _asked(config: Config, account: AccountSettings) -> _TokenAnswer:
    """What the server says now; a disabled account is not asked for."""
    if account.kind == "files":
        return _asked_folder(config, account)
    try:
        token = read_token(account, os.environ)
    except Unauthorised as error:
        return _TokenAnswer("missing", error=error.message if account.enabled else "")
    record = token_record(account, token, os.environ)
    if not account.enabled:
        return _TokenAnswer("not_tried", record)
    try:
        return _TokenAnswer("works", identify(config, account, token, record))
    except Unauthorised as error:
        return _TokenAnswer("refused", record, error.message)
    except ReblogbotError as error:
        return _TokenAnswer("not_tried", record, error.message)


def _asked_folder(config: Config, account: AccountSettings) -> _TokenAnswer:
    """Whether files can be written into the folder of an account, which needs no token."""
    if not account.enabled:
        return _TokenAnswer("not_tried")
    try:
        identity = make_target(account, config, SystemClock()).verify()
    except TargetError as error:
        return _TokenAnswer("not_tried", error=error.message)
    return _TokenAnswer("works", TokenRecord(acct=identity.acct))


def _row(
    status: AccountStatus, answer: _TokenAnswer, facts: AccountFacts, counts: Counter[str]
) -> ListedAccount:
    sent_at = [post.at for post in facts.sent]
    limit, slot = _next_slot(status, facts)
    return ListedAccount(
        name=status.name,
        server=status.server,
        acct=answer.record.acct,
        software=answer.record.software,
        state=status.state,
        reason=status.reason or answer.error,
        token=answer.token,
        sent_1h=sum(at >= facts.now - HOUR for at in sent_at),
        sent_24h=sum(at >= facts.now - DAY for at in sent_at),
        waiting=counts[status.name],
        paused_until=status.paused_until,
        next_slot=slot,
        limit=limit,
        error=answer.error,
    )


def _next_slot(status: AccountStatus, facts: AccountFacts) -> tuple[PaceLimit, datetime | None]:
    """When one more post may go out, and what delays it until then."""
    start = waits.pace_start(facts)
    if start is None or facts.settings is None or status.needs_attention:
        return "", None
    sent_at = [post.at for post in facts.sent]
    limit, slot = pacing.limiting_pace(start, facts.settings.pace, sent_at)
    return limit, None if slot == pacing.NEVER else slot
