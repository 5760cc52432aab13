"""Malformed, hostile and failing answers, which every kind of source must handle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from reblogbot.errors import (
    Doubtful,
    RateLimited,
    Rejected,
    TargetError,
    Unauthorised,
    Unreachable,
)

_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
)
BODIES: tuple[bytes, ...] = (
    b"",
    b" \r\n\t ",
    b"\0" * 64,
    bytes(range(256)) * 8,
    b"\x89PNG\r\n\x1a\n" + bytes(200),
    b"\xff\xfe<\0r\0s\0s\0",
    b"<!DOCTYPE html><html><head><title>Please log in</title></head><body>Hi</body></html>",
    b"<html><body>" + b"<div><a href='/link/1'>" * 3000,
    b"<rss version='2.0'><channel><item><title>cut o",
    _BOMB,
    b"<" * 50_000,
    b"A" * 300_000,
    b"null",
    b"0",
    b"{",
    b"[]",
    b"{}",
    b"NaN",
    b'"just text"',
    b"[" * 30_000,
    b'{"a":' * 30_000,
    b'{"data": null}',
    b'{"data": "<b>", "result": {"data": 5}}',
    b'{"error": {"code": 40101, "message": "no\\nentry\\u0000"}}',
    b'[1, "x", null, [], {}, {"id": {}, "title": [], "url": 5, "score": "NaN"}]',
    b'{"data": [{"id": 1, "title": "\\ud800\\u0000\\u202e", "url": "javascript:alert(1)"}]}',
    b'{"data": [{"id": 1e999, "title": {"a": "b"}, "created_time": 1e300, "ups": -Infinity}]}',
    b'{"items": [{"id": 7, "title": "T", "url": "//[", "date_published": "9999-99-99"}]}',
)
VALUES: tuple[Any, ...] = (
    None,
    0,
    "",
    [],
    {},
    [None],
    [{}],
    {"error": "no"},
    "<html>",
    [{"id": {}, "uri": 5, "url": [], "content": None, "account": "x", "created_at": "never"}],
    [{"id": "1", "account": {"acct": None}, "reblog": {"reblog": []}, "tags": {}}],
)

REFUSALS: tuple[TargetError, ...] = (
    Unreachable("unreachable", "no connection"),
    RateLimited("rate_limited", "too many requests", datetime.now(UTC) + timedelta(hours=1)),
    Unauthorised("unauthorised", "the token is not known"),
    Rejected("rejected", "answered 404"),
    Doubtful("doubtful", "no answer"),
)
