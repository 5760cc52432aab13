"""What a site says about the use of its texts: to be quoted at all, and to be given to a model.

The signals are robots directives, TDMRep, Content-Signal and Content-Usage (ADR 0053). Where they
contradict each other, the one that refuses counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

AGENT = "reblogbot"
"""The product token of this program in robots.txt and in robots directives."""
PREFERENCES = ("Content-Signal", "Content-Usage")
"""Headers, and fields of robots.txt, that state preferences as `ai-input=no` or `ai-use=n`."""

_FORBID_TEXT = frozenset({"noai", "nosnippet", "max-snippet:0"})
# The categories that cover a text given to a model: of Content-Signal, of the vocabulary of the
# IETF's aipref group (draft 08), and of its earlier drafts. Training is not what this program does.
_AI_CATEGORIES = frozenset({"ai-input", "ai-use", "ai-output", "ai", "all", "bots", "tdm"})
_NO = frozenset({"n", "no", "?0"})
_YES = frozenset({"y", "yes", "?1"})


@dataclass(frozen=True, slots=True)
class TextRules:
    """Why a text must not be taken at all, and why not be given to a model; "" where it may be."""

    no_text: str = ""
    no_ai: str = ""

    def also(self, other: TextRules) -> TextRules:
        """Both rules together, with the first reason of each kind."""
        return TextRules(self.no_text or other.no_text, self.no_ai or other.no_ai)


def of_headers(headers: Mapping[str, str], of: str) -> TextRules:
    """The rules in the headers of the answer for `of` ("the page"); names are in lower case."""
    rules = _robots(headers.get("x-robots-tag", ""), f"X-Robots-Tag of {of}")
    if headers.get("tdm-reservation", "").strip() == "1":
        rules = rules.also(TextRules(no_ai=f"tdm-reservation: 1 (header of {of})"))
    for name in PREFERENCES:
        refused, _ = _preferences(headers.get(name.lower(), ""))
        if refused:
            rules = rules.also(TextRules(no_ai=f"{refused} ({name} of {of})"))
    return rules


def of_metadata(metadata: Iterable[tuple[str, str]]) -> TextRules:
    """The rules in the `meta` elements of a page, pairs of a name in lower case and a content."""
    rules = TextRules()
    for name, content in metadata:
        if name in ("robots", AGENT):
            rules = rules.also(_robots(content, f"meta {name} of the page"))
        elif name == "tdm-reservation" and content.strip() == "1":
            rules = rules.also(TextRules(no_ai="tdm-reservation: 1 (meta of the page)"))
    return rules


def preferences_as_rules(robots_txt: str, field: str) -> str:
    """The robots.txt in which the preferences of `field`, one of PREFERENCES, are the rules.

    Each becomes a `Disallow` of its path where a text must not be given to a model there, and an
    `Allow` where it may be, so that a parser of robots.txt finds the one that holds for a page.
    The rules of the file itself are left out, and groups stay apart. A preference before all
    groups is meant for everybody.
    """
    return "\n".join(("User-agent: *", "-: -", *_rules(robots_txt.splitlines(), field.lower())))


def _rules(lines: Iterable[str], field: str) -> Iterator[str]:
    for line in lines:
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name.replace(" ", "-").startswith(("user-agent", "useragent")):
            yield line
        elif name == field:
            path, *rest = value.split(None, 1) if value.startswith(("/", "*")) else ("/", value)
            refused, is_allowed = _preferences("".join(rest))
            if refused:
                # of rules of the same length, a parser prefers the one that allows
                yield f"Disallow: {path}" if path.endswith("$") else f"Disallow: {path}*"
            elif is_allowed:
                yield f"Allow: {path}"
        elif name and name != "sitemap":
            # any rule ends the list of the names of a group
            yield "-: -"


def _robots(value: str, where: str) -> TextRules:
    """The rules in a list of robots directives.

    A directive may have the name of a bot before it. That holds for this directive alone: whether
    it holds for the next ones too cannot be told from a repeated header.
    """
    rules = TextRules()
    for part in value.lower().split(","):
        name, _, rest = part.partition(":")
        is_named = bool(rest) and not name.strip().startswith(("max-", "unavailable"))
        if is_named and name.strip() not in (AGENT, "*"):
            continue
        directive = "".join((rest if is_named else part).split())
        if directive in _FORBID_TEXT:
            reason = f"{directive} ({where})"
            rules = rules.also(TextRules(reason, reason if directive == "noai" else ""))
    return rules


def _preferences(value: str) -> tuple[str, bool]:
    """The preference that refuses a model the text, or "", and whether one allows it.

    The value is a dictionary of RFC 9651, or the same with "yes" and "no".
    """
    is_allowed = False
    for part in value.lower().split(","):
        key, _, preference = part.partition("=")
        key, preference = key.strip(), preference.partition(";")[0].strip(' \t"')
        if key in _AI_CATEGORIES and preference in _NO:
            return f"{key}={preference}", False
        is_allowed |= key in _AI_CATEGORIES and preference in _YES
    return "", is_allowed
