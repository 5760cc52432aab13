"""The kind `page`: a web page without a feed, one entry per element that a selector finds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources.scrape import parse_page
from reblogbot.sources.scrape.selectors import read_item, read_selector
from reblogbot.sources.shared.document import Document

Selector = Annotated[str, AfterValidator(read_selector)]
ItemSelector = Annotated[str, AfterValidator(read_item)]
ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


class Select(Table):
    """CSS of an entry's element, and of its parts within it; `@name` behind takes an attribute.

    Without `link`, it is the first link there is; without `title`, that link's text.
    """

    item: ItemSelector
    title: Selector = ""
    link: Selector = ""
    summary: Selector = ""
    image: Selector = ""


class PageOptions(Table):
    select: Select


class PageSource:
    """A page at `url` or, while that fails, at one of `fallbacks`."""

    Options = PageOptions
    needs = ("url",)

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        own = (settings.options.select.model_dump(),)
        self._document = Document(settings, tools, ACCEPT, parse_page.parse, own)

    async def poll(self, known: Validators) -> Batch:
        """All entries the page shows now. Raises the SourceError `url` itself failed with."""
        return await self._document.poll(known)
