"""Steps: what deliveries wait for, and what models and programs have returned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns of deliveries, empty, and the tables."""
    op.add_column("delivery", sa.Column("waits_for", sa.Text()))
    op.add_column("delivery", sa.Column("step_at", sa.BigInteger()))
    where = sa.text("step_at IS NOT NULL")
    op.create_index(
        "ix_delivery_step_at", "delivery", ["step_at"], sqlite_where=where, postgresql_where=where
    )
    big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "step_result",
        sa.Column("key", sa.LargeBinary(32), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("entry_id", big_id),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due", sa.BigInteger()),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("input_size", sa.Integer(), nullable=False),
        sa.Column("tokens_in", sa.Integer()),
        sa.Column("tokens_out", sa.Integer()),
        sa.Column("cost", sa.Float()),
        sa.Column("seconds", sa.Float()),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_step_result")),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
            name=op.f("fk_step_result_entry_id_entry"),
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_step_result_entry_id"), "step_result", ["entry_id"])
    op.create_index("ix_step_result_step_called", "step_result", ["step", "called_at"])
    op.create_table(
        "step_call",
        sa.Column("id", big_id, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_call")),
    )
    op.create_index("ix_step_call_step_at", "step_call", ["step", "at"])
    op.create_table(
        "step",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("paused_until", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_step")),
    )


_TEXTS = ("mark", "slug", "error", "text", "title", "model", "prompt")
