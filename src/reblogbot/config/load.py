"""Loading a config file: to a Config, or to every fault in it at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from reblogbot.config import lookalikes, partial_toml
from reblogbot.config.diagnostics import Diagnostics, described, invalid_config
from reblogbot.config.rules import TemplateCheck, TemplateUse
from reblogbot.config.settings import Config, StoreSettings, Table
from reblogbot.config.tables import TABLES, ConfigReader, SourceKinds
from reblogbot.config.toml_positions import Position, find_positions
from reblogbot.errors import ConfigError, ConfigFault, did_you_mean

MAX_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class PartialConfig:
    """The readable part of a config file, and the faults in the rest.

    A faulty key has its default. A source or account without the keys it needs is left out.
    """

    config: Config
    faults: tuple[ConfigFault, ...] = ()


def load(
    path: Path,
    kinds: SourceKinds,
    check_template: TemplateCheck | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    toml: str | None = None,
) -> Config:
    """The config in the file at `path`, with absolute paths.

    If `toml` is given, it is loaded as if it was the file's text. Raises ConfigError with every
    fault.
    """
    toml = read_text(path) if toml is None else toml
    diagnostics = Diagnostics(lambda: _positions(path, toml))
    reader = _reader(_parse(path, toml), diagnostics, kinds, check_template, environ)
    sections = reader.sections()
    diagnostics.raise_if_any(path)
    return _config(path, sections)


def load_partial(
    path: Path,
    kinds: SourceKinds,
    check_template: TemplateCheck | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> PartialConfig:
    """The readable part of the config file at `path`, for commands that only look, or stop.

    Raises ConfigError where nothing can be read, or where the file may mean another store than
    the one that was read.
    """
    toml = read_text(path)
    syntax_faults: tuple[ConfigFault, ...] = ()
    unreadable = ""
    try:
        document = _parse(path, toml)
    except ConfigError as error:
        syntax_faults = error.faults
        document, unreadable = partial_toml.readable_tables(toml)
    diagnostics = Diagnostics(lambda: Position(0) if syntax_faults else _positions(path, toml))
    reader = _reader(document, diagnostics, kinds, check_template, environ)
    sections = {name: table for name, table in reader.sections().items() if table is not None}
    # where tables could not be read, further faults may only follow from that
    faults = syntax_faults or tuple(diagnostics.sorted())
    if (syntax_faults and not document) or _is_store_doubtful(document, unreadable, faults):
        raise invalid_config(path, faults)
    return PartialConfig(_config(path, sections), faults)


def _reader(
    document: dict[str, Any],
    diagnostics: Diagnostics,
    kinds: SourceKinds,
    check_template: TemplateCheck | None,
    environ: Mapping[str, str],
) -> ConfigReader:
    if check_template is None:
        return ConfigReader(document, diagnostics, kinds, None, environ)
    # cached, because many sources inherit the same template
    cached = cache(check_template)

    def check(text: str, use: TemplateUse, steps: Collection[str]) -> str:
        return cached(text, use, tuple(steps))

    return ConfigReader(document, diagnostics, kinds, check, environ)


def _is_store_doubtful(
    document: dict[str, Any], unreadable: str, faults: Sequence[ConfigFault]
) -> bool:
    """Whether the file may mean another store than the one that was read."""
    if not faults:
        return False
    if any(fault.path in {"store", "store.url"} for fault in faults):
        return True
    if "store" in document:
        return False
    is_misspelt = any(did_you_mean(key, ["store"]) for key in document.keys() - {*TABLES})
    return is_misspelt or "store" in unreadable.casefold()


def read_text(path: Path) -> str:
    """The text of a config file. Raises ConfigError if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = "no such file; write one with `reblogbot setup` or `init`"
        raise _error("config_missing", path, message) from None
    except IsADirectoryError:
        message = "this is a folder; name the config file in it"
        raise _error("config_unreadable", path, message) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _error("config_unreadable", path, f"cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise _error("config_unreadable", path, f"is larger than {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = "not UTF-8 text; save the file in that encoding"
        raise _error("config_invalid", path, message, line) from None


def _parse(path: Path, toml: str) -> dict[str, Any]:
    """The document in the text. Raises ConfigError where it is not valid TOML."""
    try:
        return tomllib.loads(toml)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:
        match = re.fullmatch(
            r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error)
        )
        if match is None:
            raise _error("config_invalid", path, f"invalid TOML: {error}") from None
        line_number = int(match[2] or toml.count("\n") + 1)
        line = toml.replace("\r\n", "\n").split("\n")[line_number - 1]
        hint = lookalikes.hint_for_line(line, int(match[3] or 0))
        message = f"invalid TOML: {hint or match[1]}"
        raise _error("config_invalid", path, message, line_number) from None


def _positions(path: Path, toml: str) -> Position:
    """The positions of all keys. Raises ConfigError for a document that is nested too deeply."""
    try:
        return find_positions(toml)
    except RecursionError:
        raise _too_deep(path) from None


def _too_deep(path: Path) -> ConfigError:
    return _error("config_invalid", path, "brackets are nested too deeply")


def _error(slug: str, path: Path, message: str, line: int = 0) -> ConfigError:
    fault = ConfigFault("", message, line, slug if slug != "config_invalid" else "toml_invalid")
    return ConfigError(slug, described(fault, path), [fault])


def _config(path: Path, sections: dict[str, Any]) -> Config:
    """The config of these sections, without unreadable sources and accounts, its paths absolute."""
    for name in ("steps", "accounts", "sources"):
        sections[name] = {key: table for key, table in sections[name].items() if table is not None}
    config = Config(path=path.absolute(), **sections)
    folder = config.path.parent
    accounts = {
        name: _with_absolute_paths(account, _PATHS_OF_ACCOUNT, folder)
        for name, account in config.accounts.items()
    }
    steps = {
        name: _with_absolute_paths(step, ("key_file",), folder)
        for name, step in config.steps.items()
    }
    store = config.store.model_copy(update={"url": _absolute_url(config.store, folder)})
    admin = config.admin
    if admin.password_file is not None:
        file = _absolute(admin.password_file, folder)
        admin = admin.model_copy(update={"password_file": file})
    return config.model_copy(
        update={"steps": steps, "accounts": accounts, "admin": admin, "store": store}
    )


_PATHS_OF_ACCOUNT = ("token_file", "folder", "feed")
T = TypeVar("T", bound=Table)


def _with_absolute_paths(table: T, keys: Sequence[str], folder: Path) -> T:
    paths = {key: getattr(table, key) for key in keys}
    absolute = {key: _absolute(path, folder) for key, path in paths.items() if path is not None}
    return table.model_copy(update=absolute) if absolute else table


def _absolute_url(store: StoreSettings, folder: Path) -> str:
    file = store.url.removeprefix("sqlite:///")
    if file == store.url:
        return store.url
    # % and ? in a folder's name must be escaped in a URL; other letters stay as they are
    path, mark, query = file.partition("?")
    escaped = str(_absolute(unquote(path), folder)).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{escaped}{mark}{query}"


def _absolute(file: Path | str, folder: Path) -> Path:
    name = os.path.expanduser(file)  # noqa: PTH111  Path.expanduser raises without a home
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        # the locale cannot encode these letters, but the file's name holds their UTF-8 bytes
        name = os.fsdecode(str(name).encode())
    return folder / name
