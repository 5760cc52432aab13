"""A stand-in for models and programs at the port of steps: counts calls, answers, and fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from harness import Bot, Worker
from reblogbot.app import Edges, Runtime
from reblogbot.errors import StepError
from reblogbot.model import StepAnswer, StepRequest


@dataclass
class StandInStep:
    """Answers each prompt with a text that follows from it, for all steps of a config.

    `fail` says what the next calls meet instead. `calls` are the prompts of all, in order;
    `answered` counts the answers that were given, by step and prompt. `mark` stands for settings
    and key. `before` is awaited in each call.
    """

    calls: list[str] = field(default_factory=list)
    answered: Counter[tuple[str, str]] = field(default_factory=Counter)
    mark: str = "m"
    before: Callable[[], Awaitable[object]] | None = None
    text: Callable[[str], str] = "About {}.".format
    _faults: list[Exception] = field(default_factory=list)

    def fail(self, slug: str = "step_timeout", times: int = 1, **fields: Any) -> None:
        """Let the next calls fail with a StepError."""
        self._faults += [StepError(slug, f"simulated: {slug}", **fields) for _ in range(times)]

    def recover(self) -> None:
        """Let no further call fail."""
        self._faults.clear()

    def fail_with(self, error: Exception) -> None:
        self._faults.append(error)

    async def _run(self, name: str, request: StepRequest) -> StepAnswer:
        self.calls.append(request.prompt)
        if self.before is not None:
            await self.before()
        if self._faults:
            raise self._faults.pop(0)
        self.answered[name, request.prompt] += 1
        return StepAnswer(self.text(request.prompt), model="stand-in", cost=0.001)

    def paid_twice(self) -> list[tuple[str, str]]:
        """The steps and prompts that were answered more than once."""
        return [words for words, count in self.answered.items() if count > 1]

    def put_into(self, runtime: Runtime) -> Runtime:
        """Let the runtime's steps be this one."""
        engine = runtime.engine
        engine._adapters = replace(
            engine._adapters,
            make_step=lambda settings: SimpleNamespace(run=partial(self._run, settings.name)),
            mark_of=lambda settings: f"{settings.name} {self.mark}",
        )
        return runtime

    def open_worker(self, bot: Bot) -> Any:
        """The program as in one process, with this step; see `Bot.open_worker`."""
        return bot.open_worker(lambda *parts: self.put_into(Edges.runtime(*parts)))

    def sync(self, bot: Bot) -> Any:
        """Run one round with this step."""
        with self.open_worker(bot) as worker:
            assert isinstance(worker, Worker)
            return worker.sync()
