"""What a client wants to post, checked as each kind of server checks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import regex

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Status
from reblogbot.sandbox.wire import Call, Refused, as_json, refuse

VISIBILITIES = ("public", "unlisted", "private", "direct")
_LANGUAGE = regex.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAX_MEDIA = 4


def checked_draft(call: Call, editing: Status | None = None) -> dict[str, Any]:
    """The fields of Status that a POST or PUT asks for. Refused as this server would refuse it."""
    _check_types(call)
    text, spoiler = _words(call)
    if editing and call.profile.forms == "without_warning" and call.params.is_form:
        spoiler = ""
    media = _media(call, editing)
    _check_length(call, text, spoiler, has_media=bool(media))
    draft = {
        "text": text,
        "spoiler": spoiler,
        "sensitive": call.params.flag("sensitive") or bool(spoiler),
        "media": media,
        "language": _language(call, editing),
    }
    return draft if editing else draft | _fresh(call, text)


def _fresh(call: Call, text: str) -> dict[str, Any]:
    """What only a new status says."""
    _check_mentions(call, text)
    return {
        "visibility": _visibility(call),
        "reply_to": _reply_to(call),
        "quote": _quote(call),
        "application": call.token.app if call.token else "",
    }


def _check_types(call: Call) -> None:
    """Refuse values that a strict server would not take, such as a text for a boolean."""
    if call.profile.forms != "text":
        return
    texts_only = ("status", "spoiler_text", "language", "visibility", "in_reply_to_id")
    wanted = dict.fromkeys(texts_only, str) | {"sensitive": bool}
    for name, kind in wanted.items():
        value = call.params.value(name)
        if value is not None and not isinstance(value, kind):
            raise refuse(call.profile.bad_body)


def _words(call: Call) -> tuple[str, str]:
    text, spoiler = call.params.text("status"), call.params.text("spoiler_text").strip()
    text = text.replace("\r\n", "\n")
    if not call.profile.takes_spaces:
        text = text.strip()
    if not text and spoiler and call.profile.software == "mastodon":
        return spoiler, ""
    return text, spoiler


def _check_length(call: Call, text: str, spoiler: str, *, has_media: bool) -> None:
    profile = call.profile
    if not text and not has_media and profile.blank:
        raise refuse(profile.blank)
    per_link = None if profile.counts_links_in_full else profile.per_link
    counted = texts.length(text, per_link)
    if profile.counts_spoiler:
        counted += texts.length(spoiler, None)
    if profile.enforces_length and counted > profile.max_characters:
        raise refuse(profile.too_long, limit=profile.max_characters)


def _check_mentions(call: Call, text: str) -> None:
    """With `allowed_mentions[]` nobody else may be mentioned."""
    if "allowed_mentions" not in call.params:
        return
    allowed = {str(account_id) for account_id in call.params.many("allowed_mentions")}
    others = [found for found in call.world.mentioned(text) if found.id not in allowed]
    if others:
        told = {"error": "Post would be sent to unexpected accounts"}
        accounts = [call.show.account(account) for account in others]
        raise Refused(as_json(told | {"unexpected_accounts": accounts}, 422))


def _media(call: Call, editing: Status | None) -> list[str]:
    """The attachments asked for, without those that this server silently leaves out."""
    if call.profile.forms == "text" and call.params.is_form:
        return editing.media if editing else []
    wanted = [str(media_id) for media_id in call.params.many("media_ids")]
    if len(wanted) > MAX_MEDIA:
        raise refuse(No(422, words=f"Validation failed: Cannot attach more than {MAX_MEDIA} files"))
    return [media_id for media_id in wanted if _may_attach(call, media_id, editing)]


def _may_attach(call: Call, media_id: str, editing: Status | None) -> bool:
    media = call.world.state.media.get(media_id)
    if media is None or media.account_id != call.viewer.id:
        if call.profile.unknown_media:
            raise refuse(call.profile.unknown_media, value=media_id)
        return False
    is_elsewhere = media.status_id and (editing is None or media.status_id != editing.id)
    if is_elsewhere and call.profile.media_reuse:
        raise refuse(call.profile.media_reuse, value=media_id)
    if media.unready:
        raise refuse(No(422, words="Cannot attach files that have not finished processing"))
    return True


def _language(call: Call, editing: Status | None) -> str | None:
    match call.profile.language:
        case "always_en":
            return "en"
        case "none":
            return None
    asked = call.params.text("language")
    if asked and not _LANGUAGE.fullmatch(asked):
        if call.profile.bad_language:
            raise refuse(call.profile.bad_language, value=asked)
        asked = ""
    if not asked and editing and not call.profile.edit_resets_language:
        return editing.language
    return asked or call.viewer.language or "en"


def _visibility(call: Call) -> str:
    asked = call.params.text("visibility")
    if not asked:
        return call.viewer.privacy
    if asked in VISIBILITIES:
        return asked
    if call.profile.bad_visibility:
        raise refuse(call.profile.bad_visibility, value=asked)
    return "public"


def _reply_to(call: Call) -> str:
    asked = call.params.text("in_reply_to_id")
    found = call.world.find_status(asked) if asked else None
    if found and call.world.may_see(call.account, found):
        return found.id
    if asked and call.profile.unknown_reply:
        raise refuse(call.profile.unknown_reply)
    return ""


def _quote(call: Call) -> str:
    asked = call.params.text("quoted_status_id")
    if not asked:
        return ""
    found = call.world.find_status(asked)
    if found is None or not call.world.may_see(call.account, found):
        raise refuse(No(404, words="Record not found"))
    if found.visibility not in ("public", "unlisted"):
        raise refuse(No(422, words="Validation failed: Quoted status cannot be quoted"))
    return found.boost_of or found.id


def scheduled_for(call: Call) -> datetime | None:
    """The instant `scheduled_at` names, if it names one. Refused when it cannot be read."""
    asked = call.params.text("scheduled_at")
    if not asked or call.profile.scheduling == "at_once":
        return None
    try:
        at = datetime.fromisoformat(asked)
    except ValueError as error:
        raise refuse(No(422, words="Validation failed: Scheduled at is no instant")) from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
