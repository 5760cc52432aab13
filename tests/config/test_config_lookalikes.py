"""Characters of a Chinese keyboard in a config: the fault names the column and the correction."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.lookalikes import hint_for_line


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("url = “https://x.example”", 'column 7: write " for “ and ”'),
        ('every = "15m”', 'column 13: write " for ”'),
        ("visibility = ‘public’", "column 14: write ' for ‘ and ’"),
        ('to = ["a"，"b"]', "column 10: write , for ，"),
        ('to = 【"news"】', "column 6: write [ for 【"),
        ('server： "x"', "column 7: write = for ："),
        ('server ＝ "x"', "column 8: write = for ＝"),
        ("［accounts.news］", "column 1: write [ for ［"),
        ("[accounts。news]", "column 10: write . for 。"),
        ("media = ３", "column 9: write 3 for ３"),
        ("per_hour = 3０", "column 13: write 0 for ０"),
        ('url\u3000= "x"', "column 4: write a space for the wide space U+3000"),
        ("first = 3 ＃ newest", "column 11: write # for ＃"),
        ("[accounts.新闻]", 'write [accounts."新闻"]'),
        ("[[sources.新闻]]", 'write [[sources."新闻"]]'),
        ('名称 = "x"', 'write "名称"'),
        ('新闻 ＝ "3"', "column 4: write = for ＝"),
    ],
)
def test_a_look_alike_or_an_unquoted_name_is_reported_with_column_and_correction(
    faults_of, line, hint
):
    messages, (written,) = faults_of(f"# first\n{line}\nfoo = 1\n")
    assert hint in messages[""]
    assert written.startswith((":2: invalid TOML: ", ":3: invalid TOML: "))


def test_look_alikes_within_strings_and_comments_are_let_alone():
    line = 'title = "“新闻”，３" ；x'
    assert hint_for_line(line, line.index("；") + 1).startswith("column 18: write ; for ；")
    assert hint_for_line('title = "“新闻”" x # ，', 15) == ""


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ('every = "１５m"', "write '1' for '１'"),
        ('url = "https：//x.example/feed"', "write ':' for '：'"),
        ('budget = "10／1d"', "write '/' for '／'"),
        ('language = "zh－CN"', "write '-' for '－'"),
    ],
)
def test_a_look_alike_in_a_value_at_fault_is_named(faults_of, plain, key, hint):
    name = key.partition(" ")[0]
    lines = [line for line in plain.splitlines() if not line.startswith(f"{name} =")]
    messages, _ = faults_of("\n".join([*lines, key]))
    assert hint in messages[f"sources.chouti.{name}"]


def test_a_value_without_fault_may_hold_them(load_toml, plain):
    assert load_toml(f'{plain}title = "新闻，３“点”"\n').sources["chouti"].title == "新闻，３“点”"


@pytest.mark.parametrize(
    ("zone", "meant"),
    [
        ("Asia/Beijing", 'did you mean "Asia/Shanghai"?'),
        ("beijing", 'did you mean "Asia/Shanghai"?'),
        ("Berlin", 'did you mean "Europe/Berlin"?'),
        ("Asia/Shangai", 'did you mean "Asia/Shanghai"?'),
        ("UTC+8", '"Etc/GMT-8"'),
        ("+08:00", '"Etc/GMT-8"'),
        ("America/San_Francisco", 'write one such as "Asia/Shanghai"'),
    ],
)
def test_a_place_that_is_no_zone_leads_to_its_zone(faults_of, plain, zone, meant):
    messages, _ = faults_of(f'{plain}timezone = "{zone}"\n')
    assert meant in messages["sources.chouti.timezone"]


@given(st.text("“”，：＝［］【】３新a=\"'[]#. \t", max_size=40), st.integers(0, 50))
def test_no_line_breaks_the_hint(line, column):
    hint = hint_for_line(line, column)
    assert "\n" not in hint
    try:
        tomllib.loads(line)
    except ValueError:
        assert isinstance(hint, str)
