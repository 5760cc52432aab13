"""Collects the texts of the admin's page into the catalogue of each language: `make catalogues`.

What is marked in the templates (`_("…")`, `{% trans %}`) and in Python (`Words("…")`) is added, what
nothing uses any more is removed, and translations stay. The comment at the head of a catalogue is
kept as it is. There are no dates and no places of the texts, so that branches seldom conflict; no
automatic merge driver is used, since `union` mixes the lines of entries.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

import reblogbot

PACKAGE = Path(reblogbot.__file__).parent
LOCALES = PACKAGE / "admin_page" / "locales"
TEMPLATES = PACKAGE / "admin_page" / "templates"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "trimmed": "true", "silent": "false"}
"""As the environment of the templates is made in rendering.py."""

MessageId = str | tuple[str, str]
"""A text, or a text and its plural."""


@cache
def extracted() -> Catalog:
    """All texts that can be translated."""
    catalog = Catalog()
    for path in sorted(TEMPLATES.glob("*.html")):
        for message_id in _of_template(path):
            catalog.add(message_id)
    for path in sorted(PACKAGE.rglob("*.py")):
        for message_id in of_python(path.read_text(encoding="utf-8"), str(path)):
            catalog.add(message_id)
    return catalog


def _of_template(path: Path) -> Iterator[MessageId]:
    with path.open("rb") as source:
        for _, function, texts, _ in babel_extract(source, KEYWORDS, [], OPTIONS):
            parts = (texts,) if isinstance(texts, str) else texts
            count = 2 if function == "ngettext" else 1
            literals = [text for text in parts[:count] if isinstance(text, str)]
            if len(literals) != count:
                raise ValueError(f"{path.name}: {function}() takes texts, no variables")
            yield (literals[0], literals[1]) if count == 2 else literals[0]


def of_python(source: str, name: str) -> Iterator[MessageId]:
    """The texts that a module marks. Raises ValueError for one that cannot be collected."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "Words":
            continue
        texts: list[Any] = [getattr(argument, "value", None) for argument in node.args]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise ValueError(
                f"{name}:{node.lineno}: Words() takes a literal; where a sentence is chosen, "
                "make it Words without values, and call its method `filled`"
            )
        if any(
            form or conversion
            for text in texts
            for _, _, form, conversion in Formatter().parse(text)
        ):
            raise ValueError(
                f"{name}:{node.lineno}: write {{…}} without a format, and format its value before"
            )
        yield tuple(texts) if len(texts) > 1 else texts[0]


def languages() -> list[str]:
    """The languages that have a catalogue."""
    return sorted(path.parents[1].name for path in LOCALES.glob("*/LC_MESSAGES/reblogbot.po"))


def catalogue_path(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "reblogbot.po"


def read_catalogue(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def merged(language: str) -> str:
    """The content that the catalogue of a language should have."""
    head, _, _ = catalogue_path(language).read_text(encoding="utf-8").partition("\n\n")
    old, new = read_catalogue(language), Catalog(locale=language)
    for message in extracted():
        if message.id:
            present = old.get(message.id)
            new.add(message.id, present.string if present else None)
    entries = BytesIO()
    write_po(entries, new, width=0, no_location=True, omit_header=True, sort_output=True)
    return f"{head}\n\n{entries.getvalue().decode().strip()}\n"


def write_all() -> None:
    """Write all catalogues, and list what is not translated."""
    for language in languages():
        catalogue_path(language).write_text(merged(language), encoding="utf-8")
        missing = untranslated(read_catalogue(language))
        print(f"{catalogue_path(language)}: {len(missing)} to translate", *missing, sep="\n  ")


def untranslated(catalog: Catalog) -> list[str]:
    """The texts without a translation."""
    return [
        str(message.id)
        for message in catalog
        if message.id
        and not all([message.string] if isinstance(message.string, str) else message.string)
    ]


if __name__ == "__main__":
    sys.exit(write_all())
