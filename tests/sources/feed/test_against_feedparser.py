"""Our reading of feeds beside that of feedparser: equal, or different for a listed reason."""

import pytest
from documents import URL, batch_of
from feed_generators import FEEDS, RUINED
from feedparser_differences import REASONS, Pair, differences, read_by_feedparser, read_by_us

DOCUMENTS = {name: feed.document for name, feed in FEEDS.items()} | RUINED


def pair(document, url=URL):
    body = document.encode()
    theirs, guid = read_by_feedparser(body, url)
    return Pair(body, url, read_by_us(lambda: batch_of(document, url=url)), theirs, guid)


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_each_generators_feed_shows_its_first_entry_as_a_person_would_read_it(feed):
    first = batch_of(feed.document).entries[0]
    assert (first.title, first.link) == (feed.title, feed.link)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_difference_has_its_reason(name):
    assert "" not in differences(pair(DOCUMENTS[name])).values()


def test_broken_feeds_lose_entries_only_for_a_reason_in_the_table():
    lost = {name for name, document in RUINED.items() if pair(document).ours.entries != 2}
    assert lost == {
        "cut off",
        "declared entities",
        "an open marked section",
        "an open comment",
        "a page around",
    }


def test_an_unintended_difference_is_not_in_the_table():
    wrong = pair(DOCUMENTS["returns"])
    theirs = pair(DOCUMENTS["hugo"]).theirs
    assert set(differences(Pair(wrong.document, URL, wrong.ours, theirs)).values()) == {""}
    assert all(why for reasons in REASONS.values() for why in reasons)
