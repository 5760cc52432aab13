"""What `reblogbot demo` does and shows, step by step."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reblogbot.core.text import html_to_text
from reblogbot.demo import hotlist
from reblogbot.errors import Exit
from reblogbot.sandbox.server import Sandbox, serve

Say = Callable[..., None]

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
    """What the demo posted, oldest first; how many it posted twice; the rounds' exit codes."""

    posts: list[dict[str, str]]
    again: int
    codes: tuple[int, int]

    def exit_code(self) -> Exit:
        """0 if it all went as it should."""
        went_well = not any(self.codes) and self.posts and not self.again
        return Exit.OK if went_well else Exit.FAILED


async def tell(say: Say, *, keep: bool) -> DemoResult:
    """Run the whole main job, show it by `say`, and return what came of it."""
    with tempfile.TemporaryDirectory(prefix="reblogbot-demo-") as folder:
        async with serve(Path(folder) / "server") as sandbox:
            return await _tell(say, Path(folder), sandbox, keep=keep)


async def _tell(say: Say, folder: Path, sandbox: Sandbox, *, keep: bool) -> DemoResult:
    token = sandbox.add_account("news", bot=True, display_name="News by reblogbot")
    neighbour = sandbox.add_status("alice", "今天的晚霞像一封没有写地址的信。", language="zh")
    async with hotlist.shown(neighbour["url"]) as (feeds, current):
        say(f"1. A sandbox server speaks the Mastodon API on {sandbox.url},")
        say(f"   and a sample hot list stands at {feeds}/hot.xml.")
        config = _write_config(folder, feeds, sandbox.url, token)
        say(f"2. A real config is written: {config}", "", "3. $ reblogbot sync")
        first = await _sync(say, config)
        posted = list(map(_post_json, sandbox.statuses("news")))
        say("", "4. What stands on the server now, oldest first:", "")
        _show(say, sandbox)
        say("5. The list shows the same entries in another order.", "", "6. $ reblogbot sync")
        current[0] = 2
        second = await _sync(say, config)
        again = len(sandbox.statuses("news")) - len(posted)
        say("", f"7. Second round: {again} new posts. Nothing lost, nothing doubled.")
        if keep:
            await _keep(say, sandbox)
    return DemoResult(posted, again, (first, second))


def _write_config(folder: Path, feeds: str, server: str, token: str) -> Path:
    path = folder / "config.toml"
    hosts = {"feeds": urlsplit(feeds).netloc, "server": urlsplit(server).netloc}
    path.write_text(_CONFIG.format(**hosts), encoding="utf-8")
    with os.fdopen(os.open(folder / "news.token", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(token)
    return path


async def _sync(say: Say, config: Path) -> int:
    """Run the program as a user would; its exit code."""
    command = [sys.executable, "-m", "reblogbot", "--config", str(config), "sync"]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await running.communicate()
    say(*(f"   {line}" for line in output.decode().splitlines()))
    return running.returncode or 0


def _post_json(status: dict[str, Any]) -> dict[str, str]:
    boosted = status["reblog"]
    return {
        "action": "boost" if boosted else "post",
        "url": (boosted or status)["url"],
        "text": html_to_text((boosted or status)["content"]),
    }


def _show(say: Say, sandbox: Sandbox) -> None:
    for status in sandbox.statuses("news"):
        boosted = status["reblog"]
        if boosted:
            say(f"   boost of @{boosted['account']['acct']}  {boosted['url']}")
        else:
            say(f"   post  {status['url']}")
        text = html_to_text((boosted or status)["content"])
        say(*(f"   │ {line}".rstrip() for line in text.splitlines()), "")


async def _keep(say: Say, sandbox: Sandbox) -> None:
    say("", f"The timeline page is up: {sandbox.url}/  (Ctrl-C ends it)")
    await asyncio.Event().wait()
