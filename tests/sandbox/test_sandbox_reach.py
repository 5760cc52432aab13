"""Who can reach the sandbox: this machine alone, by its own names."""

from __future__ import annotations

import pytest
import requests
from sandbox_samples import call


@pytest.mark.parametrize(
    "path", ["/", "/api/v2/instance", "/@news", "/oauth/authorize", "/nowhere"]
)
def test_requests_for_other_hosts_are_refused(sandbox, path):
    for host in ("evil.example", "127.0.0.1.evil.example:80", "", "evil.example:80:80"):
        answer = call(sandbox, "GET", path, token=None, headers={"Host": host})
        assert (answer.status_code, "address" in answer.json()["error"]) == (403, True)
    for host in ("localhost:1", "127.0.0.1", "[::1]:80", sandbox.url.removeprefix("http://")):
        answer = call(sandbox, "GET", path, token=None, headers={"Host": host})
        assert answer.status_code != 403


def test_it_listens_on_the_loopback_alone(sandbox):
    port = sandbox.url.rsplit(":", 1)[1]
    assert sandbox.url == f"http://127.0.0.1:{port}"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{port}/", timeout=5)
