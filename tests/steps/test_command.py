"""A command step runs a program: without a shell and our secrets, bounded, and wholly killed."""

import asyncio
import json
import os
import shlex
import signal
import sys
from pathlib import Path

import pytest

from harness import wait_until
from reblogbot.config.settings import StepSettings
from reblogbot.errors import StepError
from reblogbot.model import StepAnswer, StepRequest
from reblogbot.steps import make_step
from reblogbot.steps.bounds import max_bytes

REQUEST = StepRequest(json.dumps({"title": "石墨烯的新用途"}, ensure_ascii=False))


def step(tmp_path, command, environ=None, **values):
    table = {"name": "translate", "kind": "command", "command": command, **values}
    return make_step(
        StepSettings.model_validate(table),
        clock=None,
        user_agent="",
        folder=tmp_path,
        environ=dict(os.environ) if environ is None else environ,
    )


def python(code):
    return shlex.join([sys.executable, "-S", "-c", code])


async def failure(tmp_path, command, **values):
    with pytest.raises(StepError) as failed:
        await step(tmp_path, command, **values).run(REQUEST)
    return failed.value


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_there(process):
    return Path(f"/proc/{process}").exists()


def child_of(tmp_path):
    """The process that a script has named in the file `child`."""
    file = tmp_path / "child"
    wait_until(lambda: file.exists() and file.read_text().endswith("\n"), "the child")
    return int(file.read_text())


async def test_a_program_reads_the_entry_and_writes_the_text(tmp_path):
    assert await step(tmp_path, "tr a-z A-Z").run(StepRequest("hello")) == StepAnswer("HELLO")
    code = "import json, sys; print(json.load(sys.stdin)['title'][::-1])"
    assert await step(tmp_path, python(code)).run(REQUEST) == StepAnswer("途用新的烯墨石")


@pytest.mark.parametrize(
    ("output", "answer"),
    [
        ('{"text": " hello ", "title": "A title"}', StepAnswer("hello", "A title")),
        ('{"text": "hello", "title": 5}', StepAnswer("hello")),
        ('\ufeff{"text": "hello"}\n', StepAnswer("hello")),
        ('{"text": "a \\ud800 b"}', StepAnswer("a \ufffd b")),
        ('{"text": "hello"} more', StepAnswer('{"text": "hello"} more')),
        ('["hello"]', StepAnswer('["hello"]')),
        ("{" * 5000, StepAnswer("{" * 5000)),
    ],
)
async def test_output_is_text_or_an_object_with_a_text(tmp_path, output, answer):
    assert await step(tmp_path, "cat").run(StepRequest(output)) == answer


async def test_no_shell_reads_the_command(tmp_path):
    command = f"{python('import sys; print(sys.argv[1:])')} '$HOME; echo' > x"
    answer = await step(tmp_path, command).run(REQUEST)
    assert answer.text == "['$HOME; echo', '>', 'x']"
    assert not (tmp_path / "x").exists()


async def test_a_program_gets_none_of_our_secrets(tmp_path):
    environ = {
        "PATH": os.environ["PATH"], "HOME": "/home/bot", "LC_ALL": "C.UTF-8", "TZ": "UTC",
        "NEWS_TOKEN": "s3cr3t", "PGPASSWORD": "s3cr3t", "CREDENTIALS_DIRECTORY": "/run/x",
        "http_proxy": "http://user:s3cr3t@proxy",
    }  # fmt: skip
    answer = await step(tmp_path, "env", environ).run(REQUEST)
    names = {line.partition("=")[0] for line in answer.text.splitlines()}
    assert names == {"PATH", "HOME", "LC_ALL", "TZ"}


async def test_it_runs_in_the_folder_of_the_config(tmp_path):
    assert (await step(tmp_path, "pwd").run(REQUEST)).text == str(tmp_path)


async def test_a_program_need_not_read_its_input(tmp_path):
    long = StepRequest("x" * 1_000_000)
    closing = python("import os; os.close(0); print('hello')")
    assert (await step(tmp_path, closing).run(long)).text == "hello"
    assert (await step(tmp_path, "echo hello").run(long)).text == "hello"


@pytest.mark.parametrize(
    ("command", "slug", "words"),
    [
        ("false", "step_failed", "ended with 1"),
        (python("import sys; sys.exit('first\\nno \\x1b[31mmodel\\n')"), "step_failed", "1: no [31mmodel"),
        (python("import os; os.kill(os.getpid(), 9)"), "step_failed", "ended with -9"),
        ("true", "step_empty", "wrote nothing"),
        ("echo", "step_empty", "wrote nothing"),
        ("echo '{\"text\": \"\"}'", "step_empty", "wrote nothing"),
        ("echo '{\"text\": 5}'", "step_bad_answer", 'without a "text"'),
        ("echo '{\"error\": \"no\"}'", "step_bad_answer", 'without a "text"'),
        (python("import os; os.write(1, b'\\xff')"), "step_bad_answer", "not UTF-8"),
        ("yes", "step_bad_answer", "and was killed"),
    ],
)  # fmt: skip
async def test_a_failure_of_the_program_is_of_the_entry(tmp_path, command, slug, words):
    error = await failure(tmp_path, command)
    assert (error.slug, error.is_final, error.is_of_service) == (slug, False, False)
    assert words in error.message
    assert error.message.isprintable()
    assert error.message.startswith(f"steps.translate ({shlex.split(command)[0]}): ")


@pytest.mark.parametrize(
    "command",
    ["/no/such/program", "no-such-program", "./text", "./broken", "sh -c 'exit 127'", "env no-such-program", "./"],
)  # fmt: skip
async def test_a_program_that_cannot_be_started_is_final(tmp_path, command):
    (tmp_path / "text").write_text("not executable")
    (tmp_path / "broken").write_bytes(b"\x7fELF")
    (tmp_path / "broken").chmod(0o700)
    error = await failure(tmp_path, command)
    assert (error.slug, error.is_final, error.is_of_service) == ("step_not_found", True, True)
    assert "correct command" in error.message


async def test_arguments_are_in_no_message(tmp_path):
    assert "s3cr3t" not in (await failure(tmp_path, "false --key s3cr3t")).message


async def test_endless_errors_take_no_memory_and_no_disk(tmp_path):
    code = "import sys\nfor _ in range(500): sys.stderr.write('x' * 99_999 + '\\n')\nsys.exit(3)"
    error = await failure(tmp_path, python(code))
    assert "ended with 3: xxx" in error.message
    assert len(error.message) < 400


async def test_as_much_is_read_as_an_answer_may_have(tmp_path):
    limit = max_bytes(
        StepSettings.model_validate({"name": "a", "kind": "command", "command": "cat"})
    )
    for size, fits in ((limit, True), (limit + 1, False)):
        command = python(f"print(end='x' * {size})")
        if fits:
            assert len((await step(tmp_path, command).run(REQUEST)).text) == limit
        else:
            assert str(limit) in (await failure(tmp_path, command)).message


HANGS = "sleep 600 &\necho $! > child\nwait\n"


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path):
    (tmp_path / "hang.sh").write_text(HANGS)
    error = await failure(tmp_path, "sh hang.sh", timeout="1s")
    assert (error.slug, error.is_final, error.is_of_service) == ("step_timeout", False, False)
    child = child_of(tmp_path)
    wait_until(lambda: not is_alive(child), "the end of the child")


async def test_children_of_a_program_that_has_ended_are_killed(tmp_path):
    (tmp_path / "leave.sh").write_text("sleep 600 &\necho $! > child\necho hello\n")
    assert (await step(tmp_path, "sh leave.sh").run(REQUEST)).text == "hello"
    child = child_of(tmp_path)
    wait_until(lambda: not is_alive(child), "the end of the child")


async def test_a_child_that_left_the_group_is_not_waited_for(tmp_path):
    (tmp_path / "leave.sh").write_text("setsid sleep 600 &\necho $! > child\necho hello\n")
    assert (await step(tmp_path, "sh leave.sh").run(REQUEST)).text == "hello"
    os.kill(child_of(tmp_path), signal.SIGKILL)


async def test_a_cancelled_call_kills_the_whole_group(tmp_path):
    (tmp_path / "hang.sh").write_text(HANGS)
    (tmp_path / "first.sh").write_text("echo $$ > parent\n. ./hang.sh\n")
    call = asyncio.ensure_future(step(tmp_path, "sh first.sh").run(REQUEST))
    while not (tmp_path / "child").exists():
        await asyncio.sleep(0.01)
    child = child_of(tmp_path)
    parent = int((tmp_path / "parent").read_text())
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    wait_until(lambda: not is_alive(child), "the end of the child")
    assert not is_there(parent), "a zombie is left"
