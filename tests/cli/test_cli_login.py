"""`login` and `logout` on every kind of server, by browser and by a copied code."""

import io
import json
import re
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from mastodon_mock.testing.server import MockServer

from consent import consent
from fediverse.server import run_in_thread
from reblogbot import app
from reblogbot.cli import login_dialog
from reblogbot.config.scopes import POSTING
from reblogbot.config.tokens import token_digest

BY_DEFAULT = [*POSTING, "read:follows"]
PROFILES = ["mastodon", "mastodon-4.6", "gotosocial", "snac", "takahe", "hollo", "pleroma"]
OLD_MASTODON = {
    "version": "3.5.3",
    "api_version": None,
    "checks_pkce": False,
    "has_oauth_metadata": False,
    "has_nodeinfo": False,
}


class Person(io.TextIOBase):
    """Standard input: a person who opens the address that was printed, and types what `types` says."""

    def __init__(self, printed, types=lambda url: f"{consent(url)}\n"):
        self._printed = printed
        self._types = types
        self.urls = []

    def readline(self, size=-1):
        self.urls += re.findall(r"http://\S+/oauth/authorize\?[^\s\"]+", self._printed())
        return self._types(self.urls[-1])

    def isatty(self):
        return False


@pytest.fixture
def person(monkeypatch, capsys):
    """Puts a person before standard input. What was printed before the person typed is kept."""
    printed = []

    def seen():
        printed.append(capsys.readouterr().out)
        return printed[-1]

    def put(types=lambda url: f"{consent(url)}\n"):
        someone = Person(seen, types)
        someone.printed = printed
        monkeypatch.setattr("sys.stdin", someone)
        return someone

    return put


@pytest.fixture
def opened(monkeypatch):
    """The browser: calls what the test wants with the address, in a thread of its own."""
    threads = []

    def install(visit):
        def open_browser(url):
            threads.append(threading.Thread(target=visit, args=(url,)))
            threads[-1].start()
            return True

        monkeypatch.setattr(login_dialog, "open_browser", open_browser)

    yield install
    for thread in threads:
        thread.join()


def come_back(url):
    """Consent, and follow the redirect to the listener."""
    return requests.get(consent(url), timeout=60)


@pytest.fixture
def account(bot, sandbox):
    """An account in the config, without a token."""
    sandbox.add_account("news", bot=True)
    table = {"server": sandbox.url, "token_file": "news.token", "allow_http": True}
    bot.configure({"hot": {"url": "https://list.example/", "action": "post"}}, {"news": table})
    return bot.folder / "news.token"


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def token_in(file: Path) -> str:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text().strip()


def works(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/v1/accounts/verify_credentials"
    return requests.get(server.url + path, headers=headers, timeout=60).status_code == 200


def test_a_login_by_copied_code_stores_a_token_that_works(cli, account, sandbox, person):
    person()
    ran = cli("login", "news", "--no-browser")
    assert ran.code == 0, ran.err
    host = sandbox.url.removeprefix("http://")
    assert f"accounts.news is logged in as @news@{host}" in ran.out
    assert works(sandbox, token_in(account))
    record = json.loads(account.with_name("news.token.json").read_text())
    assert record["token"] == token_digest(token_in(account))
    assert record["scope"].split() == list(POSTING)
    assert stat.S_IMODE(account.with_name("news.token.json").stat().st_mode) == 0o600
    assert files(account.parent) == ["config.toml", "news.token", "news.token.json"]
    assert cli("check", "--online").out.count("may do more") == 0


def test_json_shows_the_address_reads_the_code_and_shows_the_result(cli, account, sandbox, person):
    someone = person()
    ran = cli("login", "news", "--no-browser", "--json")
    assert ran.code == 0, ran.err
    (first,) = someone.printed
    assert json.loads(first).keys() == {"authorize_url"}
    assert ran.json == {
        "account": "news",
        "acct": f"@news@{sandbox.url.removeprefix('http://')}",
        "server": sandbox.url,
        "software": "mastodon",
        "bot": True,
        "scopes": list(POSTING),
        "token_file": str(account),
        "kept": False,
        "warnings": [],
    }
    query = parse_qs(urlsplit(someone.urls[0]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["urn:ietf:wg:oauth:2.0:oob"]
    assert len(query["state"][0]) >= 32


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("way", ["browser", "code"])
def test_every_kind_of_server_logs_in(cli, bot, person, opened, profile, way):
    with run_in_thread(profile=profile) as server:
        server.add_account("news")
        someone = person()
        opened(come_back)
        how = ["--no-browser"] if way == "code" else []
        ran = cli("login", "news", "--server", server.url, "--json", *how)
        assert ran.code == 0, ran.err
        document = json.loads(ran.out.splitlines()[-1])
        assert document["software"] == run_profile(profile).software
        wanted = ["read", "write:statuses", "write:media"] if profile == "takahe" else BY_DEFAULT
        assert document["scopes"] == wanted
        assert works(server, token_in(bot.folder / "news.token"))
        assert len(someone.urls) == (way == "code")
        config = app.load_config(bot.path)
        assert (config.accounts["news"].server, config.accounts["news"].allow_http) == (
            server.url,
            True,
        )
        out = cli("logout", "news")
        assert out.code == 0, out.out
    assert files(bot.folder) == ["config.toml"]


def test_an_old_mastodon_logs_in(cli, bot, sandbox, person):
    sandbox.add_account("news")
    sandbox.adjust(**OLD_MASTODON)
    person()
    ran = cli("login", "news", "--server", sandbox.url, "--no-browser")
    assert ran.code == 0, ran.err
    assert "mastodon 3.5.3" in ran.out


def test_a_server_that_knows_only_read_and_write_is_asked_for_those(cli, bot, sandbox, person):
    sandbox.add_account("news")
    sandbox.adjust(**OLD_MASTODON, knows_scopes="whole")
    someone = person()
    ran = cli("login", "news", "--server", sandbox.url, "--no-browser")
    assert ran.code == 0, ran.err
    assert "may     read write" in ran.out
    assert len(someone.urls) == 1


def test_where_verifying_answers_403_a_second_consent_asks_for_the_whole_of_read(
    cli, account, sandbox, person
):
    """Takahē does, and it is not known by its name here."""
    refusal = {"narrow_scopes": run_profile("takahe").refusals["narrow_scopes"]}
    sandbox.adjust(**OLD_MASTODON, refusals=refusal)
    someone = person()
    ran = cli("login", "news", "--no-browser")
    assert ran.code == 0, ran.err
    assert len(someone.urls) == 2
    assert "consent once more, to: read write:statuses write:media" in someone.printed[1]
    first, second = sandbox_tokens(sandbox, "reblogbot")
    assert (first, works(sandbox, second)) == ("revoked", True)


def run_profile(name):
    from fediverse.profiles import PROFILES  # noqa: PLC0415

    return PROFILES[name]


def sandbox_tokens(sandbox, app_name):
    """The tokens that were issued to an app, in order; "revoked" for those that are."""
    issued = [request for request in sandbox.requests if request == ("POST", "/oauth/token")]
    tokens = [
        token.value for token in sandbox._instance.state.tokens.values() if token.app == app_name
    ]
    return ["revoked"] * (len(issued) - len(tokens)) + tokens


def test_mastodon_mock_logs_in_and_out(cli, bot, person, opened):
    with MockServer() as server:
        person(lambda url: f"{consent(url, 'alice')}\n")
        ran = cli("login", "news", "--server", server.base_url, "--no-browser", "--json")
        assert ran.code == 0, ran.err
        assert json.loads(ran.out.splitlines()[-1])["scopes"] == ["read", "write"]
        opened(lambda url: requests.get(consent(url, "alice"), timeout=60))
        assert cli("login", "news", "--force").code == 0
        assert cli("logout", "news").code == 0
    assert files(bot.folder) == ["config.toml"]
