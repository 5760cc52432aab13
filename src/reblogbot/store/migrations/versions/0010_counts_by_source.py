"""Indexes by source: what each brought lately is counted without a look at the rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# PostgreSQL cannot look into a JSON text that holds NUL or half of a surrogate pair
IS_EDIT = {
    "sqlite": """instr(post, '"action": "edit"') > 0""",
    "postgresql": """strpos(post::text, '"action": "edit"') > 0""",
}


# of the thirty days before the newest entry: no more is counted
FILL = """
UPDATE entry SET refused = 1
WHERE content IS NULL AND seen_at >= (SELECT max(seen_at) FROM entry) - 2592000000000
"""


def upgrade() -> None:
    """Note which of the newest entries were queued for no account, and create the indexes."""
    op.add_column("entry", sa.Column("refused", sa.Integer()))
    op.execute(FILL)
    create = _create_partial_index
    create("entry", "seen", ["source_id", "seen_at"], "seen_at != 0")
    create("entry", "refused", ["source_id", "seen_at", "refused"], "refused = 1")
    create("delivery", "settled", ["source", "settled_at", "state"], "settled_at IS NOT NULL")
    create("delivery", "edits", ["source", "settled_at"], IS_EDIT[op.get_bind().dialect.name])


def _create_partial_index(table: str, of: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    name = f"ix_{table}_source_{of}"
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
