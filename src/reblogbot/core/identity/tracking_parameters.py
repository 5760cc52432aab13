"""Query parameters that tell where a reader came from, listed in `tracking_parameters.txt`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FIRST_RELEASE = "0.1.0"
"""The section of the list that the keys in older stores were computed with."""


def is_tracking(pair: str, host: str, release: str = "") -> bool:
    """Whether a query parameter, `name=value`, of a link to the host serves to track readers.

    With `release`, such as "0.1.0", only the section of the list with that name counts.
    """
    parameters = _tracking_parameters(release)
    pair = pair.removeprefix("amp;").lower()
    name = pair.partition("=")[0]
    if name in parameters.exact or pair in parameters.exact or pair.startswith(parameters.prefixes):
        return True
    domains = parameters.domains.get(name, ())
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


class _TrackingParameters(NamedTuple):
    """Names, or names with values, that are tracking; those in `domains` on these domains only."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]
    domains: Mapping[str, tuple[str, ...]]


@cache
def _tracking_parameters(release: str) -> _TrackingParameters:
    """The list's section of the release, or the whole list for ""."""
    lines = Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines()
    section, rules = "", []
    for line in lines:
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#") and release in ("", section):
            rules.append(line)
    everywhere = [rule for rule in rules if " @ " not in rule]
    domains: dict[str, tuple[str, ...]] = {}
    for name, domain in (rule.split(" @ ") for rule in rules if " @ " in rule):
        domains[name] = (*domains.get(name, ()), domain)
    return _TrackingParameters(
        frozenset(rule for rule in everywhere if not rule.endswith("*")),
        tuple(rule[:-1] for rule in everywhere if rule.endswith("*")),
        domains,
    )
