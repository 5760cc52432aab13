"""What the signals of a site mean, one by one."""

import pytest

from reblogbot.core import ai_signals
from reblogbot.core.ai_signals import TextRules
from reblogbot.media.robots_txt import rules_for

SILENT = TextRules()
PAGE = "https://a.example/news/1"


def header(name, value):
    return ai_signals.of_headers({name: value}, "the page")


@pytest.mark.parametrize(
    ("value", "no_text", "no_ai"),
    [
        ("noai", "noai", "noai"),
        ("NoAI", "noai", "noai"),
        ("noindex, noai", "noai", "noai"),
        ("noai, noimageai", "noai", "noai"),
        ("nosnippet", "nosnippet", ""),
        ("nosnippet, noai", "nosnippet", "noai"),
        ("max-snippet:0", "max-snippet:0", ""),
        ("max-snippet: 0", "max-snippet:0", ""),
        ("reblogbot: noai", "noai", "noai"),
        ("reblogbot: max-snippet: 0", "max-snippet:0", ""),
        ("*: nosnippet", "nosnippet", ""),
        # a repeated header arrives as one value
        ("otherbot: noindex, noai", "noai", "noai"),
        ("otherbot: noai", "", ""),
        ("otherbot: nosnippet", "", ""),
        ("noindex, nofollow, noarchive", "", ""),
        ("noimageai", "", ""),
        ("max-snippet:50, max-image-preview:none", "", ""),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", "", ""),
        ("all", "", ""),
        ("", "", ""),
    ],
)
def test_robots_directives(value, no_text, no_ai):
    for rules in (header("x-robots-tag", value), ai_signals.of_metadata([("robots", value)])):
        assert rules.no_text.partition(" (")[0] == no_text
        assert rules.no_ai.partition(" (")[0] == no_ai


@pytest.mark.parametrize("name", ["content-usage", "content-signal"])
@pytest.mark.parametrize(
    ("value", "refused"),
    [
        ("ai-input=no", "ai-input=no"),
        ("search=yes, ai-input=no, ai-train=no", "ai-input=no"),
        ("AI-Use=N", "ai-use=n"),
        ("ai-use=n;exceptions=x", "ai-use=n"),
        ('ai-use="n"', "ai-use=n"),
        ("train-ai=y, ai-use=?0", "ai-use=?0"),
        ("ai-use=y, ai-use=n", "ai-use=n"),
        ("all=n", "all=n"),
        ("train-ai=n", ""),
        ("ai-train=no, search=yes", ""),
        ("search=n", ""),
        ("ai-use=y", ""),
        ("ai-input", ""),
        ("", ""),
    ],
)
def test_preferences_in_headers(name, value, refused):
    rules = header(name, value)
    assert rules.no_ai.partition(" (")[0] == refused
    # they say nothing against a text that is shown
    assert rules.no_text == ""


def test_reservations_by_tdmrep():
    assert header("tdm-reservation", " 1").no_ai == "tdm-reservation: 1 (header of the page)"
    assert header("tdm-reservation", "0") == SILENT
    assert header("tdm-policy", "https://a.example/policy") == SILENT
    in_page = ai_signals.of_metadata([("tdm-reservation", "1")])
    assert in_page.no_ai == "tdm-reservation: 1 (meta of the page)"
    assert in_page.no_text == ""
    assert ai_signals.of_metadata([("tdm-reservation", "0"), ("description", "noai")]) == SILENT


def test_a_page_may_address_this_program_by_name():
    rules = ai_signals.of_metadata([("reblogbot", "noai"), ("otherbot", "nosnippet")])
    assert rules.no_ai == "noai (meta reblogbot of the page)"
    assert ai_signals.of_metadata([("otherbot", "noai")]) == SILENT


def test_the_first_reason_of_each_kind_is_kept():
    rules = TextRules(no_ai="a").also(TextRules("b", "c")).also(TextRules("d", "e"))
    assert rules == TextRules("b", "a")


@pytest.mark.parametrize(
    ("robots_txt", "no_text"),
    [
        ("User-agent: *\nDisallow: /", True),
        ("User-agent: *\nDisallow: /news", True),
        ("User-agent: *\nDisallow: /news\nAllow: /news/1", False),
        ("User-agent: *\nDisallow: /*/1$", True),
        ("User-agent: ReblogBot\nDisallow: /news\n\nUser-agent: *\nAllow: /", True),
        ("User-agent: reblogbot\nDisallow:\n\nUser-agent: *\nDisallow: /", False),
        ("User-agent: otherbot\nDisallow: /", False),
        ("User-agent: otherbot\nUser-agent: reblogbot\nDisallow: /", True),
        ("\ufeffUser-agent: *\nDisallow: /", True),
        ("User-agent: *\rDisallow: /", True),
        ("", False),
        ("<!doctype html><title>Not found</title><p>Disallow: /", False),
        ("\x00\x01\xff", False),
    ],
)
def test_robots_txt_allows_and_disallows(robots_txt, no_text):
    rules = rules_for(robots_txt.encode(), PAGE)
    assert bool(rules.no_text) is no_text
    assert rules.no_ai == ""


@pytest.mark.parametrize(
    ("robots_txt", "field"),
    [
        ("User-agent: *\nContent-Signal: search=yes,ai-input=no\nAllow: /", "Content-Signal"),
        ("User-agent: *\nAllow: /\nContent-Usage: ai-use=n", "Content-Usage"),
        ("User-agent: *\nContent-Usage: /news/ ai-use=n", "Content-Usage"),
        ("User-agent: *\nContent-Usage: /news/\tai-use=n", "Content-Usage"),
        ("User-agent: *\nContent-Usage: / ai-use=n\nContent-Usage: /n ai-use=y", ""),
        ("User-agent: *\nContent-Usage: / ai-use=y\nContent-Usage: /n ai-use=n", "Content-Usage"),
        ("User-agent: *\nContent-Usage: / ai-use=y\nContent-Usage: / ai-use=n", "Content-Usage"),
        ("User-agent: *\nContent-Usage: /blog/ ai-use=n", ""),
        ("User-agent: *\nContent-Usage: ai-use=n\n\nUser-agent: reblogbot\nAllow: /", ""),
        ("User-agent: reblogbot\nContent-Usage: ai-use=n", "Content-Usage"),
        ("User-agent: otherbot\nContent-Usage: ai-use=n\n", ""),
        ("User-agent: a\nDisallow: /x\nUser-agent: b\nContent-Signal: ai-input=no", ""),
        (
            "User-agent: a\nSitemap: /s\nUser-agent: *\nContent-Signal: ai-input=no",
            "Content-Signal",
        ),
        ("Content-Signal: ai-input=no", "Content-Signal"),
        ("Content-Signal: ai-input=no\nUser-agent: otherbot\nDisallow: /", "Content-Signal"),
        ("User-agent: *\nContent-Signal: ai-train=no, search=yes", ""),
        ("User-agent: *\n# Content-Signal: ai-input=no", ""),
    ],
)
def test_preferences_in_robots_txt(robots_txt, field):
    expected = f"{field} in robots.txt" if field else ""
    assert rules_for(robots_txt.encode(), PAGE) == TextRules(no_ai=expected)


def test_a_robots_txt_is_read_up_to_its_limit():
    padding = b"# " + b"x" * 100 + b"\n"
    start = b"User-agent: *\nDisallow: /news\n"
    assert rules_for(start + padding * 6000, PAGE).no_text
    assert rules_for(padding * 6000 + start, PAGE) == SILENT
