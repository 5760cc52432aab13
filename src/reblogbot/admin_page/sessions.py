"""The browsers that are logged in, and the delays after wrong passwords."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Protocol

from reblogbot.runtime.clock import uptime

MAX_IDLE = 12 * 3600.0
"""Seconds without a request after which a session ends."""
MAX_AGE = 7 * 86_400.0
MAX_SESSIONS = 100
"""How many sessions there may be; the one that was used longest ago ends first."""
FREE_FAILURES = 5
"""Wrong passwords from an address before it must wait."""
FREE_FAILURES_IN_ALL = 50
LONGEST_DELAY = 900.0
MAX_ADDRESSES = 10_000


class Closable(Protocol):
    """What a session may keep as long as it lasts."""

    def close(self) -> None:
        """Give up what it holds. It may be called again."""
        ...


@dataclass(slots=True, eq=False)
class Session:
    """A browser. `admin` is "" until somebody has logged in.

    `messages` are shown with the next page. `data` is for views, such as a preview that waits for
    its confirmation; `resources` as well, for what must be closed when the session ends.
    """

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    admin: str = ""
    started_at: float = 0.0
    used_at: float = 0.0
    messages: list[tuple[str, bool]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    resources: dict[str, Closable] = field(default_factory=dict)

    def close(self) -> None:
        """Close the resources; the session has ended."""
        for resource in self.resources.values():
            resource.close()


class Sessions:
    """All sessions, in memory: none is left after the daemon ends."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def find(self, token: str) -> Session | None:
        """The session of a cookie; None where it has ended, or never began."""
        session = self._sessions.get(_digest(token))
        if session is None:
            return None
        now = uptime()
        if now - session.used_at > MAX_IDLE or now - session.started_at > MAX_AGE:
            self.end(session)
            return None
        session.used_at = now
        self._sessions.move_to_end(_digest(token))
        return session

    def begin(self, admin: str) -> Session:
        """A new session of an admin whose password was right."""
        now = uptime()
        session = self.anonymous("")
        session.admin, session.started_at, session.used_at = admin, now, now
        self._sessions[_digest(session.token)] = session
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)[1].close()
        return session

    def anonymous(self, token: str) -> Session:
        """What a browser without a session gets, so that its forms have a token too."""
        token = token if 20 <= len(token) <= 100 else secrets.token_urlsafe(32)
        return Session(token, self._csrf_token(token))

    def end(self, session: Session) -> None:
        """End a session; its cookie is worthless then."""
        self._sessions.pop(_digest(session.token), None)
        session.close()

    def end_all(self) -> None:
        """End all sessions, as after a change of the passwords."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def _csrf_token(self, token: str) -> str:
        return hmac.new(self._secret, token.encode(errors="replace"), hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    """The key of a session: a comparison of keys tells nothing about the token itself."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class LoginDelays:
    """How long an address must wait before its next try: longer with each wrong password."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._in_all = (0, 0.0)

    def seconds(self, address: str) -> float:
        """The seconds that this address must still wait; 0 for none."""
        count, at = self._failures.get(address, (0, 0.0))
        waits = (
            _remaining(count - FREE_FAILURES, at),
            _remaining((self._in_all[0] - FREE_FAILURES_IN_ALL) // 10, self._in_all[1]),
        )
        return max(waits)

    def failed(self, address: str) -> None:
        """Note a wrong password from this address."""
        now = uptime()
        self._failures[address] = (self._count(self._failures.get(address), now) + 1, now)
        self._failures.move_to_end(address)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)
        self._in_all = (self._count(self._in_all, now) + 1, now)

    def succeeded(self, address: str) -> None:
        """Note a right password from this address."""
        self._failures.pop(address, None)

    @staticmethod
    def _count(failures: tuple[int, float] | None, now: float) -> int:
        """The failures that still count."""
        if failures is None or now - failures[1] > LONGEST_DELAY:
            return 0
        return failures[0]


def _remaining(excess: int, at: float) -> float:
    if excess < 0:
        return 0.0
    delay = min(2.0 ** min(excess, 20), LONGEST_DELAY)
    return max(0.0, at + delay - uptime())
