"""Chapters of a soak on a blog and in folders of articles, in place of a fediverse server."""

from __future__ import annotations

import json
import random
import re
import secrets
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Protocol

import soak_steps
from blog_server import BlogServer
from faulty_proxy import FAULTS, Fault, FaultyProxy
from harness import Bot
from reblogbot.core.text import html_to_text
from soak_round import PICTURE, Chapter

ACCOUNTS = ("news", soak_steps.ACCOUNT)
SOURCES: dict[str, dict[str, Any]] = {
    "hot": {"template": "reblog-of", "media": 1, "updates": "edit"},
    "tech": {"template": "article"},
    "notes": {},
}
# fewer than a restored store looks back on a blog
MAX_ENTRIES = 60
NEWS_LINK = re.compile(r"https://news\.example/\d+")
# the first two keep a request until the client has given up
PROXY_FAULTS: tuple[Fault, ...] = ("held request", "held answer", *FAULTS, *FAULTS)
PROXY_REQUESTS = (
    ("POST", "/posts"), ("POST", "/posts"), ("POST", "/posts"), ("GET", "/posts"),
    ("GET", "/posts"), ("POST", "/media"), ("GET", "/media"), ("GET", "/users/me"),
    ("GET", "/wp-json/"), ("POST", ""), ("DELETE", ""),
)  # fmt: skip
FEED_LENGTH = 50
FEED_ID = re.compile(r"<entry[ >].*?<id>(.+?)</id>", re.DOTALL)
AWAY = 1000
"""So many requests fail while the blog is away."""


class Place(Protocol):
    """Where the articles of two accounts are published, as the tests see it."""

    def tables(self) -> dict[str, dict[str, Any]]:
        """The tables of the accounts."""
        ...

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """All articles in the order of publication, also those deleted by hand since."""
        ...

    @property
    def requests(self) -> list[Any]:
        """Something that grows while the program works."""
        ...

    def statuses(self, account: str) -> list[dict[str, Any]]:
        """The articles of an account now, with the fields of a fediverse server's statuses."""
        ...

    def delete_status(self, id_: str) -> None:
        """Delete an article of the account `news` by hand."""
        ...

    def add_faults(self, rng: random.Random) -> bool:
        """Prepare a round's faults; return whether one of them keeps a request for long."""
        ...

    def start(self, event: str, account: str) -> Callable[[], None]:
        """Start an event and return the function that ends it."""
        ...

    def heal(self) -> int:
        """End all faults; return how many were met since the last time."""
        ...

    def complaints(self) -> list[str]:
        """What is wrong at the end besides the articles."""
        ...


def _article(account: str, id_: str, title: str, body: str, link: str) -> dict[str, Any]:
    """A record of an article, as a fediverse server keeps one of a post."""
    return {"account": account, "act": "post", "id": id_, "text": f"{title}\n{link}", "body": body}


class Blog:
    """A blog behind a proxy that loses, delays and garbles."""

    def __init__(self, bot: Bot, stack: Any) -> None:
        self._bot = bot
        self._blog = stack.enter_context(BlogServer().running())
        self._proxy = stack.enter_context(FaultyProxy(self._blog.url).running())
        self._deleted: dict[int, dict[str, Any]] = {}

    def tables(self) -> dict[str, dict[str, Any]]:
        for name in ACCOUNTS:
            self._set_password(name)
        return {
            name: {
                "kind": "wordpress",
                "server": self._proxy.url,
                "user": name,
                "token_file": f"{name}.token",
                "allow_http": True,
                "status": "publish",
                "categories": ["News"],
            }
            for name in ACCOUNTS
        }

    def _set_password(self, account: str) -> None:
        self._blog.passwords[account] = secrets.token_hex(8)
        self._bot.set_token(account, self._blog.passwords[account])

    @property
    def accepted(self) -> list[dict[str, Any]]:
        records = dict(self._deleted)
        for account in ACCOUNTS:
            records |= {post["id"]: self._record(post) for post in self._blog.of_user(account)}
        return [records[number] for number in sorted(records)]

    def _record(self, post: dict[str, Any]) -> dict[str, Any]:
        title, content = html_to_text(post["title"]["raw"]), post["content"]["raw"]
        links = NEWS_LINK.findall(html_to_text(content))
        body = f"<h1>{escape(title)}</h1>{content}"
        return _article(post["user"], str(post["id"]), title, body, links[-1] if links else "")

    @property
    def requests(self) -> list[Any]:
        return self._proxy.requests

    def statuses(self, account: str) -> list[dict[str, Any]]:
        return [
            _status(self._record(post), has_image=bool(post["featured_media"]))
            for post in self._blog.of_user(account)
            if post["status"] != "trash"
        ]

    def delete_status(self, id_: str) -> None:
        """Delete every second one for good, and put the others into the trash."""
        number = int(id_)
        with self._blog.lock:
            if number % 2:
                self._blog.put_into_trash(number)
            else:
                self._deleted[number] = self._record(self._blog.posts.pop(number))

    def add_faults(self, rng: random.Random) -> bool:
        is_held = False
        for _ in range(rng.choice((0, 1, 2, 3, 4, 5))):
            request, fault = rng.choice(PROXY_REQUESTS), rng.choice(PROXY_FAULTS)
            self._proxy.fail(*request, *[""] * rng.choice((0, 0, 1, 2)), fault)
            is_held |= fault.startswith("held")
        return is_held

    def start(self, event: str, account: str) -> Callable[[], None]:
        match event:
            case "rate limit":
                self._proxy.fail("POST", "/posts", *["429"] * 3)
            case "server down":
                for method in ("GET", "POST", "DELETE"):
                    self._proxy.fail(method, "", *["lost request"] * AWAY)
            case "wrong token":
                self._bot.set_token(account, "wrong")
                return lambda: self._bot.set_token(account, self._blog.passwords[account])
            case "revoked token":
                self._blog.passwords[account] = secrets.token_hex(8)
                return lambda: self._bot.set_token(account, self._blog.passwords[account])
        return lambda: None

    def heal(self) -> int:
        self._proxy.heal()
        count = len(self._proxy.failures)
        self._proxy.failures.clear()
        return count

    def complaints(self) -> list[str]:
        return []


class Folders:
    """A folder of articles for each account. Its order is that in which files were seen."""

    def __init__(self, bot: Bot, _stack: Any) -> None:
        self._bot = bot
        self._folders = {name: bot.folder / f"site-{name}" for name in ACCOUNTS}
        self._seen: dict[str, dict[str, Any]] = {}
        self._faults = 0
        self._has_deleted = False

    def tables(self) -> dict[str, dict[str, Any]]:
        return {
            name: {"kind": "files", "folder": str(folder), "feed": str(self._feed(name))}
            for name, folder in self._folders.items()
        }

    def _feed(self, account: str) -> Path:
        return self._bot.folder / f"feed-{account}.xml"

    @property
    def accepted(self) -> list[dict[str, Any]]:
        for account in ACCOUNTS:
            for file in sorted(self._files(account), key=lambda file: file.stat().st_mtime_ns):
                record = self._record(account, file)
                # of an edited file, the place of its first version
                self._seen[file.name] = record
        return list(self._seen.values())

    def _files(self, account: str) -> list[Path]:
        return list(self._folders[account].glob("*.md"))

    def _record(self, account: str, file: Path) -> dict[str, Any]:
        lines = file.read_text(encoding="utf-8").split("\n")
        head = dict(line.split(": ", 1) for line in lines[1 : lines.index("---", 1)])
        title, link = (json.loads(head.get(name, '""')) for name in ("title", "link"))
        body = "".join(f"<p>{escape(line)}</p>" for line in (title, link, *lines))
        return _article(account, file.name, title, body, link)

    @property
    def requests(self) -> list[Any]:
        return [*self._bot.feeds.requests, *self._files("news"), *self._files(soak_steps.ACCOUNT)]

    def statuses(self, account: str) -> list[dict[str, Any]]:
        return [
            _status(self._record(account, file), has_image="![" in file.read_text(encoding="utf-8"))
            for file in self._files(account)
        ]

    def delete_status(self, id_: str) -> None:
        self._seen.setdefault(id_, self._record("news", self._folders["news"] / id_))
        (self._folders["news"] / id_).unlink()
        self._has_deleted = True

    def add_faults(self, rng: random.Random) -> bool:
        """Leave a part of a file, as a process does that was killed."""
        files = self._files("news")
        if files and rng.random() < 0.3:
            self._faults += 1
            (self._folders["news"] / f".{rng.choice(files).name}.part").write_text("---\ntitle: ")
        return False

    def start(self, event: str, account: str) -> Callable[[], None]:
        if event in ("server down", "wrong token", "revoked token"):
            return self._take_away(self._folders[account])
        return lambda: None

    def _take_away(self, folder: Path) -> Callable[[], None]:
        """Put a file in the place of a folder, as when a disk is not mounted."""
        kept = folder.with_suffix(".kept")
        if folder.exists():
            folder.rename(kept)
        folder.touch()

        def bring_back() -> None:
            folder.unlink()
            if kept.exists():
                kept.rename(folder)

        return bring_back

    def heal(self) -> int:
        count, self._faults = self._faults, 0
        return count

    def complaints(self) -> list[str]:
        """What is wrong with the feeds, each of which shows every article of its folder once."""
        complaints = []
        for account in ACCOUNTS:
            files = self._files(account)
            if self._has_deleted or not files:
                continue
            text = self._feed(account).read_text(encoding="utf-8")
            ids, expected = FEED_ID.findall(text), min(len(files), FEED_LENGTH)
            if len(ids) != expected or len(set(ids)) != expected:
                complaints.append(f"the feed of {account} has {len(ids)} of {expected} articles")
        return complaints


def _status(article: dict[str, Any], *, has_image: bool) -> dict[str, Any]:
    return {
        "id": article["id"],
        "content": article["body"],
        "media_attachments": [1] if has_image else [],
        "in_reply_to_id": None,
    }


PLACES: dict[str, Callable[[Bot, Any], Place]] = {"wordpress": Blog, "files": Folders}
"""The places by the names of their profiles."""


class PlaceChapter(Chapter):
    """A chapter whose accounts are on a blog or in folders: articles, without boosts and replies."""

    _has_replies = False
    _place: Place

    def _open_server(self, port: int) -> None:
        self._server = self._place = PLACES[self._profile](self._bot, self._running)

    def _configure(self, lease: str) -> None:
        sources = {name: self._source(name, "news", keys) for name, keys in SOURCES.items()}
        self._feeds.show("/picture.png", PICTURE, kind="image/png")
        tables = self._place.tables()
        self._tokens = dict.fromkeys(tables, "")
        self._bot.configure(
            sources | self._step_sources(),
            tables,
            delivery={"timeout": "1s", "read_back_after": "1s", "lease": lease},
            steps=soak_steps.tables(self._model),
        )

    def _add_entry(self) -> None:
        if len(self._audit.entries["news"]) < MAX_ENTRIES:
            self._add_article()

    def _edit_article(self) -> None:
        super()._edit_article()
        for link in self._edited:
            # its file has a new date
            self._audit.allow_delay_of_key("news", link)

    def _add_faults(self, *, may_hide: bool) -> bool:
        return self._place.add_faults(self._rng)

    def _start_event(self, event: str) -> Any:
        if event in ("deleted by hand", "older backup"):
            return super()._start_event(event)
        self.tally.faults += bool(event)
        return self._place.start(event, self._rng.choice(ACCOUNTS))

    def _release_faults(self, delayed_before: list[Any]) -> None:
        self.tally.faults += self._place.heal()

    def _heal_server(self) -> None:
        self.tally.faults += self._place.heal()

    def _record_round(self, deliveries: list[Any]) -> None:
        super()._record_round(deliveries)
        # folders keep no order: each new file is noted while it is the last
        self._place.accepted  # noqa: B018

    def _check_edits(self) -> None:
        super()._check_edits()
        self.tally.complaints += self._place.complaints()
