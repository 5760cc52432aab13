"""What an instance's JSON says a post may be: characters, links, media."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reblogbot.model import Limits

MOST_CHARACTERS = 1_000_000
# GoToSocial announces the largest 32-bit number where it sets no limit
MOST_OF_AN_IMAGE = 2**31

# Others append "(compatible; …)", start below 1 or carry a name; forks append "+glitch"
_VERSION = re.compile(r"[2-9]\.\d+\.\d+(-?(alpha|beta|rc)[\w.]*|-nightly[\w.-]*)?(\+[\w.+-]+)?")
_SOURCE = re.compile(r"/(mastodon|hometown)(\.git)?(/|$)")


def limits(instance: Mapping[str, Any]) -> Limits:
    """The limits in an answer of /api/v2/instance or /api/v1/instance.

    Links count as `characters_reserved_per_url` on Mastodon and its forks alone: others
    announce a number and count in full all the same.
    """
    configuration = _table(instance, "configuration")
    statuses = _table(configuration, "statuses")
    attachments = _table(configuration, "media_attachments")
    plain = Limits()
    per_link = _number(statuses, "characters_reserved_per_url", 0)
    announced = _number(instance, "max_toot_chars", plain.characters)
    return Limits(
        characters=_number(statuses, "max_characters", announced),
        per_link=per_link if per_link and is_mastodon(instance) else None,
        media=_number(statuses, "max_media_attachments", plain.media),
        alt=_number(attachments, "description_limit", plain.alt),
        image_bytes=_number(attachments, "image_size_limit", plain.image_bytes, MOST_OF_AN_IMAGE),
        image_pixels=_number(
            attachments, "image_matrix_limit", plain.image_pixels, MOST_OF_AN_IMAGE
        ),
    )


def is_mastodon(instance: Mapping[str, Any]) -> bool:
    """Whether the server is Mastodon or a fork of it, by its version and its source."""
    version, source = instance.get("version"), instance.get("source_url")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return False
    return not source or (isinstance(source, str) and bool(_SOURCE.search(source)))


def _table(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def _number(holder: Mapping[str, Any], name: str, default: int, most: int = MOST_CHARACTERS) -> int:
    value = holder.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        return default
    return value if 0 < value <= most else default
