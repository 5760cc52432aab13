"""Media files: upload, describe, look up and serve them."""

from __future__ import annotations

from dataclasses import replace

from reblogbot.sandbox.answers import Answer, Reply
from reblogbot.sandbox.call import Call, Route, refused
from reblogbot.sandbox.profiles import NOT_FOUND, Refusal
from reblogbot.sandbox.records import Media
from reblogbot.sandbox.uploads import sniff


def upload(call: Call) -> Reply:
    file = call.params.upload("file")
    if file is None:
        raise refused(Refusal(422, message="Validation failed: File can't be blank"))
    description = _description(call)
    kind = sniff(file.content)
    if kind is None:
        if call.is_refused("bad_media"):
            raise call.refused("bad_media")
        kind = ("application/octet-stream", "bin")
    media = call.instance.add_media(call.viewer, file.content, *kind, description)
    return call.entities.media(media)


def _description(call: Call) -> str:
    description = call.params.text("description")
    longest = call.profile.max_description
    if longest is not None and len(description) > longest:
        raise call.refused("long_description")
    return description


def show(call: Call) -> Reply:
    return call.entities.media(_own_media(call))


def _own_media(call: Call) -> Media:
    media = call.instance.state.media.get(call.path_params["id"])
    if media is None or media.account_id != call.viewer.id:
        raise call.refused("not_found")
    return media


def update(call: Call) -> Reply:
    media = _own_media(call)
    description = _description(call) if "description" in call.params else media.alt
    call.instance.record("media", replace(media, alt=description))
    return call.entities.media(call.instance.state.media[media.id])


def serve(call: Call) -> Reply:
    """The bytes of a file, with the type that its first bytes show."""
    name = call.path_params["name"]
    media = next((m for m in call.instance.state.media.values() if m.name == name), None)
    content = call.instance.media_content(name) if media else None
    if media is None or content is None:
        raise refused(NOT_FOUND)
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'",
        "Cache-Control": "max-age=86400",
    }
    return Answer(content, content_type=media.mime, headers=headers)


ROUTES = (
    Route("POST", "/api/v1/media", upload, "write:media"),
    Route("POST", "/api/v2/media", upload, "write:media"),
    Route("GET", "/api/v1/media/{id}", show, "write:media"),
    Route("PUT", "/api/v1/media/{id}", update, "write:media"),
    Route("GET", "/media/{name}", serve),
)
