"""A store of every kind: on a file, and on a PostgreSQL server started for the occasion."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool
from store_samples import NOW

from reblogbot.owner import new_owner
from reblogbot.schema import metadata
from reblogbot.store import Store, open_store

_number = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server: of a throw-away cluster, or of $REBLOGBOT_TEST_POSTGRES."""
    given = os.environ.get("REBLOGBOT_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = _programs()
    if programs is None:
        pytest.skip(
            "NOT TESTED ON POSTGRESQL: there is no initdb on this machine; install the server "
            "package, or name a server in REBLOGBOT_TEST_POSTGRES"
        )
    with (
        tempfile.TemporaryDirectory(prefix="reblogbot-pg-") as folder,
        _cluster(programs, Path(folder)) as url,
    ):
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with _database(postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store that is not there yet, on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite3'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite store with nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("store") / "store.sqlite3"
    open_store(f"sqlite:///{path}", "maker", NOW)[0].close()
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL store, to be emptied before each use."""
    with _database(postgres) as url:
        open_store(url, "maker", NOW)[0].close()
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store with nothing in it, on either database; made once, as making is slow."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_file"), path)
        return f"sqlite:///{path}"
    emptied = str(request.getfixturevalue("postgres_tables"))
    with _admin(emptied) as connection:
        names = ", ".join(metadata.tables)
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    return emptied


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], Store]]:
    """Opens the same store once more, under another owner's name each time."""
    stores: list[Store] = []

    def again(owner: str = "") -> Store:
        stores.append(open_store(url, owner or new_owner(), NOW)[0])
        return stores[-1]

    yield again
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()


@pytest.fixture
def sqlite_store(sqlite_file: Path, tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "store.sqlite3"
    shutil.copyfile(sqlite_file, path)
    store, _ = open_store(f"sqlite:///{path}", new_owner(), NOW)
    yield store
    store.close()


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"store_{os.getpid()}_{next(_number)}"
    with _admin(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with _admin(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def _admin(url: str) -> Iterator[Connection]:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        yield connection


def _programs() -> Path | None:
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


@contextmanager
def _cluster(programs: Path, cluster: Path) -> Iterator[str]:
    """A PostgreSQL server on loopback, for as long as the `with` lasts."""
    run = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        # it refuses to run as root
        shutil.chown(cluster, "nobody")
        run |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    make = [programs / "initdb", "-D", cluster, "-U", "reblogbot", "-A", "trust", "-N"]
    subprocess.run([*make, "-E", "UTF8", "--locale=C"], check=True, timeout=120, **run)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    # nothing here has to survive a power cut
    fast = ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    where = ["-D", cluster, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    # should the tests be killed, it goes with them
    guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    server = subprocess.Popen([*guard, programs / "postgres", *where, *fast], **run)
    try:
        url = f"postgresql://reblogbot@127.0.0.1:{port}/postgres"
        _await(url, server)
        yield url
    finally:
        # at once, without a word to the disk
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=60)


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    while True:
        assert server.poll() is None, "the PostgreSQL server ended at once"
        try:
            engine.connect().close()
        except OperationalError:
            continue
        return
