"""What the answer of a chat service means: a text, or a failure of the service or of an entry.

| answer | slug | final | of the service |
|---|---|---|---|
| 401, 403 | step_unauthorised | yes | yes |
| 3xx, 404, 405, 410 | step_not_found | yes | yes |
| 402, 429 | step_rate_limited | no | yes |
| 503, 529 | step_unreachable | no | yes |
| 408, 409, 425, other 5xx | step_server_error | no | no |
| every other 4xx | step_rejected | yes | no |
| a filter or the model itself refuses | step_refused | yes | no |
| an empty text | step_empty | no | no |
| what cannot be read | step_bad_answer | no | no |

A failure that is final would be the same at the next call, until the config changes. After one of
the service no other entry is tried either, before its pause is over. Services pack errors into
answers with status 200 too; then the code within the error counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.secrets import MIN_TOKEN_LENGTH, without_secret
from reblogbot.core import http_headers
from reblogbot.core.json_values import object_of, text_of, without_surrogates
from reblogbot.core.text import clean, one_line
from reblogbot.errors import StepError
from reblogbot.model import StepAnswer
from reblogbot.words import Words

LONGEST_WAIT = timedelta(hours=6)
_MAX_WORDS = 200
_MAX_MODEL = 100
_MAX_TOKENS = 1_000_000_000
_MAX_COST = 1_000_000.0
_UNSUPPORTED = ("unsupported_parameter", "unsupported_value")
_THINKING = ("<think>", "</think>")
_NO_SPACE = re.compile(r"\S")


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """An answer. `headers` have lower-case names; `where` names the step and the host."""

    where: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


_SLUGS = {
    **dict.fromkeys((401, 403), "step_unauthorised"),
    **dict.fromkeys((404, 405, 410), "step_not_found"),
    **dict.fromkeys((402, 429), "step_rate_limited"),
    **dict.fromkeys((503, 529), "step_unreachable"),
    **dict.fromkeys((408, 409, 425), "step_server_error"),
}
_FINAL = frozenset({"step_unauthorised", "step_not_found", "step_rejected"})
_OF_SERVICE = frozenset(
    {"step_unauthorised", "step_not_found", "step_rate_limited", "step_unreachable"}
)
_ADVICE = {
    "step_unauthorised": Words(
        "the service refuses the key; put a valid one into key_file or key_env"
    ),
    "step_not_found": Words("nothing of the API is there; correct url and model"),
    "step_rate_limited": Words("the service asks to wait, or the account has no credit left"),
    "step_unreachable": Words("the service is not available; it is tried again later"),
    "step_server_error": Words("the service has an error; it is tried again later"),
    "step_rejected": Words("the service does not take this request; change the step or its prompt"),
}
_REDIRECTED = Words("the service redirects, which is not followed; set url to the final address")


def slug_of(status: int) -> str:
    """The slug of a status other than 2xx, by the table above."""
    if status in _SLUGS:
        return _SLUGS[status]
    if status >= 500:
        return "step_server_error"
    # a 1xx that ends the exchange is that of something else than the API, too
    return "step_not_found" if status < 400 else "step_rejected"


def read_answer(answer: ChatAnswer, now: datetime, secret: str = "") -> StepAnswer:
    """The text of an answer, without what the model thought. Raises StepError.

    `secret` is kept out of the text and of messages.
    """
    if not 200 <= answer.status < 300:
        raise status_error(answer, answer.status, now, secret)
    document = _document(answer)
    choice = _first_object(document.get("choices"))
    if choice is None and document.get("error"):
        raise status_error(answer, _code(document["error"]), now, secret)
    message = choice.get("message") if choice is not None else None
    if choice is None or not isinstance(message, Mapping):
        raise _bad_answer(answer, Words("has no message of a model"))
    _check_choice(answer, choice, message)
    text = _without_thinking(without_surrogates(_content(message)))
    if not clean(text):
        reason = Words("{where}: the model answered nothing", where=answer.where)
        raise StepError("step_empty", reason)
    if len(secret) < MIN_TOKEN_LENGTH:
        # a placeholder for a service that asks for none, such as "ollama": a word of texts too
        secret = ""
    usage = document.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    cost = _number(usage.get("cost"), _MAX_COST)
    return StepAnswer(
        without_secret(text, secret),
        model=without_secret(one_line(text_of(document.get("model"))), secret)[:_MAX_MODEL],
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        cost=None if cost is None else float(cost),
    )


def status_error(answer: ChatAnswer, status: int, now: datetime, secret: str) -> StepError:
    """The error of a status, with the words of the service and the time to try again."""
    slug = slug_of(status)
    retry_at = None
    if slug not in _FINAL:
        retry_at = http_headers.retry_after(
            answer.headers.get("retry-after", ""),
            now,
            answer.headers.get("date", ""),
            longest=LONGEST_WAIT,
        )
    message = Words(
        "{where}: {reason} ({words})",
        where=answer.where,
        reason=_REDIRECTED if 300 <= status < 400 else _ADVICE[slug],
        words=service_words(answer, status, secret),
    )
    return StepError(
        slug,
        message,
        is_final=slug in _FINAL,
        is_of_service=slug in _OF_SERVICE,
        retry_at=retry_at,
    )


def refused_parameter(answer: ChatAnswer) -> str:
    """The parameter of the request that this model does not take, "" for none."""
    if answer.status != 400:
        return ""
    error = (object_of(answer.body.decode("utf-8", "replace")) or {}).get("error")
    if not isinstance(error, Mapping) or error.get("code") not in _UNSUPPORTED:
        return ""
    return text_of(error.get("param"))


def service_words(answer: ChatAnswer, status: int, secret: str) -> str:
    """The status and the service's own words about it: one line, without the secret."""
    text = answer.body.decode("utf-8", "replace")
    document = object_of(text)
    words = ""
    if 300 <= status < 400:
        # the host alone: a path may hold the session of a login page
        host = urlsplit(_printable(answer.headers.get("location", ""))).netloc.rpartition("@")[2]
        words = f"to {host}" if host else ""
    elif document is not None:
        words = _error_text(document)
    elif not text.lstrip().startswith("<"):
        words = text_of(text)
    # cleaned first, so that an invisible character within the secret does not hide it
    line = without_secret(one_line(f"HTTP {status} {words}"), secret)
    return line if len(line) <= _MAX_WORDS else line[: _MAX_WORDS - 1] + "…"


def _printable(text: str) -> str:
    """The text, "" where it is no URL that can be split."""
    try:
        urlsplit(text)
    except ValueError:
        return ""
    return text


def _error_text(document: Mapping[str, Any]) -> str:
    """The text of an error, in the forms of OpenAI, llama.cpp, Ollama, vLLM and FastAPI."""
    error = document.get("error", document)
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("detail")
    return text_of(error)


def _document(answer: ChatAnswer) -> Mapping[str, Any]:
    try:
        text = answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _bad_answer(answer, Words("is not UTF-8")) from None
    start = text.lstrip()
    if "event-stream" in answer.headers.get("content-type", "") or start.startswith("data:"):
        raise _bad_answer(answer, Words("is a stream, which was not asked for"))
    document = object_of(text)
    if document is None:
        is_page = start.startswith("<")
        raise _bad_answer(answer, Words("is a web page") if is_page else Words("is no JSON object"))
    return document


def _first_object(items: Any) -> Mapping[str, Any] | None:
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, Mapping) else None


def _code(error: Any) -> int:
    """The status that an error within an answer names; 500 where it names none."""
    code = error.get("code") if isinstance(error, Mapping) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500


def _check_choice(
    answer: ChatAnswer, choice: Mapping[str, Any], message: Mapping[str, Any]
) -> None:
    """Raise StepError where the model wrote no text on purpose."""
    if choice.get("finish_reason") == "content_filter" or message.get("refusal"):
        reason = Words(
            "{where}: the service or the model refuses to answer this; change the prompt, or skip "
            "the entry",
            where=answer.where,
        )
        raise StepError("step_refused", reason, is_final=True)
    if message.get("tool_calls") or message.get("function_call"):
        raise _bad_answer(answer, Words("calls a tool, and there are none"))


def _content(message: Mapping[str, Any]) -> str:
    """The text of a message, whose parts are joined; "" where it has none."""
    content = message.get("content")
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, Mapping))
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _without_thinking(text: str) -> str:
    """The text without the blocks at its start that hold what a model thought.

    The first block may lack its opening mark, which some services put into the prompt. A block
    that is never closed was cut off: there is no answer.
    """
    opening, closing = _THINKING
    # positions, not texts: a service may send a hundred thousand blocks
    start = _word_start(text, 0)
    end = text.find(closing, start)
    if end >= 0 and text.find(opening, start, end) < 0:
        start = _word_start(text, end + len(closing))
    while text.startswith(opening, start):
        end = text.find(closing, start)
        if end < 0:
            return ""
        start = _word_start(text, end + len(closing))
    return text[start:].rstrip()


def _word_start(text: str, position: int) -> int:
    """The index of the first character from there on that is no white space."""
    match = _NO_SPACE.search(text, position)
    return match.start() if match else len(text)


def _number(value: Any, most: float) -> float | None:
    """A number of JSON from 0 to `most`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN is not between any two numbers
    return value if 0 <= value <= most else None


def _count(value: Any) -> int | None:
    number = _number(value, _MAX_TOKENS)
    return None if number is None else int(number)


def _bad_answer(answer: ChatAnswer, reason: str) -> StepError:
    message = Words(
        "{where}: the answer {reason}; check that url is that of an OpenAI-compatible API",
        where=answer.where,
        reason=reason,
    )
    return StepError("step_bad_answer", message)
