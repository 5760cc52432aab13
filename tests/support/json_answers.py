"""Holds what a test's command printed with `--json` to the schema of that command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from json_schemas import schema_of, strict
from reblogbot.admin.documents.registry import DOCUMENTS

MORE_THAN_ONE = {"login"}
"""Commands that print a line of JSON before they ask, and the result at the end."""


@cache
def validator(command: str) -> Draft202012Validator:
    """A validator that also refuses keys that the schema does not name."""
    return Draft202012Validator(strict(schema_of(command)))


def check_answer(arguments: Sequence[str], code: int, output: str) -> None:
    """Fail where a command with `--json` printed anything but the documents of its schema."""
    if "--json" not in arguments or code not in (0, 1, 2, 3):
        return
    command = command_of(arguments)
    documents = list(_documents(output))
    assert len(documents) == 1 or command in MORE_THAN_ONE, f"not one document: {output!r}"
    for document in documents:
        is_error = document.keys() == {"error"}
        assert command or is_error, f"no document is registered for {arguments}"
        errors = list(validator("error" if is_error else command).iter_errors(document))
        assert not errors, f"{command or arguments}: {errors[0]}"


def command_of(arguments: Sequence[str]) -> str:
    """The command in the arguments, as the registry names it; "" for none."""
    for number, word in enumerate(arguments):
        for command in (" ".join(arguments[number : number + 2]), word):
            if command in DOCUMENTS:
                return command
    return ""


def _documents(output: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    rest = output.lstrip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].lstrip()
