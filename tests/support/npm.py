"""Packages from npm, installed by name when a test first needs them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "build" / "npm"
PACKAGES = (
    "mfm-js@0.26.0",
    "markdown-it@14.1.0",
    "@fedify/markdown-it-mention@0.3.0",
    "@fedify/markdown-it-hashtag@0.3.0",
    "axe-core@4.14.1",
)


def install_packages(loss: str) -> Path:
    """The folder in which the packages are installed.

    Skips the test where npm cannot be had, and says what is not tested then; REQUIRE_NPM in the
    environment makes it fail instead.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    installed = FOLDER / "installed"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed.exists() and installed.read_text("utf-8") == "\n".join(PACKAGES):
            return FOLDER
        if not shutil.which("npm") or not shutil.which("node"):
            _unavailable("npm and node are not installed", loss)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
        result = subprocess.run(
            [*command, *PACKAGES],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if result.returncode:
            reason = f"npm cannot install {', '.join(PACKAGES)}: {result.stderr[-500:]}"
            _unavailable(reason, loss)
        installed.write_text("\n".join(PACKAGES), "utf-8")
    return FOLDER


def _unavailable(reason: str, loss: str) -> None:
    if os.environ.get("REQUIRE_NPM"):
        pytest.fail(reason)
    pytest.skip(f"{reason}: {loss}")
