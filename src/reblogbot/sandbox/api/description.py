"""The server's description of itself."""

from __future__ import annotations

from reblogbot.sandbox.answers import Entity, Reply
from reblogbot.sandbox.call import Call, Route, refused
from reblogbot.sandbox.drafts import MAX_MEDIA
from reblogbot.sandbox.profiles import Refusal
from reblogbot.sandbox.uploads import MIME_TYPES

_TITLE = "reblogbot sandbox"
_DESCRIPTION = "A Mastodon-like server on this machine alone, for trying things out."
_MAX_BYTES = 16_777_216


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
            "supported_mime_types": sorted(set(MIME_TYPES)),
            "description_limit": profile.max_description or 100_000,
            "image_size_limit": _MAX_BYTES,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": _MAX_BYTES,
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
    state = call.instance.state
    local = [account for account in state.accounts.values() if not account.host]
    return {
        "uri": call.instance.host,
        "title": _TITLE,
        "short_description": _DESCRIPTION,
        "description": _DESCRIPTION,
        "email": "",
        "version": call.profile.version,
        "urls": {"streaming_api": _streaming_url(call)},
        "stats": {
            "user_count": len(local),
            "status_count": sum(len(state.by_account[account.id]) for account in local),
            "domain_count": 1,
        },
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
    timelines = {"local": "public", "remote": "public"}
    versions: Entity = {}
    if call.profile.api_version is not None:
        versions = {"api_versions": {"mastodon": call.profile.api_version}}
    return versions | {
        "domain": call.instance.host,
        "title": _TITLE,
        "version": call.profile.version,
        "source_url": call.profile.source_url,
        "description": _DESCRIPTION,
        "usage": {"users": {"active_month": 1}},
        "thumbnail": {"url": f"{call.instance.origin}/_sandbox/avatars/sandbox.svg"},
        "icon": [],
        "languages": ["en"],
        "configuration": _configuration(call)
        | {
            "urls": {"streaming": _streaming_url(call)},
            "vapid": {"public_key": ""},
            "translation": {"enabled": False},
            "limited_federation": False,
            "timelines_access": {
                "live_feeds": timelines,
                "hashtag_feeds": timelines,
                "trending_link_feeds": timelines,
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


def nodeinfo_links(call: Call) -> Reply:
    """Where the description for all kinds of servers is (NodeInfo)."""
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    return {"links": [{"rel": rel, "href": f"{call.instance.origin}/nodeinfo/2.0"}]}


def nodeinfo(call: Call) -> Reply:
    """The description for all kinds of servers (NodeInfo)."""
    return {
        "version": "2.0",
        "software": {"name": call.profile.software, "version": call.profile.version},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}},
        "metadata": {},
    }


def _streaming_url(call: Call) -> str:
    """An address that clients demand, although nothing streams there."""
    return call.instance.origin.replace("http", "ws", 1)


def missing(call: Call) -> Reply:
    """The refusal for all paths that no route has."""
    if call.url.startswith("/api/"):
        raise call.refused("not_found")
    raise refused(Refusal(404, "html"))


ROUTES = (
    Route("GET", "/api/v1/instance", v1),
    Route("GET", "/api/v1/instance/", v1),
    Route("GET", "/api/v2/instance", v2),
    Route("GET", "/api/v2/instance/", v2),
    Route("GET", "/.well-known/nodeinfo", nodeinfo_links),
    Route("GET", "/nodeinfo/2.0", nodeinfo),
)
MISSING_ROUTES = tuple(
    Route(method, "/{rest:.*}", missing) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
)
