"""What the documents promise: every error is explained, and nothing is explained that is not there."""

import ast
import re
from pathlib import Path

import pytest

from reblogbot.cli.commands.init import CHOUTI_FEED
from reblogbot.config.starter import starter
from reblogbot.store import database, files
from reblogbot.targets.mastodon import responses
from reblogbot.web import http

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ERRORS = {
    "ConfigError", "Doubtful", "RateLimited", "ReblogbotError", "Refused", "Rejected", "SourceError",
    "StoreError", "TargetError", "TooLong", "Unauthorised", "Unreachable",
}  # fmt: skip


def tabled():
    """The slugs that stand in tables, from which errors are made."""
    yield from (row.slug for row in responses.ERRORS)
    yield from responses._ADVICE
    yield from (slug for _, slug, _ in http._CAUSES)
    yield from (slug for _, slug, _ in database._BY_WORDS)
    yield from files.BY_NUMBER.values()


def raised():
    """The slugs in those tables, and those that stand as literals where errors are made."""
    slugs = set(tabled())
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


def test_no_error_is_explained_that_is_not_there():
    explained = OPERATIONS[OPERATIONS.index("## Messages by slug") :]
    titles = ", ".join(re.findall(r"^#### (.*)$", explained, re.MULTILINE)).replace("-", "_")
    bullets = re.findall(r"^\* ((?:`\w+`(?:,\s+)?)+):", explained, re.MULTILINE)
    named = {*titles.split(", "), *re.findall(r"`(\w+)`", "".join(bullets))}
    constants = {
        node.value
        for path in (ROOT / "src").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert len(named) > 60
    assert named - constants == set()


def test_the_quickstart_shows_what_init_writes():
    page = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    block = re.search(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert block[1] == starter("https://social.example", "news", "chouti", CHOUTI_FEED)


def test_no_message_names_a_file_that_an_installed_copy_does_not_have():
    """Docstrings and comments may: they are read in a checkout."""
    named = []
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        named += [
            (path.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and re.search(r"docs/|\.md\b|config\.example", node.value)
        ]
    assert named == []


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in folder.glob("0*.md"))
    assert decisions
    assert [name for name in decisions if f"({name})" not in index] == []
