"""The whole story: what is due is polled, planned and recorded; what is queued is delivered.

    claim sources → look: fetch, parse → plan: identity, filters, compose → record: one transaction
    claim account → claim delivery → publish → settle

Each step may be the last: whatever is killed in between is polled again, or read back.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.core import schedule
from reblogbot.core.round_report import Poll, Round
from reblogbot.core.schedule import NextPoll
from reblogbot.engine.access import Access
from reblogbot.engine.polling import Look, Poller
from reblogbot.model import Delivery, Entry, Limits, Post, State
from reblogbot.ports import Clock, ParserPool, ProgressCallback, Source, no_progress
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store, StoreThread
from reblogbot.store.due import Room, Which
from reblogbot.store.records import SourceRecord

if TYPE_CHECKING:
    # what composes and sends is imported when there is something to send: most rounds bring nothing
    from reblogbot.core.digest import Bundle
    from reblogbot.engine.sender import Sender
    from reblogbot.media.fetch import ImageFetcher
    from reblogbot.notices.messenger import Messenger

# how many looks may wait for the turn of one that is slow
WINDOW = 1000
# sources are claimed this many at a time: a lease lasts as long as one poll, not as all of them
PART = 500


class Pipeline:
    """Sources to accounts, through the store; everything it touches of the world is handed in."""

    def __init__(
        self,
        config: Config,
        store: Store,
        make_source: Callable[[SourceSettings], Source],
        make_access: Callable[[AccountSettings, Store, StoreThread], Access],
        gallery: ImageFetcher,
        offload: ParserPool,
        clock: Clock,
        dice: Callable[[], float],
    ) -> None:
        self.config = config
        self.store = store
        self._in_store = StoreThread()
        self._make_access = make_access
        self._gallery = gallery
        self._offload = offload
        self.clock = clock
        self._senders: dict[str, Sender] = {}
        enabled = (name for name, one in config.sources.items() if one.enabled)
        self._enabled = {name: number for number, name in enumerate(enabled)}
        self._is_stopping = False
        self._messenger: Messenger | None = None
        # what is being polled, and since when its lease is that old
        self._held: dict[int, tuple[SourceRecord, float]] = {}
        self.poller = Poller(
            config, store, self._in_store, make_source, self, gallery, offload, clock, dice
        )

    async def close(self) -> None:
        """Let go of threads; the store is closed by whoever opened it."""
        for sender in self._senders.values():
            sender.close()
        await self._in_store.close()

    def stop(self) -> None:
        """Start nothing more; what is on the wire is finished and settled."""
        self._is_stopping = True

    async def sync(
        self,
        names: Sequence[str],
        which: Which,
        on_progress: ProgressCallback = no_progress,
    ) -> Round:
        """One round, now: poll these sources, then deliver what may go out; never waits."""
        done = Round()
        await self.enrol(done)
        pollable = await self._ripe(names, which)
        renewing = asyncio.create_task(self._go_on_renewing())
        try:
            async for look in self.looks(
                self._claimed(pollable, which), on_progress, len(pollable)
            ):
                done.add_poll(await self.poller.record(look))
                self._held.pop(look.record.id, None)
        finally:
            renewing.cancel()
            await self.let_go()
        await self._explain(done, names)
        delivered = await asyncio.gather(*map(self.deliver_now, await self.busy()))
        for changed in delivered:
            done.add_deliveries(changed)
        if not all(delivered) and not self._is_stopping:
            done.paused |= await self._in_store(self._stalled)
        for name, sender in self._senders.items():
            done.deferred |= sender.deferred
            if sender.trouble:
                done.paused[name] = sender.trouble
        await self.tell(at_once=True)
        return done

    def _brought_forward(self, name: str, planned: NextPoll, last_poll_at: datetime) -> NextPoll:
        """The source's next poll, earlier where the config now says so."""
        return schedule.brought_forward(planned, last_poll_at, self.config.sources[name])

    async def enrol(self, done: Round | None = None) -> None:
        """Know the config's sources and accounts; hold what is queued for others."""
        config, now = self.config, self.clock.now()
        hosts = {name: host(source, config) for name, source in config.sources.items()}
        addresses = {name: address(source) for name, source in config.sources.items()}
        servers = {name: account.server for name, account in config.accounts.items()}
        await self._in_store(self.store.sources.enrol, addresses, now, hosts, self._brought_forward)
        await self._in_store(self.store.outbox.enrol, servers)
        routes = {name: source.to for name, source in config.sources.items()}
        held = await self._in_store(self.store.outbox.hold_unconfigured, routes, servers, now)
        if done is not None:
            done.add_deliveries(held)

    async def claim_due(self, limit: int) -> tuple[list[SourceRecord], bool]:
        """So many sources that are due, leased to us; and whether that was all there are.

        Those for whose hosts it is another's turn are left to whoever comes next.
        """
        # until then they count as leased, and keep others of their hosts waiting
        await self.poller.flush()
        begun, room = uptime(), Room(limit, self.config.http.per_host)
        records, is_all = await self._in_store(
            self.store.sources.claim_due, self._enabled, self.clock.now(), self._lease, room
        )
        return self._holding(records, begun), is_all

    async def _ripe(self, names: Sequence[str], which: Which) -> list[str]:
        """Those of these sources that may be polled, if nobody else is at it."""
        pollable = await self._in_store(self.store.sources.pollable, which, self.clock.now())
        return [name for name in names if name in pollable and name in self._enabled]

    async def _claimed(self, names: Sequence[str], which: Which) -> AsyncIterator[SourceRecord]:
        """The records of these sources, leased to us only shortly before they are polled."""
        for part in _parts(names):
            begun = uptime()
            records = await self._in_store(
                self.store.sources.claim, part, which, self.clock.now(), self._lease
            )
            for record in self._holding(records, begun):
                yield record

    def _holding(self, records: Sequence[SourceRecord], since: float) -> list[SourceRecord]:
        """What was claimed, in the config's order, and to be renewed from now on."""
        self._held.update({record.id: (record, since) for record in records})
        return sorted(records, key=lambda record: self._enabled[record.name])

    async def poll(self, record: SourceRecord) -> Poll:
        """Look at one claimed source and record what it brought: nothing new with the next claim.

        Where that fails it is not tried again at once: its lease runs out.
        """
        try:
            return await self.poller.record(await self.poller.look(record))
        finally:
            self._held.pop(record.id, None)

    async def renew(self) -> None:
        """Go on holding what is still being polled; else another process would poll it too."""
        begun = uptime()
        old = begun - self._lease.total_seconds() / 3
        late = [record for record, since in self._held.values() if since <= old]
        if late:
            until = self.clock.now() + self._lease
            await self._in_store(self.store.sources.renew, late, until)
            self._held.update({one.id: (one, begun) for one in late if one.id in self._held})

    async def let_go(self) -> None:
        """Record what was polled, and give back what was not: nobody need wait for it."""
        await self.poller.flush()
        held, self._held = self._held, {}
        if held:
            await self._in_store(self.store.sources.release, [one for one, _ in held.values()])

    async def _go_on_renewing(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 6)
            await self.renew()

    @property
    def _lease(self) -> timedelta:
        return poll_lease(self.config)

    async def busy(self) -> list[str]:
        """The enabled accounts that have something to publish, or to read back."""
        names = await self._in_store(self.store.outbox.busy_accounts, self.clock.now())
        accounts = self.config.accounts
        return [name for name in names if name in accounts and accounts[name].enabled]

    async def deliver(self, name: str) -> list[Delivery]:
        """Everything this account may publish now; the deliveries that changed."""
        return await self.sender(name).deliver(lambda: self._is_stopping)

    async def deliver_now(self, name: str) -> list[Delivery]:
        """The same, asked for by a person: what rests by our own choice is tried again."""
        return await self.sender(name).deliver(lambda: self._is_stopping, eager=True)

    def _stalled(self) -> dict[str, str]:
        """The accounts that should have sent something, though this process tried; in words."""
        from reblogbot.core import waits  # noqa: PLC0415
        from reblogbot.engine.waiting import Waiting  # noqa: PLC0415

        waiting = Waiting(self.config, self.store, self.clock.now(), is_working=True)
        return {name: waits.stalled(since).cause for name, since in waiting.stalled().items()}

    async def tell(self, *, at_once: bool = False) -> None:
        """Tell the admin of what he must see to; `at_once` where everything due was just tried."""
        notify = self.config.notify
        if self._is_stopping or not (notify.command or notify.webhook or notify.account):
            return
        if self._messenger is None:
            from reblogbot.notices.messenger import Messenger  # noqa: PLC0415

            self._messenger = Messenger(
                self.config, self.store, self._in_store, self.sender, self.clock
            )
        await self._messenger.tell(at_once=at_once)

    async def entry_of(self, number: int) -> Entry | None:
        """The entry a delivery came from; None when it is forgotten."""
        return await self._in_store(self.store.outbox.entry_of, number)

    async def queued(self) -> list[Delivery]:
        """What waits in the outbox of enabled accounts and sources, in order."""
        found = await self._in_store(self.store.outbox.find, states={State.QUEUED})
        accounts, sources = self.config.accounts, self.config.sources
        return [
            one
            for one in found
            if one.account in accounts
            and accounts[one.account].enabled
            and one.source in sources
            and sources[one.source].enabled
            and one.account in sources[one.source].to
        ]

    async def screened(self, one: Delivery) -> str:
        """Why a waiting delivery will be skipped when its turn comes, as its filters stand now."""
        from reblogbot.engine import screening  # noqa: PLC0415

        entry = await self.entry_of(one.id)
        return await screening.refusal(one, entry, self.config, self.clock.now())

    async def remembered(self, names: Sequence[str]) -> AsyncIterator[SourceRecord]:
        """What is known of the enabled ones of these sources, unclaimed; of a new one, nothing."""
        sources = self.config.sources
        for part in _parts([name for name in names if name in self._enabled]):
            known = await self._in_store(self.store.sources.of, part)
            for name in part:
                yield _as_configured(known.get(name), sources[name])

    async def digested(
        self,
        account: str,
        source: SourceSettings,
        posts: Sequence[Post],
        title: str | None,
        at: datetime,
    ) -> list[Bundle]:
        """These posts as the source's digest of that instant has them; `title` is its feed's."""
        from reblogbot.core import digest  # noqa: PLC0415

        known = title or await self._in_store(self.store.sources.title, source.name)
        heading = digest.heading(source.title or known or source.name, source, at)
        return digest.bundles(posts, await self.limits(account), heading)

    async def line(self, account: str, waiting: Sequence[Delivery]) -> list[Delivery]:
        """What waits for the account, in the order it will go out."""
        from reblogbot.core import queue_order  # noqa: PLC0415

        now, pace = self.clock.now(), self.config.accounts[account].pace
        since = now - queue_order.memory(self.config)
        sent = await self._in_store(self.store.publications.sent, account, since)
        return queue_order.line_up(waiting, self.config, pace, sent, now)

    def sender(self, name: str) -> Sender:
        """The account's sender: one, as long as the process lives."""
        if name not in self._senders:
            from reblogbot.engine.sender import Sender  # noqa: PLC0415

            account = self.config.accounts[name]
            access = self._make_access(account, self.store, self._in_store)
            self._senders[name] = Sender(
                self.config, access, self._gallery, self._offload.share(name), self.addresses
            )
        return self._senders[name]

    async def limits(self, account: str) -> Limits:
        """What the account's server takes, as far as it is known."""
        return await self.sender(account).limits()

    async def addresses(self) -> dict[str, str]:
        """The addresses of the config's accounts, by name; one out of reach is left out."""
        names = list(self.config.accounts)
        found = await asyncio.gather(*(self.sender(name).address() for name in names))
        return {name: known for name, known in zip(names, found, strict=True) if known}

    async def looks(
        self,
        records: AsyncIterator[SourceRecord],
        on_progress: ProgressCallback = no_progress,
        total: int = 0,
    ) -> AsyncIterator[Look]:
        """The looks, many at once, in the order of the records: so each run queues alike."""
        pending: deque[asyncio.Task[Look]] = deque()
        done = count(1)

        async def first() -> Look:
            look = await pending.popleft()
            on_progress("polling", next(done), total)
            return look

        async for record in records:
            if self._is_stopping:
                break
            pending.append(asyncio.create_task(self.poller.look(record)))
            if len(pending) >= WINDOW:
                yield await first()
        while pending:
            yield await first()

    async def _explain(self, done: Round, names: Sequence[str]) -> None:
        """Say of those of these sources that were not polled, why."""
        polled = {poll.name for poll in done.polls}
        left = [name for name in names if name not in polled]
        gone = await self._in_store(self.store.sources.gone) if left else {}
        for name in left:
            if name in gone:
                done.add_poll(Poll(name, "gone", error=gone[name], known=True))
            else:
                done.add_poll(Poll(name, "not_due"))


def poll_lease(config: Config) -> timedelta:
    """A fetch, each fallback, a parse and the recording; past that the poller has died."""
    return max(config.delivery.lease, 4 * config.http.timeout)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[start : start + PART] for start in range(0, len(names), PART))


def _as_configured(record: SourceRecord | None, source: SourceSettings) -> SourceRecord:
    """The record as `enrol` would leave it."""
    where = address(source)
    if record is None:
        return SourceRecord(0, source.name, where)
    if record.address == where:
        return record
    return replace(record, address=where, address_changed=True, moved_times=0)


def address(source: SourceSettings) -> str:
    """What a source polls, so that the store notices when the admin changed it."""
    options = source.options.model_dump(mode="json") if source.options is not None else {}
    if not options:
        return source.url
    return json.dumps([source.url, options], ensure_ascii=False, sort_keys=True)


def host(source: SourceSettings, config: Config) -> str:
    """Whom a source asks: a host; the kind, where it alone knows whom."""
    via = config.accounts.get(str(getattr(source.options, "via", "")))
    acct = str(getattr(source.options, "acct", ""))
    url = source.url or (via.server if via else "")
    return (urlsplit(url).hostname or "") if url else acct.rpartition("@")[2] or source.kind
