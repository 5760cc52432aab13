"""The demo's model answers a chat step as a service does."""

import pytest

from reblogbot.config.settings import StepSettings
from reblogbot.demo.model import explanation, serve_model
from reblogbot.errors import StepError
from reblogbot.model import StepRequest
from reblogbot.runtime.clock import SystemClock
from reblogbot.steps import make_step


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("Explain:\n\nOne is 1.5 long. Two is short! Three.", "One is 1.5 long. Two is short!"),
        ("用中文解释：\n\n石墨烯很薄。它很强？还有更多。", "石墨烯很薄。它很强？"),
        ("no end", "no end"),
        ("", ""),
    ],
)
def test_it_repeats_the_first_sentences(prompt, text):
    assert explanation(prompt) == text


async def test_a_chat_step_can_ask_it(tmp_path):
    async with serve_model() as url:
        table = {"name": "explain", "kind": "chat", "url": url, "model": "m", "prompt": "x"}
        step = make_step(
            StepSettings.model_validate(table),
            clock=SystemClock(),
            folder=tmp_path,
            environ={},
            user_agent="reblogbot",
        )
        answer = await step.run(StepRequest("Explain:\n\nFirst thing. Second thing. Third."))
        assert answer.text == "First thing. Second thing."
        assert (answer.model, answer.tokens_in, answer.tokens_out) == ("stand-in", 6, 4)
        with pytest.raises(StepError) as failed:
            await step.run(StepRequest(""))
        assert failed.value.slug == "step_empty"
