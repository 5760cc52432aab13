"""No bytes make the parser raise anything but SourceError, or return an invalid Batch."""

import dataclasses
import random
from datetime import UTC, datetime

import pytest
from documents import NOW, atom, batch_of, body_of, rss
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outline_checks import check_outline

from reblogbot.core import bounds
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Media
from reblogbot.sources.feed import worker
from reblogbot.sources.shared.response_body import read_bounded

WHOLE = [
    rss(
        '<item><title>AT&amp;T &lt;b&gt;中文&lt;/b&gt;</title><link>/1?a=1&amp;b=2</link><guid isPermaLink="false">1</guid>'
        "<description><![CDATA[<p>x</p>]]></description><pubDate>Sun, 22 Nov 2026 08:30:00 CST</pubDate>"
        '<media:content url="/i.jpg" type="image/jpeg"><media:description>alt</media:description></media:content>'
        "<dc:creator>A, B</dc:creator><category>c</category><enclosure url='/e' type='x'/></item>"
    ),
    atom(
        '<entry xml:base="/b/" xml:lang="de"><title type="html">&lt;i&gt;x</title><id>urn:1</id><link href="1"/>'
        "<updated>2026-11-22T08:30:00Z</updated><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>y</p></div></content></entry>"
    ),
    (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><title>T</title></channel><item><title>o&#x4e2d;</title><link>http://x/1</link></item></rdf:RDF>"
    ),
    '{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","url":"http://x/1","date_published":"2026-11-22"}]}',
]
SPLINTERS = [
    b"<", b">", b"&", b"&#xD800;", b"&#0;", b"&#x110000;", b"]]>", b"<![CDATA[", b"<!--", b"<?xml ", b"<!DOCTYPE x [",
    b"<!ENTITY a 'b'>", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"http://[", b"javascript:", b"</item>", b"<item>",
    b"<entry>", b"</entry>", b"<link/>", b"xmlns:a=''", b" xml:base='http://['", b"encoding='utf-16'", b"%s{}", b"\xe4\xb8",
    b"<a:b>", b"&undefined;", b"9999-99-99", b"\\ud800", b"<media:content url='x'>", b"<title type='application/octet-stream'>",
]  # fmt: skip


def check(body):
    """Parses the body; asserts a valid Batch, or a SourceError with a message of one line."""
    check_outline(body_of(body, content_type="text/xml"))
    try:
        batch = batch_of(body, content_type="text/xml")
    except SourceError as error:
        assert error.message.isprintable()
        assert error.slug.isidentifier()
        return
    assert isinstance(batch, Batch)
    for entry in batch.entries:
        for value in dataclasses.astuple(entry):
            if isinstance(value, str):
                value.encode()
            if isinstance(value, datetime):
                assert datetime(1990, 1, 1, tzinfo=UTC) <= value <= NOW
        links = [entry.link, *(medium.url for medium in entry.media)]
        assert all(link[:4].lower() in ("", "http") for link in links)
        assert "\n" not in entry.title
        assert all(isinstance(medium, Media) for medium in entry.media)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes(body):
    check(body)


@given(st.sampled_from(WHOLE), st.binary(max_size=60), st.integers(0, 10**6), st.integers(0, 80))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bytes_thrown_into_a_feed(document, splinter, place, gone):
    body = document.encode()
    place %= len(body)
    check(body[:place] + splinter + body[place + gone :])


@pytest.mark.parametrize("seed", range(12))
def test_a_few_hundred_broken_feeds(seed):
    rng = random.Random(seed)
    for _ in range(30):
        body = bytearray(rng.choice(WHOLE).encode())
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(body))
            body[place : place + rng.choice([0, 0, 1, 10, 200])] = rng.choice(SPLINTERS)
        check(bytes(body))


@pytest.mark.parametrize("document", WHOLE)
def test_a_feed_cut_off_anywhere_never_shows_half_an_entry(document):
    whole = {(entry.link, entry.guid) for entry in batch_of(document).entries}
    body = document.encode()
    for end in range(0, len(body), 7):
        try:
            readable = {(entry.link, entry.guid) for entry in batch_of(body[:end]).entries}
        except SourceError:
            continue
        assert readable <= whole


def test_a_deep_document_is_an_error_or_read():
    check(b"<rss version='2.0'><channel><item>" + b"<div>" * 20_000)
    check(
        b"<rss version='2.0'><channel><item><title>x</title>"
        + b"<div>" * 3000
        + b"</div>" * 3000
        + b"</item></channel></rss>"
    )


ITEM = (
    "<item><title>T{0}</title><link>/{0}</link><guid>g{0}</guid>"
    "<pubDate>Sun, 22 Nov 2026 08:{1:02}:30 GMT</pubDate>{2}</item>"
)
TOO_MUCH = {
    "elements in elements": "<a>" * 3_000 + "</a>" * 3_000,
    "attributes": "<a " + " ".join(f"b{number}='c'" for number in range(2_000)) + "/>",
    "a long text": f"<description>{'x&lt;' * 30_000}</description>",
    "a long marked section": f"<description><![CDATA[{'<b ' * 30_000}]]></description>",
    "namespaces": "".join(f'<a xmlns:n{number}="urn:{number}"/>' for number in range(1_000)),
    "an open comment": "<!-- " + "x" * 3_000,
    "many comments": "<!-- x -->" * 3_000,
    "links": "<link href='/x'/>" * 2_000,
    "a long address": f"<enclosure url='{'x' * 30_000}'/>",
    "elements without an end": "<description>" * 3_000,
}


@pytest.mark.parametrize("inside", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_of_anything_is_an_error_or_read_the_same_both_ways(inside):
    check_outline(body_of(rss(ITEM.format(1, 1, inside) + ITEM.format(2, 2, ""))))


def test_more_entries_than_are_read_have_the_positions_that_they_have_in_the_document():
    count = bounds.MOST_ENTRIES + 100
    items = [ITEM.format(number, number % 60, "") for number in range(count)]
    # the oldest entries are left out, wherever they are
    body = body_of(rss("".join(items).replace("Sun, 22 Nov", "Sat, 21 Nov", 50)))
    batch = read_bounded(worker.outline_feed, body, ())
    assert (len(batch.entries), batch.left_out) == (bounds.MOST_ENTRIES, 100)
    last = batch.entries[-1]
    assert last.guid == f"g{last.outline_position}"
    (whole,) = worker.read_entries(body, (last.outline_position,))
    assert (whole.guid, whole.text_digest) == (last.guid, last.text_digest)


def test_an_entity_that_is_declared_has_no_outline():
    for declaration in (
        "<!DOCTYPE rss>",
        "<!DOCTYPE rss [<!ELEMENT a ANY>]>",
        "<!DOCTYPE rss SYSTEM 'x'>",
    ):
        body = body_of(declaration + rss(ITEM.format(1, 1, "&a;")))
        assert check_outline(body)["certain"] == 0
    bomb = '<!DOCTYPE rss [<!ENTITY a "xx"><!ENTITY b "&a;&a;">]>' + rss(ITEM.format(1, 1, "&b;"))
    with pytest.raises(SourceError, match="declares entities"):
        worker.outline_feed(body_of(bomb))
