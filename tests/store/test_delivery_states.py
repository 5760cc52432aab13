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
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

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
from reblogbot.errors import Doubtful, LeaseExpired, Rejected, Unauthorised, Unreachable
from reblogbot.model import (
    OPEN_STATES,
    POSTED_STATES,
    TRANSITIONS,
    Delivery,
    DeliveryState,
    Receipt,
)
from reblogbot.runtime import lease_owner
from reblogbot.store import Store, open_store
from reblogbot.store.schema import event

ACCOUNTS = ("news", "other")
SOURCES = ("hot", "cold")
SETTINGS = DeliverySettings(max_attempts=2)
# a doubt that was looked into in vain, a boost whose status could not be looked at, a post that
# could not be deleted
MAY_REPEAT = frozenset({DeliveryState.DOUBT, DeliveryState.QUEUED, DeliveryState.RETRACTING})
ERRORS = {
    "accepted, answer lost": Doubtful("no_answer", "no answer"),
    "request lost": Doubtful("no_answer", "no answer"),
    "rejected": Rejected("refused", "HTTP 422"),
    "forbidden": Unauthorised("forbidden", "HTTP 403"),
    "unreachable": Unreachable("unreachable", "no connection"),
}
OUTCOMES = ("accepted", *ERRORS)
DELETION_ERRORS = {
    "deleted, answer lost": Doubtful("no_answer", "no answer"),
    "not deleted": Unreachable("unreachable", "no connection"),
    "refused": Rejected("not_retracted", "HTTP 422"),
}
DELETIONS = ("deleted", *DELETION_ERRORS)
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
    deleted: set[tuple[str, bytes]] = field(default_factory=set)

    def accept(self, delivery: Delivery) -> Receipt:
        """A new post, or the one that the same Idempotency-Key has made before."""
        key = decisions.idempotency_key(
            SERVER, delivery.account, delivery.identity, delivery.post.text, delivery.key_version
        )
        if key not in self.ids_by_key:
            self.ids_by_key[key] = str(len(self.ids_by_key) + 1)
            self.posts[delivery.account, delivery.identity].append(self.ids_by_key[key])
        return Receipt(self.ids_by_key[key])

    def delete(self, delivery: Delivery) -> bool:
        """Delete the post; whether it was there. Its key stays used."""
        posts = self.posts[delivery.account, delivery.identity]
        if delivery.receipt.remote_id not in posts:
            return False
        posts.remove(delivery.receipt.remote_id)
        self.deleted.add((delivery.account, delivery.identity))
        return True

    def find(self, delivery: Delivery) -> Receipt | None:
        posts = self.posts.get((delivery.account, delivery.identity))
        return Receipt(posts[0]) if posts else None


class Process:
    """A sender under the name of a real process, which is killed when the sender crashes."""

    def __init__(self, url: str) -> None:
        self.child = subprocess.Popen(["sleep", "infinity"])
        started = lease_owner._start_time(self.child.pid)
        owner = f"{lease_owner._boot_and_namespace()}/{self.child.pid}/{started}/0"
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
    reached: ClassVar[set[DeliveryState]]
    """Every state that any delivery has reached."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "store.sqlite3"
        shutil.copyfile(self.template, path)
        self.url = f"sqlite:///{path}"
        self.admin: Store = open_store(self.url, lease_owner.new_lease_owner(), NOW)[0]
        enrol(self.admin, *SOURCES, accounts=ACCOUNTS)
        self.processes = [Process(self.url), Process(self.url)]
        self.server = Server()
        self.now = NOW
        self.ids: set[int] = set()
        self.sent: dict[int, Receipt | None] = {}
        self.listed: list[Delivery] = []
        """The queue as the admin last listed it."""

    def deliveries(self, *states: DeliveryState) -> list[Delivery]:
        return self.admin.outbox.find(states=states or tuple(DeliveryState))

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
        candidates = [candidate(f"entry-{number}") for number in entries]
        recorded = poll(
            self.admin,
            source,
            candidates,
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
        """Claim a delivery, of whatever state; only one that is queued may be claimed."""
        process = self.processes[number]
        queued = self.deliveries(DeliveryState.QUEUED) if chosen % 2 else []
        self.claim_with(process, pick(queued or self.deliveries(), chosen))

    def claim_with(self, process: Process, before: Delivery) -> None:
        claimed = process.store.outbox.claim(before, self.now, LEASE)
        if claimed is None:
            return
        assert before.state == DeliveryState.QUEUED
        assert self.now < process.leased_until[before.account]
        process.leased_until[before.account] = self.now + LEASE
        process.sending[claimed.id] = claimed

    @precondition(lambda self: any(process.sending for process in self.processes))
    @rule(chosen=numbers, outcome=st.sampled_from(OUTCOMES))
    def request(self, chosen, outcome):
        """Send a claimed delivery, if the lease still stands; its outcome is settled later."""
        sending = [
            (each, delivery) for each in self.processes for delivery in each.sending.values()
        ]
        self.request_of(*pick(sending, chosen), outcome)

    @precondition(lambda self: any(process.sending for process in self.processes))
    @rule()
    def recover_without_the_lease(self):
        """Nobody puts in doubt what another process sends while its lease stands."""
        for process in self.processes:
            for delivery in process.sending.values():
                if self.now < process.leased_until[delivery.account]:
                    stranger = self.admin.outbox
                    assert stranger.recover_interrupted(delivery.account, self.now, self.now) == []

    def request_of(self, process: Process, delivery: Delivery, outcome: str) -> None:
        del process.sending[delivery.id]
        if self.now >= process.leased_until[delivery.account]:
            outcome = "lapsed"
        process.decided[delivery.id] = (delivery, self.after_request(delivery, outcome))

    def after_request(self, delivery: Delivery, outcome: str) -> Delivery:
        receipt = self.server.accept(delivery) if outcome.startswith("accepted") else None
        match outcome:
            case "accepted":
                decision = decisions.after_success(delivery, receipt, self.now)
            case "lapsed":
                error = LeaseExpired("lapsed", "the lease ended")
                decision = decisions.after_failure(delivery, error, self.now, SETTINGS)
            case "forbidden":
                error = ERRORS[outcome]
                decision = decisions.after_unauthorised(
                    delivery, error, token_works=True, now=self.now
                )
            case _:
                error = ERRORS[outcome]
                decision = decisions.after_failure(delivery, error, self.now, SETTINGS)
        return decision.delivery

    @rule(
        number=processes,
        account=accounts,
        outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=3),
    )
    def send_next(self, number, account, outcomes):
        """The ordinary way of the next deliveries: all steps of each in a row."""
        self.take_account(number, account)
        process = self.processes[number]
        for queued, outcome in zip(process.store.outbox.waiting(account), outcomes, strict=False):
            self.claim_with(process, queued)
            if queued.id in process.sending:
                self.request_of(process, process.sending[queued.id], outcome)
                self.settle_of(process, queued.id)

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
        """Write one outcome; it counts only if the delivery is as it was when it was decided."""
        self.settle_of(
            *pick([(each, key) for each in self.processes for key in each.decided], chosen)
        )

    def settle_of(self, process: Process, delivery_id: int) -> None:
        before, after = process.decided.pop(delivery_id)
        (present,) = self.admin.outbox.find([delivery_id])
        settled = process.store.outbox.settle(before, after, self.now)
        if progress(present) != progress(before):
            assert settled is None
        assert settled is None or progress(settled) == progress(after)

    @rule(number=processes)
    def crash(self, number):
        self.processes[number].crash()
        self.processes[number] = Process(self.url)

    # the admin, who changes deliveries as they were when the queue was last listed

    @rule(
        verb=st.sampled_from(("list", "hold", "skip", "release or retry", "stop")), chosen=numbers
    )
    def admin_does(self, verb, chosen):
        if verb == "list" or not self.listed:
            self.listed = self.deliveries()
        elif verb == "stop":
            self.stop_and_start()
        else:
            before = pick(self.listed, chosen)
            if verb == "hold":
                self.admin_moves(before, DeliveryState.HELD)
            elif verb == "skip":
                self.admin_moves(before, DeliveryState.SKIPPED)
            elif (
                before.state not in OPEN_STATES - {DeliveryState.HELD}
                and self.server.find(before) is None
            ):
                # the admin has looked at the account before it is sent again
                self.admin_moves(before, DeliveryState.QUEUED)

    def stop_and_start(self) -> None:
        self.admin.outbox.stop(self.now)
        for process in self.processes:
            for delivery in self.deliveries(DeliveryState.QUEUED):
                assert process.store.outbox.claim(delivery, self.now, LEASE) is None
        self.admin.outbox.start()

    def admin_moves(self, before: Delivery, state: DeliveryState) -> None:
        """The admin's change as `queue_actions` makes it, if nobody has changed it meanwhile."""
        if state not in TRANSITIONS[before.state]:
            return
        after = replace(before, state=state, due=self.now)
        if state == DeliveryState.QUEUED:
            fresh_key = before.key_version + 1
            after = replace(after, attempts=0, failed_lookups=0, key_version=fresh_key)
        (present,) = self.admin.outbox.find([before.id])
        is_unchanged = (
            progress(present) == progress(before) and present.state != DeliveryState.SENDING
        )
        settled = self.admin.outbox.settle(before, after, self.now)
        assert (settled is not None) == is_unchanged

    @rule(chosen=numbers)
    def take_back(self, chosen):
        """The admin retracts a delivery of whatever state; only what was sent can be."""
        sent = self.deliveries(DeliveryState.SENT) if chosen % 2 else []
        before = pick(sent or self.deliveries(), chosen)
        begun = self.admin.retractions.begin([before.id], self.now)
        may_be_begun = before.state in {DeliveryState.SENT, DeliveryState.RETRACTING}
        assert [each.id for each in begun] == ([before.id] if may_be_begun else [])

    @rule(number=processes, account=accounts, outcome=st.sampled_from(DELETIONS))
    def delete(self, number, account, outcome):
        """Delete what is retracted of an account; the outcome is settled later."""
        process = self.processes[number]
        if self.now >= process.leased_until[account]:
            return
        _, retractions = process.store.outbox.doubts_and_retractions(account)
        for before in retractions:
            was_there = outcome in ("deleted", "deleted, answer lost") and (
                self.server.delete(before)
            )
            if outcome == "deleted":
                decision = decisions.after_deletion(before, was_there=was_there)
            else:
                decision = decisions.after_failed_deletion(
                    before, DELETION_ERRORS[outcome], True, self.now
                )
            process.decided[before.id] = (before, decision.delivery)

    # what always holds

    @invariant()
    def nothing_is_lost_doubled_or_moved_off_the_table(self):
        deliveries = self.deliveries()
        assert {delivery.id for delivery in deliveries} == self.ids, "a delivery has vanished"
        open_keys = [
            (each.account, each.identity) for each in deliveries if each.state in OPEN_STATES
        ]
        assert len(open_keys) == len(set(open_keys)), "an identity is open twice for an account"
        for key, posts in self.server.posts.items():
            assert len(posts) == (0 if key in self.server.deleted else 1), "posted twice or again"
        sent = {each.id: each.receipt for each in deliveries if each.state in POSTED_STATES}
        assert self.sent.items() <= sent.items(), "what was sent has changed"
        self.sent = sent
        for process in self.processes:
            assert sent.keys().isdisjoint(process.sending), "what was sent goes out again"
        self.check_paths({delivery.id: delivery.state for delivery in deliveries})

    def check_paths(self, states: dict[int, DeliveryState]) -> None:
        """The events of each delivery lead to its state, along TRANSITIONS alone."""
        paths: defaultdict[int, list[DeliveryState]] = defaultdict(list)
        with self.admin._database.read() as connection:
            events = select(event.c.delivery_id, event.c.state).order_by(event.c.id)
            for delivery_id, state in connection.execute(events):
                paths[delivery_id].append(DeliveryState(state))
        for delivery_id, path in paths.items():
            assert path[0] in {DeliveryState.QUEUED, DeliveryState.HELD}
            assert path[-1] == states[delivery_id]
            for before, after in pairwise(path):
                repeats = before == after and after in MAY_REPEAT
                assert repeats or after in TRANSITIONS[before], path
            self.reached.update(path)

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
        heir = Process(self.url)
        self.processes = [heir]
        unsettled = {
            DeliveryState.QUEUED,
            DeliveryState.SENDING,
            DeliveryState.DOUBT,
            DeliveryState.RETRACTING,
        }
        for _ in range(20):
            if not self.deliveries(*unsettled):
                break
            for account in ACCOUNTS:
                self.take_account(0, account)
                self.read_back(0, account)
                self.delete(0, account, "deleted")
                for delivery_id in list(heir.decided):
                    self.settle_of(heir, delivery_id)
                waiting = heir.store.outbox.waiting(account)
                self.send_next(0, account, ["accepted"] * len(waiting))
            self.now += timedelta(minutes=2)
        assert self.deliveries(*unsettled) == []
        self.nothing_is_lost_doubled_or_moved_off_the_table()
        for delivery in self.deliveries(DeliveryState.SENT):
            assert self.server.find(delivery) == delivery.receipt


def progress(delivery: Delivery) -> tuple[object, ...]:
    """By which the store tells whether a delivery has changed since it was read."""
    return (delivery.state, delivery.due, delivery.attempts, delivery.failed_lookups)


def pick(values, number):
    return values[number % len(values)]


def test_no_order_of_steps_loses_a_delivery_or_sends_one_twice(sqlite_file):
    reached: set[DeliveryState] = set()
    run_state_machine_as_test(
        type("Seeded", (DeliveryStates,), {"template": sqlite_file, "reached": reached}),
        settings=settings(
            max_examples=10,
            stateful_step_count=40,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
    assert reached == set(DeliveryState)
