"""Links: which have one canonical form, and in which form they are posted."""

import hashlib
import re
from importlib.resources import files

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reblogbot.core.identity import (
    canonical_link,
    clean_link,
    host_of,
    key,
    site_of,
)
from reblogbot.core.identity.page_link import page_link
from reblogbot.core.text import clean
from reblogbot.core.text.links import LINK

# what makes links: parts that matter to some rule
links = st.one_of(
    st.text(st.characters(), max_size=40),
    st.tuples(
        st.sampled_from(
            ["http://", "https://", "HTTPS://", "https:/", "//", "javascript:", " https://"]
        ),
        st.sampled_from(
            [
                "example.org",
                "EXAMPLE.ORG.",
                "bücher.example",
                "例子.中国",
                "u@h",
                "[::1]",
                "🍕.ws",
                "a_b.c",
                "",
                "ü℀.de",
                "dig.chouti.com",
                "m.ichouti.cn",
                "arxiv.org",
            ]
        ),
        st.sampled_from(["", ":80", ":443", ":8080", ":", ":99999", ":x"]),
        st.lists(
            st.sampled_from(
                [
                    "/",
                    "a",
                    "%7e",
                    "%2F",
                    "%zz",
                    "%",
                    "(",
                    ")",
                    "抽屉",
                    "，",
                    " ",
                    '"',
                    "@bob",
                    ",",
                    ".",
                    "\u200b",
                    "\t",
                    "link/7",
                    "abs/2401.00001v2",
                    "é",
                    "\\",
                    "+",
                    "[",
                    "~",
                ]
            ),
            max_size=6,
        ).map("".join),
        st.lists(
            st.sampled_from(
                [
                    "?",
                    "utm_source=x",
                    "&",
                    "id=3",
                    "b=",
                    "fbclid=1",
                    "amp;utm_x=1",
                    "c=%20 d",
                    "q=a+b",
                    "=",
                    "@x",
                    ")",
                ]
            ),
            max_size=6,
        ).map("".join),
        st.lists(
            st.sampled_from(["#", "!", "/", "top", "utm_source=x", "@y", "."]), max_size=4
        ).map("".join),
    ).map("".join),
)


# one page, one canonical link


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("https://example.org", "https://example.org/"),
        ("http://Example.ORG:80/A", "https://example.org/A"),
        ("HTTPS://example.org.:443/?#top", "https://example.org/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://例子.中国/", "https://xn--fsqu00a.xn--fiqs8s/"),
        ("https://example.org/a?b=&c&a=1", "https://example.org/a?b=&c&a=1"),
        ("https://example.org/%7euser/%2f%e4%bd%a0", "https://example.org/~user/%2F%E4%BD%A0"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/#!/route", "https://example.org/#!/route"),
        ("https://example.org/#/route", "https://example.org/#/route"),
        ("https://example.org/?p=1&utm_source=rss&fbclid=x#more", "https://example.org/?p=1"),
        ("\n https://example.org/a\n  ", "https://example.org/a"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
    ],
)
def test_canonical_links(link, canonical):
    assert canonical_link(link) == canonical


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.org/a",
        "//example.org/a",
        "mailto:a@example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://",
        "https:///a",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://exa mple.org/",
        "https://a..b/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://ex%41mple.org/",
        "https://example.org/\0a",
        "https://example.org/\ud800",
        "https://ü℀.example/",
        "https://⒈example/",
        "https://example.org/" + "x" * 5000,
        "https://" + "a" * 64 + ".example/",
    ],
)
def test_an_unusable_link_has_neither_form(link):
    assert canonical_link(link) == ""
    assert clean_link(link) == ""
    assert host_of(link) == ""


@pytest.mark.parametrize(
    "host", ["dig.chouti.com", "m.chouti.com", "dig.ichouti.cn", "M.iChouti.CN"]
)
@pytest.mark.parametrize("tail", ["", "/", "?from=rss", "#comments"])
def test_one_chouti_entry_has_one_key_on_all_its_hosts(host, tail):
    assert (
        canonical_link(f"http://{host}/link/42236030{tail}")
        == "https://dig.chouti.com/link/42236030"
    )


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("http://arxiv.org/abs/2401.00001v3", "https://arxiv.org/abs/2401.00001"),
        ("https://arxiv.org/pdf/2401.00001v1.pdf", "https://arxiv.org/abs/2401.00001"),
        ("https://export.arxiv.org/pdf/2401.00001", "https://arxiv.org/abs/2401.00001"),
        ("https://arxiv.org/abs/hep-th/9901001v2", "https://arxiv.org/abs/hep-th/9901001"),
        ("https://arxiv.org/abs/math.GT/0309136", "https://arxiv.org/abs/math.GT/0309136"),
        ("https://arxiv.org/list/cs.AI/new", "https://arxiv.org/list/cs.AI/new"),
        ("https://notarxiv.org/abs/2401.00001v3", "https://notarxiv.org/abs/2401.00001v3"),
    ],
)
def test_versions_of_a_paper_are_one(link, canonical):
    assert canonical_link(link) == canonical


# tracking parameters


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "p",
        "page",
        "section",
        "ref",
        "from",
        "source",
        "share",
        "s",
        "q",
        "t",
        "v",
        "a",
        "item",
        "story",
        "tid",
        "fid",
        "lang",
        "sort",
        "utm",
        "campaign",
        "storyid",
        "aid",
        "guid",
        "key",
        "date",
        "tag",
        "u",
        "url",
    ],
)
def test_parameters_that_may_name_the_page_stay(name):
    link = f"https://example.org/?{name}=3&{name}="
    assert canonical_link(link) == clean_link(link) == link


@pytest.mark.parametrize(
    "name",
    [
        "utm_source",
        "UTM_Campaign",
        "fbclid",
        "gclid",
        "spm",
        "vd_source",
        "mc_cid",
        "_ga",
        "amp;utm_term",
    ],
)
def test_tracking_parameters_go(name):
    assert clean_link(f"https://example.org/?a=1&{name}=x&b=") == "https://example.org/?a=1&b="
    assert clean_link(f"https://example.org/?{name}=x#part") == "https://example.org/#part"


@pytest.mark.parametrize(
    ("tracked", "clean"),
    [
        ("https://r.example/a?feedType=RSS&feedName=worldNews&id=1", "https://r.example/a?id=1"),
        ("https://w.example/a.html?wprss=rss_wellness", "https://w.example/a.html"),
        ("https://n.example/a?partner=rss&emc=rss", "https://n.example/a"),
        ("https://ann.example/b-1?source=rss-b1f3d322dadf------2", "https://ann.example/b-1"),
        ("https://b.example/?from=timeline&isappinstalled=0&p=7", "https://b.example/?p=7"),
        ("https://www.theguardian.com/a?CMP=share_btn", "https://www.theguardian.com/a"),
        ("https://youtu.be/abc123?si=x&t=5", "https://youtu.be/abc123?t=5"),
        ("https://x.com/ann/status/1?s=20&t=abc", "https://x.com/ann/status/1"),
    ],
)
def test_tracking_is_removed_from_the_posted_and_the_compared_link(tracked, clean):
    assert clean_link(tracked) == clean
    assert page_link(tracked) == page_link(clean)
    # by this form older stores know their entries
    assert canonical_link(tracked) != canonical_link(clean)


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/compare?cmp=4,5",
        "https://music.example/artist?mbid=1234",
        "https://notyoutu.be/abc?si=x",
        "https://example.org/?s=words&t=5&source=wire&partner=ann&from=1999",
        "https://example.org/?sourceid=7&feature=4",
    ],
)
def test_parameters_that_are_tracking_on_one_site_or_with_one_value_stay_elsewhere(link):
    assert clean_link(link) == link


def test_the_list_of_tracking_parameters_is_in_order():
    text = files("reblogbot.core.identity").joinpath("tracking_parameters.txt").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rules = [line for line in lines if not line.startswith("[")]
    assert [line for line in lines if line not in rules] == ["[0.1.0]", "[0.2.0]"]
    assert len(rules) == len(set(rules))
    for rule in rules:
        assert re.fullmatch(r"[^\s=@*]+(\*|=[^\s=@*]+\*?| @ [a-z0-9.-]+\.[a-z]+)?", rule), rule
        assert rule == rule.lower()
        assert len(rule) > 3 or " @ " not in rule


def test_the_list_of_the_first_release_is_as_it_was():
    text = files("reblogbot.core.identity").joinpath("tracking_parameters.txt").read_text("utf-8")
    first = text.partition("[0.1.0]")[2].partition("[0.2.0]")[0]
    names = [line for line in first.splitlines() if line and not line.startswith("#")]
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    assert (len(names), digest[:16]) == (116, "ad462352866070bc")


# the link that is posted


@pytest.mark.parametrize(
    ("link", "posted"),
    [
        ("https://Example.org/A?b=&c=1#part", "https://Example.org/A?b=&c=1#part"),
        ("HTTP://example.org", "http://example.org"),
        ("https://zh.wikipedia.org/wiki/抽屉", "https://zh.wikipedia.org/wiki/抽屉"),
        ("https://例子.中国/新闻", "https://例子.中国/新闻"),
        ("https://example.org/a b\u3000c", "https://example.org/a%20b%E3%80%80c"),
        ('https://example.org/"<x>"', "https://example.org/%22%3Cx%3E%22"),
        ("https://example.org/a\n   b", "https://example.org/a%20%20%20b"),
        (
            "https://example.org/\u202etxt\u200b.exe",
            "https://example.org/%E2%80%AEtxt%E2%80%8B.exe",
        ),
        ("https://example.org/好，再见。", "https://example.org/好%EF%BC%8C再见%E3%80%82"),
        ("https://example.org/Foo_(bar)", "https://example.org/Foo_(bar)"),
        ("https://example.org/Foo)_(bar", "https://example.org/Foo%29_%28bar"),
        ("https://example.org/?q=(a)", "https://example.org/?q=(a%29"),
        ("https://example.org/Etc.", "https://example.org/Etc%2E"),
        ("https://social.example/@alice/1", "https://social.example/@alice/1"),
        ("https://example.org/,@alice", "https://example.org/,%40alice"),
        ("https://example.org/?", "https://example.org/?"),
    ],
)
def test_links_are_posted_as_given_but_safe_in_a_text(link, posted):
    assert clean_link(link) == posted


@settings(max_examples=300, deadline=None)
@given(links)
@example("https://example.org/,@")
@example("https://example.org/?utm_a=1&utm_b=2")
@example("https://bücher.example#top")
def test_both_forms_of_a_link_agree_and_are_stable(link):
    canonical, posted = canonical_link(link), clean_link(link)
    assert bool(canonical) == bool(posted)
    assert canonical_link(posted) == canonical
    assert canonical_link(canonical) == canonical
    assert clean_link(posted) == posted
    assert canonical.isascii()


@settings(max_examples=300, deadline=None)
@given(links)
def test_a_posted_link_stays_whole_in_a_text(link):
    posted = clean_link(link)
    if posted:
        text = f"看 {posted} now"
        assert clean(text) == text
        assert LINK.findall(text) == [posted]


def test_the_host_of_a_link_is_in_lower_case_ascii():
    assert host_of("https://News.Bücher.example:8080/a") == "news.xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("link", "site"),
    [
        ("https://www.d.example/a", "d.example"),
        ("https://M.news.example.co.uk/", "example.co.uk"),
        ("https://ann.github.io/x", "ann.github.io"),
        ("https://www.b\u00fccher.example/", "xn--bcher-kva.example"),
        ("https://192.0.2.7/a", "192.0.2.7"),
        ("https://[2001:db8::1]/a", "[2001:db8::1]"),
        ("https://localhost/a", "localhost"),
        ("https://com/a", "com"),
        ("javascript:alert(1)", ""),
    ],
)
def test_a_site_is_a_registered_domain(link, site):
    assert site_of(link) == site


# what a mutation of the code would change unseen


def test_a_key_distinguishes_kind_values_and_their_boundaries():
    assert len({key("guid", "a"), key("uri", "a"), key("guid", "b"), key("guid", "a", "b")}) == 4
    assert key("guid", "ab", "c") != key("guid", "a", "bc")


def test_the_longest_link_is_valid_and_one_character_more_is_not():
    link = "https://example.org/".ljust(4096, "x")
    assert canonical_link(link) == link
    assert canonical_link(f"  {link}  ") == link
    assert canonical_link(link + "x") == ""


@pytest.mark.parametrize(("port", "is_one"), [("1", True), ("65535", True), ("65536", False)])
def test_a_port_is_a_number_of_sixteen_bits(port, is_one):
    assert bool(canonical_link(f"https://example.org:{port}/")) == is_one


@pytest.mark.parametrize(
    ("host", "ascii_host"),
    [
        ("example.org.", "example.org"),
        (".example.org", ""),
        ("例子。中国", "xn--fsqu00a.xn--fiqs8s"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
        ("a" * 64 + ".example", ""),
        (".".join(["a" * 63] * 3 + ["b" * 61]), ".".join(["a" * 63] * 3 + ["b" * 61])),
        (".".join(["a" * 63] * 3 + ["b" * 62]), ""),
        ("ü" * 60 + ".example", ""),
        ("🍕.ws", "xn--vi8h.ws"),
    ],
)
def test_a_host_is_a_valid_domain_name(host, ascii_host):
    assert host_of(f"https://{host}/") == ascii_host


def test_a_parameter_is_tracking_by_its_name_whatever_its_value():
    assert canonical_link("https://e.example/?utm_source=a=b&id=1=2") == "https://e.example/?id=1=2"
