"""Leases of sources in a table of their own, and indexes that most recordings do not write."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: a process that still polls a source loses its lease.

    Index settled deliveries alone by time, and those that have it by the id on the server.
    """
    op.create_table(
        "source_lease",
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_lease")),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_source_lease_source_id_source"),
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.drop_index("ix_source_leased", table_name="source")
    op.drop_column("source", "lease_owner")
    op.drop_column("source", "lease_until")
    op.drop_index("ix_delivery_account_settled", table_name="delivery")
    _create_partial_index(
        "ix_delivery_account_settled", ["account", "settled_at"], "settled_at IS NOT NULL"
    )
    _create_partial_index(
        "ix_delivery_account_remote_id", ["account", "remote_id"], "remote_id != ''"
    )


def _create_partial_index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "delivery", columns, sqlite_where=where, postgresql_where=where)
