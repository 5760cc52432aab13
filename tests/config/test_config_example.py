"""config.example.toml has every key with its default, and is valid."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from reblogbot.config.rules import KINDS_OF_ACCOUNT
from reblogbot.config.settings import AccountSettings, Config, SourceSettings, StepSettings
from reblogbot.config.tables import SourceKinds

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
KINDS = {
    *("feed", "chouti", "account", "hashtag", "list", "home", "mentions", "trends"),
    *("bookmarks", "favourites", "actor", "page", "json"),
}
# what stands in the tables only for the program
INNER = {
    (Config, "path"),
    (AccountSettings, "name"),
    (SourceSettings, "name"),
    (SourceSettings, "options"),
    (SourceSettings, "review_generated"),
    (StepSettings, "name"),
}
# what a file must say for itself, and so has no default, or stands there to be seen
REQUIRED = {"server", "kind", "to", "url", "token_file", "model", "prompt"}


def tables(model, written, loaded, path=""):
    """Every table of the example beside its model: (path, model, as written, as loaded)."""
    yield path, model, written, loaded
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from tables(inner, written.get(name, {}), getattr(loaded, name), f"{path}.{name}")


@pytest.fixture
def example(load_toml):
    return tomllib.loads(EXAMPLE.read_text()), load_toml(EXAMPLE.read_bytes())


@pytest.fixture
def all_tables(example):
    written, config = example
    return [
        *tables(Config, written, config),
        *tables(AccountSettings, written["accounts"]["news"], config.accounts["news"], "account"),
        *tables(StepSettings, written["steps"]["explain"], config.steps["explain"], "step"),
        *tables(SourceSettings, written["sources"]["chouti"], config.sources["chouti"], "source"),
    ]


def test_the_example_holds_every_key_of_every_table(all_tables):
    missing = {
        f"{path}.{name}"
        for path, model, written, _ in all_tables
        for name in model.model_fields
        if (model, name) not in INNER and name not in written
    }
    assert missing == set()
    assert len(all_tables) == 11


def test_the_example_shows_each_default_as_it_is(all_tables):
    for path, model, written, loaded in all_tables:
        for name, field in model.model_fields.items():
            default = field.get_default(call_default_factory=True)
            if (
                (model, name) in INNER
                or path == ""
                or default is PydanticUndefined
                or name in REQUIRED
            ):
                continue
            assert getattr(loaded, name) == default, f"{path}.{name}"
            # an empty string that hides a default would say nothing to the reader
            assert written[name] != "" or default in ("", None), f"{path}.{name}"


def test_the_example_has_a_comment_for_every_key():
    for line in EXAMPLE.read_text().splitlines():
        if re.match(r"\w+ = ", line):
            assert re.search(r"  # \S+ .*\S", line), line


def blocks():
    """The commented sources at the end, as TOML."""
    tail = EXAMPLE.read_text().partition("# The other kinds of source")[2]
    tail = tail.partition("\n\n\n# The other kinds of account")[0]
    return [part.replace("\n# ", "\n") for part in re.split(r"\n\n# (?=\[)", tail)[1:]]


def test_every_kind_has_an_example_or_is_named_in_one():
    kinds = {tomllib.loads(block)["sources"].popitem()[1]["kind"] for block in blocks()}
    assert kinds | {"feed", "home", "bookmarks", "favourites"} == KINDS
    assert all(re.search(rf"\b{kind}\b", EXAMPLE.read_text()) for kind in KINDS)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.split("]")[0])
def test_each_commented_source_loads_with_its_own_kind(load_toml, plain, block):
    registry = pytest.importorskip("reblogbot.sources.registry")
    kind = tomllib.loads(block)["sources"].popitem()[1]["kind"]
    if kind not in registry.kinds():
        pytest.skip(f"the kind {kind} is not installed")
    config = load_toml(
        plain + block,
        kinds=SourceKinds(["feed", *registry.kinds()], registry.options_of, registry.needs_of),
    )
    assert kind in {source.kind for source in config.sources.values()}


def test_the_commented_accounts_load(load_toml, plain):
    tail = EXAMPLE.read_text().partition("# The other kinds of account")[2]
    tables = [part.replace("\n# ", "\n") for part in re.split(r"\n\n# (?=\[)", tail)[1:]]
    accounts = load_toml(plain + "\n".join(tables)).accounts
    assert {account.kind for account in accounts.values()} == set(KINDS_OF_ACCOUNT)
