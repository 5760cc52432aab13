"""Replies of the parser child: JSON, validated by the return type of the called function."""

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
    """A reply of another type or size than allowed; the message says why in a few words."""


def encode(value: Any) -> bytes:
    """The value as JSON in UTF-8.

    Dataclasses become objects, tuples arrays, bytes Base64, instants and durations ISO 8601. A
    lone surrogate, which UTF-8 cannot encode, becomes "?". Raises TypeError for any other type.
    """
    text = json.dumps([value], default=_json_value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _json_value(value: Any) -> Any:
    match value:
        case datetime(tzinfo=None):
            raise TypeError("an instant without a zone")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            sign, size = ("-", -value) if value < timedelta() else ("", value)
            return f"{sign}P{size.days}DT{size.seconds}.{size.microseconds:06}S"
        case bytes():
            return binascii.b2a_base64(value, newline=False).decode("ascii")
        case set() | frozenset():
            return list(value)
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is None:
        raise TypeError(f"{type(value).__name__} cannot be sent")
    return {name: getattr(value, name) for name in fields}


def decode(return_type: type[T], reply: bytes) -> T:
    """The value in an encoded reply, which must be of type `return_type`.

    Every field must be present and of its type; instants become aware UTC. Raises ReplyError for
    anything else, TypeError for a type that no reply can have.
    """
    from pydantic_core import ValidationError  # noqa: PLC0415  the child never decodes

    try:
        (value,) = _validator(cast("Any", return_type)).validate_json(reply, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise ReplyError(f"{where}: {first['type']}" if where else first["type"]) from None
    return cast("T", value)


def return_type(function: Callable[..., T]) -> type[T]:
    """The annotated return type of a function. Raises TypeError when none or no usable one."""
    return cast("type[T]", _return_type(function))


@lru_cache(maxsize=256)
def _return_type(function: Callable[..., Any]) -> Any:
    try:
        annotated = get_type_hints(function)["return"]
        _validator(annotated)
    except (KeyError, NameError, TypeError) as error:
        name = getattr(function, "__qualname__", repr(function))
        raise TypeError(f"{name} is not annotated with a usable return type: {error}") from error
    return annotated


@lru_cache(maxsize=256)
def _validator(return_type: Any) -> SchemaValidator:
    from pydantic import TypeAdapter  # noqa: PLC0415
    from pydantic.errors import PydanticUserError  # noqa: PLC0415
    from pydantic_core import SchemaValidator  # noqa: PLC0415

    try:
        schema = TypeAdapter(tuple[return_type]).core_schema
    except PydanticUserError as error:
        raise TypeError(f"{return_type} cannot be read from a reply") from error
    return SchemaValidator(cast("Any", _strict(schema)))


def _strict(schema: Any) -> Any:
    """The schema without defaults, with sequences that end at their first error, instants in UTC.

    Otherwise a reply of a million `{}` would become a million entries, and one of a million `0`
    a million errors.
    """
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "default":
        return _strict(schema["schema"])
    if kind == "datetime":
        return _after(_to_utc, {**schema, "tz_constraint": "aware"})
    if kind == "bytes":
        return _after(_decode_base64, {"type": "str"})
    ends_early = {"fail_fast": True} if kind in ("list", "tuple", "set", "frozenset") else {}
    return {key: _strict(part) for key, part in schema.items()} | ends_early


def _after(function: Callable[[Any], Any], schema: Any) -> Any:
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": function},
        "schema": schema,
    }


def _decode_base64(text: str) -> bytes:
    return binascii.a2b_base64(text, strict_mode=True)


def _to_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999") from None
