"""Feeds with all habits at once, over many polls: each entry goes out exactly once."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feed_histories import START, STEP, Bot, News, batch, styles

arrivals = st.lists(st.integers(0, 3), min_size=2, max_size=8)


def published(counts, window):
    """For each poll its number, its time, all news so far, and how many of them are new."""
    news = []
    for poll, arrived in enumerate(counts):
        now = START + poll * STEP
        count = min(arrived, window)
        news += [
            News(len(news) + 1 + place, now - STEP + timedelta(seconds=60 * place + 1))
            for place in range(count)
        ]
        yield poll, now, list(news), count


@settings(max_examples=200, deadline=None)
@given(styles, arrivals, st.integers(0, 4))
def test_each_entry_goes_out_exactly_once(style, arrivals, before):
    # of a source that was empty at first, and shows one entry at a time with the same link and words,
    # the second entry may as well be the first one under another id and date (ADR 0025)
    is_told_by_text = style.has_own_titles or style.has_text or style.link not in ("home", "shared")
    assume(before or style.window > 1 or is_told_by_text)
    bot = Bot()
    # most polls of a real feed bring nothing new
    for poll, now, news, count in published([before, 0, *arrivals], style.window):
        posts = bot.poll("s", batch(news, style, poll), now)
        assert len(posts) == (count if poll else 0)
        if style.has_own_titles and poll:
            numbers = [each.number for each in news[len(news) - count :]]
            assert [post.title for post in posts] == [f"Story {n} of the day" for n in numbers]


@settings(max_examples=100, deadline=None)
@given(styles, styles, arrivals, st.integers(1, 3))
def test_an_entry_of_two_sources_of_a_site_goes_out_once(first, second, arrivals, before):
    """Both have dates, titles and the same host; additional links or ids must not prevent it."""
    first, second = (
        replace(style, is_dated=True, has_own_titles=True, window=6, link=_own_link(style.link))
        for style in (first, second)
    )
    bot = Bot()
    for poll, now, news, count in published([before, 0, *arrivals], 6):
        posts = bot.poll("one", batch(news, first, poll), now)
        posts += bot.poll("other", batch(news, second, poll), now)
        assert len(posts) == (count if poll else 0)


def _own_link(link):
    # without a link, or with another host, the entries cannot be recognised as of one site
    return link if link not in ("none", "counted", "token") else "own"


@settings(max_examples=100, deadline=None)
@given(styles, arrivals, st.data())
def test_a_corrected_title_or_link_is_not_posted_again(style, arrivals, data):
    """One correction a poll, of an entry that keeps its id, or its date."""
    style = replace(style, is_dated=True, has_own_titles=True, id="own", window=6)
    bot = Bot()
    corrected = {}
    for poll, now, news, count in published([2, 0, *arrivals], 6):
        shown_batch = batch(news, style, poll)
        entries = [corrected.get(entry.guid, entry) for entry in shown_batch.entries]
        posts = bot.poll("s", replace(shown_batch, entries=tuple(entries)), now)
        assert len(posts) == (count if poll else 0)
        if entries:
            entry = data.draw(st.sampled_from(entries))
            change = data.draw(
                st.sampled_from(
                    [
                        {"title": f"Corrected in {poll}"},
                        {"link": f"https://{style.site}/corrected/{poll}"},
                        {"summary": f"Corrected in {poll}"},
                    ]
                )
            )
            corrected[entry.guid] = replace(entry, **change)
