"""The documents of `--json`: each command has a schema in the package, and its answers keep to it.

That real answers do is checked wherever a test runs a command with `--json` (json_answers).
"""

import argparse
import json

import pytest
from jsonschema import Draft202012Validator

from json_answers import check_answer
from json_schemas import FOLDER, file_name, schema_of, text
from reblogbot.admin.documents.registry import DOCUMENTS
from reblogbot.cli.parser import command_line


def commands_with_json(parser, name=""):
    """The names of the commands below a parser that take `--json`."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, command in action.choices.items():
                yield from commands_with_json(command, f"{name} {verb}".strip())
    if "--json" in parser._option_string_actions:
        yield name


def test_every_command_with_json_has_a_document():
    assert {*commands_with_json(command_line()), "error"} == DOCUMENTS.keys()


@pytest.mark.parametrize("command", DOCUMENTS)
def test_the_package_has_the_schema_of_each_document(command):
    """`make schemas` writes them after a change of a document."""
    assert (FOLDER / file_name(command)).read_text(encoding="utf-8") == text(command)
    Draft202012Validator.check_schema(schema_of(command))


def test_the_package_has_no_other_schema():
    assert {path.name for path in FOLDER.iterdir()} == set(map(file_name, DOCUMENTS))


STOPPED = {"stopped_at": "2026-11-22T08:00:00Z", "queued": 2}


@pytest.mark.parametrize(
    ("command", "document"),
    [
        (["stop"], STOPPED),
        (["-v", "start"], {**STOPPED, "stopped_at": None}),
        (["queue", "list"], {"deliveries": [], "omitted": 0}),
        (["queue", "nonsense"], {"error": {"slug": "usage", "message": "no"}}),
    ],
)
def test_an_answer_that_keeps_to_its_schema_passes(command, document):
    check_answer([*command, "--json"], 0, json.dumps(document))


@pytest.mark.parametrize(
    ("command", "document"),
    [
        (["stop"], {"stopped_at": None}),
        (["stop"], {**STOPPED, "queued": "2"}),
        (["stop"], {**STOPPED, "more": 1}),
        (["queue", "list"], {"deliveries": [{"id": 1}]}),
        (["queue", "nonsense"], STOPPED),
        (["stop"], {"error": {"slug": "usage"}}),
    ],
)
def test_an_answer_that_does_not_keep_to_its_schema_fails(command, document):
    with pytest.raises(AssertionError):
        check_answer([*command, "--json"], 0, json.dumps(document))


@pytest.mark.parametrize("output", ["", "{} {}", "news: paused"])
def test_an_answer_that_is_not_one_document_fails(output):
    with pytest.raises((AssertionError, ValueError)):
        check_answer(["status", "--json"], 0, output)
