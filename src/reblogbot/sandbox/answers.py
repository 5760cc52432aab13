"""What the server sends back: JSON, pages, and refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reblogbot.sandbox.profiles import Refusal

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
_ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>{status}</title></head>"
    "<body><h1>{message}</h1></body></html>"
)

Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    body: bytes = b""
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Reply = Answer | Entity | list[Entity]
"""What an endpoint returns; anything but an Answer is sent as JSON with status 200."""


class Refused(Exception):
    """Raised by an endpoint to send `answer` instead of its result."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer whose body is `value` as JSON."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), status, JSON, headers or {})


def refusal_answer(refusal: Refusal, **values: object) -> Answer:
    """The answer of a refusal; `values` fill the placeholders of its message."""
    message = refusal.message.format(**values) if values else refusal.message
    match refusal.body:
        case "json":
            return json_answer({"error": message or "Record not found"}, refusal.status)
        case "html":
            page = _ERROR_PAGE.format(
                status=refusal.status, message=message or "Something went wrong"
            )
            return Answer(page.encode(), refusal.status, HTML)
        case "text":
            return Answer(message.encode(), refusal.status, "text/plain; charset=utf-8")
        case "empty":
            return Answer(b"", refusal.status, "text/plain")
