"""What may befall a bot within one round of a soak: tables to draw from, each row with its weight."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POST = ("POST", "/api/v1/statuses")
BOOST = ("POST", "/api/v1/statuses/*/reblog")
EDIT = ("PUT", "/api/v1/statuses/*")
MEDIA = ("POST", "/api/v2/media")
LOOK = ("GET", "/api/v1/accounts/*/statuses")
HOME = ("GET", "/api/v1/timelines/home")
WHO = ("GET", "/api/v1/accounts/verify_credentials")
SEARCH = ("GET", "/api/v2/search")
INSTANCE = ("GET", "/api/v*/instance")
TAG = ("GET", "/api/v1/timelines/tag/*")
STATUS = ("GET", "/api/v1/statuses/*")

# past what the bot reads of an answer
HUGE = 6_000_000


@dataclass(frozen=True)
class Mishap:
    """A fault of the sandbox, how often it is drawn, and whether it hides what was posted.

    One that `hides` keeps a post from being found for the time of one look: more than that
    nobody can survive on a server without keys.
    """

    fault: str
    options: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 4
    hides: bool = False


# what becomes of a post or a boost; numbers are those of the matrix
ANSWERS = (
    Mishap("drop_before"),  # 1 9
    Mishap("drop_after"),  # 4 6
    Mishap("reset_after"),
    Mishap("truncate_after"),
    Mishap("status_before", {"status": 500}),  # 9
    Mishap("status_before", {"status": 502, "body": "html"}),
    Mishap("status_before", {"status": 503, "body": "empty"}),
    Mishap("status_after", {"status": 500}),  # 7
    Mishap("status_after", {"status": 502, "body": "html"}),
    Mishap("status_after", {"status": 504, "body": "html"}),
    Mishap("html_200_after"),  # 8
    Mishap("html_200_after", {"commit": False}, 2),
    Mishap("empty_200_after"),
    Mishap("empty_200_after", {"commit": False}, 2),
    Mishap("no_id_200"),
    Mishap("no_id_200", {"commit": False}, 2),
    Mishap("bad_json", {}, 2),
    Mishap("bad_json", {"commit": True}),
    Mishap("huge_json", {"size": HUGE, "commit": True}, 1),
    Mishap("redirect", {"status": 301}, 2),  # 26
    Mishap("redirect", {"status": 302, "location": "http://127.0.0.1:9/"}, 1),
    Mishap("redirect", {"status": 307}, 2),
    Mishap("status_before", {"status": 404}, 2),
    Mishap("status_before", {"status": 418}, 1),
    # each of these costs a timeout
    Mishap("stall_before", {}, 1),  # 2
    Mishap("stall_before", {"late_commit": True}, 2),  # 3
    Mishap("stall_before", {"late_commit": "on_release"}, 1, hides=True),
    Mishap("stall_before", {"late_commit": "on_release", "queued": True}, 1, hides=True),
    Mishap("stall_after", {}, 2),
    Mishap("drip", {"interval": 0.2}, 1),  # 6
    Mishap("status_before", {"status": 504, "body": "html", "late_commit": True}, 4, hides=True),
    # certainly not posted
    Mishap("status_before", {"status": 429, "reset": "iso"}, 2),  # 19
    Mishap("status_before", {"status": 429, "reset": "epoch"}, 1),
    Mishap("status_before", {"status": 429, "reset": "seconds"}, 1),
    Mishap("status_before", {"status": 429, "reset": "date", "after": 4000}, 1),
    Mishap("status_before", {"status": 429, "reset": "none"}, 1),
    Mishap("status_before", {"status": 401}, 1),
    Mishap("status_before", {"status": 403}, 1),  # 22
    Mishap("status_before", {"status": 422, "error": "a word that is not allowed"}, 4),  # 24
    Mishap("status_before", {"status": 400, "body": "text", "error": "no"}, 2),
    Mishap("status_before", {"status": 422, "error": "character limit of 9 exceeded"}, 2),  # 23
    Mishap("silently_dropped", {}, 1),  # 17
)
HIDING = tuple(row for row in ANSWERS if row.hides)
# what becomes of a question: 11 25
QUESTIONS = (
    Mishap("drop_before"),
    Mishap("status_before", {"status": 500}),
    Mishap("status_before", {"status": 502, "body": "html"}),
    Mishap("status_before", {"status": 429, "reset": "iso"}, 1),
    Mishap("status_before", {"status": 404, "body": "html"}, 1),
    Mishap("bad_json"),
    Mishap("huge_json", {"size": HUGE}, 1),
    Mishap("html_200_after"),
    Mishap("empty_200_after"),
    Mishap("truncate_after"),
    Mishap("stall_before", {}, 1),
)
STALE = Mishap("stale_read", {}, hides=True)
ASKED = (LOOK, LOOK, LOOK, HOME, WHO, SEARCH, INSTANCE, TAG, STATUS, MEDIA)

# what becomes of a feed: 55 56 57 58 60
FEEDS = ("500", "503", "html", "nothing", "cut off", "empty", "shuffled")
# what befalls more than one request, and how often
EVENTS = {
    "": 55,
    "limit": 8,  # 20
    "away": 5,  # 9
    "wrong token": 3,  # 21
    "revoked token": 3,
    "deleted by hand": 6,  # 18
    "older backup": 35,  # 36
}


def drawn(dice: random.Random, table: tuple[Mishap, ...]) -> Mishap:
    """One row, by weight."""
    return dice.choices(table, [row.weight for row in table])[0]


def laid_out(dice: random.Random, *, hiding: bool) -> list[tuple[Mishap, tuple[str, str], int]]:
    """The mishaps of one round: each with the request it waits for, and how many pass before.

    With `hiding` one of them may hide what was posted.
    """
    plan: list[tuple[Mishap, tuple[str, str], int]] = []
    for _ in range(dice.choice((0, 1, 2, 2, 3, 4))):
        row = drawn(dice, HIDING if hiding and dice.random() < 0.3 else ANSWERS)
        where = dice.choice((POST, POST, POST, BOOST, BOOST, EDIT))
        hiding = _take(plan, row, where, dice.choice((0, 0, 1, 2)), hiding=hiding)
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        row, where = drawn(dice, QUESTIONS), dice.choice(ASKED)
        hiding = _take(plan, row, where, 0, hiding=hiding)
    if dice.random() < 0.2:
        _take(plan, STALE, LOOK, 0, hiding=hiding)
    return plan


def _take(
    plan: list[tuple[Mishap, tuple[str, str], int]],
    row: Mishap,
    where: tuple[str, str],
    before: int,
    *,
    hiding: bool,
) -> bool:
    """Put a row into the plan where it may be; whether another that hides may follow."""
    if not row.hides or hiding:
        plan.append((row, where, before))
    return hiding and not row.hides
