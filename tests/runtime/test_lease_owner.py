from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

from reblogbot.runtime.lease_owner import BOOT_ID, is_dead, new_lease_owner

WAIT = """
import sys
from reblogbot.runtime.lease_owner import new_lease_owner
print(new_lease_owner(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def process():
    """A process that has printed its owner name and waits to be ended."""
    child = subprocess.Popen(
        [sys.executable, "-c", WAIT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    child.name = child.stdout.readline().strip()
    yield child
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_no_owner_name_is_used_twice():
    assert len({new_lease_owner() for _ in range(1000)}) == 1000


def test_this_process_is_alive():
    assert not is_dead(new_lease_owner())


def test_a_running_process_is_alive(process):
    assert not is_dead(process.name)


def test_a_stopped_process_is_alive(process):
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)
    assert not is_dead(process.name)
    process.send_signal(signal.SIGCONT)


def test_an_ended_process_is_dead(process):
    process.stdin.write("\n")
    process.stdin.flush()
    process.wait()
    assert is_dead(process.name)


def test_a_killed_process_is_dead_before_its_parent_waits_for_it(process):
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(process.name)


def test_another_process_with_the_same_pid_is_not_the_owner(process):
    here, pid, started, nonce = process.name.split("/")
    assert is_dead(f"{here}/{pid}/{int(started) - 1}/{nonce}")
    assert is_dead(f"{here}/{pid}/{started}1/{nonce}")


@pytest.mark.parametrize("change", ["another boot", "another container"])
def test_a_process_elsewhere_may_be_alive(process, change):
    here, _, rest = process.name.partition("/")
    boot, _, namespace = here.partition(":")
    elsewhere = f"other:{namespace}" if change == "another boot" else f"{boot}:1"
    process.kill()
    process.wait()
    assert is_dead(f"{here}/{rest}")
    assert not is_dead(f"{elsewhere}/{rest}")


@pytest.mark.parametrize(
    "name", ["", "/", "///", "nonsense", "/1//abcd", "here/x/y/z", "{here}", "{here}/x/1/abcd"]
)
def test_the_owner_of_an_unreadable_name_may_be_alive(name):
    here = new_lease_owner().partition("/")[0]
    assert not is_dead(name.format(here=here))


def test_an_impossible_pid_is_dead():
    here = new_lease_owner().partition("/")[0]
    assert is_dead(f"{here}/{2**40}/1/abcd")


HIDDEN = """
import os, subprocess, sys
from reblogbot.runtime.lease_owner import BOOT_ID, is_dead, new_lease_owner
new_lease_owner()
name = sys.stdin.readline().strip()
subprocess.run(["mount", "-t", "proc", "-o", "hidepid=2", "proc", "/proc"], check=True)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
print(os.path.exists(f"/proc/{name.split('/')[1]}/stat"), is_dead(name))
"""


def test_a_process_hidden_by_the_system_may_be_alive(process):
    # as under ProtectProc=invisible: the admin's own `sync` is not seen by the daemon
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("NOT TESTED: only root can hide a process from somebody else")
    ended = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", HIDDEN],
        input=f"{process.name}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "mount" in ended.stderr:
        pytest.skip("NOT TESTED: /proc cannot be mounted here")
    assert ended.stdout.split() == ["False", "False"], ended.stderr


SUBSET = """
import os, subprocess, sys
subprocess.run(["mount", "-t", "proc", "-o", "subset=pid", "proc", "/proc"], check=True)
from reblogbot.runtime.lease_owner import BOOT_ID, is_dead, new_lease_owner
print(new_lease_owner(), is_dead(sys.stdin.readline().strip()))
"""


@pytest.mark.parametrize("is_told", [True, False])
def test_a_unit_without_proc_sys_reads_the_boot_id_from_its_environment(process, is_told):
    # as under ProcSubset=pid, where systemd passes the boot on, written without dashes
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("NOT TESTED: only root can hide a part of /proc")
    process.kill()
    process.wait()
    here = process.name.partition("/")[0]
    boot = here.partition(":")[0].replace("-", "")
    environ = {name: value for name, value in os.environ.items() if name != BOOT_ID}
    ended = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", SUBSET],
        input=f"{process.name}\n",
        env=environ | ({BOOT_ID: boot} if is_told else {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if "mount" in ended.stderr:
        pytest.skip("NOT TESTED: /proc cannot be mounted here")
    name, dead = ended.stdout.split()
    # without the boot id, only the end of its lease counts
    assert (name.partition("/")[0], dead) == ((here, "True") if is_told else ("", "False"))
