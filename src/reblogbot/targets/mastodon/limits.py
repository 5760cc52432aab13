"""What an Instance entity says a post may be: characters, links, media, markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reblogbot.model import Markup, ServerLimits
from reblogbot.targets.mastodon.entities import entity

MAX_CHARACTERS = 1_000_000
# GoToSocial announces the largest 32-bit number where it sets no limit
MAX_IMAGE_LIMIT = 2**31
_MAX_NAME = 1000

# A Mastodon version. Others append "(compatible; …)", start below 2 or begin with a name;
# forks append "+glitch".
_VERSION = re.compile(r"[2-9]\.\d+\.\d+(-?(alpha|beta|rc)[\w.]*|-nightly[\w.-]*)?(\+[\w.+-]+)?")
_SOURCE = re.compile(r"/(mastodon|hometown)(\.git)?(/|$)")
# names that stand in the version or in the address of the source
_MARKUPS: Mapping[str, Markup] = {"hollo": "hollo", "snac": "snac", "gotosocial": "gotosocial"}
_GOTOSOCIAL_VERSION = re.compile(r"0\.\d+\.\d+(-[\w.]+)?\+g[0-9a-f]+")


def limits(instance: Mapping[str, Any]) -> ServerLimits:
    """The limits in an answer of /api/v2/instance or /api/v1/instance.

    Only Mastodon and its forks count a link as `characters_reserved_per_url`. Others announce
    that number and count links in full.
    """
    configuration = entity(instance, "configuration")
    statuses = entity(configuration, "statuses")
    attachments = entity(configuration, "media_attachments")
    default = ServerLimits()
    per_link = _number(statuses, "characters_reserved_per_url", 0)
    # the name before /api/v2/instance, which Pleroma still has
    characters = _number(instance, "max_toot_chars", default.characters)
    return ServerLimits(
        characters=_number(statuses, "max_characters", characters),
        per_link=per_link if per_link and is_mastodon(instance) else None,
        media=_number(statuses, "max_media_attachments", default.media),
        alt=_number(attachments, "description_limit", default.alt),
        image_bytes=_number(attachments, "image_size_limit", default.image_bytes, MAX_IMAGE_LIMIT),
        image_pixels=_number(
            attachments, "image_matrix_limit", default.image_pixels, MAX_IMAGE_LIMIT
        ),
        markup=markup(instance),
    )


def markup(instance: Mapping[str, Any]) -> Markup:
    """The markup the server reads in a text, by the software that its version or source names."""
    version, source = instance.get("version"), instance.get("source_url")
    names = re.findall(r"[a-z]+", f"{version} {source}"[:_MAX_NAME].lower())
    for name, kind in _MARKUPS.items():
        if name in names:
            return kind
    is_gotosocial = isinstance(version, str) and _GOTOSOCIAL_VERSION.fullmatch(version)
    return "gotosocial" if is_gotosocial else "plain"


def is_mastodon(instance: Mapping[str, Any]) -> bool:
    """Whether the server is Mastodon or a fork of it, by its version and its source."""
    version, source = instance.get("version"), instance.get("source_url")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return False
    return not source or (isinstance(source, str) and bool(_SOURCE.search(source)))


def _number(
    parent: Mapping[str, Any], name: str, default: int, largest: int = MAX_CHARACTERS
) -> int:
    """A number from 1 to `largest`, else the default."""
    value = parent.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        return default
    return value if 0 < value <= largest else default
