"""The faults a server or a network can show, as a client meets them."""

from __future__ import annotations

import socket
import threading
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from sandbox_samples import STATUSES, call, client, send, texts

from fediverse.fault_actions import ACTIONS
from fediverse.server import run_in_thread
from sample_images import png


def send_in_thread(server, text: str, results: list) -> threading.Thread:
    """Post from another thread, which appends its answer or error to `results`."""

    def run() -> None:
        try:
            results.append(send(server, text))
        except requests.RequestException as error:
            results.append(error)

    sender = threading.Thread(target=run)
    sender.start()
    return sender


def disconnecting_client(server, text: str) -> socket.socket:
    """A connection that has sent a whole post and may be closed before the answer."""
    body = f"status={text}".encode()
    head = (
        f"POST {STATUSES} HTTP/1.1\r\nHost: {server.url[7:]}\r\n"
        f"Authorization: Bearer {server.add_account('news')}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(
        ("127.0.0.1", int(server.url.rsplit(":", 1)[1])), timeout=20
    )
    connection.sendall(head.encode() + body)
    return connection


def accepted_texts(server) -> list[str]:
    """The accepted texts, once the server has answered another request."""
    assert call(server, "GET", "/", token=None).status_code == 200
    return texts(server)


def test_a_fault_meets_only_the_requests_it_names(sandbox):
    fault = sandbox.faults.add("status_before", "GET", "/api/v1/accounts/*/statuses", times=2)
    assert send(sandbox, "posts are fine").status_code == 200
    path = "/api/v1/accounts/1/statuses"
    assert [call(sandbox, "GET", path).status_code for _ in range(3)] == [500, 500, 404]
    assert (fault.hits, sandbox.faults.are_spent) == (2, True)


def test_faults_are_met_in_the_order_they_were_added(sandbox):
    for status in (502, 503):
        sandbox.faults.add("status_before", status=status)
    assert [send(sandbox, "x").status_code for _ in range(3)] == [502, 503, 200]


def test_a_fault_without_count_lasts_until_it_is_cleared(sandbox):
    sandbox.faults.add("status_before", times=None, status=503)
    assert {send(sandbox, "x").status_code for _ in range(4)} == {503}
    assert not sandbox.faults.are_spent
    sandbox.faults.clear()
    assert send(sandbox, "x").status_code == 200


def test_an_unknown_fault_is_refused(sandbox):
    with pytest.raises(ValueError, match="drop_before"):
        sandbox.faults.add("gremlins")


@pytest.mark.parametrize(
    ("fault", "stored"),
    [("drop_before", False), ("drop_after", True), ("reset_after", True), ("truncate_after", True)],
)
def test_a_broken_connection_tells_nothing_of_the_commit(sandbox, fault, stored):
    sandbox.faults.add(fault)
    with pytest.raises(requests.RequestException):
        send(sandbox, "one")
    assert texts(sandbox) == ["one"] * stored
    assert send(sandbox, "two").status_code == 200


@pytest.mark.parametrize(
    ("fault", "options", "status", "body", "stored"),
    [
        ("status_before", {"status": 500}, 500, '{"error": "Something failed"}', False),
        (
            "status_before",
            {"status": 413, "body": "text", "error": "Too big"},
            413,
            "Too big",
            False,
        ),
        ("status_before", {"status": 401, "body": "empty"}, 401, "", False),
        ("status_after", {"status": 504, "body": "html"}, 504, "<!DOCTYPE", True),
        ("html_200_after", {}, 200, "<!DOCTYPE", True),
        ("html_200_after", {"commit": False}, 200, "<!DOCTYPE", False),
        ("empty_200_after", {}, 200, "", True),
        ("no_id_200", {}, 200, '{"status":"ok"}', True),
        ("bad_json", {}, 200, '[{"id"', False),
        ("bad_json", {"commit": True}, 200, '[{"id"', True),
        ("silently_dropped", {}, 200, '{"id"', False),
    ],
)
def test_an_odd_answer_tells_nothing_of_the_commit(sandbox, fault, options, status, body, stored):
    sandbox.faults.add(fault, **options)
    answer = send(sandbox, "one")
    assert answer.status_code == status
    assert answer.text.startswith(body) if body else answer.text == ""
    assert texts(sandbox) == ["one"] * stored


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422, 429, 500, 502, 503, 504])
def test_every_http_status_can_be_answered(sandbox, status):
    sandbox.faults.add("status_before", status=status, headers={"X-Told": "yes"})
    answer = send(sandbox, "one")
    assert (answer.status_code, answer.headers["X-Told"]) == (status, "yes")
    assert sandbox.accepted == []


def test_the_end_of_a_rate_limit_is_sent_in_every_format(sandbox, clock):
    headers = {}
    for shape in ("iso", "epoch", "seconds", "date", "none"):
        sandbox.faults.add("status_before", status=429, reset=shape, after=120)
        headers[shape] = send(sandbox, "one").headers
    end = clock.now() + timedelta(seconds=120)
    assert datetime.fromisoformat(headers["iso"]["X-RateLimit-Reset"]) == end
    assert headers["epoch"]["X-RateLimit-Reset"] == str(int(end.timestamp()))
    assert headers["seconds"]["Retry-After"] == "120"
    assert parsedate_to_datetime(headers["date"]["Retry-After"]) == end
    assert not {"Retry-After", "X-RateLimit-Reset"} & set(headers["none"])


def test_the_id_of_a_silently_dropped_post_is_never_used_again(sandbox):
    sandbox.faults.add("silently_dropped")
    ghost = send(sandbox, "ghost").json()["id"]
    assert send(sandbox, "real").json()["id"] != ghost
    assert call(sandbox, "GET", f"{STATUSES}/{ghost}").status_code == 404


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_points_somewhere_and_posts_nothing(sandbox, status):
    sandbox.faults.add("redirect", status=status)
    sandbox.faults.add("redirect", status=status, location="https://elsewhere.example/")
    assert send(sandbox, "one").headers["Location"] == sandbox.url + STATUSES
    elsewhere = send(sandbox, "one")
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (
        status,
        "https://elsewhere.example/",
    )
    assert sandbox.accepted == []


def test_a_client_that_follows_a_301_gets_a_status_without_id(sandbox, news):
    sandbox.faults.add("redirect")
    assert not getattr(news.status_post("one"), "id", None)
    assert sandbox.accepted == []


def test_huge_json_is_huge_and_is_json(sandbox):
    sandbox.faults.add("huge_json", "GET", "/api/v1/timelines/home", size=1_000_000)
    answer = call(sandbox, "GET", "/api/v1/timelines/home")
    assert len(answer.content) > 900_000
    assert isinstance(answer.json(), list)


def test_a_slow_answer_arrives_complete(sandbox):
    sandbox.faults.add("drip", chunk=400, interval=0.001)
    assert send(sandbox, "one").json()["content"] == "<p>one</p>"


def test_a_stale_read_misses_the_newest(sandbox, news):
    ids = [str(news.status_post(str(n)).id) for n in range(4)]
    sandbox.faults.add("stale_read", n=2)
    me = news.me()
    assert [s.id for s in news.account_statuses(me)] == [ids[1], ids[0]]
    assert [s.id for s in news.account_statuses(me)] == ids[::-1]


def test_a_held_request_is_committed_when_released(sandbox):
    results: list[requests.Response] = []
    fault = sandbox.faults.add("stall_before")
    sender = send_in_thread(sandbox, "one", results)
    assert fault.wait()
    assert sandbox.accepted == []
    fault.release()
    sender.join()
    assert (results[0].status_code, texts(sandbox)) == (200, ["one"])


def test_a_held_answer_is_sent_when_released(sandbox):
    results: list[requests.Response] = []
    fault = sandbox.faults.add("stall_after")
    sender = send_in_thread(sandbox, "one", results)
    assert fault.wait()
    assert texts(sandbox) == ["one"]
    assert results == []
    sandbox.faults.clear()
    sender.join()
    assert results[0].status_code == 200


def test_a_held_request_is_dropped_when_the_client_disconnects(sandbox):
    fault = sandbox.faults.add("stall_before")
    connection = disconnecting_client(sandbox, "one")
    assert fault.wait()
    connection.close()
    assert accepted_texts(sandbox) == []


def test_a_held_request_may_be_committed_after_the_client_disconnects(sandbox, news):
    fault = sandbox.faults.add("stall_before", late_commit=True)
    connection = disconnecting_client(sandbox, "one")
    assert fault.wait()
    connection.close()
    wait_for_acts(sandbox, 1)
    assert texts(sandbox) == ["one"]


def wait_for_acts(sandbox, count: int) -> None:
    """Send requests until so many acts were accepted, which take a while after a disconnect."""
    for _ in range(1000):
        if len(sandbox.accepted) == count:
            return
        call(sandbox, "GET", "/", token=None)
    pytest.fail(f"never saw {count} acts")


def test_a_commit_may_come_long_after_the_client_disconnects(sandbox):
    fault = sandbox.faults.add("stall_before", late_commit="on_release")
    connection = disconnecting_client(sandbox, "one")
    assert fault.wait()
    connection.close()
    assert accepted_texts(sandbox) == []
    fault.release()
    assert texts(sandbox) == ["one"]


def test_a_commit_may_come_after_a_504(sandbox):
    fault = sandbox.faults.add("status_before", status=504, body="html", late_commit=True)
    assert send(sandbox, "one").status_code == 504
    assert sandbox.accepted == []
    fault.release()
    fault.release()
    assert texts(sandbox) == ["one"]


def test_a_late_commit_keeps_the_key_locked_until_then():
    with run_in_thread(profile="mastodon-next") as server:
        fault = server.faults.add("status_before", status=504, late_commit=True)
        assert send(server, "one", "k").status_code == 504
        assert send(server, "one", "k").status_code == 503
        fault.release()
        assert send(server, "one", "k").status_code == 200
        assert texts(server) == ["one"]


def test_a_stopping_server_does_not_commit_what_it_holds(tmp_path):
    with run_in_thread(tmp_path) as server:
        fault = server.faults.add("stall_before", late_commit=True)
        connection = disconnecting_client(server, "one")
        assert fault.wait()
    connection.close()
    with run_in_thread(tmp_path) as server:
        assert server.accepted == []


def test_an_image_may_be_processed_for_a_while(sandbox, news):
    sandbox.faults.add("processing", looks=2)
    media = news.media_post(png(), mime_type="image/png", description="dots")
    assert media.url is None
    assert send(sandbox, "too early", **{"media_ids[]": media.id}).status_code == 422
    path = f"/api/v1/media/{media.id}"
    assert [call(sandbox, "GET", path).status_code for _ in range(3)] == [206, 206, 200]
    assert news.status_post("now", media_ids=[media]).media_attachments[0].url


def test_an_image_may_be_processed_for_ever(sandbox, news):
    sandbox.faults.add("processing", looks=-1)
    media = news.media_post(png(), mime_type="image/png")
    path = f"/api/v1/media/{media.id}"
    assert {call(sandbox, "GET", path).status_code for _ in range(5)} == {206}


def test_boosts_meet_faults_too(sandbox, news):
    original = sandbox.add_status("alice", "boost me")["id"]
    sandbox.faults.add("drop_after", "POST", "/api/v1/statuses/*/reblog")
    with pytest.raises(requests.RequestException):
        call(sandbox, "POST", f"/api/v1/statuses/{original}/reblog")
    assert news.status(original).reblogged
    assert [act["act"] for act in sandbox.accepted] == ["boost"]


@pytest.mark.parametrize("name", ACTIONS)
def test_the_server_works_after_any_fault(sandbox, name):
    fault = sandbox.faults.add(name, "GET", "/api/v1/timelines/home", interval=0, size=1000)
    sender = threading.Thread(target=_read_home_ignoring_errors, args=(sandbox,))
    sender.start()
    assert fault.wait()
    sandbox.faults.clear()
    sender.join()
    assert client(sandbox).timeline_home() == []


def _read_home_ignoring_errors(sandbox) -> None:
    try:
        call(sandbox, "GET", "/api/v1/timelines/home")
    except requests.RequestException:
        return
