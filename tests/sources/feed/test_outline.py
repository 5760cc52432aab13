"""A document gives the same in outline, and by its parts, as when it is read whole (ADR 0039)."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from documents import NAMESPACES, NOW, atom, body_of, rss
from feed_generators import FEEDS, RUINED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outline_checks import check_outline

from reblogbot.sources.feed import parse, worker

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS_1 = "http://purl.org/rss/1.0/"
ATOM = "http://www.w3.org/2005/Atom"
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32-be", "gb18030", "big5", "shift_jis", "koi8-r"]


def item(number, more=""):
    return (
        f"<item><title>Story {number}</title><link>/story/{number}</link><guid>g{number}</guid>"
        f"<pubDate>Sun, {number + 1} Nov 2026 08:30:00 CST</pubDate>{more}</item>"
    )


def entry(number, more="", attributes=""):
    return (
        f"<entry{attributes}><title>Story {number}</title><id>urn:{number}</id>"
        f'<link href="story/{number}"/><updated>2026-11-0{number + 1}T08:30:00Z</updated>{more}</entry>'
    )


def prefixed(document, prefix, names):
    """The document with these elements under a prefix."""
    for name in names:
        document = document.replace(f"<{name}>", f"<{prefix}:{name}>")
        document = document.replace(f"</{name}>", f"</{prefix}:{name}>")
    return document


ITEMS = "".join(map(item, range(4)))
ENTRIES = "".join(map(entry, range(4)))
NAMES = ("channel", "item", "title", "link")
WITH_RSS_1 = rss(ITEMS).replace(NAMESPACES, f'{NAMESPACES} xmlns:rss="{RSS_1}"')
DATE = "<pubDate>Sun, 22 Nov 2026 08:30:00 CST</pubDate>"
HTML = "<description>&lt;p&gt;Text &amp;amp; more&lt;/p&gt;</description>"

COUNTED = "".join(
    item(n, f"<feedburner:origLink>https://s.example/{n}</feedburner:origLink>") for n in range(4)
)
FEEDBURNER = 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'

DOCUMENTS = {
    "items that tell where their links lead": rss(COUNTED).replace(NAMESPACES, f"{NAMESPACES} {FEEDBURNER}"),
    "rss": rss(ITEMS),
    "rss without a version": f"<rss><channel><title>T</title>{ITEMS}</channel></rss>",
    "rss in a default namespace": rss(ITEMS).replace(NAMESPACES, f'xmlns="{RSS_1}"'),
    "rss in atom's namespace": rss(ITEMS).replace(NAMESPACES, f'xmlns="{ATOM}"'),
    "rss in an unknown namespace": rss(ITEMS).replace(NAMESPACES, 'xmlns="urn:unknown"'),
    "prefixed items": prefixed(WITH_RSS_1, "rss", NAMES),
    "some prefixed items": WITH_RSS_1.replace("</channel>", "<rss:item><title>5</title></rss:item></channel>"),
    "items of another vocabulary": rss(ITEMS).replace(
        "</channel>", '<x:item xmlns:x="urn:x"><title>5</title></x:item></channel>'
    ),
    "only items of another vocabulary": prefixed(
        rss(ITEMS).replace(NAMESPACES, 'xmlns:x="urn:x"'), "x", ["item"]
    ),
    "an undeclared prefix": prefixed(rss(ITEMS), "rss", NAMES),
    "rdf": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="{RSS_1}"><channel><title>T</title></channel>{ITEMS}</rdf:RDF>',
    "rdf with search field": f'<rdf:RDF xmlns:rdf="{RDF}" xmlns="{RSS_1}"><channel><title>T</title></channel>'
    f"<image><title>I</title></image>{ITEMS}<textinput><title>Q</title><link>/q</link></textinput></rdf:RDF>",
    "rdf without a vocabulary": f'<rdf:RDF xmlns:rdf="{RDF}"><channel><title>T</title></channel>{ITEMS}</rdf:RDF>',
    "atom": atom(ENTRIES),
    "prefixed atom": prefixed(
        f'<a:feed xmlns:a="{ATOM}"><title>T</title>'
        + "".join(f'<entry><title>{n}</title><a:link href="/{n}"/></entry>' for n in range(4))
        + "</a:feed>",
        "a",
        ["entry", "title"],
    ),
    "atom 0.3": atom(ENTRIES).replace(ATOM, "http://purl.org/atom/ns#").replace("<feed", '<feed version="0.3"'),
    "atom without a namespace": f"<feed><title>T</title>{ENTRIES}</feed>",
    "one atom entry alone": f'<entry xmlns="{ATOM}"><title>T</title><link href="/1"/></entry>',
    "nested bases": atom(
        entry(0) + entry(1, attributes=' xml:base="deeper/"') + entry(2, '<link xml:base="/top/" rel="related" href="x"/>'),
        attributes='xml:base="https://base.example/a/"',
    ),
    "one base": atom(entry(0) + entry(1) + entry(2, attributes=' xml:base="https://other.example/b/"')),
    "languages": rss(
        item(0, DATE) + item(1) + item(2, DATE), "<title>T</title><language><![CDATA[zh-cn]]></language>"
    ),
    "a late language": rss(f"{item(0, DATE)}<language>zh</language>{item(1, DATE)}{item(2)}"),
    "a title's language": atom(ENTRIES, '<title xml:lang="zh">T</title>'),
    "sources": atom(entry(0, "<source><title>Other</title><id>x</id></source>") + entry(1)),
    "cdata": rss(
        item(0, "<description><![CDATA[</item><item><title>no</title> & so on]]></description>")
        + "<item><title><![CDATA[A <b>bold</b> &amp; more]]></title><guid><![CDATA[7]]></guid></item>"
    ),
    "comments": rss(f"<!-- {item(9)} -->{item(0)}<!-- </item> -->{item(1, '<!-- > -->')}"),
    "instructions": '<?xml-stylesheet href="<item>"?>' + rss(f"{item(0)}<?x </item> ?>{item(1, '<?y <item> ?>')}"),
    "references": rss(item(0, "<description>a &lt; b &#x4e2d; &quot;</description>") + item(1, HTML)),
    "undeclared entities": rss(item(0).replace("Story", "&nbsp;one&hellip;") + item(1).replace("Story", "A & B") + item(2)),
    "a document type": "<!DOCTYPE rss>" + rss(ITEMS),
    "a title at the end": rss(ITEMS, "").replace("</channel>", "<title>Late</title></channel>"),
    "a second title": rss(ITEMS).replace("</channel>", "<title>Late</title></channel>"),
    "two channels": f"<rss version='2.0'><channel><title>A</title>{item(0)}</channel>"
    f"<channel><title>B</title>{item(1)}{item(2)}</channel></rss>",
    "items in items": rss(item(0) + item(1, item(2)) + item(3)),
    "an item in an item and one elsewhere": rss(item(1, item(2)) + '<x:item xmlns:x="urn:x"/>'),
    "an empty item": rss(f"{item(0)}<item/>{item(1)}<item></item>"),
    "upper case": rss(ITEMS).replace("item>", "ITEM>"),
    "a channel of old": f'<Channel href="https://c.example/"><Title>C</Title>{ITEMS}</Channel>',
    "guids": rss(item(0, "<guid>same</guid>") + item(1, '<guid isPermaLink="false">other</guid>') + "<item><guid>https://g.example/1</guid></item>"),
    "html within": rss(item(0, "<description><p>a <b>b</b></p></description>") + item(1, HTML)),
    "media": rss(
        item(0, '<media:content url="/0.jpg"><media:title>zero</media:title></media:content>')
        + item(1, '<media:group><media:content url="/1.jpg"/><media:title>one</media:title></media:group>')
    ),
    "images with titles": rss(item(0, "<image><title>I</title><link>/i</link></image>") + item(1)),
    "xhtml": atom(
        entry(0, '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>')
        + '<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b></div></title></entry>'
    ),
}  # fmt: skip


def certain(document, **more):
    """The numbers of entries and of certain outlines, which agree with the whole entries."""
    return check_outline(body_of(document, **more))


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_outline_of_a_document_gives_what_the_whole_document_gives(document):
    certain(document)


@pytest.mark.parametrize("name", FEEDS)
def test_the_outline_of_each_generators_feed_is_true(name):
    certain(FEEDS[name].document)


@pytest.mark.parametrize("name", RUINED)
def test_a_ruined_feed_is_read_the_same_both_ways(name):
    certain(RUINED[name])


@pytest.mark.parametrize(
    "name", ["rss", "rdf", "atom", "prefixed items", "references", "comments", "media", "sources"]
)
def test_the_entries_of_common_documents_are_certain(name):
    counts = certain(DOCUMENTS[name])
    assert counts["certain"] >= 2


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["rss", "atom", "rdf"])
def test_a_transcoded_document_has_the_same_outline(name, encoding):
    document = DOCUMENTS[name].partition("?>")[2] or DOCUMENTS[name]
    more = {"encoding": "big5"} if encoding == "big5" else {}
    body = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{document}'
    octets = body.encode(encoding)
    assert certain(octets, **more)["certain"] == 4
    expected = parse.outline_body(body_of(DOCUMENTS[name]))
    assert parse.outline_body(body_of(octets, **more)) == expected


TOKENS = [
    "", "<", ">", "&", "&nbsp;", "]]>", "<![CDATA[", "<!--", "-->", "<item>", "</item>", "<item/>",
    "<entry>", "</entry>", "</channel>", "<title>late</title>", "<language>zh</language>",
    "<x:item/>", "<?pi </item>?>", ' xml:base="/b/"', ' xmlns="urn:x"', ' xml:lang="zh"', "<image>",
    "</image>", "<source>", "</source>", "中文", "CST", "</rss>", "</feed>", "<summary>", "\0", '"',
    "<textinput>", "</textinput>", "<date>1 Nov 2026</date>", "<link>/other</link>", "<guid/>",
    '<link rel="related" href="/r"/>', '<enclosure url="/e.mp3?t=1" type="audio/mpeg"/>', "<links>x</links>",
    '<link href="/a" type="application/json"/>', "<dc:date>2026-11-09</dc:date>", "<title/>", "<content>",
    "</content>", "<div>", "</div>", "<dc:title>Other</dc:title>", "<id>other</id>", "&amp;#39;", "&amp;lt;b>x&amp;lt;/b>",
    "Ã©", "\x92", "http:///x.example/", "<author><id>a</id></author>", "<media:title>m</media:title>",
    '<item xmlns="urn:other"/>', "<channel>", "<svg>", "</svg>", "<updated>刚刚</updated>",
]  # fmt: skip
PLACES = ["<item>", "</item>", "<entry", "</entry>", "<title>", "</title>", "<channel>", "</", ">"]
ATTRIBUTES = [
    ' type="html"', ' type="xhtml"', ' type="text"', ' mode="escaped"', ' isPermaLink="true"',
    ' isPermaLink="false"', ' base="/b/"', ' href="/h"', ' lang="zh"', ' xml:lang="de"', ' rel="self"',
    ' x="y"', ' xmlns="urn:x"', ' xmlns="http://www.w3.org/1999/xhtml"', ' xmlns:dc="urn:dc"',
    ' xmlns:y="urn:y" y:href="/y"', ' version="0.91"', ' rdf:about="urn:about"', ' url="/u"', ' TYPE="html"',
]  # fmt: skip
NUMBER = st.integers(0, 10**6)
MUTATION = st.one_of(
    st.tuples(st.just("anywhere"), NUMBER, st.sampled_from(TOKENS)),
    st.tuples(st.just("at"), st.sampled_from(PLACES), st.integers(0, 9), st.sampled_from(TOKENS)),
    st.tuples(st.just("attribute"), NUMBER, st.sampled_from(ATTRIBUTES)),
    st.tuples(
        st.sampled_from(["dropped", "twice", "nested", "swapped", "cdata", "emptied"]), NUMBER
    ),
    st.tuples(
        st.just("renamed"), st.sampled_from(["dc:", "media:", "title", "link", "guid", "id"])
    ),
)
ELEMENT = re.compile(r"<([\w:]+)(\s[^<>]*)?>([^<]*|<!\[CDATA\[.*?\]\]>)</\1>")


def mutated(document, mutation):
    """The document with a token somewhere, or with an element that has changed."""
    match mutation:
        case "anywhere", number, token:
            place = number % (len(document) + 1)
            return document[:place] + token + document[place + len(token) % 7 :]
        case "at", mark, number, token:
            pieces = document.split(mark)
            number %= len(pieces)
            before, after = mark.join(pieces[:number]), mark.join(pieces[number:])
            return before + (token if number else "") + mark * bool(number) + after
        case "renamed", name:
            return document.replace(f"<{name}", f"<dc:{name}").replace(f"</{name}", f"</dc:{name}")
        case "attribute", number, attribute:
            starts = [match.end() for match in re.finditer(r"<[\w:]+", document)]
            place = starts[number % len(starts)] if starts else 0
            return document[:place] + attribute + document[place:]
        case change, number:
            elements = list(ELEMENT.finditer(document))
            if not elements:
                return document
            element = elements[number % len(elements)]
            return (
                document[: element.start()] + changed(change, element) + document[element.end() :]
            )


def changed(change, element):
    """The text of a matched element after a change."""
    text = element[0]
    match change:
        case "twice":
            return text + text
        case "nested":
            return f"<author>{text}</author>"
        case "swapped":
            return f"</{element[1]}>".join(reversed(text.partition(f"</{element[1]}>")[::2]))
        case "cdata":
            return text.replace(element[3], f"<![CDATA[{element[3]}]]>") if element[3] else text
        case "emptied":
            return f"<{element[1]}/>"
    return ""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(DOCUMENTS)), st.lists(MUTATION, min_size=1, max_size=4))
def test_a_changed_document_gives_the_same_both_ways(name, mutations):
    document = DOCUMENTS[name]
    for mutation in mutations:
        document = mutated(document, mutation)
    certain(document)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(
        sorted({**DOCUMENTS, **{f"a feed of {n}": f.document for n, f in FEEDS.items()}})
    ),
    st.lists(MUTATION, min_size=1, max_size=6),
)
def test_thousands_of_changed_documents_give_the_same_both_ways(name, mutations):
    document = DOCUMENTS.get(name) or FEEDS[name.removeprefix("a feed of ")].document
    for mutation in mutations:
        document = mutated(document, mutation)
    certain(document)


def corpus():
    for folder in ("feeds", "feeds_transcoded"):
        for number, file in enumerate(sorted((CORPUS / folder).glob("*"))):
            if file.is_file() and file.name != "manifest.json":
                marks = () if number % 9 == 0 else pytest.mark.slow
                yield pytest.param(file, id=f"{folder}/{file.name}", marks=marks)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real feeds is not on this machine")
@pytest.mark.parametrize("file", list(corpus()) or [None])
def test_the_outline_of_a_real_document_is_true(file):
    certain(file.read_bytes())


SUITE = os.environ.get("REBLOGBOT_FEEDPARSER_TESTS", "")
"""The folder `tests` of feedparser's source distribution, which the lock has a hash of."""


@pytest.mark.slow
@pytest.mark.skipif(not SUITE, reason="REBLOGBOT_FEEDPARSER_TESTS does not name feedparser's tests")
def test_the_outlines_of_feedparsers_own_test_suite_are_true():
    counts = Counter()
    for file in sorted(Path(SUITE).rglob("*.xml")):
        counts += check_outline(body_of(file.read_bytes()))
    assert counts["documents"] > 1000


# what is certain


def outline_of(document, **more):
    return parse.outline_body(body_of(document, **more)).entries


def digests(*texts):
    """The digests of items with these elements."""
    return [entry.text_digest for text in texts for entry in outline_of(rss(item(1, text)))]


def test_the_digest_of_texts_is_that_of_words_and_media_alone():
    text = "<description>&lt;p class='a'&gt;Some text&lt;/p&gt;</description>"
    same = [
        text.replace("'a'", "'b' id='x'"),
        text.replace("Some text", " Some\n text "),
        f"{text}<slash:comments>9</slash:comments><category>c</category>",
    ]
    others = [
        text.replace("text", "words"),
        f'{text}<enclosure url="/e.mp3?t=1" type="audio/mpeg"/>',
        f'{text}<media:content url="/e.png"/>',
    ]
    first, *rest = digests(text, *same, *others)
    assert rest[: len(same)] == [first] * len(same)
    assert len({first, *rest}) == 1 + len(others)
    before, after = digests(others[1], others[1].replace("t=1", "t=2"))
    assert before == after
    other_date = rss(
        item(1, text).replace("/story/1", "/s/1").replace("g1", "g9").replace("08:30", "09:30")
    )
    assert [entry.text_digest for entry in outline_of(other_date)] == [first]


UNCERTAIN = {
    "without an id": item(1).replace("<guid>g1</guid>", ""),
    "without a link": item(1).replace("<link>/story/1</link>", ""),
    "without a title": item(1).replace("<title>Story 1</title>", ""),
    "without a date": re.sub("<pubDate>.*</pubDate>", "", item(1)),
    "with a date in the future": item(1).replace("2026", "2027"),
    "with two titles": item(1, "<title>Other</title>"),
    "with a title within another element": item(1, "<author><title>Other</title></author>"),
    "with the id of another entry": item(1).replace("g1", "g2"),
    "with the title and date of another entry": item(2).replace("g2", "g1"),
    "with a title that may be HTML or not": item(1).replace("Story 1", "Set&lt;U&gt; &amp;amp; co"),
    "with a title in the wrong encoding": item(1).replace("Story 1", "Ã©"),
}  # fmt: skip


@pytest.mark.parametrize("uncertain", UNCERTAIN.values(), ids=UNCERTAIN)
def test_an_entry_that_is_not_certain_is_read_whole(uncertain):
    document = rss(uncertain + item(2) + item(3))
    certain(document)
    first, _, third = outline_of(document)
    assert (first.outline_position, first.text_digest) == (None, "")
    assert third.outline_position == 2


def test_an_entry_that_is_read_whole_may_make_another_one_uncertain():
    # its title is its text, which an outline does not have
    untitled = (
        item(2)
        .replace("<title>Story 2</title>", "<description>Story 2</description>")
        .replace("g2", "g1")
    )
    entries = outline_of(rss(untitled + item(2) + item(3)))
    assert [entry.outline_position for entry in entries] == [None, None, 2]
    certain(rss(untitled + item(2) + item(3)))


WHOLE = [
    "a document type", "nested bases", "items in items", "two channels", "a title at the end", "one atom entry alone",
]  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_document_that_is_not_certain_is_read_whole(name):
    assert certain(DOCUMENTS[name])["certain"] == 0


def test_a_document_that_was_cut_off_is_read_whole():
    document = rss(ITEMS)
    body = body_of(document[: document.index("Story 3")])
    assert check_outline(body) == Counter(documents=1, entries=3, certain=0)


def test_positions_are_those_in_the_document():
    document = rss(item(1) + UNCERTAIN["without a date"].replace("1", "4") + item(2))
    entries = outline_of(document)
    assert [entry.outline_position for entry in entries] == [0, None, 2]
    whole = parse.parse_body(body_of(document)).entries
    assert worker.read_entries(body_of(document), (2, 0)) == (whole[2], whole[0])


def test_a_part_that_reads_otherwise_is_read_from_the_whole_document(monkeypatch):
    body = body_of(rss(ITEMS))
    whole = parse.parse_body(body).entries
    misread = parse.DocumentOutline.cut_down
    for change in (
        lambda outline, positions: misread(outline, {0, *positions}),
        lambda outline, positions: misread(outline, {0}),
        lambda outline, positions: misread(outline, positions).replace(
            b"<channel>", b"<channel><language>zh</language>"
        ),
    ):
        monkeypatch.setattr(parse.DocumentOutline, "cut_down", change)
        assert parse.read_entries(body, (2,)) == (whole[2],)


QUIET = """
import sys
from documents import body_of
from reblogbot.sources.feed import worker
entries = worker.outline_feed(body_of(sys.argv[1])).entries
assert all(entry.outline_position is not None for entry in entries)
assert not [name for name in sys.modules if name.startswith("feedparser")]
worker.read_entries(body_of(sys.argv[1]), (0,))
assert "feedparser" in sys.modules
"""


def test_feedparser_is_not_imported_before_an_entry_is_read_whole():
    folder = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", QUIET, rss(ITEMS)], check=True, cwd=folder)


def test_a_relative_date_is_read_from_the_time_of_the_poll():
    document = rss(re.sub("<pubDate>.*?</pubDate>", "<pubDate>2小时前</pubDate>", item(1)))
    for now in (NOW, NOW + timedelta(hours=1)):
        (entry,) = outline_of(document, now=now)
        assert entry.published_at == now - timedelta(hours=2)
    certain(document)
