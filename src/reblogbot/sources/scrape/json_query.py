"""JMESPath expressions: checked when the config is loaded, and evaluated on foreign JSON."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import jmespath
from jmespath.exceptions import EmptyExpressionError, JMESPathError
from jmespath.functions import Functions, signature

_LONGEST = 2000


class _Functions(Functions):
    """JMESPath's built-in functions, and `url_quote` for building links."""

    @signature({"types": ["string", "number"]})
    def _func_url_quote(self, value: str | float) -> str:
        return quote(str(value), safe="")


_OPTIONS = jmespath.Options(custom_functions=_Functions())
_FUNCTION_NAMES = frozenset(Functions.FUNCTION_TABLE) | {"url_quote"}


def search(query: str, value: Any) -> Any:
    """The result of the query on a JSON value; None when there is none, or it fails."""
    try:
        return _compiled(query).search(value, _OPTIONS)
    # Functions raise for values of the wrong type, which foreign documents have.
    except (JMESPathError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        return None


def read_query(written: str) -> str:
    """The expression, checked. Raises ValueError with a message for the admin."""
    if len(written) > _LONGEST:
        raise ValueError(f"a JMESPath expression has at most {_LONGEST} characters")
    try:
        tree = _compiled(written).parsed
    except EmptyExpressionError:
        raise ValueError('an empty JMESPath expression; "@" is the value itself') from None
    except (JMESPathError, RecursionError) as error:
        raise ValueError(f"not JMESPath{_hint(written, error)}") from None
    for name in _called_functions(tree):
        if name not in _FUNCTION_NAMES:
            near = get_close_matches(name[:60], _FUNCTION_NAMES, 1)
            hint = (
                f'did you mean "{near[0]}"?'
                if near
                else f"there are {', '.join(sorted(_FUNCTION_NAMES))}"
            )
            raise ValueError(f'JMESPath has no function "{name[:60]}"; {hint}')
    return written


@lru_cache(maxsize=256)
def _compiled(query: str) -> Any:
    return jmespath.compile(query)


def _hint(written: str, error: Exception) -> str:
    if any(not char.isascii() for char in written) and '"' not in written:
        return "; write names that are not ASCII in quotes: '\"标题\"'"
    position = getattr(error, "lex_position", None)
    if isinstance(position, int) and 0 <= position < len(written):
        return f' at "{written[position : position + 20]}" (character {position + 1})'
    return "; it ends too early, or leaves a bracket or a quote open"


def _called_functions(node: Any) -> Iterator[str]:
    """The names of all functions that an expression calls."""
    nodes = [node]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            if node.get("type") == "function_expression":
                yield str(node["value"])
            nodes += node.get("children", ())
