"""The key of an entry's id, by which it is found when its link was corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: it fills as entries come and change."""
    op.add_column("entry", sa.Column("guid_key", sa.LargeBinary(16)))
    op.create_index("ix_entry_guid_key", "entry", ["guid_key"])
