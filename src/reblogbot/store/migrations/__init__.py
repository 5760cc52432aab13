"""The store's history: one alembic revision per change of its tables."""
