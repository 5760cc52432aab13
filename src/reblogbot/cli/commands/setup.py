"""`setup`: the guided way to a first bot."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from reblogbot import app
from reblogbot.admin.login import (
    account_for_login,
    find_server,
    log_out,
    present_login,
    token_lock,
)
from reblogbot.cli.commands import check
from reblogbot.cli.commands.discover import discover
from reblogbot.cli.commands.init import CHOUTI_FEED, read_feed_url, read_name
from reblogbot.cli.commands.login import print_login
from reblogbot.cli.commands.preview import print_post
from reblogbot.cli.login_dialog import log_in
from reblogbot.cli.output import print_lines, print_wrapped
from reblogbot.cli.progress import progress
from reblogbot.cli.questions import ask, is_interactive
from reblogbot.config.editing import EditableToml
from reblogbot.config.hosts import host_port
from reblogbot.config.settings import (
    BUILT_IN_TEMPLATES,
    AccountSettings,
    Config,
    HttpSettings,
)
from reblogbot.config.starter import starter
from reblogbot.config.urls import read_named_server
from reblogbot.engine.preview import Preview, preview_again
from reblogbot.errors import ConfigError, ReblogbotError, SourceError
from reblogbot.ports import ProgressCallback
from reblogbot.sources.feed.discovery import DiscoveredFeed
from reblogbot.targets.mastodon.server_info import ServerInfo
from reblogbot.web.addresses import is_address

EXAMPLES = 3
"""How many entries are shown as they would be posted."""
MAX_FEEDS = 20
"""How many feeds of a site are offered."""


def run(options: argparse.Namespace) -> int:
    """Ask for what a first bot needs, and write a config that works."""
    path: Path = options.config
    if path.exists() or path.is_symlink():
        raise ConfigError(
            "config_exists",
            f"{path}: exists already; `reblogbot login NAME --server URL` adds an account to it,"
            " `reblogbot sources add URL` a source, and `reblogbot -c FILE setup` makes another",
        )
    if not is_interactive():
        raise ConfigError(
            "usage",
            "setup asks questions, so it needs a terminal; elsewhere use `reblogbot init --yes`,"
            " then `login` and `check --online`",
        )
    print_lines(
        f"This makes a first bot and writes its config to {path}. Nothing is posted.",
        "Enter takes what stands in brackets. Ctrl-C ends this and leaves nothing behind.",
    )
    try:
        _set_up(path)
    except EOFError:
        print_lines("")
        raise KeyboardInterrupt from None
    print_lines("", "Trying it all:")
    code = check.run(argparse.Namespace(config=path, online=True, json=False))
    _print_next_steps(path)
    return code


def _set_up(path: Path) -> None:
    """Ask everything, then write the config; if that is cut off, undo the login."""
    config = Config(path=path.absolute())
    print_lines("", "1. The server on which the bot has its account")
    server = _ask_server(config)
    print_lines("", "2. The account")
    name = ask("A short name for it, for config and commands", read_name, default="news")
    account = account_for_login(config, name, server.server)
    with token_lock(account):
        is_new = _log_in(config, account, server)
        try:
            app.create_config(path, _ask_source(path, account))
        except BaseException:
            if is_new:
                _undo(config, account)
            raise
    print_lines("", f"Wrote {path}.")


def _ask_server(config: Config) -> ServerInfo:
    while True:
        url = ask("Server, such as mastodon.social", read_named_server)
        try:
            server = find_server(config, url)
        except ReblogbotError as error:
            print_wrapped(error.message, 2)
            continue
        print_lines(f"  {server.description}")
        return server


def _log_in(config: Config, account: AccountSettings, server: ServerInfo) -> bool:
    """Whether a token was got; False where one was there that works."""
    login = present_login(config, account, server)
    is_new = login is None
    if login is None:
        login = log_in(config, account, server, uses_browser=True, adds_account=False)
    print_login(login, is_kept=not is_new)
    return is_new


def _undo(config: Config, account: AccountSettings) -> None:
    with suppress(ReblogbotError):
        reason = log_out(config, account)
        print_lines("", f"The token is {'removed' if reason else 'revoked'}; nothing is left.")
        if reason:
            print_wrapped(reason)


def _ask_source(path: Path, account: AccountSettings) -> str:
    """The text of a config with the source and the template that the person chose."""
    print_lines("", "3. What it follows: a feed, or a site that has one")
    feed, http = _ask_feed(path)
    source = ask("A short name for it", read_name, default=_source_name(feed.url))
    draft = _Draft(path, account, source, feed.url, http)
    print_lines("", "4. What a post looks like")
    return _ask_template(draft).toml


def _ask_feed(path: Path) -> tuple[DiscoveredFeed, HttpSettings]:
    """A feed that can be read, and the settings that it takes to reach it."""
    while True:
        url = ask("Address", read_feed_url, default=CHOUTI_FEED)
        # an address that the admin names may be in a private network
        private = HttpSettings(allow_private=(host_port(url),))
        for http in (HttpSettings(), private):
            try:
                discovery = asyncio.run(discover(url, Config(path=path, http=http)))
            except SourceError as error:
                if error.slug == "address_refused" and http is not private:
                    continue
                print_wrapped(error.message, 2)
                break
            if discovery.feeds:
                return _choose(discovery.feeds[:MAX_FEEDS]), http
            print_lines("  No feed was found there; name the address of a feed, or another page.")
            break


def _choose(feeds: Sequence[DiscoveredFeed]) -> DiscoveredFeed:
    """The feed that the person wants."""
    for number, feed in enumerate(feeds, 1):
        print_lines(f"  {number}. {feed.title or 'a feed'}, {feed.entries} entries: {feed.url}")
    return feeds[0] if len(feeds) == 1 else ask("Which one", _reader(feeds), default="1")


def _reader(feeds: Sequence[DiscoveredFeed]) -> Callable[[str], DiscoveredFeed]:
    def read(answer: str) -> DiscoveredFeed:
        if not answer.isascii() or not answer.isdigit() or not 0 < int(answer[:9]) <= len(feeds):
            raise ValueError(f"write a number from 1 to {len(feeds)}")
        return feeds[int(answer) - 1]

    return read


def _source_name(url: str) -> str:
    """A name for a source: the longest part of its host."""
    host = urlsplit(url).hostname or ""
    if is_address(host):
        return "feed"
    return max(re.findall(r"[\w-]+", host.removeprefix("www.")), key=len, default="feed")


@dataclass(frozen=True, slots=True)
class _Draft:
    """The config as far as it is known."""

    path: Path
    account: AccountSettings
    source: str
    url: str
    http: HttpSettings
    template: str = "link"

    @property
    def toml(self) -> str:
        toml = EditableToml(
            starter(
                self.account.server,
                self.account.name,
                self.source,
                self.url,
                template=self.template,
            )
        )
        if self.http.allow_private:
            toml.set_value(("http", "allow_private"), list(map(str, self.http.allow_private)))
        return toml.text


def _ask_template(draft: _Draft) -> _Draft:
    """The draft with a template that the person chose after seeing real entries."""
    names = ", ".join(BUILT_IN_TEMPLATES)
    while True:
        _print_examples(draft)
        question = f"Template ({names}); Enter keeps this one"
        template = ask(question, _read_template, default=draft.template)
        if template == draft.template:
            return draft
        draft = replace(draft, template=template)


def _read_template(answer: str) -> str:
    if answer not in BUILT_IN_TEMPLATES:
        raise ValueError(f"there are {', '.join(BUILT_IN_TEMPLATES)}; others go into the config")
    return answer


def _print_examples(draft: _Draft) -> None:
    """Print the newest entries as they would be posted."""
    config = app.load_config(draft.path, draft.toml)
    store = app.open_to_read(config)

    async def plan(on_progress: ProgressCallback) -> Preview:
        async with app.running(config, store) as runtime:
            return await preview_again(runtime.engine, [draft.source], on_progress)

    try:
        with progress() as on_progress:
            planned = asyncio.run(plan(on_progress))
    finally:
        store.close()
    for account, source, post in planned.posts[:EXAMPLES]:
        print_post(account, source, post, planned.beginnings.get(post.uri, ""))
    for error in planned.errors:
        print_wrapped(error["error"], 2)
    if not planned.posts:
        print_lines("  It shows no entry that would be posted at the moment.")


def _print_next_steps(path: Path) -> None:
    program = "reblogbot" if path == Path("config.toml") else f"reblogbot -c {path}"
    print_lines(
        "",
        "What next: the entries that are there now count as known; new ones are posted.",
        f"  {program} preview      what would be posted now",
        f"  {program} sync         one round, for trying and for cron",
        f"  {program} run          the daemon",
        f"  {program} status       how it goes",
    )
