"""The only SQL statements: what the bot has learnt, and the outbox of what it will publish."""

from reblogbot.store.async_store import AsyncStore, StoreThread
from reblogbot.store.store import Store, open_store, read_store

__all__ = ["AsyncStore", "Store", "StoreThread", "open_store", "read_store"]
