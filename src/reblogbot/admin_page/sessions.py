"""The browsers that are logged in, and the delays after wrong passwords."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
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
LONGEST_DELAY_IN_ALL = 60.0
MEMORY = 86_400.0
"""Seconds without a wrong password after which those of an address are forgotten."""
MEMORY_IN_ALL = 900.0
MAX_ADDRESSES = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


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

    def find(self, token: str, *, is_use: bool = True) -> Session | None:
        """The session of a cookie; None where it has ended, or never began.

        A page that asks for news by itself is no use of the session, which may so become idle.
        """
        session = self._sessions.get(_digest(token))
        if session is None:
            return None
        if not self.lasts(session):
            self.end(session)
            return None
        if is_use:
            session.used_at = uptime()
            self._sessions.move_to_end(_digest(token))
        return session

    def lasts(self, session: Session) -> bool:
        """Whether the session has not ended."""
        now, is_known = uptime(), _digest(session.token) in self._sessions
        is_old = now - session.used_at > MAX_IDLE or now - session.started_at > MAX_AGE
        return is_known and not is_old

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
        token = token if _TOKEN.fullmatch(token) else secrets.token_urlsafe(32)
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
    """How long a browser must wait before its next try: longer with each wrong password.

    Strangers are counted by their networks and in all. A browser in which the admin has logged in
    before is counted by itself, and what others do does not delay it: nobody can lock the admin
    out. For a connection from this machine itself, the count in all does not matter either.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._in_all = _Failures()

    def seconds(self, address: str, known_browser: str = "") -> float:
        """The seconds to wait before the next try; 0 for none.

        `known_browser` is the mark of a browser that is known, "" for a stranger.
        """
        failures = self._failures.get(known_browser or _network(address), _Failures())
        delay = failures.remaining(failures.count - FREE_FAILURES, LONGEST_DELAY)
        if known_browser or _is_loopback(address):
            return delay
        excess = (self._in_all.count - FREE_FAILURES_IN_ALL) // 10
        return max(delay, self._in_all.remaining(excess, LONGEST_DELAY_IN_ALL))

    def failed(self, address: str, known_browser: str = "") -> None:
        """Note a wrong password."""
        key = known_browser or _network(address)
        failures = self._failures.setdefault(key, _Failures())
        failures.add(MEMORY)
        self._failures.move_to_end(key)
        if len(self._failures) > MAX_ADDRESSES:
            self._failures.popitem(last=False)
        if not known_browser:
            self._in_all.add(MEMORY_IN_ALL)

    def succeeded(self, address: str, known_browser: str = "") -> None:
        """Note a right password."""
        self._failures.pop(known_browser or _network(address), None)


@dataclass(slots=True)
class _Failures:
    """How many passwords were wrong, and when the last one was."""

    count: int = 0
    at: float = 0.0

    def add(self, memory: float) -> None:
        """Count one more; after so many seconds without one the count begins anew."""
        now = uptime()
        self.count = self.count + 1 if now - self.at <= memory else 1
        self.at = now

    def remaining(self, excess: int, longest: float) -> float:
        """The seconds that are left of the delay for so many failures too many."""
        if excess < 0 or not self.count:
            return 0.0
        return max(0.0, self.at + min(2.0 ** min(excess, 20), longest) - uptime())


def plain_address(written: str) -> str:
    """An IP address without brackets, port and zone, IPv4 where it is mapped; "" for no address."""
    match = re.fullmatch(r"\[([^]]+)\](?::\d+)?|([0-9.]+)(?::\d+)?|([^%]+)(?:%.*)?", written[:100])
    try:
        address = ip_address(match[1] or match[2] or match[3]) if match else None
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address) if address is not None else ""


def _network(address: str) -> str:
    """What counts as one address: for IPv6 the first 64 bits, which one customer may have."""
    plain = plain_address(address)
    if ":" not in plain:
        return plain
    return str(IPv6Address(int(IPv6Address(plain)) >> 64 << 64))


def _is_loopback(address: str) -> bool:
    plain = plain_address(address)
    return bool(plain) and ip_address(plain).is_loopback
