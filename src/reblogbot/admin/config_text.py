"""Texts of the config file as an editor shows them: the whole of it, or the tables of a source."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from operator import add

from reblogbot.config.editing import EditableToml
from reblogbot.config.saving import equal_ends
from reblogbot.errors import ConfigError
from reblogbot.words import Words

MAX_LINES = 100
"""How many lines of a difference are told when it is saved."""


def with_line_ends_of(before: str, typed: str) -> str:
    """The typed text with the line ends of the text that it was made from.

    A browser sends CRLF, whatever it was given.
    """
    old, new = before.split("\n"), typed.replace("\r\n", "\n").split("\n")
    ends = ["\r\n" if line.endswith("\r") else "\n" for line in old[:-1]] or ["\n"]
    if len(set(ends)) == 1:
        return ends[0].join(new)
    # a file with both ends: each line keeps its own, and a line between has that of its neighbour
    start, end = equal_ends([line.removesuffix("\r") for line in old], new)
    between = ends[min(start, len(ends) - 1)]
    count = len(new) - start - end
    line_ends = ends[:start] + [between] * count + ends[len(ends) - end + 1 :]
    return "".join(map(add, new, [*line_ends[: len(new) - 1], ""]))


def shortened(difference: str) -> str:
    """The first lines of a difference, for a message and the log."""
    lines = difference.split("\n")
    return difference if len(lines) <= MAX_LINES else "\n".join([*lines[:MAX_LINES], "…"])


@lru_cache(maxsize=1)
def source_texts(toml: str) -> dict[str, str]:
    """The text of each source that has a table of its own, by its name; with its comments.

    Raises ConfigError where the config is no TOML.
    """
    return EditableToml(toml).table_texts(("sources",))


def with_source_text(toml: str, name: str, text: str) -> str:
    """The config with another text for the tables of a source.

    Raises ConfigError where the text holds something else than this source.
    """
    document = EditableToml(toml)
    before = document.table_texts(("sources",)).get(name)
    if before is None:
        raise ConfigError("config_not_editable", NO_TABLE)
    after = with_line_ends_of(before, text)
    try:
        tables = tomllib.loads(after)
    except (ValueError, RecursionError) as error:
        message = Words("This is not valid TOML: {error}", error=str(error))
        raise ConfigError("config_invalid", message) from None
    sources = tables.pop("sources", {})
    if tables or not isinstance(sources, dict) or sources.keys() != {name}:
        raise ConfigError("config_invalid", OTHER_TABLES)
    if not after.endswith("\n"):
        after += "\r\n" if before.endswith("\r\n") else "\n"
    return document.with_table_text(("sources", name), after)


NO_TABLE = Words(
    "This source has no table of its own in the file. Edit it in its form, or in the whole file."
)
OTHER_TABLES = Words(
    "This must hold the tables of this source and nothing else. To give it another name, use Rename"
    " on its page; what was seen and posted then moves along."
)
