"""Articles as HTML and as Markdown: markup of ours around text that is shown as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote, urlsplit

import regex

from reblogbot.model import Block, Span

Line = list[Span]
"""The spans of one line. No text in it has a line feed."""

# what Python, a browser or a renderer takes for the end of a line
_LINE_END = regex.compile(r"\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# controls, half surrogate pairs, and what XML forbids
_UNPRINTABLE = regex.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = regex.compile(r"[ \t]+")
_NOT_IN_URL = regex.compile(r"[\x00-\x20\x7f-\x9f\\<>{}|^`\"\s\ud800-\udfff\ufffe\uffff]")
# the last character of a link is no punctuation
_LINK = regex.compile(
    r"https?://[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、…]*"
    r"[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、….,;:!?')\]}]"
)


def text_blocks(text: str) -> tuple[Block, ...]:
    """A plain text as one block, in which web addresses are links."""
    spans = []
    end = 0
    for match in _LINK.finditer(text):
        spans += [Span(text[end : match.start()]), Span(match[0], match[0])]
        end = match.end()
    return (Block("paragraph", (*spans, Span(text[end:]))),)


def to_html(blocks: Sequence[Block]) -> str:
    """The blocks as HTML, one element of theirs on a line.

    The elements are `p`, `h2`, `blockquote`, `br` and `a`. Paragraphs of a quotation that follow
    each other are one `blockquote`. Only http and https links become links.
    """
    return "".join(_grouped(blocks, _html_block, _html_quotation))


def to_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown, which ends with a line feed, or "" where there are none.

    What CommonMark, its common extensions, or the template languages of Hugo, Jekyll and Zola would
    interpret is escaped, so that they show the text as it is. Quotation marks are left to the
    typography of the site.
    """
    groups = _grouped(blocks, _markdown_block, _markdown_quotation)
    return "\n".join(groups)


def escape_markdown(text: str) -> str:
    """The text on one line of Markdown that no renderer interprets."""
    return _escaped_markdown(on_one_line(text), _MARKDOWN)


def on_one_line(text: str) -> str:
    """The text without line feeds, and without characters that no page may have."""
    line = _UNPRINTABLE.sub("", _LINE_END.sub("\n", text)).replace("\n", " ")
    return _SPACES.sub(" ", line).strip(" ")


def web_link(url: str) -> str:
    """The URL as the target of a link, "" for one that is not http or https.

    What no URL contains is percent-encoded.
    """
    try:
        parts = urlsplit(url)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    if not is_web:
        return ""
    return _NOT_IN_URL.sub(lambda match: quote(match[0], safe="", errors="replace"), url)


# lines


def _grouped(
    blocks: Sequence[Block],
    block_markup: Callable[[Block, Sequence[Line]], str],
    quotation_markup: Callable[[Sequence[Sequence[Line]]], str],
) -> Iterator[str]:
    """The markup of each block with text, and of each run of quotations."""
    paragraphs = [
        (block, lines) for block in blocks for lines in _paragraphs(_lines(block.spans)) if lines
    ]
    for is_quotation, group in groupby(paragraphs, lambda pair: pair[0].kind == "quotation"):
        if is_quotation:
            yield quotation_markup([lines for _, lines in group])
        else:
            yield from (block_markup(block, lines) for block, lines in group)


def _lines(spans: Iterable[Span]) -> list[Line]:
    """The lines of the spans. Neighbours that are no links are joined."""
    lines: list[Line] = [[]]
    for span in spans:
        text = _UNPRINTABLE.sub("", _LINE_END.sub("\n", span.text))
        link = web_link(span.link)
        if link:
            lines[-1].append(Span(_SPACES.sub(" ", text.replace("\n", " ")).strip() or link, link))
            continue
        first, *others = _SPACES.sub(" ", text).split("\n")
        _append_text(lines[-1], first)
        lines.extend([Span(other)] for other in others)
    return [_stripped(line) for line in lines]


def _append_text(line: Line, text: str) -> None:
    if line and not line[-1].link:
        line[-1] = Span(_SPACES.sub(" ", line[-1].text + text))
    else:
        line.append(Span(text))


def _stripped(line: Line) -> Line:
    """The line without empty text, and without spaces around it."""
    spans = [*line]
    if spans and not spans[0].link:
        spans[0] = Span(spans[0].text.lstrip(" "))
    if spans and not spans[-1].link:
        spans[-1] = Span(spans[-1].text.rstrip(" "))
    return [span for span in spans if span.text]


def _paragraphs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The paragraphs: an empty line ends one."""
    for has_text, group in groupby(lines, bool):
        if has_text:
            yield list(group)


# HTML


def _html_block(block: Block, lines: Sequence[Line]) -> str:
    if block.kind == "heading":
        return f"<h2>{' '.join(map(_html_line, lines))}</h2>\n"
    return _html_paragraph(lines)


def _html_quotation(paragraphs: Sequence[Sequence[Line]]) -> str:
    return f"<blockquote>\n{''.join(map(_html_paragraph, paragraphs))}</blockquote>\n"


def _html_paragraph(lines: Sequence[Line]) -> str:
    return f"<p>{'<br>'.join(map(_html_line, lines))}</p>\n"


def _html_line(line: Line) -> str:
    return "".join(map(_html_span, line))


def _html_span(span: Span) -> str:
    text = _html_text(span.text)
    if not span.link:
        return text
    return f'<a href="{_html_text(span.link)}" rel="nofollow noopener">{text}</a>'


def _html_text(text: str) -> str:
    # WordPress runs what stands in square brackets
    return escape(text).replace("[", "&#91;").replace("]", "&#93;")


# Markdown

# What all renderers know to be escaped by a backslash has one. For the rest there are character
# references, which Python-Markdown reads as well; and the template languages of Jekyll and Zola,
# which run before the renderer, do not know backslashes.
_BY_BACKSLASH = frozenset("*_`[]#+-.)!")
_ANYWHERE = r"[*_`\[\]\#\\<>&|~^{$]"
_LINKS_BY_THEMSELVES = r":(?=//) | (?<=\b[Ww]{3})\. | (?<=[\w.+-])@(?=\w)"
_DOUBLED = r"(?<=-)- | (?<=\.)\. | (?<=\+)\+ | (?<==)= | :(?=[\w+-]+:)"
_BEFORE_LINK = r"!(?=\[|\Z)"
_MARKDOWN = regex.compile(
    rf"{_ANYWHERE} | {_LINKS_BY_THEMSELVES} | {_DOUBLED} | {_BEFORE_LINK}", regex.VERBOSE
)
_MARKDOWN_LINK = regex.compile(rf"{_ANYWHERE} | {_DOUBLED} | {_BEFORE_LINK}", regex.VERBOSE)
# Python-Markdown counts a list with the digits of any script
_MARKDOWN_AT_START = regex.compile(
    rf"\A[-+=:!] | (?<=\A\d+)[.)] | {_MARKDOWN.pattern}", regex.VERBOSE
)


def _escaped_markdown(text: str, pattern: regex.Pattern[str]) -> str:
    return pattern.sub(_escaped_character, text)


def _escaped_character(match: regex.Match[str]) -> str:
    character = match[0]
    return f"\\{character}" if character in _BY_BACKSLASH else f"&#{ord(character)};"


def _markdown_block(block: Block, lines: Sequence[Line]) -> str:
    if block.kind == "heading":
        return f"## {' '.join(map(_markdown_line, lines))}\n"
    return _markdown_paragraph(lines)


def _markdown_quotation(paragraphs: Sequence[Sequence[Line]]) -> str:
    text = "\n".join(map(_markdown_paragraph, paragraphs))
    return "".join(f"> {line}\n" if line else ">\n" for line in text.split("\n")[:-1])


def _markdown_paragraph(lines: Sequence[Line]) -> str:
    # not a backslash: only CommonMark takes it for a line break, and Hugo drops a <br>
    return "  \n".join(map(_markdown_line, lines)) + "\n"


def _markdown_line(line: Line) -> str:
    return "".join(_markdown_span(span, is_first=index == 0) for index, span in enumerate(line))


def _markdown_span(span: Span, *, is_first: bool) -> str:
    if not span.link:
        return _escaped_markdown(span.text, _MARKDOWN_AT_START if is_first else _MARKDOWN)
    url = span.link.replace("&", "&amp;")
    return f"[{_escaped_markdown(span.text, _MARKDOWN_LINK)}](<{url}>)"
