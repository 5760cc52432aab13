"""`setup`: the guided way to a first bot."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from reblogbot import app
from reblogbot.admin.login import (
    account_for_login,
    find_server,
    log_out,
    present_login,
    token_lock,
)
from reblogbot.admin.new_source import (
    AddressContent,
    SourceCandidate,
    by_its_form,
    fetch_content,
    preview_newest,
)
from reblogbot.admin.source_import import SourceNames
from reblogbot.cli.commands import check
from reblogbot.cli.commands.init import CHOUTI_FEED, read_feed_url, read_name
from reblogbot.cli.commands.login import print_login
from reblogbot.cli.commands.preview import print_planned
from reblogbot.cli.login_dialog import log_in
from reblogbot.cli.output import print_lines, print_wrapped
from reblogbot.cli.parser import parse
from reblogbot.cli.questions import ask, choose, is_interactive
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
from reblogbot.errors import ConfigError, ReblogbotError, SourceError
from reblogbot.targets.mastodon.server_info import ServerInfo

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
    code = check.run(parse(["--config", str(path), "check", "--online"]))
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
    print_lines("", "3. What it follows: a feed or a site, @user@host, #tag")
    source, http = _ask_address(path, account)
    name = SourceNames(()).take(source.title, source.url)
    name = ask("A short name for it", read_name, default=name)
    print_lines("", "4. What a post looks like")
    return _ask_template(_Draft(path, account, name, source, http)).toml


def _ask_address(path: Path, account: AccountSettings) -> tuple[SourceCandidate, HttpSettings]:
    """A source that can be read, and the settings that it takes to reach it."""
    while True:
        address = ask("Address", _read_address, default=CHOUTI_FEED)
        source = by_its_form(address, account.name)
        if source is not None:
            return source, HttpSettings()
        try:
            content, http = _fetch(address, path)
        except ReblogbotError as error:
            print_wrapped(error.message, 2)
            continue
        if not content.sources:
            print_wrapped(
                "This is a list of feeds. Name one for the beginning; `reblogbot sources add` adds"
                " the others later.",
                2,
            )
            continue
        sources = content.sources[:MAX_FEEDS]
        labels = [f"{source.title or 'a feed'}  {source.url}" for source in sources]
        if len(sources) == 1:
            print_lines(f"  {labels[0]}")
            return sources[0], http
        return sources[choose("Which one?", labels)], http


def _read_address(written: str) -> str:
    return written if written.startswith(("@", "#")) else read_feed_url(written)


def _fetch(address: str, path: Path) -> tuple[AddressContent, HttpSettings]:
    """What is at the address, which may be in a private network, since the admin named it."""
    http = HttpSettings()
    try:
        return asyncio.run(fetch_content(address, Config(path=path, http=http))), http
    except SourceError as error:
        if error.slug != "address_refused":
            raise
    http = HttpSettings(allow_private=(host_port(address),))
    return asyncio.run(fetch_content(address, Config(path=path, http=http))), http


@dataclass(frozen=True, slots=True)
class _Draft:
    """The config as far as it is known."""

    path: Path
    account: AccountSettings
    name: str
    source: SourceCandidate
    http: HttpSettings
    template: str = "link"

    @property
    def toml(self) -> str:
        text = starter(
            self.account.server,
            self.account.name,
            self.name,
            self.source.url,
            self.source.kind,
            self.template,
        )
        toml = EditableToml(text)
        for key, value in self.source.keys.items():
            if key != "url":
                toml.set_value(("sources", self.name, key), value)
        if self.http.allow_private:
            toml.set_value(("http", "allow_private"), list(map(str, self.http.allow_private)))
        return toml.text


def _ask_template(draft: _Draft) -> _Draft:
    """The draft with a template that the person chose after seeing real entries."""
    question = f"Template ({', '.join(BUILT_IN_TEMPLATES)}); Enter keeps this one"
    while True:
        _print_examples(draft)
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
    planned = asyncio.run(preview_newest(config, draft.name))
    for each in planned.posts[:EXAMPLES]:
        print_planned(each, planned.beginnings)
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
