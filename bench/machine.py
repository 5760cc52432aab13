"""Describes the machine: cores, memory and processor, versions and commit, but no host name."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import peers, processes
from bench.bench import ROOT, Bench
from reblogbot import __version__

_OURS = "aiohttp SQLAlchemy pydantic feedparser Mastodon.py APScheduler".split()


def describe(bench: Bench) -> list[str]:
    """Return lines for the page."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _OURS)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    memory = f"{os.cpu_count()} cores, {_memory_gb():.0f} GB of memory, {_processor()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {memory}, {system}",
        f"reblogbot {__version__} with {libraries}",
        f"compared with {', '.join(peers.versions(bench)) or 'no other program'}",
        f"bytes written as {processes.counter(bench.folder('probe'))} of /proc/PID/io counts them",
    ]


def _commit() -> str:
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    head = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    command = ["git", "status", "--porcelain", "--", "src"]
    status = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    return (head.stdout.strip() or "unknown") + (" and changes" if status.stdout.strip() else "")


def _memory_gb() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    match = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return match[1].strip() if match else platform.processor() or "unknown processor"
