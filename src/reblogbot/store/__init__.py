"""Everything the bot remembers, and the only SQL: sources, entries, deliveries and accounts."""

from reblogbot.store.async_store import AsyncStore, StoreThread
from reblogbot.store.opening import open_store, read_store
from reblogbot.store.store import Store

__all__ = ["AsyncStore", "Store", "StoreThread", "open_store", "read_store"]
