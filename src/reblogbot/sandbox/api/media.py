"""Uploads: take, describe, look at, serve."""

from __future__ import annotations

from dataclasses import replace

from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Media
from reblogbot.sandbox.uploads import sniffed
from reblogbot.sandbox.wire import NOT_FOUND, Answer, Call, Reply, Route, as_json, refuse


def upload(call: Call) -> Reply:
    """The attachment; only what begins like media is taken, where this server looks."""
    file = call.params.upload("file")
    if file is None:
        raise refuse(No(422, words="Validation failed: File can't be blank"))
    alt = _alt(call)
    kind = sniffed(file.content)
    if kind is None:
        if call.profile.bad_media:
            raise refuse(call.profile.bad_media)
        kind = ("application/octet-stream", "bin")
    media = call.world.add_media(call.viewer, file.content, kind[0], kind[1], alt)
    return call.show.media(media)


def _alt(call: Call) -> str:
    alt = call.params.text("description")
    if call.profile.max_alt is not None and len(alt) > call.profile.max_alt:
        raise refuse(call.profile.long_alt)
    return alt


def show(call: Call) -> Reply:
    """The attachment; 206 as long as it is being worked on."""
    media = _own(call)
    answer = as_json(call.show.media(media), 206 if media.unready else 200)
    if media.unready:
        media.unready -= 1
    return answer


def _own(call: Call) -> Media:
    media = call.world.state.media.get(call.places["id"])
    if media is None or media.account_id != call.viewer.id:
        raise refuse(call.profile.deleted)
    return media


def update(call: Call) -> Reply:
    media = _own(call)
    alt = _alt(call) if "description" in call.params else media.alt
    call.world.record("media", replace(media, alt=alt))
    return call.show.media(call.world.state.media[media.id])


def served(call: Call) -> Reply:
    """The bytes, as the type they were found to be."""
    name = call.places["name"]
    media = next((m for m in call.world.state.media.values() if m.name == name), None)
    content = call.world.file(name) if media else None
    if media is None or content is None:
        raise refuse(NOT_FOUND)
    safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
    return Answer(content, kind=media.mime, headers=safe | {"Cache-Control": "max-age=86400"})


ROUTES = (
    Route("POST", "/api/v1/media", upload, "write:media"),
    Route("POST", "/api/v2/media", upload, "write:media"),
    Route("GET", "/api/v1/media/{id}", show, "write:media"),
    Route("PUT", "/api/v1/media/{id}", update, "write:media"),
    Route("GET", "/media/{name}", served),
)
