"""Texts of any length: no page that lists them becomes large, and each says where it cuts one."""

import pytest

from admin_page_hostile import Canaries, fill_store
from admin_page_scene import make_busy

MOST = 75_000
PATHS = [
    "/",
    "/queue",
    "/queue?state=held",
    "/queue?state=dead",
    "/history",
    "/history/retract?since=7d",
    "/entries?q=title",
    "/entries/8",
    "/sources",
    "/sources/chouti",
    "/sources/old-news",
    "/accounts",
    "/accounts/lost",
    "/log",
]


@pytest.fixture
def configured(bot, feeds, sandbox, clock):
    """A bot in whose store each text of others has 100 kB."""
    make_busy(bot, feeds, sandbox, clock)
    fill_store(bot, Canaries(), "long " * 20_000)
    return bot


async def test_texts_of_a_hundred_kilobytes_are_cut(page):
    for path in PATHS:
        answer = await page.get(path)
        assert answer.status == 200, path
        assert len(answer.text.encode()) < MOST, path
        assert ("long long" not in answer.text) or "…" in answer.text, path
