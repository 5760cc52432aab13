"""Evidence beside each key that was seen, and what was learnt of a source's habits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns, empty: a key without evidence counts as it did before."""
    op.add_column("seen", sa.Column("evidence", sa.LargeBinary(20)))
    op.add_column("source", sa.Column("habits", sa.JSON()))
