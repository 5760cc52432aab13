"""`sources export`: the feeds as OPML."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from reblogbot import app
from reblogbot.admin.documents.source_import import SourceExportDocument
from reblogbot.admin.opml_export import opml_text
from reblogbot.cli.output import print_json, print_lines
from reblogbot.cli.questions import is_confirmed, is_interactive
from reblogbot.config.atomic_file import write_atomically
from reblogbot.errors import ConfigError, Exit


def run(options: argparse.Namespace) -> int:
    """Write the feeds to stdout or to a file."""
    config = app.load_config(options.config)
    text = opml_text(config, datetime.now(UTC))
    count = sum(source.kind == "feed" for source in config.sources.values())
    file: Path | None = None if options.file == Path("-") else options.file
    if file is not None:
        if not _may_write(options):
            print_lines(f"{file} was left as it is")
            return Exit.OK
        _write(file, text)
    if options.json:
        document: SourceExportDocument = {
            "file": str(file or ""),
            "feeds": count,
            "opml": "" if file else text,
        }
        print_json(document)
    elif file is None:
        # a program that starts with a closed stdout has none
        if sys.stdout is not None:
            # the document says that it is UTF-8, whatever the locale is
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode())
    else:
        print_lines(f"{file}: {count} feed{'s' if count != 1 else ''}")
    return Exit.OK


def _may_write(options: argparse.Namespace) -> bool:
    """Whether the file may be written; a person is asked where it would be replaced.

    Raises ConfigError where no question can be asked.
    """
    if options.yes or not options.file.exists():
        return True
    if options.json or not is_interactive():
        raise ConfigError("usage", f"{options.file} exists; replace it with --yes")
    return is_confirmed(f"{options.file} exists; replace it?")


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():
        raise ConfigError("usage", f"{file} is not a regular file; name another")
    try:
        write_atomically(file, text.encode(), mode=None if file.exists() else 0o644)
    except OSError as error:
        raise ConfigError("usage", f"{file} cannot be written: {error.strerror}") from error
