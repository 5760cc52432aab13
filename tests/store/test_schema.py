from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

import reblogbot
from reblogbot.store import open_store
from reblogbot.store.schema import EPOCH, REVISION, Instant, Plain, metadata

DIALECT = sqlite.dialect()


@pytest.fixture
def scripts():
    return ScriptDirectory(str(Path(reblogbot.__file__).parent / "store" / "migrations"))


@pytest.fixture
def migrated(tmp_path):
    """A database made by the migrations alone."""
    path = tmp_path / "store.sqlite3"
    open_store(f"sqlite:///{path}", "me", EPOCH)[0].close()
    engine = create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def test_the_newest_migration_is_the_one_the_program_expects(scripts):
    assert scripts.get_heads() == [REVISION]


def test_revisions_are_numbers_that_grow_by_one(scripts):
    numbers = sorted(int(script.revision) for script in scripts.walk_revisions())
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_migrations_make_the_tables_of_the_schema(migrated):
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_make_the_same_sql_as_the_schema(migrated, tmp_path):
    # comparing metadata sees neither WITHOUT ROWID, nor ON DELETE, nor AUTOINCREMENT
    fresh = create_engine(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    metadata.create_all(fresh)
    assert sql_of(migrated) == sql_of(fresh)
    fresh.dispose()


def sql_of(engine):
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL"
        ).all()
    # which order the clauses stand in, and on which line a column that came later, is not ours
    clauses = re.compile(r"\n|, (?=\w+ [A-Z])")
    return {
        name: sorted(clause.strip("\t ,)") for clause in clauses.split(sql)) for name, sql in rows
    }


def test_keys_are_stored_without_a_second_copy(migrated):
    for name in ("seen", "published"):
        assert "WITHOUT ROWID" in str(CreateTable(metadata.tables[name]).compile(dialect=DIALECT))
    assert {"seen", "published"} <= set(inspect(migrated).get_table_names())


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_to_the_microsecond(instant):
    kept = Instant().process_bind_param(instant, DIALECT)
    assert isinstance(kept, int)
    assert Instant().process_result_value(kept, DIALECT) == instant


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_are_kept_in_their_order(first, second):
    kept = [Instant().process_bind_param(instant, DIALECT) for instant in (first, second)]
    assert (kept[0] < kept[1]) == (first < second)


def test_an_instant_of_another_zone_is_the_same_instant():
    tokyo = timezone(timedelta(hours=9))
    assert Instant().process_bind_param(datetime(1970, 1, 1, 9, tzinfo=tokyo), DIALECT) == 0


def test_an_instant_without_a_zone_is_a_mistake():
    with pytest.raises(TypeError):
        Instant().process_bind_param(datetime(2025, 1, 1), DIALECT)  # noqa: DTZ001


def test_no_instant_is_none():
    assert Instant().process_bind_param(None, DIALECT) is None
    assert Instant().process_result_value(None, DIALECT) is None


@given(st.text(st.characters(codec=None)))
def test_any_text_is_kept_as_far_as_a_database_can(text):
    kept = Plain().process_bind_param(text, postgresql.dialect())
    kept.encode()
    assert "\0" not in kept
    assert [ours for ours, theirs in zip(kept, text, strict=True) if ours != theirs] == ["?"] * sum(
        1 for char in text if char == "\0" or "\ud800" <= char <= "\udfff"
    )
