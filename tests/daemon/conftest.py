"""The daemon as a process of its own, and what systemd would hear of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from harness import Bot, kill, wait_until
from service_manager import Manager, manager


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    with manager(str(tmp_path / "notify")) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


@pytest.fixture
def daemon(bot: Bot, systemd: Manager) -> Iterator[Callable[..., Popen[str]]]:
    """Starts the daemon and waits until it says that it is ready."""
    running: list[Popen[str]] = []

    def start(*arguments: str, **environ: str) -> Popen[str]:
        ready = systemd.listen().count("READY=1")
        process = bot.start("run", *arguments, **environ)
        running.append(process)
        wait_until(
            lambda: systemd.listen().count("READY=1") > ready or process.poll() is not None,
            "READY=1",
        )
        assert process.poll() is None, bot.log()
        return process

    yield start
    for process in running:
        kill(process)
    # its log is the admin's: the interpreter has nothing to say there
    assert "Warning: " not in bot.log()
