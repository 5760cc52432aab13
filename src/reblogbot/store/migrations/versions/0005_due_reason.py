"""Why a source is polled next when it is: for `status`, and for an `every` that got shorter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty until the next poll."""
    op.add_column("source", sa.Column("due_reason", sa.Text(), nullable=False, server_default=""))
