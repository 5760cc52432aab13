"""The only SQL statements: what the bot has learnt, and the outbox of what it will publish."""

from reblogbot.store.store import Store, open_store, read_store
from reblogbot.store.thread import StoreThread

__all__ = ["Store", "StoreThread", "open_store", "read_store"]
