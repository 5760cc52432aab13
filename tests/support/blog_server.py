"""A stand-in for WordPress: the part of its REST API that the program uses, on loopback.

It keeps names of posts as WordPress does: a name that is taken gets a number, and that of a post in
the trash another ending. A real WordPress is in `wordpress`, for the tests that need one.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROOT = "/wp-json/"
NAMESPACE = f"{ROOT}wp/v2/"
CAPABILITIES = ("edit_posts", "publish_posts", "upload_files", "manage_categories")
Entity = dict[str, Any]
Reply = tuple[int, Any]


class BlogServer:
    """A running blog. Every method may be called from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.posts: dict[int, Entity] = {}
        """All posts, those in the trash included, by id."""
        self.passwords: dict[str, str] = {}
        """The application password of each user."""
        self._others: dict[str, dict[int, Entity]] = {"categories": {}, "tags": {}, "media": {}}
        self._ids = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[BlogServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def of_user(self, user: str) -> list[Entity]:
        """Copies of the posts that a user has made, in that order."""
        with self.lock:
            return [dict(post) for post in self.posts.values() if post["user"] == user]

    def put_into_trash(self, post_id: int) -> None:
        """What a person does by hand. The name is free for another post from then on."""
        with self.lock:
            post = self.posts[post_id]
            post["status"] = "trash"
            post["slug"] += "__trashed"

    def answer(self, user: str, method: str, path: str, values: Mapping[str, Any]) -> Reply:
        """The status and the JSON of an answer to a user, "" for none who is known."""
        if path == ROOT:
            return 200, {"namespaces": ["wp/v2"]}
        if not path.startswith(NAMESPACE):
            return 404, {"code": "rest_no_route", "message": "No route was found."}
        if not user:
            return 401, {"code": "rest_forbidden", "message": "Sorry, you are not allowed."}
        collection, _, rest = path.removeprefix(NAMESPACE).partition("/")
        with self.lock:
            if collection == "users":
                return 200, self._user(user)
            if collection == "posts":
                return self._posts(user, method, rest, values)
            return self._other(collection, method, rest, values)

    def _user(self, user: str) -> Entity:
        return {
            "id": 1 + sorted(self.passwords).index(user),
            "username": user,
            "slug": user,
            "link": f"{self.url}/author/{user}",
            "capabilities": dict.fromkeys(CAPABILITIES, True),
        }

    def _posts(self, user: str, method: str, rest: str, values: Mapping[str, Any]) -> Reply:
        number, _, part = rest.partition("/")
        if not number:
            return (200, self._found(values)) if method == "GET" else (201, self._add(user, values))
        post = self.posts.get(int(number))
        if post is None:
            return 404, {"code": "rest_post_invalid_id", "message": "Invalid post ID."}
        if part == "revisions":
            return 200, [{"author": post["author"]}]
        if method == "DELETE":
            del self.posts[post["id"]]
            return 200, {"deleted": True, "previous": post}
        if method == "POST":
            post.update({name: {"raw": values[name]} for name in ("title", "content")})
        return 200, post

    def _found(self, values: Mapping[str, Any]) -> list[Entity]:
        """The posts that a query asks for, the newest first."""
        statuses = values.get("status", "publish").split(",")
        slugs = values["slug"].split(",") if "slug" in values else None
        posts = [
            post
            for post in reversed(self.posts.values())
            if post["status"] in statuses
            and (slugs is None or post["slug"] in slugs)
            and str(post["author"]) == values.get("author", str(post["author"]))
        ]
        size = int(values.get("per_page", "10"))
        start = size * (int(values.get("page", "1")) - 1)
        return posts[start : start + size]

    def _add(self, user: str, values: Mapping[str, Any]) -> Entity:
        number = next(self._ids)
        slug = self._free_name(values["slug"])
        post = {
            "id": number,
            "user": user,
            "author": self._user(user)["id"],
            "slug": slug,
            "status": values["status"],
            "link": f"{self.url}/{slug}",
            "date_gmt": "2026-01-01T00:00:00",
            "title": {"raw": values["title"]},
            "content": {"raw": values["content"]},
            "featured_media": values.get("featured_media", 0),
        }
        self.posts[number] = post
        return post

    def _free_name(self, name: str) -> str:
        """The name, with a number where another post or image has it."""
        taken = {
            entity["slug"] for entity in (*self.posts.values(), *self._others["media"].values())
        }
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        return next(each for each in names if each not in taken)

    def _other(self, name: str, method: str, rest: str, values: Mapping[str, Any]) -> Reply:
        """The answer about categories, tags or images."""
        entities = self._others[name]
        if method == "DELETE":
            was_there = entities.pop(int(rest), None)
            return (
                (200, {"deleted": True}) if was_there else (404, {"code": "rest_post_invalid_id"})
            )
        if method == "POST":
            number = next(self._ids)
            entity = {"id": number, "name": values.get("name", ""), "source_url": self.url}
            entities[number] = {**entity, "slug": self._free_name(values.get("slug", ""))}
            return 201, entities[number]
        slugs = values["slug"].split(",") if "slug" in values else None
        search = values.get("search", "").casefold()
        return 200, [
            entity
            for entity in entities.values()
            if (slugs is None or entity["slug"] in slugs) and search in entity["name"].casefold()
        ]


def _handler(blog: BlogServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            address = urlsplit(self.path)
            values = dict(parse_qsl(address.query)) | self._fields(body)
            status, content = blog.answer(self._user(), self.command, address.path, values)
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the names of http.server

        def _fields(self, body: bytes) -> dict[str, Any]:
            """The fields of a JSON object, or those of a form that are texts."""
            if self.headers.get("content-type", "").startswith("application/json"):
                fields: dict[str, Any] = json.loads(body)
                return fields
            pairs = re.findall(rb'; name="(\w+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL)
            return {name.decode(): value.decode() for name, value in pairs}

        def _user(self) -> str:
            """The user whose name and password came with the request, "" for none."""
            encoded = self.headers.get("authorization", "").removeprefix("Basic ")
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            return user if password and blog.passwords.get(user) == password else ""

        def log_message(self, *_: object) -> None:
            pass

    return Handler
