"""One account: its limits, and what follows when its adapter raises an error that it should not."""

import asyncio
from datetime import UTC, datetime

import pytest

from harness import SettableClock
from reblogbot.config.settings import AccountSettings
from reblogbot.engine.account import Account
from reblogbot.errors import Doubtful
from reblogbot.model import Post, ServerLimits
from reblogbot.store import AsyncStore, open_store


class LongTarget:
    """A server that takes long posts."""

    def limits(self):
        return ServerLimits(characters=5000)


class BrokenTarget:
    """An adapter of somebody else, with a bug in it."""

    rate_remaining = None

    def limits(self):
        return ServerLimits()

    def publish(self, _post, _key, **_options):
        raise RuntimeError("a bug")


async def test_a_bug_in_an_adapter_leaves_the_post_in_doubt(tmp_path, caplog):
    store, _ = open_store(f"sqlite:///{tmp_path}/store.sqlite3", "me", datetime.now(UTC))
    awaited = AsyncStore(store)
    settings = AccountSettings(name="news", server="https://social.example", token_env="TOKEN")
    account = Account(settings, BrokenTarget, lambda: "token", awaited, SettableClock())
    with pytest.raises(Doubtful) as doubt:
        await account.publish(Post("post", text="a"), "key", identity=b"k", lease_end=float("inf"))
    assert doubt.value.slug == "adapter_broke"
    assert "RuntimeError" in doubt.value.message
    assert "a bug" in caplog.text
    account.close()
    await awaited.close()
    store.close()


async def test_entries_that_are_composed_at_once_have_the_limits_of_the_server(tmp_path):
    store, _ = open_store(f"sqlite:///{tmp_path}/store.sqlite3", "me", datetime.now(UTC))
    awaited = AsyncStore(store)
    settings = AccountSettings(name="news", server="https://social.example", token_env="TOKEN")
    account = Account(settings, LongTarget, lambda: "token", awaited, SettableClock())
    both = await asyncio.gather(account.limits(), account.limits())
    assert [limits.characters for limits in both] == [5000, 5000]
    account.close()
    await awaited.close()
    store.close()
