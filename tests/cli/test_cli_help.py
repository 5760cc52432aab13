"""`help`, `schema`, and the manual page."""

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from json_schemas import FOLDER
from man_page import PAGE, ROOT, SECTIONS, man_page
from reblogbot.admin.documents.registry import DOCUMENTS
from reblogbot.cli.help_topics import TOPICS
from reblogbot.core.templates import BUILT_IN, TemplateContext
from reblogbot.errors import Exit

SRC = ROOT / "src" / "reblogbot"


def test_help_without_a_word_lists_commands_and_topics(cli):
    ran = cli("help")
    assert ran.code == 0
    assert ran.out.startswith("usage: reblogbot")
    for name, topic in TOPICS.items():
        assert re.search(rf"^    {name} +{topic.summary}$", ran.out, re.MULTILINE)


@pytest.mark.parametrize("words", [["sync"], ["queue", "list"], ["queue"]])
def test_help_of_a_command_is_what_its_option_prints(cli, capsys, words):
    with pytest.raises(SystemExit):
        cli(*words, "--help")
    expected = capsys.readouterr().out
    assert cli("help", *words).out == expected


@pytest.mark.parametrize("name", TOPICS)
def test_help_of_a_topic_prints_its_text_within_100_columns(cli, name):
    ran = cli("help", name)
    assert (ran.code, ran.out) == (0, TOPICS[name].text)
    assert max(map(len, ran.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["exit-code"], 'did you mean "exit-codes"?'),
        (["snyc"], 'did you mean "sync"?'),
        (["queue", "lst"], 'no verb of reblogbot queue "lst"; did you mean "list"?'),
        (["xyzzy"], "there are exit-codes, environment, templates, accessibility, demo"),
        (["sync", "now"], "there is none"),
    ],
)
def test_help_of_something_unknown_names_what_there_is(cli, words, message):
    ran = cli("help", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def environment_variables():
    """The literal names that the program looks up in its environment."""
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and "environ.get" in ast.unparse(node.func):
                yield node.args[0]
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
                yield node.slice


def test_every_variable_that_the_program_reads_is_explained():
    names = {node.value for node in environment_variables() if isinstance(node, ast.Constant)}
    assert "REBLOGBOT_CONFIG" in names
    assert {name for name in names if name not in TOPICS["environment"].text} == set()


def test_every_exit_code_is_explained():
    codes = re.findall(r"^  (\d+) ", TOPICS["exit-codes"].text, re.MULTILINE)
    assert sorted(map(int, codes)) == sorted(Exit)


def test_every_name_of_a_template_is_explained():
    words = set(re.findall(r"[\w-]+", TOPICS["templates"].text))
    assert {*BUILT_IN, *TemplateContext._fields} <= words


# schema


def test_schema_without_a_command_lists_those_that_have_one(cli):
    assert set(cli("schema").out.split()) == {path.stem for path in FOLDER.iterdir()}


@pytest.mark.parametrize("command", ["status", "queue list", "queue-list", "error"])
def test_schema_prints_the_file_of_the_command(cli, command):
    schema = cli("schema", *command.split()).json
    assert schema == json.loads((FOLDER / f"{command.replace(' ', '-')}.json").read_text())
    assert command.replace("-", " ") in DOCUMENTS


@pytest.mark.parametrize("words", [["statsu"], ["queue", "lst"], ["../schemas/status"]])
def test_schema_of_something_else_is_2_and_names_what_there_is(cli, words):
    ran = cli("schema", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean" in ran.err or "there are accounts-list, admin-password" in ran.err


# the manual page


def test_the_manual_page_is_what_the_parser_says():
    """`make man` writes it after a change of the command line."""
    assert PAGE.read_text(encoding="utf-8") == man_page()
    assert SECTIONS.keys() == TOPICS.keys()


@pytest.mark.parametrize(
    "command",
    [
        ["groff", "-man", "-ww", "-z", "-Kutf8", PAGE],
        ["mandoc", "-T", "lint", "-W", "warning", PAGE],
    ],
    ids=["groff", "mandoc"],
)
def test_the_manual_page_is_clean(command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed: the manual page is not checked by it")
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    # the page names the version instead of a date
    remarks = [line for line in ran.stdout.splitlines() if "missing date" not in line]
    assert (remarks, ran.stderr) == ([], "")


def test_a_terminal_shows_the_manual_page():
    if not shutil.which("groff"):
        pytest.skip("groff is not installed: the manual page is not looked at")
    command = ["groff", "-man", "-Tutf8", "-Kutf8", "-rLL=78n", "-P-c", PAGE]
    page = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    page = re.sub(".\b", "", page)
    assert "reblogbot queue list [OPTIONS]" in page
    assert 'prints {"error": ' in re.sub(" +", " ", page)
    assert "``" not in page
    assert max(map(len, page.splitlines())) <= 78


def test_the_wheel_has_the_manual_page():
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    place = str(Path("share") / "man" / "man1" / "reblogbot.1")
    assert f'"{place}" = "{place}"' in pyproject
