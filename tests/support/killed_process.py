"""A process that ends at a chosen call to a port: killed before or after it, or interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Literal

from reblogbot.app import Runtime
from reblogbot.engine.account import Account
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.engine import Engine
from reblogbot.store import AsyncStore

KillMode = Literal["before", "after", "interrupted"]


class ProcessKilled(BaseException):
    """Simulates SIGKILL: the program must not catch it, and makes no further call."""


class ProcessKiller:
    """Counts the calls to all ports, or to the one of a name, and ends the process at one of them.

    The process is killed before or after the call takes effect. With "interrupted" its task is
    cancelled instead, as a signal does, while the call continues.
    """

    def __init__(self, at_call: int, mode: KillMode, name: str = "") -> None:
        self.calls: list[str] = []
        self.has_killed = False
        self._calls_left = at_call
        self._mode = mode
        self._name = name
        self._accounts: list[Account] = []
        self._interrupt: Callable[[], object] = lambda: None

    async def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return the result of `work`. Raises ProcessKilled or CancelledError when it is ended."""
        loop, current = asyncio.get_running_loop(), asyncio.current_task()
        assert current is not None
        self._interrupt = lambda: loop.call_soon_threadsafe(current.cancel)
        return await work

    async def cancel_remaining_tasks(self) -> None:
        """End the tasks and worker threads that would have died with a real process."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        while others:
            for task in others:
                task.cancel()
            # before Python 3.12 `asyncio.wait_for` may swallow a cancellation, so it is repeated:
            # https://github.com/python/cpython/issues/86296
            ended, others = await asyncio.wait(others, timeout=1)
            await asyncio.gather(*ended, return_exceptions=True)
        for account in self._accounts:
            await account._thread.end()

    def kills_after(self, name: str) -> bool:
        """Count a call; return whether the process ends once it took effect. Raises ProcessKilled."""
        if self.has_killed and self._mode != "interrupted":
            # a killed process runs no `finally` and no exit handler
            raise ProcessKilled
        self.calls.append(name)
        self._calls_left -= self._name in ("", name)
        if self.has_killed or self._calls_left:
            return False
        self.has_killed = True
        if self._mode == "interrupted":
            self._interrupt()
            return False
        if self._mode == "before":
            raise ProcessKilled
        return True

    def wrap(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            kills = self.kills_after(name)
            result = method(*args, **kwargs)
            if kills:
                raise ProcessKilled
            return result

        return wrapper

    def wrap_async(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            kills = self.kills_after(name)
            result = await method(*args, **kwargs)
            if kills:
                raise ProcessKilled
            return result

        return wrapper

    def make_runtime(self, edges: Any, config: Any, store: Any) -> Runtime:
        """Build the runtime with this killer between the engine and its ports."""
        engine = edges.runtime(config, store).engine
        adapters = engine._adapters
        combined = ("enrol", "begin_sending", "posted_and_waiting")
        parts: Any = SimpleNamespace(
            sources=KillablePort(store.sources, "sources", self),
            outbox=KillablePort(store.outbox, "outbox", self),
            publications=store.publications,
            tallies=store.tallies,
            history=store.history,
            posted=store.posted,
            retractions=KillablePort(store.retractions, "retractions", self),
            steps=KillablePort(store.steps, "steps", self),
            daemons=store.daemons,
            name=store.name,
            snapshot=store.snapshot,
            **{name: self.wrap(f"store.{name}", getattr(store, name)) for name in combined},
        )
        async_store = AsyncStore(parts)

        def make_source(settings: Any) -> Any:
            source = adapters.make_source(settings)
            return SimpleNamespace(poll=self.wrap_async("source.poll", source.poll))

        def make_step(settings: Any) -> Any:
            step = adapters.make_step(settings)
            return SimpleNamespace(run=self.wrap_async("step.run", step.run))

        def make_account(settings: Any) -> Account:
            original = engine.accounts[settings.name]
            account = Account(
                settings,
                lambda: KillablePort(original._target, "target", self),
                original._read_token,
                async_store,
                edges.clock,
            )
            self._accounts.append(account)
            return account

        killable = Engine(
            config,
            async_store,
            Accounts(config, make_account),
            replace(adapters, make_source=make_source, make_step=make_step),
            engine._fetch,
            edges.workers,
            edges.clock,
            lambda: 0.5,
        )
        return Runtime(config, killable, AsyncExitStack())


class KillablePort:
    """A port whose calls are counted by a killer."""

    def __init__(self, inner: Any, name: str, killer: ProcessKiller) -> None:
        self._inner, self._name, self._killer = inner, name, killer

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        return self._killer.wrap(f"{self._name}.{name}", value) if callable(value) else value
