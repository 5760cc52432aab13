"""Fixtures for tests of the whole program: real feeds, a real store, a server like Mastodon."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reblogbot.cli import run
from reblogbot.sandbox.server import Sandbox, run_in_thread
from rig import Bot, FeedServer, Ran, SettableClock, Workshop


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer().running() as server:
        yield server


@pytest.fixture
def sandbox(clock: SettableClock) -> Iterator[Sandbox]:
    """A server like Mastodon that goes by the test's clock."""
    with run_in_thread(clock=clock) as server:
        yield server


@pytest.fixture
def bot(tmp_path: Path, clock: SettableClock, feeds: FeedServer, workshop: Workshop) -> Bot:
    return Bot(tmp_path, clock, feeds, workshop)


@pytest.fixture
def cli(
    bot: Bot, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Ran]]:
    """Runs the command line on the bot's config, in this process and in the bot's folder."""
    monkeypatch.chdir(bot.folder)
    monkeypatch.delenv("REBLOGBOT_CONFIG", raising=False)
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("reblogbot").level

    def called(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run(["-c", str(bot.path), *arguments])
        said = capsys.readouterr()
        return Ran(code, said.out, said.err)

    yield called
    root.handlers[:], root.level = before[0], before[1]
    logging.getLogger("reblogbot").setLevel(before[2])
