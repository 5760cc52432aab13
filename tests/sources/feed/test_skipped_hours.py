"""The hours in which a feed wants no polls."""

import pytest

from reblogbot.sources.feed.skipped_hours import of_week


def channel(inner, item="<item><title>t</title></item>"):
    return f'<rss version="2.0"><channel><title>t</title>{inner}{item}</channel></rss>'


def test_hours_are_skipped_on_every_day():
    hours = of_week(channel("<skipHours><hour>0</hour>\n<hour> 13 </hour></skipHours>"))
    assert hours == {24 * day + hour for day in range(7) for hour in (0, 13)}


def test_an_hour_of_24_is_midnight():
    assert of_week(channel("<skipHours><hour>24</hour></skipHours>")) == {*range(0, 168, 24)}


def test_days_are_skipped_whole():
    hours = of_week(channel("<skipDays><day>Saturday</day><day>sunday</day></skipDays>"))
    assert hours == {*range(5 * 24, 7 * 24)}


@pytest.mark.parametrize(
    "feed",
    [
        "",
        channel(""),
        channel("<skipHours></skipHours>"),
        channel("<skipHours><hour>soon</hour></skipHours><skipDays><day>Someday</day></skipDays>"),
        channel("", "<item><description><![CDATA[<skipHours><hour>1</hour></skipHours>]]></description></item>"),
        "<skipHours><hour>1",
    ],
)  # fmt: skip
def test_only_valid_hours_and_days_of_the_channel_are_skipped(feed):
    assert of_week(feed) <= {hour for hour in range(168) if hour % 24 == 1 and "<item" not in feed}
