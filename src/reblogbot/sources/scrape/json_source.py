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
from reblogbot.words import Words

Query = Annotated[str, AfterValidator(read_query)]
ACCEPT = "application/json, */*;q=0.1"


class Fields(Table):
    """JMESPath expressions for the fields of an entry, applied to an element; "" for none."""

    title: Query = Field(
        "title", description=Words("The title of an entry."), examples=['"note || word"']
    )
    link: Query = Field(
        "url || link", description=Words("The link of an entry."), examples=['"url"']
    )
    id: Query = Field("", description=Words("What identifies an entry."), examples=['"id"'])
    summary: Query = Field("", description=Words("The summary of an entry."), examples=['"desc"'])
    score: Query = Field("", description=Words("The score, such as votes."), examples=['"hot"'])
    published: Query = Field(
        "", description=Words("When an entry was published."), examples=['"timestamp"']
    )


class JsonOptions(Table):
    path: Query = Field(
        "@",
        description=Words("Where the list is, in JMESPath; @ is the document itself."),
        examples=['"data"'],
    )
    fields: Fields = Field(
        default_factory=Fields,
        description=Words("JMESPath expressions for the fields of an entry."),
        examples=['{ title = "title", link = "url" }'],
    )


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
