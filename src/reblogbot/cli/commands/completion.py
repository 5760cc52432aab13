"""`completion`: a script for a shell, and the names that it asks for."""

from __future__ import annotations

import argparse
import shlex
from itertools import pairwise
from pathlib import Path

from reblogbot.cli.output import print_lines
from reblogbot.cli.parser import config_path
from reblogbot.config.names import configured_names
from reblogbot.errors import ConfigError, Exit


def run(options: argparse.Namespace) -> int:
    """Print the script, or the names of sources, accounts or steps."""
    if options.names:
        print_lines(*configured_names(_path(options), options.names))
        return Exit.OK
    if options.shell is None:
        raise ConfigError("usage", "name a shell: bash, zsh or fish")
    # not above: it takes longer than to print the names, which a shell waits for
    from reblogbot.cli.completion import completion_script  # noqa: PLC0415

    print(completion_script(options.shell))
    return Exit.OK


def _path(options: argparse.Namespace) -> Path:
    """The config file that the line to complete names, else the usual one."""
    try:
        words = shlex.split(options.line)
    except ValueError:  # a quotation that is not closed yet
        words = options.line.split()
    path = None
    for option, value in pairwise([*words, ""]):
        if option in ("-c", "--config"):
            path = value
        elif option.startswith("--config="):
            path = option.partition("=")[2]
    return config_path(path) if path else Path(options.config)
