"""The content of a post's file: Markdown with front matter, or an HTML page.

Each has a digest of itself, by which a file that a person has changed is recognised.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Literal

from reblogbot.core.article_markup import (
    escape_markdown,
    on_one_line,
    to_html,
    to_markdown,
)
from reblogbot.model import Article
from reblogbot.targets.files.names import Format

FrontMatter = Literal["yaml", "toml"]
Value = str | bool | datetime | Sequence[str]

_NO_DIGEST = b"0" * 32
_DIGEST = re.compile(
    rb'^(?:reblogbot: "|reblogbot = "|<meta name="reblogbot" content=")([0-9a-f]{32})"',
    re.MULTILINE,
)
_DATE = re.compile(
    rb'^(?:date: |date = |<meta name="date" content=")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)',
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Page:
    """A post as it is written.

    `link` is the address of what it is about, "" for none. `edited_at` is None where it is as it
    was published. `image_lines` show its images, in the format of the file.
    """

    article: Article
    published_at: datetime
    edited_at: datetime | None = None
    link: str = ""
    language: str = ""
    warning: str = ""
    categories: tuple[str, ...] = ()
    is_draft: bool = False
    image_lines: tuple[str, ...] = ()

    @property
    def tags(self) -> list[str]:
        """The tags that have a text."""
        return _texts(self.article.tags)

    @property
    def title(self) -> str:
        """The title, which is never empty."""
        return on_one_line(self.article.title) or f"{self.published_at:%Y-%m-%d %H:%M}"


def content_of(page: Page, format_: Format, front_matter: FrontMatter) -> bytes:
    """The whole file, with its own digest."""
    text = _html(page) if format_ == "html" else _markdown(page, front_matter)
    return _with_digest(text.encode())


def is_unchanged(content: bytes) -> bool:
    """Whether a file is as this program wrote it."""
    return _with_digest(content) == content


def published_at(content: bytes) -> datetime | None:
    """When an unchanged file says that it was published."""
    match = _DATE.search(content)
    return datetime.fromisoformat(match[1].decode()) if match else None


def front_matter_of(content: bytes) -> FrontMatter:
    """The front matter that a Markdown file has."""
    return "toml" if content.startswith(b"+++") else "yaml"


def image_line(name: str, alt: str, format_: Format) -> str:
    """The line that shows an image beside the file."""
    if format_ == "html":
        return f'<figure><img src="{escape(name)}" alt="{escape(on_one_line(alt))}"></figure>'
    return f"![{escape_markdown(alt)}](<{name}>)"


def image_lines(content: bytes, format_: Format) -> tuple[str, ...]:
    """The lines of an unchanged file that show its images."""
    # no text of a post makes a line that begins so
    start = "<figure>" if format_ == "html" else "!["
    return tuple(line for line in content.decode().split("\n") if line.startswith(start))


def _with_digest(content: bytes) -> bytes:
    """The content with the digest of what it is without one."""
    match = _DIGEST.search(content)
    if match is None:
        return b""
    head, tail = content[: match.start(1)], content[match.end(1) :]
    digest = hashlib.sha256(head + _NO_DIGEST + tail).hexdigest()[: len(_NO_DIGEST)]
    return head + digest.encode() + tail


# Markdown


def _markdown(page: Page, front_matter: FrontMatter) -> str:
    article = page.article
    images = "".join(f"\n{line}\n" for line in page.image_lines)
    header = _toml(page) if front_matter == "toml" else _yaml(page)
    return f"{header}\n{to_markdown(article.body)}{images}"


def _fields(page: Page) -> dict[str, Value]:
    """The fields that Hugo, Jekyll and Zola know, and some that their templates may use."""
    fields: dict[str, Value] = {
        "title": page.title,
        "date": page.published_at,
        "lastmod": page.edited_at or "",
        "categories": _texts(page.categories),
        "tags": page.tags,
        "language": on_one_line(page.language),
        "link": page.link,
        "content_warning": on_one_line(page.warning),
    }
    if page.is_draft:
        # Hugo and Zola read the first, Jekyll the second
        fields |= {"draft": True, "published": False}
    kept = {name: value for name, value in fields.items() if value not in ("", [])}
    return {**kept, "reblogbot": _NO_DIGEST.decode()}


def _texts(texts: Sequence[str]) -> list[str]:
    return [line for text in texts if (line := on_one_line(text))]


def _yaml(page: Page) -> str:
    lines = [f"{name}: {_value(value)}" for name, value in _fields(page).items()]
    return "\n".join(["---", *lines, "---", ""])


def _toml(page: Page) -> str:
    fields = _fields(page)
    lines = [f"{name} = {_value(value)}" for name, value in fields.items()]
    taxonomies = [
        f"{name} = {_value(fields[name])}" for name in ("categories", "tags") if name in fields
    ]
    if taxonomies:
        # Zola reads them here and nowhere else, Hugo above and nowhere else
        lines += ["[taxonomies]", *taxonomies]
    return "\n".join(["+++", *lines, "+++", ""])


def _value(value: Value) -> str:
    """A value as YAML 1.1, YAML 1.2 and TOML write it alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, str):
        # JSON's strings are strings of both, but for a mark that YAML forbids within a text
        return json.dumps(value, ensure_ascii=False).replace("\ufeff", "\\ufeff")
    return f"[{', '.join(map(_value, value))}]"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# HTML


def _html(page: Page) -> str:
    article, title = page.article, escape(page.title)
    metas = {
        "reblogbot": _NO_DIGEST.decode(),
        "date": _instant(page.published_at),
        "last-modified": _instant(page.edited_at) if page.edited_at else "",
        "keywords": ", ".join([*_texts(page.categories), *page.tags]),
        "robots": "noindex" if page.is_draft else "",
    }
    meta_lines = [
        f'<meta name="{name}" content="{escape(value)}">' for name, value in metas.items() if value
    ]
    language = f' lang="{escape(on_one_line(page.language))}"' if page.language else ""
    warning = f"<p><strong>{escape(on_one_line(page.warning))}</strong></p>" if page.warning else ""
    lines = [
        "<!DOCTYPE html>",
        f"<html{language}>",
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        *meta_lines,
        "</head>",
        "<body>",
        "<article>",
        f"<h1>{title}</h1>",
        warning,
        to_html(article.body).rstrip("\n"),
        *page.image_lines,
        "</article>",
        "</body>",
        "</html>",
    ]
    return "".join(f"{line}\n" for line in lines if line)
