"""Templates of posts: the built-in ones and an admin's own, compiled once and run within bounds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from types import TracebackType
from typing import Any, NamedTuple

import jinja2
import regex
from jinja2 import meta, nodes
from jinja2.compiler import CodeGenerator, Frame, optimizeconst
from jinja2.exceptions import SecurityError, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from reblogbot.config.rules import TemplateUse
from reblogbot.core.text.marks import LINKED, QUOTED
from reblogbot.core.text.shortening import ELLIPSIS, shorten
from reblogbot.errors import ReblogbotError

_HEADLINE = (
    "{% if not title %}{{ summary }}"
    "{% elif not summary or title.startswith('【') %}"
    "{{ title }}{% if title.endswith('】') %}{{ summary }}{% endif %}"
    "{% else %}【{{ title }}】{{ summary }}{% endif %}\n{{ link }}"
)
_REBLOG_OF = "Reblog of {{ source }}:{% if title %} {{ title }}{% endif %}"
_AUTHORS = "{% if authors %}Authors: {{ authors|join(' ; ') }}\n{% endif %}"
_SUMMARY = "{% if summary %}Summary: {{ summary }}\n{% endif %}"
BUILT_IN: Mapping[str, str] = {
    "link": "{{ title }}\n{{ link }}",
    "headline": _HEADLINE,
    "reblog-via": "Reblog via {{ source }}\n\n" + _HEADLINE,
    "paper": (
        "{{ title }}\n"
        "{{ authors[:3]|join(', ') }}{% if authors|length > 3 %} et al.{% endif %}\n"
        "{{ summary|shorten(280) }}\n{{ link }}"
    ),
    "reblog-of": f"{_REBLOG_OF}\n\nReblog via {{{{ source }}}}\n\n{_HEADLINE}",
    "article": f"{{{{ title }}}}\n{{{{ link }}}}\n{_AUTHORS}{_SUMMARY}\n{{{{ results }}}}",
}
ARTICLES: Mapping[str, str] = {
    "reblog-of": (
        f"# {_REBLOG_OF}\n\nReblog via {LINKED}{{{{ source }}}}{LINKED}\n\n{QUOTED}{_HEADLINE}"
    ),
    "article": f"# {{{{ title }}}}\n\n{{{{ link }}}}\n\n{_AUTHORS}\n{_SUMMARY}\n{{{{ results }}}}",
}
"""The built-in templates that differ where a post has a title; the first line gives it."""
UNTITLED = frozenset({"reblog-of"})
"""The built-in templates that leave an entry without a title as it is."""


class Listing(tuple[str, ...]):
    """Several texts that a template prints as one line."""

    __slots__ = ()
    separator = ", "

    def __str__(self) -> str:
        return self.separator.join(self)


class Tags(Listing):
    __slots__ = ()
    separator = " "


class TemplateContext(NamedTuple):
    """The names a template may use, with the values of an entry; absent text is "", others None.

    `text` is the main text of the entry's page, `results` are the results of all steps in order.
    """

    title: str = ""
    summary: str = ""
    link: str = ""
    author: str = ""
    authors: Listing = Listing()
    source: str = ""
    score: float | None = None
    comments: int | None = None
    tags: Tags = Tags()
    published: datetime | None = None
    text: str = ""
    results: str = ""


NO_STEPS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template, the names in it, and whether it shortens the summary itself."""

    compiled: jinja2.Template
    names: frozenset[str]
    shortens_summary: bool

    def render(self, names: TemplateContext, steps: Mapping[str, str] = NO_STEPS) -> str:
        """The text, without the lines whose names are all empty. Raises ReblogbotError.

        `steps` are the results of steps, by the names that templates use.
        """
        try:
            pieces = self.compiled.generate({**steps, **names._asdict()})
            return _without_gaps("".join(_truncated(pieces)))
        except _TEMPLATE_ERRORS as error:
            line = _line_of(error.__traceback__)
            raise ReblogbotError(
                "template_failed",
                f"template, line {line}: {_message(error)}; see `reblogbot check`",
            ) from error


@lru_cache(maxsize=256)
def compile_template(text: str) -> Template:
    """The built-in template of that name, or else the text compiled. Raises ReblogbotError."""
    source = BUILT_IN.get(text, text)
    fault = "" if text in BUILT_IN else _syntax_fault(source)
    if fault:
        raise ReblogbotError("template_invalid", f"template, {fault}")
    tree = _ENVIRONMENT.parse(source)
    shortened = (each.node for each in tree.find_all(nodes.Filter) if each.name == "shorten")
    return Template(
        _ENVIRONMENT.from_string(source),
        frozenset(meta.find_undeclared_variables(tree)),
        any(isinstance(node, nodes.Name) and node.name == "summary" for node in shortened),
    )


def step_names(steps: Collection[str]) -> tuple[str, ...]:
    """The names under which templates have the results of these steps: the text, and its title."""
    return (*steps, *(f"{name}_title" for name in steps))


def check_template(text: str, use: TemplateUse = "post", steps: Collection[str] = ()) -> str:
    """The fault of a template, as `line N: …`; "" for a valid one or a built-in name.

    It is rendered with sample entries, one of them without title and one without link, and with
    sample results of these steps, and without.
    """
    if use == "post" and text in BUILT_IN:
        return ""
    fault = _syntax_fault(text) or _name_fault(text, use, steps)
    if fault:
        return fault
    results = ("", _SAMPLE_RESULT if steps else "")
    try:
        template = compile_template(text)
        rendered = [
            template.render(
                sample._replace(results=result), dict.fromkeys(step_names(steps), result)
            )
            for sample in _SAMPLE_ENTRIES
            for result in results
        ]
    except ReblogbotError as error:
        return error.message.removeprefix("template, ").removesuffix("; see `reblogbot check`")
    if use == "prompt" or all(rendered[1::2]):
        return ""
    return "line 1: gives no text for an entry that has only a title"


# bounds
#
# Jinja's sandbox keeps a template from the machine, but lets it take any time and memory. The
# parser child limits both while entries are composed; when the config is checked, a template is
# rendered in the main process, where nothing else does (ADR 0034).

_EMPTY = "\0"
"""Printed for an absent value, so that the line or the gap around it can be removed."""
_GAP = regex.compile(r"(?: \0+)+ ")
_MAX_OUTPUT = 200_000
_MAX_RANGE = 1000
_MAX_TEMPLATE = 10_000
_TEMPLATE_ERRORS = (
    TemplateError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    LookupError,
)
# fmt: off
_ATTRIBUTES = frozenset({
    # of text
    "capitalize", "count", "endswith", "find", "isdigit", "lower", "lstrip", "partition",
    "removeprefix", "removesuffix", "replace", "rpartition", "rstrip", "split",
    "splitlines", "startswith", "strip", "title", "upper",
    # of dates
    "date", "day", "hour", "isoformat", "isoweekday", "minute", "month", "strftime", "time",
    "weekday", "year",
    # of loops
    "first", "index", "index0", "last", "length",
})
# fmt: on
# these allocate memory without bound, or differ from one rendering to the next
_EXCLUDED_FILTERS = frozenset({"center", "format", "indent", "random", "wordwrap", "xmlattr"})
_EXCLUDED_NODES: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Block: "block",
    nodes.Extends: "extends",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
}


class _CodeGenerator(CodeGenerator):
    """Generates calls of `bounded_concat` for `~`, which Jinja's sandbox does not intercept."""

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.bounded_concat((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write("))")


class _Environment(SandboxedEnvironment):
    """Jinja without access to the machine, and with bounded time and memory."""

    code_generator_class = _CodeGenerator
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr in _ATTRIBUTES and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Disable `str.format`, which Jinja allows before it calls `is_safe_attribute`."""

    def bounded_concat(self, operands: Iterable[object]) -> str:
        """The result of `~`. Raises SecurityError when it is too long."""
        return _join(operands)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str) and obj.__name__ == "replace":
            return _replace(owner, *args)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            _check_size(sum(len(each) for each in (left, right) if isinstance(each, Sized)))
            return super().call_binop(context, operator, left, right)
        if operator == "**" or not all(isinstance(each, int | float) for each in (left, right)):
            raise SecurityError(f"{operator} is for two numbers here, ** for none")
        return super().call_binop(context, operator, left, right)


def _check_size(size: int) -> None:
    """Raise SecurityError for the size of a text that is too long to be allocated."""
    if size > _MAX_OUTPUT:
        raise SecurityError(f"a text here has at most {_MAX_OUTPUT} characters")


def _replace(text: object, old: object, new: object, count: int | None = None) -> str:
    text, old, new = str(text), str(old), str(new)
    _check_size(len(text) + text.count(old) * len(new))
    return text.replace(old, new, -1 if count is None else count)


def _join(values: Iterable[object], d: object = "") -> str:
    texts, separator = [str(value) for value in values], str(d)
    _check_size(sum(map(len, texts)) + len(texts) * len(separator))
    return separator.join(texts)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > _MAX_RANGE:
        raise SecurityError(f"a range has at most {_MAX_RANGE} numbers")
    return numbers


def _printable(value: object) -> object:
    """The value in the form that a template prints."""
    if value is None or str(value) == "":
        return _EMPTY
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _truncated(pieces: Iterator[str]) -> Iterator[str]:
    left = _MAX_OUTPUT
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _without_gaps(text: str) -> str:
    """The text without the lines and gaps of absent values, and with single blank lines."""
    lines = [line for line in text.split("\n") if _EMPTY not in line or line.strip(" \0")]
    closed = (_GAP.sub(" ", line).strip(" \0") if _EMPTY in line else line for line in lines)
    joined = "\n".join(line.replace(_EMPTY, "").rstrip() for line in closed)
    return regex.sub(r"\n{3,}", "\n\n", joined).strip()


def _environment() -> _Environment:
    environment = _Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, finalize=_printable, cache_size=0
    )
    environment.globals = {"range": _range}
    environment.filters |= {"join": _join, "replace": _replace}
    environment.filters["shorten"] = lambda text, limit: shorten(str(text), int(limit))
    for name in _EXCLUDED_FILTERS:
        del environment.filters[name]
    return environment


_ENVIRONMENT = _environment()


# faults and their lines


def _syntax_fault(text: str) -> str:
    if len(text) > _MAX_TEMPLATE:
        return f"line 1: a template has at most {_MAX_TEMPLATE} characters"
    try:
        _ENVIRONMENT.compile(text)
    except TemplateSyntaxError as error:
        return f"line {error.lineno}: {_message(error)}"
    except RecursionError:
        return "line 1: too deeply nested"
    except _TEMPLATE_ERRORS as error:
        return f"line 1: {_message(error)}"
    return _node_fault(_ENVIRONMENT.parse(text))


def _node_fault(tree: nodes.Template) -> str:
    for kind, name in _EXCLUDED_NODES.items():
        for node in tree.find_all(kind):
            return f"line {node.lineno}: {name} is not for templates of posts"
    for loop in tree.find_all(nodes.For):
        if loop.recursive or loop.find(nodes.For):
            return f"line {loop.lineno}: a loop may not hold another"
    return ""


def _name_fault(text: str, use: TemplateUse, steps: Collection[str]) -> str:
    """The fault in the variables of a template, as `line N: …`; "" for none.

    That is an unknown variable; and in the template of a post none at all, or an "@" before one.
    """
    tree = _ENVIRONMENT.parse(text)
    used = meta.find_undeclared_variables(tree)
    names = (*TemplateContext._fields, *step_names(steps))
    unknown = used - set(names) - set(_ENVIRONMENT.globals)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            hint = _suggestion(name.name, names) or f"there are {', '.join(names)}"
            return f"line {name.lineno}: unknown name {name.name!r}; {hint}"
    if use == "prompt":
        return ""
    mention = regex.search(r"[@＠]\{\{", text)
    if mention:
        line = text.count("\n", 0, mention.start()) + 1
        return f"line {line}: an @ right before {{{{ … }}}} would let a source mention anybody"
    if used.isdisjoint(names):
        hint = _suggestion(text.strip(), BUILT_IN) or f"there are {', '.join(BUILT_IN)}"
        return f"line 1: neither a built-in template nor text with {{{{ names }}}}; {hint}"
    return ""


def _suggestion(written: str, names: Iterable[str]) -> str:
    matches = get_close_matches(written[:60], list(names), 1)
    return f"did you mean {matches[0]!r}?" if matches else ""


def _message(error: BaseException) -> str:
    message = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    missing = regex.match(r"No filter named '(\w+)'", message)
    hint = _suggestion(missing[1], _ENVIRONMENT.filters) if missing else ""
    if "None" in message:
        hint = "numbers and dates may be absent, so ask with {% if … %} first"
    return f"{message}; {hint}" if hint else message


def _line_of(trace: TracebackType | None) -> int:
    """The line of the template that raised an error; 1 when it is unknown."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


_SAMPLE = TemplateContext(
    title="Night trains return",
    summary="Three new lines start in spring, and the old carriages with them.",
    link="https://example.org/night-trains?id=7",
    author="Ada Example",
    authors=Listing(("Ada Example", "Bo Example", "Cy Example", "Di Example")),
    source="Example News",
    score=42.0,
    comments=7,
    tags=Tags(("#Trains", "#News")),
    published=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    text="Three new lines start in spring. The old carriages come back with them.",
)
_SAMPLE_RESULT = "The lines lead to the sea."
_SAMPLE_ENTRIES = (
    _SAMPLE,
    # compose puts the text of an entry without a title in its place
    TemplateContext(title="A note" + ELLIPSIS, link=_SAMPLE.link, source=_SAMPLE.source),
    TemplateContext(title=_SAMPLE.title, source=_SAMPLE.source),
)
