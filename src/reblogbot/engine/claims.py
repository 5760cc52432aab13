"""The sources this process polls at the moment: leased to it, renewed, given back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from reblogbot.config.settings import Config
from reblogbot.engine.renewal import repeated
from reblogbot.ports import Clock
from reblogbot.runtime.clock import uptime
from reblogbot.store import AsyncStore
from reblogbot.store.due import PollScope, PollSlots
from reblogbot.store.records import SourceRecord

PART = 500
"""Sources are claimed this many at a time: a lease lasts as long as one poll, not as all."""


class Claims:
    """Leases on sources. `release` must be called at the end; else they run out by themselves."""

    def __init__(self, config: Config, store: AsyncStore, clock: Clock) -> None:
        enabled = (name for name, source in config.sources.items() if source.enabled)
        self._positions = {name: position for position, name in enumerate(enabled)}
        self._per_host = config.http.per_host
        self._lease = poll_lease(config)
        self._store = store
        self._clock = clock
        self._held: dict[int, tuple[SourceRecord, float]] = {}
        """The claimed sources by their ids, each with the uptime at its claim or renewal."""
        self.are_hosts_full = False
        """Whether the last claim left due sources because of `per_host`."""

    @property
    def names(self) -> Container[str]:
        """The names of the sources that may be claimed: the enabled ones of the config."""
        return self._positions

    async def claim(self, names: Sequence[str], which: PollScope) -> AsyncIterator[SourceRecord]:
        """Yield those of these sources that may be polled, each leased only shortly before."""
        for part in parts(names):
            claimed_at = uptime()
            records = await self._store.sources.claim(part, which, self._clock.now(), self._lease)
            for record in self._hold(records, claimed_at):
                yield record

    async def claim_due(self, limit: int) -> tuple[list[SourceRecord], bool]:
        """Return at most `limit` due sources, leased to us, and whether those were all.

        Sources whose host is polled already, as often as `per_host` allows, are left for later.
        """
        claimed_at = uptime()
        records, is_all = await self._store.sources.claim_due(
            self._positions, self._clock.now(), self._lease, PollSlots(limit, self._per_host)
        )
        self.are_hosts_full = not is_all and len(records) < limit
        return self._hold(records, claimed_at), is_all

    @property
    def has_held(self) -> bool:
        """Whether a source is claimed whose poll is not over."""
        return bool(self._held)

    def _hold(self, records: Sequence[SourceRecord], claimed_at: float) -> list[SourceRecord]:
        """Note the claimed sources; return them in the config's order."""
        self._held.update({record.id: (record, claimed_at) for record in records})
        return sorted(records, key=lambda record: self._positions[record.name])

    def drop(self, record: SourceRecord) -> None:
        """Forget a source: its poll is recorded, or failed and its lease runs out."""
        self._held.pop(record.id, None)

    async def renew(self) -> None:
        """Renew old leases, so that no other process polls the same sources."""
        renewed_at = uptime()
        old = renewed_at - self._lease.total_seconds() / 3
        late = [record for record, since in self._held.values() if since <= old]
        if late:
            await self._store.sources.renew(late, self._clock.now() + self._lease)
            still_held = (record for record in late if record.id in self._held)
            self._held.update({record.id: (record, renewed_at) for record in still_held})

    def renewing(self) -> AbstractAsyncContextManager[None]:
        """Renew the leases within."""
        return repeated(self.renew, self._lease.total_seconds() / 6)

    async def release(self) -> None:
        """Give back the sources that were not polled, so that others need not wait for them."""
        held, self._held = self._held, {}
        if held:
            await self._store.sources.release([record for record, _ in held.values()])


def poll_lease(config: Config) -> timedelta:
    """Return how long a source is leased: for a fetch, each fallback, a parse and the recording."""
    return max(config.delivery.lease, 4 * config.http.timeout)


def parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the names, PART at a time."""
    return (names[start : start + PART] for start in range(0, len(names), PART))
