"""Feeds as well-known generators write them, with the title and link of the first entry."""

from __future__ import annotations

import base64
from typing import NamedTuple

from documents import NAMESPACES

ATOM = "http://www.w3.org/2005/Atom"
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
RSS_1 = 'xmlns="http://purl.org/rss/1.0/"'
DECLARED = '<?xml version="1.0" encoding="UTF-8"?>\n'
MORE = (
    f'{NAMESPACES} xmlns:atom="{ATOM}" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


class Feed(NamedTuple):
    """A document, and the title and link of its first entry."""

    document: str
    title: str
    link: str


def rss(inside, *, head="<title>S</title><link>https://s.example/</link>", attributes=MORE):
    return (
        f'{DECLARED}<rss version="2.0" {attributes}>\n<channel>{head}\n<item>\n{inside}\n</item>\n'
        "<item><title>Older</title><link>https://s.example/older</link></item></channel></rss>\n"
    )


def atom(inside, *, head="<title>S</title><id>urn:s</id>", attributes=""):
    return (
        f'{DECLARED}<feed xmlns="{ATOM}" {attributes}>{head}<entry>{inside}</entry>\n'
        '<entry><title>Older</title><id>urn:2</id><link href="https://s.example/older"/></entry></feed>'
    )


def atom_03(title):
    return (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>S</title><entry>'
        f'{title}<link rel="alternate" type="text/html" href="https://s.example/1"/>'
        "<id>tag:s.example,2026:1</id><issued>2026-01-01T00:00:00Z</issued></entry></feed>"
    )


def cdata(text):
    return f"<![CDATA[{text}]]>"


ONE = "https://s.example/1"
_ENCODED = base64.b64encode(b"<b>Bold</b> move").decode()
_XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b> &lt;c&gt;</div>'

FEEDS = {
    "wordpress": Feed(
        rss(
            "<title>Hello &#8211; world &#038; you</title><link>https://s.example/2026/hello/</link>"
            "<comments>https://s.example/2026/hello/#comments</comments>"
            f"<dc:creator>{cdata('Ann')}</dc:creator><category>{cdata('News')}</category>"
            '<guid isPermaLink="false">https://s.example/?p=12</guid>'
            f"<description>{cdata('<p>Text [&#8230;]</p>')}</description>",
            head='<title>S</title><atom:link href="https://s.example/feed/" rel="self"/>'
            "<image><url>https://s.example/i.png</url><title>I</title></image>",
        ),
        "Hello – world & you",
        "https://s.example/2026/hello/",
    ),
    "blogger": Feed(
        atom(
            "<id>tag:blogger.com,1999:blog-1.post-2</id><title type='text'>R&amp;D: 5 &lt; 6</title>"
            "<link rel='replies' type='text/html' href='https://s.example/1#comment-form'/>"
            "<link rel='edit' href='https://www.blogger.com/feeds/1/posts/default/2'/>"
            "<link rel='self' href='https://www.blogger.com/feeds/1/posts/default/2'/>"
            f"<link rel='alternate' type='text/html' href='{ONE}' title='R&amp;D'/>"
        ),
        "R&D: 5 < 6",
        ONE,
    ),
    "medium": Feed(
        rss(
            f"<title>{cdata('Why “we” do & don’t')}</title><link>{ONE}?source=rss----2</link>"
            '<guid isPermaLink="false">https://s.example/p/1</guid>'
            f"<atom:updated>2026-01-01T10:00:00.000Z</atom:updated>"
        ),
        "Why “we” do & don’t",
        f"{ONE}?source=rss----2",
    ),
    "youtube": Feed(
        atom(
            "<id>yt:video:abc</id><title>Video &amp; more</title>"
            '<link rel="alternate" href="https://www.youtube.example/watch?v=abc"/>'
            "<media:group><media:title>Its own title</media:title>"
            '<media:content url="https://s.example/v" type="application/x-shockwave-flash"/>'
            '<media:thumbnail url="https://s.example/t.jpg"/></media:group>',
            attributes='xmlns:media="http://search.yahoo.com/mrss/"',
        ),
        "Video & more",
        "https://www.youtube.example/watch?v=abc",
    ),
    "reddit": Feed(
        atom(
            '<content type="html">&lt;!-- SC_OFF --&gt;&lt;p&gt;x&lt;/p&gt;</content><id>t3_abc</id>'
            f'<link href="{ONE}" /><title>List&lt;String&gt; &amp; co</title>',
            attributes='xmlns:media="http://search.yahoo.com/mrss/"',
        ),
        "List<String> & co",
        ONE,
    ),
    "hacker news": Feed(
        rss(
            f"<title>Show HN: C++ &amp; Rust</title><link>{ONE}?b=1&amp;c=2</link>"
            f"<comments>https://hn.example/item?id=1</comments><description>{cdata('<a>C</a>')}</description>",
            attributes="",
        ),
        "Show HN: C++ & Rust",
        f"{ONE}?b=1&c=2",
    ),
    "github releases": Feed(
        atom(
            "<id>tag:github.com,2008:Repository/1/v1.0</id><title>v1.0</title>"
            f'<link rel="alternate" type="text/html" href="{ONE}"/>',
            attributes='xml:lang="en-US"',
        ),
        "v1.0",
        ONE,
    ),
    "podcast": Feed(
        rss(
            "<itunes:title>Start</itunes:title><title>1: Start</title><itunes:author>A</itunes:author>"
            '<enclosure url="https://s.example/1.mp3?x=1&amp;y=2" length="1" type="audio/mpeg"/>'
            '<guid isPermaLink="false">1</guid>'
        ),
        "1: Start",
        "https://s.example/1.mp3?x=1&y=2",
    ),
    "podcast by its directory's rules": Feed(
        rss(
            "<itunes:title>Start</itunes:title>"
            '<enclosure url="https://s.example/1.mp3" length="1" type="audio/mpeg"/>'
        ),
        "Start",
        "https://s.example/1.mp3",
    ),
    "slashdot": Feed(
        f'{DECLARED}<rdf:RDF {RDF} {RSS_1} xmlns:slash="http://purl.org/rss/1.0/modules/slash/">'
        '<channel rdf:about="https://s.example/"><title>S</title><items><rdf:Seq>'
        f'<rdf:li rdf:resource="{ONE}"/></rdf:Seq></items><image rdf:resource="https://s.example/i"/></channel>'
        '<image rdf:about="https://s.example/i"><title>I</title><link>https://s.example/</link></image>'
        f'<item rdf:about="{ONE}"><title>Story &amp;mdash; one</title><link>{ONE}</link>'
        "<slash:comments>10</slash:comments></item>"
        '<textinput rdf:about="https://s.example/q"><title>Search</title><link>https://s.example/q</link></textinput>'
        "</rdf:RDF>",
        "Story — one",
        ONE,
    ),
    "rdf that only names its entries": Feed(
        f'<rdf:RDF {RDF} {RSS_1}><channel><title>S</title></channel><item rdf:about="{ONE}"><title>T</title></item></rdf:RDF>',
        "T",
        ONE,
    ),
    "rdf under other prefixes": Feed(
        f"<r:RDF {RDF.replace('rdf=', 'r=')} {RSS_1.replace('xmlns', 'xmlns:rss')}>"
        "<rss:channel><rss:title>S</rss:title></rss:channel>"
        f'<rss:item r:about="{ONE}"><rss:title>T</rss:title><rss:link>{ONE}</rss:link></rss:item></r:RDF>',
        "T",
        ONE,
    ),
    "rss 0.90": Feed(
        f'<?xml version="1.0"?><rdf:RDF {RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        f"<channel><title>S</title></channel><item><title>New &amp; nice</title><link>{ONE}</link></item></rdf:RDF>",
        "New & nice",
        ONE,
    ),
    "rss 0.91 with netscape's document type": Feed(
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        '"http://my.netscape.example/rss-0.91.dtd"><rss version="0.91"><channel><title>S</title>'
        f"<item><title>Le caf&eacute; &copy; d&rsquo;&eacute;t&eacute;</title><link>{ONE}</link></item></channel></rss>",
        "Le café © d’été",
        ONE,
    ),
    "rss 0.92": Feed(
        '<rss version="0.92"><channel><title>S</title><item><description>No title, a '
        '&lt;a href="https://o.example"&gt;link&lt;/a&gt;.</description>'
        '<source url="https://o.example/rss">Other</source></item></channel></rss>',
        "",
        "",
    ),
    "userland's namespace": Feed(
        rss(f"<title>T</title><link>{ONE}</link>", attributes='xmlns="http://backend.userland.com/rss2"'),
        "T",
        ONE,
    ),
    "cdf": Feed(
        '<!DOCTYPE Channel SYSTEM "http://s.example/Channel.dtd"><CHANNEL HREF="https://s.example/">'
        f'<TITLE>S</TITLE><ITEM HREF="{ONE}"><TITLE>One</TITLE><ABSTRACT>a</ABSTRACT></ITEM></CHANNEL>',
        "One",
        ONE,
    ),
    "atom 0.3 escaped": Feed(
        atom_03('<title mode="escaped" type="text/html">&lt;b&gt;A&amp;amp;B&lt;/b&gt; 1</title>'),
        "A&B 1",
        ONE,
    ),
    "atom 0.3 in base64": Feed(
        atom_03(f'<title mode="base64" type="text/html">{_ENCODED}</title>'), "Bold move", ONE
    ),
    "atom 0.3 as xml": Feed(
        atom_03(f'<title mode="xml" type="application/xhtml+xml">{_XHTML}</title>'), "a b <c>", ONE
    ),
    "xhtml under a prefix": Feed(
        f'<a:feed xmlns:a="{ATOM}" xmlns:x="http://www.w3.org/1999/xhtml"><a:title>S</a:title><a:entry>'
        f'<a:title type="xhtml"><x:div>a <x:b>b</x:b></x:div></a:title><a:link href="{ONE}"/></a:entry></a:feed>',
        "a b",
        ONE,
    ),
    "feedburner": Feed(
        rss(
            f'<title>T</title><link>https://f.example/~r/S/~3/abc/</link><guid isPermaLink="false">1</guid>'
            f"<feedburner:origLink>{ONE}</feedburner:origLink>"
        ),
        "T",
        ONE,
    ),
    "phpbb": Feed(
        atom(
            '<id>https://s.example/t.php?t=1&amp;p=2#p2</id><link href="https://s.example/t.php?t=1&amp;p=2#p2"/>'
            f'<title type="html">{cdata("General • Re: C &amp; D")}</title>'
            f'<content type="html" xml:base="https://s.example/t.php?t=1">{cdata("x")}</content>'
        ),
        "General • Re: C & D",
        "https://s.example/t.php?t=1&p=2#p2",
    ),
    "drupal": Feed(
        rss(
            '<title>T &quot;q&quot;</title><link>/node/1</link><guid isPermaLink="false">1 at https://s.example</guid>',
            attributes=f'xml:base="https://s.example/" {MORE}',
        ),
        'T "q"',
        "https://s.example/node/1",
    ),
    "an address of the site alone": Feed(
        rss("<title>T</title><guid>/node/1</guid>"), "T", "https://s.example/node/1"
    ),
    "typepad": Feed(
        atom(
            f'<title>T</title><link rel="replies" type="text/html" href="{ONE}#c"/>'
            f'<link rel="alternate" type="text/html" href="{ONE}"/><id>tag:typepad.com,2003:post-1</id>'
            f'<content type="xhtml" xml:lang="en-US" xml:base="https://t.example/">{_XHTML}</content>'
        ),
        "T",
        ONE,
    ),
    "ghost": Feed(
        rss(
            f"<title>{cdata(' Post 🎉 ')}</title><link>{ONE}</link><guid isPermaLink='false'>5f1</guid>"
            '<media:content url="https://s.example/i.jpg" medium="image"/>',
            head=f"<title>{cdata('S')}</title><ttl>60</ttl>",
        ),
        "Post 🎉",
        ONE,
    ),
    "hugo": Feed(
        rss(
            f"<title>T &amp;mdash; x &amp;amp; y</title><link>{ONE}</link>"
            "<pubDate>Mon, 01 Jan 0001 00:00:00 +0000</pubDate>"
        ),
        "T — x & y",
        ONE,
    ),
    "jekyll": Feed(
        atom(
            f'<title type="html">C &amp;amp; D &amp;lt;T&amp;gt;</title><link href="{ONE}" rel="alternate"/>'
            f'<id>{ONE}</id><content type="html" xml:base="{ONE}">{cdata("<p>x</p>")}</content>'
            "<author><name></name></author>"
        ),
        "C & D <T>",
        ONE,
    ),
    "mastodon": Feed(
        rss(
            f'<guid isPermaLink="true">{ONE}</guid><link>{ONE}</link>'
            "<description>&lt;p&gt;Hello&lt;/p&gt;</description>"
            '<media:content url="https://s.example/i.png" type="image/png"><media:description>Alt</media:description></media:content>'
        ),
        "",
        ONE,
    ),
    "ostatus": Feed(
        atom(
            '<title>ann shared</title><as:object><title>inner</title><link rel="alternate" href="https://o.example/2"/>'
            "</as:object>"
            '<link rel="alternate" type="application/activity+json" href="https://s.example/users/ann/1"/>'
            f'<link rel="alternate" type="text/html" href="{ONE}"/>',
            attributes='xmlns:as="http://activitystrea.ms/spec/1.0/"',
        ),
        "ann shared",
        ONE,
    ),
    "rsshub": Feed(
        rss(
            f"<title>{cdata('<a href=x>#话题#</a> &amp; 表情[笑] <3')}</title><link>{ONE}</link>",
            head=f"<title>{cdata('某人的微博')}</title><language>zh-cn</language>",
        ),
        "#话题# & 表情[笑] <3",
        ONE,
    ),
    "solidot": Feed(
        rss(f"<title>{cdata('某某 <3 某')}</title><link>{cdata(ONE)}</link>", attributes=""),
        "某某 <3 某",
        ONE,
    ),
    "36kr": Feed(
        rss(
            f"<title>{cdata('<em>36氪</em>首发 | x&nbsp;y &ldquo;z&rdquo;')}</title><link>{cdata(ONE)}</link>"
            "<author></author>"
        ),
        "36氪首发 | x y “z”",
        ONE,
    ),
    "v2ex": Feed(
        atom(
            f'<title>[问与答] 如何 &amp; 怎样</title><link rel="alternate" type="text/html" href="{ONE}#reply2" />'
            "<id>tag:s.example,2026-01-01:/t/1</id>"
        ),
        "[问与答] 如何 & 怎样",
        f"{ONE}#reply2",
    ),
    "chouti": Feed(
        rss(f"<title>{cdata('【标题】正文 & 更多')}</title><link>{ONE}</link><guid>{ONE}</guid>"),
        "【标题】正文 & 更多",
        ONE,
    ),
    "craigslist": Feed(
        f'<rdf:RDF {RDF} {RSS_1} xmlns:enc="http://purl.oclc.org/net/rss_2.0/enc#"><channel><title>S</title></channel>'
        f'<item rdf:about="{ONE}"><title>{cdata("Chair &#x0024;10")}</title><link>{ONE}</link>'
        '<enc:enclosure resource="https://s.example/1.jpg" type="image/jpeg"/></item></rdf:RDF>',
        "Chair $10",
        ONE,
    ),
    "a relation by its full name": Feed(
        atom(f'<title>T</title><link rel="http://www.iana.org/assignments/relation/alternate" href="{ONE}"/>'),
        "T",
        ONE,
    ),
    "nothing escaped": Feed(
        rss(f"<title>AT&T & R&D</title><link>{ONE}?a=1&section=2&copy=3&lang=en</link>"),
        "AT&T & R&D",
        f"{ONE}?a=1&section=2&copy=3&lang=en",
    ),
    "generics": Feed(
        rss(f"<title>Set&lt;U&gt;, Promise&lt;I&gt; and the &lt;p&gt; element</title><link>{ONE}</link>"),
        "Set<U>, Promise<I> and the <p> element",
        ONE,
    ),
    "a place on the page alone": Feed(rss("<title>T</title><link>#top</link>"), "T", ""),
    "a feed that says it is a page": Feed(
        rss(f"<title>T</title><link>{ONE}</link>").replace("\n", '\n<!DOCTYPE html PUBLIC "x">\n<!-- x -->\n', 1),
        "T",
        ONE,
    ),
}  # fmt: skip

GOOD = rss(f"<title>One</title><link>{ONE}</link><description>d</description>")

RUINED = {
    "cut off": GOOD[: GOOD.index("Older")],
    "warnings first": "<br />\n<b>Warning</b>: x in <b>/a.php</b> on line 3<br />\n" + GOOD,
    "declared twice": DECLARED + GOOD,
    "a mark within": "\n\ufeff" + GOOD,
    "zeros behind": GOOD + "\0\0\0",
    "a page behind": GOOD + "<script>x</script><div>",
    "old version": GOOD.replace('"1.0"', '"1.1"', 1),
    "a broken declaration": GOOD.replace("?>", ">", 1),
    "an unknown encoding": GOOD.replace("UTF-8", "klingon"),
    "a false encoding": GOOD.replace("UTF-8", "UTF-16"),
    "controls": GOOD.replace("One", "O\x0b\x01n\0e\x1f"),
    "an open title": GOOD.replace("One</title>", "One"),
    "an open item": GOOD.replace("</item>", "", 1),
    "html within": GOOD.replace("d</description>", "<p>a<br>b<p>c</description>"),
    "crossed elements": GOOD.replace("One</title>", "<b>One</title></b>"),
    "an open end": GOOD.replace("</channel></rss>", ""),
    "bare attributes": GOOD.replace('version="2.0"', "version=2.0"),
    "an attribute twice": GOOD.replace("<rss ", '<rss version="2.0" '),
    "undeclared prefixes": GOOD.replace(MORE, "").replace("<desc", '<media:content url="x"/><desc'),
    "unknown entities": GOOD.replace("One", "One &foo; &bar &;"),
    "no characters": GOOD.replace("One", "One &#xD800; &#0; &#x110000;"),
    "declared elements": GOOD.replace("\n", "\n<!DOCTYPE rss [<!ELEMENT rss ANY>]>\n", 1),
    "declared entities": GOOD.replace("\n", '\n<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>\n', 1),
    "an open marked section": GOOD.replace("<description>d", "<description><![CDATA[d"),
    "items in comments": GOOD.replace("<description>", "<!-- <item> --><description>"),
    "an open comment": GOOD.replace("<description>", "<!-- <description>"),
    "returns": GOOD.replace("\n", "\r\n"),
    "a page around": f"<html><body>{GOOD}</body></html>",
    "deep": GOOD.replace(">d<", ">" + "<div>" * 300 + "</div>" * 300 + "<"),
}
