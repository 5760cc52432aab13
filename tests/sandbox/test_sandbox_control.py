"""How another process steers the sandbox over HTTP."""

from __future__ import annotations

import threading

import pytest
import requests
from sandbox_samples import STATUSES, call, send


def steer(server, method: str, path: str, body=None, **options):
    return call(server, method, f"/_sandbox/{path}", token=None, json=body, **options)


def test_accounts_statuses_and_faults_can_be_made_from_afar(sandbox):
    token = steer(sandbox, "POST", "accounts", {"name": "news", "bot": True}).json()["token"]
    assert token == sandbox.add_account("news")
    told = {"account": "eve@remote.example", "text": "afar", "created_at": "2026-01-02T03:04:05Z"}
    status = steer(sandbox, "POST", "statuses", told).json()
    assert (status["account"]["acct"], status["created_at"][:10]) == (told["account"], "2026-01-02")
    steer(sandbox, "POST", "faults", {"name": "status_before", "times": 1, "status": 502})
    assert send(sandbox, "one").status_code == 502
    assert send(sandbox, "two", "k").status_code == 200
    accepted = steer(sandbox, "GET", "accepted").json()
    assert [(act["text"], act["key"]) for act in accepted] == [("two", "k")]
    assert steer(sandbox, "GET", "requests").json() == [["POST", STATUSES]] * 2
    assert steer(sandbox, "GET", "faults").json()[0]["hits"] == 1
    steer(sandbox, "DELETE", "faults")
    assert steer(sandbox, "GET", "faults").json() == []


def test_one_can_wait_from_afar_until_a_fault_has_met_a_request(sandbox):
    fault = steer(sandbox, "POST", "faults", {"name": "stall_before"}).json()
    assert not steer(sandbox, "GET", f"faults/{fault['id']}").json()["reached"]
    sender = threading.Thread(target=send, args=(sandbox, "one"))
    sender.start()
    assert steer(sandbox, "GET", f"faults/{fault['id']}?wait=20").json()["reached"]
    assert sandbox.accepted == []
    steer(sandbox, "POST", "faults/release")
    sender.join()
    assert len(sandbox.accepted) == 1
    assert steer(sandbox, "GET", "faults/99").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
    ],
)
def test_no_web_page_steers_the_sandbox(sandbox, headers):
    answer = steer(sandbox, "POST", "accounts", {"name": "x"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "path", ["/", "/api/v2/instance", "/@news", "/oauth/authorize", "/nowhere"]
)
def test_no_name_of_a_web_page_leads_to_the_sandbox(sandbox, path):
    for host in ("evil.example", "127.0.0.1.evil.example:80", "", "evil.example:80:80"):
        answer = call(sandbox, "GET", path, token=None, headers={"Host": host})
        assert (answer.status_code, "address" in answer.json()["error"]) == (403, True)
    for host in ("localhost:1", "127.0.0.1", "[::1]:80", sandbox.url.removeprefix("http://")):
        answer = call(sandbox, "GET", path, token=None, headers={"Host": host})
        assert answer.status_code != 403


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"name": "gremlins"}),
        ("faults", {}),
        ("accounts", {"name": "x", "wings": 2}),
        ("statuses", {"account": "x", "text": "y", "wings": 2}),
        ("statuses", {"account": "x", "text": "y", "created_at": "never"}),
    ],
)
def test_nonsense_is_answered_not_obeyed(sandbox, path, body):
    answer = steer(sandbox, "POST", path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_it_listens_on_the_loopback_alone(sandbox):
    port = sandbox.url.rsplit(":", 1)[1]
    assert sandbox.url == f"http://127.0.0.1:{port}"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{port}/", timeout=5)
