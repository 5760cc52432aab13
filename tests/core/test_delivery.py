"""The next state of a delivery after each response or error, singly and in every order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import DeliverySettings
from reblogbot.core.delivery import (
    TOKEN_RECHECK,
    Decision,
    after_failed_check,
    after_failure,
    after_not_found,
    after_read_back,
    after_success,
    after_unauthorised,
    idempotency_key,
    matches,
    retry_pause,
    unreachable_pause,
)
from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import TRANSITIONS, Delivery, DeliveryState, Post, PublishedStatus, Receipt

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LINK = "https://paper.example/a?id=3"
URI = "https://far.example/users/ann/statuses/9"
SETTINGS = DeliverySettings()
WAIT = SETTINGS.read_back_after
POST = Post("post", text=f"A long title\n{LINK}", link=LINK, shorter=f"A…\n{LINK}", length=40)
RECEIPT = Receipt("1042", "https://social.example/@news/1042")

LOST = Doubtful("no_answer", "the connection broke")
BROKEN = Doubtful("server_error", "HTTP 500")
LIMITED = RateLimited("rate_limited", "too many", NOW + 40 * MINUTE)
REFUSED = Rejected("rejected", "no")
OVERLONG = TooLong("too_long", "too long")
AWAY = Unreachable("unreachable", "refused")
DENIED = Unauthorised("not_allowed", "HTTP 403")


def sending(**more):
    values = {
        "id": 1,
        "account": "news",
        "source": "paper",
        "identity": b"k" * 16,
        "post": POST,
        "state": DeliveryState.SENDING,
        "due": NOW - MINUTE,
        "queued_at": NOW - 10 * MINUTE,
        "sent_from": NOW - MINUTE,
        "error": "",
        **more,
    }
    return Delivery(**values)


def repeat(**more):
    """A delivery sent once more with the same key, after a doubt and two negatives."""
    return sending(**{"attempts": 1, "failed_lookups": 2, "sent_from": NOW - 5 * MINUTE, **more})


def in_doubt(**more):
    return sending(**{"state": DeliveryState.DOUBT, "due": NOW, "attempts": 1, **more})


def failed(delivery, error, **more):
    return after_failure(delivery, error, NOW, SETTINGS, **more)


# success


@pytest.mark.parametrize("delivery", [sending(), in_doubt(), repeat(error="before")])
def test_a_receipt_settles_a_delivery_in_any_state(delivery):
    decision = after_success(delivery, RECEIPT, NOW)
    after = replace(delivery, state=DeliveryState.SENT, receipt=RECEIPT, error="", settled_at=NOW)
    assert decision == Decision(after, None)


# step 5: doubt


def test_a_doubt_pauses_the_account_until_it_may_be_read_back():
    decision = failed(sending(), LOST)
    assert decision.pause_until == decision.delivery.due == NOW + WAIT
    assert decision.delivery.state == DeliveryState.DOUBT
    assert decision.delivery.attempts == 1
    assert decision.delivery.failed_lookups == 0
    assert decision.delivery.key_version == 0
    assert decision.delivery.sent_from == NOW - MINUTE
    assert decision.delivery.error == "the connection broke"


def test_a_doubt_at_the_last_attempt_is_still_read_back():
    assert failed(sending(attempts=99), LOST).delivery.state == DeliveryState.DOUBT


def test_a_post_that_is_found_counts_as_sent_at_any_time_and_after_all_attempts():
    delivery = in_doubt(due=NOW + MINUTE, attempts=99)
    decision = after_read_back(delivery, RECEIPT, NOW, SETTINGS)
    assert decision.delivery.state == DeliveryState.SENT
    assert decision.delivery.receipt == RECEIPT


def test_the_first_failed_read_back_waits_for_a_second():
    decision = after_read_back(in_doubt(), None, NOW, SETTINGS)
    assert decision.delivery.state == DeliveryState.DOUBT
    assert decision.delivery.failed_lookups == 1
    assert decision.delivery.due == decision.pause_until == NOW + WAIT


def test_a_read_back_before_its_time_does_not_count():
    early = in_doubt(failed_lookups=1, due=NOW + timedelta(seconds=1))
    assert after_read_back(early, None, NOW, SETTINGS) == Decision(early, early.due)


def test_two_failed_read_backs_resend_with_the_same_key_while_it_is_young():
    delivery = in_doubt(failed_lookups=1, sent_from=NOW - timedelta(minutes=49, seconds=59))
    decision = after_read_back(delivery, None, NOW, SETTINGS)
    after = replace(delivery, state=DeliveryState.QUEUED, failed_lookups=2, due=NOW)
    assert decision == Decision(after, None)


def test_two_failed_read_backs_resend_with_the_next_key_once_it_is_old():
    delivery = in_doubt(failed_lookups=1, sent_from=NOW - 50 * MINUTE, key_version=3)
    after = after_read_back(delivery, None, NOW, SETTINGS).delivery
    assert (after.state, after.key_version, after.sent_from) == (DeliveryState.QUEUED, 4, None)


def test_two_failed_read_backs_after_all_attempts_hold_it_for_the_admin():
    delivery = in_doubt(failed_lookups=1, attempts=SETTINGS.max_attempts, error="HTTP 502")
    decision = after_read_back(delivery, None, NOW, SETTINGS)
    assert decision.delivery.state == DeliveryState.HELD
    assert "8 attempts" in decision.delivery.error
    assert "HTTP 502" in decision.delivery.error
    assert decision.pause_until is None


@pytest.mark.parametrize("slug", ["server_error", "duplicate_key"])
def test_a_key_that_only_yields_errors_is_replaced_after_two_more_failed_read_backs(slug):
    doubted = failed(repeat(), Doubtful(slug, "HTTP 500")).delivery
    assert (doubted.state, doubted.failed_lookups, doubted.key_version) == (
        DeliveryState.DOUBT,
        0,
        1,
    )
    once = after_read_back(replace(doubted, due=NOW), None, NOW, SETTINGS).delivery
    twice = after_read_back(replace(once, due=NOW), None, NOW, SETTINGS).delivery
    assert (twice.state, twice.key_version, twice.attempts) == (DeliveryState.QUEUED, 1, 2)


def test_a_server_error_at_the_first_try_keeps_the_key():
    assert failed(sending(), BROKEN).delivery.key_version == 0


def test_a_repeat_without_an_answer_keeps_the_key():
    after = failed(repeat(), LOST).delivery
    assert (after.key_version, after.failed_lookups, after.sent_from) == (0, 0, NOW - 5 * MINUTE)


def test_a_repeat_with_a_404_was_deleted_by_hand_and_is_never_posted_again():
    decision = failed(repeat(), Doubtful("not_found", "HTTP 404"))
    assert decision.delivery.state == DeliveryState.DEAD
    assert "deleted" in decision.delivery.error


def test_a_first_attempt_or_a_boost_with_a_404_is_in_doubt():
    gone = Doubtful("not_found", "HTTP 404")
    assert failed(sending(), gone).delivery.state == DeliveryState.DOUBT
    assert failed(repeat(post=Post("boost", uri=URI)), gone).delivery.state == DeliveryState.DOUBT


# step 4: never sent, limited, rejected


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 30), (1, 60), (2, 120), (3, 240), (4, 480), (5, 900), (500, 900)]
)
def test_an_unreachable_server_pauses_the_account_longer_each_time(failures, seconds):
    pause = timedelta(seconds=seconds)
    decision = failed(sending(attempts=3), AWAY, failures=failures)
    assert unreachable_pause(failures) == pause
    assert decision.pause_until == NOW + pause
    assert decision.delivery.due == sending().due
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.delivery.attempts == 3
    assert decision.delivery.key_version == 0
    assert decision.delivery.sent_from is None


def test_a_rate_limit_pauses_the_account_and_costs_no_attempt():
    decision = failed(sending(attempts=3), LIMITED)
    assert decision.pause_until == LIMITED.until
    assert decision.delivery.due == sending().due
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.delivery.attempts == 3
    assert decision.delivery.key_version == 1
    assert decision.delivery.sent_from is None


@pytest.mark.parametrize("error", [LIMITED, AWAY])
def test_a_repeat_delayed_by_a_pause_is_read_back_once_more(error):
    delayed = failed(repeat(), error).delivery
    assert (delayed.state, delayed.failed_lookups, delayed.attempts) == (DeliveryState.DOUBT, 1, 1)
    later = delayed.due
    assert after_read_back(delayed, RECEIPT, later, SETTINGS).delivery.state == DeliveryState.SENT
    assert after_read_back(delayed, None, later, SETTINGS).delivery.state == DeliveryState.QUEUED


def test_a_rejection_is_tried_again_under_the_next_key_while_others_go_on():
    decision = failed(sending(), REFUSED)
    assert decision.pause_until is None
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.delivery.due == NOW + MINUTE
    assert (decision.delivery.attempts, decision.delivery.key_version) == (1, 1)
    assert decision.delivery.sent_from is None


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (99, 60)]
)
def test_a_rejected_delivery_waits_longer_each_time(attempts, minutes):
    assert retry_pause(attempts) == minutes * MINUTE


def test_a_delivery_rejected_at_its_last_attempt_is_dead():
    decision = failed(sending(attempts=SETTINGS.max_attempts - 1), REFUSED)
    assert decision.delivery.state == DeliveryState.DEAD
    assert decision.delivery.attempts == SETTINGS.max_attempts
    assert decision.delivery.settled_at == NOW
    assert decision.pause_until is None


def test_a_rejected_repeat_is_queued_and_delays_no_other_delivery():
    decision = failed(repeat(), REFUSED)
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.delivery.failed_lookups == 0
    assert decision.pause_until is None


# step 7: the token, and what is too long


def test_a_token_that_fails_pauses_the_account_and_leaves_the_queue_intact():
    decision = after_unauthorised(sending(attempts=2), DENIED, False, NOW)
    assert decision.pause_until == NOW + 15 * MINUTE
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.delivery.attempts == 2


def test_with_a_valid_token_only_this_delivery_is_dead():
    decision = after_unauthorised(sending(), DENIED, True, NOW)
    assert decision.delivery.state == DeliveryState.DEAD
    assert decision.delivery.error == "HTTP 403"
    assert decision.pause_until is None


def test_a_missing_scope_pauses_the_account_although_the_token_verifies():
    error = Unauthorised("scope_missing", "HTTP 403 outside the authorized scopes")
    decision = after_unauthorised(sending(), error, True, NOW)
    assert decision.delivery.state == DeliveryState.QUEUED
    assert decision.pause_until == NOW + 15 * MINUTE


def test_a_token_that_could_not_be_verified_is_checked_again_soon():
    for decision in (after_unauthorised(sending(), DENIED, None, NOW), failed(sending(), DENIED)):
        assert decision.delivery.state == DeliveryState.QUEUED
        assert decision.pause_until == NOW + timedelta(seconds=30)


def test_a_post_that_is_too_long_goes_out_shorter_at_once_and_once():
    decision = failed(sending(), OVERLONG)
    after = decision.delivery
    assert (after.state, after.due, decision.pause_until) == (DeliveryState.QUEUED, NOW, None)
    assert (after.post.text, after.post.shorter) == (POST.shorter, "")
    assert (after.key_version, after.sent_from, after.attempts) == (1, None, 0)
    assert (
        failed(replace(after, state=DeliveryState.SENDING), OVERLONG).delivery.state
        == DeliveryState.DEAD
    )


def test_the_shortened_post_is_otherwise_the_same():
    post = failed(sending(), OVERLONG).delivery.post
    assert replace(post, text=POST.text, shorter=POST.shorter, length=POST.length) == POST


# a boost whose status is looked at first

BOOST = Post("boost", uri=URI, is_status=True)
LOOK_ALIKE = Post("boost", text=f"Ann\n{URI}", link=URI, uri=URI)
CHECKS = [LIMITED, AWAY, DENIED, LOST, BROKEN, REFUSED]


def queued(**more):
    return sending(**{"state": DeliveryState.QUEUED, "post": BOOST, "sent_from": None, **more})


def unchecked(delivery, error, token_works=None, failures=0):
    return after_failed_check(delivery, error, token_works, NOW, SETTINGS, failures)


def test_a_known_status_that_is_not_found_is_skipped_with_the_reason():
    after = after_not_found(queued(), "home.example", NOW).delivery
    assert after.state == DeliveryState.SKIPPED
    assert "home.example does not find the status" in after.error


def test_a_link_that_only_looks_like_a_status_is_held_and_never_becomes_a_post():
    after = after_not_found(queued(post=LOOK_ALIKE), "home.example", NOW).delivery
    assert (after.state, after.post) == (DeliveryState.HELD, LOOK_ALIKE)
    assert 'action = "post"' in after.error


@pytest.mark.parametrize("error", CHECKS)
@pytest.mark.parametrize("start", [queued(), queued(failed_lookups=2, attempts=1, key_version=3)])
def test_a_failed_lookup_of_a_status_leaves_its_boost_queued(error, start):
    after = unchecked(start, error).delivery
    assert (after.state, after.post) == (DeliveryState.QUEUED, start.post)
    # nothing was sent: the key and what the next answer means stay as they were
    assert (after.failed_lookups, after.key_version) == (start.failed_lookups, start.key_version)
    assert after.error == error.message


@pytest.mark.parametrize(
    ("error", "until"),
    [
        (LIMITED, LIMITED.until),
        (AWAY, NOW + unreachable_pause(0)),
        (DENIED, NOW + unreachable_pause(0)),
        (LOST, None),
        (REFUSED, None),
    ],
)
def test_only_errors_of_the_whole_account_pause_it(error, until):
    after = unchecked(queued(), error)
    assert after.pause_until == until
    assert (after.delivery.attempts == 0) is (until is not None)
    assert (after.delivery.due > NOW) is (until is None)


def test_a_token_that_is_refused_pauses_the_account_and_one_that_works_holds_the_boost():
    assert unchecked(queued(), DENIED, token_works=False).pause_until == NOW + TOKEN_RECHECK
    held = unchecked(queued(), DENIED, token_works=True)
    assert (held.delivery.state, held.pause_until) == (DeliveryState.HELD, None)


def test_a_boost_whose_status_can_never_be_looked_up_is_held():
    boost = queued()
    for _ in range(SETTINGS.max_attempts):
        assert boost.state == DeliveryState.QUEUED
        boost = unchecked(boost, BROKEN).delivery
    assert boost.state == DeliveryState.HELD
    assert BROKEN.message in boost.error


# every failure from every start


ERRORS = [LOST, BROKEN, LIMITED, REFUSED, OVERLONG, AWAY, DENIED, TargetError("odd", "odd")]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("start", [sending(), repeat(), repeat(key_version=7, attempts=99)])
def test_every_failure_leads_to_an_allowed_state_with_a_reason(start, error):
    decision = failed(start, error)
    after = decision.delivery
    assert after.state in TRANSITIONS[DeliveryState.SENDING]
    assert after.error
    assert after.due >= NOW or after.state == DeliveryState.DEAD or decision.pause_until > NOW
    assert after.key_version >= start.key_version
    assert after.attempts - start.attempts in {0, 1}


@pytest.mark.parametrize("receipt", [None, RECEIPT])
@pytest.mark.parametrize("failed_lookups", [0, 1, 2])
@pytest.mark.parametrize("attempts", [1, 8])
def test_every_read_back_leads_to_an_allowed_state(receipt, failed_lookups, attempts):
    start = in_doubt(failed_lookups=failed_lookups, attempts=attempts)
    state = after_read_back(start, receipt, NOW, SETTINGS).delivery.state
    assert state == DeliveryState.DOUBT or state in TRANSITIONS[DeliveryState.DOUBT]


class Server:
    """A model of a server's memory: what stands there, and what its keys do."""

    def __init__(self, keys):
        self.keys = keys
        self.posts = 0
        self.used = {}
        self.repeats = []

    def post(self, key, now, outcome):
        """The receipt, or the error that this outcome ends in."""
        if outcome in ERRORS_BEFORE:
            raise ERRORS_BEFORE[outcome]
        known = self.used.get(key)
        if known is not None and now - known < timedelta(hours=1) and self.keys != "none":
            return self._repeated(outcome)
        if outcome in {"stored", "stored_lost", "stored_500"}:
            self.posts += 1
        self.used[key] = now
        if outcome == "stored":
            return RECEIPT
        raise BROKEN if outcome.endswith("500") else LOST

    def _repeated(self, outcome):
        if self.keys == "error":
            raise BROKEN
        if self.keys == "burnt":
            raise Doubtful("duplicate_key", "Duplicate idempotency key.")
        if self.posts and outcome == "stored":
            return RECEIPT
        if outcome in {"stored", "stored_lost", "stored_500"} and not self.posts:
            self.posts += 1
        if outcome == "stored":
            return RECEIPT
        raise BROKEN if outcome.endswith("500") else LOST


ERRORS_BEFORE = {
    "limited": LIMITED,
    "refused": REFUSED,
    "too_long": OVERLONG,
    "away": AWAY,
    "denied": DENIED,
}
OUTCOMES = ["stored", "stored_lost", "stored_500", "lost", "lost_500", *ERRORS_BEFORE]


@settings(max_examples=400)
@given(
    keys=st.sampled_from(["none", "first", "error", "burnt"]),
    outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=40),
    slow=st.lists(st.integers(0, 70), min_size=1, max_size=5),
)
def test_no_server_makes_a_post_appear_twice_or_get_lost(keys, outcomes, slow):
    server, now = Server(keys), NOW
    delivery = replace(sending(), state=DeliveryState.QUEUED, sent_from=None, due=NOW)
    for turn in range(400):
        if delivery.state in {DeliveryState.SENT, DeliveryState.HELD, DeliveryState.DEAD}:
            break
        now = max(now, delivery.due) + slow[turn % len(slow)] * MINUTE
        if delivery.state == DeliveryState.DOUBT:
            receipt = RECEIPT if server.posts else None
            delivery = after_read_back(delivery, receipt, now, SETTINGS).delivery
            continue
        claimed = replace(
            delivery, state=DeliveryState.SENDING, sent_from=delivery.sent_from or now
        )
        key = claimed.key_version, claimed.post.text
        try:
            receipt = server.post(key, now, outcomes.pop(0) if outcomes else "stored")
            delivery = after_success(claimed, receipt, now).delivery
        except TargetError as error:
            delivery = after_failure(claimed, error, now, SETTINGS).delivery
            assert delivery.state in TRANSITIONS[DeliveryState.SENDING]
    assert delivery.state in {DeliveryState.SENT, DeliveryState.HELD, DeliveryState.DEAD}
    assert server.posts == (delivery.state == DeliveryState.SENT)
    assert delivery.state == DeliveryState.SENT or delivery.error


# keys


@given(
    first=st.tuples(st.text(), st.text(), st.binary(), st.text(), st.integers(0, 99)),
    second=st.tuples(st.text(), st.text(), st.binary(), st.text(), st.integers(0, 99)),
)
def test_two_keys_are_equal_only_for_equal_arguments(first, second):
    assert (idempotency_key(*first) == idempotency_key(*second)) == (first == second)


def test_a_key_is_the_same_in_every_process_and_fits_a_header():
    key = idempotency_key("https://social.example", "news", b"k" * 16, "文", 0)
    assert key == "09223e0d53104e0f9272e9bc484889c74a746d0114f6ed0cac772914686a08bf"
    assert len(key) == 64


def test_the_parts_of_a_key_are_separated():
    assert idempotency_key("a", "bc", b"", "", 0) != idempotency_key("ab", "c", b"", "", 0)


# matching


def standing(**more):
    return PublishedStatus(RECEIPT, **more)


def test_a_link_matches_by_its_canonical_form():
    there = standing(
        text="other",
        links=("https://x.example/", "HTTPS://Paper.example:443/a?id=3&utm_source=z#top"),
    )
    assert matches(sending(), there)
    assert not matches(sending(), standing(text=POST.text, links=("https://paper.example/a?id=4",)))
    assert not matches(sending(), standing())


def test_a_text_without_a_link_matches_despite_white_space_and_invisible_characters():
    delivery = sending(post=Post("post", text="Good  morning\n@\u200bann@x.example  e\u0301"))
    assert matches(delivery, standing(text="Good morning @ann@x.example é "))
    assert not matches(delivery, standing(text="Good evening"))


@pytest.mark.parametrize(
    "stands", ["Stars and lines, a (b) 5 3 &", "*Stars* and __lines__, [a](b) 5 > 3 &amp;"]
)
def test_a_text_that_a_server_rendered_matches_by_its_words(stands):
    delivery = sending(
        post=replace(POST, text="*Stars* and __lines__, [a](b) 5 > 3 &amp;", link="")
    )
    there = standing(text=stands.replace("a (b)", "a(b)"))
    assert matches(delivery, there)
    assert not matches(delivery, standing(text="Stars and lines, a(b) 5 4 &"))


def test_nothing_matches_an_empty_post_or_an_invalid_link():
    assert not matches(sending(post=Post("post")), standing(links=("",)))
    assert not matches(
        sending(post=Post("post", text="t", link="javascript:x")), standing(links=("mailto:a@b",))
    )


def test_a_boost_matches_the_status_by_any_of_its_names():
    delivery = sending(post=Post("boost", uri=URI, text=f"Ann\n{LINK}", link=LINK))
    assert matches(delivery, standing(boosted_uri=URI))
    assert matches(delivery, standing(boosted_uri="https://far.example/ap/1", links=(URI,)))
    assert not matches(delivery, standing(boosted_uri="https://far.example/ap/1"))
    assert not matches(delivery, standing(links=(URI, LINK), text="t"))
    assert not matches(sending(post=Post("boost")), standing())


def test_a_boost_of_ours_is_not_taken_for_a_post_of_the_link_in_it():
    assert not matches(sending(), standing(boosted_uri=URI, links=(LINK,)))


def test_a_final_rejection_is_attempted_once():
    after = after_failure(sending(), Rejected("edited_is_gone", "never"), NOW, SETTINGS).delivery
    assert (after.state, after.error) == (DeliveryState.DEAD, "never")


# what a mutation of the code would change unseen


LATE = LeaseExpired("lapsed", "the lease had lapsed")


def test_a_lapsed_delivery_is_due_at_once_and_its_account_is_not_paused():
    decision = failed(sending(), LATE)
    after = replace(
        sending(), state=DeliveryState.QUEUED, due=NOW, sent_from=None, error="the lease had lapsed"
    )
    assert decision == Decision(after, None)


@pytest.mark.parametrize("error", [LATE, AWAY])
def test_a_repeat_that_was_never_sent_keeps_the_age_of_its_key(error):
    assert failed(repeat(), error).delivery.sent_from == NOW - 5 * MINUTE


@pytest.mark.parametrize("failed_lookups", [1, 2])
def test_a_repeat_is_read_back_once_more_after_a_pause_of_its_account(failed_lookups):
    decision = failed(repeat(failed_lookups=failed_lookups), LIMITED)
    assert decision.delivery.state == DeliveryState.DOUBT
    assert decision.delivery.failed_lookups == 1
    assert decision.delivery.due == decision.pause_until == LIMITED.until


def test_a_first_attempt_stays_queued_and_due_during_a_pause_of_its_account():
    after = failed(sending(), LIMITED).delivery
    assert (after.state, after.failed_lookups, after.due) == (DeliveryState.QUEUED, 0, NOW - MINUTE)


@pytest.mark.parametrize("failed_lookups", [1, 2])
def test_a_repeat_that_only_yields_500_takes_the_next_key(failed_lookups):
    assert failed(repeat(failed_lookups=failed_lookups), BROKEN).delivery.key_version == 1


def test_without_earlier_failures_an_account_pauses_for_the_shortest_time():
    assert failed(sending(), AWAY).pause_until == NOW + timedelta(seconds=30)
    decision = after_failed_check(sending(), AWAY, None, NOW, SETTINGS)
    assert decision.pause_until == NOW + timedelta(seconds=30)


def test_final_states_have_their_instant():
    final = (
        after_unauthorised(sending(), DENIED, True, NOW),
        failed(sending(post=replace(POST, shorter="")), OVERLONG),
        failed(repeat(), Doubtful("not_found", "gone")),
        after_read_back(in_doubt(), RECEIPT, NOW, SETTINGS),
    )
    assert [decision.delivery.settled_at for decision in final] == [NOW] * 4
    assert {decision.delivery.state for decision in final} == {
        DeliveryState.DEAD,
        DeliveryState.SENT,
    }


def test_a_held_delivery_is_due_when_it_is_released():
    held = (
        after_not_found(sending(post=Post("boost", uri=URI)), "social.example", NOW),
        after_failed_check(sending(), DENIED, True, NOW, SETTINGS),
        after_failed_check(sending(attempts=99), LOST, None, NOW, SETTINGS),
        after_read_back(
            in_doubt(failed_lookups=1, attempts=99, due=NOW - MINUTE), None, NOW, SETTINGS
        ),
    )
    assert [(decision.delivery.state, decision.delivery.due) for decision in held] == [
        (DeliveryState.HELD, NOW)
    ] * 4
    assert all(decision.delivery.error for decision in held)


def test_a_boost_is_held_with_the_last_reason_why_its_status_was_not_looked_up():
    after = after_failed_check(sending(attempts=99), LOST, None, NOW, SETTINGS).delivery
    assert after.error.endswith("Last: the connection broke")


def test_two_failed_read_backs_resend_now_however_long_ago_they_were_due():
    late = in_doubt(failed_lookups=1, due=NOW - 90 * MINUTE)
    assert after_read_back(late, None, NOW, SETTINGS).delivery.due == NOW


def test_a_repeat_that_is_shortened_is_a_new_text_and_no_repeat():
    after = failed(repeat(), OVERLONG).delivery
    assert after.failed_lookups == 0
    assert after.post.length == len(after.post.text) == len(POST.shorter)


def test_a_text_of_markup_characters_matches_itself():
    assert matches(sending(post=Post("post", text="***")), standing(text="***"))
    assert not matches(sending(post=Post("post", text="***")), standing(text="###"))


def test_every_text_has_a_key():
    assert len(idempotency_key("s", "a", b"i", "\ud800", 0)) == 64
