"""Filters: which entries they refuse, with which reason, and which they accept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import FilterSettings, SourceSettings
from reblogbot.config.values import Pattern
from reblogbot.core.filters import (
    over_author_limit,
    over_domain_limit,
    refusal,
    refusal_now,
    refusal_of_requested,
)
from reblogbot.model import Author, Entry, Media

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ENTRY = Entry(
    title="Night trains return",
    summary="Three lines start in spring.",
    link="https://news.example.org/trains",
    categories=("travel",),
    published_at=NOW - timedelta(days=1),
    score=10.0,
)


def reason(entry=ENTRY, *, language="", **chosen):
    settings = SourceSettings(
        name="s", kind="feed", to=("news",), language=language, filter=FilterSettings(**chosen)
    )
    return refusal(entry, settings, NOW)


def patterns(*written):
    return tuple(Pattern.parse(pattern) for pattern in written)


def test_without_filters_an_entry_passes():
    assert reason() == ""


@pytest.mark.parametrize(
    ("changed", "chosen", "expected"),
    [
        ({"title": " \u200b", "summary": "\n"}, {}, "empty: neither title nor summary"),
        ({"visibility": "private"}, {}, "visibility: a private post is not for others"),
        ({"visibility": "direct"}, {}, "visibility: a direct post is not for others"),
        (
            {"author": Author(tags=("nobot",))},
            {},
            "opt_outs: its author's profile says #nobot",
        ),
        (
            {"author": Author(tags=("keinbot",))},
            {"opt_out_tags": ("KeinBot",)},
            "opt_outs: its author's profile says #KeinBot",
        ),
        (
            {"author": Author(standing="its author is suspended")},
            {"opt_outs": False},
            "forbidden: its author is suspended",
        ),
        (
            {"author": Author(is_indexable=False)},
            {"needs_indexable": True},
            "needs_indexable: its author's account is not marked as indexable",
        ),
        (
            {"author": Author()},
            {"needs_discoverable": True},
            "needs_discoverable: its author's account is not marked as discoverable",
        ),
        ({"author": Author(is_bot=True)}, {"bots": False}, "bots: its author is marked as a bot"),
        ({"is_reply": True}, {}, "replies: a reply"),
        (
            {"published_at": NOW - timedelta(days=21)},
            {},
            "max_age: published 2026-11-01, older than 7d",
        ),
        ({}, {"max_age": timedelta(hours=6)}, "max_age: published 2026-11-21, older than 6h"),
        (
            {"published_at": None, "updated_at": NOW - timedelta(days=21)},
            {},
            "max_age: published 2026-11-01, older than 7d",
        ),
        ({}, {"min_score": 12.5}, "min_score: 10 of at least 12.5"),
        ({}, {"domains": ("example.com",)}, "domains: news.example.org is none of them"),
        ({"link": ""}, {"domains": ("example.org",)}, "domains: no link is none of them"),
        ({}, {"domains": ("ample.org",)}, "domains: news.example.org is none of them"),
        (
            {},
            {"not_domains": ("example.com", "example.org")},
            "not_domains: news.example.org is in example.org",
        ),
        (
            {},
            {"links": patterns("/\\/blog\\//")},
            "links: https://news.example.org/trains matches none of /\\/blog\\//",
        ),
        ({"link": ""}, {"links": patterns("trains")}, "links: no link matches none of trains"),
        ({}, {"not_links": patterns("/\\/trains$/")}, "not_links: the link matches /\\/trains$/"),
        ({"language": "de-AT"}, {"languages": ("en", "fr")}, "languages: de is none of en, fr"),
        (
            {"title": "Trains", "summary": ""},
            {"languages": ("zh", "ja")},
            "languages: unknown is none of zh, ja",
        ),
        (
            {"title": "夜班火车回来了", "summary": "", "language": "en-us"},
            {"languages": ("en",)},
            "languages: zh is none of en",
        ),
        (
            {"title": "Жаңа заң", "summary": ""},
            {"languages": ("de", "zh")},
            "languages: unknown is none of de, zh",
        ),
        (
            {"title": "夜班火车回来了", "summary": ""},
            {"languages": ("ja",)},
            "languages: zh is none of ja",
        ),
        ({}, {"exclude": patterns("cars", "/tr.*n/")}, "exclude: /tr.*n/ was found"),
        ({}, {"exclude": patterns("Travel")}, "exclude: Travel was found"),
        (
            {},
            {"include": patterns("cars", "/plane|ship/")},
            "include: found none of cars, /plane|ship/",
        ),
        ({}, {"include": patterns("a1", "b2", "c3", "d4")}, "include: found none of a1, b2, c3, …"),
    ],
)
def test_a_refusal_names_the_filter_and_the_reason(changed, chosen, expected):
    assert reason(replace(ENTRY, **changed), **chosen) == expected


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ({"visibility": "unlisted"}, {}),
        ({"title": ""}, {}),
        ({"summary": ""}, {}),
        ({"published_at": None}, {"max_age": timedelta(minutes=1)}),
        ({"published_at": NOW + timedelta(days=400)}, {}),
        ({"published_at": NOW - timedelta(days=7)}, {}),
        ({"score": None}, {"min_score": 100}),
        ({"score": 12.5}, {"min_score": 12.5}),
        ({}, {"domains": ("example.org",)}),
        ({"link": "https://BÜCHER.example/"}, {"domains": ("bücher.example",)}),
        ({"link": ""}, {"not_domains": ("example.org",)}),
        ({}, {"not_domains": ("trains.example.org",)}),
        ({}, {"links": patterns("/\\/cars$/", "trains")}),
        ({}, {"not_links": patterns("/\\/cars$/")}),
        ({"link": ""}, {"not_links": patterns("trains")}),
        ({"language": "EN_gb"}, {"languages": ("en-US",)}),
        ({}, {"languages": ("en",)}),
        ({"title": "Жаңа заң", "summary": ""}, {"languages": ("de", "kk")}),
        ({"title": "夜班火车回来了", "summary": ""}, {"languages": ("zh",)}),
        ({"is_reply": True}, {"replies": True}),
        ({"author": Author(tags=("nobot",))}, {"opt_outs": False}),
        ({"author": Author(is_indexable=False, is_discoverable=False, is_bot=True)}, {}),
        ({"author": Author(is_indexable=True)}, {"needs_indexable": True}),
        ({}, {"needs_indexable": True, "needs_discoverable": True, "bots": False}),
        ({}, {"include": patterns("cars", "TRAINS")}),
        ({}, {"include": patterns("/^Three/m")}),
        ({}, {"exclude": patterns("train")}),
        ({"authors": ("Ada Example",)}, {"include": patterns("ada")}),
    ],
)
def test_a_filter_accepts(changed, chosen):
    assert reason(replace(ENTRY, **changed), **chosen) == ""


def test_the_language_of_the_config_overrides_the_entrys():
    entry = replace(ENTRY, language="de")
    assert reason(entry, language="en", languages=("en",)) == ""
    assert reason(entry, language="fr", languages=("de",)) == "languages: fr is none of de"


def test_an_author_is_excluded_by_name():
    entry = replace(ENTRY, authors=("Bo Example", "Ada Example"))
    assert reason(entry, exclude=patterns("ada example")) == "exclude: ada example was found"


def test_the_plainest_of_several_reasons_is_returned():
    entry = replace(ENTRY, is_reply=True, published_at=NOW - timedelta(days=30))
    assert reason(entry, exclude=patterns("trains")).startswith("replies: ")


def test_patterns_ignore_invisible_characters():
    entry = replace(ENTRY, title="ca\u200bsi\u00adno")
    assert reason(entry, exclude=patterns("casino")) == "exclude: casino was found"


def test_a_pattern_that_takes_too_long_refuses_the_entry_with_a_reason():
    endless = Pattern("/(t|tt|t?)+$/", regex.compile("(t|tt|t?)+$"))
    entry = replace(ENTRY, title="t" * 80)
    assert reason(entry, exclude=(endless,)) == "exclude: /(t|tt|t?)+$/ took too long to look for"
    assert reason(entry, include=(endless,)).startswith("include: found none of")


@settings(deadline=None)
@given(
    st.builds(
        Entry,
        title=st.text(st.characters(), max_size=20),
        link=st.text(st.characters(), max_size=20),
        language=st.text(max_size=5),
        score=st.none() | st.floats(),
        media=st.just((Media(""),)),
    )
)
def test_no_entry_makes_a_filter_fail(entry):
    expected = reason(
        entry, domains=("a.example",), languages=("zh",), min_score=1, exclude=patterns("x")
    )
    assert regex.match(r"[a-z_]+: .", expected)


# limits per day


def test_a_site_may_be_posted_so_often_a_day():
    posted = {"example.org": 2}
    assert (
        over_domain_limit("https://Example.org/c", posted, 2)
        == "max_per_domain: 2 from example.org today, at most 2"
    )
    assert over_domain_limit("https://example.org/c", posted, 3) == ""
    assert over_domain_limit("https://www.example.org/c", posted, 2) != ""
    assert over_domain_limit("https://m.example.org/c", posted, 2) != ""
    assert over_domain_limit("https://example.com/c", posted, 1) == ""
    assert over_domain_limit("https://example.org/c", posted, 0) == ""
    assert over_domain_limit("", {"": 9}, 1) == ""


def test_an_author_may_be_posted_so_often_a_day():
    assert over_author_limit("ann@a.example", {"ann@a.example": 2}, 2) == (
        "max_per_author: 2 by ann@a.example today, at most 2"
    )
    for author, limit in (("ann@a.example", 3), ("ann@a.example", 0), ("", 1), ("bo", 1)):
        assert over_author_limit(author, {"ann@a.example": 2, "": 5}, limit) == ""


@pytest.mark.parametrize(
    ("chosen", "as_status", "as_link"),
    [
        ({"include": patterns("bikes")}, "include", ""),
        ({"domains": ("other.example",)}, "domains", ""),
        ({"min_score": 99}, "", ""),
        ({"exclude": patterns("trains")}, "exclude", "exclude"),
        ({"not_domains": ("example.org",)}, "not_domains", "not_domains"),
    ],
)
def test_a_status_is_checked_again_without_its_score(chosen, as_status, as_link):
    settings_ = SourceSettings(name="s", kind="feed", to=("news",), filter=FilterSettings(**chosen))
    for is_status, slug in ((True, as_status), (False, as_link)):
        expected = refusal_now(ENTRY, settings_, NOW, is_status=is_status)
        assert expected.partition(":")[0] == slug


def test_what_the_admin_asked_for_passes_the_filters_of_its_source():
    filters = FilterSettings(
        exclude=(Pattern("trains", regex.compile("trains")),),
        max_age=timedelta(seconds=1),
        min_score=99,
        bots=False,
    )
    source = SourceSettings(name="s", kind="feed", to=("news",), filter=filters)
    assert refusal(ENTRY, source, NOW)
    assert refusal_of_requested(ENTRY, source) == ""


def test_what_is_not_the_admins_to_decide_holds_for_what_was_asked_for():
    source = SourceSettings(name="s", kind="account", to=("news",))
    opted_out = replace(ENTRY, author=Author(address="amy@far.example", tags=("nobot",)))
    assert refusal_of_requested(opted_out, source).startswith("opt_outs:")
    assert refusal_of_requested(replace(ENTRY, visibility="private"), source).startswith(
        "visibility:"
    )
    assert refusal_of_requested(Entry(link=ENTRY.link), source).startswith("empty:")
