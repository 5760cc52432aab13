"""What a token must be allowed to do for what the config asks of its account, and no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reblogbot.config.settings import Config, SourceSettings

READING = ("read:accounts", "read:statuses", "read:search")
POSTING = (*READING, "write:statuses", "write:media")
KINDS: Mapping[str, tuple[str, ...]] = {
    "bookmarks": ("read:bookmarks",),
    "favourites": ("read:favourites",),
    "list": ("read:lists",),
    "mentions": ("read:notifications",),
}
"""What a kind of source needs of the account it reads through, besides READING."""
RELATIONSHIPS = "read:follows"
"""Asked of accounts that read statuses, and before each boost: does either block the other?"""
# less than read:accounts
_HARMLESS = frozenset({"profile"})


def wanted(config: Config, account: str) -> tuple[str, ...]:
    """The scopes to ask for in a token of this account."""
    sources = [source for source in config.sources.values() if source.enabled]
    posts = config.notify.account == account or any(account in source.to for source in sources)
    read = [one.kind for one in sources if getattr(one.options, "via", "") == account]
    more = [scope for kind in read for scope in KINDS.get(kind, ())]
    boosts = any(account in source.to and source.action != "post" for source in sources)
    more += [RELATIONSHIPS] if read or boosts else []
    return tuple(dict.fromkeys((*(POSTING if posts else READING), *more)))


def lacking(config: Config, account: str, granted: Collection[str]) -> str:
    """What the account's token may not do though the config needs it; "" for nothing.

    Where the scopes are not known (`granted` is empty), nothing is known to be lacking.
    """
    served = [source for source in config.sources.values() if account in source.to]
    unused = set() if any(source.media for source in served) else {"write:media"}
    # `auto` boosts only where a link turns out to be a status
    unused |= set() if _boosts_for_sure(config, account) else {RELATIONSHIPS}
    needed = [scope for scope in wanted(config, account) if scope not in unused]
    missing = [scope for scope in needed if granted and not _covers(granted, scope)]
    return f"its token lacks {' '.join(missing)}; {_advice(config, account)}" if missing else ""


def excess(config: Config, account: str, granted: Collection[str]) -> str:
    """What the account's token may do though the config does not need it; "" for nothing."""
    asked = wanted(config, account)
    beyond = [scope for scope in granted if scope not in asked and scope not in _HARMLESS]
    if not beyond:
        return ""
    advice = f"{_advice(config, account)}, where the server knows these (Takahē needs read)"
    return f"its token may do more than it needs ({' '.join(beyond)}); {advice}"


def _advice(config: Config, account: str) -> str:
    return f"make one with just: {' '.join(wanted(config, account))}"


def _boosts_for_sure(config: Config, account: str) -> bool:
    """Whether the account reads statuses, or has a source whose entries are all boosted."""
    return any(
        getattr(source.options, "via", "") == account
        or (account in source.to and source.action in ("boost", "quote"))
        or (account in source.to and source.action == "auto" and _is_fediverse(source))
        for source in config.sources.values()
    )


def _is_fediverse(source: SourceSettings) -> bool:
    return bool(getattr(source.options, "via", "")) or source.kind == "actor"


def _covers(granted: Collection[str], scope: str) -> bool:
    return scope in granted or scope.partition(":")[0] in granted
