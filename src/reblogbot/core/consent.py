"""Who may be boosted or quoted: opt-outs, the config's own accounts, and blocks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import regex

from reblogbot.config.settings import SourceSettings
from reblogbot.model import Author, Entry
from reblogbot.words import Words

ALWAYS_RESPECTED = "nobot"
"""The opt-out that counts whatever `opt_out_tags` lists."""
# the admin has marked each of these statuses by hand
_CHOSEN_BY_HAND = frozenset({"bookmarks", "favourites"})
# a # behind "/" belongs to an address, one behind "&" to a character reference
_TAG = regex.compile(r"(?<![\p{L}\p{M}\p{N}_/&#＃])[#＃]([\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}_\-]*)")
_MAX_TAGS = 100
_BLOCKS = {
    "blocking": Words("you block its author"),
    "blocked_by": Words("its author blocks you"),
    "muting": Words("you mute its author"),
    "domain_blocking": Words("you block its server"),
}


def account_address(username: str, page: str) -> str:
    """`name@host`, in lower case, of the account with the profile page `page`, or ""."""
    try:
        host = urlsplit(page).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return f"{username}@{host}".lower() if username and host else ""


def fold_tag(tag: str) -> str:
    """A hashtag without #, case, accents, hyphens, underscores and plural s, to be compared."""
    letters = unicodedata.normalize("NFKD", tag.lstrip("#＃")).casefold()
    folded = "".join(char for char in letters if char.isalnum())
    return folded.removesuffix("s")


def tags_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The hashtags in texts, folded, each once; a word without # is none."""
    tags = (fold_tag(tag) for text in texts for tag in _TAG.findall(text))
    return tuple(dict.fromkeys(filter(None, tags)))[:_MAX_TAGS]


def opt_out_tag(author: Author, tags: Iterable[str]) -> str:
    """The first of these tags in the author's profile, as "#tag", or ""."""
    return next(
        (f"#{tag}" for tag in (ALWAYS_RESPECTED, *tags) if fold_tag(tag) in author.tags), ""
    )


def own_account_reason(
    entry: Entry, source: SourceSettings, account: str, addresses: Mapping[str, str]
) -> str:
    """Why `account` does not publish a status of one of the config's accounts, or "".

    `addresses` are the known addresses of the config's accounts, by name. Another account of the
    config is boosted only where the source names it (`acct`), or where the admin has marked the
    status by hand.
    """
    author = entry.author.address if entry.author else ""
    if not author:
        return ""
    if author == addresses.get(account):
        return Words("forbidden: its author is the account itself")
    other = next((name for name, address in addresses.items() if address == author), "")
    if not other or source.kind in _CHOSEN_BY_HAND or _is_named(source, author):
        return ""
    return Words(
        "forbidden: its author is the account {other} of this config; a source of the "
        "kind account that names it boosts it",
        other=other,
    )


def blocked_reason(relation: Mapping[str, Any], *, followers_only: bool = False) -> str:
    """Why an account does not boost an author because of a block or mute between them, or "".

    `relation` is the Mastodon API's Relationship; a missing flag is no block. With
    `followers_only` the author has to follow the account.
    """
    reason = next((reason for flag, reason in _BLOCKS.items() if relation.get(flag) is True), "")
    if not reason and followers_only and relation.get("followed_by") is not True:
        return Words('its author does not follow the account, and from = "followers"')
    return reason


def _is_named(source: SourceSettings, author: str) -> bool:
    """Whether the source's `acct` is that address; profile pages may be on a sub-domain."""
    name, _, host = getattr(source.options, "acct", "").lower().partition("@")
    author_name, _, page_host = author.partition("@")
    return name == author_name and bool(host) and f".{page_host}".endswith(f".{host}")
