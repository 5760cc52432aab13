"""The programs that tests fork from a warm interpreter behave as those that Python starts."""

import os
import signal

import pytest

import forked_program
from forked_program import ForkedProgram
from harness import kill, wait_until

# runs a command as it is, which a fork cannot
STARTED = ["env"]


@pytest.mark.parametrize(
    "command", ["--version", "status --json", "queue list --source 热榜", "nonsense", "check"]
)
def test_it_answers_alike(bot, command):
    account = {"server": "https://social.example", "token_file": "news.token"}
    bot.configure({"热榜": {"url": "https://feeds.example/f"}}, {"news": account})
    forked, started = (bot.call(*command.split(), under=under) for under in ([], STARTED))
    assert forked == started


def test_it_is_a_process_with_its_own_folder_environment_and_mode(bot, tmp_path):
    show = (
        "import os; print(os.getcwd(), os.environ['WHERE'], oct(os.umask(0))); raise SystemExit(7)"
    )
    before = os.umask(0o027)
    try:
        with bot._log().open("a") as log:
            environ = {**os.environ, "WHERE": "hier"}
            process = forked_program.fork([], environ, log, folder=tmp_path, script=show)
            output, _ = process.communicate(timeout=60)
    finally:
        os.umask(before)
    assert output == f"{tmp_path} hier 0o27\n"
    assert process.returncode == 7
    assert process.pid != os.getpid()


def test_it_ends_by_a_signal_as_any_process(bot, feeds, sandbox):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    process = bot.start("run")
    assert isinstance(process, ForkedProgram)
    wait_until(lambda: feeds.request_count("/f"), "the first poll")
    assert process.poll() is None
    kill(process)
    assert process.returncode == -signal.SIGKILL
