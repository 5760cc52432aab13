"""The kind `json`: a list in a JSON document, one entry per element."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources.scrape import parse_json_list
from reblogbot.sources.scrape.json_query import read_query
from reblogbot.sources.shared.document import Document
from reblogbot.sources.shared.fallbacks import poll_document

Query = Annotated[str, AfterValidator(read_query)]
ACCEPT = "application/json, */*;q=0.1"


class Fields(Table):
    """JMESPath expressions for the fields of an entry, applied to an element; "" for none."""

    title: Query = "title"
    link: Query = "url || link"
    id: Query = ""
    summary: Query = ""
    score: Query = ""
    published: Query = ""


class JsonOptions(Table):
    """`path` is the JMESPath expression of the list; "@" is the document itself."""

    path: Query = "@"
    fields: Fields = Field(default_factory=Fields)


class JsonSource:
    """A JSON document at `url` or, while that fails, at one of `fallbacks`."""

    Options = JsonOptions
    needs = ("url",)

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        options = settings.options if isinstance(settings.options, JsonOptions) else JsonOptions()
        arguments = (options.path, options.fields.model_dump())
        self._document = Document(settings, tools, ACCEPT, parse_json_list.parse, arguments)

    async def poll(self, known: Validators) -> Batch:
        """All entries the list shows now. Raises the SourceError that `url` failed with."""
        return await poll_document(self._document, known)
