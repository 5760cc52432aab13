"""Generates the JSON Schemas of the package from the types of the documents: `make schemas`.

By our own code: before Python 3.12 pydantic accepts no TypedDict of the standard library that has
a base class, and typing_extensions, whose TypedDict it accepts, would slow down every start.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import reblogbot
from reblogbot.admin.documents.registry import DOCUMENTS

FOLDER = Path(reblogbot.__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}

Schema = dict[str, Any]


def file_name(command: str) -> str:
    """`queue-list.json` for `queue list`."""
    return f"{command.replace(' ', '-')}.json"


def schema_of(command: str) -> Schema:
    """The schema of the document that a command prints with `--json`."""
    definitions: dict[str, Schema] = {}
    root = _schema(DOCUMENTS[command], definitions)
    if "$ref" in root:
        root = definitions.pop(root["$ref"].rpartition("/")[2])
    title = f"reblogbot {command} --json" if command != "error" else "an error of reblogbot"
    schema = {"$schema": DIALECT, "title": title, **root}
    return {**schema, "$defs": dict(sorted(definitions.items()))} if definitions else schema


def _schema(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of a type; those of its dictionaries are added to the definitions."""
    if kind in _NAMES:
        return {"type": _NAMES[kind]}
    if is_typeddict(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}  # for a type within itself
            definitions[kind.__name__] = _object(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return _generic_schema(kind, definitions)


def _generic_schema(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of a type with arguments."""
    arguments = get_args(kind)
    match get_origin(kind):
        case origin if origin in (Union, UnionType):
            return _union([_schema(part, definitions) for part in arguments])
        case origin if origin is Literal:
            return {"enum": list(arguments)}
        case origin if origin is list:
            return {"type": "array", "items": _schema(arguments[0], definitions)}
        case origin if origin is dict:
            values = {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
            keys = _schema(arguments[0], definitions)
            return values if arguments[0] is str else {**values, "propertyNames": keys}
    raise TypeError(f"{kind}: a document cannot have a value of this type")


def _union(parts: list[Schema]) -> Schema:
    """One list of values for several, one list of types for several, else alternatives."""
    if all(part.keys() == {"enum"} for part in parts):
        return {"enum": [value for part in parts for value in part["enum"]]}
    if all(part.keys() == {"type"} for part in parts):
        return {"type": [part["type"] for part in parts]}
    return {"anyOf": parts}


def _object(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """The schema of a dictionary with certain keys; more may come in later versions."""
    docstrings = _attribute_docstrings(kind)
    properties, required = {}, []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        is_optional = get_origin(hint) is NotRequired
        value = get_args(hint)[0] if is_optional else hint
        properties[name] = _schema(value, definitions)
        if name in docstrings:
            properties[name] = {**properties[name], "description": docstrings[name]}
        if not is_optional:
            required.append(name)
    return {
        "type": "object",
        "description": inspect.cleandoc(kind.__doc__),
        "properties": properties,
        "required": required,
    }


def _attribute_docstrings(kind: Any) -> dict[str, str]:
    """The docstrings below the keys of the type and of its bases, which it does not name itself."""
    try:
        source = inspect.getsource(kind)
    except OSError:  # made by a call, for keys that are words of Python
        return {}
    (definition,) = ast.parse(textwrap.dedent(source)).body
    assert isinstance(definition, ast.ClassDef)
    names = vars(sys.modules[kind.__module__])
    docstrings: dict[str, str] = {}
    for base in definition.bases:
        if isinstance(base, ast.Name) and names[base.id] is not TypedDict:
            docstrings |= _attribute_docstrings(names[base.id])
    for key, text in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(text, ast.Expr):
            docstrings[ast.unparse(key.target)] = inspect.cleandoc(ast.literal_eval(text.value))
    return docstrings


def strict(schema: Any) -> Any:
    """The same schema for our own answers, which have no keys but those it names."""
    if isinstance(schema, list):
        return list(map(strict, schema))
    if not isinstance(schema, dict):
        return schema
    parts = {name: strict(part) for name, part in schema.items()}
    return {**parts, "additionalProperties": False} if "required" in parts else parts


def text(command: str) -> str:
    """The content of the schema's file."""
    return json.dumps(schema_of(command), indent=2, ensure_ascii=False) + "\n"


def write_all() -> None:
    """Write all schemas, and delete those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for command in DOCUMENTS:
        (FOLDER / file_name(command)).write_text(text(command), encoding="utf-8")


if __name__ == "__main__":
    write_all()
