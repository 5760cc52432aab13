"""What is sent for a post, boost or quote, and what each answer means."""

from datetime import timedelta

import pytest
from samples import BOOST, POST, SEARCH, STATUSES, URI, far, search_result, status

from reblogbot.errors import (
    Doubtful,
    RateLimited,
    Rejected,
    TooLong,
    Unauthorised,
)
from reblogbot.model import Post, Receipt
from scripted_server import page, raw, says

# posting


def test_a_post_goes_out_with_key_visibility_and_language_and_gives_a_receipt(server, target):
    server.on("POST", STATUSES, says(200, status("1042")))
    assert target.publish(POST, "k-1") == Receipt("1042", "http://x/@news/1042")
    (sent,) = server.seen
    assert sent.headers["idempotency-key"] == "k-1"
    assert sent.headers["authorization"] == "Bearer s3cret-t0ken"
    assert sent.headers["user-agent"] == "reblogbot/test"
    assert sent.fields == {
        "status": POST.text,
        "content_type": "text/plain",
        "visibility": "unlisted",
        "language": "en",
    }


def test_a_warning_makes_the_post_sensitive_and_an_unknown_language_is_left_out(server, target):
    server.on("POST", STATUSES, says(200, status()))
    target.publish(Post("post", text="t", visibility="private", spoiler="violence"), "k")
    assert server.seen[0].fields == {
        "status": "t",
        "content_type": "text/plain",
        "visibility": "private",
        "spoiler_text": "violence",
        "sensitive": True,
    }


def test_an_id_is_kept_as_it_was_written(server, target):
    server.on("POST", STATUSES, says(200, status("01HZXABCDEFabcdef")))
    assert target.publish(POST, "k").remote_id == "01HZXABCDEFabcdef"


def test_a_numeric_id_and_a_missing_page_still_make_a_receipt(server, target):
    server.on("POST", STATUSES, says(200, {"id": 99}))
    assert target.publish(POST, "k") == Receipt("99", "")


def test_a_good_answer_with_a_garbled_rate_limit_is_no_failure(server, target):
    garbled = {"X-RateLimit-Reset": "whenever", "X-RateLimit-Remaining": "many"}
    server.on("POST", STATUSES, says(200, status(), garbled))
    assert target.publish(POST, "k").remote_id == "1"
    assert target.rate_remaining is None


def test_a_deprecated_endpoint_or_odd_fields_are_no_failure(server, target):
    odd = status(created_at="never", account=17, media_attachments="none", poll=[], card=3)
    server.on("POST", STATUSES, says(200, odd, {"Deprecation": "@1700000000"}))
    assert target.publish(POST, "k").remote_id == "1"


REPLIES = [
    (says(422, {"error": "Validation failed: Text character limit of 500 exceeded"}), TooLong),
    (says(422, {"error": "Validation failed: Text can't be blank"}), Rejected),
    (says(400, {"error": "Duplicate idempotency key."}), Doubtful),
    (page(422), Doubtful),
    (says(401, {"error": "The access token was revoked"}), Unauthorised),
    (page(403), Unauthorised),
    (says(429, {"error": "Too many requests"}), RateLimited),
    (says(404, {"error": "Record not found"}), Doubtful),
    (says(500, {"error": "oops"}), Doubtful),
    (page(502), Doubtful),
    (page(200), Doubtful),
    (says(200), Doubtful),
    (says(200, {"error": "accepted, perhaps"}), Doubtful),
    (says(200, {"id": None}), Doubtful),
    (raw(b""), Doubtful),
    (raw(b"", then="reset"), Doubtful),
    (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), Doubtful),
    (raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "1", '), Doubtful),
    (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"), Doubtful),
    (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"), Doubtful),
    (raw(b"\x16\x03\x01 no http at all"), Doubtful),
    (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n{}"), Doubtful),
]


@pytest.mark.parametrize(("reply", "error"), REPLIES)
def test_each_bad_answer_to_a_post_has_its_error_class(server, target, reply, error):
    server.on("POST", STATUSES, reply)
    with pytest.raises(error) as caught:
        target.publish(POST, "k")
    assert type(caught.value) is error
    assert "s3cret" not in caught.value.message
    assert caught.value.message.isprintable()
    assert len(server.seen) == 1


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirected_post_is_never_followed_and_in_doubt(server, target, code):
    server.on("POST", STATUSES, says(code, None, {"Location": "/api/v1/elsewhere"}))
    server.on("GET", "/api/v1/elsewhere", says(200, status()))
    server.on("POST", "/api/v1/elsewhere", says(200, status()))
    with pytest.raises(Doubtful) as caught:
        target.publish(POST, "k")
    assert caught.value.slug == "redirected"
    assert [request.path for request in server.seen] == [STATUSES]


def test_429_waits_for_the_reset_by_the_servers_own_clock(server, target, clock):
    two_hours_off = {
        "Date": "Sun, 01 Mar 2026 14:00:00 GMT",
        "X-RateLimit-Reset": "2026-03-01T14:30:00.000000Z",
        "X-RateLimit-Remaining": "0",
    }
    server.on("POST", STATUSES, says(429, {"error": "Too many requests"}, two_hours_off))
    with pytest.raises(RateLimited) as caught:
        target.publish(POST, "k")
    assert caught.value.until == clock.now() + timedelta(minutes=30)
    assert target.rate_remaining == 0


def test_a_text_that_cannot_be_encoded_is_rejected(server, target):
    with pytest.raises(Rejected) as caught:
        target.publish(Post("post", text="half a pair: \ud800"), "k")
    assert caught.value.slug == "unsendable"
    assert server.seen == []


# boosts and quotes: the status is found, then named by its own id

BY_ID = Post("boost", uri=URI, status_id="55", visibility="unlisted")
ONE = f"{STATUSES}/55"
QUOTE = Post("quote", uri=URI, status_id="55", text=f"Ann wrote\n{URI}", link=URI)


def test_a_status_is_searched_for_once_spelled_so_that_every_server_understands(server, target):
    server.on("GET", SEARCH, search_result(far()))
    assert target.status(BOOST).id == "55"
    (search,) = server.seen
    # Hollo answers 400 to anything but true and false
    assert search.query == {"q": URI, "resolve": "true", "type": "statuses"}


def test_a_status_whose_id_is_known_is_not_searched_for(server, target):
    server.on("GET", ONE, says(200, far()))
    found_ = target.status(BY_ID)
    assert (found_.id, found_.element["uri"], found_.boosted) == ("55", URI, None)
    assert [request.path for request in server.seen] == [ONE]


@pytest.mark.parametrize("post", [BOOST, BY_ID])
@pytest.mark.parametrize("reply", [says(404, {"error": "Record not found"}), page(404), page(410)])
def test_a_status_that_is_gone_is_none(server, target, post, reply):
    for path in (SEARCH, ONE):
        server.on("GET", path, reply)
    assert target.status(post) is None


def test_an_id_that_another_status_has_by_now_finds_nothing(server, target):
    other = far(uri="https://far.example/users/bo/statuses/1", url="https://far.example/@bo/1")
    server.on("GET", ONE, says(200, other))
    assert target.status(BY_ID) is None


def test_a_status_without_any_address_is_known_by_its_id_alone(server, target):
    server.on("GET", ONE, says(200, {"id": "55", "content": "x"}))
    assert target.status(Post("boost", uri="55", status_id="55")).id == "55"


MENTIONS_IT = status("80", uri="https://x/1", url="https://x/@a/1", content=f"look: {URI}")


@pytest.mark.parametrize(
    "reply", [search_result(), search_result(MENTIONS_IT), search_result(None, 3)]
)
def test_a_status_that_only_mentions_the_address_is_not_the_one(server, target, reply):
    server.on("GET", SEARCH, reply)
    assert target.status(BOOST) is None


@pytest.mark.parametrize("post", [BOOST, BY_ID])
@pytest.mark.parametrize(
    "reply",
    [
        page(500),
        page(200),
        says(200, []),
        says(200, {"id": None}),
        says(200, {"statuses": "none"}),
        raw(b"", then="reset"),
    ],
)
def test_a_failed_search_is_not_taken_for_an_answer(server, target, post, reply):
    for path in (SEARCH, ONE):
        server.on("GET", path, reply)
    with pytest.raises(Doubtful):
        target.status(post)
    assert {request.method for request in server.seen} == {"GET"}


def test_a_found_boost_stands_for_its_original(server, target):
    server.on("GET", SEARCH, search_result(status("60", uri=URI, reblog=far(id="61"))))
    assert target.status(BOOST).id == "61"
    server.on("GET", ONE, says(200, status("55", uri="http://x/1", reblog=far(id="61"))))
    assert target.status(BY_ID).id == "61"


def test_an_existing_boost_is_recognised(server, target):
    server.on("GET", ONE, says(200, far(reblogged=True)))
    assert target.status(BY_ID).boosted == Receipt("55", "https://far.example/@ann/9")


@pytest.mark.parametrize(
    ("approval", "may"),
    [
        ({"current_user": "automatic"}, True),
        ({"current_user": "manual"}, True),
        ({"current_user": "denied"}, False),
        ({"current_user": "unknown"}, False),
        ({}, False),
        (None, None),
        ("yes", None),
    ],
)
def test_whether_a_status_may_be_quoted_is_what_the_server_says(server, target, approval, may):
    server.on("GET", ONE, says(200, far(quote_approval=approval)))
    assert target.status(QUOTE).may_quote is may


def test_a_boost_uses_the_id_on_the_accounts_server(server, target):
    server.on("POST", f"{ONE}/reblog", says(200, status("77", reblog=far())))
    assert target.publish(BY_ID, "k") == Receipt("77", "https://far.example/@ann/9")
    (reblog,) = server.seen
    assert reblog.fields == {"visibility": "unlisted"}


def test_a_quote_names_the_status(server, target):
    server.on("POST", STATUSES, says(200, status()))
    target.publish(QUOTE, "k")
    assert server.asked("POST", STATUSES)[0].fields["quoted_status_id"] == "55"


@pytest.mark.parametrize("action", ["boost", "quote"])
def test_without_an_id_on_the_accounts_server_nothing_is_sent(server, target, action):
    with pytest.raises(Rejected):
        target.publish(Post(action, uri=URI, text="Ann wrote"), "k")
    assert server.seen == []


def test_an_answer_without_a_wrapper_is_a_receipt_too(server, target):
    server.on("POST", f"{ONE}/reblog", says(200, far(reblogged=True)))
    assert target.publish(BY_ID, "k") == Receipt("55", "https://far.example/@ann/9")


def test_an_upper_case_id_is_never_folded(server, target):
    server.on("POST", "/api/v1/statuses/abcdef0123/reblog", says(200, far(id="ABCDEF0123")))
    post = Post("boost", uri=URI, status_id="abcdef0123")
    assert target.publish(post, "k").remote_id == "ABCDEF0123"


def test_an_id_with_a_slash_stays_one_path_segment(server, target):
    server.on("POST", "/api/v1/statuses/..%2Faccounts%2F1/reblog", says(200, status("62")))
    post = Post("boost", uri=URI, status_id="../accounts/1")
    assert target.publish(post, "k").remote_id == "62"


@pytest.mark.parametrize(("reply", "error"), REPLIES)
def test_each_bad_answer_to_a_boost_has_its_error_class(server, target, reply, error):
    server.on("POST", f"{ONE}/reblog", reply)
    with pytest.raises(error) as caught:
        target.publish(BY_ID, "k")
    assert type(caught.value) is error


def test_the_existing_boost_is_read_from_the_boosted_status(server, target):
    server.on(
        "GET", SEARCH, search_result(far()), search_result(far(reblogged=True)), search_result()
    )
    assert target.existing(BOOST, b"") is None
    assert target.existing(BOOST, b"") == Receipt("55", "https://far.example/@ann/9")
    assert target.existing(BOOST, b"") is None
    assert target.existing(POST, b"") is None
    assert {request.method for request in server.seen} == {"GET"}
    assert len(server.seen) == 3


def test_looking_for_an_existing_boost_raises_without_an_answer(server, target):
    server.on("GET", SEARCH, page(500))
    with pytest.raises(Doubtful):
        target.existing(BOOST, b"")


# relationships

RELATIONS = "/api/v1/accounts/relationships"


def test_a_relationship_is_asked_for_by_the_id_of_the_author(server, target):
    server.on("GET", RELATIONS, says(200, [{"id": "9", "blocked_by": True}]))
    assert target.relationship("9")["blocked_by"] is True
    assert server.seen[0].query == {"id[]": "9"}


@pytest.mark.parametrize("reply", [says(404, {"error": "?"}), page(404), page(410)])
def test_a_server_without_relationships_is_asked_once(server, target, reply):
    server.on("GET", RELATIONS, reply)
    assert [target.relationship("9"), target.relationship("10")] == [{}, {}]
    assert len(server.seen) == 1


@pytest.mark.parametrize("answer", [[], {}, [None, 3], "none"])
def test_an_odd_answer_about_a_relationship_is_empty(server, target, answer):
    server.on("GET", RELATIONS, says(200, answer))
    assert target.relationship("9") == {}


def test_a_relationship_that_could_not_be_read_is_not_taken_for_none(server, target):
    server.on("GET", RELATIONS, page(500), says(200, [{"id": "9", "muting": True}]))
    with pytest.raises(Doubtful):
        target.relationship("9")
    assert target.relationship("9")["muting"] is True
