"""What all commands share: help, the path of the config, logs, colour, broken pipes, locales."""

import argparse
import json
import os
import pkgutil
import subprocess
import sys

import pytest

from harness import Item, items, post_text
from reblogbot import __version__
from reblogbot.cli.parser import command_line, parse

COMMANDS = (
    "demo sandbox init check sources sync preview run status health why queue stop start prune"
    " backup copy-store setup login logout accounts history retract notify completion help schema".split()
)
PROGRAM = [sys.executable, "-m", "reblogbot"]


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")})


@pytest.mark.parametrize("command", [*COMMANDS, "queue list", "queue retry", "sources discover"])
def test_every_command_explains_itself(cli, command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli(*command.split(), "--help")
    output = capsys.readouterr().out
    assert ended.value.code == 0
    assert output.startswith(f"usage: reblogbot {command}")
    assert "--config" in output


def functions(parser):
    """The names of the functions of all commands below a parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from functions(command)
    if parser.get_default("run"):
        yield parser.get_default("run")


def test_every_command_names_a_function_that_exists():
    names = set(functions(command_line()))
    assert len(names) >= len(COMMANDS)
    assert all(callable(pkgutil.resolve_name(name)) for name in names)


def test_a_call_of_the_parser_leaves_nothing_to_the_next():
    words = ["sources", "add", "https://a.example/f"]
    before = parse(words)
    assert parse([*words, "--to", "news", "every=1h"]).values == ["every=1h"]
    assert (before.values, before.to) == ([], [])
    assert parse(words) == before


def test_the_help_names_every_command_and_the_exit_codes(cli, capsys):
    with pytest.raises(SystemExit):
        cli("--help")
    output = capsys.readouterr().out
    assert all(f"\n    {command} " in output for command in COMMANDS)
    assert "130" in output


def test_the_version_is_printed(cli, capsys):
    for words in (["--version"], ["sync", "--version"]):
        with pytest.raises(SystemExit) as ended:
            cli(*words)
        assert (ended.value.code, capsys.readouterr().out) == (0, f"reblogbot {__version__}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["snyc"], 'did you mean "sync"?'),
        (["xyzzy"], "there are demo"),
        ([], "COMMAND"),
        (["sync", "--forse"], "--forse"),
        # half an option is none: this would ask whoever wants to be left alone
        (["sync", "--forc"], "--forc"),
        (["check", "--on"], "--on"),
        (["queue"], "VERB"),
        (["queue"], "VERB; there are list, show"),
        ([], "COMMAND; there are demo, sandbox"),
        (["queue", "show", "x"], '"x" is not the number of a delivery'),
        (["queue", "lst"], 'did you mean "list"?'),
        (["sync", "--duee"], 'no option "--duee"; did you mean "--due"?'),
        (["sync", "--duee=1"], 'did you mean "--due"?'),
        (["--confg", "x.toml", "sync"], 'did you mean "--config"?'),
        (["queue", "hold", "1", "--sorce", "x"], 'did you mean "--source"?'),
        (["preview", "--limit", "few"], "whole number"),
        (["queue", "list", "--limit", "-1"], "--limit"),
        (["--log-format", "xml", "sync"], "xml"),
    ],
)
def test_a_wrong_command_line_is_2_in_words_and_in_json(cli, arguments, words):
    ran = cli(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    ran = cli(*arguments, "--json")
    assert ran.code == 2
    assert ran.json["error"]["slug"] == "usage"
    assert words in ran.json["error"]["message"]


def test_the_error_for_json_before_the_command_says_where_to_write_it(cli):
    ran = cli("--json", "status")
    assert ran.code == 2
    assert ran.json["error"]["message"].startswith("write --json after the command")


# where the config is


def test_the_config_may_be_named_before_and_after_the_command(hot, bot):
    for arguments in (
        ["-c", str(bot.path), "check"],
        ["check", "-c", str(bot.path)],
        ["check", f"--config={bot.path}"],
        ["-c", "nonsense.toml", "check", "-c", str(bot.path)],
    ):
        ran = subprocess.run([*PROGRAM, *arguments], check=False, capture_output=True, cwd="/")
        assert ran.returncode == 0, ran.stderr


def test_without_a_name_environment_folder_and_home_are_tried_in_this_order(hot, bot, tmp_path):
    def found(folder, **environ):
        command = [*PROGRAM, "check"]
        kept = {
            name: os.environ[name]
            for name in ("PATH", "COVERAGE_PROCESS_START")
            if name in os.environ
        }
        ran = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=folder, env=kept | environ
        )
        return ran.returncode, ran.stdout

    empty = tmp_path / "empty"
    home = tmp_path / "home" / "reblogbot"
    empty.mkdir()
    home.mkdir(parents=True)
    assert found(empty, HOME=str(empty))[0] == 2
    assert found(empty, HOME=str(empty), REBLOGBOT_CONFIG=str(bot.path))[0] == 0
    assert found(bot.folder, HOME=str(empty))[0] == 0
    (home / "config.toml").write_text(bot.path.read_text())
    code, output = found(empty, HOME=str(empty), XDG_CONFIG_HOME=str(home.parent))
    assert code == 0
    assert str(home) in output


# what is said, and to whom


def test_json_logs_are_one_object_a_line_whatever_happens(bot, feeds, sandbox, clock):
    feed = [*items(clock, "a")]
    sources = {
        "good": {"url": feeds.show("/good", feed)},
        "bad": {"url": feeds.fail("/bad", 500)},
        "odd": {"url": feeds.show("/odd", b'<!DOCTYPE html><title>a\n\x1b[31m"b</title>')},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    sandbox.faults.add("drop_after")
    ran = bot.call("--log-format", "json", "-v", "sync")
    assert ran.code == 1
    lines = [json.loads(line) for line in ran.err.splitlines()]
    assert {"poll failed", "attempt failed", "account paused", "source polled"} <= {
        line["event"] for line in lines
    }
    assert all({"at", "level", "logger"} <= set(line) for line in lines)


def test_text_logs_hold_no_control_characters(bot, feeds, sandbox, clock):
    page = b'<!DOCTYPE html><title>a\n\x1b[31m"b</title>'
    bot.configure({"odd": {"url": feeds.show("/odd", page)}}, {"news": (sandbox, "")})
    ran = bot.call("-v", "sync")
    assert "\x1b" not in ran.err + ran.out
    assert len([line for line in ran.err.splitlines() if "poll failed" in line]) == 1
    assert all(line.startswith("20") for line in ran.err.splitlines())


def test_hostile_titles_reach_no_terminal_as_they_are(bot, feeds, sandbox, clock, cli):
    feed = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
        <item><title>a&#x9b;31m &#x202e;evil</title><link>https://e.example/1</link></item>
        </channel></rss>"""
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (sandbox, "")})
    output = [cli(*words).out for words in (["preview"], ["sync"], ["why", "https://e.example/1"])]
    assert all("\x9b" not in text and "\u202e" not in text for text in output)


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}])
@pytest.mark.parametrize("command", [["preview"], ["status"], ["sync"], ["queue", "list"]])
def test_there_is_no_colour_without_a_terminal_or_with_no_color(
    hot, cli, monkeypatch, environ, command
):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    ran = cli(*command)
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err


def test_letters_the_terminal_lacks_do_not_end_a_round(bot, feeds, sandbox, clock):
    names = ["甲", "乙"]
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, *names))}}, {"news": (sandbox, "")})
    ran = bot.call("preview", PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert "\\u7532" in ran.out
    assert bot.call("sync", PYTHONIOENCODING="ascii").code == 0


def test_a_reader_who_leaves_early_is_no_fault_of_ours(hot, bot):
    bot.sync()
    read, write = os.pipe()
    os.close(read)
    try:
        command = [*PROGRAM, "-c", str(bot.path), "status"]
        ran = subprocess.run(command, check=False, stdout=write, stderr=subprocess.PIPE, text=True)
    finally:
        os.close(write)
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")
def test_an_output_that_cannot_be_written_is_an_error(hot, bot):
    with open("/dev/full", "w") as full:
        command = [*PROGRAM, "-c", str(bot.path), "status"]
        ran = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 1
    assert "No space left" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_error_about_an_undecodable_path_is_still_printed(bot):
    command = [*PROGRAM, "-c", b"/nowhere/\xff.toml", "status", "--json"]
    ran = subprocess.run(command, check=False, capture_output=True)
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["error"]["slug"] == "config_missing"
    assert b"Traceback" not in ran.stderr


def test_verbose_logs_events(hot, cli):
    output = cli("-v", "sync").err
    assert "published" in output
    assert "source polled" in output


def test_a_post_shows_in_a_preview_as_it_will_stand(hot, cli):
    output = cli("preview").out
    for name in "ab":
        assert "\n".join(f"  {line}" for line in post_text(name).splitlines()) in output
    assert "2 to post" in output


BARE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


@pytest.fixture
def abroad(bot, feeds, sandbox, clock):
    """A bot all of whose names are words that a locale without letters cannot tell."""
    bot.folder /= "配置"
    bot.folder.mkdir()
    bot.path, bot.store_file = bot.folder / "机器人.toml", bot.folder / "存储.sqlite3"
    feed_items = [Item("Été 😀 夏", "https://news.example/été", at=clock.now())]
    account = {**bot.account("news", sandbox), "token_file": "令牌"}
    (bot.folder / "news.token").rename(bot.folder / "令牌")
    store = {"url": "sqlite:///存储.sqlite3"}
    bot.configure({"热榜": {"url": feeds.show("/f", feed_items)}}, {"news": account}, store=store)
    return bot


@pytest.mark.parametrize("where", [BARE, {**BARE, "PYTHONIOENCODING": "latin-1"}, {}])
def test_a_locale_without_letters_ends_nothing_and_json_stays_json(abroad, sandbox, where):
    commands = (
        "check --json",
        "preview --json",
        "sync 热榜 --json",
        "status --json",
        "queue list --source 热榜 --json",
    )
    for command in commands:
        ran = abroad.call(*command.split(), **where)
        assert ran.code == 0, (command, ran)
        assert ran.json is not None
    assert abroad.call("why", "https://news.example/été", "--json", **where).json["entries"]
    assert abroad.store_file.exists()
    assert [act["text"] for act in sandbox.accepted] == ["Été 😀 夏\nhttps://news.example/été"]


@pytest.mark.parametrize("command", ["check", "preview", "sync", "status", "queue list", "stop"])
def test_a_locale_without_letters_ends_no_command(abroad, command):
    abroad.sync()
    ran = abroad.call(*command.split(), **BARE)
    assert (ran.code, ran.err) == (0, "")


def test_a_name_that_the_locale_cannot_tell_is_named_all_the_same(abroad):
    abroad.path.unlink()
    ran = abroad.call("sync", "--json", **BARE)
    assert ran.code == 2
    assert str(abroad.path) in ran.json["error"]["message"]
    assert "no such file" in ran.err
    assert "配置" in ran.err.encode().decode("unicode_escape")


def test_its_log_is_json_in_a_locale_without_letters(abroad):
    ran = abroad.call("sync", "-v", "--log-format", "json", **BARE)
    assert ran.code == 0
    assert [json.loads(line)["event"] for line in ran.err.splitlines()]


@pytest.mark.parametrize("count", ["9" * 20, "0" * 5000 + "1" + "0" * 20, "9" * 5000])
@pytest.mark.parametrize(
    "words", [["queue", "list", "--limit"], ["queue", "list", "--after"], ["history", "--limit"]]
)
def test_a_count_of_any_length_is_as_good_as_everything(bot, cli, words, count):
    account = {"server": "https://social.example", "token_file": "news.token"}
    bot.configure({"hot": {"url": "https://feeds.example/f"}}, {"news": account})
    ran = cli(*words, count, "--json")
    assert (ran.code, ran.err) == (0, "")
