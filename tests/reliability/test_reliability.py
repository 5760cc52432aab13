"""What docs/reliability.md says is tested is tested: each test exists, and `make check` runs it."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from fediverse.profiles import PROFILES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
ROWS = {
    int(number): tests
    for number, tests in re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
}
NAME = re.compile(r"`(test_\w+)`")
SKIPS = {"skip", "skipif", "xfail", "importorskip"}


def marks(node):
    """The names of what decorates a test, or is called in it, that may keep it from running."""
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)} & SKIPS


@cache
def written():
    """Every test there is, with what may keep it from running."""
    marks_by_test = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                marks_by_test.setdefault(node.name, set()).update(marks(node))
    return marks_by_test


def test_every_number_of_the_matrix_has_its_row():
    assert list(ROWS) == list(range(1, 82))


@pytest.mark.parametrize("number", ROWS)
def test_every_number_has_a_test_that_exists_and_is_not_skipped(number):
    named = NAME.findall(ROWS[number])
    assert named
    assert [name for name in named if name not in written()] == []
    assert [name for name in named if written()[name]] == []


def test_make_check_leaves_no_test_out():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^test:.*\n\t(.+)$", makefile, re.MULTILINE)[1]
    selection = re.search(r"^check: SELECTION :=(.*)$", makefile, re.MULTILINE)[1]
    flags = re.search(r"^PYTEST_FLAGS \?= (.+)$", makefile, re.MULTILINE)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options = project["tool"]["pytest"]["ini_options"]
    assert re.search(r"^check:.*\btest\b", makefile, re.MULTILINE)
    assert options["testpaths"] == ["tests"]
    words = [
        *recipe.partition("pytest")[2].split(),
        *flags.split(),
        *selection.split(),
        *options["addopts"],
    ]
    assert [word for word in words if re.match(r"-m|-k|--deselect|--ignore", word)] == []


def test_the_run_that_is_shown_is_long_enough_and_clean():
    table = re.search(r"^profile +rounds .*?(?=^```)", PAGE, re.MULTILINE | re.DOTALL)[0]
    names = ["rounds", "entries", "posts", "lost", "doubled", "out of order", "kills", "faults"]
    assert re.split(r" {2,}", table.splitlines()[0])[1:] == names
    lines = {line.split()[0]: list(map(int, line.split()[1:])) for line in table.splitlines()[1:]}
    assert set(lines) == {*PROFILES, "all"}
    whole = lines.pop("all")
    assert whole == [sum(column) for column in zip(*lines.values(), strict=True)]
    rounds, entries, posts, lost, doubled, late, kills, faults = whole
    assert rounds >= 2000
    assert (lost, doubled, late) == (0, 0, 0)
    assert min(entries, posts, kills, faults) > 1000
    assert re.search(r"^make soak", PAGE, re.MULTILINE)
    assert re.search(r"\b[0-9a-f]{7,40}\b", PAGE)
