"""One JSON document to a Batch, by the admin's queries; runs in the parse worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reblogbot.core.text import clean
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry
from reblogbot.sources.scrape.json_query import ask
from reblogbot.sources.shared import json_text
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.urls import json_link
from reblogbot.web.addresses import shown

_MOST = 10_000


def parse(body: Body, path: str, fields: Mapping[str, str]) -> Batch:
    """The Batch of the list at `path`, each element read by `fields`.

    Elements with neither title nor summary are passed over. Raises SourceError, whatever the
    bytes are: where there is no list, and where no element has any of the fields.
    """
    document = json_text.loads(body.text(), body.url)
    elements = ask(path, document)
    if not isinstance(elements, list):
        raise SourceError(
            "path_empty",
            f'{shown(body.url)}: path = "{path}" leads to {json_text.described(elements)}, not to '
            f"a list; the document is {json_text.described(document)}; correct path",
        )
    entries = tuple(
        entry for element in elements[:_MOST] if (entry := _entry(element, fields, body))
    )
    if elements and not entries:
        raise SourceError(
            "fields_empty",
            f"{shown(body.url)}: none of the {len(elements)} elements has a title or summary; "
            f"the first is {json_text.described(elements[0])}; correct fields",
        )
    return Batch(entries=entries)


def _entry(element: Any, fields: Mapping[str, str], body: Body) -> Entry | None:
    def found(name: str) -> Any:
        return ask(fields[name], element) if fields.get(name) else None

    title = plain_line(json_text.text_of(found("title")))
    summary = clean(plain(json_text.text_of(found("summary"))))
    if not title and not summary:
        return None
    return Entry(
        title=title,
        link=json_link(body.url, json_text.text_of(found("link"))),
        guid=json_text.text_of(found("id")),
        summary=summary,
        published_at=json_text.instant_of(found("published"), body.zone(), body.now),
        score=json_text.number_of(found("score")),
    )
