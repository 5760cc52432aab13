"""JSON documents as web sites serve them, and descriptions of them for error messages."""

from __future__ import annotations

import json
import re
from typing import Any

from reblogbot.errors import SourceError
from reblogbot.sources.shared.messages import empty_body, excerpt
from reblogbot.web.addresses import redacted_url

# Characters that may follow the closing bracket of a JSONP call.
_LONGEST_END = 100
# 'callback({', '/**/ a.b([', also behind a test that the function exists
_CALL = re.compile(
    r"\ufeff?\s{0,99}(?:/\*.{0,200}?\*/\s{0,99})?(?:typeof\s[^&]{1,200}&&\s{0,9})?"
    r"(?:[A-Za-z_$][\w$.]{0,200}\s{0,9})\(\s{0,99}(?=[\[{])",
    re.ASCII,
)


def loads(text: str, url: str) -> Any:
    """The value of the JSON `text`, which came from `url`; JSONP is read as well.

    Raises SourceError when it is empty or not JSON.
    """
    if not text.strip():
        raise empty_body(url)
    try:
        return json.loads(_call_argument(text), strict=False)
    except (ValueError, RecursionError) as error:
        instead = "a web page" if text.lstrip()[:1] == "<" else f'"{excerpt(text)}"'
        raise SourceError(
            "not_json",
            f"{redacted_url(url)}: "
            f"no JSON came but {instead}; look at it in a browser: it may want "
            "a login or headers, or have moved",
        ) from error


def _call_argument(text: str) -> str:
    """The argument of a JSONP call; other text as it is."""
    call = _CALL.match(text)
    end = text[-_LONGEST_END:].rstrip("; \t\r\n")
    if call is None or not end.endswith(")"):
        return text
    return text[call.end() : len(text) - len(text[-_LONGEST_END:]) + len(end) - 1]


def described(value: Any) -> str:
    """A JSON value in words for an admin: `an object with code, message`."""
    match value:
        case dict():
            keys = ", ".join(excerpt(str(key)) for key in list(value)[:8])
            return f"an object with {keys}" if keys else "an empty object"
        case list():
            return f"a list of {len(value)}"
        case str():
            return f'the text "{excerpt(value)}"'
        case None:
            return "nothing (null)"
        case _:
            return excerpt(str(value))
