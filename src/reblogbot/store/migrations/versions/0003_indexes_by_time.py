"""Indexes by time: the young is found, and the old forgotten, without a look at the rest."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put an entry's time first in its index; give deliveries one by when they were queued."""
    op.drop_index("ix_entry_source_id_seen", table_name="entry")
    op.create_index(op.f("ix_entry_seen_at"), "entry", ["seen_at"])
    op.create_index("ix_delivery_account_queued", "delivery", ["account", "queued_at"])
