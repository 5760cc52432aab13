"""One chapter of a soak: a world in which everything goes wrong, healed at its end and judged."""

from __future__ import annotations

import asyncio
import random
import re
import shutil
import subprocess
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from harness import Bot, FeedServer, Item, SettableClock, Worker, Workshop, kill, rss, until
from killed_process import Killed, Reaper
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.core.text import html_to_text
from reblogbot.model import Delivery, Post, State
from reblogbot.sandbox.profiles import PROFILES
from reblogbot.sandbox.server import Sandbox, run_in_thread
from sample_images import png
from soak_faults import EVENTS, FEEDS, laid_out

# who posts what; a look at one's own statuses shows 40 of them on some servers
SOURCES = {
    "hot": "news", "tech": "news", "notes": "news", "crowd": "echo",
    "birds": "relay", "ann": "relay", "home": "relay",
}  # fmt: skip
MOST = {"news": 36, "echo": 30, "relay": 24}
FED = ("hot", "tech", "notes", "crowd")
"""The sources that are feeds; the others are read through their account."""
LINK = re.compile(r"https?://\S+")
NOTE = re.compile(r"Note \d+")
ANN, BOB = "ann@remote.example", "bob@remote.example"
ADMIN = "@admin@remote.example"
# where it hurts most: calls around a post, and around a look for it
DEADLY = (
    "outbox.claim",
    "target.publish",
    "outbox.settle",
    "target.recent",
    "outbox.doubt_orphans",
    "outbox.pause",
    "sources.record",
)
STEPS = (0, 0.3, 1.2, 1.2, 1.2, 2, 3.1, 3.1, 3.1, 5, 61, 400, 4000, 20_000)
HEALING = 60
EMPTY_FEED = rss([])
PICTURE = png()
SAME_TEXT = "the same text stands there already"


@dataclass
class Tally:
    """What a chapter came to; all of `lost`, `doubled` and `out_of_order` should be 0."""

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
    complaints: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.out_of_order or self.complaints)


class Chapter:
    """A world of its own: a server, feeds, a bot; what happens there follows from its name."""

    def __init__(self, profile: str, name: str, folder: Path, workshop: Workshop) -> None:
        self.tally = Tally()
        self._profile, self._name, self._folder = profile, name, folder
        self._dice = random.Random(name)
        self._clock = SettableClock()
        self._feeds = FeedServer()
        folder.mkdir(parents=True)
        self._bot = Bot(folder, self._clock, self._feeds, workshop)
        self._running = ExitStack()
        self._server: Sandbox
        self._tokens: dict[str, str] = {}
        self._shown: dict[str, list[Item]] = {name: [] for name in FED}
        self._book = Book()
        # a backup brings back what was deleted by hand: nobody could know
        self._may_restore = self._dice.random() < 0.7
        # some servers show such posts at home alone
        self._is_private = self._dice.random() < 0.5
        self._backup: Path | None = None
        self._late: list[Any] = []
        self._hiding: list[Any] = []
        self._dropped = 0
        # nothing is in doubt that is, or was, hidden from a look
        self._is_sighted = True
        self._is_restored = self._was_restored = False
        self._edited: dict[str, str] = {}

    def run(self, rounds: int, *, real: bool) -> Tally:
        """So many rounds, on real processes or in this one; then healing, and the judgement."""
        with ExitStack() as world:
            world.enter_context(self._feeds.running())
            world.callback(self._running.close)
            self._open_server(0)
            self._configure(lease="10s" if real else "3s")
            for _ in range(rounds):
                self._round(real=real)
            self._heal()
            self._book.judge(self._server.accepted, self._dropped, self.tally)
            self._judge_edits()
            statuses = self._server.statuses("news")
            self.tally.images += sum(bool(one["media_attachments"]) for one in statuses)
        return self.tally

    # the world

    def _open_server(self, port: int) -> None:
        self._server = self._running.enter_context(
            run_in_thread(
                self._folder / "server", profile=self._profile, clock=self._clock, port=port
            )
        )

    def _close_server(self) -> int:
        """Its port, to be opened again."""
        self._count_faults()
        self._late.clear()
        self._running.close()
        return int(self._server.url.rpartition(":")[2])

    def _configure(self, lease: str) -> None:
        self._tokens = {name: self._server.add_account(name, bot=True) for name in MOST}
        private = {"visibility": "private"} if self._is_private else {}
        own: dict[str, dict[str, Any]] = {
            "hot": {"media": 1, "updates": "edit"},
            "tech": {"template": "headline", **private},
            "notes": private,
            "crowd": {"action": "auto"},
            "birds": {"kind": "hashtag", "via": "relay", "tag": "birds"},
            "ann": {"kind": "account", "via": "relay", "acct": f"@{ANN}"},
            "home": {"kind": "home", "via": "relay"},
        }
        sources = {
            name: {
                **({"url": self._feeds.show(f"/{name}", EMPTY_FEED)} if name in FED else {}),
                "to": [account],
                "max_per_poll": 1000,
                "every": "1s",
                "filter": {"max_age": "900d"},
                **own[name],
            }
            for name, account in SOURCES.items()
        }
        self._server.follow("relay", ANN)
        # some servers find by its address only what stands in the home timeline
        self._server.follow("echo", BOB)
        self._feeds.show("/picture.png", PICTURE, kind="image/png")
        swift = {"timeout": "1s", "read_back_after": "1s", "lease": lease}
        accounts = {name: (self._server, token) for name, token in self._tokens.items()}
        notify = {"account": "news", "to": ADMIN}
        self._bot.configure(sources, accounts, delivery=swift, notify=notify)

    # a round

    def _round(self, *, real: bool) -> None:
        self.tally.rounds += 1
        # anew for each, so that a round hangs as little as can be on those before
        dice = self._dice = random.Random(f"{self._name} {self.tally.rounds}")
        before = self._late[:]
        self._publish_news()
        self._disturb_feeds()
        event = dice.choices(list(EVENTS), list(EVENTS.values()))[0]
        hides = self._lay_out(hiding=self._is_sighted and not real and event != "older backup")
        undo = self._befall(event)
        if real:
            self._live_for_real()
            self._clock.instant = datetime.now(UTC)
        else:
            self._live(single=hides or bool(before))
        undo()
        self._let_go(before)
        with self._bot.store() as store:
            self._watch(store)

    def _publish_news(self) -> None:
        """Show a few more entries; some stand in two sources, some are statuses of others."""
        dice = self._dice
        for _ in range(dice.choice((0, 2, 3, 5, 8))):
            account = dice.choice(("news", "news", "news", "echo", "relay"))
            if account == "echo" and PROFILES[self._profile].finds == "nothing":
                account = "relay"
            if len(self._book.entries[account]) >= MOST[account]:
                continue
            if account == "relay":
                self._status("relay", ANN, "#birds")
            elif account == "echo":
                self._shown["crowd"].insert(0, self._status("echo", BOB))
            else:
                self._show_article()
        if dice.random() < 0.3:
            self._edit_something()
        self._show_feeds()

    def _show_article(self) -> None:
        """Show an article in one source or two, or a note, which has no link."""
        dice = self._dice
        if dice.random() < 0.25:
            self._shown["notes"].insert(0, self._note())
            return
        item = self._article()
        for name in dice.choice((["hot"], ["tech"], ["hot", "tech"])):
            self._shown[name].insert(0, item)

    def _edit_something(self) -> None:
        """Change the title of an article that is shown in one source alone."""
        hot, others = self._shown["hot"], {item.link for item in self._shown["tech"]}
        alone = [number for number, item in enumerate(hot) if item.link not in others]
        if alone:
            number = self._dice.choice(alone)
            self.tally.edits += 1
            title = f"{hot[number].title} again"
            hot[number] = replace(hot[number], title=title)
            self._edited[str(hot[number].link)] = title

    def _show_feeds(self) -> None:
        enclosed = (
            f'<enclosure url="{self._feeds.url("/picture.png")}" type="image/png" length="1"/>'
        )
        for name in FED:
            shown: Any = self._shown[name]
            if name == "hot":
                shown = rss(shown).replace(b"</item>", enclosed.encode() + b"</item>")
            self._feeds.show(f"/{name}", shown)

    def _article(self) -> Item:
        number = len(self._book.entries["news"])
        link = f"https://news.example/{number}"
        self._book.enter("news", link, link)
        text = "many words " * 90 if self._dice.random() < 0.2 else "some words"
        return Item(f"Title {number}", link, text, at=self._clock.now())

    def _note(self) -> Item:
        number = len(self._book.entries["news"])
        name = f"Note {number}"
        self._book.enter("news", name, name)
        return Item(f"{name}: *stars*, __lines__ & <b>", guid=name, at=self._clock.now())

    def _status(self, account: str, author: str, words: str = "") -> Item:
        number = len(self._book.entries[account])
        made = self._server.add_status(author, f"status {number} {words}")
        self._book.enter(account, made["uri"], made["url"], made["uri"])
        return Item(f"Status {number}", made["url"], at=self._clock.now())

    def _disturb_feeds(self, share: float = 0.25) -> None:
        dice = self._dice
        for name in FED:
            if dice.random() >= share:
                continue
            self.tally.faults += 1
            path, shown = f"/{name}", self._shown[name]
            match dice.choice(FEEDS):
                case "500":
                    self._feeds.fail(path, 500)
                case "503":
                    self._feeds.fail(path, 503, Retry_After="30")
                case "html":
                    self._feeds.show(path, b"<!DOCTYPE html><p>log in", kind="text/html")
                case "nothing":
                    self._feeds.show(path, b"")
                case "cut off":
                    whole = rss(shown)
                    self._feeds.show(path, whole[: dice.randrange(len(whole))])
                case "empty":
                    self._feeds.show(path, EMPTY_FEED)
                case "shuffled":
                    self._feeds.show(path, dice.sample(shown, len(shown)))

    def _lay_out(self, *, hiding: bool) -> bool:
        """Lay out this round's faults; whether one of them hides what was posted."""
        self._hiding.clear()
        for mishap, (method, path), before in laid_out(self._dice, hiding=hiding):
            if before:
                # answers in full: these requests pass
                self._server.faults.add(
                    "drip", method, path, times=before, chunk=1_000_000, interval=0, benign=True
                )
            fault = self._server.faults.add(mishap.fault, method, path, **mishap.options)
            if mishap.hides:
                self._hiding.append(fault)
            if mishap.hides and mishap.fault != "stale_read" and self._dice.random() < 0.7:
                self._late.append(fault)
        return bool(self._hiding)

    def _befall(self, event: str) -> Any:
        """Let it happen; what ends it."""
        dice, account = self._dice, self._dice.choice(list(MOST))
        self.tally.faults += bool(event)
        match event:
            case "limit":
                self._server.limit(dice.randint(1, 6))
                return lambda: self._server.limit(None)
            case "away":
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
            case "older backup" if self._backup and self._is_sighted and not self._late:
                self._restore(self._backup)
                # what it forgot may come back when the process has long begun to send
                self._disturb_feeds(0.5)
        return lambda: None

    def _delete_by_hand(self) -> None:
        """Take away a post whose delivery is settled."""
        there = [status["id"] for status in self._server.statuses("news")]
        settled = [one for one in there if one in self._book.receipts("news")]
        if settled:
            self._server.delete_status(self._dice.choice(settled))

    def _restore(self, backup: Path) -> None:
        for file in self._folder.glob("reblogbot.sqlite3*"):
            file.unlink()
        shutil.copy(backup, self._bot.stored)
        self._book.forget(self._server.accepted)
        self._is_restored, self._is_sighted, self._was_restored = True, False, True

    def _live(self, *, single: bool) -> None:
        """A process with a few rounds of the program, ended in the midst of it or not."""
        dice = self._dice
        name = dice.choice(("", "", *DEADLY))
        deadly = dice.randint(1, 3) if name else dice.randint(1, 45)
        reaper = Reaper(
            deadly if dice.random() < 0.6 else -1,
            dice.choice(("before", "after", "after", "interrupted")),
            name,
        )
        with self._bot.at_work(reaper.make) as worker:
            try:
                for _ in range(1 if single else dice.choice((1, 2, 3, 4))):
                    chosen = tuple(worker.pipeline.config.sources)
                    worker.run(reaper.attend(worker.pipeline.sync(chosen, "asked")))
                    self._book.note(worker.store.outbox.find(states=list(State)))
                    self._clock.advance(seconds=dice.choice(STEPS))
                    if dice.random() < 0.5:
                        self._show_feeds()
            except (Killed, asyncio.CancelledError):
                self._clock.advance(seconds=dice.choice(STEPS))
            finally:
                self.tally.kills += reaper.has_struck
                worker.run(reaper.bury())

    def _live_for_real(self) -> None:
        """One process or two, and a kill -9 at an instant that nobody chose."""
        dice = self._dice
        verbs = dice.choice((["sync"], ["sync"], ["run"], ["run"], ["run", "sync"]))
        living = [self._bot.start(verb) for verb in verbs]
        try:
            self._strike(dice.choice(living), dice.randint(1, 14), dice.uniform(0, 0.02))
            for other in living[1:]:
                self._strike(other, dice.randint(1, 6), dice.uniform(0, 0.02))
        finally:
            for process in living:
                kill(process)

    def _strike(self, process: subprocess.Popen[str], requests: int, later: float) -> None:
        """Let it ask the server for a few things more, or end, then kill it a moment later."""
        enough, patience = len(self._server.requests) + requests, time.monotonic() + 4
        until(
            lambda: (
                len(self._server.requests) >= enough
                or process.poll() is not None
                or time.monotonic() > patience
            ),
            "requests of the process, or its end",
        )
        try:
            process.wait(timeout=later)
        except subprocess.TimeoutExpired:
            self.tally.kills += 1
        kill(process)

    def _let_go(self, before: list[Any]) -> None:
        """End this round's faults; what hides on is let go a round later."""
        self._is_sighted &= not any(fault.hits for fault in self._hiding)
        for fault in self._server.faults.laid:
            if fault not in self._late or fault in before:
                fault.left = 0
                fault.release()
        self._late = [fault for fault in self._late if fault not in before]
        if self._late and not any(fault.late for fault in self._late):
            for fault in self._late:
                fault.left = 0
            self._late.clear()

    def _watch(self, store: Any) -> None:
        """Note where everything stands, and keep a backup now and then."""
        found = store.outbox.find(states=list(State))
        self._book.note(found)
        in_doubt = any(
            one.state in (State.SENDING, State.DOUBT) or one.failed_lookups for one in found
        )
        waits = any(one.state == State.QUEUED for one in found)
        if self._is_restored:
            # what it forgot is known again only when all of it was looked for
            self._is_restored = waits or not self._book.is_known(found)
        self._is_sighted |= not (self._late or in_doubt or self._is_restored)
        if self._may_restore and self._dice.random() < (0.2 if self._backup else 0.5):
            self._backup = self._folder / f"backup-{self.tally.rounds}"
            store.backup(self._backup)

    # the end

    def _heal(self) -> None:
        """Everything works again, and the admin releases and retries what waits for a word."""
        self._count_faults()
        self._server.faults.clear()
        for name, token in self._tokens.items():
            self._bot.set_token(name, token)
        self._show_feeds()
        for turn in range(HEALING):
            self._clock.advance(**({"hours": 7} if turn % 5 == 4 else {"minutes": 6}))
            with self._bot.at_work() as worker:
                if self._heal_once(worker):
                    return

    def _heal_once(self, worker: Worker) -> bool:
        """One round, twice where nothing is left open: the second must change nothing."""
        steering = QueueActions(worker.pipeline.config, worker.store, self._clock.now())
        for one in worker.store.outbox.find(states=[State.HELD, State.DEAD, State.SKIPPED]):
            if not one.error:
                self.tally.complaints.append(f"{one.state} without a reason: {one.post.text!r}")
            if SAME_TEXT in one.error:
                steering.skip(one)
            elif not is_answered(one):
                (steering.release if one.state == State.HELD else steering.retry)(one)
        worker.sync()
        found = worker.store.outbox.find(states=list(State))
        self._book.note(found)
        if not self._book.is_settled(found):
            return False
        self._clock.advance(hours=8)
        return not worker.sync().deliveries

    def _judge_edits(self) -> None:
        """What stands there reads as the entry does now; an older store does not know its posts."""
        if self._was_restored:
            return
        stands = {
            link: html_to_text(status["content"])
            for status in self._server.statuses("news")
            for link in LINK.findall(html_to_text(status["content"]))
        }
        self.tally.complaints += [
            f"not edited: {link}"
            for link, title in self._edited.items()
            if link in stands and title not in stands[link]
        ]

    def _count_faults(self) -> None:
        for fault in self._server.faults.laid:
            self.tally.faults += 0 if fault.option("benign") else fault.hits
            self._dropped += fault.hits if fault.name == "silently_dropped" else 0


class Book:
    """What was shown, and what became of it: the server's journal is the judge."""

    def __init__(self) -> None:
        self.entries: dict[str, list[str]] = defaultdict(list)
        self._names: dict[str, str] = {}
        self._order: dict[tuple[str, str], int] = {}
        self._places = count()
        self._set_aside: set[tuple[str, str]] = set()
        self._receipts: dict[tuple[str, str], str] = {}

    def enter(self, account: str, key: str, *names: str) -> None:
        """An entry, with the names it goes by: links and URIs."""
        self.entries[account].append(key)
        self._names.update(dict.fromkeys(names, key))

    def note(self, deliveries: list[Delivery]) -> None:
        """Where deliveries stand; those seen first now were queued last."""
        for one in deliveries:
            if one.post.action == "edit":
                continue
            key = self._of(one)
            self._order.setdefault(key, next(self._places))
            if is_set_aside(one):
                self._set_aside.add(key)
            if one.state == State.SENT and one.receipt:
                self._receipts[key] = one.receipt.remote_id

    def set_aside(self, one: Delivery) -> None:
        """An admin had a hand in it: it may come later than what was queued after it."""
        self._set_aside.add(self._of(one))

    def refused(self, account: str, post: Post) -> None:
        """The server refused it for certain: the others go on, it is tried again later."""
        self._set_aside.add((account, self._names[_name(post)]))

    def key(self, one: Delivery) -> str:
        """The key of the entry that a delivery publishes."""
        return self._of(one)[1]

    def forget(self, accepted: list[dict[str, Any]]) -> None:
        """An older store is back: what was not posted yet is queued anew, in an order of its own."""
        there = {(act["account"], self._key(act)) for act in _made(accepted)}
        self._order = {key: place for key, place in self._order.items() if key in there}

    def receipts(self, account: str) -> set[str]:
        """The remote ids of what is settled."""
        return {remote for (name, _), remote in self._receipts.items() if name == account}

    def is_known(self, deliveries: list[Delivery]) -> bool:
        """Whether everything that ever was queued is among these."""
        known = {self._of(one) for one in deliveries if one.post.action != "edit"}
        return set(self._order) <= known

    def is_settled(self, deliveries: list[Delivery]) -> bool:
        """Whether every entry shown has a delivery, and every delivery is sent."""
        shown = {(account, key) for account, keys in self.entries.items() for key in keys}
        known = {self._of(one) for one in deliveries if one.post.action != "edit"}
        unsettled = [one for one in deliveries if one.state != State.SENT and not is_answered(one)]
        return shown <= known and not unsettled

    def judge(self, accepted: list[dict[str, Any]], dropped: int, tally: Tally) -> None:
        """Count what stands there against what was shown.

        So many posts were `dropped` by a server that had said yes: no client can know.
        """
        for account, keys in self.entries.items():
            made = [self._key(act) for act in _made(accepted) if act["account"] == account]
            tally.entries += len(keys)
            tally.posts += len(made)
            for key in keys:
                self._judge_copies(account, key, made.count(key), tally)
            missing = [key for key in keys if key not in made]
            excused = [key for key in missing if (account, key) in self._receipts][:dropped]
            dropped -= len(excused)
            lost = [key for key in missing if key not in excused]
            tally.lost += len(lost)
            tally.complaints += [f"{account}: never {key}" for key in lost]
            self._judge_order(account, made, tally)

    def _judge_copies(self, account: str, key: str, copies: int, tally: Tally) -> None:
        if copies > 1:
            tally.doubled += copies - 1
            tally.complaints.append(f"{account}: {copies} times {key}")

    def _judge_order(self, account: str, made: list[str], tally: Tally) -> None:
        """What came after something queued later; a refusal that was retried is no matter."""
        latest = -1
        for key in dict.fromkeys(made):
            if (account, key) in self._set_aside:
                continue
            place = self._order.get((account, key), -1)
            if place < latest:
                tally.out_of_order += 1
                tally.complaints.append(f"{account}: too late {key}")
            latest = max(latest, place)

    def _of(self, one: Delivery) -> tuple[str, str]:
        return one.account, self._names[_name(one.post)]

    def _key(self, act: dict[str, Any]) -> str:
        if act["act"] == "boost":
            return self._names[act["uri"]]
        note = NOTE.match(act["text"])
        return self._names[note[0] if note else LINK.findall(act["text"])[-1]]


def _name(post: Post) -> str:
    """What tells a post from every other: its link, the status it boosts, or its number."""
    note = NOTE.match(post.text)
    return post.link or post.uri or (note[0] if note else "")


def _made(accepted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The posts and boosts among what a server accepted, but for what was told to the admin."""
    return [
        act
        for act in accepted
        if act["act"] == "boost" or (act["act"] == "post" and not act["text"].startswith("@"))
    ]


def is_answered(one: Delivery) -> bool:
    """Whether nothing is left to be done for it, though it was not sent."""
    if one.state not in (State.SKIPPED, State.DEAD):
        return False
    return one.post.action == "edit" or one.error == "skipped by the admin"


def is_set_aside(one: Delivery) -> bool:
    """Whether it was refused for certain: the others go on, it is tried again later."""
    if one.state in (State.HELD, State.DEAD, State.SKIPPED):
        return True
    return one.state == State.QUEUED and not one.failed_lookups and one.due > one.queued_at
