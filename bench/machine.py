"""On what the bench ran: cores, memory and processor, versions and commit; no names of hosts."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import peers
from bench.bench import ROOT, Bench

_OURS = "aiohttp SQLAlchemy pydantic feedparser Mastodon.py APScheduler".split()


def described(bench: Bench) -> list[str]:
    """A few lines for the page."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _OURS)
    kind = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    memory = f"{os.cpu_count()} cores, {_memory_gb():.0f} GB of memory, {_processor()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}, commit {_commit()}, {memory}, {kind}",
        f"reblogbot {version('reblogbot')} with {libraries}",
        f"beside {', '.join(peers.versions(bench)) or 'nobody'}",
    ]


def _commit() -> str:
    command = ["git", "rev-parse", "--short=10", "HEAD"]
    asked = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    changes = ["git", "status", "--porcelain", "--", "src"]
    changed = subprocess.run(changes, cwd=ROOT, check=False, capture_output=True, text=True)
    return (asked.stdout.strip() or "unknown") + (" and changes" if changed.stdout.strip() else "")


def _memory_gb() -> float:
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 2**30


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    text = told.read_text(encoding="utf-8") if told.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or "unknown processor"
