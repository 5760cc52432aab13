"""Clients and plain requests for the tests of the sandbox."""

from __future__ import annotations

from typing import Any

import requests
from mastodon import Mastodon

from fediverse.server import FediverseServer

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
STATUSES = "/api/v1/statuses"


def client(server: FediverseServer, account: str = "news", **options: Any) -> Mastodon:
    """Mastodon.py with the account's token."""
    options.setdefault("access_token", server.add_account(account))
    options.setdefault("request_timeout", 20)
    return Mastodon(api_base_url=server.url, ratelimit_method="throw", **options)


def call(server: FediverseServer, method: str, path: str, token: str = "", **options: Any):
    """Send a plain request, with the token of "news" unless another token or None is given."""
    headers = options.pop("headers", {})
    if token is not None:
        headers = {"Authorization": f"Bearer {token or server.add_account('news')}", **headers}
    options.setdefault("allow_redirects", False)
    return requests.request(method, server.url + path, headers=headers, timeout=20, **options)


def send(server: FediverseServer, text: str, key: str = "", **fields: Any) -> requests.Response:
    """Post a status by a plain request."""
    headers = {"Idempotency-Key": key} if key else {}
    return call(server, "POST", STATUSES, data={"status": text, **fields}, headers=headers)


def texts(server: FediverseServer) -> list[str]:
    """The texts of the accepted posts, in order."""
    return [act["text"] for act in server.accepted if act["act"] == "post"]
