"""Claims about feeds with every habit at once: each entry goes out exactly once."""

from collections import Counter
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from worlds import START, STEP, Bot, News, Style, batch, styles


def story(entry):
    """The number of an entry, whatever its style."""
    return entry.summary or entry.title


@settings(max_examples=2000, deadline=None)
@given(styles, st.lists(st.integers(0, 3), min_size=2, max_size=8), st.integers(0, 4))
def test_each_entry_goes_out_exactly_once(style, arrivals, before):
    bot, shown, number = Bot(), [], 0
    expected = []
    # most polls of a real feed bring nothing new
    for poll, count in enumerate([before, 0, *arrivals]):
        now = START + poll * STEP
        arrived = []
        for position in range(min(count, style.window) if poll else count):
            number += 1
            arrived.append(News(number, now - STEP + timedelta(seconds=60 * position + 1)))
        shown += arrived
        posts = bot.poll("s", batch(shown, style, poll), now)
        if poll:
            assert len(posts) == len(arrived), (poll, [p.title for p in posts], arrived)
            if style.has_own_titles:
                assert [p.title for p in posts] == [f"Story {n.number} of the day" for n in arrived]
