"""Who may be boosted or quoted: opt-outs, own accounts and blocks; used by reader and sender."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import regex

from reblogbot.config.settings import SourceSettings
from reblogbot.model import Author, Entry

ALWAYS = "nobot"
"""The opt-out that is respected whatever else `opt_out_tags` lists."""
# a person chose these statuses one by one
_CHOSEN_BY_HAND = frozenset({"bookmarks", "favourites"})
# what ends in "/" or "&" before it is an address or an entity
_TAG = regex.compile(r"(?<![\p{L}\p{M}\p{N}_/&#＃])[#＃]([\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_\-]*)")
_MOST_TAGS = 100
_RELATIONS = {
    "blocking": "you block its author",
    "blocked_by": "its author blocks you",
    "muting": "you mute its author",
    "domain_blocking": "you block its server",
}


def address(username: str, page: str) -> str:
    """`name@host`, in lower case, of the account whose profile stands at `page`, or ""."""
    try:
        host = urlsplit(page).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f"{username}@{host}".lower() if username and host else ""


def fold_tag(tag: str) -> str:
    """A hashtag without its sign, case, accents, hyphens, underscores and plural s."""
    letters = unicodedata.normalize("NFKD", tag.lstrip("#＃")).casefold()
    folded = "".join(char for char in letters if char.isalnum())
    return folded.removesuffix("s")


def tags_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The hashtags in some texts, folded, each once; a word without the sign is none."""
    found = (fold_tag(tag) for text in texts for tag in _TAG.findall(text))
    return tuple(dict.fromkeys(filter(None, found)))[:_MOST_TAGS]


def opt_out(author: Author, tags: Iterable[str]) -> str:
    """The first of these tags that the author's profile shows, as "#tag", or ""."""
    return next((f"#{tag}" for tag in (ALWAYS, *tags) if fold_tag(tag) in author.tags), "")


def own_account(
    entry: Entry, source: SourceSettings, account: str, addresses: Mapping[str, str]
) -> str:
    """Why a status of one of the config's accounts is not published by `account`, or "".

    `addresses` are the known ones of the config's accounts, by name. Another account of the
    config is boosted only where the source names it (`acct`), or where the status was marked
    by hand.
    """
    author = entry.author.address if entry.author else ""
    if not author:
        return ""
    if author == addresses.get(account):
        return "forbidden: its author is the account itself"
    other = next((name for name, known in addresses.items() if known == author), "")
    if not other or source.kind in _CHOSEN_BY_HAND or _names(source, author):
        return ""
    return (
        f"forbidden: its author is the account {other} of this config; a source of the kind"
        " account that names it boosts it"
    )


def blocked(relation: Mapping[str, Any], *, followers_only: bool = False) -> str:
    """Why two accounts that stand so to each other do not boost each other, or "".

    `relation` is the Mastodon API's Relationship; a flag that is missing says nothing. With
    `followers_only` the author has to follow the account.
    """
    reason = next((why for flag, why in _RELATIONS.items() if relation.get(flag) is True), "")
    if not reason and followers_only and relation.get("followed_by") is not True:
        return 'its author does not follow the account, and from = "followers"'
    return reason


def _names(source: SourceSettings, author: str) -> bool:
    """Whether the source's `acct` is that address; a server's name may differ from its pages'."""
    name, _, host = getattr(source.options, "acct", "").lower().partition("@")
    other, _, page = author.partition("@")
    return name == other and bool(host) and f".{page}".endswith(f".{host}")
