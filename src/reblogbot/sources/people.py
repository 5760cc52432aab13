"""Who wrote a status, and what they and their server say about its being boosted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from reblogbot.core.text import html_to_text, one_line
from reblogbot.sources.json_text import text_of

# a bio is some hundred characters long; a parser that is slow on nonsense gets no more than this
_LONGEST = 10_000
_MOST_FIELDS = 20
_NOBOT = re.compile(r"(?<![\w#＃])[#＃]no[-_]?bots?(?!\w)", re.IGNORECASE)


class Author(NamedTuple):
    """A person: the `id` they have at home, and `name@host` as their profile's address tells it.

    `opted_out` is how they say that bots should leave them alone, `standing` why their account
    is none to be boosted; "" for neither.
    """

    id: str = ""
    address: str = ""
    name: str = ""
    opted_out: str = ""
    standing: str = ""


NOBODY = Author()


def of_account(account: object) -> Author:
    """The author as an account of the Mastodon API tells it; any field may be absent or odd."""
    if not isinstance(account, Mapping):
        return NOBODY
    username = text_of(account.get("username"))
    shown = one_line(text_of(account.get("display_name"))[:_LONGEST])
    return Author(
        id=text_of(account.get("id")),
        address=address(username, text_of(account.get("url")) or text_of(account.get("uri"))),
        name=shown or one_line(username),
        opted_out=opted_out(account, shown, account.get("note"), account.get("fields")),
        standing=_standing(account),
    )


def address(username: str, page: str) -> str:
    """`name@host`, in lower case, of whose profile stands at `page`; "" when that tells nobody."""
    try:
        host = urlsplit(page).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f"{username}@{host}".lower() if username and host else ""


def opted_out(told: Mapping[str, Any], name: str, bio: object, fields: object) -> str:
    """How somebody says that bots should leave them alone, "" if they do not.

    Only an explicit false means that somebody is not to be found (Mastodon, Account entity).
    """
    if _NOBOT.search(name):
        return "#nobot in the name"
    if _NOBOT.search(_plain(bio)):
        return "#nobot in the bio"
    if any(_NOBOT.search(text) for text in _texts(fields)):
        return "#nobot in a field of the profile"
    unwilling = [key for key in ("discoverable", "indexable") if told.get(key) is False]
    return f"not {unwilling[0]}" if unwilling else ""


def between(relation: Mapping[str, Any]) -> str:
    """Why two who stand so to each other do not boost each other; "" if they may."""
    reasons = {
        "blocking": "you block its author",
        "blocked_by": "its author blocks you",
        "muting": "you mute its author",
        "domain_blocking": "you block its server",
    }
    return next((why for flag, why in reasons.items() if relation.get(flag) is True), "")


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
    return html_to_text(text) if "<" in text else text
