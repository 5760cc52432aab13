"""Replies of the parser child: JSON, read by the type that the function says it returns."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_type_hints

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

T = TypeVar("T")


class ReplyError(Exception):
    """A reply that is not what was asked for; the message says in a few words why."""


def encode(value: Any) -> bytes:
    """The value as JSON in UTF-8.

    Dataclasses are objects, tuples arrays, bytes Base64, instants and spans ISO 8601. A lone
    surrogate, which UTF-8 does not have, becomes "?". Raises TypeError for any other type.
    """
    text = json.dumps([value], default=_plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    match value:
        case datetime(tzinfo=None):
            raise TypeError("an instant without a zone")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            sign, span = ("-", -value) if value < timedelta() else ("", value)
            return f"{sign}P{span.days}DT{span.seconds}.{span.microseconds:06}S"
        case bytes():
            return binascii.b2a_base64(value, newline=False).decode("ascii")
        case set() | frozenset():
            return list(value)
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        raise TypeError(f"{type(value).__name__} cannot be sent")
    return {name: getattr(value, name) for name in fields}


def decode(returned: type[T], reply: bytes) -> T:
    """The value of type `returned` in an encoded reply.

    Every field must be there and of its type; instants are aware UTC. Raises ReplyError for
    anything else, TypeError for a type that no reply can have.
    """
    from pydantic_core import ValidationError  # noqa: PLC0415  the child never decodes

    try:
        (value,) = _validator(cast("Any", returned)).validate_json(reply, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise ReplyError(f"{where}: {first['type']}" if where else first["type"]) from None
    return cast("T", value)


def returned(function: Callable[..., T]) -> type[T]:
    """The type that `function` is annotated to return. Raises TypeError without a usable one."""
    return cast("type[T]", _returned(function))


@lru_cache(maxsize=256)
def _returned(function: Callable[..., Any]) -> Any:
    try:
        found = get_type_hints(function)["return"]
        _validator(found)
    except (KeyError, NameError, TypeError) as error:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is not annotated with a type of result: {error}") from error
    return found


@lru_cache(maxsize=256)
def _validator(returned: Any) -> SchemaValidator:
    from pydantic import TypeAdapter  # noqa: PLC0415
    from pydantic.errors import PydanticUserError  # noqa: PLC0415
    from pydantic_core import SchemaValidator  # noqa: PLC0415

    try:
        schema = TypeAdapter(tuple[returned]).core_schema
    except PydanticUserError as error:
        raise TypeError(f"{returned} cannot be read from a reply") from error
    return SchemaValidator(cast("Any", _tightened(schema)))


def _tightened(schema: Any) -> Any:
    """The schema without defaults, its sequences left at the first fault, its instants aware UTC.

    A reply of `{}` a million times would else become a million entries, of `0` a million errors.
    """
    if isinstance(schema, list):
        return [_tightened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "default":
        return _tightened(schema["schema"])
    if kind == "datetime":
        return _after(_utc, {**schema, "tz_constraint": "aware"})
    if kind == "bytes":
        return _after(_octets, {"type": "str"})
    strict = {"fail_fast": True} if kind in ("list", "tuple", "set", "frozenset") else {}
    return {key: _tightened(part) for key, part in schema.items()} | strict


def _after(function: Callable[[Any], Any], schema: Any) -> Any:
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }


def _octets(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None
