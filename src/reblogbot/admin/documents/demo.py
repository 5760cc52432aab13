"""The document of `demo`."""

from __future__ import annotations

from typing import TypedDict

from reblogbot.demo.scenario import DemoArticle, DemoPost


class DemoDocument(TypedDict):
    """What the demo has posted, oldest first."""

    posts: list[DemoPost]
    again: int
    """How many posts the second round added; it must be 0."""
    articles: list[DemoArticle]
    """Of `demo --articles` alone."""
