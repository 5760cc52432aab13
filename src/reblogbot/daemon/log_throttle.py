"""What goes wrong again and again: said at once, and then only now and then."""

from __future__ import annotations

from datetime import datetime, timedelta

from reblogbot.ports import Clock

AGAIN = timedelta(minutes=15)
"""How long a trouble that lasts is known before it is said once more."""
CALM = timedelta(minutes=1)
"""How long nothing may go wrong before it is said to be over: what is due may be seldom due."""
MOST = 100


class LogThrottle:
    """Remembers which troubles were said, each by its own words, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[str, datetime] = {}
        self._last: datetime | None = None

    def should_log(self, trouble: str) -> bool:
        """Whether this is new, or long known; if so, it counts as said now."""
        now = self._last = self._clock.now()
        said = self._said.get(trouble)
        if said is not None and _within(now - said, AGAIN):
            return False
        self._said.pop(trouble, None)
        self._said[trouble] = now
        if len(self._said) > MOST:
            del self._said[next(iter(self._said))]
        return True

    @property
    def is_open(self) -> bool:
        """Whether something was said of which it is not known to be over."""
        return bool(self._said)

    def ended(self) -> tuple[str, ...]:
        """The troubles that are over, now that nothing went wrong for a while; they are forgotten.

        () while they last, or where there were none.
        """
        if self._last is None or _within(self._clock.now() - self._last, CALM):
            return ()
        over, self._said, self._last = tuple(self._said), {}, None
        return over


def _within(span: timedelta, most: timedelta) -> bool:
    """Whether the span is shorter than `most`; one that a clock set back made is as long as any."""
    return timedelta(0) <= span < most
