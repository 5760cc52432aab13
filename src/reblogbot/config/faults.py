"""Faults of a config file as they are found: where, in which words, each only once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reblogbot.config import slips
from reblogbot.config.lines import Key, Place
from reblogbot.errors import ConfigError, Fault, did_you_mean

Keys = tuple[Key, ...]
Locate = Callable[[Keys], Keys]
"""From the path of a key within a table to its path within the document."""

_WORDS = {
    "bool_type": "must be true or false, without quotes",
    "dict_type": "must be a table",
    "finite_number": "must be a number that ends",
    "float_type": "must be a number, without quotes",
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number, without quotes",
    "list_type": 'must be an array in brackets, such as ["one", "two"]',
    "missing": "missing; this key has no default",
    "model_type": "must be a table",
    "string_type": "must be a string in quotes",
    "too_long": "has too many elements",
    "too_short": "must not be empty",
    "tuple_type": 'must be an array in brackets, such as ["one", "two"]',
}
_PAIR = 'must be a pair in brackets, such as ["/pattern/", "text"]'
_SLUGS = {"extra_forbidden": "key_unknown", "missing": "key_missing"}
_SECRET = re.compile(r"(access_?|api_?|bearer_?)?(token|key)|password|.*secret", re.IGNORECASE)


class Findings:
    """Collects faults and finds their lines; `find_places` is called at the first one."""

    def __init__(self, find_places: Callable[[], Place]) -> None:
        # most files have no fault, and this is as dear as reading them
        self._root = cache(find_places)
        # a fault of [defaults] comes up again with every source that inherits it
        self.faults: dict[Fault, None] = {}

    def add(self, keys: Keys, message: str, nth: int = 0, slug: str = "value_invalid") -> None:
        """A fault at a key, or on the nth line of its text."""
        place = self._root().at(keys)
        line = place.line_of_text(nth) if nth else place.line
        self.faults[Fault(dotted(keys), message, line, slug)] = None

    def add_invalid(self, invalid: ValidationError, model: type[BaseModel], locate: Locate) -> None:
        """Every fault pydantic found, in our own words and without the values."""
        for error in _told_once(invalid.errors(include_url=False)):
            # pydantic marks the key of a dict, which is no key of its own
            keys = tuple(key for key in error["loc"] if key != "[key]")
            message = _worded(error)
            if error["type"] == "extra_forbidden":
                message = _nested_stranger(keys, model, dotted(locate(keys)[:-2]))
            elif error["type"] in {"missing", "too_long"} and isinstance(keys[-1], int):
                keys = keys[:-1] if error["type"] == "missing" else keys
                message = _PAIR
            self.add(locate(keys), message, slug=_SLUGS.get(error["type"], "value_invalid"))

    def check(self, path: Path) -> None:
        """Raises ConfigError with all faults, in the order of their lines, if there are any."""
        if not self.faults:
            return
        raise invalid(path, sorted(self.faults, key=lambda fault: fault.line))


def invalid(path: Path, faults: Sequence[Fault]) -> ConfigError:
    """The error that tells of all these faults, a line for each."""
    message = "\n".join(described(fault, path) for fault in faults)
    return ConfigError("config_invalid", message, faults)


def described(fault: Fault, path: Path) -> str:
    """One line for the admin: `config.toml:12: sources.chouti.evry: unknown key`."""
    where = f"{path}:{fault.line}" if fault.line else str(path)
    return f"{where}: {fault.path}: {fault.message}" if fault.path else f"{where}: {fault.message}"


def dotted(keys: Keys) -> str:
    """A key path as TOML would write it, indexes in brackets, fit for one line of a terminal."""
    written = "".join(f"[{key}]" if isinstance(key, int) else f".{_bare(key)}" for key in keys)
    return written.removeprefix(".")


def _bare(key: str) -> str:
    return key if len(key) <= 60 and re.fullmatch(r"[\w-]+", key) else shown(key)


def shown(word: str) -> str:
    """The word in quotes, cut short, fit for one line of a terminal."""
    cut = word if len(word) <= 60 else f"{word[:59]}…"
    return f'"{cut}"' if cut.isprintable() and not {'"', "\\"} & {*cut} else json.dumps(cut)


def quoted(words: Collection[str]) -> str:
    """The words as the admin would write them: "a", "b" or "c"."""
    *first, last = [f'"{word}"' for word in words]
    return f"{', '.join(first)} or {last}" if first else last


def stranger(key: str, known: Collection[str], homes: Mapping[str, Collection[str]]) -> str:
    """What to say of an unknown key; `homes` are other tables that it may belong to."""
    for table, keys in homes.items():
        if key in keys:
            return f"unknown key; it belongs in [{table}]"
    if "token_file" in known and _SECRET.fullmatch(key):
        return 'unknown key; a token stands in a file of its own: token_file = "news.token"'
    return f"unknown key{did_you_mean(key, known)}"


def _nested_stranger(keys: tuple[Key, ...], model: type[BaseModel], above: str) -> str:
    parent, inner = model, model
    for key in keys[:-1]:
        annotation = inner.model_fields[key].annotation if key in inner.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return "unknown key"
        parent, inner = inner, annotation
    homes = {above: keys_of(parent)} if above else {}
    return stranger(str(keys[-1]), keys_of(inner), homes)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys a TOML table of this model may have."""
    return [
        field.validation_alias if isinstance(field.validation_alias, str) else name
        for name, field in model.model_fields.items()
    ]


def _told_once(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The faults without "is empty" of what is empty only because all in it is at fault."""

    def holds_faults(loc: tuple[Key, ...]) -> bool:
        return any(len(one["loc"]) > len(loc) and one["loc"][: len(loc)] == loc for one in errors)

    return [one for one in errors if one["type"] != "too_short" or not holds_faults(one["loc"])]


def _worded(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            written = error["input"]
            hint = slips.in_value(written) if isinstance(written, str) else ""
            return f"{context['error']}{hint}"
        case "literal_error":
            known = re.findall(r"'([^']+)'", context["expected"])
            near = did_you_mean(error["input"], known) if isinstance(error["input"], str) else ""
            return f"must be {quoted(known)}{near}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case kind:
            return _WORDS.get(kind, error["msg"])
