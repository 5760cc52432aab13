"""What servers' answers mean: the table of the delivery protocol, step 4, wording by wording."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.errors import (
    Doubtful,
    LeaseExpired,
    RateLimited,
    Rejected,
    TargetError,
    TooLong,
    Unauthorised,
    Unreachable,
)
from reblogbot.targets.mastodon.responses import classify, good_answer
from reblogbot.targets.shared.answers import NoAnswer, Purpose, ServerAnswer, words_of
from reblogbot.targets.shared.verdicts import Verdict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = {"content-type": "application/json; charset=utf-8"}
HTML = {"content-type": "text/html; charset=utf-8"}
PLAIN = {"content-type": "text/plain"}


def says(error, status=422):
    return ServerAnswer(status, JSON, json.dumps({"error": error}, ensure_ascii=False).encode())


def page(status):
    return ServerAnswer(status, HTML, b"<!DOCTYPE html><title>oops</title>")


CREATE = [
    # sent: 2xx JSON with an id
    (ServerAnswer(200, JSON, b'{"id": "1"}'), "ok", ""),
    (ServerAnswer(200, JSON, b'{"id": 17}'), "ok", ""),
    (ServerAnswer(202, JSON, b'{"id": "1"}'), "ok", ""),
    (ServerAnswer(200, HTML, b' {"id": "1"}'), "ok", ""),
    (ServerAnswer(200, JSON, b'{"id": "1"}', is_whole=False), "ok", ""),
    # 2xx without an id
    (ServerAnswer(200, JSON, b'{"id": null}'), "doubtful", "unreadable_answer"),
    (ServerAnswer(200, JSON, b'{"id": ""}'), "doubtful", "unreadable_answer"),
    (ServerAnswer(200, JSON, b'{"id": true}'), "doubtful", "unreadable_answer"),
    (ServerAnswer(200, JSON, b'["id"]'), "doubtful", "unreadable_answer"),
    (
        ServerAnswer(200, JSON, b'{"id": "1", "content": "tru', is_whole=False),
        "doubtful",
        "unreadable_answer",
    ),
    (ServerAnswer(200, JSON, b""), "doubtful", "unreadable_answer"),
    (ServerAnswer(204), "doubtful", "unreadable_answer"),
    (page(200), "doubtful", "unreadable_answer"),
    (says("something", 200), "doubtful", "unreadable_answer"),
    (ServerAnswer(200, JSON, b"[" * 100_000), "doubtful", "unreadable_answer"),
    # redirects
    (ServerAnswer(301, {"location": "https://elsewhere.example/"}), "doubtful", "redirected"),
    (page(302), "doubtful", "redirected"),
    (ServerAnswer(308), "doubtful", "redirected"),
    # any 429
    (says("Too many requests", 429), "rate_limited", "rate_limited"),
    (page(429), "rate_limited", "rate_limited"),
    (ServerAnswer(429), "rate_limited", "rate_limited"),
    # 401 and 403 whatever the body
    (says("The access token is invalid", 401), "unauthorised", "not_allowed"),
    (ServerAnswer(401), "unauthorised", "not_allowed"),
    (page(401), "unauthorised", "not_allowed"),
    (page(403), "unauthorised", "not_allowed"),
    (says("Your login is currently disabled", 403), "unauthorised", "not_allowed"),
    (says("This action is outside the authorized scopes", 403), "unauthorised", "scope_missing"),
    (says("Insufficient permissions: write:statuses.", 403), "unauthorised", "scope_missing"),
    (says("out_of_scope", 401), "unauthorised", "scope_missing"),
    (ServerAnswer(400, PLAIN, b"Invalid Bearer token"), "unauthorised", "token_refused"),
    (ServerAnswer(400, JSON, b'"Invalid Bearer token"'), "unauthorised", "token_refused"),
    # Pixelfed
    (says("Duplicate idempotency key.", 400), "doubtful", "duplicate_key"),
    # too long, in every wording seen
    (says("Validation failed: Text character limit of 500 exceeded"), "too_long", "too_long"),
    (says("text with spoiler exceed max chars (5000)", 400), "too_long", "too_long"),
    (
        says("Bad Request: status too long, 5100 characters provided but limit is 5000", 400),
        "too_long",
        "too_long",
    ),
    (ServerAnswer(400, PLAIN, b"Status is too long"), "too_long", "too_long"),
    (says("The status is over the character limit"), "too_long", "too_long"),
    (
        says("Validation failed: Text is too long (maximum is 500 characters)"),
        "too_long",
        "too_long",
    ),
    (says("The status must not be greater than 500 characters."), "too_long", "too_long"),
    (
        says("Validierung fehlgeschlagen: Text Begrenzung von 500 Zeichen überschritten"),
        "too_long",
        "too_long",
    ),
    (says("验证失败：文本超过了 500 字的限制"), "too_long", "too_long"),
    (says("内容 已超過 500 字的限制"), "too_long", "too_long"),
    (says("テキスト 上限は500文字です"), "too_long", "too_long"),
    # refused
    (says("Validation failed: Text can't be blank"), "rejected", "rejected"),
    (says("status must be a valid BCP47 language tag", 400), "rejected", "rejected"),
    (says("gone", 410), "rejected", "rejected"),
    (ServerAnswer(413, PLAIN, b"Payload Too Large"), "rejected", "rejected"),
    (ServerAnswer(422, {}, b"no"), "rejected", "rejected"),
    (ServerAnswer(422, JSON, b'{"error": "cut', is_whole=False), "rejected", "rejected"),
    # the same from a proxy in between
    (page(400), "doubtful", "unreadable_answer"),
    (page(413), "doubtful", "unreadable_answer"),
    (page(422), "doubtful", "unreadable_answer"),
    (ServerAnswer(422, PLAIN, b"<html>no</html>"), "doubtful", "unreadable_answer"),
    (ServerAnswer(422, HTML, b"Unprocessable"), "doubtful", "unreadable_answer"),
    (ServerAnswer(422), "doubtful", "unreadable_answer"),
    (page(410), "doubtful", "not_there"),
    # 404
    (says("Record not found", 404), "doubtful", "not_found"),
    (page(404), "doubtful", "not_there"),
    (ServerAnswer(404), "doubtful", "not_there"),
    # others
    (says("teapot", 418), "doubtful", "unreadable_answer"),
    (says("method", 405), "doubtful", "unreadable_answer"),
    (says("oops", 500), "doubtful", "server_error"),
    (page(502), "doubtful", "server_error"),
    (ServerAnswer(503, {"retry-after": "60"}), "doubtful", "server_error"),
    (page(504), "doubtful", "server_error"),
    (ServerAnswer(520), "doubtful", "server_error"),
    (ServerAnswer(999), "doubtful", "unreadable_answer"),
    # no answer
    (NoAnswer("preparing", "UnicodeEncodeError"), "rejected", "unsendable"),
    (NoAnswer("connecting", "Connection refused"), "unreachable", "unreachable"),
    (NoAnswer("lapsed", "timed out"), "lapsed", "lapsed"),
    (NoAnswer("sent", "timed out"), "doubtful", "no_answer"),
]


@pytest.mark.parametrize(("outcome", "verdict", "slug"), CREATE)
def test_every_answer_to_a_creation_means_what_the_protocol_says(outcome, verdict, slug):
    assert classify(outcome, "create") == (Verdict(verdict), slug)


READ = [
    (ServerAnswer(200, JSON, b"[]"), "read", "ok"),
    (ServerAnswer(200, JSON, b"{}"), "read", "ok"),
    (ServerAnswer(200, JSON, b"null"), "read", "doubtful"),
    (ServerAnswer(200, JSON, b""), "read", "doubtful"),
    (ServerAnswer(200, JSON, b"[1, 2", is_whole=False), "read", "doubtful"),
    (page(200), "read", "doubtful"),
    (page(500), "read", "doubtful"),
    (says("no", 422), "read", "doubtful"),
    (says("gone", 404), "read", "doubtful"),
    (ServerAnswer(302), "read", "doubtful"),
    (says("no", 401), "read", "unauthorised"),
    (ServerAnswer(400, PLAIN, b"Invalid Bearer token"), "read", "unauthorised"),
    (ServerAnswer(429), "read", "rate_limited"),
    (NoAnswer("sent", ""), "read", "doubtful"),
    (NoAnswer("connecting", ""), "read", "unreachable"),
    (ServerAnswer(200, JSON, b'{"id": "1"}'), "verify", "ok"),
    (ServerAnswer(200, JSON, b"{}"), "verify", "doubtful"),
    (ServerAnswer(422), "verify", "unauthorised"),
    (says("no", 401), "verify", "unauthorised"),
    (ServerAnswer(400, PLAIN, b"Invalid Bearer token"), "verify", "unauthorised"),
    (page(404), "verify", "unauthorised"),
    (page(403), "verify", "unauthorised"),
    (ServerAnswer(429), "verify", "rate_limited"),
    (page(503), "verify", "doubtful"),
]


@pytest.mark.parametrize(("outcome", "purpose", "verdict"), READ)
def test_reading_requires_json_and_verifying_blames_the_token_for_any_4xx(
    outcome, purpose, verdict
):
    assert classify(outcome, purpose)[0] == Verdict(verdict)


CLASSES = {
    "rate_limited": RateLimited,
    "unauthorised": Unauthorised,
    "too_long": TooLong,
    "rejected": Rejected,
    "unreachable": Unreachable,
    "doubtful": Doubtful,
    "lapsed": LeaseExpired,
}


@pytest.mark.parametrize(("outcome", "verdict", "slug"), [row for row in CREATE if row[1] != "ok"])
def test_each_verdict_is_raised_as_its_own_class(outcome, verdict, slug):
    with pytest.raises(TargetError) as caught:
        good_answer(outcome, "create", where="social.example", now=NOW)
    assert type(caught.value) is CLASSES[verdict]
    assert caught.value.slug == slug


def test_429_says_until_when():
    headers = {"retry-after": "600"}
    with pytest.raises(RateLimited) as caught:
        good_answer(ServerAnswer(429, headers), "create", where="social.example", now=NOW)
    assert caught.value.until == NOW + timedelta(minutes=10)


@given(
    status=st.integers(100, 999),
    body=st.binary(max_size=60),
    type_=st.sampled_from(["", "text/html", "text/plain", "application/json"]),
    purpose=st.sampled_from(["create", "read", "verify"]),
)
def test_no_answer_breaks_the_table(status, body, type_, purpose: Purpose):
    answer = ServerAnswer(status, {"content-type": type_}, body)
    verdict, slug = classify(answer, purpose)
    certain = status in {400, 401, 403, 410, 413, 422, 429} or purpose == "verify"
    assert certain or verdict in {Verdict.OK, Verdict.DOUBTFUL}
    assert bool(slug) == (verdict is not Verdict.OK)


@given(st.text(max_size=600))
def test_the_words_of_a_server_are_one_printable_line_of_200_characters(text):
    line = words_of(ServerAnswer(422, JSON, json.dumps({"error": text}).encode()))
    assert len(line) <= 200
    assert line.isprintable()
    assert "\n" not in line


def test_the_token_is_never_repeated():
    answer = ServerAnswer(401, PLAIN, b"bad header: Bearer s3cret-t0ken")
    with pytest.raises(Unauthorised) as caught:
        good_answer(answer, "create", where="social.example", now=NOW, secret="s3cret-t0ken")
    assert "s3cret" not in caught.value.message
    assert "Bearer ***" in caught.value.message


@pytest.mark.parametrize(
    ("secret", "error", "kept"),
    [
        ("post", "cannot post this: posting to compost@post.example is over", "posting compost"),
        ("a+b", "a+b and aa+bb", "aa+bb"),
        ("kM3-0123456789abcdef", "key=xkM3-0123456789abcdefx, kM3-0123456789abcdef", ""),
    ],
)
def test_a_short_token_hides_no_other_word(secret, error, kept):
    message = words_of(says(error), secret)
    assert re.search(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", message) is None
    assert [word for word in kept.split() if word not in message] == []
    assert "***" in message
    assert len(secret) < 16 or secret not in message


def test_a_message_says_where_and_what_to_do():
    with pytest.raises(Unauthorised) as caught:
        good_answer(
            ServerAnswer(401), "verify", where="social.example, checking the token", now=NOW
        )
    assert caught.value.message.startswith("social.example, checking the token: ")
    assert "token_file" in caught.value.message


@pytest.mark.parametrize(
    ("link", "next_id"),
    [
        ('<https://x/?max_id=9>; rel="next", <https://x/?min_id=1>; rel="prev"', "9"),
        ("<https://x/?min_id=1>; rel=prev, <https://x/?max_id=01H%2Fz>; rel=next", "01H/z"),
        ('<https://x/?page=2>; rel="next"', None),
        ('<https://x/?min_id=1>; rel="prev"', ""),
        ('<https://x/style.css>; rel="preload"; as=style', None),
        ('<https://x/a>; rel="nextdoor"', None),
        ("", None),
        (", ; <", None),
    ],
)
def test_a_link_header_tells_the_next_page_or_that_there_is_none(link, next_id):
    assert ServerAnswer(200, {"link": link} if link else {}).next_max_id == next_id
