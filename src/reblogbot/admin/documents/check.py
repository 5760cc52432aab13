"""The document of `check`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, NotRequired, TypedDict

from reblogbot.admin.documents.errors import ErrorDetails, error_json
from reblogbot.errors import ConfigError, ConfigFault

if TYPE_CHECKING:
    from reblogbot.admin.online_check import OnlineCheck
    from reblogbot.core.step_warnings import StepInput


class WarningRow(TypedDict):
    """A place in the config that is probably not meant so."""

    line: int
    """0 where the line is not known."""
    path: str
    """The keys from the top, with dots: `sources.hot.url`."""
    message: str


class FaultRow(WarningRow):
    """An error in the config."""

    slug: str


class OnlineRow(TypedDict):
    """The result of trying an account, a step or a source."""

    path: str
    finding: str
    error: str
    """Empty if it works."""
    warnings: list[str]


class ParserRow(TypedDict):
    """The process that parses feeds: what confines it, and why it cannot start."""

    protections: list[str]
    error: str


class StepInputRow(TypedDict):
    """What a step is given, and where that goes."""

    name: str
    sends: list[str]
    """Names of an entry's values, and of steps whose results are given to it."""
    sources: list[str]
    place: str
    """The host of its service, or the program that it starts."""
    reach: Literal["machine", "network", "internet", "program"]
    """Where it goes: it stays on this machine, or on this network, or leaves it."""
    text: str
    """The same in a sentence."""


class CheckDocument(TypedDict):
    """The result of `check`. It has `error` where the config is not valid, else `parser`."""

    faults: list[FaultRow]
    warnings: list[WarningRow]
    online: list[OnlineRow]
    steps: list[StepInputRow]
    error: NotRequired[ErrorDetails]
    parser: NotRequired[ParserRow]


def invalid_config_json(error: ConfigError) -> CheckDocument:
    """The result for a config that is not valid."""
    return {
        "faults": list(map(_fault_json, error.faults)),
        "warnings": [],
        "error": error_json(error),
        "online": [],
        "steps": [],
    }


def check_json(
    faults: Iterable[ConfigFault],
    warnings: Iterable[ConfigFault],
    parser: ParserRow,
    checks: Iterable[OnlineCheck],
    inputs: Iterable[StepInput],
) -> CheckDocument:
    """The result for a valid config; `faults` are what failed online."""
    return {
        "faults": list(map(_fault_json, faults)),
        "warnings": [
            {"line": warning.line, "path": warning.path, "message": warning.message}
            for warning in warnings
        ],
        "parser": parser,
        "online": [
            {
                "path": check.path,
                "finding": check.finding,
                "error": check.error,
                "warnings": list(check.warnings),
            }
            for check in checks
        ],
        "steps": [
            {
                "name": each.name,
                "sends": list(each.sends),
                "sources": list(each.sources),
                "place": each.place,
                "reach": each.reach,
                "text": each.text,
            }
            for each in inputs
        ],
    }


def _fault_json(fault: ConfigFault) -> FaultRow:
    return {
        "path": fault.path,
        "line": fault.line,
        "message": fault.message,
        "slug": fault.slug,
    }
