"""Clients, images and plain requests for the tests of the sandbox."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import requests
from fediverse.server import FediverseServer
from mastodon import Mastodon

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


def png(width: int = 2, height: int = 2) -> bytes:
    """A small image."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
