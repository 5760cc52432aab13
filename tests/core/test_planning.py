"""From a batch to intents: order, and what makes a storm."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, FilterSettings, SourceSettings
from reblogbot.core.drafting import Draft, draft_job, drafts
from reblogbot.core.planning import KEPT, PendingClaims, Route, choose, plan
from reblogbot.core.recognition import candidates, oldest_first, recognise
from reblogbot.model import Author, Batch, Candidate, Entry, Limits, Post, State
from reblogbot.model.history import Recent, SourceHistory
from reblogbot.sources.registry import options_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(name, hours=1.0, **fields):
    at = None if hours is None else NOW - timedelta(hours=hours)
    given = {"title": name, "link": f"https://a.example/{name}", "published_at": at}
    return Entry(**{**given, **fields})


def titles(found):
    return [one.entry.title if isinstance(one, Candidate) else one.title for one in found]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([("c", 1), ("b", 2), ("a", 3)], "abc"),
        ([("a", 3), ("b", 2), ("c", 1)], "abc"),
        ([("b", 2), ("c", 1), ("a", 3)], "abc"),
        # what dates do not tell, the reversed order does
        ([("c", None), ("b", None), ("a", None)], "abc"),
        ([("c", 1), ("b", 1), ("a", 1)], "abc"),
        # a dateless entry stays beside its neighbour
        ([("d", 1), ("c", None), ("b", 3), ("a", None)], "abcd"),
    ],
)
def test_entries_go_out_oldest_first(shown, expected):
    entries = [entry(name, hours) for name, hours in shown]
    assert "".join(titles(oldest_first(entries))) == expected


def storm(entries, *, known=(), changed=False, last=NOW - timedelta(hours=2), **keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    batch = Batch(tuple(entries))
    found = candidates("s", batch)
    seen = {key: one.evidence for one in candidates("s", Batch(tuple(known))) for key in one.keys}
    past = SourceHistory(seen, {}, last, changed)
    return choose(settings, recognise("s", found, past), [], past).storm


def many(count, hours=1.0):
    return [entry(str(number), hours) for number in range(count)]


def test_more_news_than_max_per_poll_is_a_storm():
    old = entry("old", 9)
    assert storm([*many(20), old], known=[old]) == ""
    assert "21 new entries" in storm([*many(21), old], known=[old])
    assert storm([*many(21), old], known=[old], max_per_poll=21) == ""


def test_first_sight_is_never_a_storm():
    assert storm(many(500), last=None) == ""


def test_a_list_whose_old_entries_all_changed_at_once_is_a_storm():
    assert "all 5 entries" in storm(many(5, hours=3))
    assert "all 5 entries" in storm(many(5, hours=None))


@pytest.mark.parametrize("count", range(1, 6))
def test_a_short_list_whose_entries_are_all_older_than_the_last_poll_is_a_storm(count):
    assert f"all {count} entries" in storm(many(count, hours=3))


@pytest.mark.parametrize("count", range(1, 5))
def test_another_url_with_few_entries_all_of_them_new_is_a_storm(count):
    assert f"all {count} entries" in storm(many(count, hours=1), changed=True)


@pytest.mark.parametrize("hours", [None, 1])
def test_a_short_list_with_an_entry_that_may_be_news_is_no_storm(hours):
    assert storm([entry("news", hours), *many(3, hours=3)]) == ""


def test_a_date_without_a_time_may_be_any_time_of_that_day():
    today = NOW.replace(hour=0)
    assert storm([entry("a", published_at=today)]) == ""
    assert "all 1 entries" in storm([entry("a", published_at=today - timedelta(days=1))])


def test_a_list_of_nothing_but_news_is_no_storm():
    assert storm(many(10, hours=1)) == ""


def test_a_list_that_was_empty_until_now_is_no_other_list():
    settings = SourceSettings(name="s", kind="feed", to=("news",))
    batch = Batch(tuple(many(6, hours=9)))
    past = SourceHistory({}, {}, NOW - timedelta(hours=2), is_blank=True)
    found = recognise("s", candidates("s", batch), past)
    assert choose(settings, found, [], past).storm == ""


def test_another_url_that_shows_nothing_known_is_a_storm():
    assert "all 6 entries" in storm(many(6, hours=1), changed=True)
    old = entry("old", 9)
    assert storm([*many(6), old], known=[old], changed=True) == ""


# what is kept of very many

ACCOUNT = AccountSettings(name="news", server="https://social.example", token_env="X")


def shown(count, hours=1.0):
    """So many entries, the newest first."""
    return Batch(tuple(entry(f"n{number}", hours + number / 60) for number in range(count)))


def chosen(batch, *, learnt=True, seen=(), held=0, was_cut=False, **keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    past = SourceHistory(
        dict.fromkeys(seen),
        last_batch_at=NOW - timedelta(days=30) if learnt else None,
        was_cut=was_cut,
        held={"news": held},
    )
    routes = [Route(ACCOUNT, Limits(), learnt)]
    found = recognise("s", candidates("s", batch), past)
    choice = choose(settings, found, routes, past)
    drafts = {"news": dict.fromkeys(choice.by_account["news"].chosen, Draft(Post("post", "x")))}
    return found.found, choice, plan(settings, found, routes, past, choice, drafts, NOW)


def test_of_a_storm_the_newest_are_held_and_one_refusal_stands_for_all_others():
    found, _, made = chosen(shown(KEPT + 500))
    assert made.storm.startswith(f"storm: {KEPT + 500} new entries")
    assert [one.candidate for one in made.intents] == list(found[500:])
    assert {one.state for one in made.intents} == {State.HELD}
    (refusal,) = made.refusals
    assert refusal.candidate is found[499]
    assert refusal.reason.startswith("left_out: 500 entries of one poll")
    assert made.candidates == made.new == found


def test_what_a_storm_holds_already_leaves_less_room_for_the_next():
    _, _, made = chosen(shown(100), held=KEPT - 10)
    assert len(made.intents) == 10
    _, _, made = chosen(shown(100), held=KEPT + 5)
    assert made.intents == ()
    assert len(made.refusals) == 1


def test_a_storm_within_the_admins_own_bound_is_kept_whole():
    _, _, made = chosen(shown(KEPT * 2 + 1), max_per_poll=KEPT * 2)
    assert len(made.intents) == KEPT * 2
    _, _, made = chosen(shown(KEPT * 2, hours=0), max_per_poll=KEPT * 3)
    assert (made.storm, len(made.intents)) == ("", KEPT * 2)


def test_at_first_sight_only_the_newest_that_first_keeps_back_are_recorded():
    found, _, made = chosen(shown(KEPT + 30), learnt=False, first=5)
    assert [one.candidate for one in made.intents] == list(found[-5:])
    reasons = Counter(one.reason.partition(":")[0] for one in made.refusals)
    assert reasons == {"first_sight": KEPT, "left_out": 1}
    assert made.candidates == found


def test_what_first_lets_through_is_posted_however_much_it_is():
    _, _, made = chosen(shown(KEPT + 30), learnt=False, first="all")
    assert len(made.intents) == KEPT + 30
    assert made.refusals == ()


def test_nothing_is_drafted_that_first_keeps_back():
    _, choice, _ = chosen(shown(50), learnt=False, first="none")
    assert choice.by_account["news"].chosen == range(50, 50)


def test_older_entries_that_come_up_in_a_list_that_was_cut_are_no_news():
    batch = shown(20)
    found = candidates("s", batch)
    seen = {key for one in found[5:15] for key in one.keys}
    _, choice, _ = chosen(batch, seen=seen, was_cut=True)
    assert choice.new == tuple(range(15, 20))
    _, choice, _ = chosen(batch, seen=seen)
    assert choice.new == (*range(5), *range(15, 20))


# what is boosted, and how it is named

STATUS = Entry(uri="https://far.example/1", summary="hello", status_id="7", author=Author())


def made(shown, account="news", *, past=SourceHistory(), **keys):  # noqa: B008 - frozen
    """What one poll of the account's hashtag comes to, read through the account `news`."""
    options = options_of("hashtag").model_validate({"via": "news", "tag": "cats"})
    keys = {"name": "s", "kind": "hashtag", "to": (account,), "options": options, **keys}
    chosen = SourceSettings(**keys, first="all")
    settings = AccountSettings(name=account, server="https://x.example", token_env="T")
    batch = Batch(tuple(shown))
    routes = [Route(settings, Limits(), learnt=False)]
    found = recognise("s", candidates("s", batch), past)
    choice = choose(chosen, found, routes, past)
    places = choice.by_account[account].chosen
    job = draft_job(chosen, settings, Limits(), batch, NOW)
    made = drafts(replace(job, entries=tuple(found.found[place].entry for place in places)))
    by_place = {account: dict(zip(places, made, strict=True))}
    return plan(chosen, found, routes, past, choice, by_place, NOW)


def test_a_boost_keeps_the_id_that_its_own_account_saw_and_no_other():
    (mine,) = made([STATUS]).intents
    assert (mine.post.action, mine.post.status_id, mine.post.is_status) == ("boost", "7", True)
    (others,) = made([STATUS], "other").intents
    assert (others.post.status_id, others.post.uri) == ("", STATUS.uri)


def test_a_status_without_an_address_is_boosted_by_its_id_at_home_or_not_at_all():
    bare = replace(STATUS, uri="", guid="7")
    (mine,) = made([bare]).intents
    assert (mine.post.uri, mine.post.status_id) == ("7", "7")
    (refused,) = made([bare], "other").refusals
    assert refused.reason.startswith("not_boostable:")


@pytest.mark.parametrize("action", ["boost", "quote"])
@pytest.mark.parametrize("shown", [Entry(title="t"), Entry(title="t", link="javascript:x")])
def test_what_has_no_address_is_refused_not_posted_where_boosts_were_asked_for(action, shown):
    outcome = made([shown], action=action)
    assert not outcome.intents
    assert outcome.refusals[0].reason.startswith("not_boostable:")


def test_a_link_that_looks_like_a_status_is_not_called_one():
    (intent,) = made([Entry(title="t", link="https://a.example/@ann/7")]).intents
    assert (intent.post.action, intent.post.is_status) == ("boost", False)


def test_own_statuses_are_refused_as_far_as_the_addresses_are_known():
    ours = [replace(STATUS, uri=f"https://a/{one}", author=Author(address=one)) for one in "abc"]
    outcome = made(ours, past=SourceHistory(addresses={"news": "a", "cats": "b"}))
    assert [intent.post.uri for intent in outcome.intents] == ["https://a/c"]
    assert all(one.reason.startswith("forbidden:") for one in outcome.refusals)


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ({"author": Author(address="ann@a.example")}, "ann@a.example"),
        ({"authors": ("Ann  B",)}, "ann b of s"),
    ],
)
def test_an_authors_share_counts_what_was_published_and_what_this_poll_brings(facts, counted):
    shown = [entry(str(number), **facts) for number in range(3)]
    limited = FilterSettings(max_per_author=2)
    outcome = made(shown, action="post", filter=limited)
    assert (len(outcome.intents), len(outcome.refusals)) == (2, 1)
    past = SourceHistory(recent={"news": Recent(authors={counted: 1})})
    assert len(made(shown, action="post", filter=limited, past=past).intents) == 1


def test_a_preview_counts_authors_across_the_polls_that_are_not_recorded():
    shown = [entry(str(number), author=Author(address="ann@a.example")) for number in range(2)]
    taken = PendingClaims()
    taken.add(made(shown, action="post").intents, "s")
    past = taken.known_in(SourceHistory(recent={"news": Recent()}))
    assert past.recent["news"].authors == {"ann@a.example": 2}
