"""A short soak, and the audit that counts lost, doubled and misordered posts."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from harness import Item
from model_server import model_server, text_for
from reblogbot.model import Delivery, DeliveryState, Post, Receipt
from soak import ChapterId, Results, read_options, soak
from soak_round import Audit, Tally
from soak_steps import TIMES, PublicPost, StepsAudit, digest_of

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


@pytest.mark.parametrize("profile", ["wordpress", "files"])
def test_a_short_soak_of_articles_loses_and_doubles_nothing(tmp_path, shared, profile):
    options = short_options(tmp_path, "--rounds", "4", "--profile", profile)
    (tally,) = soak(options, shared).tallies.values()
    assert tally.complaints == []
    assert tally.posts > 5
    assert tally.answers > 0


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


# the audit of steps


@pytest.fixture
def steps():
    """The audit of a briefly reported paper and a thread, with nothing public yet."""
    with model_server() as model:
        audit = StepsAudit(model)
        for source in ("briefs", "threads"):
            audit.entries[source] = [Item(f"Paper 0 of {source}", f"https://{source}.example/0")]
        yield audit


def whole():
    """The posts of both as they should be."""
    brief, result = (f"Paper 0 of {name}" for name in ("briefs", "threads"))
    half = f"{digest_of(result)} " * (TIMES // 2)
    return [
        PublicPost("1", brief),
        PublicPost("2", f"About it: {digest_of(brief)}", "1"),
        PublicPost("3", result),
        PublicPost("4", half, "3"),
        PublicPost("5", half, "4"),
    ]


def complaints(steps, posts, dropped=0):
    steps.check(posts, dropped)
    return steps.lost, steps.doubled, len(steps.complaints)


def test_the_audit_of_steps_accepts_whole_threads(steps):
    assert complaints(steps, whole()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (lambda posts: posts[1:], (1, 0, 1)),  # no post
        (lambda posts: [posts[0], *posts], (0, 1, 1)),  # two posts
        (lambda posts: [posts[0], *posts[2:]], (1, 0, 1)),  # no reply
        (lambda posts: [*posts, posts[1]], (0, 1, 1)),  # two replies
        (lambda posts: posts[:4], (1, 0, 1)),  # a part is missing
        (lambda posts: [*posts, PublicPost("6", "of nobody")], (0, 0, 1)),
        (
            lambda posts: [replace(posts[0], text=f"{posts[0].text} 〔explain〕"), *posts[1:]],
            (0, 0, 1),
        ),
    ],
)
def test_the_audit_of_steps_counts_what_is_lost_or_doubled(steps, change, counts):
    assert complaints(steps, change(whole())) == counts


def test_of_a_post_that_was_confirmed_and_dropped_the_replies_may_be_missing(steps):
    assert complaints(steps, whole()[2:], dropped=1) == (0, 0, 0)


BODY = json.dumps({"messages": [{"content": "a"}]})
STORED = [text_for("a")]


@pytest.mark.parametrize(
    ("rounds", "is_right"),
    [
        # for each round: answers, whether they are stored, was killed, other processes
        ([(1, True, False, 0), (0, True, False, 0)], True),
        ([(1, True, False, 0), (1, True, False, 0)], False),
        ([(1, False, True, 0), (1, True, False, 0)], True),
        ([(1, True, True, 0), (1, True, False, 0)], False),
        ([(1, False, False, 0), (1, True, False, 0)], False),
        ([(2, True, True, 0)], False),
        ([(2, True, True, 1)], True),
    ],
)
def test_an_answer_is_paid_twice_only_where_its_process_was_killed(steps, rounds, is_right):
    for count, is_stored, was_killed, others in rounds:
        steps.model.answers[BODY] += count
        steps.record(STORED * is_stored, was_killed=was_killed, other_processes=others)
    assert (steps.complaints == []) is is_right


def test_what_a_restored_store_has_forgotten_may_be_paid_again(steps):
    steps.model.answers[BODY] += 1
    steps.record(STORED, was_killed=False, other_processes=0)
    steps.restore([])
    steps.model.answers[BODY] += 1
    steps.record(STORED, was_killed=False, other_processes=0)
    assert steps.complaints == []
    assert steps.repaid == 1
