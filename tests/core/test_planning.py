"""From a batch to intents: order, storms, bounds and boosts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings, FilterSettings, SourceSettings
from reblogbot.core.drafting import Draft, draft_job, drafts
from reblogbot.core.identity import follow_up_key
from reblogbot.core.planning import MAX_RECORDED, AccountRoute, PendingClaims, plan, select_entries
from reblogbot.core.recognition import candidates, oldest_first, recognise
from reblogbot.model import (
    Author,
    Batch,
    DeliveryState,
    Entry,
    Post,
    RecentPosts,
    ServerLimits,
    SourceHistory,
)
from reblogbot.sources.registry import options_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(name, hours=1.0, **fields):
    at = None if hours is None else NOW - timedelta(hours=hours)
    given = {"title": name, "link": f"https://a.example/{name}", "published_at": at}
    return Entry(**{**given, **fields})


def titles(entries):
    return [entry.title for entry in entries]


@pytest.mark.parametrize(
    ("written", "expected"),
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
def test_entries_go_out_oldest_first(written, expected):
    entries = [entry(name, hours) for name, hours in written]
    assert "".join(titles(oldest_first(entries))) == expected


def storm(entries, *, known=(), changed=False, last=NOW - timedelta(hours=2), **keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    batch = Batch(tuple(entries))
    recognised_before = candidates("s", Batch(tuple(known)))
    seen = {key: candidate.evidence for candidate in recognised_before for key in candidate.keys}
    history = SourceHistory(seen, {}, last, changed)
    recognised = recognise("s", candidates("s", batch), history)
    return select_entries(settings, recognised, [], history).storm


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


def test_a_batch_of_new_entries_alone_is_no_storm():
    assert storm(many(10, hours=1)) == ""


def test_a_list_that_was_always_empty_is_not_taken_for_another_list():
    settings = SourceSettings(name="s", kind="feed", to=("news",))
    batch = Batch(tuple(many(6, hours=9)))
    history = SourceHistory({}, {}, NOW - timedelta(hours=2), is_blank=True)
    recognised = recognise("s", candidates("s", batch), history)
    assert select_entries(settings, recognised, [], history).storm == ""


def test_another_url_without_known_entries_is_a_storm():
    assert "all 6 entries" in storm(many(6, hours=1), changed=True)
    old = entry("old", 9)
    assert storm([*many(6), old], known=[old], changed=True) == ""


# very long batches

ACCOUNT = AccountSettings(name="news", server="https://social.example", token_env="X")


def batch_of(count, hours=1.0):
    """A batch of so many entries, the newest first."""
    return Batch(tuple(entry(f"n{number}", hours + number / 60) for number in range(count)))


def plan_of(batch, *, was_read=True, seen=(), held=0, was_cut=False, **keys):
    """The candidates, the choice and the plan for a batch, each draft a post."""
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    history = SourceHistory(
        dict.fromkeys(seen),
        last_batch_at=NOW - timedelta(days=30) if was_read else None,
        was_cut=was_cut,
        held={"news": held},
    )
    routes = [AccountRoute(ACCOUNT, was_read)]
    recognised = recognise("s", candidates("s", batch), history)
    choice = select_entries(settings, recognised, routes, history)
    drafts = {"news": dict.fromkeys(choice.by_account["news"].chosen, Draft(Post("post", "x")))}
    planned = plan(settings, recognised, routes, history, choice, drafts, NOW)
    return recognised.candidates, choice, planned


def test_the_newest_entries_of_a_storm_are_held_and_one_refusal_stands_for_the_others():
    batch, _, planned = plan_of(batch_of(MAX_RECORDED + 500))
    assert planned.storm.startswith(f"storm: {MAX_RECORDED + 500} new entries")
    assert [intent.candidate for intent in planned.intents] == list(batch[500:])
    assert {intent.state for intent in planned.intents} == {DeliveryState.HELD}
    (refusal,) = planned.refusals
    assert refusal.candidate is batch[499]
    assert refusal.reason.startswith("left_out: 500 entries of one poll")
    assert planned.candidates == planned.new == batch


def test_a_storm_holds_fewer_entries_where_an_earlier_one_still_holds_some():
    _, _, planned = plan_of(batch_of(100), held=MAX_RECORDED - 10)
    assert len(planned.intents) == 10
    _, _, planned = plan_of(batch_of(100), held=MAX_RECORDED + 5)
    assert planned.intents == ()
    assert len(planned.refusals) == 1


def test_a_storm_within_max_per_poll_is_kept_whole():
    _, _, planned = plan_of(batch_of(MAX_RECORDED * 2 + 1), max_per_poll=MAX_RECORDED * 2)
    assert len(planned.intents) == MAX_RECORDED * 2
    _, _, planned = plan_of(batch_of(MAX_RECORDED * 2, hours=0), max_per_poll=MAX_RECORDED * 3)
    assert (planned.storm, len(planned.intents)) == ("", MAX_RECORDED * 2)


def test_at_first_sight_only_the_newest_refused_entries_are_recorded():
    batch, _, planned = plan_of(batch_of(MAX_RECORDED + 30), was_read=False, first=5)
    assert [intent.candidate for intent in planned.intents] == list(batch[-5:])
    slugs = Counter(refusal.reason.partition(":")[0] for refusal in planned.refusals)
    assert slugs == {"first_sight": MAX_RECORDED, "left_out": 1}
    assert planned.candidates == batch


def test_all_entries_that_first_allows_are_posted():
    _, _, planned = plan_of(batch_of(MAX_RECORDED + 30), was_read=False, first="all")
    assert len(planned.intents) == MAX_RECORDED + 30
    assert planned.refusals == ()


def test_entries_that_first_refuses_are_not_drafted():
    _, choice, _ = plan_of(batch_of(50), was_read=False, first="none")
    assert choice.by_account["news"].chosen == []


def test_older_entries_that_appear_after_a_batch_was_cut_are_not_new():
    batch = batch_of(20)
    known = candidates("s", batch)[5:15]
    seen = {key for candidate in known for key in candidate.keys}
    _, choice, _ = plan_of(batch, seen=seen, was_cut=True)
    assert choice.new == tuple(range(15, 20))
    _, choice, _ = plan_of(batch, seen=seen)
    assert choice.new == (*range(5), *range(15, 20))


# boosts

STATUS = Entry(uri="https://far.example/1", summary="hello", status_id="7", author=Author())


def plan_first_poll(
    entries,
    account="news",
    *,
    history=SourceHistory(),  # noqa: B008 - frozen
    generated=(),
    **keys,
):
    """The plan for the first batch of a hashtag, read through the account `news`."""
    options = options_of("hashtag").model_validate({"via": "news", "tag": "cats"})
    keys = {"name": "s", "kind": "hashtag", "to": (account,), "options": options, **keys}
    settings = SourceSettings(**keys, first="all")
    to = AccountSettings(name=account, server="https://x.example", token_env="T")
    batch = Batch(tuple(entries))
    routes = [AccountRoute(to, was_read=False)]
    recognised = recognise("s", candidates("s", batch), history)
    choice = select_entries(settings, recognised, routes, history)
    positions = choice.by_account[account].chosen
    chosen = tuple(recognised.candidates[position].entry for position in positions)
    job = draft_job(settings, to, ServerLimits(), batch, NOW)
    drafted = drafts(replace(job, entries=chosen, generated=frozenset(generated)))
    by_position = {account: dict(zip(positions, drafted, strict=True))}
    return plan(settings, recognised, routes, history, choice, by_position, NOW)


def test_a_boost_keeps_the_id_that_its_own_account_saw_and_no_other():
    (own,) = plan_first_poll([STATUS]).intents
    assert (own.post.action, own.post.status_id, own.post.is_status) == ("boost", "7", True)
    (other,) = plan_first_poll([STATUS], "other").intents
    assert (other.post.status_id, other.post.uri) == ("", STATUS.uri)


def test_a_status_without_an_address_is_boosted_only_by_the_account_that_read_it():
    bare = replace(STATUS, uri="", guid="7")
    (own,) = plan_first_poll([bare]).intents
    assert (own.post.uri, own.post.status_id) == ("7", "7")
    (refused,) = plan_first_poll([bare], "other").refusals
    assert refused.reason.startswith("not_boostable:")


@pytest.mark.parametrize("action", ["boost", "quote"])
@pytest.mark.parametrize("bare", [Entry(title="t"), Entry(title="t", link="javascript:x")])
def test_an_entry_without_an_address_is_refused_where_the_action_is_a_boost(action, bare):
    outcome = plan_first_poll([bare], action=action)
    assert not outcome.intents
    assert outcome.refusals[0].reason.startswith("not_boostable:")


def test_a_link_that_looks_like_a_status_is_not_declared_one():
    (intent,) = plan_first_poll([Entry(title="t", link="https://a.example/@ann/7")]).intents
    assert (intent.post.action, intent.post.is_status) == ("boost", False)


def test_own_statuses_are_refused_as_far_as_the_addresses_are_known():
    statuses = [
        replace(STATUS, uri=f"https://a/{address}", author=Author(address=address))
        for address in "abc"
    ]
    outcome = plan_first_poll(statuses, history=SourceHistory(addresses={"news": "a", "cats": "b"}))
    assert [intent.post.uri for intent in outcome.intents] == ["https://a/c"]
    assert all(refusal.reason.startswith("forbidden:") for refusal in outcome.refusals)


@pytest.mark.parametrize(
    ("facts", "counted"),
    [
        ({"author": Author(address="ann@a.example")}, "ann@a.example"),
        ({"authors": ("Ann  B",)}, "ann b of s"),
    ],
)
def test_max_per_author_counts_published_posts_and_those_of_this_poll(facts, counted):
    entries = [entry(str(number), **facts) for number in range(3)]
    limited = FilterSettings(max_per_author=2)
    outcome = plan_first_poll(entries, action="post", filter=limited)
    assert (len(outcome.intents), len(outcome.refusals)) == (2, 1)
    history = SourceHistory(recent={"news": RecentPosts(authors={counted: 1})})
    assert (
        len(plan_first_poll(entries, action="post", filter=limited, history=history).intents) == 1
    )


def test_a_preview_counts_authors_across_the_polls_that_are_not_recorded():
    entries = [entry(str(number), author=Author(address="ann@a.example")) for number in range(2)]
    pending = PendingClaims()
    pending.add(plan_first_poll(entries, action="post").intents, "s")
    history = pending.added_to(SourceHistory(recent={"news": RecentPosts()}))
    assert history.recent["news"].authors == {"ann@a.example": 2}


# steps

PAPER = Entry("A paper", "https://a.example/1", guid="1")
STEPS = {"kind": "feed", "options": None, "steps": ("explain",), "template": "article"}


def test_a_post_is_queued_with_the_steps_that_it_waits_for():
    (intent,) = plan_first_poll([PAPER], **STEPS).intents
    assert (intent.state, intent.waits_for) == (DeliveryState.QUEUED, ("explain",))
    assert intent.follow_up is None


def test_a_reply_that_waits_is_planned_with_its_post():
    keys = {**STEPS, "template": "link", "follow_up": "article"}
    (intent,) = plan_first_poll([PAPER], **keys).intents
    assert intent.waits_for == ()
    assert intent.post.text == "A paper\nhttps://a.example/1"
    assert intent.follow_up.waits_for == ("explain",)
    assert intent.follow_up.post.text.endswith("〔explain〕")
    assert intent.follow_up.key == follow_up_key(intent.keys[0])
    assert intent.follow_up.key not in intent.keys


def test_review_holds_every_post_and_review_of_generated_text_none_that_still_waits():
    (intent,) = plan_first_poll([PAPER], **STEPS, review=True).intents
    assert (intent.state, intent.reason) == (DeliveryState.HELD, "review")
    generated = {**STEPS, "generated": ["explain"], "review_generated": True}
    (intent,) = plan_first_poll([PAPER], **generated).intents
    assert intent.post.is_generated
    assert (intent.state, intent.reason) == (DeliveryState.QUEUED, "")
