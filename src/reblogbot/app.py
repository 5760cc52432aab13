"""Where the parts are put together: a config becomes a pipeline on a store."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reblogbot import __version__
from reblogbot.config.hosts import hosts_of
from reblogbot.config.load import PartialConfig, load, load_partial
from reblogbot.config.settings import AccountSettings, Config, HttpSettings, SourceSettings
from reblogbot.config.tables import SourceKinds
from reblogbot.config.tokens import granted_scopes, read_token
from reblogbot.engine.access import Access
from reblogbot.engine.pipeline import Pipeline, poll_lease
from reblogbot.errors import StoreError
from reblogbot.media.fetch import ImageFetcher
from reblogbot.ports import Clock, Fetch, ProgressCallback, Response, Source, Tools, no_progress
from reblogbot.runtime.clock import SystemClock
from reblogbot.runtime.lease_owner import new_owner
from reblogbot.runtime.parser_pool import WorkerPool
from reblogbot.sources import registry
from reblogbot.store import Store, StoreThread, open_store, read_store
from reblogbot.targets.mastodon import rate_limit

if TYPE_CHECKING:
    from reblogbot.targets.mastodon.target import MastodonTarget
    from reblogbot.web.http import Fetcher

log = logging.getLogger(__name__)

LONGEST_LEASE = timedelta(hours=1)
"""A lease that ends later was taken while the clock was ahead, unless the config asks for it."""


def load_config(path: Path, toml: str | None = None) -> Config:
    """The config file, or `toml` in its place, as typed values. Raises ConfigError."""
    return load(path, _source_kinds(), _fault_of_template, toml=toml)


def load_partial_config(path: Path) -> PartialConfig:
    """The readable part of the config file, and its faults. Raises ConfigError."""
    return load_partial(path, _source_kinds(), _fault_of_template)


def _source_kinds() -> SourceKinds:
    return SourceKinds(registry.kinds(), registry.options_of, registry.needs_of)


def _fault_of_template(text: str) -> str:
    # few write templates of their own, and Jinja2 costs as much as polling a hundred sources
    from reblogbot.core.templates import check_template  # noqa: PLC0415

    return check_template(text)


def open_for_work(
    config: Config, clock: Clock | None = None, on_progress: ProgressCallback = no_progress
) -> Store:
    """The config's store, made or migrated where need be. Raises StoreError."""
    store, done = open_store(
        config.store.url, new_owner(), SystemClock().now(), on_progress=on_progress
    )
    if done:
        log.warning(done)
    repair_future_timestamps(config, store, (clock or store.clock).now())
    return store


def open_to_steer(url: str, on_progress: ProgressCallback = no_progress) -> Store:
    """A store that is there, migrated where need be; it needs no config. Raises StoreError."""
    try:
        read_store(url, new_owner(), missing_ok=False).close()
    except StoreError as error:
        if error.slug != "store_older":
            raise
    store, done = open_store(url, new_owner(), SystemClock().now(), on_progress=on_progress)
    if done:
        log.warning(done)
    return store


def repair_future_timestamps(config: Config, store: Store, now: datetime) -> None:
    """Let nothing wait for an instant that only a clock since set back can have named."""
    doubt = config.delivery.read_back_after
    store.repair_future_timestamps(
        now, doubt, max(rate_limit.LONGEST_WAIT, doubt), max(LONGEST_LEASE, poll_lease(config))
    )


def open_to_read(config: Config) -> Store:
    """The config's store as it stands; nothing is written. Raises StoreError."""
    return read_store(config.store.url, new_owner())


def open_existing(config: Config) -> Store:
    """The config's store as it stands. Raises StoreError, also where there is none."""
    return read_store(config.store.url, new_owner(), missing_ok=False)


def make_target(account: AccountSettings, config: Config, clock: Clock) -> MastodonTarget:
    """The account's way to its server."""
    # most rounds have nothing to send
    from reblogbot.targets.mastodon.target import MastodonTarget  # noqa: PLC0415

    return MastodonTarget(
        account,
        lambda: read_token(account, os.environ),
        clock=clock,
        timeout=config.delivery.timeout,
        user_agent=user_agent(config),
        granted=lambda token: granted_scopes(account, token, os.environ),
    )


def user_agent(config: Config) -> str:
    """What servers are told about who asks."""
    contact = f" (+{config.http.contact})" if config.http.contact else ""
    return f"reblogbot/{__version__}{contact}"


class Web:
    """The client of the public web, made with the first fetch; implements Fetch.

    A round in which nothing is due has none, and the library costs a third of it.
    """

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._fetcher: Fetcher | None = None

    async def __call__(self, url: str, **options: Any) -> Response:
        """The answer; see `reblogbot.web.http.Fetcher`."""
        if self._fetcher is None:
            from reblogbot.web.http import Fetcher  # noqa: PLC0415

            self._fetcher = Fetcher(self._settings, clock=self._clock)
        return await self._fetcher(url, **options)

    async def close(self) -> None:
        """Ends every connection."""
        if self._fetcher is not None:
            await self._fetcher.close()


@dataclass(frozen=True, slots=True)
class Edges:
    """What several pipelines of one process share: the network and the parsers' children."""

    fetcher: Fetch
    workers: WorkerPool
    clock: Clock

    def pipeline(self, config: Config, store: Store) -> Pipeline:
        """A pipeline for this config."""
        targets: dict[str, MastodonTarget] = {}
        making = threading.Lock()

        def target(name: str) -> MastodonTarget:
            """The one target of an account, so that what it knows is asked once.

            Readers ask for it from several threads at a time.
            """
            with making:
                if name not in targets:
                    targets[name] = make_target(config.accounts[name], config, self.clock)
                return targets[name]

        def make_source(settings: SourceSettings) -> Source:
            fetch = partial(self.fetcher, configured=hosts_of(settings, config.accounts))
            offload = self.workers.share(settings.name)
            tools = Tools(fetch=fetch, offload=offload, clock=self.clock, reader=target)
            return registry.factory(settings.kind)(settings.name, settings, tools)

        def make_access(account: AccountSettings, store: Store, in_store: StoreThread) -> Access:
            return Access(
                account.name,
                lambda: target(account.name),
                lambda: read_token(account, os.environ),
                store,
                in_store,
                self.clock,
            )

        gallery = ImageFetcher(self.fetcher, self.workers)
        return Pipeline(
            config,
            store,
            make_source,
            make_access,
            gallery,
            self.workers,
            self.clock,
            random.random,
        )


@asynccontextmanager
async def edges(config: Config, clock: Clock | None = None) -> AsyncIterator[Edges]:
    """The network and the parsers, closed at the end."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        web = Web(config.http, clock)
        stack.push_async_callback(web.close)
        workers = await stack.enter_async_context(WorkerPool())
        yield Edges(web, workers, clock)


@asynccontextmanager
async def pipeline(
    config: Config, store: Store, clock: Clock | None = None
) -> AsyncIterator[Pipeline]:
    """A pipeline with edges of its own, closed at the end; it goes by the store's clock."""
    async with edges(config, clock or store.clock) as shared:
        made = shared.pipeline(config, store)
        try:
            yield made
        finally:
            await made.close()
