"""A lock by a file: one holder at a time, and nothing left behind."""

import subprocess
import sys

import pytest

from reblogbot.runtime.file_lock import file_lock

HOLD = """
import sys
from pathlib import Path
from reblogbot.runtime.file_lock import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_one_process_holds_it_at_a_time(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), file_lock(path):
            pass
        holder.kill()
        holder.wait()
        # a holder that was killed leaves its file, which holds nobody back
        assert path.exists()
        with file_lock(path):
            assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_its_block_whatever_happens(tmp_path):
    path = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), file_lock(path):
        _ = 1 / 0
    with file_lock(path):
        with pytest.raises(BlockingIOError), file_lock(path):
            pass
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_link_or_a_missing_folder_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for path in (tmp_path / "link", tmp_path / "nowhere" / "lock"):
        with pytest.raises(OSError), file_lock(path):  # noqa: PT011
            pass
    assert not (tmp_path / "elsewhere").exists()
