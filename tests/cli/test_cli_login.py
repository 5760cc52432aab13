"""`login` and `logout` on every kind of server, by browser and by a copied code."""

import io
import json
import re
import resource
import signal
import socket
import stat
import sys
import threading
import tomllib
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from mastodon_mock.testing.server import MockServer

from consent import consent
from fediverse.profiles import PROFILES as SERVER_PROFILES
from fediverse.server import run_in_thread
from harness import wait_until
from reblogbot import app
from reblogbot.cli import browser, login_dialog
from reblogbot.config.scopes import POSTING
from reblogbot.config.tokens import TokenRecord, token_digest, write_token
from reblogbot.errors import ConfigError

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
    """The browser: calls what the test wants with the address, in a thread of its own.

    Installing it returns a function that waits for the end of these visits.
    """
    threads = []

    def install(visit):
        def open_browser(url):
            threads.append(threading.Thread(target=visit, args=(url,)))
            threads[-1].start()
            return True

        monkeypatch.setattr(login_dialog, "open_browser", open_browser)
        return end_visits

    def end_visits():
        for thread in threads:
            thread.join()

    yield install
    end_visits()


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
        # the address for a code was read, and is printed nowhere else than there
        (answer,) = ran.out.splitlines()
        document = json.loads(answer)
        assert document["software"] == SERVER_PROFILES[profile].software
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
    refusal = {"narrow_scopes": SERVER_PROFILES["takahe"].refusals["narrow_scopes"]}
    sandbox.adjust(**OLD_MASTODON, refusals=refusal)
    someone = person()
    ran = cli("login", "news", "--no-browser")
    assert ran.code == 0, ran.err
    assert len(someone.urls) == 2
    assert "consent once more, to: read write:statuses write:media" in someone.printed[1]
    first, second = sandbox_tokens(sandbox, "reblogbot")
    assert (first, works(sandbox, second)) == ("revoked", True)


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


# what goes wrong: each leaves everything as it was


@pytest.mark.parametrize(
    ("types", "code", "words"),
    [
        (lambda url: "", 1, "standard input ended before a code came"),
        (lambda url: "\n", 1, "no code was given"),
        (lambda url: "wrong\n", 1, "refused exchanging the code"),
        (lambda url: "x" * 10_000_000, 1, "refused exchanging the code"),
        (lambda url: "\x1b[31m\0\n", 1, "refused exchanging the code"),
        (lambda url: "http://127.0.0.1:9/callback?code=a&state=b\n", 1, "belongs to another login"),
    ],
)  # fmt: skip
def test_a_code_that_is_none_changes_nothing(cli, account, person, types, code, words):
    person(types)
    ran = cli("login", "news", "--no-browser")
    assert ran.code == code
    assert words in ran.err
    assert "\x1b" not in ran.err
    assert files(account.parent) == ["config.toml"]
    person(types)
    ran = cli("login", "news", "--no-browser", "--json")
    assert words in ran.json["error"]["message"]


def test_ctrl_c_at_the_code_changes_nothing(cli, account, person):
    def interrupt(url):
        raise KeyboardInterrupt

    person(interrupt)
    assert cli("login", "news", "--no-browser").code == 130
    assert files(account.parent) == ["config.toml"]


@pytest.mark.parametrize("behind", ["&state=whatever", "&state=", "  "])
def test_a_code_is_copied_with_what_stands_behind_it(cli, account, sandbox, person, behind):
    person(lambda url: f"{consent(url)}{behind}\n")
    assert cli("login", "news", "--no-browser").code == 0
    assert works(sandbox, token_in(account))


def test_a_browser_that_never_returns_is_waited_for_only_so_long(
    cli, account, person, opened, monkeypatch
):
    monkeypatch.setattr(login_dialog, "WAIT_SECONDS", 0.05)
    person()
    opened(lambda url: None)
    ran = cli("login", "news")
    assert (ran.code, "did not come back in time" in ran.err) == (1, True)
    assert files(account.parent) == ["config.toml"]


def test_a_login_that_is_denied_says_so(cli, account, person, opened):
    person()
    pages = []
    end_visits = opened(
        lambda url: pages.append(requests.get(consent(url, decision="deny"), timeout=60).text)
    )
    ran = cli("login", "news")
    end_visits()
    assert (ran.code, "the login was denied there" in ran.err) == (1, True)
    assert files(account.parent) == ["config.toml"]
    assert "Not logged in" in pages[0]


def test_the_listener_turns_away_all_but_the_one_answer(cli, account, sandbox, person, opened):
    """A forged state, other paths, another host name, a second visit, headers without end."""
    seen = []

    def visit(url):
        address = consent(url)
        parts = urlsplit(address)
        forged = urlencode({**dict(parse_qsl(parts.query)), "state": "forged"})
        origin = f"{parts.scheme}://{parts.netloc}"
        for target, headers in (
            (f"{origin}/favicon.ico", {}),
            (f"{origin}/callback", {}),
            (f"{origin}/callback?{forged}", {}),
            (address, {"Host": "evil.example"}),
            (f"{origin}/callback?{'&'.join('a=b' for _ in range(100))}", {}),
        ):
            answer = requests.get(target, headers=headers, timeout=60)
            seen.append(answer.status_code)
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        good = requests.get(address, timeout=60)
        seen.append(good.status_code)
        assert parse_qs(parts.query)["code"][0] not in good.text

    person()
    end_visits = opened(visit)
    ran = cli("login", "news")
    end_visits()
    assert ran.code == 0, ran.err
    assert seen == [404, 400, 400, 404, 400, 200]
    assert works(sandbox, token_in(account))


def test_an_idle_visitor_keeps_nobody_waiting(cli, account, sandbox, person, opened):
    connections = []

    def visit(url):
        address = consent(url)
        host, port = urlsplit(address).netloc.split(":")
        connections.extend(socket.create_connection((host, int(port))) for _ in range(3))
        requests.get(address, timeout=60)

    person()
    opened(visit)
    assert cli("login", "news").code == 0
    for connection in connections:
        connection.close()


def test_without_a_browser_the_code_is_copied(cli, account, sandbox, person, monkeypatch):
    monkeypatch.setattr(login_dialog, "open_browser", lambda url: False)
    person()
    ran = cli("login", "news")
    assert ran.code == 0, ran.err
    assert works(sandbox, token_in(account))


def test_an_answer_counts_though_its_browser_failed(cli, account, sandbox, person, monkeypatch):
    def fail_after_visit(url):
        come_back(url)
        return False

    monkeypatch.setattr(login_dialog, "open_browser", fail_after_visit)
    ran = cli("login", "news")
    assert ran.code == 0, ran.err
    assert works(sandbox, token_in(account))


def test_browser_is_the_one_of_the_environment(tmp_path, monkeypatch):
    note = tmp_path / "note"
    script = tmp_path / "my browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$*" > {note}.part && mv {note}.part {note}\n')
    script.chmod(0o700)
    url = "https://social.example/oauth/authorize?a=1&b=$(touch x)"
    for command, seen in ((f"'{script}'", url), (f"'{script}' --new %s", f"--new {url}")):
        monkeypatch.setenv("BROWSER", command)
        assert browser.open_browser(url)
        wait_until(note.exists, "the browser")
        assert note.read_text() == seen
        note.unlink()
    script.write_text("#!/bin/sh\nexit 3\n")
    for command in ("/nowhere/browser", "'unclosed", f"'{script}'"):
        monkeypatch.setenv("BROWSER", command)
        assert not browser.open_browser(url)
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert not browser.open_browser(url)


def test_two_logins_at_once_the_second_is_told(cli, account, sandbox, person):
    ran = []

    def log_in_meanwhile(url):
        ran.append(cli("login", "news", "--json", "--no-browser"))
        return f"{consent(url)}\n"

    person(log_in_meanwhile)
    assert cli("login", "news", "--no-browser").code == 0
    assert ran[0].code == 1
    assert ran[0].json["error"]["slug"] == "login_busy"
    assert works(sandbox, token_in(account))
    assert files(account.parent) == ["config.toml", "news.token", "news.token.json"]


@contextmanager
def full_disk():
    """No file of this process may get longer than a few bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_changes_nothing_and_the_new_token_is_revoked(
    cli, bot, account, sandbox, person
):
    person()
    assert cli("login", "news", "--no-browser").code == 0
    before = {file: file.read_bytes() for file in bot.folder.iterdir()}
    person()
    with full_disk():
        ran = cli("login", "news", "--no-browser", "--force")
    assert ran.code == 1
    assert re.search(r"news\.token: cannot be written: File too large", ran.err), ran.err
    assert {file: file.read_bytes() for file in bot.folder.iterdir()} == before
    assert works(sandbox, token_in(account))
    assert sandbox_tokens(sandbox, "reblogbot") == ["revoked", token_in(account)]


def test_a_full_disk_leaves_no_beginning_of_a_config(tmp_path):
    path = tmp_path / "new" / "config.toml"
    with full_disk(), pytest.raises(ConfigError, match="cannot be written: File too large"):
        app.create_config(path, f"# {'long ' * 10}\n")
    assert files(path.parent) == []


def test_a_folder_in_place_of_the_token_file_is_told_before_anybody_consents(
    cli, bot, account, sandbox, person
):
    account.mkdir()
    person()
    ran = cli("login", "news", "--no-browser")
    assert (ran.code, "is a folder" in ran.err) == (1, True)
    assert files(bot.folder) == ["config.toml", "news.token"]
    assert ("POST", "/api/v1/apps") not in sandbox.requests


@pytest.mark.parametrize(
    ("path", "words"), [("link.toml", "leads to no file"), ("no/config.toml", "no such folder")]
)
def test_where_no_config_can_be_made_is_told_before_anybody_consents(
    cli, bot, sandbox, path, words
):
    (bot.folder / "link.toml").symlink_to("nowhere.toml")
    ran = cli("login", "new", "--server", sandbox.url, "-c", str(bot.folder / path))
    assert (ran.code, words in ran.err) == (2, True)
    assert sandbox.requests == []


def test_a_config_that_cannot_take_the_account_leaves_no_token(cli, bot, account, sandbox, person):
    sandbox.add_account("other")

    def break_config(url):
        bot.path.write_text("[accounts.news]\nserver = 3\n")
        return f"{consent(url, 'other')}\n"

    person(break_config)
    ran = cli("login", "other", "--server", sandbox.url, "--no-browser")
    assert ran.code == 2, ran.err
    assert files(bot.folder) == ["config.toml"]
    assert bot.path.read_text() == "[accounts.news]\nserver = 3\n"
    assert sandbox_tokens(sandbox, "reblogbot") == ["revoked"]


def test_a_link_in_place_of_the_token_file_is_replaced_and_not_followed(
    cli, account, sandbox, person
):
    elsewhere = account.with_name("elsewhere")
    elsewhere.write_text("untouched")
    account.symlink_to(elsewhere)
    person()
    assert cli("login", "news", "--no-browser").code == 0
    assert elsewhere.read_text() == "untouched"
    assert not account.is_symlink()
    assert works(sandbox, token_in(account))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nwes"], 'did you mean "news"? To add it to the config, name its server with --server'),
        ([""], "1 to 100 printable characters"),
        (["a\x1b[2J"], "printable"),
        (["news", "--server", "https://other.example"], "accounts.news is on http://127.0.0.1"),
        (["new", "--server", "http://social.example"], "http:// would send the token unencrypted"),
        (["new", "--server", "not a server"], "--server: "),
        (["new", "--server", "https://social.example/@news"], "without a path"),
        (["new", "--server", "x" * 100_000], "--server: "),
        (["env"], 'write token_file = "env.token" into [accounts.env] in place of token_env'),
    ],
)  # fmt: skip
def test_what_cannot_be_logged_in_is_said(cli, bot, account, person, arguments, words):
    with bot.path.open("a") as file:
        file.write('[accounts.env]\nserver = "https://social.example"\ntoken_env = "NO_TOKEN"\n')
    before = bot.path.read_bytes()
    person()
    ran = cli("login", "--no-browser", "--json", *arguments)
    assert ran.code == 2, ran.err
    assert words in ran.json["error"]["message"]
    assert bot.path.read_bytes() == before
    assert files(bot.folder) == ["config.toml"]


def test_a_server_that_is_none_is_named_in_clear_words(cli, bot, feeds, person):
    person()
    cases = {
        "/api/v2/instance": (b"<html>a shop</html>", "it has no Mastodon API; name the address"),
        "/.well-known/nodeinfo": (
            json.dumps({"links": [{"rel": "x/ns/schema/2.0", "href": feeds.url("/n")}]}).encode(),
            "it runs peertube, and has no Mastodon API",
        ),
    }
    feeds.show("/n", b'{"software": {"name": "peertube", "version": "7"}}')
    for path, (body, words) in cases.items():
        feeds.show(path, body)
        ran = cli("login", "new", "--server", feeds.url(""), "--no-browser")
        assert (ran.code, words in ran.err) == (1, True), ran.err
    feeds.fail("/api/v2/instance", 301, Location="https://social.example/api/v2/instance")
    ran = cli("login", "new", "--server", feeds.url(""), "--no-browser")
    assert "redirects to social.example; name that as the server" in ran.err
    feeds.fail("/api/v2/instance", 503)
    feeds.fail("/.well-known/nodeinfo", 500)
    ran = cli("login", "new", "--server", feeds.url(""), "--no-browser")
    assert "it is out of order (HTTP 503); try again later" in ran.err
    feeds.show("/api/v2/instance", b"[" * 100_000)
    assert cli("login", "new", "--server", feeds.url("")).code == 1
    ran = cli("login", "new", "--server", "http://127.0.0.1:1")
    assert (ran.code, "no connection" in ran.err) == (1, True)
    assert files(bot.folder) == []


def test_a_dry_run_shows_what_would_be_done_and_does_nothing(cli, bot, account, sandbox):
    before = bot.path.read_bytes()
    ran = cli("login", "new", "--server", sandbox.url, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["scopes"] == BY_DEFAULT
    assert "+[accounts.new]" in ran.json["difference"]
    ran = cli("login", "news", "--dry-run")
    assert f"would ask for {' '.join(POSTING)}" in ran.out
    bot.set_token("news", sandbox.add_account("news"))
    ran = cli("logout", "news", "--dry-run")
    assert (ran.code, "nothing was done: the token would be revoked" in ran.out) == (0, True)
    assert cli("logout", "news", "--dry-run", "--json").json["revoked"] is False
    assert bot.path.read_bytes() == before
    assert files(bot.folder) == ["config.toml", "news.token"]
    assert works(sandbox, token_in(account))
    assert ("POST", "/api/v1/apps") not in sandbox.requests


# a token that is there


def test_a_token_that_works_is_kept_unless_forced_and_then_revoked(cli, account, sandbox, person):
    person()
    assert cli("login", "news", "--no-browser").code == 0
    first = token_in(account)
    someone = person()
    ran = cli("login", "news", "--no-browser", "--json")
    assert (ran.code, ran.json["kept"], token_in(account)) == (0, True, first)
    assert someone.urls == []
    ran = cli("login", "news")
    assert "is logged in already, as @news@" in ran.out
    assert "--force" in ran.out
    person()
    assert cli("login", "news", "--no-browser", "--force").code == 0
    assert token_in(account) != first
    assert works(sandbox, token_in(account))
    assert not works(sandbox, first)


def test_a_token_that_is_refused_or_lacks_a_scope_is_replaced(cli, bot, account, sandbox, person):
    bot.set_token("news", "refused-by-the-server")
    person()
    assert cli("login", "news", "--no-browser").code == 0
    first = token_in(account)
    bot.configure(
        {"hot": {"url": "https://list.example/", "kind": "bookmarks", "via": "news"}},
        {"news": {"server": sandbox.url, "token_file": "news.token", "allow_http": True}},
    )
    text = bot.path.read_text().replace('url = "https://list.example/"\n', "")
    bot.path.write_text(text)
    person()
    ran = cli("login", "news", "--no-browser", "--json")
    assert ran.code == 0, ran.err
    assert "read:bookmarks" in ran.json["scopes"]
    assert not works(sandbox, first)


def test_another_person_than_before_is_told(cli, account, sandbox, person):
    sandbox.add_account("other")
    person()
    assert cli("login", "news", "--no-browser").code == 0
    person(lambda url: f"{consent(url, 'other')}\n")
    ran = cli("login", "news", "--no-browser", "--force")
    assert "until now the account was @news@127.0.0.1" in " ".join(ran.out.split())


def test_a_token_made_by_hand_is_not_revoked_and_that_is_said(cli, bot, account, sandbox, person):
    first = sandbox.add_account("news")
    bot.set_token("news", first)
    person()
    ran = cli("login", "news", "--no-browser", "--force")
    assert ran.code == 0, ran.err
    assert "the earlier token may still be valid" in " ".join(ran.out.split())
    assert works(sandbox, first)


def test_the_token_of_another_server_is_not_shown_to_this_one(cli, account, sandbox, person):
    earlier = sandbox.add_account("news")
    record = TokenRecord(server="https://elsewhere.example", client_id="app", client_secret="s")
    write_token(account, earlier, record)
    person()
    ran = cli("login", "news", "--no-browser")
    assert ran.code == 0, ran.err
    assert "it belongs to https://elsewhere.example" in " ".join(ran.out.split())
    assert token_in(account) != earlier
    assert ("POST", "/oauth/revoke") not in sandbox.requests


def test_accounts_whose_names_make_the_same_file_name_have_files_of_their_own(
    cli, bot, account, sandbox, person
):
    person()
    for name in ("a b", "a_b"):
        ran = cli("login", name, "--server", sandbox.url, "--no-browser")
        assert ran.code == 0, ran.err
    accounts = tomllib.loads(bot.path.read_text())["accounts"]
    assert [accounts[name]["token_file"] for name in ("a b", "a_b")] == [
        "a_b.token",
        "a_b_2.token",
    ]
    assert token_in(bot.folder / "a_b.token") != token_in(bot.folder / "a_b_2.token")


# logging out


def test_a_logout_revokes_the_token_and_removes_its_files(cli, bot, account, sandbox, person):
    person()
    assert cli("login", "news", "--no-browser").code == 0
    token = token_in(account)
    ran = cli("logout", "news", "--json")
    assert (ran.code, ran.json["revoked"], ran.json["reason"]) == (0, True, "")
    assert not works(sandbox, token)
    assert files(bot.folder) == ["config.toml"]
    ran = cli("logout", "news")
    assert (ran.code, "there is no token to revoke" in ran.err) == (1, True)
    assert cli("logout", "nwes").code == 2


def test_a_logout_says_so_when_the_server_would_not(cli, bot, account, sandbox, person):
    person()
    assert cli("login", "news", "--no-browser").code == 0
    token = token_in(account)
    sandbox.faults.add("status_before", "POST", "/oauth/revoke", status=503)
    ran = cli("logout", "news")
    assert ran.code == 1
    assert "the token may still be valid" in ran.out
    assert "did not revoke the token (HTTP 503 Something failed)" in ran.out
    assert "revoke it on the server" in " ".join(ran.out.split())
    assert files(bot.folder) == ["config.toml"]
    assert works(sandbox, token)
    assert token not in ran.out + ran.err


def test_a_token_made_by_hand_is_logged_out_of_this_machine_only(cli, bot, account, sandbox):
    bot.set_token("news", sandbox.add_account("news"))
    ran = cli("logout", "news", "--json")
    assert (ran.code, ran.json["revoked"]) == (1, False)
    assert "was not made by `login`" in ran.json["reason"]
    assert files(bot.folder) == ["config.toml"]


def test_the_token_is_in_no_message(cli, account, sandbox, person):
    for fault in ("html_200_after", "empty_200_after", "bad_json", "status_after"):
        sandbox.faults.add(fault, "POST", "/oauth/token", commit=True)
        person()
        ran = cli("-vv", "login", "news", "--no-browser")
        assert ran.code == 1, fault
        tokens = [token for token in sandbox_tokens(sandbox, "reblogbot") if token != "revoked"]
        assert not any(token in ran.out + ran.err for token in tokens)
        assert "Traceback" not in ran.err
        assert files(account.parent) == ["config.toml"]
