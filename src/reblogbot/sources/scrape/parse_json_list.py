"""A JSON document to a Batch, by configured JMESPath queries; runs in the parser child."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reblogbot.core.json_values import number_of, text_of
from reblogbot.core.text import clean
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry
from reblogbot.sources.scrape.json_query import search
from reblogbot.sources.shared import dates, json_text
from reblogbot.sources.shared.plain_text import plain, plain_line
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import json_link
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

_MAX_ELEMENTS = 10_000


def parse(body: ResponseBody, path: str, fields: Mapping[str, str]) -> Batch:
    """The Batch of the list at `path`, each element read by `fields`.

    Elements with neither title nor summary are skipped. Raises SourceError, and nothing else, when
    there is no list or no element has a title or summary.
    """
    document = json_text.loads(body.text(), body.url)
    elements = search(path, document)
    if not isinstance(elements, list):
        raise SourceError(
            "path_empty",
            Words(
                '{where}: path = "{path}" leads to {elements}, not to a list; the document is '
                "{document}; correct path",
                where=redacted_url(body.url),
                path=path,
                elements=json_text.described(elements),
                document=json_text.described(document),
            ),
        )
    entries = tuple(
        entry for element in elements[:_MAX_ELEMENTS] if (entry := _entry(element, fields, body))
    )
    if elements and not entries:
        raise SourceError(
            "fields_empty",
            Words(
                "{where}: none of the {count} elements has a title or summary; the first is "
                "{elements}; correct fields",
                where=redacted_url(body.url),
                count=len(elements),
                elements=json_text.described(elements[0]),
            ),
        )
    return Batch(entries=entries)


def _entry(element: Any, fields: Mapping[str, str], body: ResponseBody) -> Entry | None:
    def value(name: str) -> Any:
        return search(fields[name], element) if fields.get(name) else None

    title = plain_line(text_of(value("title")))
    summary = clean(plain(text_of(value("summary"))))
    if not title and not summary:
        return None
    return Entry(
        title=title,
        link=json_link(body.url, text_of(value("link"))),
        guid=text_of(value("id")),
        summary=summary,
        published_at=dates.from_json(value("published"), body.zone(), body.now),
        score=number_of(value("score")),
    )
