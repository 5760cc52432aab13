"""Everything the bot remembers, and the only SQL: sources, entries, deliveries and accounts."""

from reblogbot.store.opening import open_store, read_store
from reblogbot.store.store import Store
from reblogbot.store.thread import StoreThread

__all__ = ["Store", "StoreThread", "open_store", "read_store"]
