"""One literal table of how each kind of server departs from Mastodon, as seen on running ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from reblogbot.sandbox.ids import IdStyle
from reblogbot.sandbox.rendering import Rendering

BodyKind = Literal["json", "html", "text", "empty"]


@dataclass(frozen=True, slots=True)
class No:
    """How a server refuses something: the HTTP status, the kind of body, its words."""

    status: int
    body: BodyKind = "json"
    words: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """What becomes of an Idempotency-Key.

    `repeat` is the answer to a second use: another post, the first status, an error 500, the
    whole first answer again (errors too), or 400. `locked` refuses copies in flight with 503;
    without it both post. `shared` means that all accounts share one room of keys.
    """

    repeat: Literal["post", "first", "error", "replay", "burnt"] = "post"
    locked: bool = False
    shared: bool = False
    kept: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of server; the defaults are those of Mastodon."""

    version: str
    software: str = "mastodon"
    source_url: str = ""
    rendering: Rendering = "mastodon"
    """What it makes of a status's text."""
    api_version: int | None = None
    ids: IdStyle = "snowflake"
    keys: Keys = Keys()
    instance_v2: No | None = None
    trailing_slash: No | None = None
    """What is said to a path of the API with a slash at its end; None where that is the same."""

    forms: Literal["whole", "text", "without_warning"] = "whole"
    """What a form may say: all, or text alone, so that a boolean in it is refused and an array
    ignored; or all but the warning of an edit, which is then removed."""
    bad_body: No = No(422, words="Validation failed")
    """The answer to a value of the wrong type."""
    bad_flag: No | None = None
    """The answer to a query whose flag is neither "true" nor "false"; None where 1 will do."""
    max_characters: int = 500
    enforces_length: bool = True
    per_link: int | None = 23
    """What the server announces that a link counts."""
    counts_links_in_full: bool = False
    counts_spoiler: bool = True
    too_long: No = No(422, words="Validation failed: Text character limit of {limit} exceeded")
    blank: No | None = No(422, words="Validation failed: Text can't be blank")
    takes_spaces: bool = False

    language: Literal["kept", "always_en", "none"] = "kept"
    bad_language: No | None = None
    edit_resets_language: bool = False
    default_visibility: Literal["public", "unlisted"] = "public"
    locked_at_first: bool = False
    discoverable_at_first: bool = True
    bad_visibility: No | None = No(422, words="'{value}' is not a valid visibility")

    boost_twice: Literal["existing", "another"] | No = "existing"
    boost_of_boost: Literal["original", "404"] = "original"
    boost_answer: Literal["wrapper", "upper_case_id", "original"] = "wrapper"
    boost_visibility: bool = True
    """Whether the visibility asked for a boost has an effect."""
    boosts_private: No | None = No(404)
    boosts_direct: No | None = No(404)

    ignored_paging: frozenset[str] = frozenset()
    """Parameters of an account's statuses that have no effect."""
    link_header: bool = True
    hides_from_author: bool = False
    """Whether private and direct posts are missing from their own author's page."""
    home_twice: bool = False
    cjk_tag_timelines: bool = True

    lists: No | None = None
    lists_take_anyone: bool = False
    finds: Literal["all", "timeline", "nothing"] = "all"
    """Which statuses a search by address finds: "timeline" are those in the home timeline."""

    bad_media: No | None = No(422, words="Validation failed: File has contents that are not media")
    media_reuse: No | None = No(422, words="Media {value} not found or already attached")
    unknown_media: No | None = No(422, words="Media {value} not found or already attached")
    max_alt: int | None = 1500
    long_alt: No = No(422, words="Validation failed: Description is too long")

    history: No | None = None
    bad_token: No = No(401, words="The access token is invalid")
    bad_token_on_verify: No | None = None
    no_token: No = No(401, words="The access token is invalid")
    tells_scopes: bool = True
    """Whether anything but the token answer tells the scopes."""
    narrow_scopes_on_verify: No | None = None
    """What verify_credentials says to a token without the whole of `read`."""
    garbage_id: No = No(404, words="Record not found")
    deleted: No = No(404, words="Record not found")
    unknown_reply: No | None = No(404, words="Record not found")
    scheduling: Literal["real", "at_once", "dated"] = "real"
    backdates: bool = False
    """Whether a `scheduled_at` in the past becomes the date of the post."""

    limited: Literal["families", "requests", "nothing"] = "families"
    limited_words: str = "Too many requests"
    drops_every: int = 0
    """Every so-manieth post is dropped with its connection, and not stored; 0 = none."""


_SNAC_EMPTY = No(401, "empty")
_KEPT_FIRST = Keys("first")

# Numbers are those of the list in the guide's page on servers, "second look" its second list;
# "keys" is its page on delivery. What is not told there of Hollo was read in its code.
PROFILES: dict[str, Profile] = {
    # before PR #37879: no lock, so two copies in flight both post
    "mastodon": Profile(version="4.5.4", api_version=7, keys=_KEPT_FIRST),
    # PR #37879 without a cure for #40399: a repeat is answered 500 until the key expires
    "mastodon-4.6": Profile(version="4.6.0", api_version=10, keys=Keys("error", locked=True)),
    # #40399 cured: the first status, or 503 when the lock was not got
    "mastodon-next": Profile(version="4.6.3", api_version=10, keys=Keys("first", locked=True)),
    "gotosocial": Profile(
        version="0.20.0-rc1+g57cb4fe",
        software="gotosocial",
        rendering="gotosocial",
        ids="ulid",
        max_characters=5000,
        per_link=25,
        counts_links_in_full=True,  # 8
        too_long=No(400, words="text with spoiler exceed max chars ({limit})"),  # 8
        blank=No(400, words="no status supplied"),
        bad_language=No(400, words="language '{value}' is not a language tag"),  # 9
        edit_resets_language=True,  # 9
        default_visibility="unlisted",  # 10
        locked_at_first=True,  # 10
        discoverable_at_first=False,  # second look, 7
        tells_scopes=False,  # second look, 6
        bad_visibility=No(422, words="visibility '{value}' not recognised"),
        boost_twice="another",  # 3
        boost_visibility=False,  # 4
        boosts_direct=No(403, words="you cannot boost this status"),
        ignored_paging=frozenset({"since_id", "tagged"}),  # 5
        home_twice=True,  # 5
        bad_media=No(422, words="could not process media"),  # 14
        media_reuse=No(400, words="media {value} already attached"),  # 14
        unknown_media=No(400, words="media {value} not found"),  # 14
        long_alt=No(400, words="image description too long (max 1500)"),  # 14
        bad_token=No(401, words="Unauthorized"),  # 6
        no_token=No(401, words="Unauthorized: token not supplied"),
        backdates=True,
        limited="requests",  # 13
        limited_words="rate limit reached",
    ),
    "snac": Profile(
        version="4.0.0 (not true; really snac/2.94)",
        software="snac",
        rendering="snac",
        ids="hex",  # 5
        instance_v2=No(404, "html"),  # 15
        forms="without_warning",  # second look, 2
        tells_scopes=False,  # second look, 6
        hides_from_author=True,  # second look, 3
        max_characters=100_000,
        enforces_length=False,  # 8
        per_link=None,
        counts_links_in_full=True,
        blank=None,  # 8
        language="always_en",  # 9
        bad_visibility=None,
        boost_of_boost="404",  # 4
        boost_answer="upper_case_id",  # 4
        boost_visibility=False,  # 4
        boosts_private=None,  # 4
        boosts_direct=None,  # 4
        ignored_paging=frozenset(  # 5
            {"since_id", "min_id", "exclude_reblogs", "only_media", "tagged"}
        ),
        link_header=False,  # 5
        cjk_tag_timelines=False,
        lists_take_anyone=True,
        finds="timeline",  # 15; second look, 1
        bad_media=None,  # 14
        media_reuse=None,
        unknown_media=None,  # 14
        max_alt=None,
        history=No(404, "html"),
        bad_token=_SNAC_EMPTY,  # 6
        bad_token_on_verify=No(422, "empty"),  # 6
        no_token=_SNAC_EMPTY,
        garbage_id=No(404, "html"),  # 7
        deleted=No(404, "html"),  # 7
        unknown_reply=None,
        scheduling="dated",  # 11
        backdates=True,  # 11
        limited="nothing",  # 13
        drops_every=20,  # 16
    ),
    "takahe": Profile(
        version="takahe/0.11.0",  # 1: no number that a client could read
        software="takahe",
        rendering="takahe",
        instance_v2=No(500, "html"),  # 7
        hides_from_author=True,  # second look, 3
        tells_scopes=False,  # second look, 6
        narrow_scopes_on_verify=No(403, words="out_of_scope"),  # second look, 6
        counts_links_in_full=True,  # 8
        counts_spoiler=False,
        too_long=No(400, words="Status is too long"),  # 8
        blank=No(400, words="Status is empty"),
        takes_spaces=True,
        language="none",  # 9
        bad_visibility=No(400, words="Unknown visibility '{value}'"),
        boost_answer="original",  # 4
        boost_visibility=False,  # 4
        boosts_direct=None,  # 4
        lists=No(405, words="Method not allowed"),  # 15
        finds="nothing",  # 15; second look, 1
        bad_media=No(500, "html"),  # 7, 14
        media_reuse=None,
        unknown_media=No(404, "html"),  # 14
        max_alt=None,
        history=No(404, "html"),
        bad_token=No(400, "text", "Invalid Bearer token"),  # 6
        no_token=No(401, words="identity_token_required"),
        garbage_id=No(500, "html"),  # 7
        unknown_reply=None,
        scheduling="at_once",  # 11
        limited="nothing",  # 13
    ),
    "pleroma": Profile(
        version="2.7.2 (compatible; Pleroma 2.9.1)",
        software="pleroma",
        ids="flake",
        keys=Keys("replay", shared=True, kept=timedelta(hours=6)),  # keys
        max_characters=5000,
        per_link=None,
        counts_links_in_full=True,  # 8
        too_long=No(422, words="The status is over the character limit"),
        blank=No(422, words="Cannot post an empty status without attachments"),
        limited="nothing",
    ),
    "pixelfed": Profile(
        version="3.5.3 (compatible; Pixelfed 0.12.5)",
        software="pixelfed",
        keys=Keys("burnt"),  # keys: used up before validation
        per_link=None,
        counts_links_in_full=True,  # 8
        limited="nothing",
    ),
    "hollo": Profile(
        version="0.9.13",
        software="hollo",
        source_url="https://github.com/fedify-dev/hollo",
        rendering="hollo",
        api_version=2,
        ids="uuid",
        keys=_KEPT_FIRST,
        trailing_slash=No(404, "text", "404 Not Found"),
        forms="text",  # second look, 2
        tells_scopes=False,  # second look, 6
        bad_body=No(422, words="invalid_request"),  # second look, 2
        bad_flag=No(400, words="Invalid option"),  # second look, 1
        max_characters=10_000,
        enforces_length=False,
        per_link=256,
        counts_links_in_full=True,
        blank=No(422, words="invalid_request"),
        takes_spaces=True,
        bad_language=None,
        edit_resets_language=True,
        bad_visibility=No(422, words="invalid_request"),
        boost_twice=No(500, "text", "Internal Server Error"),
        link_header=True,
        cjk_tag_timelines=True,
        unknown_media=No(500, "text", "Internal Server Error"),
        media_reuse=No(500, "text", "Internal Server Error"),
        max_alt=None,
        history=No(404, words="Record not found"),
        bad_token=No(401, words="invalid_token"),
        no_token=No(401, words="unauthorized"),
        unknown_reply=No(500, "text", "Internal Server Error"),
        scheduling="at_once",
        limited="nothing",
    ),
    # Mastodon in all but the key, as Misskey and its kin
    "plain": Profile(version="4.2.0", limited="nothing"),
}
