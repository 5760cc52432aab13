"""A post as the title and the HTML of a WordPress post: markup of ours around plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reblogbot.core.article_markup import to_html
from reblogbot.core.articles import article_of_post
from reblogbot.model import Post

# exactly as `figure` writes it, also after the filters of a user without `unfiltered_html`
_FIGURE = re.compile(
    r'<figure class="wp-block-image"><img class="wp-image-\d{1,20}" src="[^"<>]*" alt="[^"<>]*" ?/>'
    r"</figure>\n?"
)
# not the start of an attribute
_ADDRESS_IN_TEXT = re.compile(r'(?<!")(https?):(?=//)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UploadedImage:
    """An image in the blog's media library."""

    id: int
    url: str
    alt: str


def title_html(title: str) -> str:
    """The title as WordPress stores it, where markup in it would be shown as such."""
    return escape(title, quote=False)


def content_html(post: Post, figures: str) -> str:
    """The HTML of a post: its content warning, its text, and its images.

    A user of the blog who may publish unfiltered HTML can publish any. So every text is escaped,
    and an address alone in a paragraph is not one that WordPress would embed.
    """
    blocks = article_of_post(post).body
    warning = f"<p><strong>{_escaped(post.spoiler)}</strong></p>\n" if post.spoiler else ""
    return _ADDRESS_IN_TEXT.sub(r"\1&#58;", warning + to_html(blocks)) + figures


def figures_html(images: Sequence[UploadedImage]) -> str:
    """The images, each as a block of its own."""
    return "".join(
        f'<figure class="wp-block-image"><img class="wp-image-{image.id}" '
        f'src="{_escaped(image.url)}" alt="{_escaped(image.alt)}" /></figure>\n'
        for image in images
    )


def figures_in(content: str) -> str:
    """The images that `figures_html` has put into the HTML of a post."""
    return "".join(match[0].rstrip("\n") + "\n" for match in _FIGURE.finditer(content))


def _escaped(text: str) -> str:
    """The text as it may stand in an element or an attribute, without shortcodes."""
    visible = "".join(char if char.isprintable() else " " for char in text)
    return escape(visible).replace("[", "&#91;").replace("]", "&#93;")
