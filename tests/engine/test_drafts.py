"""Drafts come from the parser child; an entry that takes too long costs itself alone."""

from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.drafting import draft_job
from reblogbot.engine.drafts import AT_ONCE, MOST_SLOW, Drafter
from reblogbot.model import Batch, Entry, Limits
from reblogbot.runtime.parser_pool import WorkerPool

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = AccountSettings(name="news", server="https://social.example", token_env="X")
# each of these looks for a tenth of a second in a text of nothing but a's, in no other
SLOW = [[f"/^(?:a+)+{letter}$/", ""] for letter in "bcdefghijklmnopqrstuvwxyz" for _ in range(8)]
HOSTILE = Entry("a" * 4000, "https://a.example/hostile")


def job(**keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    return draft_job(settings, ACCOUNT, Limits(), Batch(), NOW)


def entries(count):
    return [Entry(f"news {n}", f"https://a.example/{n}") for n in range(count)]


async def test_each_entry_has_its_draft_in_order_however_many_there_are():
    shown = entries(AT_ONCE * 2 + 3)
    async with WorkerPool(workers=1) as pool:
        made = await Drafter(pool, "s").drafts(job(), shown)
    assert [one.post.text for one in made] == [f"{one.title}\n{one.link}" for one in shown]


async def test_a_language_is_detected_in_the_child():
    pytest.importorskip("fasttext")
    shown = [
        Entry("Die Regierung beschließt den Haushalt für das nächste Jahr", "https://a.example/")
    ]
    async with WorkerPool(workers=1) as pool:
        (made,) = await Drafter(pool, "s").drafts(job(boilerplate="drop"), shown)
    assert (made.post.language, made.held) == ("de", "")


@pytest.mark.slow
async def test_an_entry_that_takes_too_long_is_held_and_the_others_go_on():
    shown = [*entries(2), HOSTILE, *entries(2)]
    # time enough for a child to import what composing takes, however busy the machine is
    async with WorkerPool(workers=1, deadline=timedelta(seconds=12)) as pool:
        drafter = Drafter(pool, "s", alone=timedelta(seconds=10))
        made = await drafter.drafts(job(replace=SLOW), shown)
    assert [bool(one.held) for one in made] == [False, False, True, False, False]
    assert made[2].held.startswith("not_composed: ")
    assert made[2].post.text.endswith("\nhttps://a.example/hostile")
    assert made[3].post.text == "news 0\nhttps://a.example/0"


async def test_after_some_that_took_too_long_the_others_are_not_tried():
    shown = [HOSTILE] * (MOST_SLOW + 2)
    async with WorkerPool(workers=1, deadline=timedelta(seconds=0.5)) as pool:
        drafter = Drafter(pool, "s", alone=timedelta(seconds=0.5))
        made = await drafter.drafts(job(replace=SLOW), shown)
    assert all(one.held for one in made)
    assert ["already" in one.held for one in made] == [False] * MOST_SLOW + [True] * 2
