"""What a source with unsaved settings would post now; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reblogbot import app
from reblogbot.config.settings import Config
from reblogbot.engine.preview import RefusedEntry, preview_again
from reblogbot.model import Post
from reblogbot.store import Store

MAX_POSTS = 5
MAX_REFUSED = 50


@dataclass(slots=True)
class AccountPreview:
    """What an account would post of the entries that a source shows now, the newest first.

    Of posts and refused entries only the first are kept.
    """

    account: str
    posting: int = 0
    refusing: int = 0
    posts: list[Post] = field(default_factory=list)
    refused: list[RefusedEntry] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many entries were looked at."""
        return self.posting + self.refusing


@dataclass(frozen=True, slots=True)
class SourcePreview:
    """What would be posted, by account; and how the statuses begin that would be boosted.

    `error` tells why the source could not be read, "" for no error.
    """

    accounts: Sequence[AccountPreview]
    beginnings: dict[str, str]
    error: str


async def preview_source(config: Config, store: Store, name: str) -> SourcePreview:
    """What a source of this config shows now, as if nothing was known of it."""
    async with app.running(config, store) as runtime:
        planned = await preview_again(runtime.engine, [name])
    by_account = {account: AccountPreview(account) for account in config.sources[name].to}
    for each in planned.posts:
        preview = by_account[each.account]
        preview.posting += 1
        if len(preview.posts) < MAX_POSTS:
            preview.posts.append(each.post)
    for refusal in planned.refused:
        preview = by_account[refusal["account"]]
        preview.refusing += 1
        if len(preview.refused) < MAX_REFUSED:
            preview.refused.append(refusal)
    errors = [failure["error"] for failure in planned.errors]
    return SourcePreview(list(by_account.values()), planned.beginnings, "; ".join(errors))
