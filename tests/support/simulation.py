"""The program between simulated ports: feeds, a fediverse server with a journal, and a clock."""

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
from reblogbot.engine.engine import Engine
from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    SourceError,
    StoreError,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.media.fetch import ImageFetcher
from reblogbot.model import (
    Batch,
    Delivery,
    DeliveryState,
    Entry,
    Post,
    PublishedStatus,
    Receipt,
    ServerLimits,
    Validators,
)
from reblogbot.ports import FoundStatus, Identity
from reblogbot.store import AsyncStore, Store, open_store
from soak_round import Book, Tally
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
[sources.crowd]
kind = "hashtag"
via = "echo"
tag = "birds"
to = ["echo"]
"""
ACCOUNT_OF = {"hot": "news", "tech": "news", "notes": "news", "crowd": "echo"}
ACCOUNTS = ("news", "echo")
PROCESSES = ("one", "other")
HEALING = 80

Keys = Literal["none", "first", "error", "replay", "burnt"]
"""What a server makes of a second use of an Idempotency-Key, as `fediverse.profiles.KeyPolicy`."""


@dataclass(frozen=True)
class Answer:
    """How a server answers: whether it does what was asked, and the error the client is left with.

    With `hides` what was done shows only after the next look; with `drops` it never shows, though
    the server has said yes.
    """

    error: Callable[[datetime], Exception] | None = None
    commits: bool = False
    hides: bool = False
    drops: bool = False


def _doubt(slug: str) -> Callable[[datetime], Exception]:
    return lambda _: Doubtful(slug, f"simulated: {slug}")


def _limited(now: datetime) -> Exception:
    return RateLimited("rate_limited", "simulated: too many requests", now + timedelta(minutes=30))


YES = Answer(commits=True)
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
QUESTIONS = ("recent", "status", "existing_boost", "verify", "limits")
LOOKS: Mapping[str, Answer] = {
    "no answer": Answer(_doubt("no_answer")),
    "unreadable": Answer(_doubt("unreadable_answer")),
    "refused connection": Answer(lambda _: Unreachable("unreachable", "simulated: refused")),
    "429": Answer(_limited),
    "broken adapter": Answer(lambda _: ValueError("simulated")),
}
STALE = "stale"
FEEDS = ("failing", "gone quiet", "shuffled")
STRIKES = ("kill", "interrupt", "freeze", "full disk")
JUMPS = (timedelta(days=2), timedelta(hours=-3), timedelta(days=-40), timedelta(days=9))


@dataclass
class Status:
    """One status or boost that stands on the server."""

    account: str
    post: Post
    receipt: Receipt
    at: datetime

    def standing(self) -> PublishedStatus:
        if self.post.action == "boost":
            return PublishedStatus(self.receipt, boosted_uri=self.post.uri, created_at=self.at)
        links = (self.post.link,) if self.post.link else ()
        return PublishedStatus(self.receipt, self.post.text, links, created_at=self.at)


class Server:
    """A fediverse server: what stands there, what it has accepted, and how it answers next."""

    def __init__(self, world: World, keys: Keys, *, boosts_twice: bool) -> None:
        self._world = world
        self._keys = keys
        self._boosts_twice = boosts_twice
        self._ids = count(1)
        self._used: dict[tuple[str, str], Receipt | TargetError] = {}
        self._hidden: list[Status] = []
        self._seen: dict[str, list[Status]] = defaultdict(list)
        self.standing: list[Status] = []
        self.accepted: list[dict[str, Any]] = []
        self.refused: list[tuple[str, Post]] = []
        self.dropped = 0
        self.laid: dict[str, list[str]] = defaultdict(list)
        self.valid = {"NEWS", "ECHO"}

    @property
    def hides(self) -> bool:
        """Whether anything that stands there is not shown yet, or may not be by what is laid out."""
        laid = self.laid["publish"]
        return bool(self._hidden) or STALE in self.laid["recent"] or "committed late" in laid

    def create(self, account: str, post: Post, key: str) -> Receipt:
        """The receipt of what was asked for, once what is laid out for it has struck."""
        name = self._next("publish")
        answer = PUBLISH.get(name, YES)
        used = (account, key)
        if answer.commits or isinstance(answer.error and answer.error(START), Rejected):
            repeated = self._repeated(used)
            if repeated is not None and not answer.error:
                return repeated
        error = answer.error(self._world.now()) if answer.error else None
        if isinstance(error, Rejected | Unauthorised):
            self.refused.append((account, post))
            if self._keys in ("replay", "burnt"):
                self._used[used] = error
        if answer.commits and used not in self._used:
            self._used[used] = self._commit(account, post, answer)
        if error is not None:
            raise error
        receipt = self._used[used]
        assert isinstance(receipt, Receipt)
        if self._keys == "none":
            del self._used[used]
        return receipt

    def _repeated(self, used: tuple[str, str]) -> Receipt | None:
        """The answer to a key that was used before, None for a new one."""
        if self._keys == "none":
            self._used.pop(used, None)
        answer = self._used.get(used)
        if answer is None:
            return None
        self._world.struck[f"key: {self._keys}"] += 1
        if self._keys == "error":
            raise Doubtful("server_error", "simulated: HTTP 500 to a repeat")
        if self._keys == "burnt":
            raise Doubtful("duplicate_key", "simulated: Duplicate idempotency key")
        if isinstance(answer, TargetError):
            raise answer
        return answer

    def _commit(self, account: str, post: Post, answer: Answer) -> Receipt:
        stands = self.boost_of(account, post) if post.action == "boost" else None
        if stands and not self._boosts_twice:
            return stands
        receipt = Receipt(str(next(self._ids)))
        if answer.drops:
            self.dropped += 1
            return receipt
        act = {"account": account, "act": post.action, "uri": post.uri, "text": post.text}
        self.accepted.append({**act, "id": receipt.remote_id})
        status = Status(account, post, receipt, self._world.now())
        (self._hidden if answer.hides else self.standing).append(status)
        return receipt

    def recent(self, account: str) -> list[PublishedStatus]:
        """What stands there now; what was hidden shows from then on."""
        stale = self._next("recent") == STALE
        statuses = self._seen[account] if stale else self.standing
        own = [status.standing() for status in statuses if status.account == account]
        self._show(account)
        return own

    def show_hidden(self) -> None:
        """Show everything, to whoever looks next."""
        for account in ACCOUNTS:
            self._show(account)

    def _show(self, account: str) -> None:
        self.standing += [status for status in self._hidden if status.account == account]
        self._hidden = [status for status in self._hidden if status.account != account]
        self._seen[account] = list(self.standing)

    def boost_of(self, account: str, post: Post) -> Receipt | None:
        """The account's boost of a status."""
        own = (status for status in self.standing if status.account == account)
        return next((status.receipt for status in own if status.post.uri == post.uri), None)

    def has(self, delivery: Delivery) -> bool:
        """Whether a delivery's text, link or boost stands there, for a person who looks."""
        self.show_hidden()
        account = delivery.account
        own = (status.post for status in self.standing if status.account == account)
        return any(_name(post) == _name(delivery.post) for post in own)

    def ask(self, question: str) -> None:
        """Raise what is laid out for a question."""
        if self.laid[question][:1] != [STALE] and (name := self._next(question)):
            error = LOOKS[name].error
            assert error is not None
            raise error(self._world.now())

    def _next(self, question: str) -> str:
        laid = self.laid[question]
        if not laid:
            return ""
        self._world.struck[f"{question}: {laid[0]}"] += 1
        return laid.pop(0)


def _name(post: Post) -> str:
    return post.link or post.uri or post.text


class Client:
    """One account's way to the server; implements Target."""

    rate_remaining = None

    def __init__(self, world: World, account: str) -> None:
        self._world = world
        self._server = world.server
        self._account = account

    def _ask(self, question: str) -> None:
        if self._world.tokens[self._account] not in self._server.valid:
            self._world.struck["bad token"] += 1
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
            self._world.struck["lease lapsed"] += 1
            raise LeaseExpired("lapsed", "simulated: too late")
        if self._world.tokens[self._account] not in self._server.valid:
            self._world.struck["bad token"] += 1
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

    def existing_boost(self, post: Post) -> Receipt | None:
        self._ask("existing_boost")
        return self._server.boost_of(self._account, post)


class Pool:
    """Parser children that answer in the event loop; implements ParserPool."""

    def share(self, name: str, deadline: timedelta | None = None) -> Callable[..., Any]:
        async def offload(function: Callable[..., Any], *args: Any) -> Any:
            await asyncio.sleep(0)
            return function(*args)

        return offload


@dataclass(frozen=True)
class Feed:
    """One source of a process; implements Source."""

    world: World
    process: Process
    name: str

    async def poll(self, known: Validators) -> Batch:
        self.process.step()
        await asyncio.sleep(self.world.dice.choice((0.01, 0.3)))
        self.process.step()
        entries = self.world.shown[self.name]
        how = self.world.disturbed.pop(self.name, "")
        if how:
            self.world.struck[f"feed: {how}"] += 1
        if how == "failing":
            raise SourceError("http_error", "simulated: HTTP 500", outcome="retry_later")
        if how == "gone quiet":
            return Batch()
        if how == "shuffled":
            entries = self.world.dice.sample(entries, len(entries))
        return Batch(tuple(reversed(entries)), title=self.name)


@dataclass(frozen=True)
class Life:
    """What a process does: so many rounds, and what befalls it after so many calls or requests."""

    process: str = "one"
    rounds: int = 1
    strike: str = ""
    calls: int = 0
    requests: bool = False


@dataclass
class World:
    """Everything there is, and the hands of an admin; judged by the server's journal."""

    folder: Path
    empty_store: Path
    keys: Keys = "none"
    boosts_twice: bool = True
    loop: VirtualLoop = field(default_factory=VirtualLoop)
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = Random(0)
        self.shift = timedelta()
        self.server = Server(self, self.keys, boosts_twice=self.boosts_twice)
        self.tokens = {name: name.upper() for name in ACCOUNTS}
        self.shown: dict[str, list[Entry]] = {name: [] for name in ACCOUNT_OF}
        self.disturbed: dict[str, str] = {}
        self.book = Book()
        self.deleted: set[str] = set()
        self.skipped: set[str] = set()
        self.processes: dict[str, Program] = {}
        self.backup: Path | None = None
        self._numbers = count(1)
        self.path = self.folder / "config.toml"
        self.path.write_text(CONFIG, encoding="utf-8")
        self.config = app.load_config(self.path)
        shutil.copy(self.empty_store, self.stored)
        self.store = self.opened("admin")

    @property
    def stored(self) -> Path:
        return self.folder / "bot.sqlite3"

    def opened(self, owner: str) -> Store:
        """The store, opened by a process on another machine: no process id tells it is dead."""
        url = f"sqlite:///{self.stored}"
        return open_store(url, f"far:1/{owner}/0/{next(self._numbers)}", self.now())[0]

    def now(self) -> datetime:
        """The machine's time; implements Clock."""
        return START + timedelta(seconds=self.loop.time()) + self.shift

    # what may happen

    def show(self, *sources: str) -> None:
        """Let an entry appear in these sources, the newest of each."""
        number = next(self._numbers)
        entry = Entry(f"Title {number}", guid=f"guid {number}", published_at=self.now())
        if sources == ("crowd",):
            uri = f"https://far.example/users/ann/statuses/{1000 + number}"
            entry = replace(entry, link=uri, uri=uri, title="", summary=f"Words {number}")
            self.book.enter("echo", uri, uri)
        elif sources == ("notes",):
            entry = replace(entry, title=f"Note {number}")
            self.book.enter("news", entry.title, entry.title)
        else:
            entry = replace(entry, link=f"https://news.example/{number}")
            self.book.enter("news", entry.link, entry.link)
        for name in sources:
            self.shown[name].append(entry)

    def lay(self, question: str, answer: str) -> None:
        """Let the server answer a question to come in this way."""
        self.server.laid[question].append(answer)

    def live(
        self, *lives: Life, seed: int = 0, meanwhile: Callable[[], object] | None = None
    ) -> None:
        """Let processes run side by side, and something happen in the midst of it."""
        self.dice = Random(seed)
        if meanwhile is not None:
            self.loop.call_later(self.dice.uniform(0, 3), meanwhile)
        self.loop.run(self._live(lives))
        self.note()

    async def _live(self, lives: Sequence[Life]) -> None:
        await asyncio.gather(*(self._program(life.process).live(life) for life in lives))

    def _program(self, name: str) -> Program:
        if name not in self.processes:
            self.processes[name] = Program(self, name)
        return self.processes[name]

    def wait(self, span: timedelta) -> None:
        """Let time pass in which nothing runs."""
        self.loop.elapsed += span.total_seconds()

    def jump(self, span: timedelta) -> None:
        """Set the machine's clock; its uptime does not change."""
        self.shift += span
        self.struck["clock set forward" if span > timedelta() else "clock set back"] += 1

    def end_processes(self) -> None:
        """Kill every process; what it has on the wire arrives or is lost before this returns."""
        for program in list(self.processes.values()):
            program.process.kill()
            self.loop.run(program.end())
        self.loop.run(asyncio.sleep(5))

    def keep_backup(self) -> None:
        self.backup = self.folder / f"backup-{next(self._numbers)}"
        self.store.backup(self.backup)

    def restore(self) -> None:
        """Put the older store back, as an admin does: while nothing runs."""
        assert self.backup is not None
        self.end_processes()
        self.server.show_hidden()
        self.store.close()
        for file in self.folder.glob("bot.sqlite3*"):
            file.unlink()
        shutil.copy(self.backup, self.stored)
        self.store = self.opened("admin")
        self.book.forget(self.server.accepted)
        self.struck["older store"] += 1

    # the admin

    def steer(self, verb: str, number: int) -> None:
        """Do to a delivery what an admin may do, who looks at the account before sending anew."""
        deliveries = self.find()
        if not deliveries:
            return
        delivery = deliveries[number % len(deliveries)]
        if verb in ("release", "retry") and self.server.has(delivery):
            return
        steered = getattr(QueueActions(self.config, self.store, self.now()), verb)(delivery)
        self.struck[f"{verb}: {'done' if steered.succeeded else 'refused'}"] += 1
        if steered.succeeded:
            self.book.set_aside(delivery)

    def stop(self) -> None:
        self.store.outbox.stop(self.now())
        self.struck["stop"] += 1

    def start(self) -> None:
        self.store.outbox.start()

    def delete_by_hand(self, number: int) -> None:
        """Take away a status whose delivery is settled."""
        settled = {delivery.receipt.remote_id for delivery in self.find() if delivery.receipt}
        there = [status for status in self.server.standing if status.receipt.remote_id in settled]
        if there:
            self.server.standing.remove(there[number % len(there)])
            self.struck["deleted by hand"] += 1

    def is_open(self) -> bool:
        """Whether an entry has no delivery yet, or time alone will move one."""
        moving = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DOUBT)
        return self._unknown() > 0 or any(delivery.state in moving for delivery in self.find())

    def doubts(self) -> bool:
        """Whether anything is in doubt, or was and is to be sent again."""
        return any(
            delivery.state in (DeliveryState.SENDING, DeliveryState.DOUBT)
            or delivery.failed_lookups
            for delivery in self.find()
        )

    def find(self) -> list[Delivery]:
        return self.store.outbox.find(states=list(DeliveryState))

    # the judgement

    def note(self) -> None:
        """Note where deliveries stand. Fails when anything stands there twice, or has no reason."""
        deliveries = self.find()
        self.book.note(deliveries)
        for account, post in self.server.refused:
            self.book.refused(account, post)
        self.server.refused.clear()
        silent = [
            delivery for delivery in deliveries if delivery.state in IDLE and not delivery.error
        ]
        assert not silent, f"neither posted nor a reason: {silent}"
        tally = self._tally()
        assert not tally.doubled, tally.complaints

    def _tally(self) -> Tally:
        tally = Tally()
        self.book.judge(self.server.accepted, self.server.dropped, tally)
        return tally

    def heal(self) -> None:
        """Mend everything, answer for what is held or dead, and go on until all is settled."""
        self.server.laid.clear()
        self.disturbed.clear()
        self.server.valid = set(self.tokens.values())
        self.start()
        for _ in range(HEALING):
            self.wait(timedelta(hours=2))
            self._answer_all()
            self.live(Life())
            if not self._open() and not self._unknown():
                break
        assert not self._open(), self._open()
        self.live(Life())

    def _answer_all(self) -> None:
        steering = QueueActions(self.config, self.store, self.now())
        for delivery in self.find():
            if delivery.state == DeliveryState.HELD:
                steering.skip(delivery) if self.server.has(delivery) else steering.release(delivery)
                self.book.set_aside(delivery)
            elif delivery.state == DeliveryState.DEAD and not self.server.has(delivery):
                steering.retry(delivery)

    def _open(self) -> list[Delivery]:
        settled = (DeliveryState.SENT, DeliveryState.SKIPPED)
        return [
            delivery
            for delivery in self.find()
            if delivery.state not in settled
            and not (delivery.state == DeliveryState.DEAD and self.server.has(delivery))
        ]

    def _unknown(self) -> int:
        """How many entries that are shown have no delivery yet."""
        expected = {
            (ACCOUNT_OF[name], entry.link or entry.title)
            for name in ACCOUNT_OF
            for entry in self.shown[name]
        }
        return len(expected) - len(self.find())

    def judge(self) -> Tally:
        """What the journal says at the end: what was skipped by the admin is not lost."""
        tally = self._tally()
        skipped = {
            f"{delivery.account}: never {self.book.key(delivery)}"
            for delivery in self.find()
            if delivery.state == DeliveryState.SKIPPED
        }
        tally.complaints = [complaint for complaint in tally.complaints if complaint not in skipped]
        return tally

    def close(self) -> None:
        self.end_processes()
        self.store.close()
        self.loop.close()


IDLE = (DeliveryState.HELD, DeliveryState.SKIPPED, DeliveryState.DEAD)


class Program:
    """The program as one process that lives through several rounds."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self.process = Process(world.loop, lambda: world.dice)
        self._store = world.opened(name)
        pool: Any = Pool()
        self._async_store = AsyncStore(self._store)
        self._engine = Engine(
            world.config,
            self._async_store,
            Accounts(world.config, self._account),
            lambda settings: Feed(world, self.process, settings.name),
            ImageFetcher(_no_web, pool),
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
        self.process.attach(account._thread, reaches_others=True)
        return account

    async def live(self, life: Life) -> None:
        """So many rounds; the process is gone afterwards if it was struck down."""
        for number in range(life.rounds):
            if number:
                await asyncio.sleep(self._world.dice.choice((1, 60, 100, 400)))
            if not await self._round(life if not number else replace(life, strike="")):
                await self.end()
                return

    async def _round(self, life: Life) -> bool:
        """Whether the process goes on afterwards."""
        world, process = self._world, self.process
        app.repair_future_timestamps(world.config, self._store, world.now())
        task = process.begin(self._engine.sync(tuple(world.config.sources), "asked"))
        calls = life.calls if life.strike else 0
        process.expect(calls, lambda: self._strike(life.strike, task), requests=life.requests)
        await asyncio.wait({task, process.killed}, return_when=asyncio.FIRST_COMPLETED)
        process.expect(0, lambda: None)
        if not process.lives or task.cancelled():
            return False
        error = task.exception()
        if error is not None and not isinstance(error, StoreError):
            raise error
        return error is None

    def _strike(self, how: str, task: asyncio.Task[Any]) -> None:
        self._world.struck[how] += 1
        match how:
            case "kill":
                self.process.kill()
            case "interrupt":
                self._world.loop.call_soon(task.cancel)
            case "freeze":
                self.process.freeze(700)
            case "full disk":
                self.process.breaks = StoreError("store_full", "simulated: no space left")

    async def end(self) -> None:
        """The process is gone; its leases run out by the clock alone."""
        self._world.processes.pop(self._name, None)
        self.process.kill()
        await self.process.end_tasks()
        self._store.close()


async def _no_web(url: str, **_: Any) -> Any:
    raise SourceError("unreachable", "simulated: there is no web")
