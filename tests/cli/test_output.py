"""What is printed for a person: tables and lines that fit the terminal, colours, progress."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from reblogbot.cli.output import print_bold, print_table, print_wrapped, terminal_safe

LINK = f"https://news.example/{'long/' * 30}end"
HEAD = ("source", "title", "link", "state", "new")
ROWS = [
    (
        "热榜",
        "老城区的修表匠开了夜校，每周三晚八点，十二个座位，学费是一块停走的旧表",
        LINK,
        "ok",
        "3",
    ),
    ("hot", "Night trains return", "https://news.example/2", "failing", "12"),
]
COLUMNS = (40, 80, 200)


@pytest.fixture
def printed(capsys, monkeypatch):
    """Calls a function for a terminal of so many columns; the lines it prints."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(columns, function, *arguments, **options):
        monkeypatch.setenv("COLUMNS", str(columns))
        capsys.readouterr()
        function(*arguments, **options)
        return capsys.readouterr().out.splitlines()

    return call


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_table_fits_and_its_links_stay_whole(printed, columns):
    lines = printed(columns, print_table, HEAD, ROWS, link="link")
    assert LINK in [line.strip() for line in lines]
    assert [line for line in lines if cell_len(line) > columns and "://" not in line] == []
    assert [line for line in lines if line != line.rstrip()] == []
    whole = "".join("".join(lines).split())
    assert all(cell in whole for row in ROWS for cell in ("".join(row[0].split()), row[3]))


def test_wide_characters_keep_the_columns_aligned(printed):
    lines = printed(80, print_table, ("source", "state"), [("热榜", "ok"), ("hot", "failing")])
    assert lines == ["source  state", "热榜    ok", "hot     failing"]


def test_numbers_are_aligned_right_and_texts_left(printed):
    lines = printed(80, print_table, ("source", "waiting"), [("a", "5"), ("b", "1234")])
    assert lines == ["source  waiting", "a             5", "b          1234"]


def test_a_link_that_fits_stays_in_its_column(printed):
    rows = [("hot", "https://news.example/1")]
    assert printed(80, print_table, ("source", "url"), rows, link="url")[1].split() == [*rows[0]]


def test_where_columns_would_be_too_narrow_each_row_is_a_list(printed):
    head = ("account", "who", "software", "token", "state", "waiting")
    row = ("news", "@news@social.example", "mastodon", "works", "ok", "88")
    assert printed(40, print_table, head, [row]) == [
        "news",
        "  who: @news@social.example",
        "  software: mastodon",
        "  token: works",
        "  state: ok",
        "  waiting: 88",
    ]


def test_a_line_break_in_a_cell_does_not_break_the_table(printed):
    assert printed(80, print_table, ("a", "b"), [("x\ny\t", "\x1b[31mz")])[1] == "x y  �[31mz"


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=60)


@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=4),
    columns=st.integers(40, 120),
)
def test_any_table_fits(rows, columns):
    with pytest.MonkeyPatch.context() as patch:
        lines = []
        patch.setenv("COLUMNS", str(columns))
        patch.setattr("rich.console.Console.print", lambda _, line: lines.append(line.plain))
        patch.setattr("builtins.print", lines.append)
        print_table(("first", "second", "state"), [tuple(map(str, row)) for row in rows])
    assert [line for line in lines if cell_len(line) > columns and "://" not in line] == []


@pytest.mark.parametrize("columns", COLUMNS)
def test_wrapped_text_fits_and_its_links_stay_whole(printed, columns):
    text = f"the feed: {LINK}: {'老城区的修表匠' * 20} answered 404 Not Found"
    lines = printed(columns, print_wrapped, text, 4)
    assert [line for line in lines if cell_len(line) > columns and "://" not in line] == []
    assert [line for line in lines if f"{LINK}:" in line]
    assert "".join("".join(lines).split()) == "".join(text.split())


# colours


def coloured(printed, monkeypatch, **environ):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return "\n".join(printed(200, print_table, HEAD, ROWS, link="link"))


def test_a_state_is_coloured_and_named(printed, monkeypatch):
    text = coloured(printed, monkeypatch)
    assert re.search(r"\x1b\[31m *failing", text)
    assert not re.search(r"\x1b\[[0-9;]*m *ok", text)


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colours_gets_none(printed, monkeypatch, environ):
    text = coloured(printed, monkeypatch, **environ)
    assert "\x1b" not in text
    assert "failing" in text


def test_a_pipe_gets_no_colours(printed):
    assert "\x1b" not in "".join(printed(80, print_table, HEAD, ROWS, link="link"))
    assert printed(80, print_bold, "Needs attention:") == ["Needs attention:"]


@pytest.mark.parametrize(
    "text", ["👨\u200d👩\u200d👧", "می\u200cخواهم", "東京\u3000大阪", "1\u00a0000"]
)
def test_joiners_and_wide_spaces_stay_as_they_are(text):
    assert terminal_safe(text) == text
