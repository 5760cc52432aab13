"""A folder of files for the tests of its target."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from reblogbot.config.settings import AccountSettings
from reblogbot.model import Article, Block, Post, Span
from reblogbot.targets.files.target import FilesTarget

IDENTITY = bytes(range(16))
LINK = "https://news.example/trains?a=1&b=2"


class SteppingClock:
    """Goes on by a second each time it is asked."""

    def __init__(self, start: datetime = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)) -> None:
        self.instant = start

    def now(self) -> datetime:
        self.instant += timedelta(seconds=1)
        return self.instant


def settings(root: Path, name: str = "archive", **keys) -> AccountSettings:
    table = {"kind": "files", "folder": root / "posts", "feed": root / "feed.xml", **keys}
    return AccountSettings(name=name, **table)


def folder_target(root: Path, name: str = "archive", clock=None, **keys) -> FilesTarget:
    return FilesTarget(settings(root, name, **keys), clock=clock or SteppingClock())


def article(
    title: str = "Trains return", text: str = "Three lines *start* in spring.", **keys
) -> Post:
    body = (
        Block("paragraph", (Span(text), Span(" "), Span("Source", LINK))),
        Block("quotation", (Span("The sea\nis near"),)),
    )
    values = {
        "text": f"{title}\n{text}",
        "link": LINK,
        "language": "en",
        "visibility": "public",
        **keys,
    }
    return Post("post", article=Article(title, body, ("Trains", "News")), **values)


def files(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "posts").iterdir() if not path.name.startswith("."))


def hidden(root: Path) -> list[str]:
    names = sorted(path.name for path in (root / "posts").iterdir() if path.name.startswith("."))
    return [name for name in names if name != ".reblogbot.json"]
