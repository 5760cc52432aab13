"""The engine: from sources to accounts, through the store.

    poll    claim due sources; fetch and parse each                       claims.py, poll.py
    plan    which entries are new, for which accounts, with which text    plan.py
    record  entries and deliveries, in one transaction                    record.py
    steps   what models and programs write about it, where it waits for that  steps.py
    deliver claim the account; claim, publish and settle each delivery    deliver.py

Each step may be the last one of a process: what it polled is polled again, and what it was sending
is read back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reblogbot.config.settings import Config, SourceSettings, StepSettings
from reblogbot.core import schedule
from reblogbot.core.round_report import PollReport, RoundReport
from reblogbot.core.schedule import NextPoll
from reblogbot.engine import next_work
from reblogbot.engine.account import SendingReport
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.claims import Claims, parts, poll_lease
from reblogbot.engine.next_work import NextWork
from reblogbot.engine.poll import Poller, PollResult, without_outlines
from reblogbot.engine.record import Recorder
from reblogbot.errors import SourceError
from reblogbot.model import Delivery, Validators
from reblogbot.ports import Clock, Fetch, ParserPool, ProgressCallback, Source, Step, no_progress
from reblogbot.store import AsyncStore, Store
from reblogbot.store.due import PollScope
from reblogbot.store.records import SourceRecord
from reblogbot.store.store import EnrolledSource

if TYPE_CHECKING:
    # what plans and sends is imported when there is something to do: most rounds bring nothing
    from reblogbot.engine.deliver import Sender
    from reblogbot.engine.plan import Planner
    from reblogbot.engine.steps import StepRunner, StepsReport


@dataclass(frozen=True, slots=True)
class Adapters:
    """How sources and steps are made; `mark_of` is a digest of a step's settings and key."""

    make_source: Callable[[SourceSettings], Source]
    make_step: Callable[[StepSettings], Step]
    mark_of: Callable[[StepSettings], str]


class Engine:
    """Polls, plans, records and delivers. Everything it needs of the world is handed in."""

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        adapters: Adapters,
        fetch: Fetch,
        parsers: ParserPool,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self.config = config
        self.store = store
        self.accounts = accounts
        self.clock = clock
        self._fetch = fetch
        self._parsers = parsers
        self._claims = Claims(config, store, clock)
        self._poller = Poller(config, adapters.make_source, clock)
        self._recorder = Recorder(store, clock, random, poll_lease(config) / 5)
        self._adapters = adapters
        self._steps: StepRunner | None = None
        self._planner: Planner | None = None
        self._senders: dict[str, Sender] = {}
        self._stopping = asyncio.Event()

    async def sync(
        self, names: Sequence[str], which: PollScope, on_progress: ProgressCallback = no_progress
    ) -> RoundReport:
        """Poll these sources, then deliver what may go out. Waits for no pause, pace or doubt."""
        report = RoundReport()
        held, pollable = await self.enrol(which)
        report.add_deliveries(held)
        chosen = [name for name in self._enabled(names) if name in pollable]
        try:
            async with self._claims.renewing():
                results = self._poller.poll_all(
                    self._claims.claim(chosen, which), self._stopping, on_progress, len(chosen)
                )
                async for result in results:
                    report.add_poll(await self._plan_and_record(result))
                    self._claims.drop(result.record)
        finally:
            await self.release()
        await self._add_unpolled(report, names)
        sendings = await self._deliver_busy(report)
        if self.config.steps and (await self._run_steps(report, on_progress)):
            sendings += await self._deliver_busy(report)
        if not all(sending.changed for sending in sendings) and not self.is_stopping:
            stalled = await self.store.query(_stalled, self.config, self.clock.now())
            report.paused = stalled | report.paused
        return report

    async def _deliver_busy(self, report: RoundReport) -> list[SendingReport]:
        """Deliver what may go out of all accounts, and add it to the report."""
        busy = await self.busy_accounts()
        sendings = await asyncio.gather(*(self.deliver(name, is_eager=True) for name in busy))
        for name, sending in zip(busy, sendings, strict=True):
            report.add_deliveries(sending.changed.values())
            report.deferred |= sending.deferred
            if sending.trouble:
                report.paused[name] = sending.trouble
        return sendings

    async def _run_steps(self, report: RoundReport, on_progress: ProgressCallback) -> bool:
        """Run the steps that are due, and add what changed; return whether anything did."""
        if not await self.store.steps.is_any_waiting():
            # nothing is imported that runs them
            return False
        result = await self.run_steps(on_progress)
        report.add_deliveries(result.changed.values())
        report.deferred |= result.deferred
        report.failed_steps |= result.failed
        return bool(result.changed)

    # the parts of a round, which the daemon takes one by one

    async def enrol(self, which: PollScope = "due") -> tuple[list[Delivery], set[str]]:
        """Upsert configured sources and accounts; hold deliveries of removed ones.

        Returns the held deliveries, and the names of the sources that may be polled.
        """
        config = self.config
        sources = {
            name: EnrolledSource(address(source), host(source, config), source.to)
            for name, source in config.sources.items()
        }
        servers = {name: account.place for name, account in config.accounts.items()}
        held, pollable = await self.store.enrol(
            sources, servers, self.clock.now(), self._bring_forward, which, config.steps
        )
        if config.steps and await self.store.steps.is_any_waiting():
            await self.steps.follow_settings()
        return held, pollable

    def _bring_forward(self, name: str, planned: NextPoll, last_poll_at: datetime) -> NextPoll:
        """Return the source's next poll, earlier where the config now says so."""
        return schedule.bring_forward(planned, last_poll_at, self.config.sources[name])

    async def next_work(self) -> NextWork:
        """Return when a source may be polled, or an account may send, next."""
        return await self.store.query(
            next_work.read,
            self.config,
            self.accounts,
            self._claims.names,
            self.clock.now(),
            self.steps.read_next_due if self.config.steps else next_work.no_steps,
        )

    async def claim_due(self, limit: int) -> tuple[list[SourceRecord], bool]:
        """Return at most `limit` due sources, leased to us, and whether those were all."""
        if self._claims.are_hosts_full:
            # until polls are recorded they count for their hosts, and keep other sources waiting
            await self._recorder.flush()
        return await self._claims.claim_due(limit)

    async def poll(self, record: SourceRecord) -> PollReport:
        """Poll one claimed source and record what it brought.

        Where that fails it is not tried again at once: its lease runs out.
        """
        try:
            return await self._plan_and_record(await self._poller.poll(record))
        finally:
            self._claims.drop(record)
            if not self._claims.has_held:
                await self._recorder.flush()

    async def poll_claimed(
        self, names: Sequence[str], on_progress: ProgressCallback = no_progress
    ) -> AsyncIterator[PollResult]:
        """Enrol and claim these sources; yield what each shows now, for the caller to record."""
        await self.enrol("all")
        try:
            async with self._claims.renewing():
                claimed = self._claims.claim(names, "all")
                async for result in self.poll_all(claimed, on_progress, len(names)):
                    yield result
        finally:
            await self.release()

    def poll_all(
        self,
        records: AsyncIterator[SourceRecord],
        on_progress: ProgressCallback = no_progress,
        total: int = 0,
    ) -> AsyncIterator[PollResult]:
        """Poll many sources at once; yield the results in the order of the records (ADR 0006)."""
        return self._poller.poll_all(records, self._stopping, on_progress, total)

    async def poll_whole(self, name: str) -> PollResult:
        """Poll a source as if nothing was known of it, and read every entry whole.

        Changes nothing. An error is in the result.
        """
        result = await self._poller.poll(
            replace(await self.record_of(name), validators=Validators())
        )
        try:
            return await without_outlines(result)
        except SourceError as error:
            return replace(result, error=error)

    async def record_of(self, name: str) -> SourceRecord:
        """Return what the store knows of a source, as `enrol` would leave it."""
        records = await self.store.sources.of([name])
        return _as_configured(records.get(name), self.config.sources[name])

    @property
    def planner(self) -> Planner:
        """The planner, made when a source has brought something."""
        if self._planner is None:
            from reblogbot.engine.plan import Planner  # noqa: PLC0415
            from reblogbot.media.pages import PageReader  # noqa: PLC0415

            pages = PageReader(self._fetch, self._parsers, self.clock)
            self._planner = Planner(
                self.config, self.store, self.accounts, pages, self._parsers, self.clock
            )
        return self._planner

    def make_step(self, name: str) -> Step:
        """Return the adapter of a step of the config."""
        return self._adapters.make_step(self.config.steps[name])

    @property
    def steps(self) -> StepRunner:
        """The runner of steps, made where the config has any."""
        if self._steps is None:
            from reblogbot.engine.steps import StepRunner  # noqa: PLC0415

            adapters = self._adapters
            self._steps = StepRunner(
                self.config,
                self.store,
                self.accounts,
                self._parsers,
                adapters.make_step,
                adapters.mark_of,
                self.clock,
            )
        return self._steps

    async def next_steps(self) -> datetime | None:
        """Return when steps may be run next; None where nothing waits for any."""
        if not self.config.steps or not await self.store.steps.is_any_waiting():
            return None
        return await self.steps.next_due()

    async def run_steps(self, on_progress: ProgressCallback = no_progress) -> StepsReport:
        """Run the steps of what waits for them, where they are due."""
        return await self.steps.run(self._stopping, on_progress)

    async def _plan_and_record(self, result: PollResult) -> PollReport:
        """Plan and record what a poll brought."""
        if result.error is not None:
            return await self._recorder.record_failure(result, result.error)
        if result.batch.not_modified:
            return await self._recorder.record_unchanged(result)
        try:
            plan = await self.planner.plan(result)
        except SourceError as error:
            # its document could be identified, but not be read further
            return await self._recorder.record_failure(result, error)
        return await self._recorder.record_plan(result, plan)

    async def renew(self) -> None:
        """Renew the leases of the sources that are still being polled."""
        await self._claims.renew()

    async def release(self) -> None:
        """Record the polls that are only noted, and give back what was not polled."""
        await self._recorder.flush()
        await self._claims.release()

    async def busy_accounts(self) -> list[str]:
        """Return the enabled accounts that have something to publish, or to read back."""
        names = await self.store.outbox.busy_accounts(self.clock.now())
        accounts = self.config.accounts
        return [name for name in names if name in accounts and accounts[name].enabled]

    async def deliver(self, name: str, *, is_eager: bool = False) -> SendingReport:
        """Publish everything this account may publish now; see `Sender.deliver`."""
        return await self._sender(name).deliver(self._stopping, is_eager=is_eager)

    def _sender(self, name: str) -> Sender:
        if name not in self._senders:
            from reblogbot.engine.deliver import Sender  # noqa: PLC0415
            from reblogbot.media.fetch import ImageFetcher  # noqa: PLC0415

            images = ImageFetcher(self._fetch, self._parsers)
            offload = self._parsers.share(name)
            self._senders[name] = Sender(
                self.config, self.store, self.accounts, name, images, offload, self.clock
            )
        return self._senders[name]

    async def retract(
        self, name: str, on_progress: ProgressCallback = no_progress
    ) -> SendingReport | None:
        """Delete what is retracted of this account now; see `Sender.retract`."""
        return await self._sender(name).retract(self._stopping, on_progress)

    def stop(self) -> None:
        """Begin nothing more; what is on the wire is finished and settled."""
        self._stopping.set()

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more is begun."""
        return self._stopping.is_set()

    async def close(self) -> None:
        """Shut down worker threads. The caller closes the store."""
        self.accounts.close()
        await self.store.close()

    async def remembered(self, names: Sequence[str]) -> AsyncIterator[SourceRecord]:
        """Yield the enabled ones of these sources, unclaimed, as `enrol` would leave them."""
        for part in parts(self._enabled(names)):
            records = await self.store.sources.of(part)
            for name in part:
                yield _as_configured(records.get(name), self.config.sources[name])

    def _enabled(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self.config.sources[name].enabled]

    async def _add_unpolled(self, report: RoundReport, names: Sequence[str]) -> None:
        """Add those of these sources that were not polled, with the reason."""
        polled = {poll.name for poll in report.polls}
        unpolled = [name for name in names if name not in polled]
        if not unpolled:
            return
        gone = await self.store.sources.gone()
        for name in unpolled:
            if name in gone:
                report.add_poll(
                    PollReport(name, "gone", error=gone[name], was_reported_before=True)
                )
            else:
                report.add_poll(PollReport(name, "not_due"))


def _stalled(store: Store, config: Config, now: datetime) -> dict[str, str]:
    """Return why accounts have sent nothing although this process tried, by their names."""
    from reblogbot.core import waits  # noqa: PLC0415
    from reblogbot.engine.wait_reasons import Waiting  # noqa: PLC0415

    waiting = Waiting(config, store, now, is_working=True)
    return {name: waits.stall_wait(since).cause for name, since in waiting.stalled().items()}


def _as_configured(record: SourceRecord | None, source: SourceSettings) -> SourceRecord:
    """Return the record as `enrol` would leave it."""
    configured = address(source)
    if record is None:
        return SourceRecord(0, source.name, configured)
    if record.address == configured:
        return record
    return replace(record, address=configured, address_changed=True, moved_times=0)


def address(source: SourceSettings) -> str:
    """Return what a source polls: by it the store notices that the admin changed the source."""
    options = source.options.model_dump(mode="json") if source.options is not None else {}
    if not options:
        return source.url
    return json.dumps([source.url, options], ensure_ascii=False, sort_keys=True)


def host(source: SourceSettings, config: Config) -> str:
    """Return the host that a source asks; the kind, where only the kind knows it."""
    via = config.accounts.get(str(getattr(source.options, "via", "")))
    acct = str(getattr(source.options, "acct", ""))
    url = source.url or (via.server if via else "")
    return (urlsplit(url).hostname or "") if url else acct.rpartition("@")[2] or source.kind
