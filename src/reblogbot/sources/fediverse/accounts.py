"""Accounts of the Mastodon API as authors: names, addresses and the hashtags of their profiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reblogbot.core import consent, mastodon_json
from reblogbot.core.json_values import text_of
from reblogbot.core.text import html_to_text, one_line
from reblogbot.model import Author
from reblogbot.words import Words

# Profiles are some hundred characters long; the parser gets no more of a hostile one.
_LONGEST = 10_000
_MAX_FIELDS = 20


def author_of(account: object) -> Author:
    """The author that an account of the Mastodon API describes; any field may be missing."""
    if not isinstance(account, Mapping):
        return Author()
    display_name = one_line(text_of(account.get("display_name"))[:_LONGEST])
    return Author(
        id=mastodon_json.id_of(account),
        address=mastodon_json.account_address(account),
        name=display_name or one_line(text_of(account.get("username"))),
        tags=profile_tags(display_name, account.get("note"), account.get("fields")),
        is_bot=account.get("bot") is True,
        is_discoverable=bool_or_none(account.get("discoverable")),
        is_indexable=bool_or_none(account.get("indexable")),
        standing=_standing(account),
    )


def profile_tags(name: str, bio: object, fields: object) -> tuple[str, ...]:
    """The hashtags of a profile, as `Author.tags` has them; bio and fields are HTML."""
    return consent.tags_in((name, _plain(bio), *_field_texts(fields)))


def bool_or_none(value: object) -> bool | None:
    """A JSON boolean; None for anything else."""
    return value if isinstance(value, bool) else None


def _standing(account: Mapping[str, Any]) -> str:
    if account.get("suspended") is True:
        return Words("its author is suspended")
    if account.get("limited") is True:
        return Words("its author is limited by the server")
    return Words("its author has moved to another account") if account.get("moved") else ""


def _field_texts(fields: object) -> Iterable[str]:
    for field in fields[:_MAX_FIELDS] if isinstance(fields, list) else ():
        if isinstance(field, Mapping):
            yield _plain(field.get("name"))
            yield _plain(field.get("value"))


def _plain(html: object) -> str:
    text = text_of(html)[:_LONGEST]
    return html_to_text(text) if "<" in text or "&" in text else text
