"""What the documents promise: every error is explained, and nothing is explained that is not there."""

import ast
import re
from pathlib import Path

import pytest

from reblogbot.targets import classify

ROOT = Path(__file__).parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ERRORS = {
    "ConfigError", "Doubtful", "RateLimited", "ReblogbotError", "Rejected", "SourceError",
    "StoreError", "TargetError", "TooLong", "Unauthorised", "Unreachable",
}  # fmt: skip


def raised():
    """The slugs that stand as literals where errors are made."""
    slugs = {row.slug for row in classify.ERRORS}
    for path in (ROOT / "src").rglob("*.py"):
        if "testing" in path.parts:
            continue  # what it raises on purpose is no admin's business
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in ERRORS and isinstance(first, ast.Constant):
                    slugs.add(first.value)
    return sorted(slugs)


@pytest.mark.parametrize("slug", raised())
def test_every_error_has_its_words_in_operations(slug):
    assert (
        f"`{slug}`" in OPERATIONS
        or f"#### {slug.replace('_', '-')}\n" in OPERATIONS
        or (
            f"{slug.replace('_', '-')}"
            in "".join(re.findall(r"^#### .*$", OPERATIONS, re.MULTILINE))
        )
    )


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in folder.glob("0*.md"))
    assert decisions
    assert [name for name in decisions if f"({name})" not in index] == []
