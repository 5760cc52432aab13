"""Entries already read are not read again, and nobody can tell but by the clock."""

import random
from dataclasses import replace

import pytest
from documents import NOW, atom, batch_of, rss
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.feed.spans import KnownEntries, find


def rdf(items, head="<title>T</title>"):
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{head}</channel>{items}</rdf:RDF>'
    )


ITEMS = [
    "<item><title>AT&amp;amp;T</title><link>/1</link><guid>1</guid><pubDate>Sun, 22 Nov 2026 08:30:00 CST</pubDate></item>",
    "<item><title>二</title><link>/2</link><description>&lt;p&gt;text&lt;/p&gt;</description></item>",
    '<item><title>3</title><media:content url="/i.jpg" type="image/jpeg"><media:description>alt</media:description></media:content></item>',
    "<item><description><![CDATA[</item><item> is no end]]></description><guid>4</guid></item>",
    "<item ><title>5</title><dc:creator>Ann</dc:creator></item >",
    "<item><title>Tomorrow</title><pubDate>Wed, 01 Jan 2099 00:00:00 GMT</pubDate></item>",
    '<item xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"><title>7</title><link>http://f.example/7</link><f:origLink>https://s.example/7</f:origLink></item>',
]
ENTRIES = [
    '<entry><title type="html">&lt;b>1&lt;/b></title><id>1</id><link href="1"/><updated>2026-11-22T08:30:00Z</updated></entry>',
    '<entry xml:base="https://b.example/" xml:lang="de"><title>2</title><link href="2"/></entry>',
    "<entry><title>3</title><summary>s</summary><source><title>Other</title><id>x</id></source></entry>",
]
HEADS = [
    "<title>S</title>",
    "<title>S</title><language>zh-cn</language>",
    "<title>S</title><language>en</language><ttl>60</ttl>",
    "<title>中文站点的名字</title><lastBuildDate>now</lastBuildDate>",
]


def outcome(document, **more):
    try:
        return batch_of(document, **more)
    except SourceError as error:
        return error.slug, error.message


def documents(dice):
    """Versions of one feed: entries come, go and change places, and so do the words around them."""
    make, pool = dice.choice([(rss, ITEMS), (atom, ENTRIES), (rdf, ITEMS[:2])])
    for _ in range(4):
        inside = "".join(dice.choices(pool, k=dice.randint(0, 5)))
        yield make(inside, dice.choice(HEADS))


@pytest.mark.parametrize("seed", range(25))
def test_a_warm_parse_shows_what_a_cold_one_does(seed):
    dice, known = random.Random(seed), KnownEntries()
    for document in documents(dice):
        place = {"url": dice.choice(["https://a.example/f", "https://b.example/x/f"])}
        place["timezone"] = dice.choice(["UTC", "Asia/Shanghai"])
        assert outcome(document, known=known, **place) == outcome(document, **place)


@pytest.mark.parametrize("seed", range(25))
def test_a_broken_document_after_a_good_one_is_read_as_if_alone(seed):
    dice, known = random.Random(seed), KnownEntries()
    for document in documents(dice):
        batch_of(document, known=known)
        body = bytearray(document.encode())
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(len(body))
            body[place : place + dice.choice([0, 1, 5, 60])] = dice.choice(
                [
                    b"",
                    b"<",
                    b"&",
                    b"</item>",
                    b"<item>",
                    b"<!-- ",
                    b"<item/>",
                    b"\xff",
                    b"<a>",
                    b"x",
                ]
            )
        assert outcome(bytes(body), known=known) == outcome(bytes(body))


class Misremembering(KnownEntries):
    """Remembers every entry by another title, which tells what was remembered from what was read."""

    def learn(self, key, entry, head):
        super().learn(key, replace(entry, title="remembered"), head)


def test_only_new_entries_are_read_again():
    known = Misremembering()
    batch_of(rss(ITEMS[0] + ITEMS[1]), known=known)
    batch = batch_of(rss(ITEMS[2] + ITEMS[0] + ITEMS[1], "<title>New</title>"), known=known)
    assert [entry.title for entry in batch.entries] == ["3", "remembered", "remembered"]
    assert batch.title == "New"


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://other.example/"},
        {"timezone": "Asia/Shanghai"},
        {"channel": "<title>S</title><language>zh</language>"},
    ],
)
def test_what_an_entry_means_elsewhere_is_not_remembered(changed):
    known = Misremembering()
    batch_of(rss(ITEMS[0]), known=known)
    document = rss(ITEMS[0], changed.pop("channel", "<title>S</title>"))
    assert [entry.title for entry in batch_of(document, known=known, **changed).entries] == ["AT&T"]


def test_a_future_entry_is_read_each_time_for_now_moves_on():
    known = KnownEntries()
    for now in (NOW, NOW.replace(day=2)):
        (entry,) = batch_of(rss(ITEMS[5]), now=now, known=known).entries
        assert entry.published_at == now


def test_what_is_known_is_bounded():
    known = KnownEntries()
    (entry,) = batch_of(
        rss(f"<item><title>T</title><description>{'x' * 9000}</description></item>")
    ).entries
    keys = [number.to_bytes(16, "big") for number in range(4000)]
    for key in keys:
        known.learn(key, entry, "")
    kept = known.among(tuple(keys))
    assert 1000 < len(kept) < 3000
    assert keys[-1] in kept
    assert keys[0] not in kept


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_scan(body):
    spans = find(b"<rss>" + body + b"</rss>", "")
    assert spans is None or len(spans.keys) == len(spans.places)
