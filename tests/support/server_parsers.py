"""What servers take for mentions and hashtags: their own parsers where npm has them, else rules."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import regex

from npm import install_packages
from reblogbot.core.text.links import counted

# Rules. Each function names its source and is as strict as the strictest version of it.

_LINK = regex.compile(r"https?://\S+", regex.IGNORECASE)
# https://github.com/mastodon/mastodon/blob/main/app/models/account.rb
_MASTODON_MENTION = regex.compile(r"(?<![=/\w])@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*", regex.IGNORECASE)
# https://github.com/mastodon/mastodon/blob/main/app/models/tag.rb, in the widest of its versions
_MASTODON_HASHTAG = regex.compile(
    r"(?<![\w\p{M}/)])[#＃][\p{L}\p{M}\p{N}\p{Pc}·・\u200c]*[\p{Alphabetic}_·・\u200c]"
)


def mastodon(text: str) -> list[str]:
    """Hashtags count outside links to known domains only, mentions anywhere."""
    unlinked = counted().sub(lambda link: "x" if link["domain"] else link[0], text)
    return _MASTODON_MENTION.findall(text) + _MASTODON_HASHTAG.findall(unlinked)


# https://codeberg.org/superseriousbusiness/gotosocial: internal/regexes/regexes.go (MentionFinder),
# internal/text/util.go (boundaries), internal/text/normalize.go. Its linkifier takes a link where
# goldmark lets it begin: at the start of a line, behind white space or one of *_~(
_GOTOSOCIAL_LINK = regex.compile(
    r"(?:(?<=[\s*_~(])|^)https?://[^\s<>「」【】“”\"]+", regex.MULTILINE
)
_GOTOSOCIAL_MENTION = regex.compile(r"(?:(?<=[\s\p{P}])|^)@[\p{L}\p{M}\p{N}._-]+", regex.MULTILINE)
_GOTOSOCIAL_HASHTAG = regex.compile(
    r"(?:(?<=[\s|\u200b\ufeff]|(?!_)\p{P})|^)#[\p{L}\p{M}\p{N}_]*[\p{L}\p{N}]", regex.MULTILINE
)


def gotosocial(text: str) -> list[str]:
    unlinked = _GOTOSOCIAL_LINK.sub("x", text)
    return _GOTOSOCIAL_MENTION.findall(unlinked) + _GOTOSOCIAL_HASHTAG.findall(unlinked)


# https://git.pleroma.social/pleroma/elixir-libraries/linkify: lib/linkify/parser.ex. It looks at
# what stands between blanks and tags, without brackets and punctuation around it.
_PLEROMA_TOKEN = regex.compile(r"[^\s<>`]+")
_PLEROMA = regex.compile(
    r"\(?(?:@[a-zA-Z\d_-]+(?:@[^@]+)?|#[\w·\u200c\p{M}]*[\p{L}_·\u200c]|[&+][a-zA-Z\d_-]+@\S+)"
)


def pleroma(text: str) -> list[str]:
    return [token for token in _PLEROMA_TOKEN.findall(text) if _PLEROMA.match(token)]


# https://github.com/jointakahe/takahe/blob/main/core/html.py
_TAKAHE_LINK = regex.compile(r"\bhttps?://[^\s<>「」【】“”\"]+", regex.IGNORECASE)
_TAKAHE = regex.compile(
    r"(?:^|[^\w\-/])@[\w-]+(?:@[\w.-]+[\w-]+)?|\B#[a-zA-Z0-9(_)]+\b(?!;)", regex.MULTILINE
)


def takahe(text: str) -> list[str]:
    return _TAKAHE.findall(_TAKAHE_LINK.sub(" ", text))


RULES = {"mastodon": mastodon, "gotosocial": gotosocial, "pleroma": pleroma, "takahe": takahe}


# Parsers from npm


class NodeParsers:
    """Misskey's parser and Hollo's renderer in one process that answers many texts."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, text: str) -> dict[str, Any]:
        """`misskey`: the nodes, each with its `type`; `hollo`: `html`, `mentions`, `hashtags`."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def node_parsers() -> Iterator[NodeParsers]:
    """The parsers, installed by name when first needed. Skips where npm cannot be had."""
    folder = install_packages("Misskey's parser and Hollo's renderer are not asked")
    shutil.copy(Path(__file__).with_name("server_parsers.mjs"), folder / "server_parsers.mjs")
    process = subprocess.Popen(
        ["node", "server_parsers.mjs"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield NodeParsers(process)
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
