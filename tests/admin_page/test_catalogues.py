"""The catalogues of the admin's page: complete, without leftovers, and written as their language is."""

import re
from string import Formatter

import pytest

from catalogues import (
    catalogue_path,
    extracted,
    languages,
    merged,
    of_python,
    read_catalogue,
    untranslated,
)
from reblogbot.admin_page.languages import LANGUAGES

HOW_TO_MEND = "run `make catalogues`, then translate what it lists in "
NAMES = set(
    """reblogbot ActivityPub API Atom Bluesky CSS CSV Firefish GitHub GoToSocial GTS HTML HTTP HTTPS ID
    JSON JMESPath Linux Lemmy Mastodon Misskey OAuth OPML PDF PeerTube Pixelfed Pleroma Akkoma Hollo
    Alt Ctrl Feed PostgreSQL RDF RSS SQLite TLS TOML UTC URL UTF YAML feed2toot feediverse feed2fedi systemd
    WordPress Markdown OpenAI REST PHP Authorization""".split()
)
"""Latin words that are the same in 中文."""

KEYS = set(
    """account accounts acct action boost bots chmod command cron domains encoding every exclude false
    fields first followers from headline hidden include kind languages link links listen news paper path post read
    reblog replace replies server shm statuses timeout to true unlisted url via visibility wal webhook
    draft model pending private publish review steps text v1""".split()
)
"""Keys and values of the config, and examples, which are the same in every language."""

_CODE = re.compile(
    r"`[^`]*`|--\w+|\b(?:read|write):\w+|\bread write\b|\bo-w\b|\"[A-Z]+\"|\{[^{}]*\}|%\(\w+\)[sd]|<[^<>]*>|https?://[^，；。]*|\bhttps?\b|\[[^\]]*\]|[@#][\w@.]+"
    r"|\b[A-Za-z]\w*[._=]\w[\w.=]*"
)
"""What stays as it is in every language: code, places for values, elements, addresses, keys."""
_CHINESE = r"[\u3400-\u9fff]"
_FAULTS = {
    "punctuation beside Chinese is full-width, as in ，；：？！。": re.compile(
        rf"{_CHINESE}[,;:?!]|{_CHINESE}\.(?!\w)|[,;:?!]{_CHINESE}"
    ),
    "a space stands between Chinese and Latin letters or digits": re.compile(
        rf"{_CHINESE}[A-Za-z0-9]|[A-Za-z0-9]{_CHINESE}"
    ),
    "no space stands within Chinese": re.compile(rf"{_CHINESE} +{_CHINESE}"),
}


def entries(language):
    """The pairs of a text, or its plural, and its translation."""
    for message in read_catalogue(language):
        if message.id:
            text = message.id if isinstance(message.id, str) else message.id[-1]
            strings = [message.string] if isinstance(message.string, str) else message.string
            yield from ((text, string) for string in strings)


def shape(text):
    """What a translation keeps: places for values, elements, and the spaces around the text."""
    places = set(re.findall(r"%\((\w+)\)", text))
    places |= {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return places, re.findall("</?[a-z]+|`", text), re.findall(r"^\s*|\s*$", text)


def test_every_language_but_english_has_a_catalogue():
    assert {"en", *languages()} == set(LANGUAGES)


@pytest.mark.parametrize("language", languages())
def test_a_catalogue_has_the_texts_of_the_page_and_no_others(language):
    path = catalogue_path(language)
    if path.read_text(encoding="utf-8") != merged(language):
        present = {str(message.id) for message in read_catalogue(language)}
        needed = {str(message.id) for message in extracted()}
        pytest.fail(
            f"{HOW_TO_MEND}{path}; missing: {sorted(needed - present)}, "
            f"not used any more: {sorted(present - needed)}"
        )


@pytest.mark.parametrize("language", languages())
def test_everything_is_translated(language):
    catalog = read_catalogue(language)
    missing = untranslated(catalog)
    assert not missing, f"{HOW_TO_MEND}{catalogue_path(language)}: {missing}"
    assert not [message.id for message in catalog if message.id and message.fuzzy]


@pytest.mark.parametrize("language", languages())
def test_a_translation_has_the_places_the_elements_and_the_outer_spaces_of_its_text(language):
    pairs = list(entries(language))
    assert not [pair for pair in pairs if shape(pair[0]) != shape(pair[1])]


@pytest.mark.parametrize("language", languages())
def test_a_text_with_a_plural_has_all_forms_of_the_language(language):
    catalog = read_catalogue(language)
    plurals = [message for message in catalog if message.pluralizable]
    assert {len(message.string) for message in plurals} <= {catalog.num_plurals}


def test_chinese_is_written_as_chinese():
    for text, translation in entries("zh"):
        plain = _CODE.sub(" ", translation)
        words = set(re.findall(r"[A-Za-z][A-Za-z0-9]+", plain)) - NAMES - KEYS
        assert not words, f"English is left (what stays is in NAMES and KEYS): {translation!r}"
        for rule, pattern in _FAULTS.items():
            written = (
                translation if rule.startswith("punctuation") else _CODE.sub("\0", translation)
            )
            assert not pattern.search(written), f"{rule}: {text!r}: {translation!r}"


def test_texts_are_collected_from_templates_and_modules():
    texts = [message.id for message in extracted()]
    assert "Skip to the content" in texts
    assert "Wrong name or password." in texts


def test_a_text_of_several_lines_and_a_plural_are_collected():
    source = 'Words(\n  "one {a} "\n  "text", a=1)\nWords("{count} post", "{count} posts", count=2)'
    assert list(of_python(source, "module.py")) == [
        "one {a} text",
        ("{count} post", "{count} posts"),
    ]


@pytest.mark.parametrize("source", ['Words(f"{a} text")', "Words(text)", "Words()"])
def test_a_text_that_cannot_be_collected_is_refused(source):
    with pytest.raises(ValueError, match=r"module\.py:1: Words\(\) takes a literal"):
        list(of_python(source, "module.py"))


def test_a_format_within_a_text_is_refused():
    with pytest.raises(ValueError, match=r"module\.py:1: write \{…\} without a format"):
        list(of_python('Words("due {at:%H:%M}", at=at)', "module.py"))
