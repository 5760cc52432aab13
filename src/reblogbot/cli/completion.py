"""Scripts that complete commands, options and names in a shell (ADR 0045)."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from string import Template

import shtab

from reblogbot.cli.help_topics import TOPICS
from reblogbot.cli.parser import Parser, command_line
from reblogbot.model import DeliveryState

_SECTIONS = {"SOURCE": "sources", "ACCOUNT": "accounts", "STEP": "steps"}
"""The sections of the config from which arguments are names, by their metavars; and by options."""
_SECTIONS_OF_OPTIONS = {"--source": "sources", "--account": "accounts", "--to": "accounts"}
_FILES = frozenset({"PATH", "FILE", "FOLDER"})

# by shell: a function that prints the names of a section which begin with the word to complete
_FUNCTIONS = {
    "bash": """\
_reblogbot_names() {
  local name
  while IFS= read -r name; do
    [[ $name == "${2//\\\\/}"* ]] && printf '%q\\n' "$name"
  done < <($program completion --names "$1" --line "$COMP_LINE" 2>/dev/null)
}
_reblogbot_sources() { _reblogbot_names sources "$1"; }
_reblogbot_accounts() { _reblogbot_names accounts "$1"; }
_reblogbot_steps() { _reblogbot_names steps "$1"; }
""",
    "zsh": """\
_reblogbot_names() {
  local section=$1
  local -a names
  shift
  names=(${(f)"$($program completion --names $section --line "$BUFFER" 2>/dev/null)"})
  compadd "$@" -a names
}
_reblogbot_sources() { _reblogbot_names sources "$@" }
_reblogbot_accounts() { _reblogbot_names accounts "$@" }
_reblogbot_steps() { _reblogbot_names steps "$@" }
""",
    "fish": """\
function _reblogbot_names
  $program completion --names $argv[1] --line (commandline -p | string collect) 2>/dev/null
end
""",
}
SHELLS = tuple(_FUNCTIONS)


def completion_script(shell: str) -> str:
    """The script for a shell, one of SHELLS."""
    parser = command_line()
    _set_completers(parser)
    return str(shtab.complete(parser, shell, preamble=_functions(shell)))


def _functions(shell: str) -> str:
    # a program that no PATH leads to is called as it was when it wrote the script
    program = "reblogbot" if shutil.which("reblogbot") else str(Path(sys.argv[0]).absolute())
    quoted = "'" + program.replace("'", "'\\''") + "'"
    return Template(_FUNCTIONS[shell]).safe_substitute(program=quoted)


def _set_completers(parser: Parser) -> None:
    """Tell shtab how to complete each argument, and describe commands by their short help."""
    parser.description = parser.summary
    for action in parser.visible_actions():
        completer = _completer(action, parser)
        if completer is not None:
            action.complete = completer  # type: ignore[attr-defined]
    for command in parser.subcommands().values():
        _set_completers(command)


def _completer(action: argparse.Action, parser: Parser) -> shtab.CompleteType | None:
    section = _section(action, parser)
    if section:
        function = f"_reblogbot_{section}"
        return {"bash": function, "zsh": function, "fish": f"(_reblogbot_names {section})"}
    if action.metavar in _FILES:
        return shtab.FILE
    if action.metavar == "STATE":
        return _words([state.value for state in DeliveryState])
    if action.metavar == "TOPIC":
        return _words([*command_line().subcommands(), *TOPICS])
    return None


def _section(action: argparse.Action, parser: Parser) -> str:
    """The section of the config whose names the argument takes, "" for none."""
    if not action.option_strings:
        is_source = parser.prog.startswith("reblogbot sources ") and action.metavar in (
            "NAME",
            "OLD",
        )
        return "sources" if is_source else _SECTIONS.get(str(action.metavar), "")
    return next(filter(None, map(_SECTIONS_OF_OPTIONS.get, action.option_strings)), "")


def _words(words: list[str]) -> shtab.CompleteType:
    # printf is part of every shell, so that this starts no program
    return shtab.cmd(f"printf '%s\\n' {' '.join(words)}")
