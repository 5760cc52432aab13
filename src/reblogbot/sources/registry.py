"""The kinds of source, built in and of other packages, registered as entry points."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, cast

from reblogbot.errors import ConfigError
from reblogbot.ports import Source, Tools

if TYPE_CHECKING:
    from pydantic import BaseModel

    from reblogbot.config.settings import SourceSettings

GROUP = "reblogbot.sources"
Factory = Callable[[str, "SourceSettings", Tools], Source]


def kinds() -> list[str]:
    """The names of all kinds, sorted; no kind is imported."""
    return sorted(_registered())


def factory(kind: str) -> Factory:
    """The factory of `kind`; it is called with a source's name, its settings and the tools.

    Raises ConfigError for an unknown kind, and for one whose code cannot be loaded.
    """
    point = _registered().get(kind)
    if point is None:
        raise ConfigError(
            "kind_unknown", f'there is no source kind "{kind}"; there are: {", ".join(kinds())}'
        )
    return _loaded(point)


def options_of(kind: str) -> type[BaseModel] | None:
    """The model of the settings that `kind` adds to those of every source; None without any."""
    return getattr(factory(kind), "Options", None)


def needs_of(kind: str) -> tuple[str, ...]:
    """The settings of every source that `kind` requires, such as "url"."""
    return tuple(getattr(factory(kind), "needs", ()))


@cache
def _registered() -> dict[str, EntryPoint]:
    # Of two kinds of the same name, the one in our own package comes last and wins. The names of
    # the packages would tell as well, but are read from their metadata, which takes much longer.
    points = sorted(
        entry_points(group=GROUP), key=lambda point: point.module.startswith("reblogbot.")
    )
    return {point.name: point for point in points}


@cache
def _loaded(point: EntryPoint) -> Factory:
    try:
        loaded = point.load()
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ConfigError(
            "kind_broken",
            f'the source kind "{point.name}" of package {_package(point)} cannot be loaded '
            f"({text}); update or remove that package",
        ) from error
    if not callable(loaded):
        raise ConfigError(
            "kind_broken",
            f'the source kind "{point.name}" of package {_package(point)} is no factory: '
            f"{point.value} cannot be called",
        )
    return cast("Factory", loaded)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "unknown"
