"""The SAX driver that feedparser is given: fewer calls, the same result."""

import io
import xml.sax
from xml.sax.handler import ContentHandler

import feedparser
import pytest

from reblogbot.sources.feed import expat_driver

TEXT = "One &amp; two\n&lt;p&gt;three&lt;/p&gt;\n四 &#x1F600; &#8230; <![CDATA[<b>five</b> & ]]>six"
FEED = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{TEXT}</title>
<item><title>{TEXT}</title><link>https://example.org/?a=1&amp;b=2</link>
<dc:creator>{TEXT}</dc:creator><description>{TEXT * 3000}</description></item>
</channel></rss>""".encode()


class Texts(ContentHandler):
    def __init__(self):
        super().__init__()
        self.pieces = []

    def characters(self, content):
        self.pieces.append(content)


def pieces(driver):
    reader = xml.sax.make_parser([driver])
    reader.setContentHandler(texts := Texts())
    reader.parse(io.BytesIO(b"<a>" + b"one\n&amp; two\n" * 20 + b"</a>"))
    return texts.pieces


def test_a_text_is_reported_in_one_piece():
    assert pieces(expat_driver.__name__) == ["one\n& two\n" * 20]
    assert len(pieces("xml.sax.expatreader")) > 20


@pytest.mark.parametrize("document", [FEED, FEED[:-9], FEED.replace(b"</link>", b"</lnk>")])
def test_feedparser_returns_the_same_as_with_its_own_driver(document):
    own = feedparser.parse(io.BytesIO(document))
    drivers = feedparser.api.PREFERRED_XML_PARSERS
    before = list(drivers)
    with expat_driver.preferred(drivers):
        assert drivers[0] == expat_driver.__name__
        ours = feedparser.parse(io.BytesIO(document))
    assert drivers == before
    assert ours["entries"] == own["entries"] != []
    assert (ours["feed"], ours["version"], ours["bozo"]) == (
        own["feed"],
        own["version"],
        own["bozo"],
    )
