"""A short soak, and the judge of the long ones: it must see what it is there to see."""

from datetime import UTC, datetime

import pytest

from reblogbot.model import Delivery, Post, Receipt, State
from soak import Ledger, Place, read_options, soak
from soak_round import Book, Tally

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def short(folder, *more):
    """The options of a short soak."""
    return read_options(["--folder", str(folder), "--seed", "1", "--length", "4", *more])


def test_a_short_soak_loses_and_doubles_nothing_and_is_not_repeated(tmp_path, workshop):
    profiles = ("--profile", "plain", "--profile", "gotosocial", "--profile", "mastodon-4.6")
    options = short(tmp_path, "--rounds", "12", *profiles)
    ledger = soak(options, workshop)
    assert [place.profile for place in ledger.done] == ["plain", "gotosocial", "mastodon-4.6"]
    assert [tally.complaints for tally in ledger.done.values()] == [[], [], []]
    assert sum(tally.posts for tally in ledger.done.values()) > 10
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    before = (tmp_path / "chapters.jsonl").read_text()
    assert soak(options, workshop).done == ledger.done
    assert (tmp_path / "chapters.jsonl").read_text() == before
    assert "all" in ledger.table(options.profile).splitlines()[-1]


def test_real_processes_that_are_killed_lose_and_double_nothing(tmp_path, workshop):
    options = short(tmp_path, "--chapter", "4", "--length", "2", "--profile", "plain")
    ((place, tally),) = soak(options, workshop).done.items()
    assert place.is_real
    assert tally.rounds == 2
    assert tally.complaints == []


def test_a_chapter_that_broke_is_no_clean_one(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.enter(Place("plain", 1, 0, 4), Tally(complaints=["broke with KeyError()"]))
    (tally,) = Ledger(tmp_path).done.values()
    assert not tally.is_clean


# the judge


def link(name):
    return f"https://news.example/{name}"


def delivery(number, name, **fields):
    whole = {
        "account": "news",
        "source": "hot",
        "identity": b"",
        "post": Post("post", f"Title\n{link(name)}", link(name)),
        "state": State.SENT,
        "due": NOW,
        "queued_at": NOW,
        "receipt": Receipt(f"r{number}"),
    }
    return Delivery(number, **{**whole, **fields})


def judged(shown, made, deliveries, dropped=0):
    """The counts, after these names were shown and these posts made."""
    book, tally = Book(), Tally()
    for name in shown:
        book.enter("news", link(name), link(name))
    book.note(deliveries)
    acts = [
        {"account": "news", "act": "post", "text": f"Title\n{link(name)}", "id": name}
        for name in made
    ]
    book.judge(acts, dropped, tally)
    return tally.lost, tally.doubled, tally.out_of_order


ABC = [delivery(number, name) for number, name in enumerate("abc")]


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        ("abc", (0, 0, 0)),
        ("abcb", (0, 1, 0)),
        ("aabbb", (1, 3, 0)),
        ("acb", (0, 0, 1)),
        ("cab", (0, 0, 2)),
    ],
)
def test_the_judge_sees_what_is_lost_doubled_and_out_of_order(made, counts):
    deliveries = [one for one in ABC if one.post.link[-1] in made]
    assert judged("abc", made, deliveries) == counts


def test_what_a_server_dropped_that_had_said_yes_is_not_lost():
    assert judged("abc", "ac", ABC, dropped=1) == (0, 0, 0)
    assert judged("abc", "ac", ABC, dropped=0) == (1, 0, 0)
    assert judged("abc", "a", ABC, dropped=1) == (1, 0, 0)


def test_what_was_refused_for_certain_may_come_later():
    later = {"state": State.QUEUED, "due": NOW.replace(hour=1), "receipt": None}
    deliveries = [delivery(0, "a", **later), *ABC[1:]]
    assert judged("abc", "bca", deliveries) == (0, 0, 0)
    assert judged("abc", "cab", deliveries) == (0, 0, 1)
