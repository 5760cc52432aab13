"""The examples in docs/fediverse.md are valid configs, with at least one for each kind."""

import re
from pathlib import Path

import pytest

from reblogbot.app import load_config
from reblogbot.sources.fediverse import timeline_source

PAGE = (Path(__file__).parents[3] / "docs" / "fediverse.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml fragment\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
ACCOUNT = '[accounts.news]\nserver = "https://social.example"\ntoken_file = "news.token"\n'
KINDS = {"account", "actor", "bookmarks", "favourites", "hashtag", "home", "list", "mentions"}


@pytest.fixture
def loaded(tmp_path):
    def load(block):
        path = tmp_path / "config.toml"
        path.write_text(ACCOUNT + block, encoding="utf-8")
        return load_config(path).sources.values()

    return load


def test_every_kind_has_an_example_that_loads(loaded):
    kinds = {source.kind for block in BLOCKS for source in loaded(block)}
    assert kinds == KINDS | {"trends"}


def test_the_documented_scopes_are_those_of_the_kinds():
    for name in KINDS - {"actor", "list", "bookmarks", "favourites"} | {"trends"}:
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
        own = [
            scope
            for scope in getattr(timeline_source, name).scopes
            if scope not in timeline_source._SCOPES
        ]
        assert row.endswith(f"`{' '.join(own)}` |"), name
