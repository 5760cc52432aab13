"""Threads: a text that is too long for one post, in parts that continue each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reblogbot.core.text.labels import label_of
from reblogbot.core.text.measure import graphemes, length
from reblogbot.core.text.sentences import cut, sentence_ends
from reblogbot.core.text.shortening import ELLIPSIS, word_boundary
from reblogbot.model import Post, ServerLimits

MOST_PARTS = 10
# a part that ends earlier, at a paragraph or sentence, would be too short beside the others
_LEAST_SHARE = 3
# characters of one grapheme, beyond which none is searched for the end of a part
_MOST_PER_GRAPHEME = 12


def parts(post: Post, limits: ServerLimits) -> list[Post]:
    """The post, or the posts that contain its text in order, each within the limit of the server.

    A text is split between paragraphs, else between sentences, else between words. The label of
    generated text, the link and the images are in the first part. Of a text that is too long for
    ten parts, the last is cut at a sentence and ends with ….
    """
    if length(post.text, limits, post.spoiler) <= limits.characters:
        return [post]
    texts = list(_texts(post.text, post, limits, ""))
    tail = _tail(post, texts[0], limits)
    if tail:
        texts = list(_texts(_without_lines(post.text, tail), post, limits, tail))
    return [
        replace(
            post,
            text=text,
            length=length(text, limits, post.spoiler),
            limit=limits.characters,
            shorter="",
            link=post.link if post.link in text else "",
            media=post.media if number == 1 else (),
            part=number,
        )
        for number, text in enumerate(texts, 1)
    ]


def _tail(post: Post, first: str, limits: ServerLimits) -> str:
    """The lines that the first part must have and has not: the label, and the link."""
    label = label_of(post.language) if post.is_generated else ""
    lines = post.text.split("\n")
    missing = [line for line in (label, post.link) if line and line in lines and line not in first]
    # a link that leaves no room for words stays where it is
    if 2 * length("\n".join(missing), limits) > limits.characters:
        missing = missing[:1] if label in missing else []
    return "\n".join(missing)


def _without_lines(text: str, tail: str) -> str:
    dropped = set(tail.split("\n"))
    return "\n".join(line for line in text.split("\n") if line not in dropped).strip()


def _texts(text: str, post: Post, limits: ServerLimits, tail: str) -> Iterator[str]:
    """The texts of the parts; `tail` ends the first."""
    for number in range(1, MOST_PARTS + 1):
        ending = f"\n\n{tail}" if tail and number == 1 else ""
        end = _longest_end(text, post, limits, ending)
        if end >= len(text):
            yield (text + ending).strip()
            return
        if number == MOST_PARTS:
            yield _cut_short(text, end)
            return
        end = _good_end(text, end)
        yield (text[:end].rstrip() + ending).strip()
        text = text[end:].lstrip()


def _longest_end(text: str, post: Post, limits: ServerLimits, ending: str) -> int:
    """The index up to which the text fits together with the ending, at least 1."""
    pieces = graphemes(text[: _MOST_PER_GRAPHEME * limits.characters])
    low, high = 1, len(pieces) + 1
    while high - low > 1:
        middle = (low + high) // 2
        size = length("".join(pieces[:middle]).rstrip() + ending, limits, post.spoiler)
        low, high = (middle, high) if size <= limits.characters else (low, middle)
    return len("".join(pieces[:low]))


def _good_end(text: str, end: int) -> int:
    """The last index up to `end` behind a paragraph, else a sentence, else a word."""
    paragraph = text.rfind("\n\n", 0, end + 2)
    if _LEAST_SHARE * paragraph >= end:
        return paragraph
    sentence = max((at for at in sentence_ends(text[: end + 2]) if at <= end), default=0)
    if _LEAST_SHARE * sentence >= end:
        return sentence
    return word_boundary(text, end) or end


def _cut_short(text: str, end: int) -> str:
    shortened = cut(text, len(graphemes(text[:end])) - 2)
    return shortened if shortened.endswith(ELLIPSIS) else f"{shortened} {ELLIPSIS}"
