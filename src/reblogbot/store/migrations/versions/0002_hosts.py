"""Which host a source asks: several daemons are as polite to it together as one alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEASED = sa.text("lease_owner IS NOT NULL")


def upgrade() -> None:
    """Add the column, empty: the program that starts next fills it from its config."""
    op.add_column("source", sa.Column("host", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_source_leased", "source", ["host"], sqlite_where=LEASED, postgresql_where=LEASED
    )
