"""Forms that were sent after the session had ended.

The log-in page carries such a form along, and it may be sent again after the log-in. The daemon
keeps nothing of it before that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from aiohttp import web

from reblogbot.admin_page.forms import BadRequest, check_origin, read_form
from reblogbot.admin_page.request import MAX_BODY


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form goes, a path of ours with its query, and all its fields but its token."""

    path: str
    fields: Mapping[str, Sequence[str]]

    @property
    def hidden_fields(self) -> list[tuple[str, str]]:
        """The fields that no person writes: all but `text`."""
        return [
            (name, value)
            for name, values in self.fields.items()
            for value in values
            if name != "text"
        ]


async def kept_text(request: web.Request, path: str, own_url: str, *, takes_files: bool) -> str:
    """The form of a request as text; "" if it cannot be kept.

    That is one that another site may have sent, one with files, and one of more than MAX_BODY
    bytes.
    """
    if not ("Origin" in request.headers or "Sec-Fetch-Site" in request.headers):
        return ""
    # chunks have no length, and browsers do not send them
    if request.content_length is None or request.content_length > MAX_BODY:
        return ""
    try:
        check_origin(request, own_url)
        form = await read_form(request, takes_files=takes_files)
    except BadRequest:
        return ""
    form.fields.pop("csrf", None)
    text = json.dumps({"path": path, "fields": form.fields}, ensure_ascii=False)
    has_files = any(file.content for file in form.files.values())
    return "" if has_files or len(quote_plus(text)) > MAX_BODY else text


def read_kept(text: str) -> KeptForm | None:
    """The form of which `kept_text` made this text; None for any other text."""
    try:
        match json.loads(text):
            case {"path": str(path), "fields": dict(fields)}:
                return KeptForm(path, {name: [*map(str, fields[name])] for name in fields})
    except (ValueError, TypeError, RecursionError):
        pass
    return None
