"""JMESPath expressions: checked when the config is read, and asked of foreign JSON."""

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
    """JMESPath's own functions and one for building links."""

    @signature({"types": ["string", "number"]})
    def _func_url_quote(self, value: str | float) -> str:
        return quote(str(value), safe="")


_OPTIONS = jmespath.Options(custom_functions=_Functions())
_NAMES = frozenset(Functions.FUNCTION_TABLE) | {"url_quote"}


def ask(query: str, value: Any) -> Any:
    """What the query finds in a JSON value; None where it finds nothing, or cannot be asked."""
    try:
        return _compiled(query).search(value, _OPTIONS)
    # the types of foreign values are not always those its functions want
    except (JMESPathError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        return None


def read_query(written: str) -> str:
    """A JMESPath expression that can be asked. Raises ValueError with words for the admin."""
    if len(written) > _LONGEST:
        raise ValueError(f"a JMESPath expression has at most {_LONGEST} characters")
    try:
        tree = _compiled(written).parsed
    except EmptyExpressionError:
        raise ValueError('an empty JMESPath expression; "@" is the value itself') from None
    except (JMESPathError, RecursionError) as fault:
        raise ValueError(f"not JMESPath{_fault(written, fault)}") from None
    for name in _functions(tree):
        if name not in _NAMES:
            near = get_close_matches(name[:60], _NAMES, 1)
            hint = (
                f'did you mean "{near[0]}"?' if near else f"there are {', '.join(sorted(_NAMES))}"
            )
            raise ValueError(f'JMESPath has no function "{name[:60]}"; {hint}')
    return written


@lru_cache(maxsize=256)
def _compiled(query: str) -> Any:
    return jmespath.compile(query)


def _fault(written: str, fault: Exception) -> str:
    if any(not char.isascii() for char in written) and '"' not in written:
        return "; names that are not ASCII stand in quotes: '\"标题\"'"
    place = getattr(fault, "lex_position", None)
    if isinstance(place, int) and 0 <= place < len(written):
        return f' at "{written[place : place + 20]}" (character {place + 1})'
    return "; it ends too early, or begins what it does not end"


def _functions(node: Any) -> Iterator[str]:
    """The names of all functions an expression calls."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("type") == "function_expression":
                yield str(one["value"])
            waiting += one.get("children", ())
