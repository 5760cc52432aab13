"""Clients of the server: Mastodon.py, configured in two ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from mastodon import Mastodon
from sandbox_samples import client

from fediverse.server import FediverseServer, run_in_thread

# as the bot configures it, and by default
MODES = {
    "pinned": {"mastodon_version": "4.2.0", "version_check_mode": "created"},
    "asking": {},
}


@pytest.fixture(params=MODES)
def mastodon(sandbox: FediverseServer, request: pytest.FixtureRequest) -> Mastodon:
    """A client of the account "news", configured in either way."""
    return client(sandbox, **MODES[request.param])


@pytest.fixture
def news(sandbox: FediverseServer) -> Mastodon:
    return client(sandbox)


@pytest.fixture
def as_profile(clock) -> Iterator[Callable[[str], tuple[FediverseServer, Mastodon]]]:
    """Starts a server of a profile and returns it with a client of the account "news"."""
    running = []

    def start(profile: str, **options) -> tuple[FediverseServer, Mastodon]:
        running.append(run_in_thread(profile=profile, clock=clock, **options))
        server = running[-1].__enter__()
        return server, client(server, **MODES["pinned"])

    yield start
    for server in running:
        server.__exit__(None, None, None)
