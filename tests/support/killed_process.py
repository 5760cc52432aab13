"""A process that ends at a chosen call to the world: killed before or after it, or interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, Literal

from reblogbot.app import Runtime
from reblogbot.engine.account import Account
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.engine import Engine
from reblogbot.store import AsyncStore

How = Literal["before", "after", "interrupted"]


class Killed(BaseException):
    """As a kill -9: nothing of the program may catch it, and nothing is done after it."""


class ProcessKiller:
    """Counts calls to the world, or those of one name, and ends everything at one of them.

    Before or after the call took effect, as a kill -9 does, or by cancelling what runs, as a
    signal does while the call goes on.
    """

    def __init__(self, at_call: int, how: How, name: str = "") -> None:
        self.calls: list[str] = []
        self.has_killed = False
        self._left = at_call
        self._how = how
        self._name = name
        self._accounts: list[Account] = []
        self._interrupt: Callable[[], object] = lambda: None

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What `work` returns, unless it is ended. Raises Killed or CancelledError."""
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        assert current is not None
        self._interrupt = lambda: loop.call_soon_threadsafe(current.cancel)
        return await work

    async def end_leftovers(self) -> None:
        """Wait for what outlives its process only in a test: calls on the wire, other tasks."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        while others:
            for other in others:
                other.cancel()
            # again, where `asyncio.wait_for` swallowed it, as it may before Python 3.12
            ended, others = await asyncio.wait(others, timeout=1)
            await asyncio.gather(*ended, return_exceptions=True)
        for account in self._accounts:
            await account._thread.end()

    def is_last(self, name: str) -> bool:
        """Note a call; True when it is the last one that takes effect. Raises Killed."""
        if self.has_killed and self._how != "interrupted":
            # what would run on the way out, such as `finally`, does not run in a killed process
            raise Killed
        self.calls.append(name)
        self._left -= self._name in ("", name)
        if self.has_killed or self._left:
            return False
        self.has_killed = True
        if self._how == "interrupted":
            self._interrupt()
            return False
        if self._how == "before":
            raise Killed
        return True

    def around(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            is_last = self.is_last(name)
            result = method(*args, **kwargs)
            if is_last:
                raise Killed
            return result

        return called

    def around_async(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def called(*args: Any, **kwargs: Any) -> Any:
            is_last = self.is_last(name)
            result = await method(*args, **kwargs)
            if is_last:
                raise Killed
            return result

        return called

    def make_runtime(self, edges: Any, config: Any, store: Any) -> Runtime:
        """The composition root, with this between the engine and every edge."""
        engine = edges.runtime(config, store).engine
        combined = ("enrol", "begin_sending", "posted_and_waiting")
        parts: Any = SimpleNamespace(
            sources=Edge(store.sources, "sources", self),
            outbox=Edge(store.outbox, "outbox", self),
            publications=store.publications,
            tallies=store.tallies,
            history=store.history,
            daemons=store.daemons,
            name=store.name,
            snapshot=store.snapshot,
            **{name: self.around(f"store.{name}", getattr(store, name)) for name in combined},
        )
        async_store = AsyncStore(parts)

        def make_source(settings: Any) -> Any:
            source = engine._poller._make_source(settings)
            return SimpleNamespace(poll=self.around_async("source.poll", source.poll))

        def make_account(settings: Any) -> Account:
            real = engine.accounts[settings.name]
            account = Account(
                settings,
                lambda: Edge(real._target, "target", self),
                real._read_token,
                async_store,
                edges.clock,
            )
            self._accounts.append(account)
            return account

        killable = Engine(
            config,
            async_store,
            Accounts(config, make_account),
            make_source,
            engine._images,
            edges.workers,
            edges.clock,
            lambda: 0.5,
        )
        return Runtime(config, killable, AsyncExitStack())


class Edge:
    """A part of the world whose every method may be the last one called."""

    def __init__(self, inner: Any, name: str, killer: ProcessKiller) -> None:
        self._inner, self._name, self._killer = inner, name, killer

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return self._killer.around(f"{self._name}.{name}", value) if callable(value) else value
