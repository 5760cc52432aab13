"""The steps of `reblogbot demo`."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Literal, TypedDict
from urllib.parse import urlsplit

from reblogbot.core.text import html_to_text
from reblogbot.demo.feeds import serve_feeds
from reblogbot.demo.model import Exchange, serve_model
from reblogbot.demo.scripts import BLOG, Script
from reblogbot.errors import Exit
from reblogbot.sandbox.server import Sandbox, serve


class DemoPost(TypedDict):
    """A post on the demo's server."""

    action: Literal["post", "reply", "boost"]
    url: str
    text: str


class DemoArticle(TypedDict):
    """An entry of which the demo published an explanation.

    `page` is what the model was given of the text of its page, `explanation` its answer. `file` is
    the content of the file in the blog's folder.
    """

    link: str
    page: str
    explanation: str
    reply: DemoPost
    file: str


Print = Callable[..., None]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The posts, oldest first, how many were posted again, and the exit codes of both rounds.

    `missing` is how many of the script's articles there are not.
    """

    posts: list[DemoPost]
    articles: list[DemoArticle]
    missing: int
    posted_again: int
    codes: tuple[int, int]

    def exit_code(self) -> Exit:
        """0 if both rounds succeeded, everything was posted and nothing twice."""
        is_success = not (any(self.codes) or self.missing or self.posted_again) and self.posts
        return Exit.OK if is_success else Exit.FAILED


async def run_scenario(print_lines: Print, script: Script, *, keep: bool) -> DemoResult:
    """Run all steps and print them; with `keep` serve the timeline page until cancelled."""
    with tempfile.TemporaryDirectory(prefix="reblogbot-demo-") as folder:
        async with serve(Path(folder) / "server") as sandbox:
            return await _run_steps(print_lines, script, Path(folder), sandbox, keep=keep)


async def _run_steps(
    print_lines: Print, script: Script, folder: Path, sandbox: Sandbox, *, keep: bool
) -> DemoResult:
    token = sandbox.add_account("news", bot=True, display_name="News by reblogbot")
    status = sandbox.add_status("alice", "今天的晚霞像一封没有写地址的信。", language="zh")
    exchanges: list[Exchange] = []
    async with serve_feeds(status["url"]) as feeds, serve_model(exchanges) as model:
        print_lines(f"1. A sandbox server speaks the Mastodon API on {sandbox.url}.")
        print_lines(*(f"   A sample feed stands at {feeds.url}/{name}." for name in script.feeds))
        if script.articles:
            print_lines(f"   A stand-in for a model answers at {model}: it does not think, it")
            print_lines("   repeats the first sentences of what it is given.")
        hosts = {"feeds": urlsplit(feeds.url).netloc, "server": urlsplit(sandbox.url).netloc}
        config = _write_config(folder, script.config, {**hosts, "model": model}, token)
        print_lines(f"2. A real config is written: {config}", "", "3. $ reblogbot sync")
        first = await _sync(print_lines, config)
        posts = list(map(_post_json, sandbox.statuses("news")))
        articles = list(_articles(exchanges, posts, folder))
        print_lines("", "4. What stands on the server now, oldest first:", "")
        _print_statuses(print_lines, sandbox)
        for article in articles:
            _print_article(print_lines, article)
        print_lines(f"5. {script.second_round}", "", "6. $ reblogbot sync")
        feeds.edition = 2
        published = _published(sandbox, folder)
        second = await _sync(print_lines, config)
        again = _published(sandbox, folder) - published
        print_lines("", f"7. Second round: {again} new posts. Nothing lost, nothing doubled.")
        if keep:
            print_lines("", f"The timeline page is up: {sandbox.url}/  (Ctrl-C ends it)")
            if articles:
                print_lines(f"The blog's files are in {folder / BLOG}")
            await asyncio.Event().wait()
    missing = script.articles - len(articles)
    return DemoResult(posts, articles, missing, again, (first, second))


def _write_config(folder: Path, config: str, places: Mapping[str, str], token: str) -> Path:
    path = folder / "config.toml"
    path.write_text(Template(config).substitute(places), encoding="utf-8")
    with os.fdopen(os.open(folder / "news.token", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        file.write(token)
    return path


def _published(sandbox: Sandbox, folder: Path) -> int:
    """How many posts there are, on the server and in the blog's folder."""
    return len(sandbox.statuses("news")) + len(_files(folder))


def _files(folder: Path) -> list[str]:
    """The content of each file of the blog."""
    return [path.read_text(encoding="utf-8") for path in sorted((folder / BLOG).glob("[!.]*"))]


def _articles(
    exchanges: Iterable[Exchange], posts: Sequence[DemoPost], folder: Path
) -> Iterator[DemoArticle]:
    """What became of the entries that the model was asked about, as far as all of it is there.

    They are in the order of their posts: the model is asked about several at a time, in no order.
    """
    files = _files(folder)
    texts = [post["text"] for post in posts]
    by_link = {}
    for exchange in exchanges:
        _, link, page = exchange.prompt.split("\n\n", 2)
        by_link[link] = exchange, page
    links = [link for text in texts for link in by_link if link in text]
    for link in dict.fromkeys(links):
        exchange, page = by_link[link]
        replies = [post for post in posts if post["action"] == "reply" and link in post["text"]]
        contents = [content for content in files if link in content]
        if replies and contents:
            yield DemoArticle(
                link=link,
                page=page,
                explanation=exchange.text,
                reply=replies[0],
                file=contents[0],
            )


async def _sync(print_lines: Print, config: Path) -> int:
    """Run `reblogbot sync` as a user would, and return its exit code."""
    command = [sys.executable, "-m", "reblogbot", "--config", str(config), "sync"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    print_lines(*(f"   {line}" for line in output.decode().splitlines()))
    return process.returncode or 0


def _post_json(status: dict[str, Any]) -> DemoPost:
    original = status["reblog"] or status
    is_reply = status["in_reply_to_id"] is not None
    return {
        "action": "boost" if status["reblog"] else "reply" if is_reply else "post",
        "url": original["url"],
        "text": html_to_text(original["content"]),
    }


def _print_statuses(print_lines: Print, sandbox: Sandbox) -> None:
    for status in sandbox.statuses("news"):
        post, original = _post_json(status), status["reblog"]
        if post["action"] == "reply":
            continue  # is shown with its entry
        author = f" of @{original['account']['acct']}" if original else ""
        print_lines(f"   {post['action']}{author}  {post['url']}")
        _print_quoted(print_lines, post["text"])


def _print_article(print_lines: Print, article: DemoArticle) -> None:
    print_lines(f"   How {article['link']} became a reply and a file:", "")
    print_lines("   page, as the model was given it")
    _print_quoted(print_lines, article["page"])
    print_lines("   explanation by the stand-in for a model")
    _print_quoted(print_lines, article["explanation"])
    print_lines(f"   reply  {article['reply']['url']}")
    _print_quoted(print_lines, article["reply"]["text"])
    print_lines("   file of the blog")
    _print_quoted(print_lines, article["file"])


def _print_quoted(print_lines: Print, text: str) -> None:
    print_lines(*(f"   │ {line}".rstrip() for line in text.splitlines()), "")
