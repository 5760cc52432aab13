"""The faults of a soak round: tables of rows with weights, from which a round chooses."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POST = ("POST", "/api/v1/statuses")
BOOST = ("POST", "/api/v1/statuses/*/reblog")
EDIT = ("PUT", "/api/v1/statuses/*")
MEDIA = ("POST", "/api/v2/media")
OWN_STATUSES = ("GET", "/api/v1/accounts/*/statuses")
HOME = ("GET", "/api/v1/timelines/home")
VERIFY = ("GET", "/api/v1/accounts/verify_credentials")
SEARCH = ("GET", "/api/v2/search")
INSTANCE = ("GET", "/api/v*/instance")
TAG = ("GET", "/api/v1/timelines/tag/*")
STATUS = ("GET", "/api/v1/statuses/*")

# more bytes than the bot reads of an answer
HUGE = 6_000_000


@dataclass(frozen=True)
class WeightedFault:
    """A fault of the test server, its weight, and whether it hides what was posted.

    A fault that `hides` keeps a post out of one list of own statuses. If it were hidden for longer,
    no client could avoid a duplicate on a server without idempotency keys.
    """

    fault: str
    options: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 4
    hides: bool = False


# for requests that write; the numbers are rows of the fault matrix in docs/reliability.md
WRITE_FAULTS = (
    WeightedFault("drop_before"),  # 1 9
    WeightedFault("drop_after"),  # 4 6
    WeightedFault("reset_after"),
    WeightedFault("truncate_after"),
    WeightedFault("status_before", {"status": 500}),  # 9
    WeightedFault("status_before", {"status": 502, "body": "html"}),
    WeightedFault("status_before", {"status": 503, "body": "empty"}),
    WeightedFault("status_after", {"status": 500}),  # 7
    WeightedFault("status_after", {"status": 502, "body": "html"}),
    WeightedFault("status_after", {"status": 504, "body": "html"}),
    WeightedFault("html_200_after"),  # 8
    WeightedFault("html_200_after", {"commit": False}, 2),
    WeightedFault("empty_200_after"),
    WeightedFault("empty_200_after", {"commit": False}, 2),
    WeightedFault("no_id_200"),
    WeightedFault("no_id_200", {"commit": False}, 2),
    WeightedFault("bad_json", {}, 2),
    WeightedFault("bad_json", {"commit": True}),
    WeightedFault("huge_json", {"size": HUGE, "commit": True}, 1),
    WeightedFault("redirect", {"status": 301}, 2),  # 26
    WeightedFault("redirect", {"status": 302, "location": "http://127.0.0.1:9/"}, 1),
    WeightedFault("redirect", {"status": 307}, 2),
    WeightedFault("status_before", {"status": 404}, 2),
    WeightedFault("status_before", {"status": 418}, 1),
    # each of these costs a timeout
    WeightedFault("stall_before", {}, 1),  # 2
    WeightedFault("stall_before", {"late_commit": True}, 2),  # 3
    WeightedFault("stall_before", {"late_commit": "on_release"}, 1, hides=True),
    WeightedFault("stall_before", {"late_commit": "on_release", "queued": True}, 1, hides=True),
    WeightedFault("stall_after", {}, 2),
    WeightedFault("drip", {"interval": 0.2}, 1),  # 6
    WeightedFault(
        "status_before", {"status": 504, "body": "html", "late_commit": True}, 4, hides=True
    ),
    # the server certainly posted nothing
    WeightedFault("status_before", {"status": 429, "reset": "iso"}, 2),  # 19
    WeightedFault("status_before", {"status": 429, "reset": "epoch"}, 1),
    WeightedFault("status_before", {"status": 429, "reset": "seconds"}, 1),
    WeightedFault("status_before", {"status": 429, "reset": "date", "after": 4000}, 1),
    WeightedFault("status_before", {"status": 429, "reset": "none"}, 1),
    WeightedFault("status_before", {"status": 401}, 1),
    WeightedFault("status_before", {"status": 403}, 1),  # 22
    WeightedFault("status_before", {"status": 422, "error": "a word that is not allowed"}, 4),  # 24
    WeightedFault("status_before", {"status": 400, "body": "text", "error": "no"}, 2),
    WeightedFault(
        "status_before", {"status": 422, "error": "character limit of 9 exceeded"}, 2
    ),  # 23
    WeightedFault("silently_dropped", {}, 1),  # 17
)
HIDING_FAULTS = tuple(row for row in WRITE_FAULTS if row.hides)
# for requests that read: 11 25
READ_FAULTS = (
    WeightedFault("drop_before"),
    WeightedFault("status_before", {"status": 500}),
    WeightedFault("status_before", {"status": 502, "body": "html"}),
    WeightedFault("status_before", {"status": 429, "reset": "iso"}, 1),
    WeightedFault("status_before", {"status": 404, "body": "html"}, 1),
    WeightedFault("bad_json"),
    WeightedFault("huge_json", {"size": HUGE}, 1),
    WeightedFault("html_200_after"),
    WeightedFault("empty_200_after"),
    WeightedFault("truncate_after"),
    WeightedFault("stall_before", {}, 1),
)
STALE_READ = WeightedFault("stale_read", {}, hides=True)
READ_REQUESTS = (
    OWN_STATUSES,
    OWN_STATUSES,
    OWN_STATUSES,
    HOME,
    VERIFY,
    SEARCH,
    INSTANCE,
    TAG,
    STATUS,
    MEDIA,
)

# for feeds: 55 56 57 58 60
FEED_FAULTS = ("500", "503", "html", "nothing", "cut off", "empty", "shuffled")
# events that affect more than one request, and their weights
EVENTS = {
    "": 55,
    "rate limit": 8,  # 20
    "server down": 5,  # 9
    "wrong token": 3,  # 21
    "revoked token": 3,
    "deleted by hand": 6,  # 18
    "older backup": 35,  # 36
}


def choose_fault(rng: random.Random, table: tuple[WeightedFault, ...]) -> WeightedFault:
    """Choose a row by weight."""
    return rng.choices(table, [row.weight for row in table])[0]


def choose_faults(
    rng: random.Random, *, may_hide: bool
) -> list[tuple[WeightedFault, tuple[str, str], int]]:
    """Choose the faults of a round, each with its request and how many requests pass before it.

    With `may_hide` one of them may hide what was posted.
    """
    plan: list[tuple[WeightedFault, tuple[str, str], int]] = []
    for _ in range(rng.choice((0, 1, 2, 2, 3, 4))):
        row = choose_fault(rng, HIDING_FAULTS if may_hide and rng.random() < 0.3 else WRITE_FAULTS)
        request = rng.choice((POST, POST, POST, BOOST, BOOST, EDIT))
        may_hide = _add_fault(plan, row, request, rng.choice((0, 0, 1, 2)), may_hide=may_hide)
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        row, request = choose_fault(rng, READ_FAULTS), rng.choice(READ_REQUESTS)
        may_hide = _add_fault(plan, row, request, 0, may_hide=may_hide)
    if rng.random() < 0.2:
        _add_fault(plan, STALE_READ, OWN_STATUSES, 0, may_hide=may_hide)
    return plan


def _add_fault(
    plan: list[tuple[WeightedFault, tuple[str, str], int]],
    row: WeightedFault,
    request: tuple[str, str],
    passing_before: int,
    *,
    may_hide: bool,
) -> bool:
    """Add a fault unless it hides and must not; return whether a later one may hide."""
    if not row.hides or may_hide:
        plan.append((row, request, passing_before))
    return may_hide and not row.hides
