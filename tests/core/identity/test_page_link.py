"""Page links: which addresses are one page, and which are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.identity.page_link import differing_parameters, page_link, without_fragment

PAGE = "https://a.example/b/c?x=1&y=2"


@pytest.mark.parametrize(
    "other",
    [
        "http://www.a.example/b/c/?x=1&y=2",
        "https://m.a.example/b/c?y=2&x=1",
        "https://mobile.a.example/b/c?x=1&y=2&utm_source=z",
        "https://amp.a.example/b/c?x=1&y=2",
        "https://a.example/b/c/amp/?x=1&y=2",
        "https://a.example/b/c?amp=1&x=1&y=2",
        "https://a.example/b/c?x=1&y=2&outputType=amp",
        "https://a.example/b/c;jsessionid=0A1B?x=1&y=2",
        "https://a.example/(S(abc123))/b/c?x=1&y=2",
        "https://a.example/b/c?PHPSESSID=f00&x=1&y=2",
        "https://a.example/b/c/index.php?x=1&y=2",
        "https://a.example/b/c?x=1&y=2&ref=rss",
        "https://a.example/b/c?x=1&source=rss_feed&y=2",
        "https://a.example/b/c?x=1&y=2#comments",
        "https://a.example/b/c?x=1&y=2#xtor=RSS-1",
        "https://a.example/b/c?x=1&y=2#:~:text=word",
        "https://a-example.cdn.ampproject.org/c/s/a.example/b/c?x=1&y=2",
        "https://www.google.com/url?rct=j&url=https%3A%2F%2Fwww.a.example%2Fb%2Fc%3Fx%3D1%26y%3D2&ct=ga",
    ],
)
def test_all_addresses_of_a_page_have_one_page_link(other):
    assert page_link(other) == page_link(PAGE)


@pytest.mark.parametrize(
    "other",
    [
        "https://b.example/b/c?x=1&y=2",
        "https://blog.a.example/b/c?x=1&y=2",
        "https://a.example/b?x=1&y=2",
        "https://a.example/b/C?x=1&y=2",
        "https://a.example/b/c?x=1&y=3",
        "https://a.example/b/c?x=2&y=1",
        "https://a.example/b/c?x=1&y=2&ref=3",
        "https://a.example/b/c?x=1&y=2&sid=7",
        "https://a.example/b/c?x=1&y=2#v2",
        "https://a.example/amp/b/c?x=1&y=2",
    ],
)
def test_other_pages_have_other_page_links(other):
    assert page_link(other) != page_link(PAGE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://youtu.be/abcDEF12345?si=1", "https://www.youtube.com/watch?v=abcDEF12345&list=2"),
        ("https://youtube.com/shorts/abcDEF12345", "https://m.youtube.com/watch?v=abcDEF12345"),
        ("https://old.reddit.com/r/x/comments/1ab/slug/", "https://redd.it/1ab"),
        ("https://en.m.wikipedia.org/wiki/A", "https://en.wikipedia.org/wiki/A"),
        ("https://dx.doi.org/10.1/x", "https://doi.org/10.1/x"),
        ("https://me.blogspot.co.uk/2026/a.html?m=1", "https://me.blogspot.com/2026/a.html"),
        ("https://x.com/ann/status/123", "https://mobile.twitter.com/ann/status/123?s=20"),
    ],
)
def test_sites_with_several_hosts_have_one_page(one, other):
    assert page_link(one) == page_link(other) != ""


def test_an_ignored_name_is_no_part_of_the_page():
    links = [f"https://a.example/view?sid={sid}&t=1" for sid in "abc"]
    assert len({page_link(link, frozenset({"sid"})) for link in links}) == 1
    assert len({page_link(link) for link in links}) == 3


def test_a_host_keeps_what_was_registered():
    assert page_link("https://m.example/a") == "https://m.example/a"
    assert page_link("https://www.example/a") == "https://www.example/a"


def test_a_route_is_part_of_the_page_and_a_fragment_is_not():
    assert without_fragment(page_link("https://a.example/x#v1")) == "https://a.example/x"
    assert without_fragment(page_link("https://a.example/#!/v1")) == "https://a.example/#!/v1"


@pytest.mark.parametrize(
    "link", ["", "mailto:a@b.example", "https://u:p@a.example/", "javascript:1"]
)
def test_an_unusable_link_has_no_page_link(link):
    assert page_link(link) == ""


def test_parameters_differ_only_between_links_that_are_alike_otherwise():
    one = "https://a.example/v?t=1&sid=2"
    assert differing_parameters(one, "http://a.example/v?t=1&sid=3") == {"sid"}
    assert differing_parameters(one, "https://a.example/v?t=1") == {"sid"}
    assert differing_parameters(one, "https://a.example/w?t=1&sid=3") == frozenset()


parts = st.sampled_from(
    "www. m. amp. a . example co.uk / amp /amp index.php ? & sid=1 amp=1 b=2 ref=rss # v1 #!/ "
    "youtu.be/abcdefgh %2F ;jsessionid=1 google.com/url?url= https%3A%2F%2F .amp.html x.com/a".split()
)


@settings(deadline=None, max_examples=500)
@given(st.lists(parts, max_size=12).map("".join))
def test_the_page_link_of_a_page_link_is_itself(rest):
    page = page_link(f"https://{rest}")
    assert page_link(page) == page
    assert page.isascii()
