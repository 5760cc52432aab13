"""Python's format strings, in which other bots write their posts, as templates of Jinja."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

_MAX_LENGTH = 5000
_LENGTH = re.compile(r"\.(\d{1,4})", re.ASCII)


def jinja_template(written: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The template that prints what the format string prints, and why there is none ("" if so).

    `names` are the template's names by those of the format string; "" for what is left out.
    """
    if len(written) > _MAX_LENGTH:
        return "", f"it is longer than {_MAX_LENGTH} characters"
    parts: list[str] = []
    has_name = False
    try:
        for literal, field, spec, conversion in Formatter().parse(written):
            parts.append(jinja_literal(literal))
            if field is None:
                continue
            length = _LENGTH.fullmatch(spec or "")
            if field not in names or conversion or (spec and not length):
                return "", f"no name of a template stands for {{{field[:40]}}}"
            if names[field]:
                has_name = True
                cut = f"[:{length[1]}]" if length else ""
                parts.append(f"{{{{ {names[field]}{cut} }}}}")
    except ValueError as error:
        return "", f"it is no format string ({error})"
    # what was left out may leave spaces behind
    template = "\n".join(line.rstrip() for line in "".join(parts).split("\n")).strip()
    return template, "" if has_name else "it names nothing of an entry"


def jinja_literal(text: str) -> str:
    """The text as a template that prints it."""
    return text.replace("{", "{{ '{' }}")
