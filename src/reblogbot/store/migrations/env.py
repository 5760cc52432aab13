"""Alembic's entrance: runs the revisions on the connection, and in the transaction, it is given."""

from __future__ import annotations

from alembic import context

from reblogbot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # the caller has begun the one transaction in which everything happens or nothing
    transactional_ddl=True,
)
context.run_migrations()
