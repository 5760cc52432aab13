"""Counts what one `sync` does: functions called, changes of module, transactions, requests.

`python tests/support/walk.py` prints a table of ADR 0030 for one new entry that is posted and one
status that is boosted, each by a new process on a store that knows the source; with `--steps` also
each change of place, with the function that was called there.
"""

from __future__ import annotations

import argparse
import dis
import inspect
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from sqlalchemy import event

from fediverse.server import FediverseServer, run_in_thread
from harness import Bot, FeedServer, Item, SettableClock, SharedResources, items

PACKAGE = "reblogbot."
EDGES = ("store", "sources", "targets", "web", "media", "runtime")
"""Packages that count as one place each, whatever they do inside."""
UNCOUNTED = (
    *(
        "config",
        "model",
        "ports",
        "errors",
        "words",
        "runtime.clock",
        "runtime.awaited",
        "runtime.worker_thread",
    ),
    *("core.json_values", "core.mastodon_json"),
)
"""Calls that only read a setting, a value or a clock are no step of a story."""
SERVERS = ("sandbox", "process_request_thread")
"""Parts of the names of the threads in which the servers of this program answer."""


@dataclass
class Walk:
    """What one `sync` did."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    """Module and function of each call, in the order of the calls in all threads."""
    transactions: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)

    @property
    def functions(self) -> int:
        """How many different functions were called."""
        return len(set(self.calls))

    @property
    def steps(self) -> list[tuple[str, str]]:
        """The calls that went to another module than the call before."""
        return _changes(self.calls)

    @property
    def places(self) -> list[tuple[str, str]]:
        """The same between the modules of the engine and the core and the packages around them."""
        places = [(_place(module), function) for module, function in self.calls]
        return _changes([call for call in places if call[0]])


def _changes(calls: list[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = zip([("", ""), *calls], calls, strict=False)
    return [call for before, call in pairs if before[0] != call[0]]


def _place(module: str) -> str:
    name = module.removeprefix(PACKAGE)
    if any(f"{name}.".startswith(f"{uncounted}.") for uncounted in UNCOUNTED):
        return ""
    package, *inner = name.split(".")
    # a package within the core, such as `core.identity`, is one place too
    return package if package in EDGES else ".".join([package, *inner[:1]])


@contextmanager
def counted_transactions(engine: Any) -> Iterator[Counter[str]]:
    """Counts the transactions that begin on a database engine meanwhile."""
    counts: Counter[str] = Counter()

    def begin(_: object) -> None:
        counts["begin"] += 1

    event.listen(engine, "begin", begin)
    try:
        yield counts
    finally:
        event.remove(engine, "begin", begin)


def record_calls(work: Callable[[], object], calls: list[tuple[str, str]]) -> None:
    """Run `work` and note each call of a function of the package, outside of the sandbox."""

    def note(frame: FrameType, kind: str, _: object) -> None:
        if kind != "call":
            return
        module = frame.f_globals.get("__name__", "")
        code = frame.f_code
        if not module.startswith(PACKAGE) or module.startswith(PACKAGE + "sandbox"):
            return
        # no generated code, comprehension, body of a module or class, coroutine that goes on
        if code.co_filename.startswith("<") or code.co_name.endswith(("comp>", "expr>")):
            return
        if not code.co_flags & inspect.CO_OPTIMIZED or frame.f_lasti > _start(code):
            return
        if not any(part in threading.current_thread().name for part in SERVERS):
            calls.append((module, code.co_qualname))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]


@cache
def _start(code: CodeType) -> int:
    """The offset at which a call of the function begins."""
    resumes = (step.offset for step in dis.get_instructions(code) if step.opname == "RESUME")
    return next(resumes, 0)


def walk(bot: Bot, server: FediverseServer) -> Walk:
    """Run one `sync` of a new process on the bot's store and count."""
    result = Walk()
    asked = len(server.requests)
    with bot.open_worker() as worker:
        with counted_transactions(worker.store._database.engine) as counts:
            record_calls(worker.sync, result.calls)
        result.transactions = counts["begin"]
    result.requests = server.requests[asked:]
    return result


def walk_entry(bot: Bot, feeds: FeedServer, server: FediverseServer) -> Walk:
    """A feed that was read before shows one new entry, which is posted."""
    clock = bot.clock
    feeds.show("/hot.xml", items(clock, "b", "a"))
    source = {"url": feeds.url("/hot.xml"), "first": "none"}
    bot.configure({"hot": source}, {"news": (server, "")})
    bot.sync()
    clock.advance(hours=1)
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    result = walk(bot, server)
    assert [delivery.state for delivery in bot.deliveries()] == ["sent"]
    return result


def walk_boost(bot: Bot, feeds: FeedServer, server: FediverseServer) -> Walk:
    """A feed that was read before shows one new link to a status, which is boosted."""
    clock = bot.clock
    links = [server.add_status("ann@remote.example", f"status {name}")["url"] for name in "ab"]
    feed_items = [Item(f"Status {link[-8:]}", link, at=clock.now()) for link in links]
    feeds.show("/boosts.xml", feed_items[:1])
    source = {"url": feeds.url("/boosts.xml"), "first": "none", "action": "boost"}
    bot.configure({"boosts": source}, {"news": (server, "")})
    bot.sync()
    clock.advance(hours=1)
    feeds.show("/boosts.xml", feed_items[::-1])
    result = walk(bot, server)
    assert [delivery.state for delivery in bot.deliveries()] == ["sent"]
    return result


def main() -> None:
    """Print both walks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", action="store_true", help="print each change of place")
    options = parser.parse_args()
    shared = SharedResources()
    for name, scenario in (("one entry", walk_entry), ("one boost", walk_boost)):
        clock = SettableClock()
        with (
            tempfile.TemporaryDirectory() as folder,
            FeedServer().running() as feeds,
            run_in_thread(clock=clock) as server,
        ):
            result = scenario(Bot(Path(folder), clock, feeds, shared), feeds, server)
        print(f"{name}: {len(result.calls)} calls of {result.functions} functions,")
        print(f"  {len(result.steps)} changes of module, {len(result.places)} of place,")
        print(f"  {result.transactions} transactions,")
        print(
            f"  {len(result.requests)} requests: {', '.join(' '.join(r) for r in result.requests)}"
        )
        if options.steps:
            print(*(f"    {place}: {function}" for place, function in result.places), sep="\n")
    shared.close()


if __name__ == "__main__":
    main()
