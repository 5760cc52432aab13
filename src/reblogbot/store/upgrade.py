"""A store's tables made, and brought up to date: whole, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, text

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.database import Database, alone, make_engine, use_write_ahead
from reblogbot.store.files import file_error, make_private, put_in_place

# the number of the lock under which the tables of a PostgreSQL store are made; any would do
UPGRADING = 0x7265626C6F67


def create(database: Database) -> None:
    """Make a new store with every table, whole or not at all."""
    path = database.path
    if path is None:
        with database.translated():
            _upgrade(database.engine)
        return
    try:
        with aside(path) as part:
            _upgrade_apart(database, part)
    except FileExistsError:
        # another process was first: its store is as good
        return


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """An empty file in a folder aside, put in the path's place when all has gone well.

    Raises FileExistsError where something has come there meanwhile, and StoreError.
    """
    if not path.parent.is_dir():
        raise StoreError("store_unreachable", f"{path}: the folder {path.parent} does not exist")
    try:
        with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            part = Path(folder) / path.name
            make_private(part)
            yield part
            put_in_place(part, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise file_error(path, error) from error


def migrate(
    database: Database, now: datetime, on_progress: ProgressCallback = no_progress
) -> Path | None:
    """Bring the tables to this program's revision after a backup; returns the backup's path.

    All or nothing: a kill leaves the old revision. Raises StoreError.
    """
    if database.path is None:
        with database.translated():
            _upgrade(database.engine)
        return None
    kept = database.path.with_name(
        f"{database.path.name}.{database.revision()}.{now:%Y%m%dT%H%M%S}.backup"
    )
    try:
        database.backup(kept, on_progress)
    except StoreError as error:
        # another process has seen the old store in the same second
        if error.slug != "backup_exists":
            raise
    on_progress("migrating", 0, 0)
    _upgrade_apart(database, database.path)
    return kept


def _upgrade_apart(database: Database, path: Path) -> None:
    """Upgrade the tables in this file over a connection that minds no foreign keys."""
    engine = make_engine(database.url.set(database=str(path)), database.busy_ms, migrating=True)
    try:
        with database.translated():
            _upgrade(engine)
        use_write_ahead(database, engine)
    finally:
        engine.dispose()


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)


def upgrade(connection: Connection) -> None:
    """Bring the tables to this program's revision, within a transaction. Raises StoreError."""
    # needed once in the life of a store, and as dear as everything else of a round
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", "reblogbot:store/migrations")
    settings.set_main_option("path_separator", "os")
    # as BEGIN IMMEDIATE does: who comes second finds the work done
    alone(connection, UPGRADING)
    settings.attributes["connection"] = connection
    try:
        command.upgrade(settings, schema.REVISION)
    except CommandError as error:
        raise StoreError("store_corrupt", f"its tables cannot be migrated: {error}") from error
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken:
            raise StoreError("store_corrupt", f"a migration broke a reference: {broken}")
