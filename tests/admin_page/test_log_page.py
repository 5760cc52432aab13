"""The page "Log": the newest lines first, filtered, in pages, with links."""

import logging
import re

import pytest

from reblogbot.admin_page.log_buffer import MAX_FIELD_LENGTH, MAX_FIELDS, MAX_LINES, LogBuffer
from reblogbot.admin_page.views.log import PAGE_SIZE

log = logging.getLogger("reblogbot.tests")


@pytest.fixture(autouse=True)
def level(caplog):
    caplog.set_level("INFO", "reblogbot")


def texts(answer):
    return re.findall(r'<span class="text">([^<]*)', answer.text)


async def test_the_newest_line_is_first_and_leads_to_what_it_is_about(page):
    log.info("older")
    log.warning("newer", extra={"source": "hot & new", "account": "news", "id": 7, "slug": "x"})
    answer = await page.get("/log")
    assert texts(answer)[:2] == ["newer", "older"]
    assert 'href="/sources/hot%20%26%20new/edit"' in answer.text
    assert 'href="/accounts/news"' in answer.text
    assert '<span class="soft">slug=</span><bdi>x</bdi>' in answer.text


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("level=WARNING", ["three"]),
        ("level=nonsense", ["three", "two", "one"]),
        ("source=hot", ["two", "one"]),
        ("source=hot&account=b", ["two"]),
        ("text=THR", ["three"]),
        ("text=HIDDEN", ["one"]),
        ("text=%3Cnothing%3E", []),
        ("before=abc", ["three", "two", "one"]),
    ],
)
async def test_lines_are_filtered(page, query, listed):
    page.site.tools.log._lines.clear()
    log.info("one", extra={"source": "hot", "reason": "hidden"})
    log.info("two", extra={"source": "hot", "account": "b"})
    log.error("three")
    assert texts(await page.get(f"/log?{query}")) == listed


async def test_a_long_log_has_pages(page):
    page.site.tools.log._lines.clear()
    for number in range(PAGE_SIZE + 10):
        log.info("line %d", number)
    first = await page.get("/log")
    assert len(texts(first)) == PAGE_SIZE
    older = re.search(r'rel="next" href="([^"]+)"', first.text)[1]
    second = await page.get(older.replace("&amp;", "&"))
    assert texts(second) == [f"line {number}" for number in range(9, -1, -1)]
    assert 'id="log" data-live' in first.text
    assert 'id="log" data-live' not in second.text


async def test_a_page_of_long_lines_is_small(page):
    for number in range(200):
        log.info("x" * 5000, extra={f"field{letter}{number}": "&" * 900 for letter in "abcdefgh"})
    answer = await page.get("/log")
    assert len(texts(answer)) > 1
    assert len(answer.text) < 60_000 * 2


async def test_lines_are_text(page):
    log.info("<img src=x onerror=alert(1)>", extra={"error": "<script>alert(2)</script>"})
    answer = await page.get("/log")
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text


def test_the_log_in_memory_is_bounded():
    buffer = LogBuffer()
    fields = {f"field{number}": "y" * 10_000 for number in range(50)}
    for _ in range(MAX_LINES + 5):
        buffer.emit(logging.makeLogRecord({"msg": "x", **fields}))
    lines = buffer.lines()
    assert (len(lines), lines[-1].number, buffer.newest) == (MAX_LINES,) + (MAX_LINES + 5,) * 2
    assert len(lines[0].fields) == MAX_FIELDS
    assert max(map(len, lines[0].fields.values())) == MAX_FIELD_LENGTH


def test_an_exception_is_named():
    buffer = LogBuffer()
    try:
        raise ValueError("broken")
    except ValueError as error:
        information = (type(error), error, error.__traceback__)
    buffer.emit(logging.makeLogRecord({"msg": "failed", "exc_info": information}))
    assert buffer.lines()[0].fields == {"exception": "ValueError: broken"}


def test_a_line_that_cannot_be_formatted_does_not_stop_what_logs_it(capsys):
    buffer = LogBuffer()
    buffer.handle(logging.makeLogRecord({"msg": "%d", "args": ("many",)}))
    buffer.handle(logging.makeLogRecord({"msg": "next"}))
    assert [line.text for line in buffer.lines()] == ["next"]
    assert "--- Logging error ---" in capsys.readouterr().err
