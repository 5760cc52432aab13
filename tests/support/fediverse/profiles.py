"""How each kind of server departs from Mastodon beyond the sandbox's own profiles.

The departures were seen on running servers; those of Hollo were partly read in its code.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal

from fediverse.ids import IdStyle
from reblogbot.sandbox import profiles
from reblogbot.sandbox.profiles import Profile, Refusal


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """What a server does with an Idempotency-Key.

    A repeated key makes another post ("post"), or is answered with the first status ("first"),
    an error 500 ("error"), the whole first answer, errors too ("replay"), or 400 ("burnt").
    `is_locked` refuses copies in flight with 503; without it both are posted. `is_shared` means
    that all accounts share their keys.
    """

    repeat: Literal["post", "first", "error", "replay", "burnt"] = "post"
    is_locked: bool = False
    is_shared: bool = False
    lifetime: timedelta = timedelta(hours=1)


REFUSALS: dict[str, Refusal | None] = {
    **profiles.REFUSALS,
    "instance_v2": None,
    "trailing_slash": None,
    "bad_body": None,  # a value of the wrong type
    "bad_flag": None,  # neither "true" nor "false"
    "lists": None,
    "boost_twice": None,
    "bad_token_on_verify": None,
    "narrow_scopes": None,  # verify_credentials without the whole of `read`
    "garbage_id": None,
    "rate_limited": Refusal(429, message="Too many requests"),
}
"""Mastodon's refusals by reason, those included that only other servers have."""


@dataclass(frozen=True, slots=True)
class ServerProfile(Profile):
    """One kind of server with all departures known; the defaults are those of Mastodon."""

    ids: IdStyle = "snowflake"
    keys: KeyPolicy = KeyPolicy()
    forms: Literal["whole", "text", "without_warning"] = "whole"
    """What a form may contain: everything; text alone, so that a boolean in it is refused and an
    array ignored; or everything but the warning of an edit, which is removed."""

    boost_twice: Literal["existing", "another", "refused"] = "existing"
    boost_of_boost: Literal["original", "404"] = "original"
    boost_answer: Literal["wrapper", "upper_case_id", "original"] = "wrapper"
    boost_visibility: bool = True
    """Whether the visibility requested for a boost has an effect."""

    ignored_paging: frozenset[str] = frozenset()
    """Parameters of an account's statuses that have no effect."""
    link_header: bool = True
    hides_from_author: bool = False
    """Whether private and direct posts are missing from their own author's page."""
    home_twice: bool = False
    """Whether the home timeline shows each status twice."""
    cjk_tag_timelines: bool = True
    lists_take_anyone: bool = False
    finds: Literal["all", "timeline", "nothing"] = "all"
    """Which statuses a search by address finds: "timeline" are those of the home timeline."""

    knows_scopes: Literal["granular", "whole"] = "granular"
    """Whether an app may register parts of `read` and `write`."""
    checks_redirects: bool = True
    """Whether an app may be answered only at an address that it registered."""
    checks_pkce: bool = True
    copied_code: Literal["page", "bare"] = "page"
    """How the code to copy is shown: on a page, or as text with the state behind it."""
    codes_last: bool = False
    """Whether a code is good for more than one token."""
    has_oauth_metadata: bool = True
    has_nodeinfo: bool = True

    tells_scopes: bool = True
    """Whether verifying an app tells the scopes of its token."""
    limited: Literal["families", "requests", "nothing"] = "families"
    drops_every: int = 0
    """Every n-th post is dropped with its connection and not stored; 0 for none."""

    def refusal(self, reason: str) -> Refusal | None:
        return self.refusals[reason] if reason in self.refusals else REFUSALS[reason]


def _profile(name: str, **departures: Any) -> ServerProfile:
    """The sandbox's profile of that name, with departures."""
    profile = profiles.PROFILES[name]
    values = {field.name: getattr(profile, field.name) for field in fields(profile)}
    return ServerProfile(**values | departures)


_UNAUTHORIZED = Refusal(401, "empty")
_HTML_404 = Refusal(404, "html")
_HTML_500 = Refusal(500, "html")
_TEXT_500 = Refusal(500, "text", "Internal Server Error")
_INVALID_REQUEST = Refusal(422, message="invalid_request")

PROFILES: dict[str, ServerProfile] = {
    # before PR #37879: no lock, so that two copies in flight are both posted
    "mastodon": _profile("mastodon", keys=KeyPolicy("first")),
    # PR #37879 without the fix of #40399: a repeat is answered 500 until the key expires
    "mastodon-4.6": _profile("mastodon-4.6", keys=KeyPolicy("error", is_locked=True)),
    # #40399 fixed: the first status, or 503 when the lock was not acquired
    "mastodon-next": _profile("mastodon-next", keys=KeyPolicy("first", is_locked=True)),
    "gotosocial": _profile(
        "gotosocial",
        checks_pkce=False,
        ids="ulid",
        boost_twice="another",
        boost_visibility=False,
        ignored_paging=frozenset({"since_id", "tagged"}),
        home_twice=True,
        tells_scopes=False,
        limited="requests",
        refusals={
            "too_long": Refusal(400, message="text with spoiler exceed max chars ({limit})"),
            "blank": Refusal(400, message="no status supplied"),
            "bad_language": Refusal(400, message="language '{value}' is not a language tag"),
            "bad_visibility": Refusal(422, message="visibility '{value}' not recognised"),
            "direct_boost": Refusal(403, message="you cannot boost this status"),
            "bad_media": Refusal(422, message="could not process media"),
            "attached_media": Refusal(400, message="media {value} already attached"),
            "unknown_media": Refusal(400, message="media {value} not found"),
            "long_description": Refusal(400, message="image description too long (max 1500)"),
            "bad_token": Refusal(401, message="Unauthorized"),
            "no_token": Refusal(401, message="Unauthorized: token not supplied"),
            "rate_limited": Refusal(429, message="rate limit reached"),
        },
    ),
    "snac": _profile(
        "snac",
        checks_pkce=False,
        checks_redirects=False,
        copied_code="bare",
        codes_last=True,
        has_oauth_metadata=False,
        ids="hex",
        forms="without_warning",
        boost_of_boost="404",
        boost_answer="upper_case_id",
        boost_visibility=False,
        ignored_paging=frozenset({"since_id", "min_id", "exclude_reblogs", "only_media", "tagged"}),
        link_header=False,
        hides_from_author=True,
        cjk_tag_timelines=False,
        lists_take_anyone=True,
        finds="timeline",
        tells_scopes=False,
        limited="nothing",
        drops_every=20,
        refusals={
            "instance_v2": _HTML_404,
            "blank": None,
            "bad_visibility": None,
            "unknown_reply": None,
            "private_boost": None,
            "direct_boost": None,
            "bad_media": None,
            "attached_media": None,
            "unknown_media": None,
            "bad_token": _UNAUTHORIZED,
            "bad_token_on_verify": Refusal(422, "empty"),
            "no_token": _UNAUTHORIZED,
            "garbage_id": _HTML_404,
            "not_found": _HTML_404,
        },
    ),
    "takahe": _profile(
        "takahe",
        checks_pkce=False,
        codes_last=True,
        has_oauth_metadata=False,
        boost_answer="original",
        boost_visibility=False,
        hides_from_author=True,
        finds="nothing",
        tells_scopes=False,
        limited="nothing",
        refusals={
            "instance_v2": _HTML_500,
            "too_long": Refusal(400, message="Status is too long"),
            "blank": Refusal(400, message="Status is empty"),
            "bad_visibility": Refusal(400, message="Unknown visibility '{value}'"),
            "unknown_reply": None,
            "direct_boost": None,
            "lists": Refusal(405, message="Method not allowed"),
            "bad_media": _HTML_500,
            "attached_media": None,
            "unknown_media": _HTML_404,
            "bad_token": Refusal(400, "text", "Invalid Bearer token"),
            "no_token": Refusal(401, message="identity_token_required"),
            "narrow_scopes": Refusal(403, message="out_of_scope"),
            "garbage_id": _HTML_500,
        },
    ),
    "pleroma": _profile(
        "pleroma",
        ids="flake",
        keys=KeyPolicy("replay", is_shared=True, lifetime=timedelta(hours=6)),
        limited="nothing",
        refusals={
            "too_long": Refusal(422, message="The status is over the character limit"),
            "blank": Refusal(422, message="Cannot post an empty status without attachments"),
        },
    ),
    # a key is used up before the status is validated
    "pixelfed": _profile("pixelfed", keys=KeyPolicy("burnt"), limited="nothing"),
    "hollo": _profile(
        "hollo",
        ids="uuid",
        keys=KeyPolicy("first"),
        forms="text",
        boost_twice="refused",
        tells_scopes=False,
        limited="nothing",
        refusals={
            "trailing_slash": Refusal(404, "text", "404 Not Found"),
            "bad_body": _INVALID_REQUEST,
            "bad_flag": Refusal(400, message="Invalid option"),
            "blank": _INVALID_REQUEST,
            "bad_visibility": _INVALID_REQUEST,
            "boost_twice": _TEXT_500,
            "unknown_media": _TEXT_500,
            "attached_media": _TEXT_500,
            "bad_token": Refusal(401, message="invalid_token"),
            "no_token": Refusal(401, message="unauthorized"),
            "unknown_reply": _TEXT_500,
        },
    ),
    "plain": _profile("plain", limited="nothing"),
}
