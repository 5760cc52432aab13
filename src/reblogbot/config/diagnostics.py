"""Faults of a config file: collected once each, with their lines and in the admin's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from reblogbot.config import lookalikes
from reblogbot.config.settings import INCOMPLETE
from reblogbot.config.toml_positions import Key, Position
from reblogbot.errors import ConfigError, ConfigFault, did_you_mean
from reblogbot.words import Words

Keys = tuple[Key, ...]
Locate = Callable[[Keys], Keys]
"""From the path of a key within a table to its path within the document."""

_MESSAGES = {
    "bool_type": Words("must be true or false, without quotes"),
    "dict_type": Words("must be a table"),
    "finite_number": Words("must be a finite number"),
    "float_type": Words("must be a number, without quotes"),
    "int_from_float": Words("must be a whole number"),
    "int_type": Words("must be a whole number, without quotes"),
    "list_type": Words('must be an array in brackets, such as ["one", "two"]'),
    "missing": Words("missing; this key has no default"),
    "model_type": Words("must be a table"),
    "string_type": Words("must be a string in quotes"),
    "too_long": Words("has too many elements"),
    "too_short": Words("must not be empty"),
    "tuple_type": Words('must be an array in brackets, such as ["one", "two"]'),
}
_PAIR_MESSAGE = Words('must be a pair in brackets, such as ["/pattern/", "text"]')
_SLUGS = {"extra_forbidden": "key_unknown", "missing": "key_missing"}
_SECRET_KEY = re.compile(r"(access_?|api_?|bearer_?)?(token|key)|password|.*secret", re.IGNORECASE)


class Diagnostics:
    """Collects faults and finds their lines."""

    def __init__(self, find_positions: Callable[[], Position]) -> None:
        # called at the first fault: it takes as long as parsing, and most files have no fault
        self._root = cache(find_positions)
        # a dict keeps the order and drops repetitions: a fault of [defaults] comes up again with
        # every source that inherits it
        self._faults: dict[ConfigFault, None] = {}

    def add(
        self, keys: Keys, message: str, text_line: int = 0, slug: str = "value_invalid"
    ) -> None:
        """Add a fault at a key, or at a line of the key's multi-line text, counted from 1."""
        position = self._root().at(keys)
        line = position.line_of_text(text_line) if text_line else position.line
        self._faults[ConfigFault(dotted(keys), message, line, slug)] = None

    def add_invalid(self, error: ValidationError, model: type[BaseModel], locate: Locate) -> None:
        """Add every fault that pydantic found. The messages never hold the values."""
        for details in _without_consequences(error.errors(include_url=False)):
            if details["type"] == INCOMPLETE:
                # `rules` tells it at the missing key
                continue
            # pydantic marks a fault in the key of a dict by one more element
            keys = tuple(key for key in details["loc"] if key != "[key]")
            message = _message(details)
            if details["type"] == "extra_forbidden":
                message = _unknown_nested_key_message(keys, model, dotted(locate(keys)[:-2]))
            elif details["type"] in {"missing", "too_long"} and isinstance(keys[-1], int):
                keys = keys[:-1] if details["type"] == "missing" else keys
                message = _PAIR_MESSAGE
            self.add(locate(keys), message, slug=_SLUGS.get(details["type"], "value_invalid"))

    def sorted(self) -> list[ConfigFault]:
        """All faults in the order of their lines."""
        return sorted(self._faults, key=lambda fault: fault.line)

    def raise_if_any(self, path: Path) -> None:
        """Raise ConfigError with all faults if there are any."""
        if self._faults:
            raise invalid_config(path, self.sorted())


def invalid_config(path: Path, faults: Sequence[ConfigFault]) -> ConfigError:
    """The error for these faults, with one line each."""
    message = "\n".join(described(fault, path) for fault in faults)
    return ConfigError("config_invalid", message, faults)


def described(fault: ConfigFault, path: Path) -> str:
    """One line for the admin: `config.toml:12: sources.chouti.evry: unknown key`."""
    where = f"{path}:{fault.line}" if fault.line else str(path)
    return f"{where}: {fault.path}: {fault.message}" if fault.path else f"{where}: {fault.message}"


def dotted(keys: Keys) -> str:
    """A path of keys as TOML writes it, with indexes in brackets, on a single line."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{_key_text(key)}" for key in keys)
    return "".join(parts).removeprefix(".")


def _key_text(key: str) -> str:
    return key if len(key) <= 60 and re.fullmatch(r"[\w-]+", key) else quoted(key)


def quoted(word: str) -> str:
    """The word in quotes, shortened, on a single line."""
    cut = word if len(word) <= 60 else f"{word[:59]}…"
    return f'"{cut}"' if cut.isprintable() and not {'"', "\\"} & {*cut} else json.dumps(cut)


def alternatives(words: Collection[str]) -> str:
    """The words as values to choose from: "a", "b" or "c"."""
    *first, last = [f'"{word}"' for word in words]
    return f"{', '.join(first)} or {last}" if first else last


def unknown_key_message(
    key: str, valid_keys: Collection[str], other_tables: Mapping[str, Collection[str]]
) -> str:
    """The message for an unknown key; it may belong into one of `other_tables`."""
    for table, keys in other_tables.items():
        if key in keys:
            return f"unknown key; it belongs in [{table}]"
    if "token_file" in valid_keys and _SECRET_KEY.fullmatch(key):
        return 'unknown key; write the token into a file of its own: token_file = "news.token"'
    return f"unknown key{did_you_mean(key, valid_keys)}"


def _unknown_nested_key_message(
    keys: tuple[Key, ...], model: type[BaseModel], parent_path: str
) -> str:
    parent, inner = model, model
    for key in keys[:-1]:
        annotation = inner.model_fields[key].annotation if key in inner.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return "unknown key"
        parent, inner = inner, annotation
    other_tables = {parent_path: keys_of(parent)} if parent_path else {}
    return unknown_key_message(str(keys[-1]), keys_of(inner), other_tables)


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that a TOML table of this model may have."""
    return [
        field.validation_alias if isinstance(field.validation_alias, str) else name
        for name, field in model.model_fields.items()
    ]


def _without_consequences(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without "must not be empty" of arrays whose elements are all faulty."""

    def has_faulty_elements(loc: tuple[Key, ...]) -> bool:
        return any(
            len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in errors
        )

    return [
        error
        for error in errors
        if error["type"] != "too_short" or not has_faulty_elements(error["loc"])
    ]


def _message(error: ErrorDetails) -> str:
    context: dict[str, Any] = error.get("ctx", {})
    value = error["input"]
    match error["type"]:
        case "value_error" | "assertion_error":
            hint = lookalikes.hint_for_value(value) if isinstance(value, str) else ""
            return f"{context['error']}{hint}"
        case "literal_error":
            valid = re.findall(r"'([^']+)'", context["expected"])
            suggestion = did_you_mean(value, valid) if isinstance(value, str) else ""
            return f"must be {alternatives(valid)}{suggestion}"
        case "greater_than_equal":
            return Words("must be at least {limit}", limit=context["ge"])
        case "less_than_equal":
            return Words("must be at most {limit}", limit=context["le"])
        case kind:
            return _MESSAGES.get(kind, error["msg"])
