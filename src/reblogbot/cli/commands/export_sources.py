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
from reblogbot.config.atomic_file import write_atomically
from reblogbot.errors import ConfigError, Exit


def run(options: argparse.Namespace) -> int:
    """Write the feeds to stdout or to a file."""
    config = app.load_config(options.config)
    text = opml_text(config, datetime.now(UTC))
    count = sum(source.kind == "feed" for source in config.sources.values())
    file: Path | None = options.file
    if file is not None:
        _check_replaceable(file, is_agreed=options.yes)
        _write(file, text)
    if options.json:
        document: SourceExportDocument = {
            "file": str(file or ""),
            "feeds": count,
            "opml": "" if file else text,
        }
        print_json(document)
    elif file is None:
        # the document says that it is UTF-8, whatever the locale is
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
    else:
        print_lines(f"{file}: {count} feed{'s' if count != 1 else ''}")
    return Exit.OK


def _check_replaceable(file: Path, *, is_agreed: bool) -> None:
    """Raise ConfigError where a file would be replaced that the admin does not give up."""
    if is_agreed or not file.exists():
        return
    if not sys.stdin.isatty():
        raise ConfigError("usage", f"{file} exists; replace it with --yes")
    print(f"{file} exists; replace it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise ConfigError("usage", f"{file} exists and was left as it is")


def _write(file: Path, text: str) -> None:
    if file.exists() and not file.is_file():
        raise ConfigError("usage", f"{file} is not a regular file; name another")
    try:
        write_atomically(file, text.encode(), mode=None if file.exists() else 0o644)
    except OSError as error:
        raise ConfigError("usage", f"{file} cannot be written: {error.strerror}") from error
