"""A PostgreSQL server for tests, and databases on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from reblogbot.store.schema import metadata

_number = count(1)
LITTLE = 1 << 20
"""Bytes of all tables."""


@contextmanager
def server() -> Iterator[str]:
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


def emptied(url: str) -> str:
    """The same URL, after all tables of its store have been emptied.

    Where they hold little, DELETE takes a third of the time of TRUNCATE, which makes new files.
    """
    # what refers to another table comes before it
    names = [table.name for table in reversed(metadata.sorted_tables)]
    with admin(url) as connection:
        sizes = " + ".join(f"pg_relation_size('{name}')" for name in names)
        if connection.scalar(text(f"SELECT {sizes}")) > LITTLE:
            connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY"))
            return url
        deletes = "; ".join(f"DELETE FROM {name}" for name in names)
        restart = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
        connection.connection.driver_connection.execute(f"{deletes}; {restart}")
    return url


@contextmanager
def database(server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"store_{os.getpid()}_{next(_number)}"
    with admin(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin(server) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def admin(url: str) -> Iterator[Connection]:
    """A connection that commits after each statement."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        yield connection


def _programs() -> Path | None:
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    return newest.parent if newest else None


@contextmanager
def _cluster(programs: Path, cluster: Path) -> Iterator[str]:
    """A PostgreSQL server on loopback, for as long as the `with` lasts."""
    run = {"cwd": "/", "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root
        shutil.chown(cluster, "nobody")
        run |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    make = [programs / "initdb", "-D", cluster, "-U", "reblogbot", "-A", "trust", "-N"]
    subprocess.run([*make, "-E", "UTF8", "--locale=C"], check=True, timeout=120, **run)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    # Fast rather than durable: nothing here has to survive a power cut.
    fast = ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    # A file in the cluster: a killed server would leave another in memory.
    fast += ["-c", "dynamic_shared_memory_type=mmap"]
    # To compile a query takes longer than to run it over a few rows.
    fast += ["-c", "jit=off"]
    where = ["-D", cluster, "-h", "127.0.0.1", "-p", str(port), "-k", ""]
    # Killed tests must not leave the server running.
    guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    server = subprocess.Popen([*guard, programs / "postgres", *where, *fast], **run)
    try:
        url = f"postgresql://reblogbot@127.0.0.1:{port}/postgres"
        _await(url, server)
        yield url
    finally:
        # An immediate shutdown, without a checkpoint.
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
