"""The kind `feed`: RSS, Atom, RDF and JSON Feed documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel, ConfigDict

from reblogbot.config.settings import SourceSettings
from reblogbot.model import Batch, Entry, Validators
from reblogbot.ports import Outline, Tools
from reblogbot.sources.feed.worker import outline_feed, read_entries, read_feed
from reblogbot.sources.shared.document import Document
from reblogbot.sources.shared.fallbacks import poll_document, read_document

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)


class FeedSource:
    """A feed at `url` or, while that fails, at one of `fallbacks`."""

    class Options(BaseModel):
        """A feed has no settings of its own."""

        model_config = ConfigDict(extra="forbid", frozen=True)

    needs = ("url",)

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        self._document = Document(settings, tools, ACCEPT, read_feed)

    async def poll(self, known: Validators) -> Batch:
        """All entries the feed shows now. Raises the SourceError that `url` failed with."""
        return await poll_document(self._document, known)

    async def outline(self, known: Validators) -> Outline:
        """The same, with outlines of entries. Raises the SourceError that `url` failed with."""
        document = replace(self._document, parse=outline_feed)
        reading = await read_document(document, known)
        if all(entry.outline_position is None for entry in reading.batch.entries):
            # the body is not kept, since nothing more can be read from it
            return Outline(reading.batch)

        async def read(positions: Sequence[int]) -> Sequence[Entry]:
            entries = await document.tools.offload(read_entries, reading.body, tuple(positions))
            return reading.marked(entries)

        return Outline(reading.batch, read)
