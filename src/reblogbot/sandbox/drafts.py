"""The fields of a status that a client sends, validated as the server's kind does."""

from __future__ import annotations

from typing import Any

import regex

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.answers import Refused, json_answer
from reblogbot.sandbox.call import Call, refused
from reblogbot.sandbox.profiles import NOT_FOUND, Refusal
from reblogbot.sandbox.records import Status

VISIBILITIES = ("public", "unlisted", "private", "direct")
MAX_MEDIA = 4
_LANGUAGE = regex.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def new_status(call: Call) -> dict[str, Any]:
    """The fields of Status that a POST asks for. Refused as this kind of server refuses."""
    fields = edited_fields(call, None)
    _check_mentions(call, fields["text"])
    return fields | {
        "visibility": _visibility(call),
        "reply_to": _reply_to(call),
        "quote": _quote(call),
        "application": call.token.app if call.token else "",
    }


def edited_fields(call: Call, status: Status | None) -> dict[str, Any]:
    """The fields of Status that a PUT of a status changes; without one, those of a new status."""
    text, spoiler = _texts(call)
    media = _media(call, status)
    _check_length(call, text, spoiler, has_media=bool(media))
    return {
        "text": text,
        "spoiler": spoiler,
        "sensitive": call.params.flag("sensitive") or bool(spoiler),
        "media": media,
        "language": _language(call, status),
    }


def _texts(call: Call) -> tuple[str, str]:
    text = call.params.text("status").replace("\r\n", "\n")
    spoiler = call.params.text("spoiler_text").strip()
    if call.profile.strips_text:
        text = text.strip()
    if not text and spoiler and call.profile.software == "mastodon":
        return spoiler, ""
    return text, spoiler


def _check_length(call: Call, text: str, spoiler: str, *, has_media: bool) -> None:
    profile = call.profile
    if not text and not has_media and call.is_refused("blank"):
        raise call.refused("blank")
    per_link = None if profile.counts_links_in_full else profile.per_link
    length = texts.length(text, per_link)
    if profile.counts_spoiler:
        length += texts.length(spoiler, None)
    if profile.enforces_length and length > profile.max_characters:
        raise call.refused("too_long", limit=profile.max_characters)


def _check_mentions(call: Call, text: str) -> None:
    """With `allowed_mentions[]` no other account may be mentioned."""
    if "allowed_mentions" not in call.params:
        return
    allowed = {str(account_id) for account_id in call.params.many("allowed_mentions")}
    unexpected = [account for account in call.instance.mentioned(text) if account.id not in allowed]
    if unexpected:
        body = {
            "error": "Post would be sent to unexpected accounts",
            "unexpected_accounts": [call.entities.account(account) for account in unexpected],
        }
        raise Refused(json_answer(body, 422))


def _media(call: Call, status: Status | None) -> list[str]:
    """The ids of the attachments, without those that this server ignores."""
    media_ids = [str(media_id) for media_id in call.params.many("media_ids")]
    if len(media_ids) > MAX_MEDIA:
        message = f"Validation failed: Cannot attach more than {MAX_MEDIA} files"
        raise refused(Refusal(422, message=message))
    return [media_id for media_id in media_ids if _may_attach(call, media_id, status)]


def _may_attach(call: Call, media_id: str, status: Status | None) -> bool:
    media = call.instance.state.media.get(media_id)
    if media is None or media.account_id != call.viewer.id:
        if call.is_refused("unknown_media"):
            raise call.refused("unknown_media", value=media_id)
        return False
    is_attached = media.status_id and (status is None or media.status_id != status.id)
    if is_attached and call.is_refused("attached_media"):
        raise call.refused("attached_media", value=media_id)
    return True


def _language(call: Call, status: Status | None) -> str | None:
    match call.profile.language:
        case "always_en":
            return "en"
        case "none":
            return None
    language = call.params.text("language")
    if language and not _LANGUAGE.fullmatch(language):
        if call.is_refused("bad_language"):
            raise call.refused("bad_language", value=language)
        language = ""
    if not language and status and not call.profile.edit_resets_language:
        return status.language
    return language or call.viewer.language or "en"


def _visibility(call: Call) -> str:
    visibility = call.params.text("visibility")
    if not visibility:
        return call.viewer.privacy
    if visibility in VISIBILITIES:
        return visibility
    if call.is_refused("bad_visibility"):
        raise call.refused("bad_visibility", value=visibility)
    return "public"


def _reply_to(call: Call) -> str:
    status_id = call.params.text("in_reply_to_id")
    parent = call.instance.find_status(status_id) if status_id else None
    if parent and call.instance.may_see(call.account, parent):
        return parent.id
    if status_id and call.is_refused("unknown_reply"):
        raise call.refused("unknown_reply")
    return ""


def _quote(call: Call) -> str:
    status_id = call.params.text("quoted_status_id")
    if not status_id:
        return ""
    quoted = call.instance.find_status(status_id)
    if quoted is None or not call.instance.may_see(call.account, quoted):
        raise refused(NOT_FOUND)
    if quoted.visibility not in ("public", "unlisted"):
        message = "Validation failed: Quoted status cannot be quoted"
        raise refused(Refusal(422, message=message))
    return quoted.boost_of or quoted.id
