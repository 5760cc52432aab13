"""A request as an endpoint sees it, its parameters, and what a route is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from reblogbot.sandbox.answers import Refused, Reply, refusal_answer
from reblogbot.sandbox.entities import Entities
from reblogbot.sandbox.instance import Instance
from reblogbot.sandbox.profiles import Profile, Refusal
from reblogbot.sandbox.records import Account, Status, Token

_UNPARSABLE = Refusal(400, message="Error occurred while parsing request parameters")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file within a multipart form."""

    name: str
    content: bytes


class Params:
    """The parameters from the query and from a form or JSON; the last value of a name counts."""

    def __init__(self, pairs: Iterable[tuple[str, Any]], *, is_form: bool = False) -> None:
        self.is_form = is_form
        """Whether the body was a form, so that all values but files are texts."""
        self._values: dict[str, list[Any]] = {}
        for name, value in pairs:
            self._values.setdefault(name.removesuffix("[]"), []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def set(self, name: str, *values: Any) -> None:
        """Replace the values of a name; without values the parameter is removed."""
        self._values.pop(name, None)
        if values:
            self._values[name] = list(values)

    def value(self, name: str) -> Any:
        """The value as it was sent; None if it was not."""
        return self._values.get(name, [None])[-1]

    def text(self, name: str, default: str = "") -> str:
        value = self.value(name)
        return default if value is None else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Whether a switch is on: 1, true, on, yes."""
        if name not in self._values:
            return default
        return self.text(name).lower() in ("1", "true", "on", "yes", "t")

    def limit(self, default: int, ceiling: int) -> int:
        """The length of page asked for, from 1 to `ceiling`, or the default."""
        return max(1, min(self._number("limit", default), ceiling))

    def offset(self) -> int:
        """How many results to skip."""
        return self._number("offset", 0)

    def _number(self, name: str, default: int) -> int:
        digits = self.text(name)
        return int(digits[:9]) if digits.isdecimal() else default

    def many(self, name: str) -> list[Any]:
        """All values of `name[]`, or of `name` where it is a list."""
        return [value for value in self._values.get(name, ()) if value not in (None, "")]

    def upload(self, name: str) -> Upload | None:
        value = self.value(name)
        return value if isinstance(value, Upload) else None


Endpoint = Callable[["Call"], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path, the endpoint that answers it, and the scopes that suffice ("a|b").

    Without a scope everybody may call it. `is_open` admits callers without a token, but a token
    that is sent must have the scope.
    """

    method: str
    path: str
    endpoint: Endpoint
    scope: str = ""
    is_open: bool = False


@dataclass(slots=True)
class Call:
    """A request that was read in full; `account` and `token` are set when it is admitted."""

    instance: Instance
    route: Route
    url: str
    """The path with the query."""
    headers: Mapping[str, str]
    params: Params
    path_params: Mapping[str, str]
    token: Token | None = None
    account: Account | None = None

    @property
    def profile(self) -> Profile:
        return self.instance.profile

    @property
    def viewer(self) -> Account:
        """The account that calls. Refused when there is none."""
        if self.account is None:
            raise self.refused("no_token")
        return self.account

    @property
    def entities(self) -> Entities:
        """The entities as the caller may see them."""
        return Entities(self.instance, self.account)

    def is_refused(self, reason: str) -> bool:
        """Whether this kind of server refuses for a reason of REFUSALS."""
        return self.profile.refusal(reason) is not None

    def refused(self, reason: str, **values: object) -> Refused:
        """The exception for a reason for which this kind of server refuses."""
        refusal = self.profile.refusal(reason)
        if refusal is None:
            raise ValueError(f"{self.profile.software} does not refuse for {reason}")
        return refused(refusal, **values)

    def find_status(self) -> Status:
        """The status or boost that the path names. Refused if the caller may not see it."""
        status = self.instance.find_status(self.path_params["id"])
        if status is None or not self.instance.may_see(self.account, status):
            raise self.refused("not_found")
        return status

    def find_account(self) -> Account:
        """The account that the path names. Refused if there is none."""
        account = self.instance.state.accounts.get(self.path_params["id"])
        if account is None:
            raise self.refused("not_found")
        return account


def refused(refusal: Refusal, **values: object) -> Refused:
    """The exception with which an endpoint refuses."""
    return Refused(refusal_answer(refusal, **values))


async def read_params(request: web.Request) -> Params:
    """All parameters of a request, whose body is read. Refused when the body is malformed."""
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
        raise refused(_UNPARSABLE) from error
    if not isinstance(values, dict):
        raise refused(_UNPARSABLE)
    return [
        (name, part)
        for name, value in values.items()
        for part in (value if isinstance(value, list) else [value])
    ]
