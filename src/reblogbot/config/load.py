"""From a config file to a Config, or to every fault in it at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel

from reblogbot.config import salvage, slips
from reblogbot.config.faults import Findings, described, invalid
from reblogbot.config.lines import Place, places
from reblogbot.config.reading import TABLES, Kinds, Reading
from reblogbot.config.settings import AccountSettings, Config, StoreSettings
from reblogbot.errors import ConfigError, Fault, did_you_mean

LARGEST = 16_000_000


@dataclass(frozen=True, slots=True)
class Readable:
    """What can be read of a config file, and the faults in the rest.

    A key at fault has its default. A source or account without the keys it needs is left out.
    """

    config: Config
    faults: tuple[Fault, ...] = ()


def load(
    path: Path,
    *,
    options_of: Callable[[str], type[BaseModel] | None],
    known_kinds: Sequence[str],
    needs_of: Callable[[str], Sequence[str]] = lambda _kind: (),
    check_template: Callable[[str], str] | None = None,
    environ: Mapping[str, str] = os.environ,
    toml: str | None = None,
) -> Config:
    """The config in the file at `path`, its paths made absolute.

    `options_of` gives the model of a kind's own keys, `needs_of` which of every source's keys
    it cannot do without; `check_template` says what is wrong with an inline template, with
    "line N: " before it where it can. With `toml` that text is loaded, as if it stood at `path`.
    Raises ConfigError, with every fault there is.
    """
    toml = read(path) if toml is None else toml
    findings = Findings(lambda: _places(path, toml))
    kinds = Kinds(options_of, needs_of, known_kinds)
    sections = _sections(_parsed(path, toml), findings, kinds, check_template, environ)
    findings.check(path)
    return _config(path, sections)


def load_readable(
    path: Path,
    *,
    options_of: Callable[[str], type[BaseModel] | None],
    known_kinds: Sequence[str],
    needs_of: Callable[[str], Sequence[str]] = lambda _kind: (),
    check_template: Callable[[str], str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Readable:
    """What can be read of the config file at `path`, for commands that only look, or stop.

    The arguments are those of `load`. Raises ConfigError where nothing can be read, or where it
    is not certain which store the file means.
    """
    toml = read(path)
    broken: tuple[Fault, ...] = ()
    lost = ""
    try:
        document = _parsed(path, toml)
    except ConfigError as error:
        broken = error.faults
        document, lost = salvage.tables(toml)
    findings = Findings(lambda: Place(0) if broken else _places(path, toml))
    kinds = Kinds(options_of, needs_of, known_kinds)
    sections = _sections(document, findings, kinds, check_template, environ)
    # with tables missing, what refers to them is no fault of its own
    faults = broken or tuple(sorted(findings.faults, key=lambda fault: fault.line))
    if (broken and not document) or _is_store_doubtful(document, lost, faults):
        raise invalid(path, faults)
    known = {name: value for name, value in sections.items() if value is not None}
    return Readable(_config(path, known), faults)


def _sections(
    document: dict[str, Any],
    findings: Findings,
    kinds: Kinds,
    check_template: Callable[[str], str] | None,
    environ: Mapping[str, str],
) -> dict[str, Any]:
    # many sources inherit one template
    check = cache(check_template) if check_template else None
    return Reading(document, findings, kinds, check, environ).sections()


def _config(path: Path, sections: dict[str, Any]) -> Config:
    for name in ("accounts", "sources"):
        sections[name] = {key: one for key, one in sections[name].items() if one is not None}
    return _placed(Config(path=path.absolute(), **sections), path.absolute().parent)


def _is_store_doubtful(document: dict[str, Any], lost: str, faults: Sequence[Fault]) -> bool:
    """Whether the file may mean another store than the one that was read."""
    if not faults:
        return False
    if any(fault.path in {"store", "store.url"} for fault in faults):
        return True
    if "store" in document:
        return False
    is_misspelt = any(did_you_mean(key, ["store"]) for key in document.keys() - {*TABLES})
    return is_misspelt or "store" in lost.casefold()


def read(path: Path) -> str:
    """The text of a config file. Raises ConfigError where there is none to be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        hint = "no such file; write one with `reblogbot init`"
        raise _unusable("config_missing", path, hint) from None
    except IsADirectoryError:
        hint = "this is a folder; name the config file in it"
        raise _unusable("config_unreadable", path, hint) from None
    except (OSError, ValueError) as error:
        hint = getattr(error, "strerror", None) or str(error)
        raise _unusable("config_unreadable", path, f"cannot be read: {hint}") from None
    if len(raw) > LARGEST:
        raise _unusable("config_unreadable", path, f"is larger than {LARGEST} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        hint = "not UTF-8 text; save the file in that encoding"
        raise _unusable("config_invalid", path, hint, line) from None


def _parsed(path: Path, toml: str) -> dict[str, Any]:
    """What the file says. Raises ConfigError where it is no TOML."""
    try:
        return tomllib.loads(toml)
    except RecursionError:
        raise _nested(path) from None
    except ValueError as error:
        found = re.fullmatch(
            r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", str(error)
        )
        if found is None:
            raise _unusable("config_invalid", path, f"invalid TOML: {error}") from None
        line = int(found[2] or toml.count("\n") + 1)
        written = toml.replace("\r\n", "\n").split("\n")[line - 1]
        hint = slips.in_line(written, int(found[3] or 0))
        message = f"invalid TOML: {hint or found[1]}"
        raise _unusable("config_invalid", path, message, line) from None


def _places(path: Path, toml: str) -> Place:
    """Where it says what. Raises ConfigError where it is nested too deeply to tell."""
    try:
        return places(toml)
    except RecursionError:
        raise _nested(path) from None


def _nested(path: Path) -> ConfigError:
    return _unusable("config_invalid", path, "brackets are nested too deeply")


def _unusable(slug: str, path: Path, message: str, line: int = 0) -> ConfigError:
    fault = Fault("", message, line, slug if slug != "config_invalid" else "toml_invalid")
    return ConfigError(slug, described(fault, path), [fault])


def _placed(config: Config, folder: Path) -> Config:
    """The config with its paths taken from the folder it stands in."""
    accounts = {name: _beside(account, folder) for name, account in config.accounts.items()}
    url = _absolute(config.store, folder)
    store = config.store.model_copy(update={"url": url})
    return config.model_copy(update={"accounts": accounts, "store": store})


def _beside(account: AccountSettings, folder: Path) -> AccountSettings:
    if account.token_file is None:
        return account
    file = _expanded(folder, account.token_file)
    return account.model_copy(update={"token_file": file})


def _absolute(store: StoreSettings, folder: Path) -> str:
    file = store.url.removeprefix("sqlite:///")
    if file == store.url:
        return store.url
    # a URL escapes what a folder's name may hold as it is; letters stay what the system calls them
    path, mark, query = file.partition("?")
    plain = str(_expanded(folder, unquote(path))).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{plain}{mark}{query}"


def _expanded(folder: Path, file: Path | str) -> Path:
    name = os.path.expanduser(file)  # noqa: PTH111  Path's own raises without a home
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        # in a locale without these letters a file is still called by its bytes
        name = os.fsdecode(str(name).encode())
    return folder / name
