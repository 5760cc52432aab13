"""The examples of docs/templates.md: each entry is rendered as the page shows it."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.drafting import draft_job, drafts
from reblogbot.model import Batch, Entry, ServerLimits, StepText

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
    assert len(examples()) >= 18


def written(block):
    """A block of an article as the page shows it: `> quoted` and `[words](link)`."""
    words = (
        f"[{span.text}]({span.link})" if span.link not in ("", span.text) else span.text
        for span in block.spans
    )
    return {"paragraph": "", "heading": "## ", "quotation": "> "}[block.kind] + "".join(words)


def drafted(example):
    source = SourceSettings(name="s", kind="feed", to=("news",), **example.get("source", {}))
    account = {"server": "https://social.example", "token_env": "T", **example.get("account", {})}
    fields = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in example["entry"].items()
    }
    results = {name: StepText(**result) for name, result in example.get("results", {}).items()}
    job = draft_job(
        source,
        AccountSettings(name="news", **account),
        ServerLimits(example.get("limit", 500), per_link=23),
        Batch(),
        datetime(2026, 11, 28, tzinfo=UTC),
    )
    job = replace(job, entries=(Entry(**fields),), generated=frozenset(source.steps))
    (draft,) = drafts(replace(job, results=results) if "results" in example else job)
    return draft


@pytest.mark.parametrize("example", examples())
def test_an_example_renders_exactly_as_shown(example):
    draft = drafted(example)
    post, expected = draft.post, example["post"]
    assert post.length <= post.limit
    assert {**{name: getattr(post, name) for name in expected}, "text": post.text} == {
        **expected,
        "text": expected.get("text", post.text).removeprefix("\n"),
    }
    if "follow_up" in example:
        assert draft.follow_up.text == example["follow_up"]["text"].removeprefix("\n")
    if "article" in example:
        assert post.article.title == example["article"]["title"]
        assert [*map(written, post.article.body)] == example["article"]["body"]
