"""What an instance's JSON says a post may be: characters, links, media, markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reblogbot.model import Limits, Markup

MOST_CHARACTERS = 1_000_000
# GoToSocial announces the largest 32-bit number where it sets no limit
MOST_OF_AN_IMAGE = 2**31
_LONGEST_NAME = 1000

# Others append "(compatible; …)", start below 1 or carry a name; forks append "+glitch"
_VERSION = re.compile(r"[2-9]\.\d+\.\d+(-?(alpha|beta|rc)[\w.]*|-nightly[\w.-]*)?(\+[\w.+-]+)?")
_SOURCE = re.compile(r"/(mastodon|hometown)(\.git)?(/|$)")
# as they stand in the version or in the address of the source
_RENDERERS: Mapping[str, Markup] = {"hollo": "hollo", "snac": "snac", "gotosocial": "gotosocial"}
_GOTOSOCIAL_VERSION = re.compile(r"0\.\d+\.\d+(-[\w.]+)?\+g[0-9a-f]+")


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
        markup=markup(instance),
    )


def markup(instance: Mapping[str, Any]) -> Markup:
    """What the server takes a text for, by the software that its version or source names."""
    version, source = instance.get("version"), instance.get("source_url")
    names = re.findall(r"[a-z]+", f"{version} {source}"[:_LONGEST_NAME].lower())
    found = [kind for name, kind in _RENDERERS.items() if name in names]
    if found:
        return found[0]
    is_gotosocial = isinstance(version, str) and _GOTOSOCIAL_VERSION.fullmatch(version)
    return "gotosocial" if is_gotosocial else "plain"


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
