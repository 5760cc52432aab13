"""Indexes by source: what each brought lately is counted without a look at the rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IS_EDIT = {
    "sqlite": "json_extract(post, '$.action') = 'edit'",
    "postgresql": "(post ->> 'action') = 'edit'",
}


def upgrade() -> None:
    """Create the indexes."""
    create = _create_partial_index
    create("entry", "seen", ["source_id", "seen_at"], "seen_at > 0")
    create("entry", "refused", ["source_id", "seen_at", "content"], "content IS NULL")
    create("delivery", "settled", ["source", "settled_at", "state"], "settled_at IS NOT NULL")
    is_edit = IS_EDIT[op.get_bind().dialect.name]
    create("delivery", "edits", ["source", "settled_at"], is_edit)


def _create_partial_index(table: str, of: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    name = f"ix_{table}_source_{of}"
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
