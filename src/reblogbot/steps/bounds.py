"""How much a step may answer."""

from __future__ import annotations

from reblogbot.config.settings import StepSettings

_TOKENS_PER_CHARACTER = 2
"""Rare Chinese characters take two or three tokens, common ones one or less."""
_MIN_TOKENS = 1024
"""For models that think before they answer: what they think is counted as well."""
_BYTES_PER_TOKEN = 32
"""A token is six bytes of JSON for a Chinese character, and seldom more than twelve; services that
send what a model thinks may send it twice."""
_ENVELOPE = 65_536
_MOST_BYTES = 4_000_000
"""Whatever `max_output` is: an answer is decoded in the process that does everything else too."""


def max_tokens(settings: StepSettings) -> int:
    """The tokens that a model may write.

    They are so many that `max_output` characters of Chinese are not cut early. An answer that is
    longer than `max_output` is cut at a sentence later.
    """
    return max(_TOKENS_PER_CHARACTER * settings.max_output, _MIN_TOKENS)


def max_bytes(settings: StepSettings) -> int:
    """The bytes that are read of an answer, after decompression."""
    return min(_BYTES_PER_TOKEN * max_tokens(settings) + _ENVELOPE, _MOST_BYTES)
