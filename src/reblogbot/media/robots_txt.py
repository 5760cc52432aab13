"""A robots.txt file (RFC 9309), and what it says about one page; runs in the parser child."""

from __future__ import annotations

from reblogbot.core import ai_signals
from reblogbot.core.ai_signals import AGENT, TextRules

MAX_BYTES = 500 * 1024
"""A robots.txt is read up to here (RFC 9309 §2.5)."""


def rules_for(octets: bytes, url: str) -> TextRules:
    """The rules of the robots.txt for the page at `url`."""
    # few sources read pages
    from protego import Protego  # noqa: PLC0415

    if len(octets) > MAX_BYTES:
        # the last line may be the beginning of a rule that means less than the whole
        octets = octets[:MAX_BYTES].rpartition(b"\n")[0]
    text = octets.decode("utf-8-sig", "replace")
    if not Protego.parse(text).can_fetch(url, AGENT):
        return TextRules(no_text="disallowed by robots.txt")
    for field in ai_signals.PREFERENCES:
        if not Protego.parse(ai_signals.preferences_as_rules(text, field)).can_fetch(url, AGENT):
            return TextRules(no_ai=f"{field} in robots.txt")
    return TextRules()
