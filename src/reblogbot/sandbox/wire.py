"""One request as an endpoint sees it, one answer as it gives it, and what a route is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from reblogbot.sandbox.entities import Entities, Entity
from reblogbot.sandbox.profiles import No, Profile
from reblogbot.sandbox.records import Account, Status, Token
from reblogbot.sandbox.world import World

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
ERROR_PAGE = (
    "<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{words}</h1></body></html>"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer in bytes; `kind` is its Content-Type."""

    body: bytes = b""
    status: int = 200
    kind: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Reply = Answer | Entity | list[Entity] | list[str]


def as_json(entity: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(json.dumps(entity, ensure_ascii=False).encode(), status, JSON, headers or {})


def as_refusal(no: No, **values: object) -> Answer:
    """The answer in which a server of that kind says no; `values` fill in its words."""
    words = no.words.format(**values) if values else no.words
    match no.body:
        case "json":
            return as_json({"error": words or "Record not found"}, no.status)
        case "html":
            page = ERROR_PAGE.format(status=no.status, words=words or "Something went wrong")
            return Answer(page.encode(), no.status, HTML)
        case "text":
            return Answer(words.encode(), no.status, "text/plain; charset=utf-8")
        case "empty":
            return Answer(b"", no.status, "text/plain")


class Refused(Exception):
    """Carries the answer of an endpoint that says no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refuse(no: No, **values: object) -> Refused:
    """What an endpoint raises to say no."""
    return Refused(as_refusal(no, **values))


NOT_FOUND = No(404, words="Record not found")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file within a multipart form."""

    name: str
    content: bytes


class Params:
    """What was asked, from the query, a form or JSON; the last value of a name counts."""

    def __init__(self, pairs: Iterable[tuple[str, Any]], *, is_form: bool = False) -> None:
        self.is_form = is_form
        """Whether it came as a form, so that all values but files are texts."""
        self._values: dict[str, list[Any]] = {}
        for name, value in pairs:
            self._values.setdefault(name.removesuffix("[]"), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def value(self, name: str) -> Any:
        """The value as it came; None where there is none."""
        return self._values.get(name, [None])[-1]

    def text(self, name: str, default: str = "") -> str:
        value = self.value(name)
        return default if value is None else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether a switch is on: 1, true, on, yes."""
        if name not in self._values:
            return default
        return self.text(name).lower() in ("1", "true", "on", "yes", "t")

    def number(self, name: str, default: int, ceiling: int) -> int:
        """A whole number from 1 to `ceiling`, or the default."""
        return max(1, min(self._digits(name, default), ceiling))

    def offset(self) -> int:
        """How many of the found to leave out."""
        return self._digits("offset", 0)

    def _digits(self, name: str, default: int) -> int:
        digits = self.text(name)
        return int(digits[:9]) if digits.isdecimal() else default

    def many(self, name: str) -> list[Any]:
        """All values of `name[]`, or of `name` where it is a list."""
        return [value for value in self._values.get(name, ()) if value not in (None, "")]

    def upload(self, name: str) -> Upload | None:
        value = self.value(name)
        return value if isinstance(value, Upload) else None


@dataclass(slots=True)
class Call:
    """A request that was read in full, with the one who makes it."""

    world: World
    method: str
    url: str
    headers: Mapping[str, str]
    params: Params
    places: Mapping[str, str]
    """What stands in the path where the route has {names}."""
    arrived: int = 0
    """How far the journal was when the request came in."""
    alone: bool = True
    """Whether no other request with the same Idempotency-Key is in flight."""
    token: Token | None = None
    account: Account | None = None

    @property
    def profile(self) -> Profile:
        return self.world.profile

    @property
    def viewer(self) -> Account:
        """Who asks; only for routes that demand a token."""
        if self.account is None:
            raise refuse(self.profile.no_token)
        return self.account

    @property
    def show(self) -> Entities:
        """The entities as the one who asks may see them."""
        return Entities(self.world, self.account)

    def find_status(self, name: str = "id") -> Status:
        """The status the path names, if the viewer may see it; a boost's own id finds the boost."""
        found = self.world.find_status(self.places[name])
        if found is None or not self.world.may_see(self.account, found):
            raise refuse(self._missing(self.places[name]))
        return found

    def find_account(self, name: str = "id") -> Account:
        found = self.world.state.accounts.get(self.places[name])
        if found is None:
            raise refuse(self._missing(self.places[name]))
        return found

    def _missing(self, asked: str) -> No:
        """A wrong id and a lost one look different on some servers."""
        return (
            self.profile.deleted if asked.isalnum() and len(asked) > 8 else self.profile.garbage_id
        )


Act = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, what answers it, and the scopes of which one is needed ("a|b").

    Without a scope anybody may ask; `open` lets strangers in, but holds a token to the scope.
    """

    method: str
    path: str
    act: Act
    scope: str = ""
    open: bool = False


async def read_params(request: web.Request) -> Params:
    """All parameters of a request; its whole body is read. Refused when it is malformed."""
    pairs: list[tuple[str, Any]] = list(request.query.items())
    is_form = request.can_read_body and request.content_type != "application/json"
    if request.content_type == "application/json":
        pairs += _json_pairs(await request.read())
    elif is_form:
        for name, value in (await request.post()).items():
            pairs.append((name, _upload(value) if isinstance(value, FileField) else value))
    return Params(pairs, is_form=is_form)


def _upload(field: FileField) -> Upload:
    return Upload(field.filename, field.file.read())


def _json_pairs(body: bytes) -> list[tuple[str, Any]]:
    try:
        values = json.loads(body or b"{}")
    except ValueError as error:
        raise refuse(No(400, words="Error occurred while parsing request parameters")) from error
    if not isinstance(values, dict):
        raise refuse(No(400, words="Error occurred while parsing request parameters"))
    return [
        (name, part)
        for name, value in values.items()
        for part in (value if isinstance(value, list) else [value])
    ]
