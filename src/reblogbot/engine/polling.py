"""One source from poll to outbox: fetch and parse, plan, record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from reblogbot.config.hosts import hosts_of
from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core import schedule
from reblogbot.core.round_report import Outcome, Poll
from reblogbot.core.schedule import NextPoll
from reblogbot.errors import SourceError
from reblogbot.media.fetch import ImageFetcher
from reblogbot.model import Batch, Candidate, Limits, Plan, Validators
from reblogbot.model.history import EditablePost, Recent, SourceHistory
from reblogbot.ports import Clock, ParserPool, Source
from reblogbot.store import Store, StoreThread
from reblogbot.store.records import SourceRecord
from reblogbot.store.sources import UnchangedPoll

if TYPE_CHECKING:
    from reblogbot.core.drafting import Draft
    from reblogbot.core.planning import Choice, PendingClaims, Route
    from reblogbot.core.recognition import Recognised

log = logging.getLogger(__name__)

# a permanent redirect is believed once it has been the answer this many times in a row
MOVED_FOR_GOOD = 3
# quiet polls are recorded this many at a time: a commit costs more than a poll
QUIETS = 100


@dataclass(frozen=True, slots=True)
class Look:
    """What a source shows at the moment, or the error that kept us from seeing it."""

    record: SourceRecord
    settings: SourceSettings
    batch: Batch
    found: tuple[Candidate, ...] = ()
    error: SourceError | None = None
    looked_at: datetime | None = None


class Servers(Protocol):
    """What is asked of an account's server, only when there is something to compose."""

    async def limits(self, account: str) -> Limits:
        """What it takes."""
        ...

    async def addresses(self) -> Mapping[str, str]:
        """The addresses of the config's accounts, by name, as far as they can be known."""
        ...


class Poller:
    """Looks at sources and records what they bring."""

    def __init__(  # noqa: PLR0913, PLR0917 - every part of the world that a poll touches
        self,
        config: Config,
        store: Store,
        store_thread: StoreThread,
        make_source: Callable[[SourceSettings], Source],
        servers: Servers,
        gallery: ImageFetcher,
        parsers: ParserPool,
        clock: Clock,
        dice: Callable[[], float],
    ) -> None:
        self._config = config
        self._store = store
        self._in_store = store_thread
        self._make_source = make_source
        self._servers = servers
        self._gallery = gallery
        self._parsers = parsers
        self._clock = clock
        self._dice = dice
        self._quiets: list[UnchangedPoll] = []

    async def look(self, record: SourceRecord) -> Look:
        """What the source shows now; changes nothing."""
        settings = self._config.sources[record.name]
        has_moved = record.moved_times >= MOVED_FOR_GOOD
        if has_moved:
            settings = settings.model_copy(update={"url": record.moved_to})
        # an account that has never been served needs every entry, not just the news
        learnt = all(name in record.learnt for name in settings.to)
        known = record.validators if learnt and not record.address_changed else Validators()
        try:
            batch = await self._polled(settings, known)
        except SourceError as error:
            return Look(record, settings, Batch(), error=error, looked_at=self._clock.now())
        if has_moved and not batch.moved_to:
            # asked at its new address it redirects no more, and still lives there
            batch = replace(batch, moved_to=record.moved_to)
        if not batch.entries:
            return Look(record, settings, batch, looked_at=self._clock.now())
        # what decides is imported when there is something to decide: most rounds bring nothing
        from reblogbot.core import bounds, recognition  # noqa: PLC0415

        batch = await asyncio.to_thread(bounds.bounded, batch)
        found = await asyncio.to_thread(recognition.candidates, record.name, batch, record.habits)
        return Look(record, settings, batch, found, looked_at=self._clock.now())

    async def _polled(self, settings: SourceSettings, known: Validators) -> Batch:
        """What the source itself brings. Raises SourceError, whatever breaks in it."""
        try:
            return await self._make_source(settings).poll(known)
        except SourceError:
            raise
        except Exception as error:
            # kinds are written by others, too: a bug of one must not stop all sources
            log.exception("source broke", extra={"source": settings.name})
            broke = f"the kind {settings.kind} broke with {type(error).__name__}; please report it"
            raise SourceError("source_broke", broke) from error

    async def plan(self, look: Look, taken: PendingClaims | None = None) -> Plan:
        """What the look comes to; `taken` is known besides what stands in the store."""
        from reblogbot.core import planning, recognition  # noqa: PLC0415  as above

        settings = look.settings
        past = await self._past(look)
        if taken is not None:
            past = taken.known_in(past)
        recognised = await asyncio.to_thread(
            recognition.recognise, look.record.name, look.found, past
        )
        look = replace(look, found=recognised.found)
        routes = await self._routes(look, recognised, past)
        now = self._clock.now()
        choice = await asyncio.to_thread(planning.choose, settings, recognised, routes, past)
        drafts = await self._drafted(look, routes, choice, now)

        async def planned(with_images: Recognised) -> Plan:
            return await asyncio.to_thread(
                planning.plan, settings, with_images, routes, past, choice, drafts, now
            )

        plan = await planned(recognised)
        pictured = await self._illustrated(look, plan)
        pairs = enumerate(zip(look.found, pictured, strict=True))
        changed = {place for place, (one, other) in pairs if one is not other}
        if not changed:
            return plan
        again = await self._drafted(replace(look, found=pictured), routes, choice, now, changed)
        for name, some in again.items():
            drafts[name] |= some
        return await planned(replace(recognised, found=pictured))

    async def _routes(self, look: Look, recognised: Recognised, past: SourceHistory) -> list[Route]:
        from reblogbot.core import planning  # noqa: PLC0415  as above

        return [
            planning.Route(
                self._config.accounts[name],
                await self._servers.limits(name)
                if _has_work(look, recognised, past, name)
                else Limits(),
                name in look.record.learnt,
            )
            for name in look.settings.to
        ]

    async def _drafted(
        self,
        look: Look,
        routes: Sequence[Route],
        choice: Choice,
        now: datetime,
        only: Container[int] | None = None,
    ) -> dict[str, dict[int, Draft]]:
        """Drafts of what was chosen, by account and place; with `only`, of these places alone."""
        from reblogbot.core import drafting  # noqa: PLC0415  as above
        from reblogbot.engine.drafts import Drafter  # noqa: PLC0415  as above

        drafter = Drafter(self._parsers, look.record.name)
        drafts: dict[str, dict[int, Draft]] = {}
        for route in routes:
            selection = choice.by_account[route.account.name]
            job = drafting.draft_job(look.settings, route.account, route.limits, look.batch, now)
            mine = drafts.setdefault(route.account.name, {})
            by_stage: dict[drafting.Stage, Sequence[int]] = {
                "new": selection.chosen,
                "waiting": selection.waiting,
                "posted": selection.posted,
            }
            for stage, places in by_stage.items():
                wanted = [place for place in places if only is None or place in only]
                entries = [look.found[place].entry for place in wanted]
                made = await drafter.drafts(replace(job, stage=stage), entries)
                mine |= zip(wanted, made, strict=True)
        return drafts

    async def _illustrated(self, look: Look, plan: Plan) -> tuple[Candidate, ...]:
        """What was found, with a page's own images for what is to be posted and brings none."""
        from reblogbot.core import compose  # noqa: PLC0415  as above

        settings = look.settings
        to_be_sent = [(one.candidate, one.post) for one in plan.intents]
        to_be_sent += [(one.candidate, one.after.post) for one in plan.revisions]
        bare = {
            id(one): one
            for one, post in to_be_sent
            if settings.media
            and post.action in ("post", "quote")
            and not compose.images_of(one.entry)
        }
        chosen = dict(islice(bare.items(), settings.max_per_poll))
        configured = hosts_of(settings, self._config.accounts)
        entries = await asyncio.gather(
            *(
                self._gallery.add_page_images(
                    one.entry,
                    settings.media,
                    source=settings.name,
                    proxy=settings.proxy,
                    configured=configured,
                )
                for one in chosen.values()
            )
        )
        shown = {
            number: replace(one, entry=entry)
            for (number, one), entry in zip(chosen.items(), entries, strict=True)
            if entry is not one.entry
        }
        return tuple(shown.get(id(one), one) for one in look.found)

    async def record(self, look: Look) -> Poll:
        """Record what a look came to: entries and deliveries, or the failure.

        That there was nothing new is recorded with the next `flush`.
        """
        if look.error is not None:
            return await self._failed(look, look.error)
        following = self._next_poll(look)
        if look.batch.not_modified:
            return await self._quiet(look, following)
        plan = await self.plan(look)
        recorded = await self._in_store(
            self._store.sources.record,
            look.record,
            _to_be_read_again(look.batch) if plan.is_outdated else look.batch,
            plan,
            look.settings.to,
            following,
            self._clock.now(),
        )
        if recorded is None:
            return Poll(look.record.name, "not_due", error="another process polled it meanwhile")
        outcome: Outcome = "new" if plan.new else "nothing_new"
        if look.batch.left_out:
            log.warning(
                "entries left out",
                extra={"source": look.record.name, "count": look.batch.left_out},
            )
        if plan.storm:
            outcome = "held"
            log.warning("storm held", extra={"source": look.record.name, "reason": plan.storm})
        _log_new(look.record.name, len(plan.new), len(recorded.queued))
        return Poll(
            look.record.name,
            outcome,
            len(plan.new),
            plan.storm,
            recorded.queued,
            revised=recorded.revised,
        )

    async def _past(self, look: Look) -> SourceHistory:
        """What the store knows that matters for this look."""
        from reblogbot.core import bounds, planning  # noqa: PLC0415  as above

        accounts, settings = look.settings.to, look.settings
        past = await self._in_store(self._store.sources.past, look.record, look.found, accounts)
        recent: dict[str, Recent] = {}
        chosen = settings.filter
        if chosen.similar or chosen.max_per_domain or chosen.max_per_author:
            for name in accounts:
                recent[name] = await self._in_store(
                    self._store.publications.recent, name, self._clock.now()
                )
        made: dict[str, Mapping[bytes, EditablePost]] = {}
        for name in accounts:
            made[name] = await self._in_store(
                self._store.publications.made,
                name,
                look.record,
                (*past.seen, *past.published[name]),
                posted=settings.updates == "edit",
            )
        outvoted: dict[str, set[bytes]] = {}
        if settings.filter.min_score:
            keys = [key for one in look.found for key in one.lookups]
            for name in accounts:
                outvoted[name] = await self._in_store(
                    self._store.publications.outvoted, name, look.record.id, keys
                )
        unseen = [one for one in look.found if not any(key in past.seen for key in one.keys)]
        has_authors = any(one.entry.author for one in unseen)
        addresses = await self._servers.addresses() if has_authors else {}
        held: dict[str, int] = {}
        if len(unseen) >= planning.WHOLESALE:
            held = await self._in_store(self._store.tallies.held_by_storms, settings.name)
        return replace(
            past,
            recent=recent,
            made=made,
            outvoted=outvoted,
            addresses=addresses,
            held=held,
            was_cut=look.record.last_batch_size >= bounds.MOST_ENTRIES,
        )

    def _next_poll(self, look: Look) -> NextPoll:
        now = self._clock.now()
        return schedule.next_poll(
            now,
            look.settings,
            fresh_for=look.batch.fresh_for,
            unchanged_since=look.record.last_batch_at if look.batch.not_modified else now,
            skipped_hours=look.batch.skipped_hours,
        )

    async def _quiet(self, look: Look, following: NextPoll) -> Poll:
        self._quiets.append(UnchangedPoll(look.record, look.batch, following, self._clock.now()))
        if len(self._quiets) >= QUIETS:
            await self.flush()
        return Poll(look.record.name, "not_modified")

    async def flush(self) -> None:
        """Record the quiet polls that still wait for it; a process that dies leaves them due."""
        quiets, self._quiets = self._quiets, []
        if quiets:
            await self._in_store(self._store.sources.record_quiet, quiets)

    async def _failed(self, look: Look, error: SourceError) -> Poll:
        now = self._clock.now()
        failures = look.record.failures + 1
        following = schedule.next_try(
            now, look.settings.every, failures, self._dice(), error.retry_at
        )
        await self._in_store(
            self._store.sources.record_failure,
            look.record,
            error.message,
            error.outcome,
            following,
            schedule.hold_until(now, error.retry_at),
            now,
        )
        log.warning(
            "poll failed",
            extra={"source": look.record.name, "slug": error.slug, "error": error.message},
        )
        return Poll(
            look.record.name,
            error.outcome,
            error=error.message,
            slug=error.slug,
            is_asked_to_wait=error.retry_at is not None,
        )


def _has_work(look: Look, recognised: Recognised, past: SourceHistory, account: str) -> bool:
    """Whether anything might have to be composed for this account."""
    if account not in look.record.learnt:
        return look.settings.first != "none" and bool(look.found)
    return bool(recognised.new or past.made.get(account) or past.outvoted.get(account))


def _to_be_read_again(batch: Batch) -> Batch:
    """The batch without what would let the source say next time that nothing has changed."""
    known = replace(batch.validators, etag="", last_modified="", digest="")
    return replace(batch, validators=known)


def _log_new(name: str, new: int, queued: int) -> None:
    if new or queued:
        log.info("source polled", extra={"source": name, "new": new, "queued": queued})
