"""From a config file to a Config, or to every fault in it at once."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pydantic import BaseModel

from reblogbot.config.faults import Findings, described
from reblogbot.config.lines import Place, places
from reblogbot.config.reading import Kinds, Reading
from reblogbot.config.settings import AccountSettings, Config, StoreSettings
from reblogbot.errors import ConfigError, Fault

LARGEST = 16_000_000


def load(
    path: Path,
    *,
    options_of: Callable[[str], type[BaseModel] | None],
    known_kinds: Sequence[str],
    needs_of: Callable[[str], Sequence[str]] = lambda _kind: (),
    check_template: Callable[[str], str] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """The config in the file at `path`, its paths made absolute.

    `options_of` gives the model of a kind's own keys, `needs_of` which of every source's keys
    it cannot do without; `check_template` says what is wrong with an inline template, with
    "line N: " before it where it can. Raises ConfigError, with every fault there is.
    """
    toml = read(path)
    document = _parsed(path, toml)
    findings = Findings(lambda: _places(path, toml))
    kinds = Kinds(options_of, needs_of, known_kinds)
    # many sources inherit one template
    check = cache(check_template) if check_template else None
    sections = Reading(document, findings, kinds, check, environ).sections()
    findings.check(path)
    config = Config(path=path.absolute(), **sections)
    return _placed(config, path.absolute().parent)


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
        found = re.fullmatch(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        if found is None:
            raise _unusable("config_invalid", path, f"invalid TOML: {error}") from None
        line = int(found[2] or toml.count("\n") + 1)
        raise _unusable("config_invalid", path, f"invalid TOML: {found[1]}", line) from None


def _places(path: Path, toml: str) -> Place:
    """Where it says what. Raises ConfigError where it is nested too deeply to tell."""
    try:
        return places(toml)
    except RecursionError:
        raise _nested(path) from None


def _nested(path: Path) -> ConfigError:
    return _unusable("config_invalid", path, "brackets are nested too deeply")


def _unusable(slug: str, path: Path, message: str, line: int = 0) -> ConfigError:
    fault = Fault("", message, line)
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
