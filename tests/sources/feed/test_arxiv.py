"""Papers in the feeds of arXiv and papers.cool: all authors, and a clean abstract."""

import pytest
from documents import atom, only, rss

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.compose import compose
from reblogbot.model import ServerLimits
from reblogbot.sources.feed.arxiv import is_paper

ABSTRACT = "We count\n  commas, &lt;i&gt;carefully&lt;/i&gt;, and find $x &amp;lt; y$."
CLEAN = "We count commas, carefully, and find $x < y$."
TODAY = rss(
    "<item><title>Counting\n  commas</title><link>https://arxiv.org/abs/2611.01234</link>"
    '<guid isPermaLink="false">oai:arXiv.org:2611.01234v2</guid><dc:creator>Ann A. One, Ben Two, Chén Three</dc:creator>'
    f"<description>arXiv:2611.01234v2 Announce Type: replace-cross \nAbstract: {ABSTRACT}</description></item>"
)
ATOM_TODAY = atom(
    '<entry><id>oai:arXiv.org:2611.01234v1</id><title>Counting commas</title><link href="https://arxiv.org/abs/2611.01234" rel="alternate"/>'
    '<dc:creator xmlns:dc="http://purl.org/dc/elements/1.1/">Ann A. One, Ben Two, Chén Three</dc:creator>'
    f"<summary>arXiv:2611.01234v1 Announce Type: new \nAbstract: {CLEAN.replace('<', '&lt;')}</summary></entry>"
)
API = atom(
    "<entry><id>http://arxiv.org/abs/2611.01234v1</id><title>Counting\n  commas</title>"
    f"<summary>  {CLEAN.replace('<', '&lt;').replace(' and', chr(10) + 'and')}\n</summary>"
    "<author><name>Ann A. One</name></author><author><name>Ben Two</name></author><author><name>Chén Three</name></author>"
    '<link href="http://arxiv.org/abs/2611.01234v1" rel="alternate" type="text/html"/></entry>'
)
PAPERS_COOL = atom(
    "<entry><id>https://papers.cool/arxiv/2611.01234</id><title>Counting commas</title>"
    '<link href="https://papers.cool/arxiv/2611.01234" rel="alternate"/>'
    f"<summary>{CLEAN.replace('<', '&lt;').replace(' and', chr(10) + 'and')}</summary>"
    "<author><name>Ann A. One</name></author><author><name>Ben Two</name></author><author><name>Chén Three</name></author></entry>"
)


@pytest.mark.parametrize(
    "document", [TODAY, ATOM_TODAY, API, PAPERS_COOL], ids=["rss", "atom", "api", "papers.cool"]
)
def test_a_paper_has_all_its_authors_and_a_clean_abstract(document):
    entry = only(document, url="https://mirror.example/feed")
    assert entry.title == "Counting commas"
    assert entry.authors == ("Ann A. One", "Ben Two", "Chén Three")
    assert entry.summary == CLEAN


def test_a_paper_is_posted_with_authors_abstract_and_link():
    source = SourceSettings(name="s", kind="feed", to=("a",), template="paper", hashtags=0)
    account = AccountSettings(name="a", server="https://s.example", token_env="T")
    post = compose(only(TODAY), source, account, ServerLimits(500, per_link=23))
    assert post.text == (
        f"Counting commas\nAnn A. One, Ben Two, Chén Three\n{CLEAN}\nhttps://arxiv.org/abs/2611.01234"
    )


def test_a_comma_elsewhere_belongs_to_the_name():
    entry = only(rss("<item><title>T</title><dc:creator>Ann, PhD</dc:creator></item>"))
    assert entry.authors == ("Ann, PhD",)


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("https://arxiv.org/abs/2611.01234", True),
        ("https://rss.arxiv.org/rss/cs.CL", True),
        ("oai:arXiv.org:2611.01234v1", True),
        ("https://papers.cool/arxiv/2611.01234", True),
        ("https://site.example/blog/arxiv-explained", False),
        ("https://notarxiv.org/", False),
        ("", False),
    ],
)
def test_addresses_of_papers_are_recognised(place, is_one):
    assert is_paper(place) is is_one
