"""Values of foreign JSON: what they say, in whatever type they say it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reblogbot.errors import SourceError
from reblogbot.sources.shared.json_text import (
    count_of,
    described,
    instant_of,
    loads,
    number_of,
    text_of,
)

NOW = datetime(2026, 12, 1, tzinfo=UTC)
MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  a ", "a"),
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (1795336200000000, "1795336200000000"),
        ("a\x00\ud800b", "a��b"),
        (True, ""),
        (None, ""),
        ([1], ""),
        ({"a": 1}, ""),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        ("5", 5.0),
        ("12.5", 12.5),
        ("1.5e3", 1500.0),
        ("-3", -3.0),
        ("1,234", 1234.0),
        ("1,234,567 次", 1234567.0),
        ("56.7 万热度", 567000.0),
        ("热度 1.2亿", 120_000_000.0),
        ("3.4k", 3400.0),
        ("12 minutes", 12.0),
        ("no number", None),
        ("", None),
        ("NaN", None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        ([5], None),
    ],
)
def test_numbers_however_they_are_written(value, number):
    assert number_of(value) == pytest.approx(number)


def test_a_count_is_whole_and_not_negative():
    assert [count_of(value) for value in (7, "7", 7.9, -1, "x", None)] == [
        7,
        7,
        7,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "value",
    [
        1795336200,
        "1795336200",
        1795336200000,
        1795336200000000,
        "1795336200000000",
        1795336200.0,
        "2026-11-22T08:30:00Z",
        "2026-11-22 16:30:00",
        "2026年11月22日 16:30",
    ],
)
def test_instants_in_seconds_milliseconds_microseconds_or_words(value):
    assert instant_of(value, ZoneInfo("Asia/Shanghai"), NOW, chinese=True) == MORNING


@pytest.mark.parametrize("value", [0, -5, 1e300, float("nan"), True, None, "soon", [], 10**30])
def test_what_is_no_instant_is_none(value):
    assert instant_of(value, ZoneInfo("UTC"), NOW) is None


def test_a_microsecond_is_kept():
    instant = instant_of(1795336200123457, ZoneInfo("UTC"), NOW)
    assert instant == MORNING.replace(microsecond=123457)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("<!DOCTYPE html><p>Log in", "no JSON came but a web page"),
        ("callback(5)", r'no JSON came but "callback\(5\)"'),
        ("[" * 100_000, "no JSON came"),
        ("1" * 10_000, "no JSON came"),
    ],
)
def test_what_is_no_json_is_named(text, words):
    with pytest.raises(SourceError, match=words) as caught:
        loads(text, "https://x.example/j?key=secret")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        'callback({"a": [1]})', 'callback({"a": [1]});', ' jQuery_1.cb$ ( {"a": [1]} ) ;\r\n',
        '/**/ typeof cb === \'function\' && cb({"a": [1]});', '/* x */cb({"a":[1]});;',
        '\ufeffcb({"a": [1]})',
    ],
)  # fmt: skip
def test_json_within_a_call_is_read(text):
    assert loads(text, "https://x.example/") == {"a": [1]}


def test_a_list_within_a_call_is_read_to_its_own_end():
    assert loads('cb([")", "("])', "https://x.example/") == [")", "("]


@pytest.mark.parametrize("text", ['cb({"a": 1}', 'cb({"a": 1})+1', 'cb cb({"a": 1})', "cb({)"])
def test_what_only_begins_like_a_call_is_no_json(text):
    with pytest.raises(SourceError, match="no JSON came"):
        loads(text, "https://x.example/")


def test_a_tab_in_a_text_is_no_reason_to_read_nothing():
    assert loads('{"title": "a\tb"}', "https://x.example/") == {"title": "a\tb"}


def test_values_are_described_without_their_contents():
    assert described({"code": 1, "msg": "x"}) == "an object with code, msg"
    assert described([1, 2]) == "a list of 2"
    assert described(None) == "nothing (null)"
    assert described({}) == "an empty object"
    assert described("x" * 100) == f'the text "{"x" * 59}…"'
    assert described(5) == "5"
