"""An edit changes what it names; every other line of the file stays, byte for byte."""

import copy
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.editing import EditableToml
from reblogbot.config.toml_values import toml_value
from reblogbot.errors import ConfigError
from toml_layouts import (
    FILTER_KEYS,
    KEYS,
    VALUES,
    assert_others_stay,
    layouts,
    text_of,
)

CONFIG = """\
# the bot's config
[accounts.news]
server = "https://social.example" # ours
token_file = 'news.token'

# hot entries
[sources.hot]
kind = "feed"
  url   =   "https://hot.example/feed"   # the main feed
to = [
  "news", # all of them
]
# every = "5m"

# ------------------------

[sources.hot.filter]
max_age = "2d"

[sources."cold ones"]
kind = "feed"
"""


def edited(toml, edit):
    document = EditableToml(toml)
    edit(document)
    tomllib.loads(document.text)
    return document.text


def set_value(toml, keys, value):
    return edited(toml, lambda document: document.set_value(keys, value))


def unset(toml, keys):
    return edited(toml, lambda document: document.unset(keys))


def remove(toml, keys):
    return edited(toml, lambda document: document.remove(keys))


def add_table(toml, keys, values):
    return edited(toml, lambda document: document.add_table(keys, values))


def rename(toml, keys, name):
    return edited(toml, lambda document: document.rename(keys, name))


def test_a_value_is_replaced_and_the_comment_beside_it_stays():
    url = "https://hot.example/other"
    assert set_value(CONFIG, ("sources", "hot", "url"), url) == CONFIG.replace(
        "https://hot.example/feed", url
    )


def test_an_added_key_follows_the_last_one_of_its_table():
    assert set_value(CONFIG, ("sources", "hot", "enabled"), False) == CONFIG.replace(
        "]\n# every", "]\nenabled = false\n# every"
    )


@pytest.mark.parametrize(
    ("toml", "keys", "expected"),
    [
        ("a.x = 1\n", ("a", "y"), "a.x = 1\na.y = 2\n"),
        ("[s]\n  a . x = 1 # c", ("s", "a", "y"), "[s]\n  a . x = 1 # c\n  a.y = 2"),
        ("s = {a = {x = 1}}", ("s", "a", "y"), "s = {a = {x = 1, y = 2}}"),
        ("s = { a.x = 1, b.z = 1 }\n", ("s", "a", "y"), "s = { a.x = 1, a.y = 2, b.z = 1 }\n"),
        ("[s]\na = {}\n", ("s", "a", "y"), "[s]\na = {y = 2}\n"),
        ("[s.a]\nx = 1\n", ("s", "a", "f", "y"), "[s.a]\nx = 1\nf.y = 2\n"),
        (
            "[s.a.f]\nx = 1\n[s.a]\nz = 1",
            ("s", "a", "f", "y"),
            "[s.a.f]\nx = 1\ny = 2\n[s.a]\nz = 1",
        ),
        ("[s.a.f]\nx = 1\n[s.a]\nz = 1", ("s", "a", "y"), "[s.a.f]\nx = 1\n[s.a]\nz = 1\ny = 2"),
        ("[s.a.f]\nx = 1\n", ("s", "a", "y"), "[s.a.f]\nx = 1\n\n[s.a]\ny = 2\n"),
        ("[s]\n", ("h", "y"), "[s]\n\n[h]\ny = 2\n"),
        ("", ("y",), "y = 2\n"),
        ("", ("s", "a", "y"), "[s.a]\ny = 2\n"),
        ("[s]\r\nx = 1\r\n", ("s", "y"), "[s]\r\nx = 1\r\ny = 2\r\n"),
        ("[s]\r\nx = 1", ("s", "y"), "[s]\r\nx = 1\r\ny = 2"),
        (
            '["s"."a b"]\nx = """\n[s.c]\n"""\n[s.c]\n',
            ("s", "a b", "y"),
            '["s"."a b"]\nx = """\n[s.c]\n"""\ny = 2\n[s.c]\n',
        ),
    ],
)
def test_an_added_key_is_written_as_its_neighbours_are(toml, keys, expected):
    assert set_value(toml, keys, 2) == expected


def test_a_key_that_replaces_a_table_is_the_only_one():
    toml = set_value(CONFIG, ("sources", "hot", "filter"), {"max_age": "1d", "domains": ["a"]})
    assert tomllib.loads(toml)["sources"]["hot"]["filter"] == {"max_age": "1d", "domains": ["a"]}


def test_a_removed_table_takes_its_sub_tables_and_its_own_comments_along():
    assert remove(CONFIG, ("sources", "hot")) == (
        '# the bot\'s config\n[accounts.news]\nserver = "https://social.example" # ours\n'
        "token_file = 'news.token'\n\n# ------------------------\n\n"
        '[sources."cold ones"]\nkind = "feed"\n'
    )


def test_the_comment_above_another_table_stays():
    toml = "[s.a]\nx = 1\n\n# about b\n[s.b]\nx = 1\n\n# about c\n[s.c]\nx = 1\n"
    assert remove(toml, ("s", "a")) == "# about b\n[s.b]\nx = 1\n\n# about c\n[s.c]\nx = 1\n"
    assert remove(toml, ("s", "b")) == "[s.a]\nx = 1\n\n# about c\n[s.c]\nx = 1\n"
    assert remove(toml, ("s", "c")) == "[s.a]\nx = 1\n\n# about b\n[s.b]\nx = 1\n"


def test_a_table_is_renamed_wherever_it_is_named():
    toml = '[sources]\na.x = 1\n"a".y = 2\n[sources.a.filter]\nz = "a"\n[other.a]\n'
    assert rename(toml, ("sources", "a"), "中 文") == (
        '[sources]\n"中 文".x = 1\n"中 文".y = 2\n[sources."中 文".filter]\nz = "a"\n[other.a]\n'
    )


def test_tables_are_added_at_the_end_or_into_the_inline_table_around_them():
    values = {"kind": "feed", "filter": {"max_age": "1d"}}
    assert add_table("[a]\nx = 1", ("s", "b"), values) == (
        '[a]\nx = 1\n\n[s.b]\nkind = "feed"\n\n[s.b.filter]\nmax_age = "1d"'
    )
    assert add_table("s = {a = {x = 1}}\n", ("s", "b"), values) == (
        's = {a = {x = 1}, b = {kind = "feed", filter = {max_age = "1d"}}}\n'
    )


def test_a_name_that_is_taken_is_neither_added_nor_given():
    document = EditableToml(CONFIG)
    with pytest.raises(KeyError):
        document.add_table(("sources", "hot"), {})
    with pytest.raises(KeyError):
        document.rename(("sources", "hot"), "cold ones")
    with pytest.raises(KeyError):
        document.remove(("sources", "warm"))
    assert document.text == CONFIG


def test_what_is_within_an_array_is_left_to_the_admin():
    for toml in ("[[s]]\nx = 1\n", "s = [{x = 1}]\n"):
        with pytest.raises(ConfigError, match="by hand"):
            EditableToml(toml).set_value(("s", "x"), 2)


@pytest.mark.parametrize("toml", ["[s", "a = 1\na = 2", "x = " + "[" * 5000])
def test_a_text_that_is_no_toml_is_refused(toml):
    with pytest.raises(ConfigError, match="not valid TOML"):
        EditableToml(toml)


# generated configs


def without_empty_tables(value):
    """The document; whether an empty table is left is not said."""
    if not isinstance(value, dict):
        return value
    inner = {key: without_empty_tables(of) for key, of in value.items()}
    return {key: of for key, of in inner.items() if of != {}}


def owned(document, keys):
    for key in keys:
        document = document.setdefault(key, {})
    return document


@given(layouts(), st.data())
def test_an_edited_config_says_what_was_edited_and_keeps_all_other_lines(lines, data):
    toml = text_of(lines)
    before = tomllib.loads(toml)
    document = EditableToml(toml)
    expected = copy.deepcopy(before)
    names = list(before.get("sources", {}))
    name = data.draw(st.sampled_from(names or ["new"]))
    table = ("sources", name)
    if data.draw(st.booleans()):
        keys = (*table, data.draw(st.sampled_from(KEYS)))
    else:
        keys = (*table, "filter", data.draw(st.sampled_from(FILTER_KEYS)))
    match data.draw(st.sampled_from(["set", "unset", "add", "rename", "remove", "pause"])):
        case "set" | "pause":
            value = data.draw(VALUES)
            document.set_value(keys, value)
            owned(expected, keys[:-1])[keys[-1]] = value
        case "unset" if keys in document:
            document.unset(keys)
            del owned(expected, keys[:-1])[keys[-1]]
        case "add":
            keys = ("sources", "new one")
            values = {"kind": "feed", "filter": {"x": data.draw(VALUES)}}
            document.add_table(keys, values)
            owned(expected, keys[:-1])[keys[-1]] = values
        case "rename" if names:
            keys = table
            document.rename(table, "new one")
            expected["sources"]["new one"] = expected["sources"].pop(name)
        case "remove" if names:
            keys = table
            document.remove(table)
            del expected["sources"][name]
    after = tomllib.loads(document.text)
    assert without_empty_tables(after) == without_empty_tables(expected)
    assert_others_stay(lines, keys, document.text)


@given(layouts(), st.sampled_from([("enabled",), ("filter", "similar")]), VALUES)
def test_a_key_that_is_set_and_unset_leaves_no_trace(lines, path, value):
    toml = text_of(lines)
    for name in tomllib.loads(toml).get("sources", {}):
        document = EditableToml(toml)
        document.set_value(("sources", name, *path), value)
        document.set_value(("sources", name, *path), value)
        document.unset(("sources", name, *path))
        assert document.text == toml


@given(layouts(), VALUES)
def test_a_table_that_is_added_and_removed_leaves_blank_lines_at_most(lines, value):
    toml = text_of(lines)
    document = EditableToml(toml)
    tables = {("sources", f"new {n}"): {"kind": value, "filter": {"a": [1]}} for n in range(3)}
    document.add_tables(tables)
    for keys in tables:
        document.remove(keys)
    assert document.text.split() == toml.split()


@given(
    st.dictionaries(
        st.text(max_size=6),
        st.recursive(
            VALUES | st.floats(allow_nan=False) | st.datetimes() | st.dates() | st.times(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=4), inner, max_size=2)
            ),
            max_leaves=6,
        ),
        max_size=3,
    )
)
def test_every_value_is_written_as_toml(values):
    assert tomllib.loads(f"value = {toml_value(values)}")["value"] == values
