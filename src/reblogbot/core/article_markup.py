"""Articles as HTML: markup of ours around text that is shown as it is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from reblogbot.model import Block, Span


def to_html(blocks: Sequence[Block]) -> str:
    """The blocks as HTML, one element of theirs on a line."""
    return "".join(_block(block) for block in blocks)


def _block(block: Block) -> str:
    text = "".join(_span(span) for span in block.spans)
    if block.kind == "heading":
        return f"<h2>{text}</h2>\n"
    paragraph = f"<p>{text}</p>\n"
    return f"<blockquote>\n{paragraph}</blockquote>\n" if block.kind == "quotation" else paragraph


def _span(span: Span) -> str:
    text = escape(span.text).replace("[", "&#91;").replace("\n", "<br>")
    if not span.link.startswith(("http://", "https://")):
        return text
    return f'<a href="{escape(span.link)}" rel="nofollow noopener">{text}</a>'
