"""Every key of a config is described once: in the code for forms, in the docs for readers."""

import re
import tomllib
from pathlib import Path

import pytest

from reblogbot import __version__
from reblogbot.config.diagnostics import keys_of
from reblogbot.config.key_help import KEY_HELP, key_help
from reblogbot.config.settings import SourceSettings
from reblogbot.sources import registry

DOCS = Path(__file__).resolve().parents[2] / "docs"
INTERNAL = {"name", "options", "review_generated"}
"""Fields of the settings that are no keys of the file."""


def tables_of_kinds():
    """The models of the keys that kinds add, and of the tables in them."""
    models = {registry.options_of(kind) for kind in registry.kinds()} - {None}
    inner = {field.annotation for model in models for field in model.model_fields.values()}
    return models | {
        model for model in inner if isinstance(model, type) and hasattr(model, "model_fields")
    }


MODELS = [*KEY_HELP, *sorted(tables_of_kinds(), key=lambda model: model.__name__)]
KEYS = [(model, key) for model in MODELS for key in keys_of(model) if key not in INTERNAL]


@pytest.mark.parametrize(("model", "key"), KEYS, ids=lambda part: getattr(part, "__name__", part))
def test_every_key_has_a_sentence_of_help_and_an_example(model, key):
    help_of_key = key_help(model, key)
    assert help_of_key.text.endswith(".")
    assert help_of_key.text[0].isupper()
    assert len(help_of_key.text) <= 100
    tomllib.loads(f"value = {help_of_key.example}")
    version = [int(part) for part in help_of_key.since.split(".")]
    major, minor, _ = (int(part) for part in __version__.split("."))
    assert version <= [major, minor + 1, 0]


def test_no_help_is_left_of_a_key_that_is_gone():
    for model, keys in KEY_HELP.items():
        assert set(keys) <= set(keys_of(model))
    with pytest.raises(KeyError):
        key_help(SourceSettings, "evry")
    with pytest.raises(KeyError):
        key_help(registry.options_of("chouti"), "lst")


def test_the_docs_name_every_key():
    pages = ("configuration.md", "sources.md", "articles.md")
    text = "\n".join((DOCS / page).read_text(encoding="utf-8") for page in pages)
    words = set(re.findall(r"[a-z_]+", text))
    assert {key for _, key in KEYS} - words == set()
