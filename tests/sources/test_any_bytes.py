"""No bytes make a parser raise anything but SourceError."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.chouti import parse as parse_chouti
from reblogbot.sources.scrape import parse_json_list, parse_page
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.testing import fault_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
FIELDS = {
    "title": "title || @",
    "link": "join('', ['/', to_string(id), url])",
    "id": "id",
    "summary": "url_quote(summary)",
    "score": "score",
    "published": "created_time",
}
SELECT = {
    "item": "a, div, li",
    "title": "a",
    "link": "@data-id",
    "summary": "p@title",
    "image": "img",
}
READERS = {
    "chouti json": parse_chouti.parse_json,
    "chouti page": parse_chouti.parse_page,
    "chouti feed": parse_chouti.parse_official_feed,
    "json": lambda body: parse_json_list.parse(body, "data || @", FIELDS),
    "page": lambda body: parse_page.parse(body, SELECT),
    "page of links": lambda body: parse_page.parse(
        body, {"item": "a", "title": "", "link": "", "summary": "", "image": "img@src"}
    ),
}
NAMES = [
    "id",
    "title",
    "url",
    "summary",
    "created_time",
    "timeIntoPool",
    "score",
    "ups",
    "data",
    "img_url",
]
NAMES += ["submitted_user", "nick", "multigraphList", "subject_id", "result", "dataList", "message"]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        [
            "/link/7",
            "//[",
            "http://[::1",
            "【标题】正文",
            "1795336200000000",
            "9" * 400,
            10**400 // 3,
        ]
    ),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=30,
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8), max_size=5)
MARKUP = st.lists(
    st.sampled_from(
        [
            "<a href='/link/7'>",
            "<a href='http://['>",
            "</a>",
            "<div class=link-item data-id=7>",
            "</div>",
            "<div share-linkid=8 share-title='【甲乙】&amp;'>",
            "<a class=link-title>",
            "<li>",
            "<img src=//x original>",
            "<base href='http://[/'>",
            "<title>",
            "<p title='&#xD800;'>",
            "<!--",
            "<svg>",
            "<template>",
            "\0",
            "标题",
            "&",
        ]
    ),
    max_size=30,
).map("".join)
BODIES = st.one_of(
    st.binary(max_size=400),
    MARKUP.map(lambda html: html.encode("utf-8", "replace")),
    MARKUP.map(lambda html: json.dumps({"result": {"data": {"dataList": html}}}).encode()),
    VALUES.map(lambda value: json.dumps(value).encode()),
    RECORDS.map(lambda records: json.dumps({"data": records}).encode()),
)


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@settings(deadline=None, max_examples=60)
@given(
    octets=BODIES, content_type=st.sampled_from(["", "text/html; charset=utf-16", "x; charset=gbk"])
)
def test_any_bytes_end_in_proper_entries_or_a_source_error(read, octets, content_type):
    body = ResponseBody(octets, content_type, "https://x.example/a/b", "", "Asia/Shanghai", NOW)
    try:
        batch = read(body)
    except SourceError as error:
        assert "\n" not in error.message
        return
    assert [fault_of(entry, NOW) for entry in batch.entries if fault_of(entry, NOW)] == []
