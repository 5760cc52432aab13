"""JSON documents as web sites serve them: plain, in a JSONP call, or something else."""

import pytest

from reblogbot.errors import SourceError
from reblogbot.sources.shared.json_text import described, loads


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
def test_the_error_says_what_came_instead_of_json(text, words):
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
def test_jsonp_is_read(text):
    assert loads(text, "https://x.example/") == {"a": [1]}


def test_the_brackets_in_a_jsonp_list_do_not_end_it():
    assert loads('cb([")", "("])', "https://x.example/") == [")", "("]


@pytest.mark.parametrize("text", ['cb({"a": 1}', 'cb({"a": 1})+1', 'cb cb({"a": 1})', "cb({)"])
def test_text_that_only_begins_like_jsonp_is_an_error(text):
    with pytest.raises(SourceError, match="no JSON came"):
        loads(text, "https://x.example/")


def test_a_literal_tab_in_a_json_string_is_read():
    assert loads('{"title": "a\tb"}', "https://x.example/") == {"title": "a\tb"}


def test_values_are_described_without_their_contents():
    assert described({"code": 1, "msg": "x"}) == "an object with code, msg"
    assert described([1, 2]) == "a list of 2"
    assert described(None) == "nothing (null)"
    assert described({}) == "an empty object"
    assert described("x" * 100) == f'the text "{"x" * 59}…"'
    assert described(5) == "5"
