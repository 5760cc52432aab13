"""`schema`: the JSON Schema of what a command prints."""

from __future__ import annotations

import argparse
from pathlib import Path

import reblogbot
from reblogbot.cli.output import print_lines
from reblogbot.errors import ConfigError, Exit, unknown_name_message

_FOLDER = Path(reblogbot.__file__).parent / "schemas"


def run(options: argparse.Namespace) -> int:
    """Print the schema of a command, or the commands that have one."""
    files = {path.stem: path for path in sorted(_FOLDER.glob("*.json"))}
    if not options.words:
        print_lines(*files)
        return Exit.OK
    name = "-".join(options.words)
    if name not in files:
        raise ConfigError("usage", unknown_name_message("schema", name, files))
    print_lines(files[name].read_text(encoding="utf-8").rstrip())
    return Exit.OK
