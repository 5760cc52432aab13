"""The line by which a post says that a model has written a part of it."""

from __future__ import annotations

from collections.abc import Mapping

_ENGLISH = "AI-written summary"
_LABELS: Mapping[str, str] = {
    "de": "KI-generierte Zusammenfassung",
    "en": _ENGLISH,
    "es": "Resumen escrito por una IA",
    "fr": "Résumé rédigé par une IA",
    "it": "Riassunto scritto da un'IA",
    "ja": "AIによる要約",
    "ko": "AI가 작성한 요약",
    "nl": "Samenvatting geschreven door AI",
    "pt": "Resumo escrito por uma IA",
    "ru": "Краткое изложение, написанное ИИ",
    "yue": "AI 生成摘要",
    "zh": "AI 生成摘要",
}


def label_of(language: str) -> str:
    """The label of generated text in this language (a tag such as `zh-Hant`), else in English."""
    return _LABELS.get(language.partition("-")[0].lower(), _ENGLISH)
