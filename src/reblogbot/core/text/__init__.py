"""Plain text. The names here read it: cleaned, freed of markup, its language recognised.

What writes posts (`escaping`, `hashtags`, `measure`, `mentions`, `shortening`) is imported from its
own module, because a parser child that composes nothing need not compile its patterns.
"""

from reblogbot.core.text.cleaning import clean, one_line
from reblogbot.core.text.language import language_of, language_tag, may_be_in, text_language
from reblogbot.core.text.markup import html_to_text, unescape_once

__all__ = [
    "clean",
    "html_to_text",
    "language_of",
    "language_tag",
    "may_be_in",
    "one_line",
    "text_language",
    "unescape_once",
]
