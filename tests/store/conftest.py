"""A store of every kind: on a file, and on a PostgreSQL server."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from store_samples import NOW

from postgres import emptied
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import Store, open_store


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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store with nothing in it, on either database; made once, as making is slow."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_file"), path)
        return f"sqlite:///{path}"
    return emptied(str(request.getfixturevalue("postgres_tables")))


@pytest.fixture
def opened(url: str) -> Iterator[Callable[[], Store]]:
    """Opens the same store once more, under another owner's name each time."""
    stores: list[Store] = []

    def again(owner: str = "") -> Store:
        stores.append(open_store(url, owner or new_lease_owner(), NOW)[0])
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
    store, _ = open_store(f"sqlite:///{path}", new_lease_owner(), NOW)
    yield store
    store.close()
