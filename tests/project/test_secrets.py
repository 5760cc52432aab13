"""No token and no password leaves its place, and one event is one harmless line, whatever happens.

Everything a config can make the program do badly is done badly here, by every command; then all it
left behind is searched: output, logs, store, backup, folder, metrics, process list.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import shlex
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from harness import MAX_WAIT, Item, accepted_posts, items, kill, wait_until
from reblogbot.config import scopes

SECRETS = {
    name: f"{name}-5ecr3t-{number * 7919}"
    for number, name in enumerate(
        ("token", "envtoken", "echoed", "revoked", "proxypass", "header", "webhook", "database"), 1
    )
}
LOGGING = (["-vv", "--log-format", "json"], ["-vv"])


def spellings(secret):
    """The secret as it is, as a URL has it, and as Basic credentials have it."""
    yield secret.encode()
    yield quote(secret).encode()
    for user in ("bot", "user", "reblogbot"):
        yield base64.b64encode(f"{user}:{secret}".encode()).rstrip(b"=")


def found_in(content):
    """The names of the secrets that stand in some bytes."""
    return {
        name
        for name, secret in SECRETS.items()
        if any(written in content for written in spellings(secret))
    }


@contextmanager
def server(answer):
    """A web server on loopback: `answer(handler)` gives (status, headers, body)."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_CONNECT = answer  # noqa: N815

        def log_message(self, *_):
            pass

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"127.0.0.1:{serving.server_address[1]}"
    finally:
        serving.shutdown()
        serving.server_close()


def tell_tale(handler):
    """A Mastodon server that works, but for posts, and repeats the token in what it says."""
    body = json.dumps({"error": f"no: {handler.headers['Authorization']}\n\x1b[31m"}).encode()
    kind = {"Content-Type": "application/json"}
    path = handler.path.partition("?")[0]
    if handler.command == "POST":
        return 422, kind, body
    if path.endswith("verify_credentials"):
        return 200, kind, b'{"id": "1", "username": "bot", "acct": "bot", "bot": true}'
    if path.endswith("/statuses"):
        return 200, kind, b"[]"
    return 404, kind, body


def echo(handler):
    """A site that answers 403 with all it was sent, in its reason, headers and body."""
    sent = str(handler.headers).encode()
    return 403, {"X-Echo": handler.headers.get("X-Key", "")}, sent


def hook(_):
    return 500, {}, b""


@pytest.fixture
def surroundings():
    with server(tell_tale) as account, server(echo) as site, server(hook) as webhook:
        yield {"account": account, "site": site, "webhook": webhook}


@pytest.fixture
def port():
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return wire.getsockname()[1]


@pytest.fixture
def trouble(bot, feeds, sandbox, clock, surroundings, port, monkeypatch):
    """A config that holds every kind of secret, and of failure."""
    monkeypatch.setenv("ENV_TOKEN", SECRETS["envtoken"])
    monkeypatch.setenv("COLUMNS", "400")
    for name in ("token", "echoed", "revoked"):
        bot.set_token(name, SECRETS[name])
    sandbox.add_account("news", token=SECRETS["token"], bot=True)
    sandbox.add_account("second", token=SECRETS["envtoken"])
    sandbox.add_account("out", token=SECRETS["revoked"])
    sandbox.revoke(SECRETS["revoked"])
    local = {"allow_http": True}
    accounts = {
        "news": {"server": sandbox.url, "token_file": "token.token", **local},
        "second": {"server": sandbox.url, "token_env": "ENV_TOKEN", **local},
        "out": {"server": sandbox.url, "token_file": "revoked.token", **local},
        "tell": {
            "server": f"http://{surroundings['account']}",
            "token_file": "echoed.token",
            **local,
        },
        "away": {"server": "http://127.0.0.1:9", "token_file": "token.token", **local},
    }
    feed = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    storm = feeds.show("/storm.xml", items(clock, "x"))
    site = f"http://{surroundings['site']}"
    secret = SECRETS["proxypass"]
    sources = {
        "hot": {"url": feed, "to": list(accounts)},
        "storm": {"url": storm, "max_per_poll": 1},
        "barred": {"url": f"{site}/feed", "headers": {"X-Key": SECRETS["header"]}},
        "proxied": {"url": feed, "proxy": f"http://user:{secret}@{surroundings['site']}"},
        "socks": {"url": feed, "proxy": f"socks5://user:{secret}@127.0.0.1:9"},
        "private": {"url": "http://10.0.0.1/feed"},
        "page": {"url": feeds.show("/page", b"<!doctype html><title>x</title>")},
        "gone": {"url": feeds.fail("/gone", 410)},
        "down": {"url": feeds.fail("/down", 503)},
    }  # fmt: skip
    bot.configure(
        sources,
        accounts,
        http={"allow_private": [bot.feeds.address, surroundings["site"]]},
        notify={
            "command": f"{shlex.quote(sys.executable)} -c 'raise SystemExit(1)'",
            "webhook": f"http://{surroundings['webhook']}/{SECRETS['webhook']}",
            "account": "news",
            "to": "@admin@home.example",
        },
        admin={"listen": f"127.0.0.1:{port}"},
    )
    bot.path.chmod(0o600)
    return bot


def left_behind(bot):
    """Name and content of every file in the bot's folder that is no place for secrets."""
    theirs = {"config.toml", "token.token", "echoed.token", "revoked.token"}
    for path in sorted(bot.folder.rglob("*")):
        if path.is_file() and path.name not in theirs:
            yield path.name, path.read_bytes()


def process_list():
    """The command line of every process there is."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield (entry / "cmdline").read_bytes()
            except OSError:
                continue


def test_nothing_that_is_left_behind_holds_a_secret(trouble, bot, feeds, clock, cli, sandbox):
    output = {}
    rounds = iter(range(100))

    def note(*words):
        for how in LOGGING:
            ran = cli(*how, *words)
            output[f"{next(rounds)} {' '.join(words)}"] = ran.out + ran.err
            assert "Traceback" not in ran.err + ran.out
        return ran

    # in doubt, and dead
    sandbox.faults.add("drop_after")
    assert note("sync", "--force").code == 1
    feeds.show("/storm.xml", items(clock, "z", "y", "x"))
    note("sync", "--force", "--json")
    for words in (
        ["check"], ["check", "--json"], ["check", "--online"], ["check", "--online", "--json"],
        ["preview"], ["preview", "--json"], ["status"], ["status", "--json"],
        ["queue", "list"], ["queue", "list", "--json"], ["queue", "show", "1"],
        ["queue", "list", "--state", "dead"], ["queue", "retry", "--all", "--render"],
        ["why", "https://news.example/a"], ["why", "--json", "1"], ["prune"], ["sync", "nothing"],
        ["backup", "missing/copy"], ["stop"], ["start"],
    ):  # fmt: skip
        note(*words)
    cli("backup", str(bot.folder / "backup.sqlite3"))
    files = dict(left_behind(bot))
    assert {
        name: found_in(text.encode()) for name, text in output.items() if found_in(text.encode())
    } == {}
    assert {name: found_in(content) for name, content in files.items() if found_in(content)} == {}
    # the search would have found them, and the failures were there
    assert found_in(bot.path.read_bytes()) == {"proxypass", "header", "webhook"}
    assert found_in((bot.folder / "token.token").read_bytes()) == {"token"}
    assert {"backup.sqlite3", "reblogbot.sqlite3"} <= files.keys()
    everything = "\n".join(output.values())
    for sign in ("http_status", "proxy_failed", "the token is refused", "address_refused", "not_a_feed",
                 "rejected", "no connection", "notify_command", "notify_webhook", "no: Bearer ***",
                 "new entries held as a storm", "gone", "retry_later"):  # fmt: skip
        assert sign in everything, sign
    assert b"no: Bearer ***" in files["backup.sqlite3"]


def test_the_daemon_leaves_none_behind_either(trouble, bot, port, sandbox):
    process = bot.start("-vv", "--log-format", "json", "run")
    try:
        wait_until(lambda: len(accepted_posts(sandbox)) >= 3, "posts")
        answers = [
            urlopen(f"http://127.0.0.1:{port}{path}").read() for path in ("/metrics", "/readyz")
        ]
        listed = list(process_list())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=MAX_WAIT) == 0
        kill(process)
    assert [found_in(answer) for answer in answers] == [set(), set()]
    assert set().union(*map(found_in, listed)) == set()
    assert any(b"reblogbot" in line for line in listed)
    files = dict(left_behind(bot))
    assert "stderr.log" in files
    assert {name: found_in(content) for name, content in files.items() if found_in(content)} == {}


@pytest.mark.parametrize("command", [["sync"], ["status", "--json"], ["run"], ["backup", "x"]])
def test_the_password_of_a_database_is_not_told(bot, sandbox, feeds, cli, command):
    bot.configure({"hot": {"url": feeds.url("/")}}, {"news": (sandbox, "")})
    url = f"postgresql://bot:{SECRETS['database']}@127.0.0.1:9/bot"
    bot.configure({"hot": {"url": feeds.url("/")}}, {"news": (sandbox, "")}, store={"url": url})
    for how in LOGGING:
        ran = cli(*how, *command)
        assert ran.code == 3
        assert "127.0.0.1:9" in ran.out + ran.err
        assert found_in((ran.out + ran.err).encode()) == set()


@pytest.mark.parametrize(
    "line",
    [
        'store.url = "postgresql//bot:{}@db/bot"',
        'http.proxy = "ftp://user:{}@proxy.example"',
        'http.proxy = ["http://user:{}@proxy.example"]',
        'notify.webhook = "http:/hooks.example/{}"',
        'accounts.news.token = "{}"',
        'accounts.news.token_file = ["{}"]',
        'sources.hot.headers = {{ "A b" = "{}" }}',
        'sources.hot.headers = {{ Authorization = "{}\\n" }}',
        'sources.hot.url = "https://user:{}@feeds.example/"',
    ],
)
def test_a_fault_of_the_config_does_not_repeat_a_secret(bot, cli, line):
    bot.path.write_text(line.format(SECRETS["header"]), encoding="utf-8")
    for words in (["check"], ["check", "--json"], ["sync"], ["status", "--json"]):
        ran = cli("-vv", *words)
        # `status` warns and shows what can be read, unless it cannot know which store is meant
        is_warning = words[0] == "status" and not line.startswith("store")
        assert ran.code == (0 if is_warning else 2)
        assert found_in((ran.out + ran.err).encode()) == set()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_token_others_may_read_is_warned_of(bot, sandbox, feeds, cli, mode):
    bot.configure({"hot": {"url": feeds.url("/")}}, {"news": (sandbox, "")})
    assert "others than you may read" not in cli("check").out
    (bot.folder / "news.token").chmod(mode)
    ran = cli("check")
    assert ran.code == 0
    assert "accounts.news.token_file: other users can read the token; run chmod 600" in ran.out


def test_a_webhook_in_a_config_everybody_may_read_is_warned_of(bot, sandbox, feeds, cli):
    notify = {
        "webhook": f"https://hooks.example/{SECRETS['webhook']}",
        "command": "no-such-program x",
    }
    listen = {"listen": "0.0.0.0:9180"}
    bot.configure(
        {"hot": {"url": feeds.url("/")}}, {"news": (sandbox, "")}, notify=notify, admin=listen
    )
    bot.path.chmod(0o644)
    output = cli("check").out
    assert "notify.webhook: holds a secret, but every user can read this file" in output
    assert "notify.command: there is no such program" in output
    assert (
        "admin.listen: other machines can reach this address, and it asks for no password" in output
    )
    assert found_in(output.encode()) == set()
    bot.path.chmod(0o600)
    bot.path.write_text(bot.path.read_text().replace("0.0.0.0", "127.0.0.1"))
    output = cli("check").out
    assert "notify.webhook" not in output
    assert "admin.listen" not in output


def test_the_scopes_in_the_security_page_are_those_that_are_asked_for():
    page = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:read|write|follow|push|admin):\w+", page))
    assert named == {
        *scopes.POSTING,
        scopes.RELATIONSHIPS,
        *(kind for kinds in scopes.KINDS.values() for kind in kinds),
    }


# one line per event

HOSTILE = "x\r\ny\x1b[31m\x9b1m\u2028\u202e\u0000 token=1 2026-01-01T00:00:00Z ERROR forged"


def hostile_server(handler):
    """A Mastodon server whose every word is hostile; the posts it refuses."""
    body = json.dumps({"error": HOSTILE}).encode()
    status = 200 if handler.command == "GET" else 422
    path = handler.path.partition("?")[0]
    if path.endswith("verify_credentials"):
        body = json.dumps({"id": "1", "acct": HOSTILE, "username": HOSTILE, "bot": True}).encode()
    elif path.endswith("/statuses") and status == 200:
        body = b"[]"
    return status, {"Content-Type": "application/json"}, body


@pytest.fixture
def hostile(bot, feeds, clock):
    """Sources and a server that put what they can into every message."""
    entities = "".join(f"&#{ord(char)};" if char != "\0" else "" for char in HOSTILE)
    feed = (
        f"<rss version='2.0'><channel><title>{entities}</title><item><title>{entities}</title>"
        f"<link>https://e.example/1</link><guid>{entities}</guid></item></channel></rss>"
    ).encode()

    def reason(handler):
        handler.wfile.write(
            b"HTTP/1.1 404 \x1b[31mno\xc2\x9b \xe2\x80\xae\r\nContent-Length: 0\r\n\r\n"
        )

    feeds.pages["/reason"] = reason
    page = f"<!doctype html><title>{HOSTILE}</title>".encode()
    with server(hostile_server) as account:
        bot.set_token("news", "token")
        bot.configure(
            {
                "hot": {"url": feeds.show("/hot.xml", feed)},
                "reason": {"url": feeds.url("/reason")},
                "page": {"url": feeds.show("/page", page)},
                "plain": {"url": feeds.show("/plain", [Item("a", "https://e.example/2")])},
            },
            {
                "news": {
                    "server": f"http://{account}",
                    "token_file": "news.token",
                    "allow_http": True,
                }
            },
            notify={"command": "false"},
        )
        yield bot


def lines_of(ran):
    """The lines of the log; nothing in them, or in what was printed, may do anything."""
    assert [char for char in ran.err if not char.isprintable() and char != "\n"] == []
    assert [char for char in ran.out if not char.isprintable() and char != "\n"] == []
    return ran.err.splitlines()


def test_each_event_is_one_line_of_text(hostile):
    lines = lines_of(hostile.call("-vv", "sync"))
    begins = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ [a-z]")
    assert len(lines) >= 4
    assert [line for line in lines if not begins.match(line)] == []
    assert len([line for line in lines if " poll failed " in line]) == 2
    assert any("forged" in line for line in lines)


def test_each_event_is_one_json_object_of_one_line(hostile):
    lines = lines_of(hostile.call("-vv", "--log-format", "json", "sync"))
    records = [json.loads(line) for line in lines]
    assert {"poll failed", "attempt failed"} <= {record["event"] for record in records}
    assert all(record["level"] in {"debug", "info", "warning", "error"} for record in records)
    assert any("forged" in record.get("error", "") for record in records)


@pytest.mark.parametrize(
    "command",
    [["sync"], ["preview"], ["preview", "--json"], ["status"], ["status", "--json"],
     ["queue", "list", "--json", "--state", "dead"], ["why", "--json", "1"], ["why", "1"],
     ["check", "--online", "--json"], ["check", "--online"], ["queue", "list", "--state", "dead"],
     ["queue", "show", "1"], ["queue", "show", "1", "--json"]],
)  # fmt: skip
def test_no_output_obeys_a_hostile_server(hostile, cli, command):
    cli("sync")
    ran = cli(*command)
    lines_of(ran)
    if "--json" in command:
        assert json.loads(ran.out)
        # what was said is still told, escaped
    assert "Traceback" not in ran.err


def test_what_nobody_has_cleaned_is_still_one_harmless_line():
    from reblogbot.cli.logs import JsonFormatter, TextFormatter  # noqa: PLC0415

    record = logging.makeLogRecord({"msg": HOSTILE, "levelname": "INFO", "title": HOSTILE})
    lines = [formatter.format(record) for formatter in (JsonFormatter(), TextFormatter())]
    assert all(line.isprintable() for line in lines)
    assert json.loads(lines[0])["title"] == HOSTILE


def test_hostile_words_survive_in_json_as_they_were():
    from reblogbot.cli.output import json_text  # noqa: PLC0415

    written = json_text({"said": HOSTILE, "lone": "\ud800"})
    assert written.isprintable()
    assert json.loads(written) == {"said": HOSTILE, "lone": "\ud800"}
