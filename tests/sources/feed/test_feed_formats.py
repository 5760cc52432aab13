"""Every format of feeds, and the oddities of real ones."""

from datetime import UTC, datetime, timedelta

import pytest
from documents import URL, atom, batch_of, item, only, rss

from reblogbot.errors import SourceError
from reblogbot.model import Entry, Media

MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


# the formats


def test_rss_2():
    batch = batch_of(
        rss(
            """<item><title>First</title><link>https://site.example/1</link>
            <guid isPermaLink="false">id-1</guid><description>&lt;p&gt;Text &amp;amp; more&lt;/p&gt;</description>
            <dc:creator>Ann</dc:creator><category>News</category><category>Tech</category>
            <pubDate>Sun, 22 Nov 2026 08:30:00 GMT</pubDate><slash:comments>7</slash:comments></item>
            <item><title>Second</title><link>https://site.example/2</link></item>""",
            "<title>Site &amp; Co</title><language>en-us</language>",
        )
    )
    assert (batch.title, batch.language, batch.not_modified) == ("Site & Co", "en-US", False)
    assert [entry.title for entry in batch.entries] == ["First", "Second"]
    assert batch.entries[0] == Entry(
        text_digest=batch.entries[0].text_digest,
        title="First",
        link="https://site.example/1",
        guid="id-1",
        summary="Text & more",
        authors=("Ann",),
        published_at=MORNING,
        comments=7,
        categories=("News", "Tech"),
        language="en-US",
    )


def test_rss_091_with_its_document_type():
    entry = only(
        '<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE rss PUBLIC "-//Netscape '
        'Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        '<rss version="0.91"><channel><title>Old</title><item><title>Caf\xe9</title>'
        "<link>http://old.example/1</link></item></channel></rss>".encode("latin-1").decode("latin-1")
        .encode("latin-1")
    )  # fmt: skip
    assert (entry.title, entry.link) == ("Café", "http://old.example/1")


def test_rss_090_is_rdf_of_netscape():
    entry = only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>Old</title></channel>'
        "<item><title>One</title><link>http://old.example/1</link></item></rdf:RDF>"
    )
    assert (entry.title, entry.link) == ("One", "http://old.example/1")


def test_rss_1_keeps_its_items_beside_the_channel():
    batch = batch_of(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="http://rdf.example/"><title>RDF</title><dc:language>ja</dc:language></channel>'
        '<item rdf:about="http://rdf.example/1"><title>見出し</title><link>http://rdf.example/1</link>'
        "<dc:date>2026-11-22T17:30:00+09:00</dc:date><dc:creator>太郎</dc:creator></item></rdf:RDF>"
    )
    (entry,) = batch.entries
    assert (batch.title, entry.title, entry.authors) == ("RDF", "見出し", ("太郎",))
    assert entry.published_at == MORNING
    assert entry.language == "ja"


def test_items_with_a_prefix():
    entry = only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:rss="http://purl.org/rss/1.0/"><rss:channel><rss:title>P</rss:title></rss:channel>'
        "<rss:item><rss:title>One</rss:title><rss:link>http://x.example/1</rss:link></rss:item></rdf:RDF>"
    )
    assert (entry.title, entry.link) == ("One", "http://x.example/1")


def test_atom_1():
    batch = batch_of(
        atom(
            """<entry><title type="html">A &amp;lt;b&gt;&lt;i>B&lt;/i></title><id>tag:x,2026:1</id>
            <link rel="self" href="https://site.example/1.atom"/><link rel="alternate" href="https://site.example/1"/>
            <link rel="enclosure" type="image/png" href="https://site.example/1.png"/>
            <author><name>Ann</name></author><author><name>Ben</name></author>
            <category term="x" label="Label"/><category term="y"/>
            <published>2026-11-22T08:30:00Z</published><updated>2026-11-22T09:30:00Z</updated>
            <summary>Plain &lt;text&gt;</summary><content type="html">&lt;p>Long&lt;/p></content></entry>""",
            attributes='xml:lang="fr"',
        )
    )
    (entry,) = batch.entries
    assert batch.title == "Site"
    assert entry == Entry(
        text_digest=entry.text_digest,
        title="A <b>B",
        link="https://site.example/1",
        guid="tag:x,2026:1",
        summary="Plain <text>",
        authors=("Ann", "Ben"),
        published_at=MORNING,
        updated_at=MORNING + timedelta(hours=1),
        categories=("Label", "y"),
        language="fr",
        media=(Media("https://site.example/1.png", "image/png"),),
    )


@pytest.mark.parametrize(
    "name", ["links", "authors", "tags", "content", "media_content", "title_detail"]
)
def test_an_element_with_the_name_of_a_value_of_feedparser_does_no_harm(name):
    for element in (f"<{name}>x</{name}>", f'<{name} a="b"/>'):
        document = rss(
            f"<item>{element}<title>One</title><link>/1</link></item>", f"<title>S</title>{element}"
        )
        assert only(document).title == "One"


def test_atom_03():
    entry = only(
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry>'
        '<title mode="escaped" type="text/html">A &amp;amp; B</title><id>urn:1</id>'
        '<link rel="alternate" type="text/html" href="http://old.example/1"/>'
        "<issued>2026-11-22T08:30:00Z</issued><modified>2026-11-22T09:30:00Z</modified></entry></feed>"
    )
    assert (entry.title, entry.link, entry.published_at) == (
        "A & B",
        "http://old.example/1",
        MORNING,
    )


def test_a_feed_without_entries_is_no_error():
    assert batch_of(rss()).entries == ()
    assert batch_of(atom()).entries == ()
    assert batch_of('<rss version="2.0"/>').entries == ()


# titles: plain text, unescaped exactly once


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("<![CDATA[AT&amp;T]]>", "AT&T"),
        ("<![CDATA[AT&T]]>", "AT&T"),
        ("&lt;b&gt;Bold&lt;/b&gt; news", "Bold news"),
        ("<![CDATA[<b>Bold</b> it&#8217;s]]>", "Bold it’s"),
        ("one&lt;br&gt;two", "one two"),
        ("<b>real</b> markup", "real markup"),
        ("1 &lt; 2 &gt; 0", "1 < 2 > 0"),
        ("Use &lt;script&gt; well", "Use <script> well"),
        ("&amp;lt;script&amp;gt; explained", "<script> explained"),
        ("<![CDATA[<script>alert(1)</script>News<style>b{}</style>]]>", "News"),
        ("I &lt;3 you &amp;amp; me", "I <3 you & me"),
        ("&amp;amp;amp;", "&amp;"),
        ("&amp;lt;b&amp;gt;Twice&amp;lt;/b&amp;gt; escaped", "Twice escaped"),
        ("10&lt;sup&gt;9&lt;/sup&gt; stars", "10⁹ stars"),
        ("<![CDATA[Half a section]]]]>&gt;", "Half a section"),
        ("  spaces\n\tand lines ", "spaces and lines"),
        ("zero\u200bwidth \u202eevil", "zerowidth evil"),
        ("caf&#233; &#x4e2d;", "café 中"),
        ("ring&#7;ing&#x1b;", "ringing"),
        ("&nbsp;undeclared&eacute;", "undeclaredé"),
        ("【标题】正文 ＠某人", "【标题】正文 ＠某人"),
    ],
)  # fmt: skip
def test_an_rss_title_is_unescaped_exactly_once(written, title):
    assert item(f"<title>{written}</title>").title == title


@pytest.mark.parametrize(
    "written",
    [
        "<img src='/a.png'/><![CDATA[<p>One <a href =\"/x\">two</a></p>]]>",
        "<![CDATA[<p>One <b>two</b>]]]]><![CDATA[></p>]]>",
        "&amp;lt;p&amp;gt;One two&amp;lt;/p&amp;gt;",
        "&lt;p&gt;One two&lt;/p&gt;&lt;a href=",
    ],
)
def test_a_description_shows_no_tag_however_it_was_escaped(written):
    assert item(f"<title>T</title><description>{written}</description>").summary == "One two"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("&lt;h1&gt;One&lt;/h1&gt; two", "One\n\ntwo"),
        ("It&amp;#8217;s one &amp;amp; two", "It’s one & two"),
        ("a &lt; b, the &lt;p&gt; element &amp;amp; more", "a < b, the <p> element &amp; more"),
    ],
)
def test_plain_content_shows_no_tags_and_no_doubly_escaped_entities(content, text):
    document = atom(f"<entry><title>T</title><id>urn:1</id><content>{content}</content></entry>")
    assert only(document).summary == text


@pytest.mark.parametrize(
    ("kind", "written", "title"),
    [
        ("text", "AT&amp;amp;T", "AT&amp;T"),
        ("text", "It&amp;#39;s Tom &amp;amp; Jerry", "It's Tom & Jerry"),
        ("text", "&lt;b&gt; tags", "<b> tags"),
        ("html", "AT&amp;amp;T &lt;b&gt;bold&lt;/b&gt;", "AT&T bold"),
        (
            "xhtml",
            '<div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;c&gt;</div>',
            "a b <c>",
        ),
    ],
)
def test_an_atom_title_is_what_its_type_says(kind, written, title):
    assert only(atom(f'<entry><title type="{kind}">{written}</title></entry>')).title == title


def test_a_mediums_title_does_not_become_the_entrys():
    entry = item(
        "<title>Mine</title><media:content url='/i.png'><media:title>Its</media:title></media:content>"
    )
    assert entry.title == "Mine"


def test_an_entry_without_a_title_keeps_its_text():
    entry = item(
        "<description>&lt;p&gt;Just a note.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</description>"
    )
    assert (entry.title, entry.summary) == ("", "Just a note.\n\nTwo.")


# links and ids


@pytest.mark.parametrize(
    ("inside", "link", "guid"),
    [
        ("<link>https://x.example/1?a=1&amp;b=2</link>", "https://x.example/1?a=1&b=2", ""),
        ("<link>/1</link>", "https://site.example/1", ""),
        ("<link>1.html</link>", "https://site.example/blog/1.html", ""),
        ("<link>//x.example/1</link>", "https://x.example/1", ""),
        ("<link>HTTP://x.example/1</link>", "HTTP://x.example/1", ""),
        ("<link> \n https://x.example/1 \n </link>", "https://x.example/1", ""),
        ("<link>javascript:alert(1)</link>", "", ""),
        ("<link>data:text/html,x</link>", "", ""),
        ("<link>http://[</link>", "", ""),
        ("<guid>https://x.example/1</guid>", "https://x.example/1", "https://x.example/1"),
        ("<guid>https://x.example/1</guid><link/>", "https://x.example/1", "https://x.example/1"),
        ('<guid isPermaLink="false">https://x.example/1</guid>', "", "https://x.example/1"),
        ('<link/><guid isPermaLink="false">https://x.example/1</guid>', "", "https://x.example/1"),
        ("<guid>12345</guid>", "", "12345"),
        ("<guid>12345</guid><link>https://x.example/1</link>", "https://x.example/1", "12345"),
        ("<guid><![CDATA[12345]]></guid>", "", "12345"),
        ("<guid>tag:x,2026:1</guid>", "", "tag:x,2026:1"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_links_and_ids_of_rss(inside, link, guid):
    entry = item(f"<title>T</title>{inside}")
    assert (entry.link, entry.guid) == (link, guid)


def test_an_id_is_the_same_wherever_the_feed_was_fetched():
    document = rss("<item><title>T</title><guid>12345</guid></item>")
    elsewhere = only(document, url="https://mirror.example/f")
    assert elsewhere.guid == only(document).guid == "12345"


@pytest.mark.parametrize(
    ("links", "link"),
    [
        ('<link href="https://x.example/1"/>', "https://x.example/1"),
        ('<link rel="self" href="/s"/><link rel="alternate" href="/1"/>', "https://site.example/1"),
        ('<link rel="alternate" type="application/json" href="/j"/><link rel="alternate" type="text/html" href="/1"/>', "https://site.example/1"),
        ('<link rel="alternate" type="application/pdf" href="/1.pdf"/>', "https://site.example/1.pdf"),
        ('<link rel="related" href="/r"/>', "https://site.example/r"),
        ('<link rel="self" href="/s"/>', ""),
    ],
)  # fmt: skip
def test_the_alternate_link_of_an_atom_entry_is_preferred(links, link):
    assert only(atom(f"<entry><title>T</title>{links}</entry>")).link == link


def test_xml_base_is_honoured():
    head = "<title>T</title>"
    entries = '<entry xml:base="2026/"><title>T</title><link href="1"/></entry>'
    assert only(atom(entries, head, 'xml:base="https://base.example/a/"')).link == (
        "https://base.example/a/2026/1"
    )


# the rest of an entry


def test_authors_are_names_not_addresses():
    assert item("<author>ann@x.example (Ann)</author>").authors == ("Ann",)
    assert item("<author>ann@x.example</author>").authors == ()
    assert item("<dc:creator>Ann, PhD</dc:creator><dc:creator>Ben</dc:creator>").authors == (
        "Ann, PhD",
        "Ben",
    )


def test_the_authors_of_arxiv_are_separated():
    document = rss("<item><title>T</title><dc:creator>Ann A, Ben B, Chen C</dc:creator></item>")
    entry = only(document, url="https://rss.arxiv.org/rss/cs.CL")
    assert entry.authors == ("Ann A", "Ben B", "Chen C")


def test_media_come_with_absolute_urls_and_once_each():
    entry = item(
        '<enclosure url="/e.mp3" type="audio/mpeg"/><media:content url="https://c.example/i.jpg" type="image/jpeg"/>'
        '<media:content url="https://c.example/v" medium="video"/><media:thumbnail url="//c.example/t.png"/>'
        '<media:content url="https://c.example/i.jpg" type="image/jpeg"/><enclosure url="javascript:x"/>'
    )
    assert entry.media == (
        Media("https://site.example/e.mp3", "audio/mpeg"),
        Media("https://c.example/i.jpg", "image/jpeg"),
        Media("https://c.example/v", "video/*"),
    )


def test_a_mediums_own_description_is_its_alt_text():
    entry = item(
        '<title>T</title><description>D</description><media:content url="/a.jpg" type="image/jpeg">'
        '<media:title>title</media:title><media:description type="plain">A red &amp; wet dog</media:description></media:content>'
        '<media:content url="/b.jpg" type="image/jpeg"><media:title>Only a title</media:title></media:content>'
    )
    assert [(each.url[-5:], each.alt) for each in entry.media] == [
        ("a.jpg", "A red & wet dog"),
        ("b.jpg", "Only a title"),
    ]
    assert (entry.title, entry.summary) == ("T", "D")


def test_a_summary_is_the_description_or_else_the_content():
    content = "<content:encoded><![CDATA[<p>Long</p>]]></content:encoded>"
    assert item(f"<description>Short</description>{content}").summary == "Short"
    assert item(f"<description> </description>{content}").summary == "Long"


@pytest.mark.parametrize(
    ("inside", "comments"),
    [
        ("<slash:comments>12</slash:comments>", 12),
        ("<slash:comments>many</slash:comments>", None),
        ("", None),
    ],
)
def test_comments_are_counted_where_the_feed_counts_them(inside, comments):
    assert item(inside + "<title>T</title>").comments == comments


def test_an_entrys_own_language_beats_the_feeds():
    entry = only(
        atom('<entry xml:lang="zh-cn"><title>T</title></entry>', attributes='xml:lang="en"')
    )
    assert entry.language == "zh-CN"


@pytest.mark.parametrize(
    ("channel", "fresh_for"),
    [
        ("<ttl>60</ttl>", timedelta(hours=1)),
        ("<ttl>99999999</ttl>", timedelta(days=366)),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        (
            "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>",
            timedelta(minutes=30),
        ),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", timedelta(days=1)),
        ("", None),
    ],
)
def test_ttl_and_update_period_say_how_long_a_feed_is_fresh(channel, fresh_for):
    assert batch_of(rss(channel=channel + "<title>T</title>")).fresh_for == fresh_for


# dates within feeds


@pytest.mark.parametrize(
    ("written", "timezone", "language", "instant"),
    [
        ("Sun, 22 Nov 2026 08:30:00 GMT", "UTC", "", MORNING),
        ("2026-11-22 16:30:00", "Asia/Shanghai", "", MORNING),
        ("2026年11月22日 16:30", "Asia/Shanghai", "", MORNING),
        ("Sun, 22 Nov 2026 16:30:00 CST", "UTC", "zh-cn", MORNING),
        ("Sun, 22 Nov 2026 16:30:00 CST", "Asia/Shanghai", "", MORNING),
        ("Sun, 22 Nov 2026 02:30:00 CST", "UTC", "en", MORNING),
        ("1795336200", "UTC", "", MORNING),
        ("1795336200000", "UTC", "", MORNING),
        ("Wed, 01 Jan 2099 00:00:00 GMT", "UTC", "", datetime(2026, 12, 1, tzinfo=UTC)),
        ("0000-00-00", "UTC", "", None),
        ("1970-01-01T00:00:00Z", "UTC", "", None),
        ("yesterday", "UTC", "", None),
    ],
)
def test_a_published_date_is_an_instant_or_none(written, timezone, language, instant):
    channel = f"<title>T</title><language>{language}</language>"
    document = rss(f"<item><title>T</title><pubDate>{written}</pubDate></item>", channel)
    assert only(document, timezone=timezone).published_at == instant


def test_cst_is_chinas_in_a_chinese_feed_that_declares_no_language():
    item = (
        "<item><title>中国的新闻标题</title><pubDate>Sun, 22 Nov 2026 16:30:00 CST</pubDate></item>"
    )
    assert only(rss(item)).published_at == MORNING


def test_a_date_only_updated_counts_as_published():
    entry = only(atom("<entry><title>T</title><updated>2026-11-22T08:30:00Z</updated></entry>"))
    assert (entry.published_at, entry.updated_at) == (MORNING, MORNING)


# broken documents


def test_a_cut_off_feed_gives_its_complete_entries_alone():
    whole = rss(
        "<item><title>One</title><link>https://x.example/1</link></item>"
        "<item><title>Two</title><link>https://x.example/2222</link></item>"
    )
    end = whole.index("2222") + 2
    assert [entry.link for entry in batch_of(whole[:end]).entries] == ["https://x.example/1"]


@pytest.mark.parametrize("root", ["atom", "rdf"])
def test_cut_off_feeds_of_other_formats_give_their_complete_entries(root):
    documents = {
        "atom": atom('<entry><link href="/1"/></entry><entry><link href="/2222"/></entry>'),
        "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel/>'
        "<item><link>/1</link></item><item><link>/2222</link></item></rdf:RDF>",
    }
    document = documents[root]
    cut = document[: document.index("2222") + 2]
    assert [entry.link for entry in batch_of(cut).entries] == ["https://site.example/1"]


@pytest.mark.parametrize("before", ["xmlns:dc", "<channel>", "<item>", "One", "</link></item>"])
def test_a_feed_cut_off_before_the_end_of_its_first_entry_is_an_error(before):
    document = rss("<item><title>One</title><link>https://x.example/1</link></item>")
    with pytest.raises(SourceError) as caught:
        batch_of(document[: document.index(before)])
    assert caught.value.slug in ("feed_truncated", "not_a_feed")


def test_an_rdf_cut_off_between_channel_and_items_is_an_error():
    document = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        "<channel><title>T</title></channel><item><title>On"
    )
    with pytest.raises(SourceError, match="cut off"):
        batch_of(document)


@pytest.mark.parametrize(
    "document",
    [
        rss("<item><title>A & B</title><link>https://x.example/1</link></item>"),
        rss("<item><title>A &nbsp; B</title><link>https://x.example/1</link></item>"),
        rss("<item><title>A <br> B</title><link>https://x.example/1</link></item>"),
        rss("<item><title>A \x08\x00 B</title><link>https://x.example/1</link></item>"),
        rss(
            "<item><title>A &#xD800;&#x110000;&#0;&#99999999999999999999; B</title><link>https://x.example/1</link></item>"
        ),
        rss("<item><title>A<unknown:x/> B</title><link>https://x.example/1</link></item>"),
        "\n\n  " + rss("<item><title>A B</title><link>https://x.example/1</link></item>"),
        "Warning: something in line 3\n"
        + rss("<item><title>A B</title><link>https://x.example/1</link></item>"),
        rss("<item><title>A B</title><link>https://x.example/1</link></item>")
        + "<!-- served in 3 ms --><script>x</script>",
        rss("<item><title>A B</title><link>https://x.example/1</link></item>").replace(
            "</rss>", ""
        ),
        rss("<item><title>A B</title><link>https://x.example/1</link></item>").replace(
            "</channel></rss>", ""
        ),
    ],
)
def test_a_malformed_feed_still_yields_its_entry(document):
    entry = only(document)
    assert entry.title[0] == "A"
    assert entry.title[-1] == "B"
    assert entry.link == "https://x.example/1"


def test_an_entry_that_is_listed_twice_is_given_twice_and_in_order():
    one, two = (
        "<item><title>1</title><guid>1</guid></item>",
        "<item><title>2</title><guid>2</guid></item>",
    )
    assert [entry.guid for entry in batch_of(rss(one + two + one)).entries] == ["1", "2", "1"]


# documents that are not feeds


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("<!DOCTYPE html><title>Just a moment...</title>", "Just a moment..."),
        ("<html><head><title>Log in &amp; go</title></head></html>", "Log in & go"),
        ("<?xml version='1.0'?><!-- x --><!DOCTYPE html PUBLIC 'x'><html/>", "HTML"),
        ("hello", 'begins "hello"'),
        ("<foo><bar/></foo>", "neither RSS"),
        ('{"error": "no key"}', "neither RSS"),
        ('[{"title": "x"}]', "neither RSS"),
        ('{"items": [1, 2]', "neither RSS"),
        (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00",
            "binary",
        ),
    ],
)
def test_what_is_no_feed_is_told_by_what_it_is(document, words):
    with pytest.raises(SourceError) as caught:
        batch_of(document)
    assert words in caught.value.message
    assert URL in caught.value.message
    assert caught.value.message.isprintable()
    assert caught.value.outcome == "failed"


def test_the_error_for_a_page_names_its_feed():
    page = '<html><head><link rel="stylesheet" href="x"><link href="/rss?a=1&amp;b=2" type="application/rss+xml" rel="alternate"></head>'
    with pytest.raises(SourceError, match=r"https://site\.example/rss\?a=1&b=2"):
        batch_of(page)


ENTITIES = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "document",
    [
        ENTITIES + "<rss version='2.0'><channel><item><title>&b;</title></item></channel></rss>",
        "<!-- <rss> -->" + ENTITIES + "<rss version='2.0'/>",
        '<!DOCTYPE rss SYSTEM "<a>" [<!ENTITY % x "y">]><rss/>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>',
        "<rss" + ENTITIES,
    ],
)
def test_a_feed_that_declares_entities_is_refused(document):
    with pytest.raises(SourceError) as caught:
        batch_of(document)
    assert (caught.value.slug, caught.value.outcome) == ("entity_declared", "refused")


def test_a_feed_that_only_writes_about_entities_is_read():
    entry = item(
        "<title>XML</title><description><![CDATA[Write <!ENTITY x 'y'> so]]></description>"
    )
    assert entry.title == "XML"


# redirectors

FEEDBURNER = 'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
PHEEDO = 'xmlns:pheedo="http://www.pheedo.com/namespace/pheedo"'
COUNTED = "http://feedproxy.google.com/~r/site/~3/abc/1"


def counted(original, names=FEEDBURNER):
    prefix = names.partition(":")[2].partition("=")[0]
    element = f"<{prefix}:origLink>{original}</{prefix}:origLink>"
    return f"<item {names}><title>One</title><link>{COUNTED}</link>{element}</item>"


@pytest.mark.parametrize("names", [FEEDBURNER, PHEEDO, FEEDBURNER.replace("feedburner=", "fb=")])
def test_the_target_of_a_redirector_is_the_link(names):
    entry = only(rss(counted(" https://site.example/1?a=1&amp;b=2 ", names)))
    assert entry.link == "https://site.example/1?a=1&b=2"
    assert entry.redirector == COUNTED


def test_the_target_of_a_redirector_is_the_link_in_atom_too():
    element = "<feedburner:origLink>https://site.example/1</feedburner:origLink>"
    link = f'<link rel="alternate" href="{COUNTED}"/>'
    entry = only(atom(f"<entry><id>1</id>{link}{element}</entry>", attributes=FEEDBURNER))
    assert (entry.link, entry.redirector) == ("https://site.example/1", COUNTED)


@pytest.mark.parametrize("original", ["", "javascript:alert(1)", "/1", "ftp://site.example/1", "x"])
def test_a_redirect_target_must_be_a_web_url(original):
    entry = only(rss(counted(original)))
    assert (entry.link, entry.redirector) == (COUNTED, "")


def test_an_entry_without_a_link_ignores_a_redirect_target():
    element = "<feedburner:origLink>https://site.example/1</feedburner:origLink>"
    entry = only(rss(f"<item {FEEDBURNER}><title>One</title>{element}</item>"))
    assert (entry.link, entry.redirector) == ("", "")


def test_a_redirect_target_equal_to_the_link_is_no_redirector():
    entry = only(rss(counted(COUNTED)))
    assert (entry.link, entry.redirector) == (COUNTED, "")


# choices between several texts, links and images


@pytest.mark.parametrize(
    ("inside", "summary"),
    [
        ("<description>Own</description><itunes:summary>Other</itunes:summary>", "Own"),
        ("<itunes:summary>Other</itunes:summary><description>Own</description>", "Own"),
        ("<itunes:summary>Other</itunes:summary><content:encoded>Own</content:encoded>", "Own"),
        (
            (
                '<media:content url="https://c.example/i.jpg"><media:description>Photo</media:description>'
                "</media:content><description>Own</description>"
            ),
            "Own",
        ),
        (
            (
                "<description>Own</description><media:group><media:description>Ad</media:description>"
                "</media:group>"
            ),
            "Own",
        ),
        ("<itunes:summary>Alone</itunes:summary>", "Alone"),
        ('<media:description type="plain">Alone</media:description>', "Alone"),
        ("<media:group><media:description>Alone</media:description></media:group>", "Alone"),
    ],
)
def test_the_summary_is_not_that_of_a_medium_or_a_directory(inside, summary):
    assert item(f"<title>T</title>{inside}").summary == summary


def test_the_title_of_a_medium_is_used_when_there_is_no_other():
    assert item('<media:title type="plain">A photo</media:title>').title == "A photo"


def test_the_title_of_a_medium_does_not_replace_the_entrys():
    picture = '<media:content url="https://c.example/i.jpg"><media:title>A photo</media:title>'
    entry = item(f"<title>T</title>{picture}</media:content>")
    assert entry.title == "T"
    assert entry.media[0].alt == "A photo"


@pytest.mark.parametrize(
    ("home", "link"),
    [
        ("https://blog.other.example/en/", "https://blog.other.example/en/a.html"),
        ("https://site.example/", "https://site.example/blog/a.html"),
        ("/en/", "https://site.example/blog/a.html"),
        ("javascript:alert(1)", "https://site.example/blog/a.html"),
        ("", "https://site.example/blog/a.html"),
    ],
)
def test_a_relative_link_resolves_against_the_homepage_when_another_host_serves_the_feed(
    home, link
):
    feed = f"<title>S</title><link>{home}</link><item><title>T</title><link>a.html</link></item>"
    (entry,) = batch_of(f'<rss version="2.0"><channel>{feed}</channel></rss>').entries
    assert entry.link == link


@pytest.mark.parametrize("kind", ["audio/mpeg", "application/octet-stream", "", "mp3"])
def test_an_episode_without_a_page_links_to_its_recording(kind):
    entry = item(f'<title>T</title><enclosure url="https://c.example/1.mp3" type="{kind}"/>')
    assert entry.link == "https://c.example/1.mp3"


def test_an_image_enclosure_is_no_link():
    entry = item('<title>T</title><enclosure url="https://c.example/1.png" type="image/png"/>')
    assert entry.link == ""
