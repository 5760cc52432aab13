"""Plain text: cleaned, made harmless, measured as servers measure it, and shortened."""

from reblogbot.text.cleaning import clean, one_line
from reblogbot.text.hashtags import hashtags
from reblogbot.text.language import language_of, language_tag
from reblogbot.text.markup import html_to_text, unescape_once
from reblogbot.text.measure import graphemes, length, size
from reblogbot.text.mentions import defuse
from reblogbot.text.shortening import ELLIPSIS, shorten

__all__ = [
    "ELLIPSIS",
    "clean",
    "defuse",
    "graphemes",
    "hashtags",
    "html_to_text",
    "language_of",
    "language_tag",
    "length",
    "one_line",
    "shorten",
    "size",
    "unescape_once",
]
