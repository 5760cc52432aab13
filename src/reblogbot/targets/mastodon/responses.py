"""What an answer of a server with the Mastodon API means for a post: one literal table."""

from __future__ import annotations

from reblogbot.core.mastodon_json import id_of
from reblogbot.targets.shared.answers import Purpose, ServerAnswer
from reblogbot.targets.shared.verdicts import (
    ALL_PURPOSES,
    ANY_SHAPE,
    CLIENT_ERRORS,
    WITH_WORDS,
    AnswerTable,
    Row,
    Verdict,
)
from reblogbot.words import Words

LENGTH_WORDS = (
    r"too long|character limit|over the limit|exceeds? (the )?max|max(imum)?[ _]?(char|length)"
    r"|(max|exceed)\w{0,20}.{0,20} characters|(longer|greater|more) than \d+ char|at most \d+ char"
    r"|字.{0,4}限制|文字数?.{0,6}(上限|超)|上限.{0,8}文字"
    r"|글자.{0,8}초과|Zeichen|caract[eè]res|caracteres|caratteri|символ|знаков"
)
SCOPE_WORDS = "scope|insufficient permissions"

_CREATE: frozenset[Purpose] = frozenset({"create"})
_VERIFY: frozenset[Purpose] = frozenset({"verify"})
_DELETE: frozenset[Purpose] = frozenset({"delete"})
_V = Verdict

# The first row that matches decides. What matches no row is doubtful.
ERRORS: tuple[Row, ...] = (
    Row(ALL_PURPOSES, frozenset({429}), ANY_SHAPE, "", _V.RATE_LIMITED, "rate_limited"),
    # Takahē's answer on verify_credentials to a token without the whole of `read`
    Row(
        ALL_PURPOSES,
        frozenset({401, 403}),
        WITH_WORDS,
        SCOPE_WORDS,
        _V.UNAUTHORISED,
        "scope_missing",
    ),
    Row(_VERIFY, CLIENT_ERRORS, ANY_SHAPE, "", _V.UNAUTHORISED, "token_refused"),
    Row(ALL_PURPOSES, frozenset({401, 403}), ANY_SHAPE, "", _V.UNAUTHORISED, "not_allowed"),
    # Takahē
    Row(
        ALL_PURPOSES,
        frozenset({400}),
        WITH_WORDS,
        "invalid bearer token",
        _V.UNAUTHORISED,
        "token_refused",
    ),
    # Mastodon's answer to a text that mentions others than `allowed_mentions` names
    Row(_CREATE, frozenset({422}), WITH_WORDS, "unexpected_accounts", _V.REJECTED, "would_notify"),
    # Pixelfed
    Row(
        _CREATE, frozenset({400}), WITH_WORDS, "duplicate idempotency", _V.DOUBTFUL, "duplicate_key"
    ),
    Row(_CREATE, frozenset({400, 413, 422}), WITH_WORDS, LENGTH_WORDS, _V.TOO_LONG, "too_long"),
    Row(_CREATE, frozenset({400, 410, 413, 422}), WITH_WORDS, "", _V.REJECTED, "rejected"),
    Row(_DELETE, frozenset({400, 405, 422}), WITH_WORDS, "", _V.REJECTED, "not_retracted"),
    # Mastodon's answer to a repeated key whose first post was deleted
    Row(_CREATE, frozenset({404}), frozenset({"json"}), "", _V.DOUBTFUL, "not_found"),
    Row(ALL_PURPOSES, frozenset({404, 410}), ANY_SHAPE, "", _V.DOUBTFUL, "not_there"),
    Row(ALL_PURPOSES, frozenset(range(300, 400)), ANY_SHAPE, "", _V.DOUBTFUL, "redirected"),
    Row(ALL_PURPOSES, frozenset(range(500, 600)), ANY_SHAPE, "", _V.DOUBTFUL, "server_error"),
)


def _is_good(answer: ServerAnswer, purpose: Purpose) -> bool:
    """Whether an answer is good: for a creation only JSON with an id is.

    A page in answer to a deletion may be that of a proxy: it does not tell that anything happened.
    """
    content = answer.json()
    if purpose == "delete":
        return answer.shape in ("json", "empty")
    return content is not None if purpose == "read" else bool(id_of(content))


_ADVICE = {
    "token_refused": Words(
        "the token is refused; put a new one into the account's token_file, as"
        " `reblogbot login` does, or token_env"
    ),
    "scope_missing": Words(
        "the token lacks a scope; make one with read:accounts read:statuses read:search"
        " write:statuses write:media, or with read write:statuses write:media where the"
        " server wants the whole of read, as Takahē does"
    ),
    "not_allowed": Words(
        "refused as not allowed; see whether the account is suspended or the token revoked"
    ),
    "duplicate_key": Words(
        "the idempotency key of this post was used before; the account's statuses are"
        " searched for it"
    ),
    "would_notify": Words(
        "the text mentions people who would be notified; take them out of it with"
        " replace, or skip it"
    ),
    "too_long": Words("the post is over the server's limit"),
    "rejected": Words("the server refused this post; change it or skip it"),
    "not_found": Words(
        "the server finds nothing there; the account's statuses are searched for the post"
    ),
}

TABLE = AnswerTable(ERRORS, _is_good, _ADVICE)
classify, good_answer, error_message = TABLE.classify, TABLE.good_answer, TABLE.error_message
