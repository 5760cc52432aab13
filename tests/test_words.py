"""English text that remembers what it was made of."""

import copy
import pickle
import sqlite3
from gettext import NullTranslations

import pytest

from reblogbot.words import Words


class Shouting(NullTranslations):
    def gettext(self, message):
        return message.upper().replace("{NAME}", "{name}").replace("{COUNT}", "{count}")

    def ngettext(self, msgid1, msgid2, n):
        return self.gettext(msgid1 if n == 1 else msgid2)


def same(name, value):
    return value


def test_words_are_the_english_text():
    words = Words("no source {name}", name="{hot}")
    assert (words, words.sentence, words.values) == (
        "no source {hot}",
        "no source {name}",
        {"name": "{hot}"},
    )
    assert f"{words}!" == "no source {hot}!"


def test_words_without_values_may_have_braces():
    assert Words('write { gap = "2m" }') == 'write { gap = "2m" }'


@pytest.mark.parametrize(("count", "text"), [(0, "0 posts"), (1, "1 post"), (2, "2 posts")])
def test_a_number_decides_between_singular_and_plural(count, text):
    words = Words("{count} post", "{count} posts", count=count)
    assert words == text
    assert words.translated(Shouting(), same) == text.upper()


def test_a_translation_has_the_values_in_its_own_places():
    words = Words("no source {name}", name="hot")
    assert words.translated(Shouting(), same) == "NO SOURCE hot"
    assert (
        words.translated(Shouting(), lambda name, value: f"<{name} {value}>")
        == "NO SOURCE <name hot>"
    )


@pytest.mark.parametrize(
    "clone", [copy.copy, copy.deepcopy, lambda words: pickle.loads(pickle.dumps(words))]
)
def test_a_copy_can_be_translated_too(clone):
    words = clone(Words("no source {name}", name="{hot}"))
    assert words == "no source {hot}"
    assert words.translated(Shouting(), same) == "NO SOURCE {hot}"


def test_a_store_takes_words_as_text():
    row = sqlite3.connect(":memory:").execute("SELECT ?", [Words("held by the admin")]).fetchone()
    assert row == ("held by the admin",)


def test_a_sentence_is_filled_later():
    sentence = Words("{count} post of {name}", "{count} posts of {name}")
    words = sentence.filled(count=2, name="hot")
    assert words == "2 posts of hot"
    assert words.translated(Shouting(), same) == "2 POSTS OF hot"


def test_lines_are_translated_each():
    words = Words.lines([Words("no source {name}", name="{hot}"), "a {name}"])
    assert words == "no source {hot}\na {name}"
    assert words.sentence == "{line0}\n{line1}"
    assert Words.lines([]) == ""
