"""What the server says of itself."""

from __future__ import annotations

from typing import Any

from reblogbot.sandbox.drafts import MAX_MEDIA
from reblogbot.sandbox.entities import Entity
from reblogbot.sandbox.uploads import MIMES
from reblogbot.sandbox.wire import Answer, Call, Reply, Route, refuse

TITLE = "reblogbot sandbox"
ABOUT = "A Mastodon-like server on this machine alone, for trying things out."
MAX_BYTES = 16_777_216


def _configuration(call: Call) -> Entity:
    profile = call.profile
    statuses: Entity = {
        "max_characters": profile.max_characters,
        "max_media_attachments": MAX_MEDIA,
    }
    if profile.per_link is not None:
        statuses["characters_reserved_per_url"] = profile.per_link
    return {
        "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
        "statuses": statuses,
        "media_attachments": {
            "supported_mime_types": sorted(set(MIMES)),
            "description_limit": profile.max_alt or 100_000,
            "image_size_limit": MAX_BYTES,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": MAX_BYTES,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    }


def v1(call: Call) -> Reply:
    _check_slash(call)
    state = call.world.state
    local = [account for account in state.accounts.values() if not account.host]
    posted = sum(len(state.own[account.id]) for account in local)
    return {
        "uri": call.world.host,
        "title": TITLE,
        "short_description": ABOUT,
        "description": ABOUT,
        "email": "",
        "version": call.profile.version,
        "urls": {"streaming_api": call.world.origin.replace("http", "ws", 1)},
        "stats": {"user_count": len(local), "status_count": posted, "domain_count": 1},
        "thumbnail": None,
        "languages": ["en"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": _configuration(call),
        "contact_account": None,
        "rules": [],
    }


def v2(call: Call) -> Reply:
    _check_slash(call)
    if call.profile.instance_v2:
        raise refuse(call.profile.instance_v2)
    streaming = {"streaming": call.world.origin.replace("http", "ws", 1)}
    everywhere = {"local": "public", "remote": "public"}
    versions: Entity = {}
    if call.profile.api_version is not None:
        versions = {"api_versions": {"mastodon": call.profile.api_version}}
    return versions | {
        "domain": call.world.host,
        "title": TITLE,
        "version": call.profile.version,
        "source_url": call.profile.source_url,
        "description": ABOUT,
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{call.world.origin}/_sandbox/avatars/sandbox.svg"},
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration(call)
        | {
            "urls": streaming,
            "vapid": {"public_key": ""},
            "translation": {"enabled": False},
            "limited_federation": False,
            "timelines_access": {
                "live_feeds": everywhere,
                "hashtag_feeds": everywhere,
                "trending_link_feeds": everywhere,
            },
        },
        "registrations": {
            "enabled": False,
            "approval_required": False,
            "message": None,
            "url": None,
        },
        "contact": {"email": "", "account": None},
        "rules": [],
    }


def _check_slash(call: Call) -> None:
    if call.profile.trailing_slash and call.url.endswith("/"):
        raise refuse(call.profile.trailing_slash)


def nodeinfo_links(call: Call) -> Reply:
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return {"links": [{"rel": schema, "href": f"{call.world.origin}/nodeinfo/2.0"}]}


def nodeinfo(call: Call) -> Reply:
    state = call.world.state
    local = sum(1 for account in state.accounts.values() if not account.host)
    usage: dict[str, Any] = {
        "users": {"total": local, "activeMonth": local, "activeHalfyear": local},
        "localPosts": len(state.statuses),
    }
    return {
        "version": "2.0",
        "software": {"name": call.profile.software, "version": call.profile.version},
        "protocols": ["activitypub"],
        "services": {"outbound": [], "inbound": []},
        "usage": usage,
        "openRegistrations": False,
        "metadata": {"nodeName": TITLE, "nodeDescription": ABOUT},
    }


def health(_: Call) -> Reply:
    return Answer(b"OK", kind="text/plain")


def nothing(_: Call) -> Reply:
    """For lists that are always empty here."""
    return []


ROUTES = (
    Route("GET", "/api/v1/instance", v1),
    Route("GET", "/api/v1/instance/", v1),
    Route("GET", "/api/v2/instance", v2),
    Route("GET", "/api/v2/instance/", v2),
    Route("GET", "/api/v1/custom_emojis", nothing),
    Route("GET", "/api/v1/announcements", nothing, "read"),
    Route("GET", "/api/v1/filters", nothing, "read:filters"),
    Route("GET", "/api/v2/filters", nothing, "read:filters"),
    Route("GET", "/.well-known/nodeinfo", nodeinfo_links),
    Route("GET", "/nodeinfo/2.0", nodeinfo),
    Route("GET", "/health", health),
)
