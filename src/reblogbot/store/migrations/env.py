"""Alembic's entry point: runs the migrations on the connection, in its transaction."""

from __future__ import annotations

from alembic import context

from reblogbot.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    # The caller has begun a transaction: all migrations commit with it, or none does.
    transactional_ddl=True,
)
context.run_migrations()
