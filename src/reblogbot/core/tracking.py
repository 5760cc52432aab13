"""Parameters of links that tell where a reader came from, by the list beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FIRST_RELEASE = "0.1.0"
"""By its list the keys in older stores were made."""


def is_tracking(pair: str, host: str, release: str = "") -> bool:
    """Whether a `name=value` of a link to the host tells where its reader came from.

    By the list of all releases, or as it was in one of them.
    """
    tracking = _tracking(release)
    pair = pair.removeprefix("amp;").lower()
    name = pair.partition("=")[0]
    if name in tracking.names or pair in tracking.names or pair.startswith(tracking.starts):
        return True
    domains = tracking.domains.get(name, ())
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


class _Tracking(NamedTuple):
    """Parameters that are dropped: `starts` are beginnings of names, or of names with values.

    Those in `domains` are dropped in links to these domains alone.
    """

    names: frozenset[str]
    starts: tuple[str, ...]
    domains: Mapping[str, tuple[str, ...]]


@cache
def _tracking(release: str) -> _Tracking:
    """What `tracking_parameters.txt` lists under the release, or anywhere for ""."""
    lines = Path(__file__).with_name("tracking_parameters.txt").read_text("utf-8").splitlines()
    section, rules = "", []
    for line in lines:
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#") and release in ("", section):
            rules.append(line)
    plain = [rule for rule in rules if " @ " not in rule]
    domains: dict[str, tuple[str, ...]] = {}
    for name, domain in (rule.split(" @ ") for rule in rules if " @ " in rule):
        domains[name] = (*domains.get(name, ()), domain)
    return _Tracking(
        frozenset(rule for rule in plain if not rule.endswith("*")),
        tuple(rule[:-1] for rule in plain if rule.endswith("*")),
        domains,
    )
