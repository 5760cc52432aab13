"""The requirements on an entry."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import datetime, timedelta
from typing import get_args
from urllib.parse import urlsplit

from reblogbot.model import Entry, Visibility


def fault_of(entry: Entry, now: datetime) -> str:
    """The first fault of an entry; "" for a valid one."""
    texts = (entry.title, entry.summary, entry.guid, entry.uri, *entry.authors, *entry.categories)
    if not all(isinstance(text, str) for text in (*texts, entry.link, entry.language)):
        return "a value that should be text and is not"
    links = [entry.link, *(media.url for media in entry.media)]
    instants = [instant for instant in (entry.published_at, entry.updated_at) if instant]
    faults = {
        "a control character or half a surrogate": any(map(_is_control, "".join(texts))),
        "a link that is no absolute http(s) URL": any(link and not _is_web(link) for link in links),
        "an instant that is not UTC, or not past": any(
            instant.utcoffset() != timedelta(0) or instant > now for instant in instants
        ),
        "a score that is no number": entry.score is not None and not math.isfinite(entry.score),
        "an unknown visibility": entry.visibility not in get_args(Visibility),
    }
    return next((fault for fault, is_present in faults.items() if is_present), "")


def markup_fault(entry: Entry) -> str:
    """The fault of an entry whose title or summary contains HTML tags; "" without any."""
    for text in (entry.title, entry.summary):
        if re.search(r"</?(?:a|b|br|div|em|i|img|p|span|strong)(?:\s[^<>]*)?/?>", text):
            return "markup"
    return ""


def _is_control(char: str) -> bool:
    return char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs")


def _is_web(link: str) -> bool:
    try:
        parts = urlsplit(link)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
