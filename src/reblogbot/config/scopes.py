"""The scopes that an account's token needs for what the config asks of it, and no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from shlex import quote

from reblogbot.config.settings import Config

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
"""For accounts that read statuses or boost: it tells whether one of the two blocks the other."""
# it allows less than read:accounts
_HARMLESS = frozenset({"profile"})


def required_scopes(config: Config, account: str) -> tuple[str, ...]:
    """The scopes to ask for in a token of this account.

    An account that nothing uses yet needs those of a source with default settings.
    """
    sources = [source for source in config.sources.values() if source.enabled]
    notifies = config.notify.account == account
    if not notifies and not any(account in (source.via, *source.to) for source in sources):
        return (*POSTING, RELATIONSHIPS)
    posts = notifies or any(account in source.to for source in sources)
    kinds_read = [source.kind for source in sources if source.via == account]
    scopes = [*(POSTING if posts else READING)]
    scopes += [scope for kind in kinds_read for scope in KINDS.get(kind, ())]
    if kinds_read or any(account in source.to and source.action != "post" for source in sources):
        scopes.append(RELATIONSHIPS)
    return tuple(dict.fromkeys(scopes))


def scope_choices(config: Config, account: str) -> tuple[tuple[str, ...], ...]:
    """The scopes to ask for, narrowest first; later ones are for servers that refuse the earlier.

    Takahē tells whose token it is only with the whole of `read`. Some servers know only `read` and
    `write`.
    """
    required = required_scopes(config, account)
    writing = tuple(scope for scope in required if scope.startswith("write:"))
    whole = ("read", "write") if writing else ("read",)
    return tuple(dict.fromkeys((required, ("read", *writing), whole)))


def lacking_scopes_message(config: Config, account: str, granted: Collection[str]) -> str:
    """Which scopes the token lacks for what the config asks; "" for none.

    Where the scopes are unknown (`granted` is empty), none is known to be lacking.
    """
    sources = [source for source in config.sources.values() if account in source.to]
    optional = set() if any(source.media for source in sources) else {"write:media"}
    # `auto` may boost, but only where a link turns out to be a status
    optional |= set() if _certainly_boosts(config, account) else {RELATIONSHIPS}
    required = [scope for scope in required_scopes(config, account) if scope not in optional]
    lacking = [scope for scope in required if granted and not _covers(granted, scope)]
    if not lacking:
        return ""
    hint = f"{_hint(config, account)} (`reblogbot login {quote(account)}` does)"
    return f"its token lacks {' '.join(lacking)}; {hint}"


def excess_scopes_message(config: Config, account: str, granted: Collection[str]) -> str:
    """Which scopes the token has though the config does not need them; "" for none."""
    required = required_scopes(config, account)
    excess = [scope for scope in granted if scope not in required and scope not in _HARMLESS]
    if not excess:
        return ""
    hint = f"{_hint(config, account)}, if the server has these (Takahē needs read)"
    return f"its token may do more than it needs ({' '.join(excess)}); {hint}"


def _hint(config: Config, account: str) -> str:
    return f"create one with only: {' '.join(required_scopes(config, account))}"


def _certainly_boosts(config: Config, account: str) -> bool:
    """Whether the account reads statuses, or has a source whose entries are all boosted."""
    return any(
        source.via == account
        or (
            account in source.to
            and (
                source.action in ("boost", "quote")
                or (source.action == "auto" and source.reads_statuses)
            )
        )
        for source in config.sources.values()
    )


def _covers(granted: Collection[str], scope: str) -> bool:
    return scope in granted or scope.partition(":")[0] in granted
