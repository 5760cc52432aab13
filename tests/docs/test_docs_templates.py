"""The examples of docs/templates.md: each entry is rendered as the page shows it."""

import re
import tomllib
from pathlib import Path

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.compose import compose
from reblogbot.model import Entry, ServerLimits

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.*?)$|^```toml example\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def examples():
    heading, params = "", []
    for title, block in EXAMPLES:
        heading = title or heading
        if block:
            params.append(pytest.param(tomllib.loads(block), id=heading))
    return params


def test_the_page_has_examples():
    assert len(examples()) >= 8


@pytest.mark.parametrize("example", examples())
def test_an_example_renders_exactly_as_shown(example):
    source = SourceSettings(name="s", kind="feed", to=("news",), **example.get("source", {}))
    account = AccountSettings(name="news", server="https://social.example", token_env="T")
    fields = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in example["entry"].items()
    }
    limits = ServerLimits(example.get("limit", 500), per_link=23)
    post = compose(Entry(**fields), source, account, limits)
    expected = example["post"]
    assert post.text == expected["text"].removeprefix("\n")
    assert post.length <= limits.characters
    assert {name: getattr(post, name) for name in expected} | {"text": ""} == expected | {
        "text": ""
    }
