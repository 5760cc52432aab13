"""The kinds of servers the sandbox can behave like, in one literal table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reblogbot.sandbox.rendering import Rendering

BodyKind = Literal["json", "html", "text", "empty"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a server refuses something: the HTTP status, the kind of body and its message."""

    status: int
    body: BodyKind = "json"
    message: str = ""


_INVALID_TOKEN = Refusal(401, message="The access token is invalid")
NOT_FOUND = Refusal(404, message="Record not found")
_UNUSABLE_MEDIA = Refusal(
    422, message="Validation failed: Media {value} not found or already attached"
)
REFUSALS: Mapping[str, Refusal | None] = {
    "no_token": _INVALID_TOKEN,
    "bad_token": _INVALID_TOKEN,
    "not_found": NOT_FOUND,
    "too_long": Refusal(422, message="Validation failed: Text character limit of {limit} exceeded"),
    "blank": Refusal(422, message="Validation failed: Text can't be blank"),
    "bad_language": None,
    "bad_visibility": Refusal(422, message="'{value}' is not a valid visibility"),
    "unknown_reply": NOT_FOUND,
    "private_boost": NOT_FOUND,
    "direct_boost": NOT_FOUND,
    "bad_media": Refusal(422, message="Validation failed: File has contents that are not media"),
    "unknown_media": _UNUSABLE_MEDIA,
    "attached_media": _UNUSABLE_MEDIA,
    "long_description": Refusal(422, message="Validation failed: Description is too long"),
}
"""Mastodon's refusals by reason; None where it accepts what other servers refuse."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of server as a posting client meets it; the defaults are those of Mastodon."""

    version: str
    software: str = "mastodon"
    source_url: str = ""
    api_version: int | None = None
    rendering: Rendering = "mastodon"
    """How the text of a status becomes HTML."""

    max_characters: int = 500
    enforces_length: bool = True
    per_link: int | None = 23
    """How many characters a link counts, as the server announces it."""
    counts_links_in_full: bool = False
    """Whether links count in full, whatever the server announces."""
    strips_text: bool = True
    counts_spoiler: bool = True
    max_description: int | None = 1500
    """The longest description of a media file; None for no limit."""

    language: Literal["kept", "always_en", "none"] = "kept"
    edit_resets_language: bool = False
    default_visibility: Literal["public", "unlisted"] = "public"
    locks_new_accounts: bool = False
    lists_new_accounts: bool = True
    """Whether new accounts agree to be discoverable."""
    honours_idempotency_keys: bool = True
    """Whether a repeated key returns the first status instead of posting again."""

    refusals: Mapping[str, Refusal | None] = field(default_factory=dict)
    """Where this server departs from REFUSALS."""

    def refusal(self, reason: str) -> Refusal | None:
        """How the server refuses for a reason of REFUSALS; None where it does not refuse."""
        return self.refusals[reason] if reason in self.refusals else REFUSALS[reason]


PROFILES: Mapping[str, Profile] = {
    "mastodon": Profile(version="4.5.4", api_version=7),
    "mastodon-4.6": Profile(version="4.6.0", api_version=10),
    "mastodon-next": Profile(version="4.6.3", api_version=10),
    "gotosocial": Profile(
        version="0.20.0-rc1+g57cb4fe",
        software="gotosocial",
        rendering="gotosocial",
        max_characters=5000,
        per_link=25,
        counts_links_in_full=True,
        edit_resets_language=True,
        default_visibility="unlisted",
        locks_new_accounts=True,
        lists_new_accounts=False,
        honours_idempotency_keys=False,
    ),
    "snac": Profile(
        version="4.0.0 (not true; really snac/2.94)",
        software="snac",
        rendering="snac",
        max_characters=100_000,
        enforces_length=False,
        per_link=None,
        counts_links_in_full=True,
        max_description=None,
        language="always_en",
        honours_idempotency_keys=False,
    ),
    "takahe": Profile(
        version="takahe/0.11.0",  # holds no number that a client could parse
        software="takahe",
        rendering="takahe",
        counts_links_in_full=True,
        counts_spoiler=False,
        strips_text=False,
        max_description=None,
        language="none",
        honours_idempotency_keys=False,
    ),
    "pleroma": Profile(
        version="2.7.2 (compatible; Pleroma 2.9.1)",
        software="pleroma",
        max_characters=5000,
        per_link=None,
        counts_links_in_full=True,
    ),
    "pixelfed": Profile(
        version="3.5.3 (compatible; Pixelfed 0.12.5)",
        software="pixelfed",
        per_link=None,
        counts_links_in_full=True,
    ),
    "hollo": Profile(
        version="0.9.13",
        software="hollo",
        source_url="https://github.com/fedify-dev/hollo",
        api_version=2,
        rendering="hollo",
        max_characters=10_000,
        enforces_length=False,
        per_link=256,
        counts_links_in_full=True,
        strips_text=False,
        max_description=None,
        edit_resets_language=True,
    ),
    # as Mastodon, without idempotency keys: Misskey and its relatives
    "plain": Profile(version="4.2.0", honours_idempotency_keys=False),
}
