"""What is sent for a post, boost or quote, and what comes of each answer."""

from datetime import timedelta

import pytest
from samples import BOOST, POST, SEARCH, STATUSES, URI, far, found, status
from scripted_server import page, raw, says

from reblogbot.errors import (
    Doubtful,
    RateLimited,
    Rejected,
    TooLong,
    Unauthorised,
)
from reblogbot.model import Post, Receipt

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
def test_each_bad_answer_to_a_post_is_told_apart(server, target, reply, error):
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
    assert [one.path for one in server.seen] == [STATUSES]


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


def test_a_text_that_cannot_be_encoded_condemns_itself_alone(server, target):
    with pytest.raises(Rejected) as caught:
        target.publish(Post("post", text="half a pair: \ud800"), "k")
    assert caught.value.slug == "unsendable"
    assert server.seen == []


# boosts


def test_a_boost_finds_the_status_at_home_and_boosts_its_own_id(server, target):
    server.on("GET", SEARCH, found(far()))
    server.on("POST", "/api/v1/statuses/55/reblog", says(200, status("77", reblog=far())))
    assert target.publish(BOOST, "k") == Receipt("77", "http://x/@news/77")
    search, reblog = server.seen
    assert (search.query["q"], search.query["resolve"]) == (URI, "true")
    assert reblog.fields == {"visibility": "unlisted"}


def test_a_boost_that_stands_is_not_made_again(server, target):
    server.on("GET", SEARCH, found(far(reblogged=True)))
    assert target.publish(BOOST, "k").remote_id == "55"
    assert [one.method for one in server.seen] == ["GET"]


def test_an_answer_without_a_wrapper_is_a_receipt_too(server, target):
    server.on("GET", SEARCH, found(far()))
    server.on("POST", "/api/v1/statuses/55/reblog", says(200, far(reblogged=True)))
    assert target.publish(BOOST, "k") == Receipt("55", "https://far.example/@ann/9")


def test_an_upper_case_id_is_never_folded(server, target):
    server.on("GET", SEARCH, found(far(id="abcdef0123")))
    server.on("POST", "/api/v1/statuses/abcdef0123/reblog", says(200, far(id="ABCDEF0123")))
    assert target.publish(BOOST, "k").remote_id == "ABCDEF0123"


def test_what_is_found_as_a_boost_is_boosted_at_its_original(server, target):
    server.on("GET", SEARCH, found(status("60", uri=URI, reblog=far(id="61"))))
    server.on("POST", "/api/v1/statuses/61/reblog", says(200, status("62")))
    assert target.publish(BOOST, "k").remote_id == "62"


def test_an_id_with_a_slash_stays_one_path_segment(server, target):
    server.on("GET", SEARCH, found(far(id="../accounts/1")))
    server.on("POST", "/api/v1/statuses/..%2Faccounts%2F1/reblog", says(200, status("62")))
    assert target.publish(BOOST, "k").remote_id == "62"


MENTIONS_IT = status("80", uri="https://x/1", url="https://x/@a/1", content=f"look: {URI}")


@pytest.mark.parametrize(
    "reply",
    [found(), found(MENTIONS_IT), says(200, {}), says(200, {"statuses": "none"}), found(None, 3)],
)
def test_a_status_that_is_not_to_be_found_is_rejected_as_unresolvable(server, target, reply):
    server.on("GET", SEARCH, reply)
    with pytest.raises(Rejected) as caught:
        target.publish(BOOST, "k")
    assert caught.value.slug == "unresolvable"
    assert URI in caught.value.message


@pytest.mark.parametrize(
    "reply", [page(500), page(200), says(404, {"error": "?"}), raw(b"", then="reset")]
)
def test_trouble_in_finding_the_status_condemns_this_boost_alone(server, target, reply):
    server.on("GET", SEARCH, reply)
    with pytest.raises(Rejected) as caught:
        target.publish(BOOST, "k")
    assert caught.value.slug == "resolve_failed"
    assert [one.method for one in server.seen] == ["GET"]


@pytest.mark.parametrize("visibility", ["private", "direct", "mutuals"])
def test_what_is_not_public_is_never_boosted(server, target, visibility):
    server.on("GET", SEARCH, found(far(visibility=visibility)))
    with pytest.raises(Rejected) as caught:
        target.publish(BOOST, "k")
    assert caught.value.slug == "not_boostable"
    assert [one.method for one in server.seen] == ["GET"]


@pytest.mark.parametrize(("reply", "error"), REPLIES)
def test_each_bad_answer_to_a_boost_is_told_apart(server, target, reply, error):
    server.on("GET", SEARCH, found(far()))
    server.on("POST", "/api/v1/statuses/55/reblog", reply)
    with pytest.raises(error) as caught:
        target.publish(BOOST, "k")
    assert type(caught.value) is error


def test_standing_asks_the_boosted_status_itself(server, target):
    server.on("GET", SEARCH, found(far()), found(far(reblogged=True)), found())
    assert target.standing(BOOST) is None
    assert target.standing(BOOST) == Receipt("55", "https://far.example/@ann/9")
    assert target.standing(BOOST) is None
    assert target.standing(POST) is None
    assert {one.method for one in server.seen} == {"GET"}
    assert len(server.seen) == 3


def test_standing_that_gets_no_answer_says_so(server, target):
    server.on("GET", SEARCH, page(500))
    with pytest.raises(Doubtful):
        target.standing(BOOST)


# quotes

QUOTE = Post("quote", uri=URI, text=f"Ann wrote\n{URI}", link=URI)


@pytest.mark.parametrize("granted", ["automatic", "manual"])
def test_a_quote_names_the_status_where_it_may_be_quoted(server, target, granted):
    server.on("GET", SEARCH, found(far(quote_approval={"current_user": granted})))
    server.on("POST", STATUSES, says(200, status()))
    target.publish(QUOTE, "k")
    assert server.asked("POST", STATUSES)[0].fields["quoted_status_id"] == "55"


@pytest.mark.parametrize(
    "reply",
    [
        found(far()),
        found(far(quote_approval={"current_user": "denied"})),
        found(far(quote_approval={"current_user": "automatic"}, visibility="private")),
        found(),
    ],
)
def test_a_quote_that_is_not_granted_is_a_post_with_the_link(server, target, reply):
    server.on("GET", SEARCH, reply)
    server.on("POST", STATUSES, says(200, status()))
    assert target.publish(QUOTE, "k").remote_id == "1"
    fields = server.asked("POST", STATUSES)[0].fields
    assert "quoted_status_id" not in fields
    assert URI in fields["status"]
