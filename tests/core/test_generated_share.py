"""How many of an account's posts may have text that a model has written."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core.pacing import NEVER, generated_slot
from reblogbot.model import SentPost

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
posts = st.lists(
    st.builds(
        lambda minutes, is_generated: SentPost(
            NOW - timedelta(minutes=minutes), "hot", is_generated
        ),
        # some together, some of a clock that was ahead
        st.integers(-120, 2000).map(lambda minutes: minutes // 7 * 7),
        st.booleans(),
    ),
    max_size=25,
)
# in hundredths, as a config may say it
shares = st.integers(1, 99)


def sent(text):
    """A post a minute, G of them generated, the last one minute ago."""
    return [
        SentPost(NOW - timedelta(minutes=len(text) - n), "hot", kind == "G")
        for n, kind in enumerate(text)
    ]


def may_go(at, share, sent_posts):
    """Whether one more with generated text keeps the share at `at`; counted with fractions."""
    day = [post for post in sent_posts if at - DAY < post.at <= at]
    count = sum(post.is_generated for post in day) + 1
    return count <= max(1, floor(Fraction(share, 100) * (len(day) + 1)))


@given(sent_posts=posts, share=shares)
def test_the_slot_is_the_first_instant_that_keeps_the_share(sent_posts, share):
    slot = generated_slot(NOW, share / 100, sent_posts)
    assert slot >= NOW
    assert may_go(slot, share, sent_posts)
    changes = {at for post in sent_posts for at in (post.at, post.at + DAY) if at >= NOW}
    earlier = {NOW, *changes}
    assert not any(may_go(at, share, sent_posts) for at in earlier if at < slot)


@given(kinds=st.lists(st.booleans(), max_size=60), share=shares, minutes=st.integers(1, 90))
def test_of_a_day_that_ends_with_a_generated_post_no_more_than_the_share_has_any(
    kinds, share, minutes
):
    history, now = [], NOW
    for is_generated in kinds:
        now += timedelta(minutes=minutes)
        if is_generated:
            now = generated_slot(now, share / 100, history)
        history.append(SentPost(now, "hot", is_generated))
        if is_generated:
            day = [post for post in history if now - DAY < post.at]
            generated = sum(post.is_generated for post in day)
            assert generated <= max(1, Fraction(share, 100) * len(day))


def test_a_share_of_none_is_never_and_of_all_is_now():
    assert generated_slot(NOW, 0, []) == NEVER
    assert generated_slot(NOW, 1, sent("GGGG")) == NOW


@pytest.mark.parametrize(
    ("earlier", "is_allowed"),
    [("", True), ("G", False), ("N", True), ("NG", False), ("NNG", True), ("NNGG", False)],
)
def test_of_half_one_alone_is_always_allowed_and_no_more_than_half(earlier, is_allowed):
    assert (generated_slot(NOW, 0.5, sent(earlier)) == NOW) is is_allowed


def test_a_share_is_not_changed_by_an_error_in_the_last_digit():
    """0.07 * 100 is 7.000000000000001 in floating point, 0.29 * 100 is 28.999999999999996."""
    assert generated_slot(NOW, 0.07, sent("G" * 7 + "N" * 92)) > NOW
    assert generated_slot(NOW, 0.07, sent("G" * 6 + "N" * 93)) == NOW
    assert generated_slot(NOW, 0.29, sent("G" * 28 + "N" * 71)) == NOW


def test_a_post_counts_until_it_is_a_day_old():
    (only,) = sent("G")
    assert generated_slot(NOW, 0.5, [only]) == only.at + DAY
    assert generated_slot(only.at + DAY, 0.5, [only]) == only.at + DAY
