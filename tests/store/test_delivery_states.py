"""Deliveries of two sending processes and an admin on one SQLite store, in any order of steps.

The processes decide by `core.delivery`, as the program does. The server shows at once whatever it
has accepted, so nothing may ever be on it twice.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from store_samples import LEASE, NOW, SERVER, candidate, enrol, poll

from reblogbot.config.settings import DeliverySettings
from reblogbot.core import delivery as decisions
from reblogbot.errors import Doubtful, Lapsed, Rejected, Unreachable
from reblogbot.model import OPEN, TRANSITIONS, Delivery, Receipt, State
from reblogbot.runtime import lease_owner
from reblogbot.store import Store, open_store
from reblogbot.store.schema import event

ACCOUNTS = ("news", "other")
SOURCES = ("hot", "cold")
SETTINGS = DeliverySettings(max_attempts=3)
# a doubt that was looked into in vain, a boost whose status could not be looked at
MAY_REPEAT = frozenset({State.DOUBT, State.QUEUED})
OUTCOMES = ("accepted", "accepted, answer lost", "request lost", "rejected", "unreachable")
TIMES = (timedelta(seconds=1), timedelta(minutes=2), LEASE + timedelta(seconds=1))

accounts = st.sampled_from(ACCOUNTS)
processes = st.integers(0, 1)
numbers = st.integers(0, 99)


@dataclass
class Server:
    """What it has accepted: posts by account and identity, and the keys that made them."""

    posts: defaultdict[tuple[str, bytes], list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    ids_by_key: dict[str, str] = field(default_factory=dict)

    def accept(self, delivery: Delivery) -> Receipt:
        """A new post, or the one that the same Idempotency-Key has made before."""
        key = decisions.idempotency_key(
            SERVER, delivery.account, delivery.identity, delivery.post.text, delivery.key_version
        )
        if key not in self.ids_by_key:
            self.ids_by_key[key] = str(len(self.ids_by_key) + 1)
            self.posts[delivery.account, delivery.identity].append(self.ids_by_key[key])
        return Receipt(self.ids_by_key[key])

    def find(self, delivery: Delivery) -> Receipt | None:
        posts = self.posts.get((delivery.account, delivery.identity))
        return Receipt(posts[0]) if posts else None


class Process:
    """A sender under the name of a real process, which is killed when the sender crashes."""

    def __init__(self, url: str) -> None:
        self.child = subprocess.Popen(["sleep", "infinity"])
        started = lease_owner._started(self.child.pid)
        owner = f"{lease_owner._here()}/{self.child.pid}/{started}/0"
        self.store, _ = open_store(url, owner, NOW)
        self.sending: dict[int, Delivery] = {}
        """Deliveries it has claimed, whose requests have not left."""
        self.decided: dict[int, tuple[Delivery, Delivery]] = {}
        """Deliveries before and after an outcome that is not in the store yet."""
        self.leased_until = dict.fromkeys(ACCOUNTS, NOW)

    def crash(self) -> None:
        """End without a word: what it has in memory is lost."""
        self.child.kill()
        self.child.wait()
        self.store.close()


class DeliveryStates(RuleBasedStateMachine):
    template: ClassVar[Path]
    states: ClassVar[set[State]]
    """Every state that any delivery has reached."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.sqlite3"
        shutil.copyfile(self.template, path)
        self.url = f"sqlite:///{path}"
        self.admin: Store = open_store(self.url, lease_owner.new_owner(), NOW)[0]
        enrol(self.admin, *SOURCES, accounts=ACCOUNTS)
        self.processes = [Process(self.url), Process(self.url)]
        self.server = Server()
        self.now = NOW
        self.ids: set[int] = set()
        self.sent: dict[int, Receipt | None] = {}

    def deliveries(self, *states: State) -> list[Delivery]:
        return self.admin.outbox.find(states=states or tuple(State))

    # the source and the clock

    @initialize()
    def queue_some_entries(self):
        self.queue("hot", [0, 1], held=False)

    @rule(
        source=st.sampled_from(SOURCES),
        entries=st.lists(st.integers(0, 4), min_size=1, max_size=2, unique=True),
        held=st.booleans(),
    )
    def queue(self, source, entries, held):
        shown = [candidate(f"entry-{number}") for number in entries]
        recorded = poll(
            self.admin,
            source,
            shown,
            at=self.now,
            accounts=ACCOUNTS,
            held="storm: many entries" if held else "",
        )
        new_ids = {delivery.id for delivery in recorded.queued}
        assert new_ids.isdisjoint(self.ids)
        self.ids |= new_ids

    @rule(duration=st.sampled_from(TIMES))
    def time_passes(self, duration):
        self.now += duration

    # sending

    @rule(number=processes, account=accounts)
    def take_account(self, number, account):
        """Lease an account, and look after what its last sender was sending."""
        process = self.processes[number]
        if process.store.outbox.claim_account(account, self.now, LEASE) is None:
            return
        process.leased_until[account] = self.now + LEASE
        if any(each.account == account for each in process.sending.values()):
            # a sender whose requests are under way finishes them before it recovers others
            return
        process.store.outbox.recover_interrupted(account, self.now, self.now)

    @rule(number=processes, account=accounts)
    def give_account_back(self, number, account):
        process = self.processes[number]
        if not any(each.account == account for each in process.sending.values()):
            process.store.outbox.release_account(account)
            process.leased_until[account] = self.now

    @rule(number=processes, chosen=numbers)
    def claim(self, number, chosen):
        """Claim any delivery in any state; only one that is queued may be claimed."""
        process, before = self.processes[number], self.chosen(chosen)
        claimed = process.store.outbox.claim(before, self.now, LEASE)
        if claimed is None:
            return
        assert before.state == State.QUEUED
        assert self.now < process.leased_until[before.account]
        process.leased_until[before.account] = self.now + LEASE
        process.sending[claimed.id] = claimed

    @precondition(lambda self: any(process.sending for process in self.processes))
    @rule(chosen=numbers, outcome=st.sampled_from(OUTCOMES))
    def request(self, chosen, outcome):
        """Send a claimed delivery, if the lease still stands; its outcome is settled later."""
        process, delivery = pick(
            [
                (process, delivery)
                for process in self.processes
                for delivery in process.sending.values()
            ],
            chosen,
        )
        del process.sending[delivery.id]
        if self.now >= process.leased_until[delivery.account]:
            outcome = "lapsed"
        after = self.after_request(delivery, outcome)
        process.decided[delivery.id] = (delivery, after)

    def after_request(self, delivery: Delivery, outcome: str) -> Delivery:
        errors = {
            "accepted, answer lost": Doubtful("no_answer", "no answer"),
            "request lost": Doubtful("no_answer", "no answer"),
            "rejected": Rejected("refused", "HTTP 422"),
            "unreachable": Unreachable("unreachable", "no connection"),
            "lapsed": Lapsed("lapsed", "the lease ended"),
        }
        receipt = self.server.accept(delivery) if outcome.startswith("accepted") else None
        if outcome == "accepted":
            return decisions.after_success(delivery, receipt, self.now).delivery
        return decisions.after_failure(delivery, errors[outcome], self.now, SETTINGS).delivery

    @rule(number=processes, account=accounts)
    def read_back(self, number, account):
        """Look on the server for what is in doubt; the result is settled later."""
        process = self.processes[number]
        if self.now >= process.leased_until[account]:
            return
        for doubt in process.store.outbox.in_doubt(account):
            receipt = self.server.find(doubt)
            after = decisions.after_read_back(doubt, receipt, self.now, SETTINGS).delivery
            process.decided[doubt.id] = (doubt, after)

    @precondition(lambda self: any(process.decided for process in self.processes))
    @rule(chosen=numbers)
    def settle(self, chosen):
        """Write one outcome; nothing may have changed since it was decided."""
        process, (before, after) = pick(
            [(process, pair) for process in self.processes for pair in process.decided.values()],
            chosen,
        )
        del process.decided[before.id]
        settled = process.store.outbox.settle(before, after, self.now)
        assert settled is None or (settled.state, settled.due) == (after.state, after.due)

    @rule(number=processes)
    def crash(self, number):
        self.processes[number].crash()
        self.processes[number] = Process(self.url)

    # the admin

    @rule(chosen=numbers)
    def hold(self, chosen):
        self.admin_moves(self.chosen(chosen), State.HELD)

    @rule(chosen=numbers)
    def skip(self, chosen):
        self.admin_moves(self.chosen(chosen), State.SKIPPED)

    @rule(chosen=numbers)
    def release_or_retry(self, chosen):
        """Queue again what is held, skipped or given up, after a look at the account."""
        before = self.chosen(chosen)
        if before.state in {State.HELD, State.SKIPPED, State.DEAD}:
            if self.server.find(before) is None:
                self.admin_moves(before, State.QUEUED)

    @rule()
    def stop_and_start(self):
        self.admin.outbox.stop(self.now)
        for process in self.processes:
            for delivery in self.deliveries(State.QUEUED):
                assert process.store.outbox.claim(delivery, self.now, LEASE) is None
        self.admin.outbox.start()

    def admin_moves(self, before: Delivery, state: State) -> None:
        """The admin's change as `queue_actions` makes it; others are not in the table."""
        if state not in TRANSITIONS[before.state]:
            return
        after = replace(before, state=state, due=self.now)
        if state == State.QUEUED:
            fresh_key = before.key_version + 1
            after = replace(after, attempts=0, failed_lookups=0, key_version=fresh_key)
        assert self.admin.outbox.settle(before, after, self.now) is not None

    def chosen(self, number: int) -> Delivery:
        return pick(self.deliveries(), number)

    # what always holds

    @invariant()
    def nothing_vanishes(self):
        assert {delivery.id for delivery in self.deliveries()} == self.ids

    @invariant()
    def only_transitions_of_the_table_happen(self):
        paths: defaultdict[int, list[State]] = defaultdict(list)
        with self.admin._database.read() as connection:
            events = select(event.c.delivery_id, event.c.state).order_by(event.c.id)
            for delivery_id, state in connection.execute(events):
                paths[delivery_id].append(State(state))
        for delivery in self.deliveries():
            path = paths[delivery.id]
            assert path[0] in {State.QUEUED, State.HELD}
            assert path[-1] == delivery.state
            for before, after in zip(path, path[1:], strict=False):
                repeats = before == after and after in MAY_REPEAT
                assert repeats or after in TRANSITIONS[before], path
            self.states.update(path)

    @invariant()
    def an_account_has_one_open_delivery_of_an_identity(self):
        keys = [(each.account, each.identity) for each in self.deliveries(*OPEN)]
        assert len(keys) == len(set(keys))

    @invariant()
    def what_was_sent_stays_sent_and_never_goes_out_again(self):
        for delivery in self.deliveries(State.SENT):
            self.sent.setdefault(delivery.id, delivery.receipt)
        sent = {each.id: each.receipt for each in self.deliveries(State.SENT)}
        assert sent == self.sent
        for process in self.processes:
            assert sent.keys().isdisjoint(process.sending)
        assert all(len(posts) == 1 for posts in self.server.posts.values())

    def teardown(self):
        try:
            self.send_what_is_open()
        finally:
            for process in self.processes:
                process.crash()
            self.admin.close()
            self.folder.cleanup()

    def send_what_is_open(self):
        """After a crash of both processes a third one brings everything to its end."""
        for process in self.processes:
            process.crash()
        self.processes = [Process(self.url)]
        unsettled = {State.QUEUED, State.SENDING, State.DOUBT}
        for _ in range(20):
            for account in ACCOUNTS:
                self.take_account(0, account)
                self.read_back(0, account)
            self.write_decisions()
            for delivery in self.deliveries(State.QUEUED):
                self.now = max(self.now, delivery.due)
                self.take_account(0, delivery.account)
                self.processes[0].sending[delivery.id] = self.processes[0].store.outbox.claim(
                    delivery, self.now, LEASE
                )
                self.request(0, "accepted")
                self.write_decisions()
            self.now += timedelta(minutes=2)
        assert self.deliveries(*unsettled) == []
        self.nothing_vanishes()
        self.only_transitions_of_the_table_happen()
        self.what_was_sent_stays_sent_and_never_goes_out_again()
        for delivery in self.deliveries(State.SENT):
            assert self.server.find(delivery) == delivery.receipt

    def write_decisions(self) -> None:
        while self.processes[0].decided:
            self.settle(0)


def pick(values, number):
    return values[number % len(values)]


def test_no_order_of_steps_loses_a_delivery_or_sends_one_twice(sqlite_file):
    states: set[State] = set()
    run_state_machine_as_test(
        type("Seeded", (DeliveryStates,), {"template": sqlite_file, "states": states}),
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
    assert states == set(State)
