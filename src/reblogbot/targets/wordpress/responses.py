"""What an answer of WordPress means for a post: one literal table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reblogbot.targets.shared.answers import Purpose, ServerAnswer, Shape
from reblogbot.targets.shared.verdicts import (
    ALL_PURPOSES,
    ANY_SHAPE,
    WITH_WORDS,
    AnswerTable,
    Row,
    Verdict,
)
from reblogbot.words import Words

_JSON: frozenset[Shape] = frozenset({"json"})
_CREATE: frozenset[Purpose] = frozenset({"create"})
_VERIFY: frozenset[Purpose] = frozenset({"verify"})
_DELETE: frozenset[Purpose] = frozenset({"delete"})
_V = Verdict

# The first row that matches decides. What matches no row is doubtful.
ERRORS: tuple[Row, ...] = (
    Row(ALL_PURPOSES, frozenset({429}), ANY_SHAPE, "", _V.RATE_LIMITED, "rate_limited"),
    Row(_VERIFY, frozenset({401, 403}), ANY_SHAPE, "", _V.UNAUTHORISED, "token_refused"),
    Row(ALL_PURPOSES, frozenset({401, 403}), ANY_SHAPE, "", _V.UNAUTHORISED, "not_allowed"),
    # the answer to a question for drafts, where the password was refused or never came
    Row(ALL_PURPOSES, frozenset({400}), _JSON, "rest_forbidden", _V.UNAUTHORISED, "not_allowed"),
    # of a web server before WordPress
    Row(_CREATE, frozenset({413}), ANY_SHAPE, "", _V.REJECTED, "rejected"),
    Row(_CREATE, frozenset({400, 409, 415, 422}), WITH_WORDS, "", _V.REJECTED, "rejected"),
    Row(_DELETE, frozenset({400, 405, 422, 501}), WITH_WORDS, "", _V.REJECTED, "not_retracted"),
    Row(ALL_PURPOSES, frozenset({404, 410}), ANY_SHAPE, "", _V.DOUBTFUL, "not_there"),
    Row(ALL_PURPOSES, frozenset(range(300, 400)), ANY_SHAPE, "", _V.DOUBTFUL, "redirected"),
    Row(ALL_PURPOSES, frozenset(range(500, 600)), ANY_SHAPE, "", _V.DOUBTFUL, "server_error"),
)


def _is_good(answer: ServerAnswer, purpose: Purpose) -> bool:
    """Whether an answer is good: a page, as of a proxy, does not tell that anything happened."""
    content = answer.json()
    if purpose in ("create", "verify"):
        return number(content, "id") > 0
    return content is not None if purpose == "read" else isinstance(content, Mapping)


def number(entity: object, name: str) -> int:
    """A number in a field of a JSON object, 0 where there is none."""
    value: Any = entity.get(name) if isinstance(entity, Mapping) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


_ADVICE = {
    "token_refused": Words(
        "the blog refuses the application password; make another one on the user's profile page,"
        " then run `reblogbot login`. If it is right, the web server may not pass the"
        " Authorization header on to PHP"
    ),
    "not_allowed": Words(
        "refused as not allowed; see whether the application password works and the user may"
        " write posts"
    ),
    "rejected": Words("the blog refused this post; change it or skip it"),
}

TABLE = AnswerTable(ERRORS, _is_good, _ADVICE)
