"""What makes a test process quicker, or steadier, and changes nothing for its tests."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

MEMORY = Path("/dev/shm")
ENOUGH = 4 << 30
"""Bytes; all temporary files of the whole suite together need a tenth."""


def keep_bytecode() -> None:
    """Keep compiled modules, whatever the environment says.

    Thousands of processes import the program, and each worker all tests.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def put_temporary_files_into_memory() -> None:
    """Make temporary folders in memory where there is room; elsewhere each commit waits for a disk.

    An admin's own $TMPDIR stays.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    if shutil.disk_usage(MEMORY).free >= ENOUGH:
        os.environ["TMPDIR"] = str(MEMORY)
        # it was perhaps found before
        tempfile.tempdir = None


def let_hypothesis_take_its_time() -> None:
    """No example fails for being slow, which it is where the machine is busy."""
    profile = settings.default
    unmeasured = [*profile.suppress_health_check, HealthCheck.too_slow]
    settings.register_profile(
        "unmeasured", profile, deadline=None, suppress_health_check=unmeasured
    )
    settings.load_profile("unmeasured")
