"""Steps that answer at once what a test wants, for commands: they make their own runtime."""

from __future__ import annotations

from typing import Any

from reblogbot.errors import StepError
from reblogbot.model import StepAnswer, StepRequest

UNAUTHORISED = StepError(
    "step_unauthorised", "the service refuses the key", is_final=True, is_of_service=True
)
DOWN = StepError("step_unreachable", "no connection", is_of_service=True)


class StepsOfCommands:
    """The steps of all names. An answer is a text, a whole answer, or the error to be raised."""

    def __init__(self) -> None:
        self.answer: str | StepAnswer | StepError = "An explanation."
        self.requests: list[StepRequest] = []
        self.mark = "mark"

    def make_step(self, *_arguments: Any, **_options: Any) -> StepsOfCommands:
        return self

    def mark_of(self, *_arguments: Any, **_options: Any) -> str:
        return self.mark

    async def run(self, request: StepRequest) -> StepAnswer:
        self.requests.append(request)
        if isinstance(self.answer, StepError):
            raise self.answer
        if isinstance(self.answer, str):
            return StepAnswer(self.answer, model="small", tokens_in=40, tokens_out=9, cost=0.002)
        return self.answer


def chat(**keys: Any) -> dict[str, Any]:
    """The table of a chat step."""
    return {
        "kind": "chat",
        "url": "http://127.0.0.1:1/v1",
        "model": "small",
        "prompt": "Explain {{ title }}",
        **keys,
    }
