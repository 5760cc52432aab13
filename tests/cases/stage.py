"""Runs a reported case with web servers, a Mastodon API, the program and a clock.

A README beside the cases describes their format. All servers are on loopback.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import time_machine

from fediverse.server import FediverseServer, run_in_thread
from harness import CliResult
from reblogbot.core.text import html_to_text

Json = dict[str, Any]
RELATIONSHIP = {
    "following": False,
    "followed_by": False,
    "blocking": False,
    "blocked_by": False,
    "muting": False,
    "domain_blocking": False,
    "requested": False,
}


@dataclass(frozen=True)
class Act:
    """A request that a server accepted: `act` is post, boost, quote or edit; a boost has a `uri`."""

    account: str
    act: str
    text: str = ""
    uri: str = ""
    language: str = ""
    images: tuple[str, ...] = ()
    fields: Json = field(default_factory=dict)


# the web


class WebServer:
    """A web server with the pages of the steps, and a Mastodon API once a step has one."""

    def __init__(self) -> None:
        self.pages: Json = {}
        self.requests: list[str] = []
        self.api: MastodonApi | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"

    @contextmanager
    def running(self) -> Iterator[WebServer]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def serve_mastodon_api(self, state: Json) -> None:
        """Serve a Mastodon API from now on, with this timeline and instance."""
        self.api = self.api or MastodonApi(self.url)
        self.api.state = state

    def _handler(web) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with contextlib.suppress(OSError):
                    web.answer(self)

            def do_POST(self) -> None:
                self.do_GET()

            def do_PUT(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append(request.path)
        parts = urlsplit(request.path)
        page = self.pages.get(request.path) or self.pages.get(parts.path)
        if page is None and self.api is not None:
            body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
            sent = _sent(body, request.headers.get("Content-Type") or "")
            status, answer = self.api.answer(request.command, parts, sent)
            head = {"status": status, "headers": {"Content-Type": "application/json"}}
            page = {**head, "body": json.dumps(answer)}
        _reply(request, page or {"status": 404, "headers": {}, "body": "nothing here"})


def _reply(request: BaseHTTPRequestHandler, page: Json) -> None:
    gate = page.get("without_cookie")
    if gate and gate["cookie"] not in (request.headers.get("Cookie") or "").split("; "):
        page = gate
    body = page.get("body", "")
    is_binary = body.startswith("base64:")
    content = base64.b64decode(body.removeprefix("base64:")) if is_binary else body.encode()
    request.send_response(page.get("status", 200))
    for name, value in page.get("headers", {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


def _sent(body: bytes, kind: str) -> Json:
    """The fields of a request's body, JSON or form."""
    if "json" in kind:
        sent: Json = json.loads(body)
        return sent
    if "urlencoded" not in kind:
        return {}
    fields = parse_qs(body.decode(), keep_blank_values=True)
    return {
        name.removesuffix("[]"): values if name.endswith("[]") else values[-1]
        for name, values in fields.items()
    }


# the Mastodon API


class MastodonApi:
    """A server with the statuses of the step's timeline and the account `bot`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.state: Json = {}
        self.acts: list[Act] = []
        self.own: list[Json] = []
        me = {"id": "1", "username": "bot", "acct": "bot", "display_name": "Bot", "note": ""}
        self.me = {**me, "url": f"{url}/@bot", "uri": f"{url}/users/bot", "bot": True}

    def answer(self, method: str, parts: Any, sent: Json) -> tuple[int, Any]:
        """Return the HTTP status and JSON of an answer."""
        query = parse_qs(parts.query)
        for verb, path, act in _ROUTES:
            match = re.fullmatch(f"/api/v[12]/{path}", parts.path)
            if verb == method and match:
                answer: tuple[int, Any] = act(self, *match.groups(), query, sent)
                return answer
        return 404, {"error": "Not found"}

    def status_or_404(self, status: Json | None) -> tuple[int, Any]:
        return (200, status) if status else (404, {"error": "Record not found"})

    def status(self, id_: str) -> Json | None:
        statuses = [*self.state.get("timeline", []), *self.own]
        return next((status for status in statuses if status["id"] == id_), None)

    def edit(self, id_: str, sent: Json) -> tuple[int, Any]:
        self.acts.append(_act("edit", sent))
        return self.status_or_404(self.status(id_))

    def authors(self) -> dict[str, Json]:
        return {
            status["account"]["id"]: status["account"] for status in self.state.get("timeline", [])
        }

    def relationship(self, id_: str) -> Json:
        return {"id": id_, **RELATIONSHIP, **self.state.get("relationships", {}).get(id_, {})}

    def search(self, wanted: str) -> Json:
        statuses = [] if self.state.get("search") == "empty" else self.state.get("timeline", [])
        hits = [status for status in statuses if wanted in (status["uri"], status["url"])]
        return {"accounts": [], "hashtags": [], "statuses": hits}

    def instance(self) -> Json:
        instance = self.state.get("instance", {})
        return {
            "domain": "127.0.0.1",
            "uri": "127.0.0.1",
            "title": "Case",
            "version": instance.get("version") or instance.get("software") or "4.5.3",
            "source_url": instance.get("source_url", "https://github.com/mastodon/mastodon"),
            "configuration": {
                "statuses": {"max_characters": 500, "characters_reserved_per_url": 23}
            },
        }

    def post(self, sent: Json) -> tuple[int, Any]:
        quoted = self.status(str(sent.get("quoted_status_id", "")))
        if quoted and quoted.get("quote_approval", {}).get("current_user") == "denied":
            return 422, {"error": "Validation failed: Quote is not allowed"}
        self.acts.append(_act("quote" if quoted else "post", sent))
        return 200, self._new({"content": f"<p>{sent.get('status', '')}</p>", "reblog": None})

    def boost(self, id_: str) -> tuple[int, Any]:
        status = self.status(id_)
        if status is None:
            return 404, {"error": "Record not found"}
        self.acts.append(Act("bot", "boost", uri=status["uri"]))
        return 200, self._new({"content": status["content"], "reblog": status})

    def _new(self, facts: Json) -> Json:
        id_ = str(9000 + len(self.own))
        page = f"{self.url}/@bot/{id_}"
        status = {"id": id_, "uri": page, "url": page, "account": self.me, "visibility": "unlisted"}
        self.own.append({**status, "created_at": "2026-11-27T09:20:00.000Z", **facts})
        return self.own[-1]


def _read_timeline(api: MastodonApi, query: Json, _sent: Json) -> tuple[int, Any]:
    has_older_page = {"max_id", "since_id", "min_id"} & set(query)
    return 200, [] if has_older_page else api.state.get("timeline", [])


def _read_relationships(api: MastodonApi, query: Json, _sent: Json) -> tuple[int, Any]:
    return 200, [api.relationship(id_) for id_ in query.get("id[]", [])]


_ROUTES: tuple[tuple[str, str, Callable[..., tuple[int, Any]]], ...] = (
    ("GET", "instance", lambda api, *_: (200, api.instance())),
    ("GET", "accounts/verify_credentials", lambda api, *_: (200, api.me)),
    ("GET", "accounts/relationships", _read_relationships),
    ("GET", "accounts/1/statuses", lambda api, *_: (200, api.own[::-1])),
    ("GET", r"accounts/(\d+)", lambda api, id_, *_: api.status_or_404(api.authors().get(id_))),
    ("GET", "timelines/.*", _read_timeline),
    ("GET", "search", lambda api, query, _: (200, api.search(query.get("q", [""])[0]))),
    ("POST", "statuses", lambda api, _, sent: api.post(sent)),
    ("PUT", r"statuses/(\d+)", lambda api, id_, _, sent: api.edit(id_, sent)),
    ("GET", r"statuses/(\d+)", lambda api, id_, *_: api.status_or_404(api.status(id_))),
    ("POST", r"statuses/(\d+)/reblog", lambda api, id_, *_: api.boost(id_)),
)


def _act(act: str, sent: Json) -> Act:
    text, language = str(sent.get("status", "")), str(sent.get("language", ""))
    return Act("bot", act, text, language=language, fields=sent)


# running a case


@dataclass
class Outcome:
    """The result of a case: what the servers accepted, and the result of each command."""

    acts: list[Act]
    runs: list[CliResult]
    acts_after: list[int]
    """The number of acts accepted until the end of each step."""
    queue: list[Json]
    requests: list[str]
    status: Json
    images: list[str]

    def during(self, step: int) -> list[Act]:
        """The acts of one step, counted from 0."""
        before = self.acts_after[step - 1] if step else 0
        return self.acts[before : self.acts_after[step]]

    @property
    def texts(self) -> list[str]:
        return [act.text for act in self.acts if act.act == "post"]

    def held(self) -> list[Json]:
        return [delivery for delivery in self.queue if delivery["state"] == "held"]


def play(case: Json, folder: Path, cli: Callable[..., CliResult]) -> Outcome:
    """Run the steps of a case in a folder, where `cli` runs the program."""
    with ExitStack() as stack:
        webs = [stack.enter_context(WebServer().running()) for _ in range(2)]
        start = datetime.fromisoformat(case["made_at"])
        traveller = stack.enter_context(time_machine.travel(start, tick=True))
        masto = stack.enter_context(run_in_thread())
        _write_tokens(folder, masto)
        stage = _Stage(webs, masto, folder, cli)
        for number, step in enumerate(case["steps"]):
            offset = timedelta(minutes=number, seconds=step.get("clock_offset_seconds", 0))
            traveller.move_to(start + offset)
            stage.perform(step)
        return stage.outcome()


def _write_tokens(folder: Path, masto: FediverseServer) -> None:
    for name in ("bot", "bot2"):
        file = folder / f"{name}.token"
        file.touch(0o600)
        file.write_text(masto.add_account(name, bot=True), encoding="utf-8")


class _Stage:
    def __init__(
        self,
        webs: list[WebServer],
        masto: FediverseServer,
        folder: Path,
        cli: Callable[..., CliResult],
    ) -> None:
        self._webs = webs
        self._masto = masto
        self._folder = folder
        self._cli = cli
        self._runs: list[CliResult] = []
        self._acts_after: list[int] = []

    def perform(self, step: Json) -> None:
        if "config" in step:
            (self._folder / "config.toml").write_text(self._fill_in(step["config"]), "utf-8")
        for path, page in step.get("pages", {}).items():
            web = self._webs[path.startswith("2:")]
            web.pages[path.removeprefix("2:")] = json.loads(self._fill_in(json.dumps(page)))
        if "mastodon_api" in step:
            self._webs[0].serve_mastodon_api(
                json.loads(self._fill_in(json.dumps(step["mastodon_api"])))
            )
        command = [self._fill_in(word) for word in step["command"]]
        self._runs.append(self._cli(*command, *(["--json"] if command[0] == "sync" else [])))
        self._acts_after.append(len(self._acts()))

    def _fill_in(self, text: str) -> str:
        first, second = self._webs
        for name, value in {
            "{WEB}": first.url,
            "{WEBHOST}": first.host,
            "{WEB2}": second.url,
            "{WEB2HOST}": second.host,
            "{MASTO}": self._masto.url,
        }.items():
            text = text.replace(name, value)
        return text

    def _acts(self) -> list[Act]:
        api = self._webs[0].api
        return [*map(self._sandbox_act, self._masto.accepted), *(api.acts if api else ())]

    def _sandbox_act(self, fact: Any) -> Act:
        statuses = self._masto.statuses(fact["account"])
        status = next((status for status in statuses if status["id"] == fact["id"]), {})
        media = tuple(attachment["url"] for attachment in status.get("media_attachments", ()))
        text = fact.get("text", "")
        if not text and status:
            text = html_to_text(status["content"])
        language = status.get("language") or ""
        return Act(fact["account"], fact["act"], text, fact.get("uri", ""), language, media)

    def outcome(self) -> Outcome:
        queue = self._cli("queue", "list", "--json")
        requests = [path for web in self._webs for path in web.requests]
        return Outcome(
            acts=self._acts(),
            runs=self._runs,
            acts_after=self._acts_after,
            queue=queue.json["deliveries"] if isinstance(queue.json, dict) else queue.json,
            requests=requests,
            status=self._cli("status", "--json").json,
            images=[path for path in requests if path.endswith((".png", ".jpg", ".gif"))],
        )
