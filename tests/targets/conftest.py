"""A scripted server, and a target that talks to it."""

from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import AccountSettings
from reblogbot.targets.mastodon.target import MastodonTarget
from scripted_server import ScriptedServer, says

TOKEN = "s3cret-t0ken"


class StillClock:
    """Returns the same instant until it is set to another."""

    def __init__(self):
        self.instant = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self):
        return self.instant


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def server():
    with ScriptedServer() as scripted:
        scripted.on(
            "GET",
            "/api/v1/accounts/verify_credentials",
            says(200, {"id": "7", "acct": "news", "bot": True, "url": "http://x/@news"}),
        )
        yield scripted


@pytest.fixture
def make_target(clock):
    def make(url, token=lambda: TOKEN, seconds=5.0):
        account = AccountSettings(name="news", server=url, token_env="T", allow_http=True)
        return MastodonTarget(
            account,
            token,
            clock=clock,
            timeout=timedelta(seconds=seconds),
            user_agent="reblogbot/test",
        )

    return make


@pytest.fixture
def target(server, make_target):
    return make_target(server.url)
