"""The steps of `reblogbot demo`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

from reblogbot.core.text import html_to_text
from reblogbot.demo.feeds import serve_feeds
from reblogbot.errors import Exit
from reblogbot.sandbox.server import Sandbox, serve


class DemoPost(TypedDict):
    """A post on the demo's server."""

    action: Literal["post", "boost"]
    url: str
    text: str


Print = Callable[..., None]

_CONFIG = """\
[http]
# sources on this machine are refused unless named here
allow_private = ["{feeds}", "{server}"]

[accounts.news]
server = "http://{server}"
token_file = "news.token"
allow_http = true

[sources.chouti]
kind = "feed"
url = "http://{feeds}/hot.xml"
to = ["news"]
first = "all"
template = "reblog-via"

[sources.neighbours]
kind = "feed"
url = "http://{feeds}/neighbours.xml"
to = ["news"]
first = "all"
action = "boost"
"""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The posts, oldest first, how many were posted again, and the exit codes of both rounds."""

    posts: list[DemoPost]
    posted_again: int
    codes: tuple[int, int]

    def exit_code(self) -> Exit:
        """0 if both rounds succeeded, something was posted and nothing twice."""
        is_success = not any(self.codes) and self.posts and not self.posted_again
        return Exit.OK if is_success else Exit.FAILED


async def run_scenario(print_lines: Print, *, keep: bool) -> DemoResult:
    """Run all steps and print them; with `keep` serve the timeline page until cancelled."""
    with tempfile.TemporaryDirectory(prefix="reblogbot-demo-") as folder:
        async with serve(Path(folder) / "server") as sandbox:
            return await _run_steps(print_lines, Path(folder), sandbox, keep=keep)


async def _run_steps(
    print_lines: Print, folder: Path, sandbox: Sandbox, *, keep: bool
) -> DemoResult:
    token = sandbox.add_account("news", bot=True, display_name="News by reblogbot")
    status = sandbox.add_status("alice", "今天的晚霞像一封没有写地址的信。", language="zh")
    async with serve_feeds(status["url"]) as feeds:
        print_lines(f"1. A sandbox server speaks the Mastodon API on {sandbox.url},")
        print_lines(f"   and a sample hot list stands at {feeds.url}/hot.xml.")
        config = _write_config(folder, feeds.url, sandbox.url, token)
        print_lines(f"2. A real config is written: {config}", "", "3. $ reblogbot sync")
        first = await _sync(print_lines, config)
        posts = list(map(_post_json, sandbox.statuses("news")))
        print_lines("", "4. What stands on the server now, oldest first:", "")
        _print_statuses(print_lines, sandbox)
        print_lines(
            "5. The list shows the same entries in another order.", "", "6. $ reblogbot sync"
        )
        feeds.edition = 2
        second = await _sync(print_lines, config)
        again = len(sandbox.statuses("news")) - len(posts)
        print_lines("", f"7. Second round: {again} new posts. Nothing lost, nothing doubled.")
        if keep:
            print_lines("", f"The timeline page is up: {sandbox.url}/  (Ctrl-C ends it)")
            await asyncio.Event().wait()
    return DemoResult(posts, again, (first, second))


def _write_config(folder: Path, feeds: str, server: str, token: str) -> Path:
    path = folder / "config.toml"
    hosts = {"feeds": urlsplit(feeds).netloc, "server": urlsplit(server).netloc}
    path.write_text(_CONFIG.format(**hosts), encoding="utf-8")
    with os.fdopen(os.open(folder / "news.token", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(token)
    return path


async def _sync(print_lines: Print, config: Path) -> int:
    """Run `reblogbot sync` as a user would, and return its exit code."""
    command = [sys.executable, "-m", "reblogbot", "--config", str(config), "sync"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    print_lines(*(f"   {line}" for line in output.decode().splitlines()))
    return process.returncode or 0


def _post_json(status: dict[str, Any]) -> DemoPost:
    original = status["reblog"] or status
    return {
        "action": "boost" if status["reblog"] else "post",
        "url": original["url"],
        "text": html_to_text(original["content"]),
    }


def _print_statuses(print_lines: Print, sandbox: Sandbox) -> None:
    for status in sandbox.statuses("news"):
        original = status["reblog"]
        if original:
            print_lines(f"   boost of @{original['account']['acct']}  {original['url']}")
        else:
            print_lines(f"   post  {status['url']}")
        text = html_to_text((original or status)["content"])
        print_lines(*(f"   │ {line}".rstrip() for line in text.splitlines()), "")
