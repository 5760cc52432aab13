"""A short soak, and the audit that counts lost, doubled and misordered posts."""

from datetime import UTC, datetime

import pytest

from reblogbot.model import Delivery, DeliveryState, Post, Receipt
from soak import ChapterId, Results, read_options, soak
from soak_round import Audit, Tally

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def short_options(folder, *more):
    """The options of a short soak."""
    return read_options(["--folder", str(folder), "--seed", "1", "--length", "4", *more])


def test_a_short_soak_loses_and_doubles_nothing_and_is_not_repeated(tmp_path, shared):
    profiles = ("--profile", "plain", "--profile", "gotosocial", "--profile", "mastodon-4.6")
    options = short_options(tmp_path, "--rounds", "12", *profiles)
    results = soak(options, shared)
    assert [chapter.profile for chapter in results.tallies] == [
        "plain",
        "gotosocial",
        "mastodon-4.6",
    ]
    assert [tally.complaints for tally in results.tallies.values()] == [[], [], []]
    assert sum(tally.posts for tally in results.tallies.values()) > 10
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]
    before = (tmp_path / "chapters.jsonl").read_text()
    assert soak(options, shared).tallies == results.tallies
    assert (tmp_path / "chapters.jsonl").read_text() == before
    assert "all" in results.table(options.profile).splitlines()[-1]


def test_real_processes_that_are_killed_lose_and_double_nothing(tmp_path, shared):
    options = short_options(tmp_path, "--chapter", "4", "--length", "2", "--profile", "plain")
    ((chapter, tally),) = soak(options, shared).tallies.items()
    assert chapter.has_real_processes
    assert tally.rounds == 2
    assert tally.complaints == []


def test_a_chapter_that_broke_is_not_clean(tmp_path):
    results = Results(tmp_path)
    results.add(ChapterId("plain", 1, 0, 4), Tally(complaints=["broke with KeyError()"]))
    (tally,) = Results(tmp_path).tallies.values()
    assert not tally.is_clean


# the audit


def link(name):
    return f"https://news.example/{name}"


def delivery(number, name, **fields):
    defaults = {
        "account": "news",
        "source": "hot",
        "identity": b"",
        "post": Post("post", f"Title\n{link(name)}", link(name)),
        "state": DeliveryState.SENT,
        "due": NOW,
        "queued_at": NOW,
        "receipt": Receipt(f"r{number}"),
    }
    return Delivery(number, **{**defaults, **fields})


def count_errors(expected, accepted, deliveries, dropped=0):
    """The counts of lost, doubled and misordered posts, given the expected and the accepted."""
    audit, tally = Audit(), Tally()
    for name in expected:
        audit.add_entry("news", link(name), link(name))
    audit.record(deliveries)
    acts = [
        {"account": "news", "act": "post", "text": f"Title\n{link(name)}", "id": name}
        for name in accepted
    ]
    audit.check(acts, dropped, tally)
    return tally.lost, tally.doubled, tally.out_of_order


ABC = [delivery(number, name) for number, name in enumerate("abc")]


@pytest.mark.parametrize(
    ("accepted", "counts"),
    [
        ("abc", (0, 0, 0)),
        ("abcb", (0, 1, 0)),
        ("aabbb", (1, 3, 0)),
        ("acb", (0, 0, 1)),
        ("cab", (0, 0, 2)),
    ],
)
def test_the_audit_counts_lost_doubled_and_misordered_posts(accepted, counts):
    deliveries = [delivery for delivery in ABC if delivery.post.link[-1] in accepted]
    assert count_errors("abc", accepted, deliveries) == counts


def test_a_post_that_the_server_confirmed_and_dropped_is_not_counted_as_lost():
    assert count_errors("abc", "ac", ABC, dropped=1) == (0, 0, 0)
    assert count_errors("abc", "ac", ABC, dropped=0) == (1, 0, 0)
    assert count_errors("abc", "a", ABC, dropped=1) == (1, 0, 0)


def test_a_post_that_was_refused_for_certain_may_come_later():
    later = {"state": DeliveryState.QUEUED, "due": NOW.replace(hour=1), "receipt": None}
    deliveries = [delivery(0, "a", **later), *ABC[1:]]
    assert count_errors("abc", "bca", deliveries) == (0, 0, 0)
    assert count_errors("abc", "cab", deliveries) == (0, 0, 1)
