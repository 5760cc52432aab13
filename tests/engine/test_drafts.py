"""Drafts come from the parser child; an entry that takes too long is held and delays no other."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.drafting import draft_job
from reblogbot.engine.drafts import ENTRIES_PER_CALL, MOST_FAILURES, Drafter
from reblogbot.model import Batch, Entry, ServerLimits
from reblogbot.runtime.parser_pool import ParserProcessPool

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = AccountSettings(name="news", server="https://social.example", token_env="X")
# each of these takes a tenth of a second on a text of nothing but a's, and no time on others
SLOW = [[f"/^(?:a+)+{letter}$/", ""] for letter in "bcdefghijklmnopqrstuvwxyz" for _ in range(8)]
HOSTILE = Entry("a" * 4000, "https://a.example/hostile")


def job(**keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    return draft_job(settings, ACCOUNT, ServerLimits(), Batch(), NOW)


def entries(count):
    return [Entry(f"news {n}", f"https://a.example/{n}") for n in range(count)]


async def test_each_entry_has_its_draft_in_order_however_many_there_are():
    batch = entries(ENTRIES_PER_CALL * 2 + 3)
    async with ParserProcessPool(workers=1) as pool:
        result = await Drafter(pool, "s").drafts(job(), batch)
    assert [draft.post.text for draft in result] == [
        f"{entry.title}\n{entry.link}" for entry in batch
    ]


async def test_a_language_is_detected_in_the_child():
    pytest.importorskip("fasttext")
    batch = [
        Entry("Die Regierung beschließt den Haushalt für das nächste Jahr", "https://a.example/")
    ]
    async with ParserProcessPool(workers=1) as pool:
        (draft,) = await Drafter(pool, "s").drafts(job(boilerplate="drop"), batch)
    assert (draft.post.language, draft.held) == ("de", "")


@pytest.mark.slow
async def test_an_entry_that_takes_too_long_is_held_and_the_others_go_on():
    batch = [*entries(2), HOSTILE, *entries(2)]
    start = time.monotonic()
    async with ParserProcessPool(workers=1) as pool:
        await Drafter(pool, "s").drafts(job(replace=SLOW), entries(1))
    # time enough for a child to import what composing takes, however busy the machine is
    deadline = timedelta(seconds=1 + 4 * (time.monotonic() - start))
    async with ParserProcessPool(workers=1, deadline=deadline) as pool:
        drafter = Drafter(pool, "s", deadline=deadline)
        result = await drafter.drafts(job(replace=SLOW), batch)
    assert [bool(draft.held) for draft in result] == [False, False, True, False, False]
    assert result[2].held.startswith("not_composed: ")
    assert result[2].post.text.endswith("\nhttps://a.example/hostile")
    assert result[3].post.text == "news 0\nhttps://a.example/0"


async def test_after_some_entries_that_took_too_long_the_others_are_not_tried():
    batch = [HOSTILE] * (MOST_FAILURES + 2)
    async with ParserProcessPool(workers=1, deadline=timedelta(seconds=0.5)) as pool:
        drafter = Drafter(pool, "s", deadline=timedelta(seconds=0.5))
        result = await drafter.drafts(job(replace=SLOW), batch)
    assert all(draft.held for draft in result)
    assert ["already" in draft.held for draft in result] == [False] * MOST_FAILURES + [True] * 2
