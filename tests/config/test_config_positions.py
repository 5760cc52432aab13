"""Every key that tomllib reports has a position, and its line holds the key."""

import tomllib

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.toml_positions import find_positions

DOCUMENT = '''\
# key = "in a comment"
top = 1
dotted.key.path = "x"  # every = 2
"quoted key" = [
  "a]",   # a bracket = in a comment
  "b",
  { inner = 1, "other \\u0041" = { deep = [] } },
]
[a]
text = """
every = "not a key"
[not.a.table]
"""
after = 1979-05-27 07:32:00
[a.b.c]
same = \'\'\'first
second = 2\'\'\'\'\'
'single #' = "x # y"
[[many]]
one = 1
[many.sub]
two = 2
[[many]]
one = 3
[[many.sub]]
three = 3
[late.child]
x = 1
[late]
y = 2
'''


def line_of(*keys):
    return find_positions(DOCUMENT).at(keys).line


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("top",), 2),
        (("dotted", "key", "path"), 3),
        (("quoted key",), 4),
        (("quoted key", 1), 6),
        (("quoted key", 2, "inner"), 7),
        (("quoted key", 2, "other A", "deep"), 7),
        (("a",), 9),
        (("a", "text"), 10),
        (("a", "after"), 14),
        (("a", "b"), 15),
        (("a", "b", "c", "same"), 16),
        (("a", "b", "c", "single #"), 18),
        (("many",), 19),
        (("many", 0, "one"), 20),
        (("many", 0, "sub", "two"), 22),
        (("many", 1), 23),
        (("many", 1, "one"), 24),
        (("many", 1, "sub", 0, "three"), 26),
        (("late", "child", "x"), 28),
        (("late", "y"), 30),
    ],
)
def test_each_key_of_a_document_with_every_syntax_has_its_line(keys, line):
    tomllib.loads(DOCUMENT)
    assert line_of(*keys) == line


def test_a_table_has_the_line_of_its_own_header_not_of_a_child_before_it():
    assert line_of("late") == 29


def test_a_missing_key_has_the_line_of_its_table():
    assert line_of("a", "b", "c", "missing", "deeper") == 15


def test_no_key_is_read_out_of_a_multi_line_string():
    assert "every" not in find_positions(DOCUMENT).at(["a"]).children
    assert "second" not in find_positions(DOCUMENT).at(["a", "b", "c"]).children


@pytest.mark.parametrize(
    ("toml", "nth", "line"),
    [
        ('x = """\none\ntwo\n"""', 1, 2),
        ('x = """\none\ntwo\n"""', 2, 3),
        ('x = """one\ntwo"""', 2, 2),
        ('x = """\r\none\r\ntwo\r\n"""', 2, 3),
        ("x = '''\none\ntwo'''", 2, 3),
        ('x = "one\\ntwo"', 2, 1),
        ('x = """\none"""', 99, 2),
    ],
)
def test_the_nth_line_of_a_text_is_found_in_the_file(toml, nth, line):
    assert find_positions(toml).at(["x"]).line_of_text(nth) == line


@pytest.mark.parametrize("toml", ["", "\n\n", "# only a comment", "\t\r\n"])
def test_a_document_without_keys_has_no_find_positions(toml):
    assert find_positions(toml).children == {}


names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
scalars = (
    st.integers(-1000, 1000)
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.dates()
    | st.text(st.sampled_from("ab =[]{}#\"'\\\n\t,.中"), max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
documents = st.dictionaries(names, values, max_size=5)


def multi_line(value):
    """The same, its texts and arrays over several lines where tomlkit can write them so."""
    if isinstance(value, str) and "\n" in value and "\r" not in value:
        return tomlkit.string(value, multiline=True)
    if isinstance(value, list):
        array = tomlkit.array()
        for element in value:
            array.append(multi_line(element))
        return array.multiline(multiline=True)
    return value


def paths(value, above=()):
    """Every key path tomllib reports, with its last key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*above, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*above, key))


@given(documents, st.booleans())
def test_every_path_tomllib_reports_has_a_line_that_holds_its_key(document, over_lines):
    plain = {k: multi_line(v) if over_lines else v for k, v in document.items()}
    toml = tomlkit.dumps(plain)
    parsed = tomllib.loads(toml)
    root, lines = find_positions(toml), toml.split("\n")
    for path in paths(parsed):
        position = root.at(path[:-1]).children[path[-1]]
        if isinstance(path[-1], str):
            written = lines[position.line - 1]
            assert path[-1] in written or tomlkit.key([path[-1]]).as_string() in written
