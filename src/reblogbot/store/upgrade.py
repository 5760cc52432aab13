"""The revision of a store's tables: read, expected, created, and migrated whole or not at all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.backup import back_up
from reblogbot.store.connections import connect
from reblogbot.store.database import Database
from reblogbot.store.driver_errors import translated_errors
from reblogbot.store.files import new_store_file
from reblogbot.store.sql import announce_changes, lock_until_commit

UPGRADE_LOCK = 0x7265626C6F67
"""Number of PostgreSQL's advisory lock for making tables; any other would do."""


def revision_of(database: Database) -> str:
    """The revision of the tables; "" when there are no tables at all.

    Raises StoreError `store_corrupt` for a database that is not a store.
    """
    with database.read() as connection:
        tables = set(connection.dialect.get_table_names(connection))
        if not tables:
            return ""
        if "alembic_version" not in tables:
            raise StoreError(
                "store_corrupt",
                f"{database.name}: a database, but not a store of reblogbot; "
                "name another in [store] url",
            )
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(revision or "")


def is_older(database: Database, revision: str) -> bool:
    """Whether tables of this revision need a migration. Raises StoreError if it is not ours."""
    return _number(database, revision) < int(schema.REVISION)


def expect_revision(database: Database) -> None:
    """Raise StoreError unless the tables have this program's revision."""
    revision = revision_of(database)
    number = _number(database, revision)
    if number > int(schema.REVISION):
        raise StoreError(
            "store_newer",
            f"{database.name}: written by a newer reblogbot (its tables are {revision}, "
            f"this program knows {schema.REVISION}); upgrade the program",
        )
    if number < int(schema.REVISION):
        raise StoreError(
            "store_older",
            f"{database.name}: written by an older reblogbot (its tables are {revision}, "
            f"this program's {schema.REVISION}); `reblogbot sync` or `run` migrates it, "
            "after a backup",
        )


def create(database: Database) -> None:
    """Create a store with every table, whole or not at all. Raises StoreError."""
    if database.path is None:
        with translated_errors(database.name):
            _upgrade(database.engine)
        return
    try:
        with new_store_file(database.path) as part:
            _upgrade_file(database, part)
    except FileExistsError:
        # Another process has created the same store meanwhile.
        return


def migrate(
    database: Database, now: datetime, on_progress: ProgressCallback = no_progress
) -> Path | None:
    """Bring the tables to this program's revision; returns the path of the backup made before.

    A kill at any point leaves the old revision. On PostgreSQL no backup is made. Raises StoreError.
    """
    if database.path is None:
        with translated_errors(database.name):
            _upgrade(database.engine)
        return None
    backup = database.path.with_name(
        f"{database.path.name}.{revision_of(database)}.{now:%Y%m%dT%H%M%S}.backup"
    )
    try:
        back_up(database, backup, on_progress)
    except StoreError as error:
        # Another process that migrates in the same second has made it already.
        if error.slug != "backup_exists":
            raise
    on_progress("migrating", 0, 0)
    _upgrade_file(database, database.path)
    return backup


def upgrade(connection: Connection) -> None:
    """Bring the tables to this program's revision, within a transaction. Raises StoreError."""
    # Alembic takes as long to import as the rest of a round, and is needed once per migration.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "reblogbot:store/migrations")
    config.set_main_option("path_separator", "os")
    # As BEGIN IMMEDIATE on SQLite: the second of two processes waits, and has nothing to do then.
    lock_until_commit(connection, UPGRADE_LOCK)
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, schema.REVISION)
    except CommandError as error:
        raise StoreError("store_corrupt", f"its tables cannot be migrated: {error}") from error
    if connection.dialect.name == "sqlite":
        violation = connection.execute(text("PRAGMA foreign_key_check")).first()
        if violation:
            raise StoreError(
                "store_corrupt",
                "its tables cannot be migrated: a row refers to a row that does not exist "
                f"{tuple(violation)}; restore a backup, or report it",
            )


def _upgrade_file(database: Database, path: Path) -> None:
    """Upgrade the tables in this file over a connection that does not enforce foreign keys."""
    engine = connect(database.url.set(database=str(path)), database.busy_ms, migrating=True)
    try:
        with translated_errors(database.name):
            _upgrade(engine)
        database.enable_write_ahead_log(engine)
    finally:
        engine.dispose()


def _upgrade(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
        announce_changes(connection)


def _number(database: Database, revision: str) -> int:
    if revision.isascii() and revision.isdigit():
        return int(revision)
    raise StoreError(
        "store_corrupt",
        f"{database.name}: no reblogbot wrote the revision of its tables ({revision!r}); name "
        "another database in [store] url, or restore a backup",
    )
