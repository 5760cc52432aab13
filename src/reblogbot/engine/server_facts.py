"""What an account's server says of itself and of the account, asked now and then and remembered."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from reblogbot.engine.access import Access
from reblogbot.errors import TargetError
from reblogbot.model import Limits

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=10)


class ServerFacts:
    """Limits of the server and address of the account; never asked while the account is paused.

    Each is asked at most every ASK_AGAIN: it may change, and the server may be hanging.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self.limits_asked: Limits | None = None
        """The limits as they were last known, None before they were asked for."""
        self._limits_due: datetime | None = None
        self._address = ""
        self._address_due: datetime | None = None

    async def limits(self) -> Limits:
        """What the server takes, else the last it said, else the contract's default."""
        access = self._access
        now = access.clock.now()
        if self._limits_due is None or self._limits_due <= now:
            self._limits_due = now + ASK_AGAIN
            record = await access.in_store(access.rows.account, access.name)
            known = self.limits_asked or record.limits
            rests = record.paused_until is not None and record.paused_until > now
            self.limits_asked = known if rests else await self._ask_limits(known)
        return self.limits_asked or Limits()

    async def address(self) -> str:
        """The account's `name@host`, "" while its server does not tell; asked once when it does."""
        access = self._access
        now = access.clock.now()
        if not self._address and (self._address_due is None or self._address_due <= now):
            self._address_due = now + ASK_AGAIN
            record = await access.in_store(access.rows.account, access.name)
            if record.paused_until is None or record.paused_until <= now:
                self._address = await self._ask_address()
        return self._address

    async def _ask_limits(self, known: Limits) -> Limits:
        access = self._access
        try:
            return await access.call(access.target.limits)
        except TargetError as error:
            log.info("limits not known", extra={"account": access.name, "error": error.message})
            return known

    async def _ask_address(self) -> str:
        access = self._access
        try:
            who = await access.call(access.target.verify)
        except TargetError as error:
            log.info("address not known", extra={"account": access.name, "error": error.message})
            return ""
        return who.address
