"""All accounts of the config, each made when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.engine.account import Account
from reblogbot.model import ServerLimits


class Accounts:
    """The accounts by name. Each is made once, so that its server is asked for its facts once."""

    def __init__(self, config: Config, make_account: Callable[[AccountSettings], Account]) -> None:
        self._config = config
        self._make_account = make_account
        self._accounts: dict[str, Account] = {}

    def __getitem__(self, name: str) -> Account:
        if name not in self._accounts:
            self._accounts[name] = self._make_account(self._config.accounts[name])
        return self._accounts[name]

    async def limits(self, name: str) -> ServerLimits:
        """Return the limits of the account's server, as far as they are known."""
        return await self[name].limits()

    async def addresses(self) -> dict[str, str]:
        """Return the fediverse addresses of all accounts, by name, as far as they are known."""
        names = [name for name, account in self._config.accounts.items() if not account.has_titles]
        addresses = await asyncio.gather(*(self[name].address() for name in names))
        return {name: address for name, address in zip(names, addresses, strict=True) if address}

    async def may_use_steps(self, source: SourceSettings) -> bool | None:
        """Return whether entries of the source are given to steps; None where each entry decides.

        Of all that people write, only what our own accounts do is given to them.
        """
        if not source.reads_statuses:
            return None
        acct = str(getattr(source.options, "acct", "")).lstrip("@").lower()
        return acct in (await self.addresses()).values()

    def close(self) -> None:
        """Take no more calls; a request on the wire ends by itself."""
        for account in self._accounts.values():
            account.close()
