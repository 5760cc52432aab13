"""What each kind of server does with an Idempotency-Key."""

from __future__ import annotations

import threading

import pytest
from sandbox_samples import call, client, send, texts

IGNORING = ["gotosocial", "snac", "takahe", "plain"]


def send_twice(server, first: str, second: str) -> tuple[int, int]:
    """The answers to two posts with one key."""
    return send(server, first, "k").status_code, send(server, second, "k").status_code


def send_in_thread(server, text: str, key: str) -> threading.Thread:
    """Post from another thread."""
    sender = threading.Thread(target=send, args=(server, text, key))
    sender.start()
    return sender


@pytest.mark.parametrize("profile", ["mastodon", "mastodon-next"])
def test_a_repeated_key_returns_the_first_status_whatever_its_text(as_profile, profile):
    server, news = as_profile(profile)
    first = news.status_post("one", idempotency_key="k")
    assert news.status_post("two", idempotency_key="k").id == first.id
    assert news.status_post("three", idempotency_key="other").id != first.id
    assert texts(server) == ["one", "three"]
    assert [act["key"] for act in server.accepted] == ["k", "other"]


@pytest.mark.parametrize("profile", ["mastodon", "mastodon-4.6", "mastodon-next"])
def test_keys_belong_to_an_account_and_last_an_hour(as_profile, clock, profile):
    server, news = as_profile(profile)
    news.status_post("one", idempotency_key="k")
    client(server, "other").status_post("theirs", idempotency_key="k")
    clock.advance(minutes=59)
    send(server, "still known", "k")
    assert texts(server) == ["one", "theirs"]
    clock.advance(minutes=2)
    assert send(server, "forgotten", "k").status_code == 200
    assert texts(server) == ["one", "theirs", "forgotten"]


def test_mastodon_4_6_answers_a_repeat_with_500_until_the_key_expires(as_profile, clock):
    server, _ = as_profile("mastodon-4.6")
    assert send_twice(server, "one", "one") == (200, 500)
    assert "<html" in send(server, "one", "k").text
    clock.advance(minutes=61)
    assert send(server, "one", "k").status_code == 200
    assert texts(server) == ["one", "one"]


def test_a_repeat_after_the_first_was_deleted_is_not_found(as_profile):
    server, news = as_profile("mastodon")
    first = news.status_post("one", idempotency_key="k")
    server.delete_status(first.id)
    assert send(server, "one", "k").status_code == 404


def test_a_refused_post_does_not_use_up_the_key_on_mastodon(as_profile):
    server, _ = as_profile("mastodon")
    assert send_twice(server, "x" * 501, "short") == (422, 200)


def test_without_a_lock_two_copies_in_flight_are_both_posted(as_profile):
    server, _ = as_profile("mastodon")
    fault = server.faults.add("stall_before")
    held = send_in_thread(server, "one", "k")
    assert fault.wait()
    assert send(server, "one", "k").status_code == 200
    fault.release()
    held.join()
    assert texts(server) == ["one", "one"]


def test_a_request_that_waited_before_its_key_was_read_is_a_repeat(as_profile):
    server, _ = as_profile("mastodon")
    fault = server.faults.add("stall_before", queued=True)
    held = send_in_thread(server, "one", "k")
    assert fault.wait()
    send(server, "one", "k")
    fault.release()
    held.join()
    assert texts(server) == ["one"]


@pytest.mark.parametrize("profile", ["mastodon-4.6", "mastodon-next"])
def test_with_a_lock_a_copy_in_flight_is_refused(as_profile, profile):
    server, _ = as_profile(profile)
    fault = server.faults.add("stall_before")
    held = send_in_thread(server, "one", "k")
    assert fault.wait()
    assert send(server, "one", "k").status_code == 503
    assert send(server, "two", "another").status_code == 200
    fault.release()
    held.join()
    assert texts(server) == ["two", "one"]


@pytest.mark.parametrize("profile", IGNORING)
def test_servers_without_keys_post_again(as_profile, profile):
    server, _ = as_profile(profile)
    assert send_twice(server, "one", "one") == (200, 200)
    assert texts(server) == ["one", "one"]


def test_pleroma_replays_whole_answers_to_every_account_for_six_hours(as_profile, clock):
    server, _ = as_profile("pleroma")
    refused = send(server, "x" * 5001, "bad")
    assert refused.status_code == 422
    assert send(server, "short", "bad").content == refused.content
    first = send(server, "one", "k")
    other = server.add_account("other")
    path, key = "/api/v1/statuses", {"Idempotency-Key": "k"}
    replayed = call(server, "POST", path, other, data={"status": "mine"}, headers=key)
    assert replayed.content == first.content
    clock.advance(hours=5, minutes=59)
    assert send(server, "two", "k").content == first.content
    clock.advance(minutes=2)
    send(server, "two", "k")
    assert texts(server) == ["one", "two"]


def test_pixelfed_uses_up_a_key_before_it_validates_the_post(as_profile):
    server, _ = as_profile("pixelfed")
    assert send_twice(server, "x" * 501, "short") == (422, 400)
    assert send(server, "short", "k").json()["error"] == "Duplicate idempotency key."
    assert texts(server) == []
