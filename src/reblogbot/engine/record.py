"""What a poll came to, written to the store together with the time of the next one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from reblogbot.core import schedule
from reblogbot.core.round_report import Outcome, PollReport
from reblogbot.core.schedule import NextPoll
from reblogbot.engine.poll import PollResult
from reblogbot.errors import SourceError
from reblogbot.model import Plan
from reblogbot.ports import Clock
from reblogbot.store import AsyncStore
from reblogbot.store.sources import UnchangedPoll
from reblogbot.words import Words

log = logging.getLogger(__name__)

GROUP = 500
"""At most so many unchanged polls are recorded at a time."""


class Recorder:
    """Records polls: what changed at once, unchanged polls in groups (docs/adr/0038).

    `max_delay` is how long an unchanged poll may wait for others, much less than a lease lasts.
    `flush` must be called at the end; else unchanged sources are due again.
    """

    def __init__(
        self, store: AsyncStore, clock: Clock, random: Callable[[], float], max_delay: timedelta
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._max_delay = max_delay
        self._unchanged: list[UnchangedPoll] = []

    async def record_plan(self, result: PollResult, plan: Plan) -> PollReport:
        """Record entries and deliveries in one transaction."""
        name, batch = result.record.name, result.batch
        if plan.is_outdated:
            # the source must not be able to say next time that nothing has changed
            validators = replace(batch.validators, etag="", last_modified="", digest="")
            batch = replace(batch, validators=validators)
        recorded = await self._store.sources.record(
            result.record, batch, plan, result.settings.to, self._next_poll(result),
            self._clock.now(),
        )  # fmt: skip
        if recorded is None:
            return PollReport(name, "not_due", error=Words("another process polled it meanwhile"))
        if result.record.failing_since is not None:
            _log_recovery(result.record.name, result.record.failing_since)
        outcome: Outcome = "new" if plan.new else "nothing_new"
        if batch.left_out:
            log.warning("entries left out", extra={"source": name, "count": batch.left_out})
        if plan.storm:
            outcome = "held"
            log.warning("new entries held as a storm", extra={"source": name, "reason": plan.storm})
        new, queued = len(plan.new), recorded.queued
        if new or queued:
            log.info("source polled", extra={"source": name, "new": new, "queued": len(queued)})
        return PollReport(name, outcome, new, plan.storm, queued, revised=recorded.revised)

    async def record_unchanged(self, result: PollResult) -> PollReport:
        """Note that the source has not changed. It is recorded with the next `flush`."""
        if result.record.failing_since is not None:
            _log_recovery(result.record.name, result.record.failing_since)
        self._unchanged.append(
            UnchangedPoll(result.record, result.batch, self._next_poll(result), self._clock.now())
        )
        is_late = self._clock.now() - self._unchanged[0].now >= self._max_delay
        if len(self._unchanged) >= GROUP or is_late:
            await self.flush()
        return PollReport(result.record.name, "not_modified")

    async def record_failure(self, result: PollResult, error: SourceError) -> PollReport:
        """Record that the poll failed, and when it is tried again."""
        record, now = result.record, self._clock.now()
        following = schedule.next_try(
            now, result.settings.every, record.failures + 1, self._random(), error.retry_at
        )
        hold_until = schedule.hold_until(now, error.retry_at)
        await self._store.sources.record_failure(
            record, error.message, error.outcome, following, hold_until, now
        )
        log.warning(
            "poll failed",
            extra={"source": record.name, "slug": error.slug, "error": error.message},
        )
        return PollReport(
            record.name,
            error.outcome,
            error=error.message,
            slug=error.slug,
            is_asked_to_wait=error.retry_at is not None,
        )

    async def flush(self) -> None:
        """Record the unchanged polls that were only noted so far."""
        unchanged, self._unchanged = self._unchanged, []
        if unchanged:
            await self._store.sources.record_unchanged(unchanged)

    def _next_poll(self, result: PollResult) -> NextPoll:
        now, batch = self._clock.now(), result.batch
        return schedule.next_poll(
            now,
            result.settings,
            fresh_for=batch.fresh_for,
            unchanged_since=result.record.last_batch_at if batch.not_modified else now,
            skipped_hours=batch.skipped_hours,
        )


def _log_recovery(name: str, failing_since: datetime) -> None:
    """Log that a source that had failed was read."""
    facts = {"source": name, "failing_since": failing_since.isoformat()}
    log.info("source works again", extra=facts)
