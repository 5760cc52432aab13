"""Long work shows a progress bar on a terminal, and nothing elsewhere."""

import json
import os
import pty
import re
import threading

import pytest

from harness import items

LONG_WORK = {
    "sync": ("sync",),
    "preview": ("preview",),
    "check": ("check", "--online"),
    "prune": ("prune",),
    "backup": ("backup", "copy.sqlite3"),
}


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "a"))
    bot.configure({name: {"url": url} for name in ("one", "two")}, {"news": (sandbox, "")})
    bot.sync()
    return bot


@pytest.fixture
def terminal(monkeypatch):
    """Runs something with a terminal as standard error; what it showed there."""

    def run(work):
        ours, theirs = pty.openpty()
        screen = bytearray()

        def read():
            try:
                while part := os.read(ours, 4096):
                    screen.extend(part)
            except OSError:
                return

        reading = threading.Thread(target=read)
        reading.start()
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", "100")
        with open(theirs, "w", encoding="utf-8") as terminal_file:
            monkeypatch.setattr("sys.stderr", terminal_file)
            ran = work()
        reading.join()
        os.close(ours)
        return ran, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.decode())

    return run


@pytest.mark.parametrize(
    ("work", "bar"),
    [
        ("sync", "polling"),
        ("preview", "polling"),
        ("check", "polling"),
        ("prune", "keys"),
        ("backup", "copying"),
    ],
)
def test_long_work_shows_a_bar_on_a_terminal(hot, cli, terminal, work, bar):
    ran, screen = terminal(lambda: cli(*LONG_WORK[work]))
    assert ran.code == 0
    assert re.search(rf"{bar} .*(100%|%)", screen)
    assert "━" not in ran.out


@pytest.mark.parametrize("work", ["sync", "preview", "check", "prune"])
def test_with_json_there_is_no_bar_even_on_a_terminal(hot, cli, terminal, work):
    ran, screen = terminal(lambda: cli(*LONG_WORK[work], "--json"))
    assert ran.json
    assert screen == ""


@pytest.mark.parametrize("work", LONG_WORK)
def test_without_a_terminal_there_is_no_bar(hot, cli, work):
    ran = cli(*LONG_WORK[work])
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("work", LONG_WORK)
def test_progress_as_json_lines(hot, cli, work):
    command = [*LONG_WORK[work], *["--json"] * (work != "backup"), "--json-progress"]
    ran = cli(*command)
    assert ran.code == 0
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert lines
    assert all(line.keys() == {"task", "completed", "total"} for line in lines)
    assert lines[-1]["completed"] == lines[-1]["total"]


def test_prune_counts_what_it_forgot_as_json(hot, cli):
    assert cli("prune", "--json").json == {"keys": 0, "entries": 0, "deliveries": 0}
