"""The documents: every error is explained, no other error is, and examples match the program."""

import ast
import re
from pathlib import Path

import pytest

from reblogbot.cli.commands.init import CHOUTI_FEED
from reblogbot.config.starter import starter
from reblogbot.steps import chat_answer
from reblogbot.store import driver_errors, files
from reblogbot.targets.mastodon import responses
from reblogbot.web import http

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
ERRORS = {
    "ConfigError", "Doubtful", "RateLimited", "ReblogbotError", "Refused", "Rejected", "SourceError",
    "StoreError", "TargetError", "TooLong", "Unauthorised", "Unreachable",
}  # fmt: skip


def slugs_in_tables():
    """The slugs in tables of the source code from which errors are built."""
    yield from (row.slug for row in responses.ERRORS)
    yield from responses._ADVICE
    yield from (slug for _, slug, _ in http._CAUSES)
    yield from (chat_answer.slug_of(status) for status in range(300, 600))
    yield from (slug for _, slug, _ in driver_errors.ADVICE)
    yield from files.SLUG_BY_ERRNO.values()


def raised_slugs():
    """The slugs in those tables, and the literal slugs in calls that build an error."""
    slugs = set(slugs_in_tables())
    for path in (ROOT / "src").rglob("*.py"):
        if "testing" in path.parts:
            continue  # its errors reach the authors of plug-ins, not admins
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in ERRORS and isinstance(first, ast.Constant):
                    slugs.add(first.value)
    return sorted(slugs)


@pytest.mark.parametrize("slug", raised_slugs())
def test_every_error_is_explained_in_operations(slug):
    assert (
        f"`{slug}`" in OPERATIONS
        or f"#### {slug.replace('_', '-')}\n" in OPERATIONS
        or (
            f"{slug.replace('_', '-')}"
            in "".join(re.findall(r"^#### .*$", OPERATIONS, re.MULTILINE))
        )
    )


def test_no_error_is_explained_that_does_not_exist():
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
    """Docstrings and comments may name such files: they are read in a checkout."""
    messages = []
    for path in (ROOT / "src").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        messages += [
            (path.name, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and re.search(r"docs/|\.md\b|config\.example", node.value)
        ]
    assert messages == []


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in folder.glob("0*.md"))
    assert decisions
    assert [name for name in decisions if f"({name})" not in index] == []
