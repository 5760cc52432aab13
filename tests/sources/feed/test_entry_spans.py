"""Parsing only new entries gives the same Batch as parsing the whole document."""

import io
from pathlib import Path

import feedparser
import pytest
from documents import NAMESPACES, URL, atom, batch_of, rss
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.feed.entry_cache import EntryCache
from reblogbot.sources.feed.entry_spans import find_entry_spans
from reblogbot.sources.feed.xml_repair import repair
from reblogbot.sources.shared.encoding import decode

CORPUS = Path(__file__).parents[3].parent / "shared" / "corpus"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RSS_1 = "http://purl.org/rss/1.0/"
ATOM = "http://www.w3.org/2005/Atom"


def item(number, more=""):
    return f"<item><title>Story {number}</title><link>/story/{number}</link>{more}</item>"


def entry(number, more="", attributes=""):
    return (
        f"<entry{attributes}><title>Story {number}</title><id>urn:{number}</id>"
        f'<link href="story/{number}"/>{more}</entry>'
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
    "undeclared entities": rss(item("&nbsp;one&hellip;") + item("A & B") + item(2)),
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
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-32-be", "gb18030", "big5", "shift_jis", "koi8-r"]


def outcome(document, **more):
    try:
        return batch_of(document, **more)
    except SourceError as error:
        return error.slug, error.message


def cut_down(document, kept):
    """The document with only the entries whose number is `kept`; None without spans."""
    body, _ = repair(decode(document))
    spans = find_entry_spans(body.encode(), "")
    if spans is None:
        return None
    left_out = [key for number, key in enumerate(spans.digests) if not kept(number)]
    return spans.without(frozenset(left_out))


def entries_of_feedparser(document):
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": URL}
    text = decode(document).encode()
    return len(feedparser.parse(io.BytesIO(text), response_headers=headers)["entries"])


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_batch_is_the_same_whichever_entries_are_cached(document):
    document = document.encode()
    expected = outcome(document)
    assert len(expected.entries) == entries_of_feedparser(document)
    for kept in (lambda _: True, lambda n: n % 2, lambda n: not n % 2, lambda n: n == 1):
        cache = EntryCache()
        earlier = cut_down(document, kept)
        outcome(document if earlier is None else earlier, cache=cache)
        assert outcome(document, cache=cache) == expected
        assert outcome(document, cache=cache) == expected


DATED = item(0, DATE) + item(1, DATE)
LANGUAGE = "<language>zh</language>"
HEADS = {
    "language": rss(DATED, f"<title>T</title>{LANGUAGE}"),
    "language in cdata": rss(DATED, "<title>T</title><language><![CDATA[ja]]></language>"),
    "language behind": rss(DATED + LANGUAGE),
    "language between": rss(item(0, DATE) + LANGUAGE + item(1, DATE)),
    "another namespace's": rss(DATED, "<title>T</title><dc:language>de</dc:language>"),
    "another title": rss(DATED, "<title>Other</title><ttl>90</ttl>"),
    "another version": rss(DATED, "<title>T</title>").replace("2.0", "0.91"),
    "a base": rss(DATED, "<title>T</title>").replace("<rss", '<rss xml:base="https://b.example/"'),
}


@pytest.mark.parametrize("after", HEADS.values(), ids=HEADS)
def test_a_changed_header_changes_cached_entries_too(after):
    cache = EntryCache()
    for document in (rss(DATED, "<title>T</title>"), after, rss(DATED, "<title>T</title>")):
        assert outcome(document, cache=cache) == outcome(document)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["rss", "atom", "rdf"])
def test_a_transcoded_document_gives_the_same_batch_from_the_cache(name, encoding):
    cache = EntryCache()
    document = DOCUMENTS[name].partition("?>")[2] or DOCUMENTS[name]
    more = {"encoding": "big5"} if encoding == "big5" else {}
    body = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>{document}'
    expected = outcome(document, **more)
    outcome(document.replace("Story 1", "Story 9"), cache=cache)
    assert outcome(body.encode(encoding), cache=cache, **more) == expected


TOKENS = [
    "", "<", ">", "&", "&nbsp;", "]]>", "<![CDATA[", "<!--", "-->", "<item>", "</item>", "<item/>",
    "<entry>", "</entry>", "</channel>", "<title>late</title>", "<language>zh</language>",
    "<x:item/>", "<?pi </item>?>", ' xml:base="/b/"', ' xmlns="urn:x"', ' xml:lang="zh"', "<image>",
    "</image>", "<source>", "</source>", "中文", "CST", "</rss>", "</feed>", "<summary>", "\0", '"',
]  # fmt: skip
PLACES = ["<item>", "</item>", "<entry", "</entry>", "<title>", "</title>", "<channel>", "</", ">"]
MUTATION = st.one_of(
    # Anywhere in the text, at markup, with entries removed, or with an entry repeated.
    st.tuples(st.just("anywhere"), st.integers(0, 10**6), st.sampled_from(TOKENS)),
    st.tuples(st.just("at"), st.sampled_from(PLACES), st.integers(0, 9), st.sampled_from(TOKENS)),
    st.tuples(st.just("lost"), st.integers(1, 15)),
    st.tuples(st.just("twice"), st.integers(0, 5)),
)


def mutated(document, mutation):
    match mutation:
        case "anywhere", number, token:
            place = number % (len(document) + 1)
            return document[:place] + token + document[place + len(token) % 7 :]
        case "at", mark, number, token:
            pieces = document.split(mark)
            number = number % len(pieces)
            before, after = mark.join(pieces[:number]), mark.join(pieces[number:])
            return before + (token if number else "") + mark * bool(number) + after
        case "lost", bits:
            less = cut_or_none(document, lambda n: bits >> n & 1)
            return document if less is None else less
        case _, number:
            again = cut_or_none(document, lambda n: n == number)
            inside = (again or "").partition("<item>")[2].partition("</item>")[0]
            return document.replace("<item>", f"<item>{inside}</item><item>", 1)


def cut_or_none(document, kept):
    try:
        less = cut_down(document.encode(), kept)
    except SourceError:
        return None
    return None if less is None else less.decode()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.sampled_from(sorted(DOCUMENTS)),
    st.lists(st.lists(MUTATION, max_size=3), min_size=1, max_size=3),
)
def test_versions_of_a_feed_give_the_same_batch_with_and_without_cache(name, versions):
    cache = EntryCache()
    outcome(DOCUMENTS[name], cache=cache)
    for mutations in versions:
        document = DOCUMENTS[name]
        for mutation in mutations:
            document = mutated(document, mutation)
        assert outcome(document, cache=cache) == outcome(document)


def corpus():
    for folder in ("feeds", "feeds_transcoded"):
        for file in sorted((CORPUS / folder).glob("*")):
            if file.is_file() and file.name != "manifest.json":
                yield pytest.param(file, id=f"{folder}/{file.name}")


@pytest.mark.parametrize("file", list(corpus()))
def test_a_real_document_gives_the_same_batch_from_the_cache(file):
    document, cache = file.read_bytes(), EntryCache()
    try:
        half = cut_down(document, lambda n: n % 2)
    except SourceError:
        half = None
    outcome(half or document, cache=cache)
    expected = outcome(document)
    assert outcome(document, cache=cache) == expected
    assert outcome(document, cache=cache) == expected
