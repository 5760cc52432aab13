"""A run counts what all its processes use, also those that nobody waited for."""

import os
import subprocess
import sys

import pytest

from bench import processes
from bench.run import Failed, run

MEGABYTE = 1_000_000
WORK = f"""
import os, time
with open("data", "wb") as file:
    file.write(bytes({MEGABYTE}))
    file.flush()
    os.fsync(file.fileno())
while time.process_time() < 0.3:
    pass
"""
# its child works on when the program has ended
LEAVES_A_CHILD = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {WORK!r}], stdin=subprocess.DEVNULL)
print("begun")
"""


@pytest.mark.parametrize("program", [WORK, LEAVES_A_CHILD])
def test_cpu_and_written_bytes_are_counted(program, tmp_path):
    result = run([sys.executable, "-c", program], tmp_path)
    assert result.cpu >= 0.3
    assert result.written >= MEGABYTE
    assert result.largest > MEGABYTE


def test_the_output_and_the_input_are_passed_on(tmp_path):
    echo = "import sys; print(sys.stdin.read().upper()); print('warned', file=sys.stderr)"
    result = run([sys.executable, "-c", echo], tmp_path, given="text")
    assert sorted(result.out.split()) == ["TEXT", "warned"]


def test_a_program_that_fails_is_no_result(tmp_path):
    with pytest.raises(Failed, match="exit code 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_a_living_process_is_counted_with_its_children(tmp_path):
    waiting = f"{WORK}\nprint('done', flush=True)\ninput()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {waiting!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "done\n"
        tree = processes.tree(process.pid)
        usage = processes.usage(tree, processes.counter(tmp_path))
        memory = processes.memory(tree)
        process.communicate("\n")
    assert len(tree) == 2
    assert usage.cpu >= 0.3
    assert usage.written >= MEGABYTE
    assert memory > MEGABYTE


def test_flushed_pages_are_counted_again(tmp_path):
    path = tmp_path / "data"
    counter = processes.counter(tmp_path)
    path.write_bytes(bytes(4096))
    written = []
    for _ in range(2):
        processes.flush(tmp_path)
        before = processes.usage([os.getpid()], counter).written
        with path.open("r+b") as file:
            file.write(b"x")
        written.append(processes.usage([os.getpid()], counter).written - before)
    assert all(written)
