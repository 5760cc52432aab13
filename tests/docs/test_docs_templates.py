"""The examples in docs/templates.md, rendered: what stands there is what is posted."""

import re
import tomllib
from pathlib import Path

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.compose import compose
from reblogbot.model import Entry, Limits

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.*?)$|^```toml example\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def examples():
    heading, found = "", []
    for title, block in EXAMPLES:
        heading = title or heading
        if block:
            found.append(pytest.param(tomllib.loads(block), id=heading))
    return found


def test_the_page_has_its_examples():
    assert len(examples()) >= 8


@pytest.mark.parametrize("example", examples())
def test_an_example_is_posted_to_the_letter(example):
    source = SourceSettings(name="s", kind="feed", to=("news",), **example.get("source", {}))
    account = AccountSettings(name="news", server="https://social.example", token_env="T")
    given = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in example["entry"].items()
    }
    limits = Limits(example.get("limit", 500), per_link=23)
    post = compose(Entry(**given), source, account, limits)
    expected = example["post"]
    assert post.text == expected["text"].removeprefix("\n")
    assert post.length <= limits.characters
    assert {name: getattr(post, name) for name in expected} | {"text": ""} == expected | {
        "text": ""
    }
