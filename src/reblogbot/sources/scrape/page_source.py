"""The kind `page`: a web page without a feed, one entry per element that a selector matches."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources.scrape import parse_page
from reblogbot.sources.scrape.selectors import read_item, read_selector
from reblogbot.sources.shared.document import Document
from reblogbot.sources.shared.fallbacks import poll_document
from reblogbot.words import Words

Selector = Annotated[str, AfterValidator(read_selector)]
ItemSelector = Annotated[str, AfterValidator(read_item)]
ACCEPT = "text/html, application/xhtml+xml, */*;q=0.1"


class Select(Table):
    """CSS selectors of the element of an entry, and of its parts; `@name` takes an attribute.

    Without `link`, the first link of the element is taken; without `title`, the text of that link.
    """

    item: ItemSelector = Field(
        description=Words("The element of each entry."), examples=['".cell.item"']
    )
    title: Selector = Field(
        "",
        description=Words("The title; without it, the text of the first link."),
        examples=['".item_title a"'],
    )
    link: Selector = Field(
        "",
        description=Words("The link; without it, the first link of the element."),
        examples=['".item_title a@href"'],
    )
    summary: Selector = Field("", description=Words("The summary."), examples=['"p"'])
    image: Selector = Field("", description=Words("The image."), examples=['"img@data-src"'])


class PageOptions(Table):
    select: Select = Field(
        description=Words("CSS selectors of an entry's element, and of its parts."),
        examples=['{ item = "li.entry" }'],
    )


class PageSource:
    """A page at `url` or, while that fails, at one of `fallbacks`."""

    Options = PageOptions
    needs = ("url",)

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        arguments = (settings.options.select.model_dump(),)
        self._document = Document(settings, tools, ACCEPT, parse_page.parse, arguments)

    async def poll(self, known: Validators) -> Batch:
        """All entries the page shows now. Raises the SourceError that `url` failed with."""
        return await poll_document(self._document, known)
