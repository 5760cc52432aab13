"""The admin is notified of problems: once per cause and day, through every configured channel."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness import MAX_WAIT, Item, accepted_posts, items, kill, visible_texts, wait_until
from reblogbot.errors import ReblogbotError
from reblogbot.model import DeliveryState
from reblogbot.notices import alerts, channels
from reblogbot.notices.alerts import Alert
from reblogbot.notices.messenger import direct
from reblogbot.store.records import AccountRecord
from reblogbot.store.tallies import Tally
from steps_of_commands import DOWN, UNAUTHORISED, chat

ADMIN = "@admin@home.example"
WRITER = """\
import json, os, sys
message = sys.stdin.read()
with open("messages.jsonl", "a", encoding="utf-8") as file:
    file.write(json.dumps({"message": message, "env": dict(os.environ), "args": sys.argv[1:]}) + "\\n")
"""


@pytest.fixture
def command(bot):
    """A program in the bot's folder that writes its input to messages.jsonl."""
    (bot.folder / "writer.py").write_text(WRITER, encoding="utf-8")
    return f"{shlex.quote(sys.executable)} writer.py"


@pytest.fixture
def received(bot):
    """The messages that the program got."""

    def read():
        file = bot.folder / "messages.jsonl"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line)["message"] for line in lines]

    return read


class Webhook:
    """A web server that takes POSTs and answers with `status`, after `wait` is set."""

    def __init__(self):
        self.status, self.headers, self.wait = 204, {}, None
        self.taken = []

    @contextmanager
    def running(self):
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.taken.append((self.path, dict(self.headers), body))
                if webhook.wait:
                    webhook.wait.wait(10)
                self.send_response(webhook.status)
                for name, value in webhook.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/hook/s3cr3t"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    @property
    def messages(self):
        return [json.loads(body) for _, _, body in self.taken]


@pytest.fixture
def webhook():
    with Webhook().running() as running:
        yield running


@pytest.fixture
def gone(bot, feeds, sandbox):
    """Configures a source whose server answers 410, and the admin's channels."""

    def configure(**notify):
        url = feeds.fail("/gone.xml", 410)
        bot.configure({"old": {"url": url}}, {"news": (sandbox, "")}, notify=notify)

    return configure


# causes


def test_a_held_storm_is_reported(bot, feeds, sandbox, clock, command, received):
    url = feeds.show("/hot.xml", items(clock, "a"))
    sources = {"my hot": {"url": url, "max_per_poll": 2}}
    bot.configure(sources, {"news": (sandbox, "")}, notify={"command": command})
    bot.sync()
    assert received() == []
    feeds.show("/hot.xml", items(clock, *"dcba", minutes=4))
    clock.advance(minutes=20)
    bot.sync()
    (message,) = received()
    assert message.startswith("The source my hot brought far more than usual: 3 entries are held")
    assert "storm: 3 new entries in one poll, max_per_poll = 2" in message
    assert "`reblogbot queue release --source 'my hot'`" in message


def test_an_entry_held_for_review_is_not_reported(bot, feeds, sandbox, clock, command, received):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    sources = {"hot": {"url": url, "review": True}}
    bot.configure(sources, {"news": (sandbox, "")}, notify={"command": command})
    bot.sync()
    assert len(bot.deliveries("held")) == 2
    assert received() == []


def test_a_refused_token_is_reported_with_the_number_of_waiting_deliveries(
    bot, feeds, sandbox, clock, command, received
):
    token = sandbox.add_account("news", bot=True)
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, token)}, notify={"command": command})
    sandbox.revoke(token)
    bot.sync()
    (message,) = received()
    assert message.startswith("The account news is paused: 127.0.0.1")
    assert "the token is refused; put a new one into" in message
    assert "2 deliveries wait, nothing is lost" in message
    assert token not in message


def test_a_suspended_account_is_reported(bot, feeds, sandbox, clock, command, received):
    token = sandbox.add_account("news", bot=True)
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, token)}, notify={"command": command})
    sandbox.add_account("news", standing="suspended")
    bot.sync()
    (message,) = received()
    assert message.startswith("The account news is paused")


def test_a_pause_that_the_server_asked_for_is_not_reported(
    bot, feeds, sandbox, clock, command, received
):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")}, notify={"command": command})
    sandbox.faults.add("status_before", status=429, times=None)
    for _ in range(8):
        bot.sync()
        clock.advance(minutes=20)
    assert len(bot.deliveries("queued")) == 1
    assert received() == []


def test_a_doubt_that_is_resolved_is_not_reported(bot, feeds, sandbox, clock, command, received):
    url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")}, notify={"command": command})
    sandbox.faults.add("status_before", status=502, times=3)
    bot.sync_until_settled()
    assert len(accepted_posts(sandbox)) == 3
    assert received() == []


def test_an_unreachable_account_is_reported_only_when_that_lasts(
    bot, feeds, clock, command, received
):
    bot.set_token("news", "token")
    away = {"server": "http://127.0.0.1:9", "token_file": "news.token", "allow_http": True}
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({"hot": {"url": url}}, {"news": away}, notify={"command": command})
    for _ in range(5):
        bot.sync()
        assert received() == []
        clock.advance(minutes=10)
    clock.advance(minutes=10)
    bot.sync()
    (message,) = received()
    assert message.startswith("The account news is paused")
    assert "no connection; check the account's server address" in message


def test_a_source_is_reported_when_it_has_failed_for_a_day(
    bot, feeds, sandbox, clock, command, received
):
    url = feeds.fail("/hot.xml", 404)
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")}, notify={"command": command})
    since = clock.now()
    bot.sync()
    clock.advance(hours=23, minutes=50)
    bot.sync()
    assert received() == []
    clock.advance(minutes=10)
    bot.sync()
    (message,) = received()
    assert message.startswith(f"The source hot has failed since {since:%Y-%m-%d %H:%M} UTC: ")
    assert "404" in message


def test_a_source_that_is_gone_is_reported_at_once(gone, bot, command, received):
    gone(command=command)
    bot.sync()
    (message,) = received()
    assert message.startswith("The source old is gone and no longer polled: ")
    assert "410" in message


def test_a_disabled_source_is_not_reported(bot, feeds, sandbox, command, received):
    url = feeds.fail("/gone.xml", 410)
    config = {"old": {"url": url}}, {"news": (sandbox, "")}
    bot.configure(*config)
    bot.sync()
    config[0]["old"]["enabled"] = False
    bot.configure(*config, notify={"command": command})
    bot.sync()
    assert received() == []


# once per cause and day


def test_each_cause_is_reported_once_a_day_by_however_many_processes(
    gone, bot, clock, command, received
):
    gone(command=command)
    clock.instant = clock.now().replace(hour=1, minute=0)
    for _ in range(3):
        bot.sync()
    assert len(received()) == 1
    clock.advance(hours=22, minutes=50)
    bot.sync()
    assert len(received()) == 1
    clock.advance(minutes=20)
    with bot.open_worker() as worker:
        worker.sync()
        worker.sync()
    assert len(received()) == 2


def test_a_second_cause_on_the_same_day_is_reported_too(bot, feeds, sandbox, command, received):
    sources = {"old": {"url": feeds.fail("/old", 410)}, "other": {"url": feeds.show("/other", [])}}
    bot.configure(sources, {"news": (sandbox, "")}, notify={"command": command})
    bot.sync()
    feeds.fail("/other", 410)
    bot.sync()
    assert [message.split()[2] for message in received()] == ["old", "other"]


def test_many_sources_that_fail_alike_make_one_message(bot, feeds, sandbox, command, received):
    sources = {f"s{number:02}": {"url": feeds.fail(f"/{number}", 410)} for number in range(25)}
    bot.configure(sources, {"news": (sandbox, "")}, notify={"command": command})
    bot.sync()
    (message,) = received()
    assert message.count("is gone and no longer polled") == alerts.MAX_LISTED
    assert "… and 5 more like these." in message
    bot.sync()
    assert len(received()) == 1


def test_a_problem_from_before_the_first_channel_is_reported_through_it(
    gone, bot, command, received
):
    gone()
    bot.sync()
    gone(command=command)
    bot.sync()
    assert len(received()) == 1


# the command


def test_the_command_is_read_by_no_shell_and_has_no_token_in_its_environment(
    bot, feeds, sandbox, clock, command, received, monkeypatch
):
    monkeypatch.setenv("NEWS_TOKEN", sandbox.add_account("news", bot=True))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/nowhere")
    monkeypatch.setenv("OF_THE_ADMIN", "kept")
    account = {"server": sandbox.url, "token_env": "NEWS_TOKEN", "allow_http": True}
    line = f"{command} 'one word' $HOME ; touch x"
    sources = {"old": {"url": feeds.fail("/old", 410)}}
    bot.configure(sources, {"news": account}, notify={"command": line})
    bot.sync()
    (written,) = map(json.loads, (bot.folder / "messages.jsonl").read_text().splitlines())
    assert written["args"] == ["one word", "$HOME", ";", "touch", "x"]
    assert not (bot.folder / "x").exists()
    assert written["env"]["OF_THE_ADMIN"] == "kept"
    assert not {"NEWS_TOKEN", "CREDENTIALS_DIRECTORY"} & written["env"].keys()
    assert written["message"].endswith("\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("./not-there", "cannot be started"),
        ("{python} -c 'import sys; sys.exit(\"out of\\x1b[31m paper\")'", "ended with 1: out of"),
    ],
)
def test_a_failed_command_is_logged_and_changes_nothing_else(gone, bot, line, reason):
    gone(command=line.replace("{python}", sys.executable))
    ran = bot.call("sync", "--json")
    # 1 is the source's
    assert (ran.code, ran.json["failed"]) == (1, 1)
    (logged,) = [line for line in ran.err.splitlines() if "admin not told" in line]
    assert "slug=notify_command" in logged
    assert reason in logged
    assert "\x1b" not in ran.err


async def test_a_command_that_hangs_is_killed_with_its_children(tmp_path):
    (tmp_path / "hang.sh").write_text("sleep 600 &\necho $! > child\nwait\n")
    with pytest.raises(ReblogbotError, match="has not ended within 1 s") as failed:
        await channels.run_command("sh hang.sh", tmp_path, "hello", os.environ, seconds=1)
    assert failed.value.slug == "notify_command"
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not _is_alive(child), "the end of the child")


async def test_a_detached_child_is_not_waited_for(tmp_path):
    (tmp_path / "hang.sh").write_text("setsid sleep 600 &\necho $! > child\nwait\n")
    with pytest.raises(ReblogbotError, match="was killed"):
        await channels.run_command("sh hang.sh", tmp_path, "hello", os.environ, seconds=1)
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def _is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_command_may_print_much_and_read_nothing(tmp_path):
    line = f"{sys.executable} -c \"import sys; sys.stderr.write('x' * 1_000_000); sys.exit(3)\""
    with pytest.raises(ReblogbotError) as failed:
        await channels.run_command(line, tmp_path, "hello" * 50_000, os.environ)
    assert "ended with 3: xxx" in failed.value.message
    assert len(failed.value.message) < 400


# the webhook


def test_the_webhook_gets_the_event_and_the_message(gone, bot, webhook):
    gone(webhook=webhook.url)
    bot.sync()
    ((path, headers, body),) = webhook.taken
    assert path == "/hook/s3cr3t"
    assert headers["Content-Type"] == "application/json"
    sent = json.loads(body)
    assert list(sent) == ["event", "message"]
    assert sent["event"] == "source_gone"
    assert sent["message"].startswith("The source old is gone and no longer polled")


def test_a_failed_webhook_is_logged_without_its_path(gone, bot, webhook):
    gone(webhook=webhook.url)
    webhook.status = 500
    ran = bot.call("-vv", "--log-format", "json", "sync")
    log = [json.loads(line) for line in ran.err.splitlines()]
    (failed,) = [line for line in log if line["event"] == "admin not told"]
    assert failed["slug"] == "notify_webhook"
    assert failed["error"].endswith("answered 500")
    assert "s3cr3t" not in ran.err + ran.out


def test_redirects_of_a_webhook_are_not_followed(gone, bot, webhook):
    with Webhook().running() as other:
        gone(webhook=webhook.url)
        webhook.status, webhook.headers = 307, {"Location": other.url}
        bot.sync()
        assert len(webhook.taken) == 1
        assert other.taken == []


async def test_a_webhook_that_does_not_answer_is_given_up(webhook):
    webhook.wait = threading.Event()
    with pytest.raises(ReblogbotError, match="gave no answer within") as failed:
        await channels.post_webhook(webhook.url, "e", "m", seconds=0.3)
    webhook.wait.set()
    assert "s3cr3t" not in failed.value.message


async def test_an_unreachable_webhook_is_named_without_its_path():
    with pytest.raises(ReblogbotError, match=r"at 127\.0\.0\.1:9 cannot be reached") as failed:
        await channels.post_webhook("http://127.0.0.1:9/s3cr3t", "e", "m")
    assert "s3cr3t" not in failed.value.message


# the direct post


@pytest.fixture
def by_post(bot, feeds, sandbox):
    """Configures two accounts: one posts, the other sends direct posts to the admin."""

    def configure(sources):
        accounts = {"news": (sandbox, ""), "notifier": (sandbox, "")}
        bot.configure(sources, accounts, notify={"account": "notifier", "to": ADMIN})

    return configure


def test_a_direct_post_mentions_the_admin_alone(by_post, bot, feeds, sandbox):
    sandbox.add_account(ADMIN.removeprefix("@"))
    by_post({"old": {"url": feeds.fail("/old", 410)}})
    bot.sync()
    (status,) = sandbox.statuses("notifier")
    assert status["visibility"] == "direct"
    assert [mention["acct"] for mention in status["mentions"]] == [ADMIN.removeprefix("@")]
    assert visible_texts(sandbox, "notifier")[0].startswith(
        "@admin The source old is gone and no longer polled"
    )
    assert accepted_posts(sandbox) == []


def test_each_day_and_cause_is_a_post_of_its_own(by_post, bot, feeds, sandbox, clock):
    by_post({"old": {"url": feeds.fail("/old", 410)}, "new": {"url": feeds.show("/new", [])}})
    bot.sync()
    feeds.fail("/new", 410)
    bot.sync()
    clock.advance(days=1)
    bot.sync()
    clock.advance(days=1)
    bot.sync()
    acts = [act for act in sandbox.accepted if act["account"] == "notifier"]
    assert len(acts) == 4
    assert len({act["key"] for act in acts}) == 4
    assert all(len(act["key"]) == 64 for act in acts)
    assert bot.deliveries() == []


def test_a_direct_post_mentions_nobody_else_and_has_no_link():
    message = (
        "The source x is gone: https://evil.example/@mallory said @eve@evil.example ＠bob #tag"
    )
    text = direct(message, ADMIN, 500)
    assert text.count("@") == 2
    assert "＠" not in text
    assert "#" not in text
    assert "://" not in text
    assert text.startswith(f"{ADMIN} The source x is gone: ")


def test_a_long_message_fits_into_a_post():
    text = direct("word " * 400, ADMIN, 500)
    assert len(text) <= 500
    assert text.endswith("…")


def test_a_paused_notify_account_is_logged(bot, feeds, sandbox, clock, cli):
    token = sandbox.add_account("news", bot=True)
    url = feeds.show("/hot.xml", items(clock, "a"))
    notify = {"account": "news", "to": ADMIN}
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, token)}, notify=notify)
    sandbox.revoke(token)
    ran = cli("sync")
    assert ran.code == 1
    assert "slug=account_rests" in ran.err


def test_no_direct_post_is_sent_while_posting_is_stopped(by_post, bot, feeds, sandbox, cli):
    by_post({"old": {"url": feeds.fail("/old", 410)}})
    assert cli("stop").code == 0
    ran = cli("sync")
    assert "slug=notify_account" in ran.err
    assert sandbox.statuses("notifier") == []


def test_a_queued_post_with_the_same_words_is_not_mistaken_for_a_direct_post(
    by_post, bot, feeds, sandbox, clock
):
    by_post({"old": {"url": feeds.fail("/old", 410)}, "hot": {"url": feeds.show("/hot", [])}})
    with bot.open_worker() as worker:
        worker.sync()
        received = visible_texts(sandbox, "notifier")[0].partition(" ")[2]
        feeds.show("/hot", [Item(received.splitlines()[0], feeds.url("/old"), at=clock.now())])
        clock.advance(minutes=20)
        worker.sync()
    assert len(accepted_posts(sandbox)) == 1


def test_a_rate_limited_direct_post_pauses_its_account(by_post, bot, feeds, sandbox):
    by_post({"old": {"url": feeds.fail("/old", 410)}})
    sandbox.faults.add("status_before", status=429)
    bot.sync()
    with bot.store() as store:
        assert store.outbox.account("notifier").cause == "rate_limited"
    assert sandbox.statuses("notifier") == []


def test_every_channel_is_used_even_if_others_fail(bot, feeds, sandbox, webhook, command, received):
    webhook.status = 500
    notify = {"command": command, "webhook": webhook.url, "account": "news", "to": ADMIN}
    sources = {"old": {"url": feeds.fail("/old", 410)}}
    bot.configure(sources, {"news": (sandbox, "")}, notify=notify)
    bot.sync()
    assert (len(received()), len(webhook.taken), len(sandbox.statuses("news"))) == (1, 1, 1)


# `notify test`


def test_a_test_message_goes_through_every_channel(
    bot, feeds, sandbox, webhook, command, received, cli
):
    notify = {"command": command, "webhook": webhook.url, "account": "news", "to": ADMIN}
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")}, notify=notify)
    ran = cli("notify", "test")
    assert (ran.code, ran.out.splitlines()) == (
        0,
        ["command: sent", "webhook: sent", f"account news to {ADMIN}: sent"],
    )
    assert "test of the notices" in received()[0]
    assert json.loads(webhook.taken[0][2])["event"] == "test"
    (status,) = sandbox.statuses("news")
    assert status["visibility"] == "direct"
    # each test is a message of its own, though the server remembers keys
    again = cli("notify", "test", "--json")
    assert [row["sent"] for row in again.json["channels"]] == [True] * 3


def test_a_channel_that_fails_is_told_and_the_others_are_tried(
    bot, feeds, sandbox, webhook, command, received, cli
):
    webhook.status = 500
    notify = {"command": command, "webhook": webhook.url}
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")}, notify=notify)
    ran = cli("notify", "test", "--json")
    rows = {row["channel"]: row for row in ran.json["channels"]}
    assert (ran.code, rows["command"]["sent"], rows["webhook"]["sent"]) == (1, True, False)
    assert "answered 500" in rows["webhook"]["error"]
    assert len(received()) == 1


def test_a_test_without_any_channel_is_2_and_says_what_to_configure(bot, feeds, sandbox, cli):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    ran = cli("notify", "test", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "notify_not_configured")
    assert "[notify]" in ran.json["error"]["message"]


# the daemon


def test_the_daemon_notifies_too(gone, bot, command, received):
    gone()
    bot.sync()
    gone(command=command)
    process = bot.start("run")
    try:
        wait_until(received, "the message")
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
        process.stdout.close()
    assert received()[0].startswith("The source old is gone and no longer polled")


def test_a_stalled_direct_post_does_not_keep_the_daemon_from_ending(bot, feeds, sandbox):
    sources = {"old": {"url": feeds.fail("/old", 410)}}
    accounts = {"news": (sandbox, ""), "notifier": (sandbox, "")}
    slow = {"timeout": "600s", "lease": "700s"}
    bot.configure(sources, accounts, delivery=slow)
    bot.sync()
    notify = {"account": "notifier", "to": ADMIN}
    bot.configure(sources, accounts, delivery=slow, notify=notify)
    held = sandbox.faults.add("stall_before")
    process = bot.start("run")
    try:
        assert held.wait(MAX_WAIT)
        process.terminate()
        # the call on the wire would last ten minutes
        assert process.wait(timeout=MAX_WAIT) == 0
    finally:
        kill(process)
    assert "left on the wire" in bot.log()


# alerts

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def paused(cause, pauses=1):
    return AccountRecord(
        "news", paused_until=NOW + timedelta(minutes=5), cause=cause, pauses=pauses
    )


def waiting(**ago):
    return [Tally("news", DeliveryState.QUEUED, 3, NOW - timedelta(**ago), None)]


@pytest.mark.parametrize(
    ("record", "open_", "is_reported"),
    [
        (paused("token"), [], True),
        (paused("rate_limited", 99), waiting(days=2), False),
        (paused("unreachable", 99), waiting(minutes=59), False),
        (paused("unreachable", 4), waiting(days=2), False),
        (paused("unreachable", 5), waiting(hours=1), True),
        (paused("server_error", 5), waiting(hours=1), True),
        (paused("unreachable", 5), [], False),
        (AccountRecord("news", paused_until=NOW, cause="token"), waiting(days=1), False),
        (AccountRecord("news"), waiting(days=9), False),
    ],
)
def test_an_account_is_reported_when_it_will_not_continue_by_itself(
    bot, feeds, sandbox, record, open_, is_reported
):
    from reblogbot.app import load_config  # noqa: PLC0415

    bot.configure({"hot": {"url": feeds.url("/")}}, {"news": (sandbox, "")})
    assert bool(alerts.accounts(load_config(bot.path), [record], open_, NOW)) is is_reported


def test_quoted_words_are_one_printable_line():
    hostile = alerts._quote("a\x1b[31m\nb\u202e\u0000c" + "x" * 2000)
    assert hostile.isprintable()
    assert len(hostile) <= 400


def test_alerts_of_one_event_are_one_message():
    messages = alerts.messages(
        [
            Alert("source_gone", "b", "b is gone.", "Mend it."),
            Alert("storm_held", "s", "s is held.", "Look."),
            Alert("source_gone", "a", "a is gone.", "Mend it."),
        ]
    )
    assert [(message.event, message.causes, message.text) for message in messages] == [
        ("source_gone", ("source_gone a", "source_gone b"), "a is gone.\nb is gone.\nMend it."),
        ("storm_held", ("storm_held s",), "s is held.\nLook."),
    ]


# steps


@pytest.fixture
def explained(bot, feeds, sandbox, clock, stand_in, command):
    """Configures a source with a step, and the admin's channel."""

    def configure(**step):
        url = feeds.show("/hot.xml", items(clock, "b", "a"))
        source = {"url": url, "steps": ["explain"]}
        steps = {"explain": chat(**step)}
        bot.configure(
            {"hot": source}, {"news": (sandbox, "")}, notify={"command": command}, steps=steps
        )

    return configure


def test_a_step_whose_key_is_refused_is_reported_once_a_day(
    explained, bot, stand_in, received, clock
):
    explained()
    stand_in.answer = UNAUTHORISED
    bot.sync()
    bot.sync()
    (message,) = received()
    assert "The step explain fails: the service refuses the key" in message
    assert "reblogbot step list" in message
    clock.advance(days=1)
    bot.sync()
    assert len(received()) == 2


def test_a_step_that_fails_for_an_hour_is_reported_and_not_before(
    explained, bot, stand_in, received, clock
):
    explained()
    stand_in.answer = DOWN
    bot.sync()
    clock.advance(minutes=40)
    bot.sync()
    assert received() == []
    clock.advance(minutes=40)
    bot.sync()
    (message,) = received()
    assert "The step explain fails since" in message
    assert "2 deliveries wait for it" in message


def test_a_step_whose_calls_of_the_day_are_used_up_is_reported(explained, bot, received):
    explained(per_day=1)
    bot.sync()
    (message,) = received()
    assert "has had its calls of the day (1 call in a day, per_day = 1)" in message
    assert "1 delivery waits" in message
