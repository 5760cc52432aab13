"""Articles: posts with a title and paragraphs, made of the text that a template gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex

from reblogbot.core.text import one_line
from reblogbot.core.text.marks import LINKED, QUOTED, unmarked
from reblogbot.model import Article, Block, Post, Span

HEADING = "# "
"""Begins the first line of a template that gives the title."""

_GAP = regex.compile(r"\n\s*\n")


def article_of(
    text: str, title: str = "", link: str = "", tags: Iterable[str] = (), *, has_heading: bool
) -> Article:
    """The article that a template has written, with its marks (see `text.marks`).

    With `has_heading` its first line gives the title. Otherwise it has this title, and a first
    line that repeats it is left out. A blank line begins a paragraph. Within the text, `link`
    becomes a link.
    """
    first, _, rest = text.partition("\n")
    heading = one_line(unmarked(first).removeprefix(HEADING.strip()))
    if has_heading:
        title, text = heading or title, rest
    elif one_line(unmarked(first)) == one_line(unmarked(title)):
        text = rest
    words = tuple(tag.removeprefix("#") for tag in tags)
    return Article(one_line(unmarked(title)), tuple(_blocks(text, link)), words)


def article_of_text(text: str, link: str = "") -> Article:
    """The article in its plain form: the first line is the title, the others are the body."""
    return article_of(text, link=link, has_heading=True)


def article_of_post(post: Post) -> Article:
    """The article of a post; of one without, its text in that form."""
    return post.article or article_of_text(post.text, post.link)


def plain_text(article: Article) -> str:
    """The article as plain text: its title and paragraphs with blank lines between."""
    paragraphs = ("".join(span.text for span in block.spans) for block in article.body)
    return "\n\n".join(filter(None, (article.title, *paragraphs)))


def _blocks(text: str, link: str) -> Iterator[Block]:
    is_quoted = False
    for paragraph in _GAP.split(text):
        is_quoted = is_quoted or QUOTED in paragraph
        spans = tuple(_spans(paragraph.strip("\n"), link))
        if spans:
            yield Block("quotation" if is_quoted else "paragraph", spans)


def _spans(paragraph: str, link: str) -> Iterator[Span]:
    for number, part in enumerate(paragraph.split(LINKED)):
        words = unmarked(part)
        if number % 2 and words:
            yield Span(words, link)
        elif not link:
            yield from (Span(words) for _ in words[:1])
        else:
            yield from _with_links(words, link)


def _with_links(words: str, link: str) -> Iterator[Span]:
    for number, piece in enumerate(words.split(link)):
        if number:
            yield Span(link, link)
        if piece:
            yield Span(piece)
