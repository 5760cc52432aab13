"""The console examples of the documents, run in a prepared folder (CONTRIBUTING.md, "Examples").

A line that begins with `$ ` is a command, `> ` continues it, and the lines after it are its output.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from fediverse.server import FediverseServer, run_in_thread
from harness import Bot, FeedServer, Item, kept_logging
from reblogbot.cli import run

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "tests" / "support" / "approving_browser.py"
BLOCK = re.compile(r"^(?:```|<!-- )console\n(.*?)^(?:```|-->)$", re.DOTALL | re.MULTILINE)
SHELL_CHARACTERS = re.compile(r"[|&;<>()$`*?~\n]")
ADDRESSES = {"https://social.example": "server", "https://feeds.example": "feeds"}


class Example(NamedTuple):
    """A command of a page, and the output that the page shows."""

    line: int
    command: str
    output: list[str]


def examples(page: Path) -> Iterator[Example]:
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        example = None
        first_line = text.count("\n", 0, block.start(1)) + 1
        for number, line in enumerate(block[1].splitlines(), first_line):
            if line.startswith("$ "):
                if example:
                    yield example
                example = Example(number, line.removeprefix("$ "), [])
            elif example and not example.output and line.startswith("> "):
                command = f"{example.command}\n{line.removeprefix('> ')}"
                example = example._replace(command=command)
            else:
                assert example, f"{page.name}:{number}: output without a command"
                example.output.append(line)
        if example:
            yield example


PAGES = [page for page in sorted(ROOT.glob("docs/*.md")) if list(examples(page))]


def normalized(text: str) -> str:
    """The text without what may differ: how many spaces align columns, and ends of lines."""
    return re.sub(r" {2,}", "  ", re.sub(r" +$", "", text, flags=re.MULTILINE))


def matches(shown: list[str], output: str) -> bool:
    """Whether the output is what a page shows; `…` stands for anything, alone for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else f"{'.*'.join(map(re.escape, line.split('…')))}\n"
        for line in normalized("\n".join(shown)).splitlines()
    )
    return re.fullmatch(pattern, normalized(output)) is not None


class Console:
    """Runs the commands of one page, in the page's folder."""

    def __init__(self, folder: Path, hosts: dict[str, str]) -> None:
        self._folder = folder
        self._hosts = hosts
        """The hosts that the page shows, and where they are on loopback."""
        self._code = 0

    def output(self, command: str) -> str:
        """The output of a command, standard error included, with the addresses of the page."""
        for host, address in self._hosts.items():
            command = command.replace(f"https://{host}", f"http://{address}")
            command = command.replace(host, address)
        is_plain = command.startswith("reblogbot ") and not SHELL_CHARACTERS.search(command)
        output = self._call(shlex.split(command)[1:]) if is_plain else self._shell(command)
        for host, address in self._hosts.items():
            output = output.replace(f"http://{address}", f"https://{host}").replace(address, host)
        return output.replace(str(self._folder), "/home/bot")

    def _call(self, arguments: list[str]) -> str:
        """The output of the program, which is run in this process: starting it is slow."""
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        with (
            kept_logging(),
            open(os.devnull, encoding="utf-8") as empty,
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(stream),
            contextlib.redirect_stderr(stream),
        ):
            patch.setattr("sys.stdin", empty)
            try:
                self._code = run(arguments)
            except SystemExit as ended:  # as after --help
                self._code = int(ended.code or 0)
        return stream.buffer.getvalue().decode()

    def _shell(self, command: str) -> str:
        """The output of bash; `$?` is the exit code of the command before."""
        process = subprocess.run(
            ["bash", "-c", f"(exit {self._code}); {command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        self._code = process.returncode
        return process.stdout


def feed(name: str, titles: list[str], bot: Bot) -> list[Item]:
    """The items of a feed, the newest first, ten minutes apart."""
    return [
        Item(
            title,
            f"https://news.example/{name}/{len(titles) - number}",
            f"About {title}",
            at=bot.clock.now() - timedelta(minutes=10 * (number + 1)),
        )
        for number, title in enumerate(titles)
    ]


SITE = b"""<!DOCTYPE html><html lang="en"><title>A site with feeds</title>
<link rel="alternate" type="application/rss+xml" title="Hot list" href="/hot.xml">
<link rel="alternate" type="application/rss+xml" title="Garden" href="/garden.xml">
<p>Welcome.</p></html>"""
OPML = """<?xml version="1.0" encoding="utf-8"?>
<opml version="2.0"><head><title>My feeds</title></head><body>
<outline text="Science"><outline type="rss" text="Garden" xmlUrl="{feeds}/garden.xml"/></outline>
<outline type="rss" text="Hot list" xmlUrl="{feeds}/hot.xml"/>
</body></opml>
"""


def prepare(bot: Bot, feeds: FeedServer, server: FediverseServer) -> None:
    """Write the config of the pages and serve its feeds; CONTRIBUTING.md describes both."""
    hot = [
        "夜车回来了，春天开三条新线",
        "Old carriages find a new home",
        "窗外的星星",
        "A map of the night trains",
    ]
    feeds.show("/hot.xml", feed("hot", hot, bot), title="Hot list", language="")
    garden = ["Roses in winter", "How to prune an apple tree"]
    feeds.show("/garden.xml", feed("garden", garden, bot), title="Garden")
    feeds.show("/papers.xml", feed("papers", ["Counting stars by rail"], bot), title="Papers")
    feeds.show("/", SITE, kind="text/html; charset=utf-8")
    opml = OPML.format(feeds=f"http://{feeds.address}")
    feeds.show("/feeds.opml", opml.encode(), kind="text/x-opml")
    (bot.folder / "feeds.opml").write_text(opml, encoding="utf-8")
    bot.set_token("news", server.add_account("news", bot=True))
    (bot.folder / "config.toml").write_text(
        f"""\
[http]
allow_private = ["{feeds.address}"]

[accounts.news]
server = "{server.url}"
token_file = "news.token"
allow_http = true

[accounts.news.pace]
gap = "5m"                # between two posts

[sources.hot]
kind = "feed"
url = "http://{feeds.address}/hot.xml"
to = ["news"]
first = 10

[sources.papers]
kind = "feed"
url = "http://{feeds.address}/papers.xml"
to = ["news"]
""",
        encoding="utf-8",
    )


@pytest.fixture
def console(tmp_path, clock, feeds, shared, monkeypatch) -> Iterator[Console]:
    folder = tmp_path / "home"
    programs = tmp_path / "bin"
    folder.mkdir()
    programs.mkdir()
    for name, command in {"reblogbot": "-m reblogbot", "browser": BROWSER}.items():
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {command} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "BROWSER": str(programs / "browser"),
        "HOME": str(folder),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("REBLOGBOT_CONFIG", "XDG_CONFIG_HOME", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    # by the machine's clock, as the programs that a shell starts
    with run_in_thread() as server:
        prepare(Bot(folder, clock, feeds, shared), feeds, server)
        hosts = {"social.example": server.url.partition("://")[2], "feeds.example": feeds.address}
        yield Console(folder, hosts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_examples_of_a_page_print_what_it_shows(page, console):
    for example in examples(page):
        output = console.output(example.command)
        if not matches(example.output, output):
            pytest.fail(
                f"{page.name}:{example.line}: $ {example.command}\nprints\n{output}", pytrace=False
            )


@pytest.mark.parametrize(
    ("shown", "output"),
    [
        (["a  b"], "a      b\n"),
        (["sent … ago"], "sent 3m ago \n"),
        (["a", "…", "z"], "a\nb\nc\nz\n"),
        (["a", "…", "z"], "a\nz\n"),
        ([], ""),
    ],
)
def test_a_shown_output_matches(shown, output):
    assert matches(shown, output)


@pytest.mark.parametrize(
    ("shown", "output"), [(["a b"], "a  b\n"), (["a…"], "a\nb\n"), ([], "a\n"), (["a"], ""), (["a"], "a\nb\n")]
)  # fmt: skip
def test_another_output_does_not_match(shown, output):
    assert not matches(shown, output)
