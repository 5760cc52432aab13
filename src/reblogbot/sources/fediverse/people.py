"""Accounts of the Mastodon API as authors: names, addresses and what their profiles say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reblogbot.core import consent
from reblogbot.core.text import html_to_text, one_line
from reblogbot.model import Author
from reblogbot.sources.shared.json_text import text_of

# a bio is some hundred characters long; a parser that is slow on nonsense gets no more than this
_LONGEST = 10_000
_MOST_FIELDS = 20


def of_account(account: object) -> Author:
    """The author as an account of the Mastodon API tells it; any field may be absent or odd."""
    if not isinstance(account, Mapping):
        return Author()
    username = text_of(account.get("username"))
    page = text_of(account.get("url")) or text_of(account.get("uri"))
    shown = one_line(text_of(account.get("display_name"))[:_LONGEST])
    return Author(
        id=text_of(account.get("id")),
        address=consent.address(username, page),
        name=shown or one_line(username),
        tags=profile_tags(shown, account.get("note"), account.get("fields")),
        is_bot=account.get("bot") is True,
        is_discoverable=flag(account.get("discoverable")),
        is_indexable=flag(account.get("indexable")),
        standing=_standing(account),
    )


def profile_tags(name: str, bio: object, fields: object) -> tuple[str, ...]:
    """The hashtags of a profile, as `Author.tags` has them; bio and fields are HTML."""
    return consent.tags_in((name, _plain(bio), *_texts(fields)))


def flag(value: object) -> bool | None:
    """True or false as a server says it, None where it says neither."""
    return value if isinstance(value, bool) else None


def _standing(account: Mapping[str, Any]) -> str:
    if account.get("suspended") is True:
        return "its author is suspended"
    if account.get("limited") is True:
        return "its author is limited by the server"
    return "its author has moved to another account" if account.get("moved") else ""


def _texts(fields: object) -> Iterable[str]:
    for field in fields[:_MOST_FIELDS] if isinstance(fields, list) else ():
        if isinstance(field, Mapping):
            yield _plain(field.get("name"))
            yield _plain(field.get("value"))


def _plain(html: object) -> str:
    text = text_of(html)[:_LONGEST]
    return html_to_text(text) if "<" in text or "&" in text else text
