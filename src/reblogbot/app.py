"""The composition root: it puts together a runtime from a config and a store."""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from reblogbot import __version__
from reblogbot.config.atomic_file import write_atomically
from reblogbot.config.hosts import hosts_of
from reblogbot.config.load import PartialConfig, load, load_partial
from reblogbot.config.rules import TemplateUse
from reblogbot.config.saving import replace_text
from reblogbot.config.settings import (
    AccountSettings,
    Config,
    HttpSettings,
    SourceSettings,
    StepSettings,
)
from reblogbot.config.tables import SourceKinds
from reblogbot.config.tokens import granted_scopes, read_token
from reblogbot.core.round_report import RoundReport
from reblogbot.engine.account import Account
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.claims import poll_lease
from reblogbot.engine.engine import Adapters, Engine
from reblogbot.errors import ConfigError, StoreError
from reblogbot.ports import (
    Clock,
    Fetch,
    ProgressCallback,
    Reader,
    Response,
    Source,
    Step,
    Target,
    Tools,
    no_progress,
)
from reblogbot.runtime.clock import SystemClock
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources import registry
from reblogbot.store import AsyncStore, Store, open_store, read_store
from reblogbot.store.due import PollScope
from reblogbot.targets.shared import rate_limit

if TYPE_CHECKING:
    from reblogbot.notices.messenger import Messenger
    from reblogbot.targets.mastodon.target import MastodonTarget
    from reblogbot.targets.wordpress.target import WordPressTarget
    from reblogbot.web.http import Fetcher

log = logging.getLogger(__name__)

LONGEST_LEASE = timedelta(hours=1)
"""No lease is longer, unless the config asks for it: one that is was taken by a clock ahead."""


def load_config(path: Path, toml: str | None = None) -> Config:
    """The config file, or `toml` in its place, as typed values. Raises ConfigError."""
    return load(path, _source_kinds(), _template_fault, toml=toml)


def create_config(path: Path, toml: str) -> Config:
    """Write a new config file, which only its user may read, and return it as typed values.

    Raises ConfigError where `check` would refuse it, the file exists, or it cannot be written.
    """
    config = load_config(path, toml)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # an empty file takes the name: of two commands at once only one may write it
        path.touch(mode=0o600, exist_ok=False)
        try:
            # mode 600: the admin may put a secret into it later
            write_atomically(path, toml.encode(), mode=0o600)
        except BaseException:
            path.unlink()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError("config_unwritable", f"{path}: cannot be written: {reason}") from error
    return config


def save_config(path: Path, before: str, after: str) -> Config:
    """Replace the config file's text `before` by `after` in one step, and return its config.

    Raises ConfigError, and changes nothing, if `after` is not a valid config, or the file holds
    another text than `before` by now, or cannot be written.
    """
    config = load_config(path, after)
    replace_text(path, before, after)
    return config


def load_partial_config(path: Path) -> PartialConfig:
    """The readable part of the config file, and its faults. Raises ConfigError."""
    return load_partial(path, _source_kinds(), _template_fault)


def _source_kinds() -> SourceKinds:
    return SourceKinds(registry.kinds(), registry.options_of, registry.needs_of)


def _template_fault(text: str, use: TemplateUse, steps: Collection[str]) -> str:
    # few admins write templates, and importing Jinja2 costs as much as polling a hundred sources
    from reblogbot.core.templates import check_template  # noqa: PLC0415

    return check_template(text, use, steps)


def open_for_work(
    config: Config, clock: Clock | None = None, on_progress: ProgressCallback = no_progress
) -> Store:
    """Return the config's store, created or migrated if needed. Raises StoreError."""
    store, message = open_store(
        config.store.url, new_lease_owner(), SystemClock().now(), on_progress=on_progress
    )
    if message:
        log.warning(message)
    repair_future_timestamps(config, store, (clock or store.clock).now())
    return store


def open_for_changes(url: str, on_progress: ProgressCallback = no_progress) -> Store:
    """Return an existing store, migrated if needed; it needs no config. Raises StoreError."""
    try:
        read_store(url, new_lease_owner(), missing_ok=False).close()
    except StoreError as error:
        if error.slug != "store_older":
            raise
    store, message = open_store(
        url, new_lease_owner(), SystemClock().now(), on_progress=on_progress
    )
    if message:
        log.warning(message)
    return store


def repair_future_timestamps(config: Config, store: Store, now: datetime) -> None:
    """Bring forward what waits for an instant that only a clock that ran ahead can have set."""
    doubt = config.delivery.read_back_after
    store.repair_future_timestamps(
        now, doubt, max(rate_limit.LONGEST_WAIT, doubt), max(LONGEST_LEASE, poll_lease(config))
    )


def open_to_read(config: Config) -> Store:
    """Return the config's store to read, an empty one where there is none. Raises StoreError."""
    return _with_new_names(config, read_store(config.store.url, new_lease_owner()))


def open_existing(config: Config) -> Store:
    """Return the config's store to read. Raises StoreError, also where there is none."""
    store = read_store(config.store.url, new_lease_owner(), missing_ok=False)
    return _with_new_names(config, store)


def _with_new_names(config: Config, store: Store) -> Store:
    """Return the store, in which a source has its old name only if this user may not write."""
    if store.renames.is_incomplete(config.sources):
        try:
            writable = open_for_changes(config.store.url)
        except StoreError as error:
            log.warning("a rename of a source is not complete: %s", error.message)
        else:
            writable.renames.settle(config.sources, writable.clock.now())
            writable.close()
    return store


def make_target(account: AccountSettings, config: Config, clock: Clock) -> Target:
    """Return the adapter of the place where the account publishes."""
    if account.kind == "files":
        # imported here: most rounds have nothing to send
        from reblogbot.targets.files.target import FilesTarget  # noqa: PLC0415

        return FilesTarget(account, clock=clock)
    if account.kind == "wordpress":
        return make_blog(account, config, clock, partial(read_token, account, os.environ))
    return make_mastodon(account, config, clock)


def make_blog(
    account: AccountSettings, config: Config, clock: Clock, password: Callable[[], str]
) -> WordPressTarget:
    """Return the adapter of a blog."""
    from reblogbot.targets.wordpress.target import WordPressTarget  # noqa: PLC0415

    return WordPressTarget(
        account,
        password,
        clock=clock,
        timeout=config.delivery.timeout,
        user_agent=user_agent(config),
    )


def make_mastodon(account: AccountSettings, config: Config, clock: Clock) -> MastodonTarget:
    """Return the adapter of a server with the Mastodon API."""
    from reblogbot.targets.mastodon.target import MastodonTarget  # noqa: PLC0415

    return MastodonTarget(
        account,
        partial(read_token, account, os.environ),
        clock=clock,
        timeout=config.delivery.timeout,
        user_agent=user_agent(config),
        granted=lambda token: granted_scopes(account, token, os.environ),
    )


def make_step(config: Config, clock: Clock, step: StepSettings) -> Step:
    """Return the adapter of a step."""
    # imported here: few admins have steps
    from reblogbot import steps  # noqa: PLC0415

    return steps.make_step(
        step,
        clock=clock,
        folder=config.path.parent,
        environ=os.environ,
        user_agent=user_agent(config),
    )


def step_mark(step: StepSettings) -> str:
    """Return a digest of the step's settings and key: another one may succeed where this failed."""
    from reblogbot import steps  # noqa: PLC0415

    return steps.mark_of(step, os.environ)


def user_agent(config: Config) -> str:
    """Return the User-Agent header of all requests."""
    contact = f" (+{config.http.contact})" if config.http.contact else ""
    return f"reblogbot/{__version__}{contact}"


class Web:
    """The client of the public web, made with the first fetch; implements Fetch.

    A round in which nothing is due makes none: importing the library would take a third of it.
    """

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._fetcher: Fetcher | None = None

    async def __call__(self, url: str, **options: Any) -> Response:
        """Fetch; see `reblogbot.web.http.Fetcher`."""
        if self._fetcher is None:
            from reblogbot.web.http import Fetcher  # noqa: PLC0415

            self._fetcher = Fetcher(self._settings, clock=self._clock)
        return await self._fetcher(url, **options)

    async def close(self) -> None:
        """Close all connections."""
        if self._fetcher is not None:
            await self._fetcher.close()


class Runtime:
    """A config at work: its engine, its notices to the admin, and what to close at the end."""

    def __init__(self, config: Config, engine: Engine, resources: AsyncExitStack) -> None:
        self.config = config
        self.engine = engine
        self._resources = resources
        self._messenger: Messenger | None = None

    @property
    def has_channel(self) -> bool:
        """Whether the admin wants notices."""
        notify = self.config.notify
        return bool(notify.command or notify.webhook or notify.account)

    async def sync(
        self, names: Sequence[str], which: PollScope, on_progress: ProgressCallback = no_progress
    ) -> RoundReport:
        """Run one round of the engine, then notify the admin of what he must see to."""
        report = await self.engine.sync(names, which, on_progress)
        await self.notify(at_once=True)
        return report

    async def notify(self, *, at_once: bool = False) -> None:
        """Notify the admin of new trouble; `at_once` where everything due was just tried."""
        engine = self.engine
        if not self.has_channel or engine.is_stopping:
            return
        await self.messenger.notify(at_once=at_once)

    @property
    def messenger(self) -> Messenger:
        """The sender of notices, made when there may be something to notify of."""
        if self._messenger is None:
            from reblogbot.notices.messenger import Messenger  # noqa: PLC0415

            engine = self.engine
            self._messenger = Messenger(
                self.config, engine.store, engine.accounts, engine.clock, step_mark
            )
        return self._messenger

    def stop(self) -> None:
        """Begin nothing more; what is on the wire is finished and settled."""
        self.engine.stop()

    async def close(self) -> None:
        """Shut down worker threads, connections and parsers. The caller closes the store."""
        await self.engine.close()
        await self._resources.aclose()


class Targets:
    """The targets of accounts, each made once, so that a server is asked for its facts once."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._targets: dict[str, Target] = {}
        self._lock = threading.Lock()

    def reader(self, name: str) -> Reader:
        """Return the target of an account that sources read through, which `check` lets pass."""
        return cast("Reader", self.get(name))

    def get(self, name: str) -> Target:
        """Return the account's target. Readers ask for it from several threads at a time."""
        with self._lock:
            if name not in self._targets:
                account = self._config.accounts[name]
                self._targets[name] = make_target(account, self._config, self._clock)
            return self._targets[name]


@dataclass(frozen=True, slots=True)
class Edges:
    """What several runtimes of one process share: the network and the parser children."""

    fetcher: Fetch
    workers: ParserProcessPool
    clock: Clock

    def runtime(
        self, config: Config, store: Store, resources: AsyncExitStack | None = None
    ) -> Runtime:
        """Return a runtime for this config. It closes the resources, not these edges."""
        targets = Targets(config, self.clock)
        async_store = AsyncStore(store)

        def make_source(settings: SourceSettings) -> Source:
            fetch = partial(self.fetcher, configured=hosts_of(settings, config.accounts))
            offload = self.workers.share(settings.name)
            tools = Tools(fetch=fetch, offload=offload, clock=self.clock, reader=targets.reader)
            return registry.factory(settings.kind)(settings.name, settings, tools)

        def make_account(account: AccountSettings) -> Account:
            return Account(
                account,
                partial(targets.get, account.name),
                partial(read_token, account, os.environ),
                async_store,
                self.clock,
            )

        engine = Engine(
            config,
            async_store,
            Accounts(config, make_account),
            Adapters(make_source, partial(make_step, config, self.clock), step_mark),
            self.fetcher,
            self.workers,
            self.clock,
            random.random,
        )
        return Runtime(config, engine, resources or AsyncExitStack())


@asynccontextmanager
async def edges(config: Config, clock: Clock | None = None) -> AsyncIterator[Edges]:
    """Yield the network and the parser children, and close them at the end."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        web = Web(config.http, clock)
        stack.push_async_callback(web.close)
        workers = await stack.enter_async_context(ParserProcessPool())
        yield Edges(web, workers, clock)


async def start(config: Config, store: Store) -> Runtime:
    """Return a runtime with edges of its own. It goes by the store's clock."""
    resources = AsyncExitStack()
    shared = await resources.enter_async_context(edges(config, store.clock))
    return shared.runtime(config, store, resources)


@asynccontextmanager
async def running(config: Config, store: Store) -> AsyncIterator[Runtime]:
    """Yield a runtime with edges of its own, and close it at the end."""
    runtime = await start(config, store)
    try:
        yield runtime
    finally:
        await runtime.close()
