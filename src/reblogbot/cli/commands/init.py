"""`init`: write a first config."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from reblogbot import app
from reblogbot.admin.login import find_server
from reblogbot.cli.output import print_lines
from reblogbot.cli.questions import ask
from reblogbot.config.lookalikes import hint_for_value
from reblogbot.config.rules import name_fault
from reblogbot.config.settings import Config
from reblogbot.config.starter import starter
from reblogbot.config.urls import read_http_url, read_named_server
from reblogbot.errors import ConfigError, Exit

CHOUTI_FEED = "https://dig.chouti.com/feed.xml"


def run(options: argparse.Namespace) -> int:
    """Write a first config."""
    path = Path(options.path) if options.path else options.config
    if path.is_dir():
        path /= "config.toml"
    if path.exists() or path.is_symlink():
        raise ConfigError(
            "config_exists", f"{path}: exists already; name another file, or edit this one"
        )
    answer = partial(_ask, is_asked=not options.yes and sys.stdin.isatty())
    server = answer(
        "Server of the bot's account",
        default="https://social.example",
        read=read_named_server,
        given=options.server,
    )
    if options.online:
        print_lines(find_server(Config(path=path), server).description)
    account = answer("Name for the account", default="news", read=read_name)
    source = answer("Name for the first source", default="chouti", read=read_name)
    url = answer("Address of its feed", default=CHOUTI_FEED, read=read_feed_url)
    toml = starter(server, account, source, url)
    app.create_config(path, toml)
    print_lines(
        f"Wrote {path}.",
        f"Next: `reblogbot -c {path} login {account}` gets the account a token,",
        f"then run `reblogbot -c {path} check --online` and `reblogbot -c {path} preview`.",
    )
    return Exit.OK


def _ask(
    question: str,
    *,
    default: str,
    read: Callable[[str], str],
    given: str = "",
    is_asked: bool,
) -> str:
    """The answer as the config will hold it.

    Nothing is asked where the value is given by an option, or without a terminal. Raises
    ConfigError where such a value is not valid.
    """
    if is_asked and not given:
        try:
            return ask(question, read, default=default)
        except EOFError:
            return default
    try:
        return read(given or default)
    except ValueError as error:
        message = f"{question}: {error}{hint_for_value(given)}"
        raise ConfigError("usage", message) from error


def read_feed_url(answer: str) -> str:
    return read_http_url(answer if "://" in answer else f"https://{answer}")


def read_name(answer: str) -> str:
    fault = name_fault(answer)
    if fault:
        raise ValueError(fault)
    return answer
