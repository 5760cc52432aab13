"""The kind json: entries read from a JSON document by JMESPath."""

import json
from datetime import UTC, datetime

import pytest

from loopback import answer
from reblogbot.app import load_config
from reblogbot.errors import ConfigError, SourceError
from reblogbot.model import Validators
from reblogbot.sources.scrape.json_query import read_query, search
from reblogbot.sources.scrape.parse_json_list import parse
from reblogbot.sources.shared.response_body import ResponseBody

NOTHING = Validators()
NOW = datetime(2026, 12, 1, tzinfo=UTC)
MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
HOT = {
    "code": 200,
    "data": [{"title": "One", "url": "/1", "hot": 5}, {"title": "Two", "url": "//y.example/2"}],
}


def parsed(document=HOT, path="data", timezone="UTC", **fields):
    text = document if isinstance(document, str) else json.dumps(document)
    whole = dict.fromkeys(("id", "summary", "score", "published"), "")
    whole |= {"title": "title", "link": "url"} | fields
    return parse(
        ResponseBody(text.encode(), "", "https://x.example/hot/list", "", timezone, NOW),
        path,
        whole,
    )


def only(element, **more):
    (entry,) = parsed([element], path="@", **more).entries
    return entry


def test_every_element_becomes_an_entry():
    first, second = parsed(score="hot").entries
    assert (first.title, first.link, first.score) == ("One", "https://x.example/1", 5.0)
    assert (second.title, second.link, second.score) == ("Two", "https://y.example/2", None)


def test_a_list_in_jsonp_is_read_as_plain_json():
    assert parsed(f"/**/jQuery_3({json.dumps(HOT)});", score="hot") == parsed(score="hot")


def test_fields_can_be_nested_and_computed():
    element = {
        "target": {"id": 77, "title": "T &amp;amp; <em>x</em>", "excerpt": "<p>E</p>"},
        "heat": "56 万热度",
    }
    entry = only(
        element,
        title="target.title",
        link="join('', ['https://q.example/question/', to_string(target.id)])",
        id="target.id",
        summary="target.excerpt",
        score="heat",
    )
    assert (entry.title, entry.summary) == ("T &amp; x", "E")
    assert (entry.link, entry.guid, entry.score) == ("https://q.example/question/77", "77", 560000)


def test_a_value_can_be_quoted_into_a_link():
    entry = only(
        {"word": "a&b #好"},
        title="word",
        link="join('', ['https://s.example/?q=', url_quote(word)])",
    )
    assert entry.link == "https://s.example/?q=a%26b%20%23%E5%A5%BD"


@pytest.mark.parametrize(
    "value",
    [
        1795336200,
        "1795336200",
        1795336200000,
        1795336200000000,
        "2026-11-22T08:30:00Z",
        "2026-11-22 16:30",
    ],
)
def test_dates_are_numbers_or_text_in_the_sources_zone(value):
    entry = only({"title": "T", "at": value}, published="at", timezone="Asia/Shanghai")
    assert entry.published_at == MORNING


def test_missing_fields_and_fields_of_another_type_are_left_out():
    entry = only(
        {"title": "T", "url": 5, "n": [], "id": {}}, score="n", id="id", published="nothing"
    )
    assert (entry.link, entry.guid, entry.score, entry.published_at) == (
        "https://x.example/hot/5",
        "",
        None,
        None,
    )
    assert only({"title": "T", "url": "javascript:alert(1)"}).link == ""
    assert only({"title": "T", "n": "x"}, score="length(n.x)").score is None


def test_elements_may_be_plain_text():
    entries = parsed('["One", "Two"]', path="@", title="@", link="").entries
    assert [(entry.title, entry.link) for entry in entries] == [("One", ""), ("Two", "")]


def test_elements_without_title_and_summary_are_skipped():
    batch = parsed([{"title": "One"}, {"title": ""}, {}, None, 5], path="@")
    assert [entry.title for entry in batch.entries] == ["One"]


def test_an_empty_list_is_no_error():
    assert parsed({"data": []}).entries == ()


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        (HOT, "date", 'path = "date" leads to nothing .*an object with code, data'),
        (HOT, "code", 'path = "code" leads to 200'),
        ({"error": "login"}, "data", "an object with error"),
        ({"data": [{"name": "x"}, {}]}, "data", "none of the 2 elements .*an object with name"),
        ("", "@", "is empty"),
        ("<html>", "@", "a web page"),
        ("[" * 100_000, "@", "no JSON"),
        ("5", "@", "leads to 5"),
    ],
)
def test_a_document_that_does_not_fit_is_an_error(document, path, words):
    with pytest.raises(SourceError, match=words) as caught:
        parsed(document, path=path)
    assert "\n" not in caught.value.message


async def test_a_list_is_polled_like_any_document(site, source):
    own = {"path": "data", "fields": {"title": "title"}}
    polled = source("json", own, url=site.url("/gone"), fallbacks=[site.url("/j")])
    site.pages["/j"] = answer(json.dumps(HOT))
    batch = await polled.poll(NOTHING)
    assert [entry.link for entry in batch.entries] == [site.url("/1"), "http://y.example/2"]
    assert "application/json" in site.requests[0].headers["accept"]
    assert (await polled.poll(batch.validators)).not_modified


async def test_json_too_deep_or_of_a_wrong_kind_leaves_the_worker_alive(site, source):
    polled = source("json", {"path": "data"}, url=site.url("/j"))
    for hostile in (b"[" * 2_000_000, b'{"data":' * 100_000, b"9" * 1_000_000, b"\xff\xfe\x00"):
        site.pages["/j"] = answer(hostile)
        with pytest.raises(SourceError):
            await polled.poll(NOTHING)
    site.pages["/j"] = answer(json.dumps(HOT))
    assert len((await polled.poll(NOTHING)).entries) == 2


# queries in the config


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("a b", r'not JMESPath at "b" \(character 3\)'),
        ("data[", "not JMESPath"),
        ("", "an empty JMESPath expression"),
        ("标题", '"标题"'),
        ("join_('', [a])", 'no function "join_"; did you mean "join"'),
        ("xyzzy(@)", "there are abs"),
        ("a" * 3000, "at most 2000 characters"),
        ("(" * 1500, "not JMESPath"),
    ],
)
def test_each_error_of_a_query_has_its_message(written, words):
    with pytest.raises(ValueError, match=words):
        read_query(written)


@pytest.mark.parametrize(
    "written", ["@", "data[*].a", "a || b", '"标题"', "sort_by(data, &n)", "url_quote(a)"]
)
def test_correct_queries_are_accepted(written):
    assert read_query(written) == written


def test_searching_never_raises():
    assert search("length(@)", 5) is None
    assert search("url_quote(@)", 5.5) == "5.5"
    assert search("url_quote(@)", "\ud800") is None
    assert search("a[::0]", {"a": [1]}) is None


def test_a_wrong_query_is_a_fault_of_the_config_with_its_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        '[accounts.a]\nserver = "https://s.example"\ntoken_file = "t"\n'
        '[sources.j]\nkind = "json"\nurl = "https://x.example/"\nto = ["a"]\npath = "data["\n'
        '[sources.j.fields]\ntitle = "to_strnig(id)"\nlinks = "url"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    faults = {(fault.line, fault.path) for fault in caught.value.faults}
    assert faults == {
        (8, "sources.j.path"),
        (10, "sources.j.fields.title"),
        (11, "sources.j.fields.links"),
    }
    assert 'did you mean "to_string"?' in caught.value.message
    assert 'did you mean "link"?' in caught.value.message
