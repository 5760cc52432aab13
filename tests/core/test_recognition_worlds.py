"""Claims about feeds with all habits at once, poll after poll: each entry goes out exactly once."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
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
    bot = Bot()
    # most polls of a real feed bring nothing new
    for poll, now, news, count in published([before, 0, *arrivals], style.window):
        posts = bot.poll("s", batch(news, style, poll), now)
        assert len(posts) == (count if poll else 0)
        if style.has_own_titles and poll:
            numbers = [one.number for one in news[len(news) - count :]]
            assert [post.title for post in posts] == [f"Story {n} of the day" for n in numbers]


@settings(max_examples=100, deadline=None)
@given(styles, styles, arrivals, st.integers(1, 3))
def test_what_two_sources_of_a_site_share_goes_out_once(one, other, arrivals, before):
    """With dates, titles and a host that both know; what a link or an id adds must not harm."""
    one, other = (
        replace(style, is_dated=True, has_own_titles=True, window=6, link=_own_link(style.link))
        for style in (one, other)
    )
    bot = Bot()
    for poll, now, news, count in published([before, 0, *arrivals], 6):
        posts = bot.poll("one", batch(news, one, poll), now)
        posts += bot.poll("other", batch(news, other, poll), now)
        assert len(posts) == (count if poll else 0)


def _own_link(link):
    # without a link, or under another host, nothing tells that it is the same site
    return link if link not in ("none", "counted", "token") else "own"


@settings(max_examples=100, deadline=None)
@given(styles, arrivals, st.data())
def test_a_corrected_title_or_link_is_not_posted_again(style, arrivals, data):
    """One correction a poll, of an entry that keeps its id, or its date."""
    style = replace(style, is_dated=True, has_own_titles=True, id="own", window=6)
    bot = Bot()
    corrected = {}
    for poll, now, news, count in published([2, 0, *arrivals], 6):
        shown = batch(news, style, poll)
        entries = [corrected.get(entry.guid, entry) for entry in shown.entries]
        posts = bot.poll("s", replace(shown, entries=tuple(entries)), now)
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
