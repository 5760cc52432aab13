"""A program is run in a group of its own, and what it leaves behind is killed or kept."""

import os
import signal
import sys
from pathlib import Path

import pytest

from harness import wait_until
from reblogbot.runtime.program import EndedProgram, OutputTooLong, run_program


def run(tmp_path, *words, text=b"", **options):
    values = {"folder": tmp_path, "env": os.environ, "seconds": 60.0, **options}
    return run_program(words, text, **values)


def is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_input_output_errors_and_the_code_are_passed_on(tmp_path):
    script = "cat; echo why >&2; exit 3"
    program = await run(tmp_path, "sh", "-c", script, text=b"hello", most_output=5)
    assert program == EndedProgram(3, b"hello", b"why\n")


async def test_a_signal_is_a_negative_code(tmp_path):
    assert (await run(tmp_path, "sh", "-c", "kill -TERM $$")).code == -signal.SIGTERM


async def test_output_that_nobody_wants_may_be_of_any_length(tmp_path):
    code = "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('y' * 3_000_000)"
    program = await run(tmp_path, sys.executable, "-S", "-c", code)
    assert program == EndedProgram(0, b"", b"y" * 4096)


async def test_one_byte_too_many_is_too_long(tmp_path):
    with pytest.raises(OutputTooLong):
        await run(tmp_path, "printf", "123456", most_output=5)


async def test_an_open_file_of_ours_is_not_passed_on(tmp_path):
    before = sorted(os.listdir("/proc/self/fd"))
    program = await run(tmp_path, "ls", "/proc/self/fd", most_output=1000)
    # the fourth is the folder that is listed
    assert program.output.split() == [b"0", b"1", b"2", b"3"]
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("is_kept", [False, True])
async def test_a_child_that_goes_on_is_kept_only_where_it_may(tmp_path, is_kept):
    script = "sleep 600 >/dev/null 2>&1 & echo $!"
    program = await run(tmp_path, "sh", "-c", script, most_output=100, keep_children=is_kept)
    child = int(program.output)
    if is_kept:
        assert is_alive(child)
        os.kill(child, signal.SIGKILL)
    wait_until(lambda: not is_alive(child), "the end of the child")
