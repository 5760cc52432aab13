"""The whole story: what is due is polled, planned and recorded; what is queued is delivered.

    claim sources → look: fetch, parse → plan: identity, filters, compose → record: one transaction
    claim account → claim delivery → publish → settle

Each step may be the last: whatever is killed in between is polled again, or read back.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from reblogbot import digest, turns
from reblogbot.access import Access
from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.images import Gallery
from reblogbot.messenger import Messenger
from reblogbot.model import Delivery, Limits, Post, State
from reblogbot.polling import Look, Poller
from reblogbot.ports import Clock, Source
from reblogbot.rounds import Poll, Round
from reblogbot.sending import Sender
from reblogbot.store import Store, StoreThread
from reblogbot.store.records import SourceRecord
from reblogbot.store.sources import Which

# how many looks may wait for the turn of one that is slow
WINDOW = 1000


class Pipeline:
    """Sources to accounts, through the store; everything it touches of the world is handed in."""

    def __init__(
        self,
        config: Config,
        store: Store,
        make_source: Callable[[SourceSettings], Source],
        make_access: Callable[[AccountSettings, Store, StoreThread], Access],
        gallery: Gallery,
        clock: Clock,
        dice: Callable[[], float],
    ) -> None:
        self.config = config
        self.store = store
        self._in_store = StoreThread()
        self._make_access = make_access
        self._gallery = gallery
        self.clock = clock
        self._senders: dict[str, Sender] = {}
        self._is_stopping = False
        self._messenger = Messenger(config, store, self._in_store, self.sender, clock)
        self.poller = Poller(config, store, self._in_store, make_source, self, gallery, clock, dice)

    async def close(self) -> None:
        """Let go of threads; the store is closed by whoever opened it."""
        for sender in self._senders.values():
            sender.close()
        await asyncio.to_thread(self._in_store.close)

    def stop(self) -> None:
        """Start nothing more; what is on the wire is finished and settled."""
        self._is_stopping = True

    async def sync(
        self,
        names: Sequence[str],
        which: Which,
        on_poll: Callable[[Poll], None] = lambda _: None,
    ) -> Round:
        """One round, now: poll these sources, then deliver what may go out; never waits."""
        done = Round()
        await self.enrol(done)
        records = await self.claim(names, which)
        async for look in self.looks(records):
            poll = await self.poller.record(look)
            done.add_poll(poll)
            on_poll(poll)
        await self.poller.flush()
        claimed = {record.name for record in records}
        await self._explain(done, [name for name in names if name not in claimed])
        for changed in await asyncio.gather(*map(self.deliver_now, await self.busy())):
            done.add_deliveries(changed)
        for name, sender in self._senders.items():
            done.deferred |= sender.deferred
            if sender.trouble:
                done.paused[name] = sender.trouble
        await self.tell()
        return done

    async def enrol(self, done: Round | None = None) -> None:
        """Know the config's sources and accounts; hold what is queued for others."""
        config, now = self.config, self.clock.now()
        addresses = {name: address(source) for name, source in config.sources.items()}
        servers = {name: account.server for name, account in config.accounts.items()}
        await self._in_store(self.store.sources.enrol, addresses, now)
        await self._in_store(self.store.outbox.enrol, servers)
        held = await self._in_store(self.store.outbox.hold_strays, addresses, servers, now)
        if done is not None:
            done.add_deliveries(held)

    async def claim(
        self, names: Iterable[str], which: Which, limit: int | None = None
    ) -> list[SourceRecord]:
        """The sources that may be polled, leased to us for as long as a poll can take."""
        enabled = [name for name in names if self.config.sources[name].enabled]
        # a fetch, each fallback, a parse and the recording; past that the poller has died
        lease = max(self.config.delivery.lease, 4 * self.config.http.timeout)
        records = await self._in_store(
            self.store.sources.claim, enabled, which, self.clock.now(), lease, limit
        )
        order = {name: number for number, name in enumerate(enabled)}
        return sorted(records, key=lambda record: order[record.name])

    async def poll(self, record: SourceRecord) -> Poll:
        """Look at one claimed source and record what it brought."""
        poll = await self.poller.record(await self.poller.look(record))
        await self.poller.flush()
        return poll

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

    async def tell(self) -> None:
        """Tell the admin of what he must see to."""
        if not self._is_stopping:
            await self._messenger.tell()

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
        ]

    async def remembered(self, names: Iterable[str]) -> list[SourceRecord]:
        """What is known of these sources, unclaimed; of a new one, nothing."""
        known = {one.name: one for one in await self._in_store(self.store.sources.all)}
        sources = self.config.sources
        return [
            _as_configured(known.get(name), sources[name])
            for name in names
            if sources[name].enabled
        ]

    async def digested(
        self,
        account: str,
        source: SourceSettings,
        posts: Sequence[Post],
        title: str | None,
        at: datetime,
    ) -> list[digest.Bundle]:
        """These posts as the source's digest of that instant has them; `title` is its feed's."""
        known = title or await self._in_store(self.store.sources.title, source.name)
        heading = digest.heading(source.title or known or source.name, source, at)
        return digest.bundles(posts, await self.limits(account), heading)

    async def line(self, account: str, waiting: Sequence[Delivery]) -> list[Delivery]:
        """What waits for the account, in the order it will go out."""
        now, pace = self.clock.now(), self.config.accounts[account].pace
        since = now - turns.memory(self.config)
        sent = await self._in_store(self.store.outbox.sent, account, since)
        return turns.line_up(waiting, self.config, pace, sent, now)

    def sender(self, name: str) -> Sender:
        """The account's sender: one, as long as the process lives."""
        if name not in self._senders:
            account = self.config.accounts[name]
            access = self._make_access(account, self.store, self._in_store)
            self._senders[name] = Sender(self.config, access, self._gallery)
        return self._senders[name]

    async def limits(self, account: str) -> Limits:
        """What the account's server takes, as far as it is known."""
        return await self.sender(account).limits()

    async def resolves(self, account: str, uri: str) -> bool:
        """Whether the account's server can find a status."""
        return await self.sender(account).resolves(uri)

    async def looks(self, records: Sequence[SourceRecord]) -> AsyncIterator[Look]:
        """The looks, many at once, in the order of the config: so each run queues alike."""
        pending: deque[asyncio.Task[Look]] = deque()
        for record in records:
            if self._is_stopping:
                break
            pending.append(asyncio.create_task(self.poller.look(record)))
            if len(pending) >= WINDOW:
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()

    async def _explain(self, done: Round, left: Sequence[str]) -> None:
        """Say why these sources were not polled."""
        if not left:
            return
        records = {one.name: one for one in await self._in_store(self.store.sources.all)}
        for name in left:
            record = records.get(name)
            if record is not None and record.state == "gone":
                done.add_poll(Poll(name, "gone", error=record.error, known=True))
            else:
                done.add_poll(Poll(name, "not_due"))


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
