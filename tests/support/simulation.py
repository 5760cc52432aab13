"""The program between simulated ports: feeds, a fediverse server that records posts, a clock."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from pathlib import Path
from random import Random
from typing import Any, Literal

from reblogbot import app
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.engine.account import Account
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.engine import Adapters, Engine
from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    SourceError,
    StepError,
    StoreError,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import (
    Batch,
    Delivery,
    DeliveryState,
    Entry,
    Post,
    PublishedStatus,
    Receipt,
    ServerLimits,
    StepAnswer,
    StepRequest,
    Validators,
)
from reblogbot.ports import FoundStatus, Identity
from reblogbot.store import AsyncStore, Store, open_store
from soak_round import Audit, Tally
from virtual_time import Process, VirtualLoop

START = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = """
[store]
url = "sqlite:///bot.sqlite3"
[defaults]
every = "1s"
first = "all"
max_per_poll = 1000
filter = {max_age = "9000d"}
[accounts.news]
server = "https://social.example"
token_env = "NEWS"
ai_share = 1.0
[accounts.news.pace]
per_hour = 1000
per_day = 10000
[accounts.echo]
server = "https://social.example"
token_env = "ECHO"
[accounts.echo.pace]
per_hour = 1000
per_day = 10000
[sources.hot]
kind = "feed"
url = "https://news.example/hot"
to = ["news"]
[sources.tech]
kind = "feed"
url = "https://news.example/tech"
to = ["news"]
[sources.notes]
kind = "feed"
url = "https://news.example/notes"
to = ["news"]
[steps.explain]
kind = "chat"
url = "http://127.0.0.1:9/v1"
model = "m"
prompt = "{{ title }}"
[sources.papers]
kind = "feed"
url = "https://news.example/papers"
to = ["news"]
template = "New: {{ title }}\\n{{ link }}"
steps = ["explain"]
follow_up = "{{ title }}. {{ explain }}"
ai_label = false
review = false
[sources.crowd]
kind = "hashtag"
via = "echo"
tag = "birds"
to = ["echo"]
"""
ACCOUNT_OF = {"hot": "news", "tech": "news", "notes": "news", "crowd": "echo", "papers": "news"}
ACCOUNTS = ("news", "echo")
PROCESSES = ("first", "second")
RECOVERY_ROUNDS = 80
REPLIES, PARTS = 10_000, 10_000
"""Added to the number of an entry of `papers` for its reply, and to that for the second part."""

KeyPolicy = Literal["none", "first", "error", "replay", "burnt"]
"""How a server treats a repeated Idempotency-Key; see `fediverse.profiles.KeyPolicy`."""


@dataclass(frozen=True)
class Answer:
    """How a server answers a request: whether it commits, and the error that the client gets.

    With `hides` the status is listed only after the next read. With `drops` the server confirms it
    and does not keep it.
    """

    error: Callable[[datetime], Exception] | None = None
    commits: bool = False
    hides: bool = False
    drops: bool = False


def _doubt(slug: str) -> Callable[[datetime], Exception]:
    return lambda _: Doubtful(slug, f"simulated: {slug}")


def _limited(now: datetime) -> Exception:
    return RateLimited("rate_limited", "simulated: too many requests", now + timedelta(minutes=30))


SUCCESS = Answer(commits=True)
PUBLISH: Mapping[str, Answer] = {
    "request lost": Answer(_doubt("no_answer")),
    "answer lost": Answer(_doubt("no_answer"), commits=True),
    "500 before": Answer(_doubt("server_error")),
    "500 after": Answer(_doubt("server_error"), commits=True),
    "404": Answer(_doubt("not_found")),
    "committed late": Answer(_doubt("no_answer"), commits=True, hides=True),
    "refused connection": Answer(lambda _: Unreachable("unreachable", "simulated: refused")),
    "429": Answer(_limited),
    "403": Answer(lambda _: Unauthorised("not_allowed", "simulated: HTTP 403")),
    "422": Answer(lambda _: Rejected("rejected", "simulated: HTTP 422")),
    "too long": Answer(lambda _: TooLong("too_long", "simulated: too long")),
    "broken adapter": Answer(lambda _: ValueError("simulated"), commits=True),
    "dropped": Answer(commits=True, drops=True),
}
QUESTIONS = ("recent", "status", "existing", "verify", "limits")
READ_ANSWERS: Mapping[str, Answer] = {
    "no answer": Answer(_doubt("no_answer")),
    "unreadable": Answer(_doubt("unreadable_answer")),
    "refused connection": Answer(lambda _: Unreachable("unreachable", "simulated: refused")),
    "429": Answer(_limited),
    "broken adapter": Answer(lambda _: ValueError("simulated")),
}
STALE_READ = "stale"
FEED_FAULTS = ("failing", "empty", "shuffled")
STEP_FAULTS: Mapping[str, Callable[[datetime], StepError]] = {
    "timeout": lambda _: StepError("step_timeout", "simulated: no answer", is_of_service=True),
    "429": lambda now: StepError(
        "step_rate_limited",
        "simulated: too many",
        is_of_service=True,
        retry_at=now + timedelta(minutes=30),
    ),
    "empty": lambda _: StepError("step_empty", "simulated: nothing"),
    "refused": lambda _: StepError("step_rejected", "simulated: HTTP 400", is_final=True),
}
PROCESS_FAULTS = ("kill", "interrupt", "freeze", "full disk")
CLOCK_CHANGES = (timedelta(days=2), timedelta(hours=-3), timedelta(days=-40), timedelta(days=9))


@dataclass
class Status:
    """A status or boost on the server."""

    account: str
    post: Post
    receipt: Receipt
    at: datetime

    def published(self) -> PublishedStatus:
        if self.post.action == "boost":
            return PublishedStatus(self.receipt, boosted_uri=self.post.uri, created_at=self.at)
        links = (self.post.link,) if self.post.link else ()
        return PublishedStatus(
            self.receipt,
            self.post.text,
            links,
            created_at=self.at,
            is_reply=bool(self.post.continues),
        )


class Server:
    """A fediverse server: its statuses, a record of what it accepted, and its next answers."""

    def __init__(self, world: World, keys: KeyPolicy, *, boosts_twice: bool) -> None:
        self._world = world
        self._keys = keys
        self._boosts_twice = boosts_twice
        self._ids = count(1)
        self._used_keys: dict[tuple[str, str], Receipt | TargetError] = {}
        self._hidden: list[Status] = []
        self._listed: dict[str, list[Status]] = defaultdict(list)
        self.statuses: list[Status] = []
        self.accepted: list[dict[str, Any]] = []
        self.refused: list[tuple[str, Post]] = []
        self.dropped = 0
        self.next_answers: dict[str, list[str]] = defaultdict(list)
        self.valid_tokens = {"NEWS", "ECHO"}

    @property
    def hides_statuses(self) -> bool:
        """Whether a status is hidden, or will be by one of the next answers."""
        publish_answers = self.next_answers["publish"]
        return (
            bool(self._hidden)
            or STALE_READ in self.next_answers["recent"]
            or "committed late" in publish_answers
        )

    def create(self, account: str, post: Post, key: str) -> Receipt:
        """Answer a request to publish: return its receipt, or raise an error."""
        name = self._next_answer("publish")
        answer = PUBLISH.get(name, SUCCESS)
        key_used = (account, key)
        if answer.commits or isinstance(answer.error and answer.error(START), Rejected):
            earlier = self._earlier_receipt(key_used)
            if earlier is not None and not answer.error:
                return earlier
        error = answer.error(self._world.now()) if answer.error else None
        if isinstance(error, Rejected | Unauthorised):
            self.refused.append((account, post))
            if self._keys in ("replay", "burnt"):
                self._used_keys[key_used] = error
        if answer.commits and key_used not in self._used_keys:
            self._used_keys[key_used] = self._commit(account, post, answer)
        if error is not None:
            raise error
        receipt = self._used_keys[key_used]
        assert isinstance(receipt, Receipt)
        if self._keys == "none":
            del self._used_keys[key_used]
        return receipt

    def _earlier_receipt(self, key_used: tuple[str, str]) -> Receipt | None:
        """Answer a repeated key: return its receipt or raise an error. Return None for a new key."""
        if self._keys == "none":
            self._used_keys.pop(key_used, None)
        answer = self._used_keys.get(key_used)
        if answer is None:
            return None
        self._world.faults_met[f"key: {self._keys}"] += 1
        if self._keys == "error":
            raise Doubtful("server_error", "simulated: HTTP 500 to a repeat")
        if self._keys == "burnt":
            raise Doubtful("duplicate_key", "simulated: Duplicate idempotency key")
        if isinstance(answer, TargetError):
            raise answer
        return answer

    def _commit(self, account: str, post: Post, answer: Answer) -> Receipt:
        existing = self.boost_of(account, post) if post.action == "boost" else None
        if existing and not self._boosts_twice:
            return existing
        receipt = Receipt(str(next(self._ids)))
        if answer.drops:
            self.dropped += 1
            return receipt
        act = {"account": account, "act": post.action, "uri": post.uri, "text": post.text}
        self.accepted.append({**act, "id": receipt.remote_id})
        status = Status(account, post, receipt, self._world.now())
        (self._hidden if answer.hides else self.statuses).append(status)
        return receipt

    def recent(self, account: str) -> list[PublishedStatus]:
        """The statuses of an account. Hidden ones are listed from the next read on."""
        stale = self._next_answer("recent") == STALE_READ
        statuses = self._listed[account] if stale else self.statuses
        own = [status.published() for status in statuses if status.account == account]
        self._reveal(account)
        return own

    def reveal_hidden(self) -> None:
        """List all hidden statuses from now on."""
        for account in ACCOUNTS:
            self._reveal(account)

    def _reveal(self, account: str) -> None:
        self.statuses += [status for status in self._hidden if status.account == account]
        self._hidden = [status for status in self._hidden if status.account != account]
        self._listed[account] = list(self.statuses)

    def boost_of(self, account: str, post: Post) -> Receipt | None:
        """The receipt of the account's boost of a status, None without one."""
        own = (status for status in self.statuses if status.account == account)
        return next((status.receipt for status in own if status.post.uri == post.uri), None)

    def has(self, delivery: Delivery) -> bool:
        """Whether a status has the text, link or boost of a delivery. An admin would see it."""
        self.reveal_hidden()
        account = delivery.account
        own = (status.post for status in self.statuses if status.account == account)
        return any(_unique_name(post) == _unique_name(delivery.post) for post in own)

    def ask(self, question: str) -> None:
        """Raise the error planned for a read request, if any."""
        if self.next_answers[question][:1] != [STALE_READ] and (
            name := self._next_answer(question)
        ):
            error = READ_ANSWERS[name].error
            assert error is not None
            raise error(self._world.now())

    def _next_answer(self, question: str) -> str:
        answers = self.next_answers[question]
        if not answers:
            return ""
        self._world.faults_met[f"{question}: {answers[0]}"] += 1
        return answers.pop(0)


def _unique_name(post: Post) -> str:
    return post.link or post.uri or post.text


class Client:
    """An account's client of the server; implements Target."""

    rate_remaining = None

    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._server = world.server
        self._account = account

    def _ask(self, question: str) -> None:
        if self._world.tokens[self._account] not in self._server.valid_tokens:
            self._world.faults_met["bad token"] += 1
            raise Unauthorised("token_refused", "simulated: HTTP 401")
        self._server.ask(question)

    def verify(self) -> Identity:
        self._ask("verify")
        return Identity(self._account, address=f"{self._account}@social.example")

    def scopes(self) -> tuple[str, ...]:
        return ()

    def limits(self) -> ServerLimits:
        self._server.ask("limits")
        return ServerLimits()

    def publish(self, post: Post, key: str, *, lease_end: float = inf, **_: Any) -> Receipt:
        if self._world.loop.time() >= lease_end:
            self._world.faults_met["lease expired"] += 1
            raise LeaseExpired("lapsed", "simulated: too late")
        if self._world.tokens[self._account] not in self._server.valid_tokens:
            self._world.faults_met["bad token"] += 1
            raise Unauthorised("token_refused", "simulated: HTTP 401")
        return self._server.create(self._account, post, key)

    def status(self, post: Post) -> FoundStatus | None:
        self._ask("status")
        element = {
            "id": post.uri.rpartition("/")[2],
            "uri": post.uri,
            "url": post.uri,
            "content": "<p>words</p>",
            "visibility": "public",
            "account": {"id": "7", "acct": "ann@far.example", "username": "ann"},
        }
        return FoundStatus(element["id"], element, self._server.boost_of(self._account, post))

    def relationship(self, account_id: str) -> Mapping[str, Any]:
        return {}

    def recent(self, hidden_since: datetime | None = None) -> Sequence[PublishedStatus]:
        self._ask("recent")
        return self._server.recent(self._account)

    def existing(self, post: Post, identity: bytes) -> Receipt | None:
        if post.action != "boost":
            return None
        self._ask("existing")
        return self._server.boost_of(self._account, post)


class Pool:
    """Runs parsers in the event loop; implements ParserPool."""

    def share(self, name: str, deadline: timedelta | None = None) -> Callable[..., Any]:
        async def offload(function: Callable[..., Any], *args: Any) -> Any:
            await asyncio.sleep(0)
            return function(*args)

        return offload


@dataclass(frozen=True)
class Feed:
    """A source as one process polls it; implements Source."""

    world: World
    process: Process
    name: str

    async def poll(self, known: Validators) -> Batch:
        self.process.count_call()
        await asyncio.sleep(self.world.rng.choice((0.01, 0.3)))
        self.process.count_call()
        entries = self.world.entries[self.name]
        fault = self.world.feed_faults.pop(self.name, "")
        if fault:
            self.world.faults_met[f"feed: {fault}"] += 1
        if fault == "failing":
            raise SourceError("http_error", "simulated: HTTP 500", outcome="retry_later")
        if fault == "empty":
            return Batch()
        if fault == "shuffled":
            entries = self.world.rng.sample(entries, len(entries))
        return Batch(tuple(reversed(entries)), title=self.name)


@dataclass(frozen=True)
class Model:
    """A model as one process asks it; implements Step. Its answer makes a thread of two parts."""

    world: World
    process: Process
    store: Store

    async def run(self, request: StepRequest) -> StepAnswer:
        world = self.world
        record = self.store.steps.find([bytes.fromhex(request.key)]).get(bytes.fromhex(request.key))
        if record is not None and record.result is not None:
            world.paid_twice.append(request.prompt)
        self.process.count_call()
        await asyncio.sleep(world.rng.choice((0.01, 3, 100)))
        self.process.count_call()
        fault = world.step_faults.pop(0) if world.step_faults else ""
        if fault:
            world.faults_met[f"step: {fault}"] += 1
            raise STEP_FAULTS[fault](world.now())
        world.answers[request.prompt] += 1
        return StepAnswer(
            f"{'word ' * 80}\n\n{part_name(request.prompt)} is the rest of {'it ' * 30}"
        )


def part_name(name: str) -> str:
    """The words by which the second part of a thread begins whose first begins with `name`."""
    return f"Note {PARTS + int(name.partition(' ')[2])}"


@dataclass(frozen=True)
class ProcessRun:
    """A number of rounds of a process, and a fault that it meets in the first of them.

    The fault comes after a number of `calls`, or of requests to the server with `only_requests`.
    """

    process: str = "first"
    rounds: int = 1
    fault: str = ""
    calls: int = 0
    only_requests: bool = False


@dataclass
class World:
    """The server, feeds, processes and store, and the actions of an admin."""

    folder: Path
    empty_store: Path
    keys: KeyPolicy = "none"
    boosts_twice: bool = True
    loop: VirtualLoop = field(default_factory=VirtualLoop)
    faults_met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = Random(0)
        self.clock_offset = timedelta()
        self.server = Server(self, self.keys, boosts_twice=self.boosts_twice)
        self.tokens = {name: name.upper() for name in ACCOUNTS}
        self.entries: dict[str, list[Entry]] = {name: [] for name in ACCOUNT_OF}
        self.feed_faults: dict[str, str] = {}
        self.step_faults: list[str] = []
        self.answers: Counter[str] = Counter()
        self.paid_twice: list[str] = []
        """Prompts that the model was asked although the store had its answer."""
        self.audit = Audit()
        self.processes: dict[str, Program] = {}
        self.backup: Path | None = None
        self._numbers = count(1)
        self.path = self.folder / "config.toml"
        self.path.write_text(CONFIG, encoding="utf-8")
        self.config = app.load_config(self.path)
        shutil.copy(self.empty_store, self.store_file)
        self.store = self.open_store_as("admin")

    @property
    def store_file(self) -> Path:
        return self.folder / "bot.sqlite3"

    def open_store_as(self, owner: str) -> Store:
        """Open the store as a process on another host, whose leases end by the clock alone."""
        url = f"sqlite:///{self.store_file}"
        return open_store(url, f"far:1/{owner}/0/{next(self._numbers)}", self.now())[0]

    def now(self) -> datetime:
        """The machine's time; implements Clock."""
        return START + timedelta(seconds=self.loop.time()) + self.clock_offset

    # events

    def show(self, *sources: str) -> None:
        """Add an entry to these sources."""
        number = next(self._numbers)
        entry = Entry(f"Title {number}", guid=f"guid {number}", published_at=self.now())
        if sources == ("crowd",):
            uri = f"https://far.example/users/ann/statuses/{1000 + number}"
            entry = replace(entry, link=uri, uri=uri, title="", summary=f"Words {number}")
            self.audit.add_entry("echo", uri, uri)
        elif sources == ("notes",):
            entry = replace(entry, title=f"Note {number}")
            self.audit.add_entry("news", entry.title, entry.title)
        elif sources == ("papers",):
            name, link = f"Note {REPLIES + number}", f"https://news.example/{number}"
            entry = replace(entry, link=link, title=name)
            for key in (link, name, part_name(name)):
                self.audit.add_entry("news", key, key)
        else:
            entry = replace(entry, link=f"https://news.example/{number}")
            self.audit.add_entry("news", entry.link, entry.link)
        for name in sources:
            self.entries[name].append(entry)

    def plan_answer(self, question: str, answer: str) -> None:
        """Plan how the server answers the next such request."""
        self.server.next_answers[question].append(answer)

    def run_processes(
        self, *runs: ProcessRun, seed: int = 0, meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Run processes side by side. `meanwhile` is called at a random instant."""
        self.rng = Random(seed)
        if meanwhile is not None:
            self.loop.call_later(self.rng.uniform(0, 3), meanwhile)
        self.loop.run(self._run_all(runs))
        self.check_deliveries()

    async def _run_all(self, runs: Sequence[ProcessRun]) -> None:
        await asyncio.gather(*(self._program(run.process).run(run) for run in runs))

    def _program(self, name: str) -> Program:
        if name not in self.processes:
            self.processes[name] = Program(self, name)
        return self.processes[name]

    def wait(self, span: timedelta) -> None:
        """Advance the time while no process runs."""
        self.loop.elapsed += span.total_seconds()

    def change_clock(self, span: timedelta) -> None:
        """Set the machine's clock forward or back. Its uptime does not change."""
        self.clock_offset += span
        self.faults_met["clock set forward" if span > timedelta() else "clock set back"] += 1

    def kill_processes(self) -> None:
        """Kill all processes and wait until their last requests have arrived or are lost."""
        for program in list(self.processes.values()):
            program.process.kill()
            self.loop.run(program.end())
        self.loop.run(asyncio.sleep(5))

    def back_up(self) -> None:
        self.backup = self.folder / f"backup-{next(self._numbers)}"
        self.store.backup(self.backup)

    def restore(self) -> None:
        """Restore the backup, as an admin does while no process runs."""
        assert self.backup is not None
        self.kill_processes()
        self.server.reveal_hidden()
        self.store.close()
        for file in self.folder.glob("bot.sqlite3*"):
            file.unlink()
        shutil.copy(self.backup, self.store_file)
        self.store = self.open_store_as("admin")
        self.audit.forget_unsent(self.server.accepted)
        self.faults_met["older store"] += 1

    # the admin

    def act_as_admin(self, verb: str, number: int) -> None:
        """Hold, release, skip or retry a delivery. The admin does not resend what is posted."""
        deliveries = self.find()
        if not deliveries:
            return
        delivery = deliveries[number % len(deliveries)]
        if verb in ("release", "retry") and self.server.has(delivery):
            return
        result = getattr(QueueActions(self.config, self.store, self.now()), verb)(delivery)
        self.faults_met[f"{verb}: {'ok' if result.succeeded else 'refused'}"] += 1
        if result.succeeded:
            self.audit.allow_delay(delivery)

    def stop(self) -> None:
        self.store.outbox.stop(self.now())
        self.faults_met["stop"] += 1

    def start(self) -> None:
        self.store.outbox.start()

    def delete_by_hand(self, number: int) -> None:
        """Delete a status whose delivery is settled."""
        settled = {delivery.receipt.remote_id for delivery in self.find() if delivery.receipt}
        statuses = [
            status for status in self.server.statuses if status.receipt.remote_id in settled
        ]
        if statuses:
            self.server.statuses.remove(statuses[number % len(statuses)])
            self.faults_met["deleted by hand"] += 1

    def has_open_deliveries(self) -> bool:
        """Whether an entry has no delivery yet, or a delivery still changes by itself."""
        moving = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DOUBT)
        return self._undelivered_count() > 0 or any(
            delivery.state in moving for delivery in self.find()
        )

    def has_doubts(self) -> bool:
        """Whether a delivery is in doubt, or was and is queued again."""
        return any(
            delivery.state in (DeliveryState.SENDING, DeliveryState.DOUBT)
            or delivery.failed_lookups
            for delivery in self.find()
        )

    def find(self) -> list[Delivery]:
        return self.store.outbox.find(states=list(DeliveryState))

    # checks

    def check_deliveries(self) -> None:
        """Record all deliveries. Fails if a post is doubled, or an unsent one has no reason."""
        deliveries = self.find()
        self.audit.record(deliveries)
        for account, post in self.server.refused:
            self.audit.allow_delay_of_post(account, post)
        self.server.refused.clear()
        unexplained = [
            delivery
            for delivery in deliveries
            if delivery.state in UNSENT_STATES and not delivery.error
        ]
        assert not unexplained, f"not posted, and no reason: {unexplained}"
        tally = self._tally()
        assert not tally.doubled, tally.complaints
        assert not self.paid_twice, self.paid_twice

    def _tally(self) -> Tally:
        tally = Tally()
        self.audit.check(self.server.accepted, self.server.dropped, tally)
        return tally

    def recover(self) -> None:
        """Remove all faults, and run rounds with an admin's actions until all is settled."""
        self.server.next_answers.clear()
        self.feed_faults.clear()
        self.step_faults.clear()
        self.server.valid_tokens = set(self.tokens.values())
        self.start()
        for _ in range(RECOVERY_ROUNDS):
            self.wait(timedelta(hours=2))
            self._resolve_as_admin()
            self.run_processes(ProcessRun())
            if not self._unsettled() and not self._undelivered_count():
                break
        assert not self._unsettled(), self._unsettled()
        self.run_processes(ProcessRun())

    def _resolve_as_admin(self) -> None:
        actions = QueueActions(self.config, self.store, self.now())
        for delivery in self.find():
            if delivery.state == DeliveryState.HELD:
                actions.skip(delivery) if self.server.has(delivery) else actions.release(delivery)
                self.audit.allow_delay(delivery)
            elif delivery.state == DeliveryState.DEAD and not self.server.has(delivery):
                actions.retry(delivery)

    def _unsettled(self) -> list[Delivery]:
        settled = (DeliveryState.SENT, DeliveryState.SKIPPED)
        return [
            delivery
            for delivery in self.find()
            if delivery.state not in settled
            and not (delivery.state == DeliveryState.DEAD and self.server.has(delivery))
        ]

    def _undelivered_count(self) -> int:
        """The number of entries without a delivery."""
        expected = {
            (ACCOUNT_OF[name], entry.link or entry.title)
            for name in ACCOUNT_OF
            for entry in self.entries[name]
        }
        return len(expected) - sum(not each.post.is_follow_up for each in self.find())

    def final_tally(self) -> Tally:
        """The tally of all posts. Entries that the admin skipped are not lost."""
        tally = self._tally()
        keys = [
            (delivery.account, self.audit.key(delivery))
            for delivery in self.find()
            if delivery.state == DeliveryState.SKIPPED
        ]
        # without a reply, there is no further part of it
        keys += [(account, part_name(key)) for account, key in keys if key.startswith("Note 1")]
        skipped = {f"{account}: never {key}" for account, key in keys}
        tally.complaints = [complaint for complaint in tally.complaints if complaint not in skipped]
        return tally

    def close(self) -> None:
        self.kill_processes()
        self.store.close()
        self.loop.close()


UNSENT_STATES = (DeliveryState.HELD, DeliveryState.SKIPPED, DeliveryState.DEAD)


class Program:
    """The program as one process."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self.process = Process(world.loop, lambda: world.rng)
        self._store = world.open_store_as(name)
        pool: Any = Pool()
        self._async_store = AsyncStore(self._store)
        self._engine = Engine(
            world.config,
            self._async_store,
            Accounts(world.config, self._account),
            Adapters(
                lambda settings: Feed(world, self.process, settings.name),
                lambda _: Model(world, self.process, self._store),
                lambda settings: settings.model_dump_json(),
            ),
            _no_web,
            pool,
            world,
            lambda: 0.5,
        )
        self.process.attach(self._async_store.run._thread)

    def _account(self, settings: Any) -> Account:
        world, name = self._world, settings.name
        account = Account(
            settings,
            lambda: Client(world, name),
            lambda: world.tokens[name],
            self._async_store,
            world,
        )
        self.process.attach(account._thread, is_remote=True)
        return account

    async def run(self, run: ProcessRun) -> None:
        """Run the rounds, until a fault ends the process."""
        for number in range(run.rounds):
            if number:
                await asyncio.sleep(self._world.rng.choice((1, 60, 100, 400)))
            if not await self._round(run if not number else replace(run, fault="")):
                await self.end()
                return

    async def _round(self, run: ProcessRun) -> bool:
        """Run a round and return whether the process continues."""
        world, process = self._world, self.process
        app.repair_future_timestamps(world.config, self._store, world.now())
        task = process.create_task(self._engine.sync(tuple(world.config.sources), "asked"))
        calls = run.calls if run.fault else 0
        process.plan_fault(
            calls,
            lambda: self._inject_fault(run.fault, task),
            only_requests=run.only_requests,
        )
        await asyncio.wait({task, process.killed}, return_when=asyncio.FIRST_COMPLETED)
        process.plan_fault(0, lambda: None)
        if not process.is_alive or task.cancelled():
            return False
        error = task.exception()
        if error is not None and not isinstance(error, StoreError):
            raise error
        return error is None

    def _inject_fault(self, fault: str, task: asyncio.Task[Any]) -> None:
        self._world.faults_met[fault] += 1
        match fault:
            case "kill":
                self.process.kill()
            case "interrupt":
                self._world.loop.call_soon(task.cancel)
            case "freeze":
                self.process.freeze(700)
            case "full disk":
                self.process.store_error = StoreError("store_full", "simulated: no space left")

    async def end(self) -> None:
        """End the process. Its leases end by the clock alone."""
        self._world.processes.pop(self._name, None)
        self.process.kill()
        await self.process.end_tasks()
        self._store.close()


async def _no_web(url: str, **_: Any) -> Any:
    raise SourceError("unreachable", "simulated: no network")
