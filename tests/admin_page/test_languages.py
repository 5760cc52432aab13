"""Texts of ours in another language, also those that the store kept in English."""

import pytest

from reblogbot.admin_page import languages
from reblogbot.admin_page.languages import language_of, translated
from reblogbot.words import Words


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-TW", "zh"),
        ("zh-Hant-HK", "zh"),
        ("ZH-cn", "zh"),
        ("fr, de;q=0.9, zh;q=0.1", "zh"),
        ("en-GB, zh;q=0.9", "en"),
        ("en;q=0.3,zh;q=0.7", "zh"),
        ("zh;q=0", "en"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("zh; Q=0.5 , en; q=0.4", "zh"),
        ("en;q=1, zh;q=99999", "en"),
        ("*", "en"),
        ("zh;q=0.5.5", "en"),
        ("zh;q=", "en"),
        ("zh;level=1", "en"),
        ("中文", "en"),
        ("zhzhzhzhzh", "en"),
        ("\0,,;;q=zh", "en"),
        ("x," * 5000 + "zh", "en"),
    ],
)
def test_the_language_is_what_the_browser_prefers_among_ours(header, language):
    assert language_of(header) == language


def test_words_are_translated_and_english_stays():
    words = Words("Too many wrong passwords. Try again in {seconds} s.", seconds=5)
    assert translated(words, "zh") == "密码错误次数过多。请在 5 秒后重试。"
    assert translated(words, "en") == words


def test_a_text_of_the_store_is_recognised_by_its_sentence():
    assert translated("Wrong name or password.", "zh") == "名称或密码错误。"
    assert translated("tomorrow 07:00", "zh") == "明天 07:00"
    assert translated("until {a} ({b})", "zh") == "到 {a}（{b}）"


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "until (", "a text of somebody", "密码", "until " + "(" * 20_000 + ")"]
)
def test_a_text_that_is_not_ours_stays_as_it_is(text):
    assert translated(text, "zh") == text
    assert translated(text, "en") == text


@pytest.fixture
def catalogue(monkeypatch, tmp_path):
    """A catalogue in place of that of 中文."""
    file = tmp_path / "zh" / "LC_MESSAGES" / "reblogbot.po"
    file.parent.mkdir(parents=True)
    monkeypatch.setattr(languages, "_LOCALES", tmp_path)
    caches = [
        languages.translations,
        languages._catalog,
        languages._sentences,
        languages._recognised,
    ]

    def write(**entries):
        pairs = "".join(
            f'msgid "{text}"\nmsgstr "{string}"\n\n' for text, string in entries.items()
        )
        file.write_text(
            f'{pairs}msgid "{{count}} post"\nmsgid_plural "{{count}} posts"\nmsgstr[0] "{{count}}篇"\n'
        )
        for each in caches:
            each.cache_clear()

    yield write
    monkeypatch.undo()
    for each in caches:
        each.cache_clear()


def test_the_sentence_with_the_most_words_of_its_own_is_recognised(catalogue):
    catalogue(**{"held: {cause}": "暂缓：{cause}", "held: storm, {n} new": "暂缓：刷屏 {n}"})
    assert translated("held: storm, 28 new", "zh") == "暂缓：刷屏 28"
    assert translated("held: storm", "zh") == "暂缓：storm"


def test_a_text_within_a_text_is_translated_and_a_name_is_not(catalogue):
    catalogue(
        **{"held: {cause}": "暂缓：{cause}", "no source {name}": "无 {name}", "digest": "汇总"}
    )
    assert translated("held: no source digest", "zh") == "暂缓：无 digest"
    assert translated("held: digest", "zh") == "暂缓：汇总"
    assert translated(Words("held: {cause}", cause=Words("digest")), "zh") == "暂缓：汇总"
    assert translated(Words("no source {name}", name="digest"), "zh") == "无 digest"


def test_a_sentence_without_words_counts_only_around_a_text_of_ours(catalogue):
    catalogue(**{"{where}: {reason}": "{where}：{reason}", "no connection": "无连接"})
    assert translated("https://a.example: no connection", "zh") == "https://a.example：无连接"
    assert translated("somebody: a text", "zh") == "somebody: a text"


def test_a_number_of_the_store_decides_on_the_plural(catalogue):
    catalogue()
    assert translated("1 post", "zh") == "1篇"
    assert translated("3 posts", "zh") == "3篇"
    assert translated("many posts", "zh") == "many posts"


def test_a_place_of_a_number_takes_no_other_text(catalogue):
    catalogue(**{"{count} new entries": "{count} 个新条目", "storm: {reason}": "刷屏：{reason}"})
    assert translated("storm: 28 new entries", "zh") == "刷屏：28 个新条目"


@pytest.mark.parametrize("text", ["a: " * 600, "held: " * 300, "; " * 900, "x (" * 500])
def test_a_text_that_looks_like_many_within_each_other_is_left_alone(text):
    assert translated(text, "zh").endswith(text[-100:])


def test_an_empty_text_stays_empty():
    assert translated(Words(""), "zh") == ""
