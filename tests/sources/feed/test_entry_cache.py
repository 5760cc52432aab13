"""Cached entries are not parsed again, and the result is the same."""

import random
from dataclasses import replace

import pytest
from documents import NOW, atom, batch_of, rss
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.feed.entry_cache import EntryCache
from reblogbot.sources.feed.entry_spans import find_entry_spans


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


def documents(rng):
    """Versions of one feed: entries and the header are added, removed and moved."""
    make, pool = rng.choice([(rss, ITEMS), (atom, ENTRIES), (rdf, ITEMS[:2])])
    for _ in range(4):
        inside = "".join(rng.choices(pool, k=rng.randint(0, 5)))
        yield make(inside, rng.choice(HEADS))


@pytest.mark.parametrize("seed", range(25))
def test_parsing_with_a_cache_gives_the_same_as_without(seed):
    rng, cache = random.Random(seed), EntryCache()
    for document in documents(rng):
        place = {"url": rng.choice(["https://a.example/f", "https://b.example/x/f"])}
        place["timezone"] = rng.choice(["UTC", "Asia/Shanghai"])
        assert outcome(document, cache=cache, **place) == outcome(document, **place)


@pytest.mark.parametrize("seed", range(25))
def test_a_broken_document_after_a_good_one_is_parsed_as_without_a_cache(seed):
    rng, cache = random.Random(seed), EntryCache()
    for document in documents(rng):
        batch_of(document, cache=cache)
        body = bytearray(document.encode())
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(body))
            body[place : place + rng.choice([0, 1, 5, 60])] = rng.choice(
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
        assert outcome(bytes(body), cache=cache) == outcome(bytes(body))


class RetitlingCache(EntryCache):
    """Caches every entry with the title "cached", to tell cached entries from parsed ones."""

    def add(self, digest, entry, header):
        super().add(digest, replace(entry, title="cached"), header)


def test_only_new_entries_are_parsed():
    cache = RetitlingCache()
    batch_of(rss(ITEMS[0] + ITEMS[1]), cache=cache)
    batch = batch_of(rss(ITEMS[2] + ITEMS[0] + ITEMS[1], "<title>New</title>"), cache=cache)
    assert [entry.title for entry in batch.entries] == ["3", "cached", "cached"]
    assert batch.title == "New"


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://other.example/"},
        {"timezone": "Asia/Shanghai"},
        {"channel": "<title>S</title><language>zh</language>"},
    ],
)
def test_a_cached_entry_is_not_used_in_another_context(changed):
    cache = RetitlingCache()
    batch_of(rss(ITEMS[0]), cache=cache)
    document = rss(ITEMS[0], changed.pop("channel", "<title>S</title>"))
    assert [entry.title for entry in batch_of(document, cache=cache, **changed).entries] == ["AT&T"]


def test_an_entry_with_a_future_date_is_not_cached():
    cache = EntryCache()
    for now in (NOW, NOW.replace(day=2)):
        (entry,) = batch_of(rss(ITEMS[5]), now=now, cache=cache).entries
        assert entry.published_at == now


def test_the_cache_is_bounded():
    cache = EntryCache()
    (entry,) = batch_of(
        rss(f"<item><title>T</title><description>{'x' * 9000}</description></item>")
    ).entries
    keys = [number.to_bytes(16, "big") for number in range(4000)]
    for key in keys:
        cache.add(key, entry, "")
    kept = cache.lookup(tuple(keys))
    assert 1000 < len(kept) < 3000
    assert keys[-1] in kept
    assert keys[0] not in kept


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_the_scan_for_entries_fail(body):
    spans = find_entry_spans(b"<rss>" + body + b"</rss>", "")
    assert spans is None or len(spans.digests) == len(spans.offsets)
