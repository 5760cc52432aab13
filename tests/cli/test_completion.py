"""The completion scripts in real shells: bash, zsh and fish."""

import os
import shlex
import shutil
import stat
import subprocess
import sys

import pexpect
import pytest

from reblogbot.cli.completion import SHELLS, completion_script

CONFIG = """\
[accounts.news]
server = "https://social.example"
token_file = "news.token"

[accounts.art]
server = "https://social.example"
token_file = "art.token"

[sources."热榜"]
url = "https://list.example/hot.xml"

[sources."my feed"]
url = "https://list.example/mine.xml"

[sources.hot]
url = "https://list.example/hot.xml"
"""
BROKEN = CONFIG + "\n[sources.broken]\nurl = = nothing\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a config, the program on the PATH, and the scripts of all shells."""
    program = tmp_path / "bin" / "reblogbot"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m reblogbot "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("REBLOGBOT_CONFIG", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    for shell in SHELLS:
        (tmp_path / f"script.{shell}").write_text(completion_script(shell), encoding="utf-8")
    return tmp_path


def installed(shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed: its completion is not tested")
    return shell


def run(*command):
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


BASH = """
source script.bash
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS <<< "$1"
[[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_shtab_reblogbot 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


def in_bash(line):
    return run(installed("bash"), "-c", BASH, "bash", line)


def in_fish(line):
    # a candidate and its description are separated by a tab
    return [
        candidate.partition("\t")[0]
        for candidate in run(
            installed("fish"), "-c", f"source script.fish; complete -C {shlex.quote(line)}"
        )
    ]


ANSWERS = pytest.mark.parametrize("candidates", [in_bash, in_fish], ids=["bash", "fish"])


@ANSWERS
def test_commands_and_verbs_are_completed(home, candidates):
    assert candidates("reblogbot sy") == ["sync"]
    assert {"check", "status", "queue", "completion"} <= set(candidates("reblogbot "))
    assert candidates("reblogbot queue rel") == ["release"]


@ANSWERS
def test_options_are_completed(home, candidates):
    assert candidates("reblogbot sync --du") == ["--due"]
    assert candidates("reblogbot queue list --sta") == ["--state"]
    # what only the script itself calls is not offered
    assert candidates("reblogbot completion --nam") in ([], [""])


@ANSWERS
def test_values_are_completed(home, candidates):
    assert candidates("reblogbot queue list --state he") == ["held"]
    assert candidates("reblogbot --log-format j") == ["json"]
    assert candidates("reblogbot completion f") == ["fish"]
    assert candidates("reblogbot help acc")[-1] == "accessibility"


@ANSWERS
def test_names_of_sources_and_accounts_are_completed(home, candidates):
    assert candidates("reblogbot sync h") == ["hot"]
    assert candidates("reblogbot sources pause h") == ["hot"]
    assert candidates("reblogbot sources rename h") == ["hot"]
    assert sorted(candidates("reblogbot queue list --account ")) == ["art", "news"]
    assert candidates("reblogbot queue list --source 热") == ["热榜"]
    assert set(candidates("reblogbot sync hot ")) >= {"hot", "热榜"}


@ANSWERS
def test_names_come_from_the_config_that_the_line_names(home, candidates):
    other = home / "other folder" / "bot.toml"
    other.parent.mkdir()
    other.write_text('[sources.elsewhere]\nurl = "https://x.example/"\n', encoding="utf-8")
    (home / "bot.toml").symlink_to(other)
    assert candidates("reblogbot -c bot.toml sync e") == ["elsewhere"]
    assert candidates("reblogbot sync --config=bot.toml e") == ["elsewhere"]


@ANSWERS
def test_names_come_from_a_broken_config_too(home, candidates):
    (home / "config.toml").write_text(BROKEN, encoding="utf-8")
    assert candidates("reblogbot sync h") == ["hot"]


@ANSWERS
@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"sources = 1", b"[sources]\nhot = 1\n"])
def test_without_a_readable_config_nothing_is_printed_but_names(home, candidates, content):
    (home / "config.toml").unlink()
    if content is not None:
        (home / "config.toml").write_bytes(content)
    assert set(candidates("reblogbot sync zz")) <= {""}


def test_a_name_with_a_space_is_one_word_in_bash(home):
    assert in_bash("reblogbot sync my") == [r"my\ feed"]


# interactive shells: the line is typed, completed by a tab, and printed by the shell


def typed(shell, start, line):
    """The words that the shell has in its line after the tabs in `line`."""
    terminal = pexpect.spawn(shell, encoding="utf-8", timeout=60, dimensions=(24, 200))
    try:
        terminal.sendline(start)
        terminal.expect("READY")
        terminal.expect("% ")
        terminal.send(line)
        # the marker is sent in two parts, so that its echo is not taken for the output
        terminal.send("\x01printf '<%s>' \x05 '''END'\r")
        terminal.expect("(<[^\r\n]*)<END>")
        return terminal.match[1]
    finally:
        terminal.close(force=True)


ZSH = (
    "PS1='%% '; autoload -Uz compinit; compinit -u -d dump; setopt no_beep; "
    "eval \"$(cat script.zsh)\"; print 'REA''DY'"
)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reblogbot sy\thot", "<reblogbot><sync><hot>"),
        ("reblogbot sync ho\t", "<reblogbot><sync><hot>"),
        ("reblogbot sync m\t", "<reblogbot><sync><my feed>"),
        ("reblogbot queue list --source 热\t", "<reblogbot><queue><list><--source><热榜>"),
        ("reblogbot queue list --account a\t", "<reblogbot><queue><list><--account><art>"),
        ("reblogbot queue list --state he\t", "<reblogbot><queue><list><--state><held>"),
        ("reblogbot -c config.toml sync --du\t", "<reblogbot><-c><config.toml><sync><--due>"),
    ],
)
def test_zsh_completes_what_is_typed(home, line, words):
    assert typed(f"{installed('zsh')} -f -i", ZSH, line) == words


BASH_START = "PS1='% '; bind 'set bell-style none'; source script.bash; echo 'REA''DY'"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reblogbot sy\tho\t", "<reblogbot><sync><hot>"),
        ("reblogbot sync my\t", "<reblogbot><sync><my feed>"),
        ("reblogbot queue list --source 热\t", "<reblogbot><queue><list><--source><热榜>"),
    ],
)
def test_bash_completes_what_is_typed(home, line, words):
    assert typed(f"{installed('bash')} --norc -i", BASH_START, line) == words


def test_without_a_shell_the_choices_are_named(cli):
    ran = cli("completion")
    assert (ran.code, ran.out) == (2, "")
    assert "bash, zsh or fish" in ran.err
    assert "there are bash, zsh, fish" in cli("completion", "tcsh").err
