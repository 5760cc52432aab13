"""Fixtures for tests of the whole program: real feeds, a real store, a server like Mastodon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import compiled_statements
import forked_program
import worker_setup
from fediverse.server import FediverseServer, run_in_thread
from harness import Bot, CliResult, FeedServer, SettableClock, SharedResources, kept_logging
from json_answers import check_answer
from postgres import database, emptied, server
from reblogbot import app
from reblogbot.cli import run
from reblogbot.store import open_store
from steps_of_commands import StepsOfCommands
from wordpress import WordPress, running_wordpress

worker_setup.keep_bytecode()
worker_setup.put_temporary_files_into_memory()
worker_setup.let_hypothesis_take_its_time()
compiled_statements.share()
forked_program.environment()


@pytest.fixture(scope="session")
def shared() -> Iterator[SharedResources]:
    resources = SharedResources()
    yield resources
    resources.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def feeds() -> Iterator[FeedServer]:
    with FeedServer().running() as server:
        yield server


@pytest.fixture
def sandbox(clock: SettableClock) -> Iterator[FediverseServer]:
    """A server like Mastodon that goes by the test's clock."""
    with run_in_thread(clock=clock) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server: one for all tests of a worker."""
    with server() as url:
        yield url


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPress]:
    """A real blog: one for all tests of a worker."""
    with running_wordpress() as blog:
        yield blog


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with database(postgres) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_tables(postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL store, to be emptied before each use: making one is slow."""
    with database(postgres) as url:
        open_store(url, "maker", datetime.now(UTC))[0].close()
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take long, so that all workers end at the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `both_databases` on either."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "bot" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    return getattr(request, "param", "sqlite")


@pytest.fixture
def bot(
    tmp_path: Path, clock: SettableClock, feeds: FeedServer, shared: SharedResources,
    database_kind: str, request: pytest.FixtureRequest,
) -> Bot:  # fmt: skip
    """A bot whose store is a file; or, where the test is marked so, also one on a server."""
    if database_kind == "sqlite":
        return Bot(tmp_path, clock, feeds, shared)
    store_url = emptied(request.getfixturevalue("postgres_tables"))
    return Bot(tmp_path, clock, feeds, shared, store_url)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StepsOfCommands:
    """What takes the place of models and programs: it answers as the test says."""
    steps = StepsOfCommands()
    monkeypatch.setattr(app, "make_step", steps.make_step)
    monkeypatch.setattr(app, "step_mark", steps.mark_of)
    return steps


@pytest.fixture
def cli(
    bot: Bot, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., CliResult]]:
    """Runs the command line on the bot's config, in this process and in the bot's folder."""
    monkeypatch.chdir(bot.folder)
    monkeypatch.delenv("REBLOGBOT_CONFIG", raising=False)

    def called(*arguments: str) -> CliResult:
        capsys.readouterr()
        code = run(["-c", str(bot.path), *arguments])
        output = capsys.readouterr()
        check_answer(arguments, code, output.out)
        return CliResult(code, output.out, output.err)

    with kept_logging():
        yield called
