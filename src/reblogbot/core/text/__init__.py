"""Plain text: cleaning, defusing, measuring as servers do, and shortening."""

from reblogbot.core.text.cleaning import clean, one_line
from reblogbot.core.text.escaping import escape
from reblogbot.core.text.hashtags import hashtags, untagged
from reblogbot.core.text.language import language_of, language_tag, may_be_in, text_language
from reblogbot.core.text.markup import html_to_text, unescape_once
from reblogbot.core.text.measure import graphemes, length, size
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.shortening import ELLIPSIS, beginning, shorten

__all__ = [
    "ELLIPSIS",
    "beginning",
    "clean",
    "defuse",
    "escape",
    "graphemes",
    "hashtags",
    "html_to_text",
    "language_of",
    "language_tag",
    "length",
    "may_be_in",
    "one_line",
    "shorten",
    "size",
    "text_language",
    "unescape_once",
    "untagged",
]
