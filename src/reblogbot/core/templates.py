"""Templates of posts: the built-in ones and an admin's own, compiled once and kept on a leash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sized
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

from reblogbot.core.text import ELLIPSIS, shorten
from reblogbot.errors import ReblogbotError

_HEADLINE = (
    "{% if not summary or title.startswith('【') %}"
    "{{ title }}{% if title.endswith('】') %}{{ summary }}{% endif %}"
    "{% else %}【{{ title }}】{{ summary }}{% endif %}\n{{ link }}"
)
BUILT_IN: Mapping[str, str] = {
    "link": "{{ title }}\n{{ link }}",
    "headline": _HEADLINE,
    "reblog-via": "Reblog via {{ source }}\n\n" + _HEADLINE,
    "paper": (
        "{{ title }}\n"
        "{{ authors[:3]|join(', ') }}{% if authors|length > 3 %} et al.{% endif %}\n"
        "{{ summary|shorten(280) }}\n{{ link }}"
    ),
}


class Listing(tuple[str, ...]):
    """Several words that read as one line when a template prints them."""

    __slots__ = ()
    separator = ", "

    def __str__(self) -> str:
        return self.separator.join(self)


class Tags(Listing):
    __slots__ = ()
    separator = " "


class Names(NamedTuple):
    """What an entry offers to a template; absent text is "", an absent number or date None."""

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


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template, the names in it, and whether it shortens the summary by itself."""

    compiled: jinja2.Template
    names: frozenset[str]
    shortens_summary: bool

    def render(self, names: Names) -> str:
        """The text, without the lines whose names are all empty. Raises ReblogbotError."""
        try:
            pieces = self.compiled.generate(names._asdict())
            return _tidied("".join(_bounded(pieces)))
        except _FAULTS as fault:
            line = _line_of(fault.__traceback__)
            raise ReblogbotError(
                "template_failed", f"template, line {line}: {_said(fault)}; see `reblogbot check`"
            ) from fault


@lru_cache(maxsize=256)
def template(text: str) -> Template:
    """The built-in of that name, or else the text itself, compiled. Raises ReblogbotError."""
    source = BUILT_IN.get(text, text)
    fault = "" if text in BUILT_IN else _syntax_fault(source)
    if fault:
        raise ReblogbotError("template_invalid", f"template, {fault}")
    tree = _ENVIRONMENT.parse(source)
    shortened = (one.node for one in tree.find_all(nodes.Filter) if one.name == "shorten")
    return Template(
        _ENVIRONMENT.from_string(source),
        frozenset(meta.find_undeclared_variables(tree)),
        any(isinstance(one, nodes.Name) and one.name == "summary" for one in shortened),
    )


def check_template(text: str) -> str:
    """What is wrong with a template, as `line N: …`; "" for a good one or a built-in name.

    It is rendered with sample entries, one of them without title and one without link.
    """
    if text in BUILT_IN:
        return ""
    fault = _syntax_fault(text) or _name_fault(text)
    if fault:
        return fault
    try:
        rendered = [template(text).render(sample) for sample in _SAMPLES]
    except ReblogbotError as error:
        return error.message.removeprefix("template, ").removesuffix("; see `reblogbot check`")
    return "" if all(rendered) else "line 1: gives no text for an entry that has only a title"


# the leash

_NOTHING = "\0"
_GAP = regex.compile(r"(?: \0+)+ ")
_MOST_OUTPUT = 200_000
_MOST_TURNS = 1000
_MOST_TEMPLATE = 10_000
_FAULTS = (TemplateError, TypeError, ValueError, AttributeError, ArithmeticError, LookupError)
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
# these grow without bound, or differ from one rendering to the next
_NO_FILTERS = frozenset({"center", "format", "indent", "random", "wordwrap", "xmlattr"})
_NO_NODES: Mapping[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.Block: "block",
    nodes.Extends: "extends",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
}


class _Code(CodeGenerator):
    """The Python of a template, in which `~` goes by our bounds."""

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        self.write("environment.concatenated((")
        for one in node.nodes:
            self.visit(one, frame)
            self.write(", ")
        self.write("))")


class _Environment(SandboxedEnvironment):
    """Jinja without a way to the machine, to endless work or to endless text."""

    code_generator_class = _Code
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr in _ATTRIBUTES and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """No text is taken for a format, least of all an entry's."""

    def concatenated(self, parts: Iterable[object]) -> str:
        """What `~` makes of these."""
        return _join(parts)

    def call(self, context: Any, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(obj, "__self__", None)
        if isinstance(owner, str) and obj.__name__ == "replace":
            return _replace(owner, *args)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "+":
            _bound(sum(len(one) for one in (left, right) if isinstance(one, Sized)))
            return super().call_binop(context, operator, left, right)
        if operator == "**" or not all(isinstance(one, int | float) for one in (left, right)):
            raise SecurityError(f"{operator} is for two numbers here, ** for none")
        return super().call_binop(context, operator, left, right)


def _bound(size: int) -> None:
    """Before a text is made, for it may not fit into memory. Raises SecurityError."""
    if size > _MOST_OUTPUT:
        raise SecurityError(f"a text here has at most {_MOST_OUTPUT} characters")


def _replace(text: object, old: object, new: object, count: int | None = None) -> str:
    most = -1 if count is None else count
    text, old, new = str(text), str(old), str(new)
    _bound(len(text) + text.count(old) * len(new))
    return text.replace(old, new, most)


def _join(values: Iterable[object], d: object = "") -> str:
    parts, between = [str(one) for one in values], str(d)
    _bound(sum(map(len, parts)) + len(parts) * len(between))
    return between.join(parts)


def _range(*bounds: int) -> range:
    turns = range(*bounds)
    if len(turns) > _MOST_TURNS:
        raise SecurityError(f"a range has at most {_MOST_TURNS} numbers")
    return turns


def _shown(value: object) -> object:
    """What is printed for a value."""
    if value is None or str(value) == "":
        return _NOTHING
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    left = _MOST_OUTPUT
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _tidied(text: str) -> str:
    """The text without empty lines and gaps where names were empty, and a blank line at most."""
    lines = [line for line in text.split("\n") if _NOTHING not in line or line.strip(" \0")]
    closed = (_GAP.sub(" ", line).strip(" \0") if _NOTHING in line else line for line in lines)
    joined = "\n".join(line.replace(_NOTHING, "").rstrip() for line in closed)
    return regex.sub(r"\n{3,}", "\n\n", joined).strip()


def _environment() -> _Environment:
    environment = _Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, finalize=_shown, cache_size=0
    )
    environment.globals = {"range": _range}
    environment.filters |= {"join": _join, "replace": _replace}
    environment.filters["shorten"] = lambda text, limit: shorten(str(text), int(limit))
    for name in _NO_FILTERS:
        del environment.filters[name]
    return environment


_ENVIRONMENT = _environment()


# faults, and where they are


def _syntax_fault(text: str) -> str:
    if len(text) > _MOST_TEMPLATE:
        return f"line 1: a template has at most {_MOST_TEMPLATE} characters"
    try:
        _ENVIRONMENT.compile(text)
    except TemplateSyntaxError as fault:
        return f"line {fault.lineno}: {_said(fault)}"
    except RecursionError:
        return "line 1: too deeply nested"
    except _FAULTS as fault:
        return f"line 1: {_said(fault)}"
    return _node_fault(_ENVIRONMENT.parse(text))


def _node_fault(tree: nodes.Template) -> str:
    for kind, name in _NO_NODES.items():
        for node in tree.find_all(kind):
            return f"line {node.lineno}: {name} is not for templates of posts"
    for loop in tree.find_all(nodes.For):
        if loop.recursive or loop.find(nodes.For):
            return f"line {loop.lineno}: a loop may not hold another"
    return ""


def _name_fault(text: str) -> str:
    tree = _ENVIRONMENT.parse(text)
    used = meta.find_undeclared_variables(tree)
    unknown = used - set(Names._fields) - set(_ENVIRONMENT.globals)
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            hint = _near(name.name, Names._fields) or f"there are {', '.join(Names._fields)}"
            return f"line {name.lineno}: unknown name {name.name!r}; {hint}"
    aimed = regex.search(r"[@＠]\{\{", text)
    if aimed:
        line = text.count("\n", 0, aimed.start()) + 1
        return f"line {line}: an @ right before {{{{ … }}}} would let a source mention anybody"
    if used.isdisjoint(Names._fields):
        near = _near(text.strip(), BUILT_IN) or f"there are {', '.join(BUILT_IN)}"
        return f"line 1: neither a built-in template nor text with {{{{ names }}}}; {near}"
    return ""


def _near(written: str, known: Mapping[str, str] | tuple[str, ...]) -> str:
    near = get_close_matches(written[:60], known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def _said(fault: BaseException) -> str:
    said = " ".join(str(fault).split()).rstrip(".") or type(fault).__name__
    missing = regex.match(r"No filter named '(\w+)'", said)
    hint = _near(missing[1], tuple(_ENVIRONMENT.filters)) if missing else ""
    if "None" in said:
        hint = "numbers and dates may be absent, so ask with {% if … %} first"
    return f"{said}; {hint}" if hint else said


def _line_of(trace: TracebackType | None) -> int:
    """The line of the template an error came from; 1 when it cannot be told."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


_FULL = Names(
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
)
_SAMPLES = (
    _FULL,
    # without a title, its text stands for it
    Names(title="A note" + ELLIPSIS, link=_FULL.link, source=_FULL.source),
    Names(title=_FULL.title, source=_FULL.source),
)
