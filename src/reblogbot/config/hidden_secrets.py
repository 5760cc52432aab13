"""A config's text for an editor in which no secret is seen, and the way back.

A secret stands there as `(hidden 1f2e3d4c5b6a)`. The letters are a digest made with a key, so that
a place may be moved or copied, and a text that was made from an older file is not mistaken.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from reblogbot.errors import ConfigError

_NAME = r"""(?<![A-Za-z])(?:[\w-]{0,60}(?:auth(?!ors?\b)|cookie|password(?!_file)|secret|session"""
_NAME += r"""|webhook|token(?!_file|_env))[\w-]{0,60}|(?:[\w-]{0,60}-)?key)["']?[ \t]*=[ \t]*"""
# a string that is not closed, in a file with faults, ends with its line
_SECRET = re.compile(
    rf"{_NAME}(?:"
    r'"""(?P<basic_lines>(?:\\.|(?!""").)+)|"(?P<basic>(?:\\[^\n]|[^"\\\n])+)'
    r"|\'\'\'(?P<literal_lines>(?:(?!\'\'\').)+)|\'(?P<literal>[^'\n]+))"
    r"""|(?<=://)(?P<user>[^/\s"'@]+)(?=@)""",
    re.IGNORECASE | re.DOTALL,
)
_HIDDEN = re.compile(r"\(hidden ([0-9a-f]{12})\)")


def hide_secrets(text: str, key: bytes) -> str:
    """The text with the values of header, webhook and password keys hidden, and users of URLs."""

    def hidden(match: re.Match[str]) -> str:
        secret = _secret(match)
        return match[0].removesuffix(secret) + _placeholder(secret, key)

    return _SECRET.sub(hidden, text)


def restore_secrets(text: str, file: str, key: bytes) -> str:
    """The text with what is hidden taken from the text of the file.

    Raises ConfigError where the file has no such secret.
    """
    secrets = {_digest(secret, key): secret for secret in map(_secret, _SECRET.finditer(file))}

    def restored(match: re.Match[str]) -> str:
        if match[1] not in secrets:
            message = f"{match[0]} is not in the file (any more); type this value again"
            raise ConfigError("secret_gone", message)
        return secrets[match[1]]

    return _HIDDEN.sub(restored, text)


def _secret(match: re.Match[str]) -> str:
    """The secret at the end of a match."""
    return match[match.lastgroup or 0]


def _placeholder(secret: str, key: bytes) -> str:
    # what is hidden already stays, as in a text that was typed
    return secret if _HIDDEN.fullmatch(secret) else f"(hidden {_digest(secret, key)})"


def _digest(secret: str, key: bytes) -> str:
    return hmac.new(key, secret.encode(errors="replace"), hashlib.sha256).hexdigest()[:12]
