"""A chapter of a soak: rounds with faults, then a recovery and a check of every post."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import sqlite3
import subprocess
import time
from collections import defaultdict
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import soak_steps
from fediverse.profiles import PROFILES
from fediverse.server import FediverseServer, run_in_thread
from harness import (
    Bot,
    FeedServer,
    Item,
    SettableClock,
    SharedResources,
    Worker,
    kill,
    rss,
    wait_until,
)
from killed_process import ProcessKilled, ProcessKiller
from model_server import ModelServer, model_server
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.core.text import html_to_text
from reblogbot.model import Delivery, DeliveryState, Post
from sample_images import png
from soak_faults import EVENTS, FEED_FAULTS, choose_faults
from soak_steps import PublicPost, StepsAudit

SOURCES = {
    "hot": "news", "tech": "news", "notes": "news", "crowd": "echo",
    "birds": "relay", "ann": "relay", "home": "relay",
}  # fmt: skip
"""The account of each source."""
# some servers list no more than 40 of an account's statuses: beyond that no post can be found again
MAX_ENTRIES = {"news": 36, "echo": 30, "relay": 24}
FEED_SOURCES = ("hot", "tech", "notes", "crowd", *soak_steps.KEYS)
"""The sources that are feeds. The others are read through their account."""
LINK = re.compile(r"https?://\S+")
NOTE = re.compile(r"Note \d+")
ANN, BOB = "ann@remote.example", "bob@remote.example"
ADMIN = "@admin@remote.example"
# a kill is most dangerous around a post and around the search for it
RISKY_CALLS = (
    "outbox.claim",
    "target.publish",
    "outbox.settle",
    "target.recent",
    "store.begin_sending",
    "outbox.pause",
    "sources.record",
    "step.run",
    # what is paid for is stored by then
    "steps.finish",
    "steps.finish",
    "steps.settle",
)
PAUSES = (0, 0.3, 1.2, 1.2, 1.2, 2, 3.1, 3.1, 3.1, 5, 61, 400, 4000, 20_000)
RECOVERY_ROUNDS = 60
EMPTY_FEED = rss([])
PICTURE = png()
SAME_TEXT = "the same text stands there already"


@dataclass
class Tally:
    """The counts of a chapter. `lost`, `doubled` and `out_of_order` should be 0."""

    rounds: int = 0
    entries: int = 0
    posts: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    kills: int = 0
    faults: int = 0
    edits: int = 0
    images: int = 0
    answers: int = 0
    repaid: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or self.complaints)


class Chapter:
    """A server, feeds, a model and a bot. What happens to them follows from the name."""

    _has_replies = True

    def __init__(self, profile: str, name: str, folder: Path, shared: SharedResources) -> None:
        self.tally = Tally()
        self._profile, self._name, self._folder = profile, name, folder
        self._rng = random.Random(name)
        self._clock = SettableClock()
        self._feeds = FeedServer()
        folder.mkdir(parents=True)
        self._bot = Bot(folder, self._clock, self._feeds, shared)
        self._running = ExitStack()
        self._server: FediverseServer
        self._model: ModelServer
        self._steps: StepsAudit
        self._tokens: dict[str, str] = {}
        self._items: dict[str, list[Item]] = {name: [] for name in FEED_SOURCES}
        self._audit = Audit()
        # a chapter either restores backups or deletes posts: after both, no client could tell a
        # deleted post from one it has yet to send
        self._may_restore = self._rng.random() < 0.7
        # some servers list private posts only in the home timeline
        self._is_private = self._rng.random() < 0.5
        self._backup: Path | None = None
        self._delayed: list[Any] = []
        self._hiding: list[Any] = []
        self._dropped = 0
        # false while a delivery is in doubt whose post is, or was, hidden
        self._may_hide = True
        self._is_restored = self._was_restored = False
        self._edited: dict[str, str] = {}

    def run(self, rounds: int, *, real_processes: bool) -> Tally:
        """Run the rounds, let the bot recover, and return the tally."""
        with ExitStack() as stack:
            stack.enter_context(self._feeds.running())
            stack.callback(self._running.close)
            self._model = stack.enter_context(model_server())
            self._model.reply = soak_steps.injected_text
            self._steps = StepsAudit(self._model, self._has_replies)
            self._open_server(0)
            self._configure(lease="10s" if real_processes else "3s")
            for _ in range(rounds):
                self._round(real_processes=real_processes)
            self._recover()
            dropped = self._audit.check(self._server.accepted, self._dropped, self.tally)
            self._check_edits()
            self._check_steps(dropped)
            self.tally.images += self._count_images()
        return self.tally

    # setup

    def _open_server(self, port: int) -> None:
        self._server = self._running.enter_context(
            run_in_thread(
                self._folder / "server", profile=self._profile, clock=self._clock, port=port
            )
        )

    def _close_server(self) -> int:
        """Close the server and return its port, for opening it again."""
        self._count_faults()
        self._delayed.clear()
        self._running.close()
        return int(self._server.url.rpartition(":")[2])

    def _configure(self, lease: str) -> None:
        names = [*MAX_ENTRIES, soak_steps.ACCOUNT]
        self._tokens = {name: self._server.add_account(name, bot=True) for name in names}
        private = {"visibility": "private"} if self._is_private else {}
        keys: dict[str, dict[str, Any]] = {
            "hot": {"media": 1, "updates": "edit"},
            "tech": {"template": "headline", **private},
            "notes": private,
            "crowd": {"action": "auto"},
            "birds": {"kind": "hashtag", "via": "relay", "tag": "birds"},
            "ann": {"kind": "account", "via": "relay", "acct": f"@{ANN}"},
            "home": {"kind": "home", "via": "relay"},
        }
        sources = {name: self._source(name, SOURCES[name], keys[name]) for name in SOURCES}
        self._server.follow("relay", ANN)
        # some servers find a status by its address only if it is in the home timeline
        self._server.follow("echo", BOB)
        self._feeds.show("/picture.png", PICTURE, kind="image/png")
        quick = {"timeout": "1s", "read_back_after": "1s", "lease": lease}
        accounts = {
            name: self._bot.account(name, self._server, token)
            for name, token in self._tokens.items()
        }
        accounts[soak_steps.ACCOUNT]["ai_share"] = 1
        self._bot.configure(
            sources | self._step_sources(),
            accounts,
            delivery=quick,
            notify={"account": "news", "to": ADMIN},
            steps=soak_steps.tables(self._model),
        )

    def _source(self, name: str, account: str, keys: dict[str, Any]) -> dict[str, Any]:
        """The table of a source."""
        feed = {"url": self._feeds.show(f"/{name}", EMPTY_FEED)} if name in FEED_SOURCES else {}
        return {
            **feed,
            "to": [account],
            "max_per_poll": 1000,
            "every": "1s",
            "filter": {"max_age": "900d"},
            **keys,
        }

    def _step_sources(self) -> dict[str, dict[str, Any]]:
        """The tables of the sources with a step."""
        common = {"steps": ["explain"], "review": False}
        return {
            name: self._source(name, soak_steps.ACCOUNT, {**common, **keys})
            for name, keys in soak_steps.KEYS.items()
        }

    # a round

    def _round(self, *, real_processes: bool) -> None:
        self.tally.rounds += 1
        # a generator for each round, so that a round depends little on the ones before it
        rng = self._rng = random.Random(f"{self._name} {self.tally.rounds}")
        delayed_before = self._delayed[:]
        self._add_entries()
        self._disturb_feeds()
        event = rng.choices(list(EVENTS), list(EVENTS.values()))[0]
        hides = self._add_faults(
            may_hide=self._may_hide and not real_processes and event != "older backup"
        )
        undo = self._start_event(event)
        self.tally.faults += self._steps.choose_faults(rng)
        kills = self.tally.kills
        others = 0
        if real_processes:
            others = self._run_real_processes() - 1
            self._clock.instant = datetime.now(UTC)
        else:
            self._run_in_this_process(single=hides or bool(delayed_before))
        undo()
        self._release_faults(delayed_before)
        self.tally.faults -= self._model.heal()
        self._steps.record(
            self._results(), was_killed=self.tally.kills > kills, other_processes=others
        )
        with self._bot.store() as store:
            self._record_deliveries(store)

    def _results(self) -> list[str]:
        """The results of steps that are stored."""
        if not self._bot.store_file.exists():
            return []
        with closing(sqlite3.connect(self._bot.store_file)) as connection:
            rows = connection.execute("SELECT text FROM step_result WHERE state = 'done'")
            return [text for (text,) in rows]

    def _add_entries(self) -> None:
        """Show a few more entries. Some are in two sources, some are statuses of other accounts."""
        rng = self._rng
        for _ in range(rng.choice((0, 2, 3, 5, 8))):
            self._add_entry()
        for _ in range(rng.choice((0, 1, 2))):
            self._add_paper()
        if rng.random() < 0.3:
            self._edit_article()
        self._show_feeds()

    def _add_article(self) -> None:
        """Add an article to one or two feeds, or a note, which has no link."""
        rng = self._rng
        if rng.random() < 0.25:
            self._items["notes"].insert(0, self._note())
            return
        item = self._article()
        for name in rng.choice((["hot"], ["tech"], ["hot", "tech"])):
            self._items[name].insert(0, item)

    def _add_entry(self) -> None:
        """Add an entry, unless its account has enough."""
        account = self._rng.choice(("news", "news", "news", "echo", "relay"))
        if account == "echo" and PROFILES[self._profile].finds == "nothing":
            account = "relay"
        if len(self._audit.entries[account]) >= MAX_ENTRIES[account]:
            return
        if account == "relay":
            self._add_status("relay", ANN, "#birds")
        elif account == "echo":
            self._items["crowd"].insert(0, self._add_status("echo", BOB))
        else:
            self._add_article()

    def _add_paper(self) -> None:
        """Add an entry to a source with a step."""
        entry = self._steps.add_entry(self._rng, self._clock.now())
        if entry is not None:
            source, item = entry
            self._items[source].insert(0, item)

    def _edit_article(self) -> None:
        """Change the title of an article that only one feed shows."""
        hot, tech_links = self._items["hot"], {item.link for item in self._items["tech"]}
        numbers = [number for number, item in enumerate(hot) if item.link not in tech_links]
        if numbers:
            number = self._rng.choice(numbers)
            self.tally.edits += 1
            title = f"{hot[number].title} again"
            hot[number] = replace(hot[number], title=title)
            self._edited[str(hot[number].link)] = title

    def _show_feeds(self) -> None:
        enclosure = (
            f'<enclosure url="{self._feeds.url("/picture.png")}" type="image/png" length="1"/>'
        )
        for name in FEED_SOURCES:
            content: Any = self._items[name]
            if name == "hot":
                content = rss(content).replace(b"</item>", enclosure.encode() + b"</item>")
            self._feeds.show(f"/{name}", content)

    def _article(self) -> Item:
        number = len(self._audit.entries["news"])
        link = f"https://news.example/{number}"
        self._audit.add_entry("news", link, link)
        text = "many words " * 90 if self._rng.random() < 0.2 else "some words"
        return Item(f"Title {number}", link, text, at=self._clock.now())

    def _note(self) -> Item:
        number = len(self._audit.entries["news"])
        name = f"Note {number}"
        self._audit.add_entry("news", name, name)
        return Item(f"{name}: *stars*, __lines__ & <b>", guid=name, at=self._clock.now())

    def _add_status(self, account: str, author: str, words: str = "") -> Item:
        number = len(self._audit.entries[account])
        status = self._server.add_status(author, f"status {number} {words}")
        self._audit.add_entry(account, status["uri"], status["url"], status["uri"])
        return Item(f"Status {number}", status["url"], at=self._clock.now())

    def _disturb_feeds(self, share: float = 0.25) -> None:
        rng = self._rng
        for name in FEED_SOURCES:
            if rng.random() >= share:
                continue
            self.tally.faults += 1
            path, items = f"/{name}", self._items[name]
            match rng.choice(FEED_FAULTS):
                case "500":
                    self._feeds.fail(path, 500)
                case "503":
                    self._feeds.fail(path, 503, Retry_After="30")
                case "html":
                    self._feeds.show(path, b"<!DOCTYPE html><p>log in", kind="text/html")
                case "nothing":
                    self._feeds.show(path, b"")
                case "cut off":
                    document = rss(items)
                    self._feeds.show(path, document[: rng.randrange(len(document))])
                case "empty":
                    self._feeds.show(path, EMPTY_FEED)
                case "shuffled":
                    self._feeds.show(path, rng.sample(items, len(items)))

    def _add_faults(self, *, may_hide: bool) -> bool:
        """Add this round's faults; return whether one of them hides what was posted."""
        self._hiding.clear()
        for choice, (method, path), passing_before in choose_faults(self._rng, may_hide=may_hide):
            if passing_before:
                # one chunk without a pause: these requests are answered normally
                self._server.faults.add(
                    "drip",
                    method,
                    path,
                    times=passing_before,
                    chunk=1_000_000,
                    interval=0,
                    benign=True,
                )
            fault = self._server.faults.add(choice.fault, method, path, **choice.options)
            if choice.hides:
                self._hiding.append(fault)
            if choice.hides and choice.fault != "stale_read" and self._rng.random() < 0.7:
                self._delayed.append(fault)
        return bool(self._hiding)

    def _start_event(self, event: str) -> Any:
        """Start an event and return the function that ends it."""
        rng, account = self._rng, self._rng.choice(list(self._tokens))
        self.tally.faults += bool(event)
        match event:
            case "rate limit":
                self._server.limit(rng.randint(1, 6))
                return lambda: self._server.limit(None)
            case "server down":
                port = self._close_server()
                return lambda: self._open_server(port)
            case "wrong token":
                self._bot.set_token(account, "wrong")
                return lambda: self._bot.set_token(account, self._tokens[account])
            case "revoked token":
                self._server.revoke(self._tokens[account])
                self._tokens[account] = self._server.add_token(account)
                return lambda: self._bot.set_token(account, self._tokens[account])
            case "deleted by hand" if not self._may_restore:
                self._delete_by_hand()
            case "older backup" if self._backup and self._may_hide and not self._delayed:
                self._restore(self._backup)
                # feeds that fail now show the forgotten entries only after the bot has begun to send
                self._disturb_feeds(0.5)
        return lambda: None

    def _delete_by_hand(self) -> None:
        """Delete a post whose delivery is settled."""
        ids = [status["id"] for status in self._server.statuses("news")]
        settled = [id_ for id_ in ids if id_ in self._audit.remote_ids("news")]
        if settled:
            self._server.delete_status(self._rng.choice(settled))

    def _restore(self, backup: Path) -> None:
        for file in self._folder.glob("reblogbot.sqlite3*"):
            file.unlink()
        shutil.copy(backup, self._bot.store_file)
        self._steps.restore(self._results())
        self._audit.forget_unsent(self._server.accepted)
        self._is_restored, self._may_hide, self._was_restored = True, False, True

    def _run_in_this_process(self, *, single: bool) -> None:
        """Run one round of the program, or a few, and maybe kill it at one of its calls."""
        rng = self._rng
        name = rng.choice(("", "", *RISKY_CALLS))
        at_call = rng.randint(1, 3) if name else rng.randint(1, 30)
        killer = ProcessKiller(
            at_call if rng.random() < 0.6 else -1,
            rng.choice(("before", "after", "after", "interrupted")),
            name,
        )
        with self._bot.open_worker(killer.make_runtime) as worker:
            try:
                for _ in range(1 if single else rng.choice((1, 2, 3, 4))):
                    names = tuple(worker.runtime.config.sources)
                    worker.run(killer.run(worker.runtime.sync(names, "asked")))
                    self._record_round(worker.store.outbox.find(states=list(DeliveryState)))
                    self._clock.advance(seconds=rng.choice(PAUSES))
                    if rng.random() < 0.5:
                        self._show_feeds()
            except (ProcessKilled, asyncio.CancelledError):
                self._clock.advance(seconds=rng.choice(PAUSES))
            finally:
                self.tally.kills += killer.has_killed
                worker.run(killer.cancel_remaining_tasks())

    def _run_real_processes(self) -> int:
        """Start one process or two, and kill them at a random instant. Return their number."""
        rng = self._rng
        verbs = rng.choice((["sync"], ["sync"], ["run"], ["run"], ["run", "sync"]))
        processes = [self._bot.start(verb) for verb in verbs]
        try:
            self._kill_after_requests(
                rng.choice(processes), rng.randint(1, 14), rng.uniform(0, 0.02)
            )
            for process in processes[1:]:
                self._kill_after_requests(process, rng.randint(1, 6), rng.uniform(0, 0.02))
        finally:
            for process in processes:
                kill(process)
        return len(processes)

    def _kill_after_requests(
        self, process: subprocess.Popen[str], requests: int, delay: float
    ) -> None:
        """Wait for that many more requests to the server, or 4 seconds, then `delay`, then kill."""
        count, deadline = len(self._server.requests) + requests, time.monotonic() + 4
        wait_until(
            lambda: (
                len(self._server.requests) >= count
                or process.poll() is not None
                or time.monotonic() > deadline
            ),
            "requests of the process, or its end",
        )
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            self.tally.kills += 1
        kill(process)

    def _record_round(self, deliveries: list[Delivery]) -> None:
        """Record the state of deliveries after a round of the program."""
        self._audit.record(deliveries)

    def _release_faults(self, delayed_before: list[Any]) -> None:
        """End this round's faults. The delayed ones, which still hide a post, end a round later."""
        self._may_hide &= not any(fault.hits for fault in self._hiding)
        for fault in self._server.faults.planned:
            if fault not in self._delayed or fault in delayed_before:
                fault.left = 0
                fault.release()
        self._delayed = [fault for fault in self._delayed if fault not in delayed_before]
        if self._delayed and not any(fault.late for fault in self._delayed):
            for fault in self._delayed:
                fault.left = 0
            self._delayed.clear()

    def _record_deliveries(self, store: Any) -> None:
        """Record the state of all deliveries, and sometimes make a backup."""
        deliveries = store.outbox.find(states=list(DeliveryState))
        self._record_round(deliveries)
        in_doubt = any(
            delivery.state in (DeliveryState.SENDING, DeliveryState.DOUBT)
            or delivery.failed_lookups
            for delivery in deliveries
        )
        has_queued = any(delivery.state == DeliveryState.QUEUED for delivery in deliveries)
        if self._is_restored:
            # the bot knows the forgotten posts again once it has queued and settled all of them
            self._is_restored = has_queued or not self._audit.has_all_recorded(deliveries)
        self._may_hide |= not (self._delayed or in_doubt or self._is_restored)
        if self._may_restore and self._rng.random() < (0.2 if self._backup else 0.5):
            self._backup = self._folder / f"backup-{self.tally.rounds}"
            store.backup(self._backup)

    # recovery and check

    def _recover(self) -> None:
        """Remove all faults, and run rounds in which an admin releases and retries deliveries."""
        self._heal_server()
        self._show_feeds()
        for number in range(RECOVERY_ROUNDS):
            self._clock.advance(**({"hours": 7} if number % 5 == 4 else {"minutes": 6}))
            with self._bot.open_worker() as worker:
                if self._recovery_round(worker):
                    return

    def _heal_server(self) -> None:
        """Remove all faults of the server."""
        self._count_faults()
        self._server.faults.clear()
        for name, token in self._tokens.items():
            self._bot.set_token(name, token)

    def _recovery_round(self, worker: Worker) -> bool:
        """Run a round and return whether all is settled; then another round must send nothing."""
        actions = QueueActions(worker.runtime.config, worker.store, self._clock.now())
        for delivery in worker.store.outbox.find(
            states=[DeliveryState.HELD, DeliveryState.DEAD, DeliveryState.SKIPPED]
        ):
            if not delivery.error:
                self.tally.complaints.append(
                    f"{delivery.state} without a reason: {delivery.post.text!r}"
                )
            if SAME_TEXT in delivery.error:
                actions.skip(delivery)
            elif delivery.state == DeliveryState.HELD:
                actions.release(delivery)
            elif not is_abandoned(delivery):
                actions.retry(delivery)
        worker.sync()
        deliveries = worker.store.outbox.find(states=list(DeliveryState))
        self._record_round(deliveries)
        if not self._audit.is_settled(deliveries):
            return False
        self._clock.advance(hours=8)
        return not worker.sync().deliveries

    def _count_images(self) -> int:
        """How many of the posts have images."""
        statuses = self._server.statuses("news")
        return sum(bool(status["media_attachments"]) for status in statuses)

    def _check_steps(self, dropped: int) -> None:
        """Check the posts of sources with steps; up to `dropped` of them may be missing."""
        self._steps.record(self._results(), was_killed=False, other_processes=0)
        self._steps.check(self._papers(), dropped)
        self.tally.entries += sum(map(len, self._steps.entries.values()))
        self.tally.posts += len(self._papers())
        self.tally.lost += self._steps.lost
        self.tally.doubled += self._steps.doubled
        self.tally.answers += self._model.answers.total()
        self.tally.repaid += self._steps.repaid
        self.tally.complaints += self._steps.complaints

    def _papers(self) -> list[PublicPost]:
        """The posts of the sources with steps, as people read them."""
        return [
            PublicPost(
                status["id"], html_to_text(status["content"]), status["in_reply_to_id"] or ""
            )
            for status in self._server.statuses(soak_steps.ACCOUNT)
        ]

    def _check_edits(self) -> None:
        """Check that posts have the current titles, unless an older store forgot its posts."""
        if self._was_restored:
            return
        texts = {
            link: html_to_text(status["content"])
            for status in self._server.statuses("news")
            for link in LINK.findall(html_to_text(status["content"]))
        }
        self.tally.complaints += [
            f"not edited: {link}"
            for link, title in self._edited.items()
            if link in texts and title not in texts[link]
        ]

    def _count_faults(self) -> None:
        for fault in self._server.faults.planned:
            self.tally.faults += 0 if fault.option("benign") else fault.hits
            self._dropped += fault.hits if fault.name == "silently_dropped" else 0


class Audit:
    """Compares the entries that feeds showed with the posts that a server accepted."""

    def __init__(self) -> None:
        self.entries: dict[str, list[str]] = defaultdict(list)
        self._keys: dict[str, str] = {}
        self._order: dict[tuple[str, str], int] = {}
        self._positions = count()
        self._may_be_late: set[tuple[str, str]] = set()
        self._remote_ids: dict[tuple[str, str], str] = {}

    def add_entry(self, account: str, key: str, *names: str) -> None:
        """Expect an entry's post on an account. `names` are its links and URIs."""
        self.entries[account].append(key)
        self._keys.update(dict.fromkeys(names, key))

    def record(self, deliveries: list[Delivery]) -> None:
        """Record the state of deliveries. New ones come after all recorded before."""
        for delivery in deliveries:
            if not _is_audited(delivery):
                continue
            key = self._account_and_key(delivery)
            self._order.setdefault(key, next(self._positions))
            if is_postponed(delivery):
                self._may_be_late.add(key)
            if delivery.state == DeliveryState.SENT and delivery.receipt:
                self._remote_ids[key] = delivery.receipt.remote_id

    def allow_delay(self, delivery: Delivery) -> None:
        """Allow a delivery that an admin changed to come after those queued later."""
        self._may_be_late.add(self._account_and_key(delivery))

    def allow_delay_of_key(self, account: str, key: str) -> None:
        """Allow the post of an entry to come later."""
        self._may_be_late.add((account, key))

    def allow_delay_of_post(self, account: str, post: Post) -> None:
        """Allow a post that the server refused to come later: it is retried after the others."""
        self._may_be_late.add((account, self._keys[_unique_name(post)]))

    def key(self, delivery: Delivery) -> str:
        """The key of the entry that a delivery publishes."""
        return self._account_and_key(delivery)[1]

    def forget_unsent(self, accepted: list[dict[str, Any]]) -> None:
        """Forget the order of entries not yet posted: an older store queues them again."""
        posted = {(act["account"], self._act_key(act)) for act in _posts_and_boosts(accepted)}
        self._order = {key: position for key, position in self._order.items() if key in posted}

    def remote_ids(self, account: str) -> set[str]:
        """The status ids of an account's settled deliveries."""
        return {id_ for (name, _), id_ in self._remote_ids.items() if name == account}

    def has_all_recorded(self, deliveries: list[Delivery]) -> bool:
        """Whether these include every delivery that was recorded before."""
        keys = {self._account_and_key(delivery) for delivery in deliveries if _is_audited(delivery)}
        return set(self._order) <= keys

    def is_settled(self, deliveries: list[Delivery]) -> bool:
        """Whether every entry has a delivery, and every delivery is sent or abandoned."""
        expected = {(account, key) for account, keys in self.entries.items() for key in keys}
        queued = {
            self._account_and_key(delivery) for delivery in deliveries if _is_audited(delivery)
        }
        unsettled = [
            delivery
            for delivery in deliveries
            if delivery.state != DeliveryState.SENT and not is_abandoned(delivery)
        ]
        return expected <= queued and not unsettled

    def check(self, accepted: list[dict[str, Any]], dropped: int, tally: Tally) -> int:
        """Add lost, doubled and misordered posts to the tally; return what is left of `dropped`.

        `dropped` is the number of posts that the server confirmed but did not keep. They are not
        counted as lost: no client can know of them.
        """
        for account, keys in self.entries.items():
            posted = [
                self._act_key(act)
                for act in _posts_and_boosts(accepted)
                if act["account"] == account
            ]
            tally.entries += len(keys)
            tally.posts += len(posted)
            for key in keys:
                self._check_copies(account, key, posted.count(key), tally)
            missing = [key for key in keys if key not in posted]
            excused = [key for key in missing if (account, key) in self._remote_ids][:dropped]
            dropped -= len(excused)
            lost = [key for key in missing if key not in excused]
            tally.lost += len(lost)
            tally.complaints += [f"{account}: never {key}" for key in lost]
            self._check_order(account, posted, tally)
        return dropped

    def _check_copies(self, account: str, key: str, copies: int, tally: Tally) -> None:
        if copies > 1:
            tally.doubled += copies - 1
            tally.complaints.append(f"{account}: {copies} times {key}")

    def _check_order(self, account: str, posted: list[str], tally: Tally) -> None:
        """Count the posts that came after one queued later, where no delay is allowed."""
        latest = -1
        for key in dict.fromkeys(posted):
            if (account, key) in self._may_be_late:
                continue
            position = self._order.get((account, key), -1)
            if position < latest:
                tally.out_of_order += 1
                tally.complaints.append(f"{account}: too late {key}")
            latest = max(latest, position)

    def _account_and_key(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.account, self._keys[_unique_name(delivery.post)]

    def _act_key(self, act: dict[str, Any]) -> str:
        if act["act"] == "boost":
            return self._keys[act["uri"]]
        note = NOTE.match(act["text"])
        return self._keys[note[0] if note else LINK.findall(act["text"])[-1]]


def _is_audited(delivery: Delivery) -> bool:
    """Whether the audit of order counts it: edits are none, and steps have an audit of their own."""
    return delivery.post.action != "edit" and delivery.account != soak_steps.ACCOUNT


def _unique_name(post: Post) -> str:
    """What distinguishes a post from all others: its link, the boosted status, or its number."""
    note = NOTE.match(post.text)
    return post.link or post.uri or (note[0] if note else "")


def _posts_and_boosts(accepted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The posts and boosts that a server accepted, without messages to the admin."""
    return [
        act
        for act in accepted
        if act["account"] != soak_steps.ACCOUNT
        and (act["act"] == "boost" or (act["act"] == "post" and not act["text"].startswith("@")))
    ]


def is_abandoned(delivery: Delivery) -> bool:
    """Whether a delivery was not sent and needs no more action."""
    if delivery.state not in (DeliveryState.SKIPPED, DeliveryState.DEAD):
        return False
    return delivery.post.action == "edit" or delivery.error == "skipped by the admin"


def is_postponed(delivery: Delivery) -> bool:
    """Whether it was refused for certain, so that the ones queued later go first."""
    if delivery.state in (DeliveryState.HELD, DeliveryState.DEAD, DeliveryState.SKIPPED):
        return True
    if delivery.post.is_follow_up:
        # it follows its post, whatever was queued since
        return True
    return (
        delivery.state == DeliveryState.QUEUED
        and not delivery.failed_lookups
        and delivery.due > delivery.queued_at
    )
