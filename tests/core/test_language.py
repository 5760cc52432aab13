"""The language of a text: by script, letters and detector, and unknown in case of doubt."""

import builtins

import pytest

from reblogbot.core.text import language, language_of, may_be_in, text_language

ENGLISH = "The quick brown fox jumps over the lazy dog"


@pytest.fixture
def no_detector(monkeypatch):
    """As without the extra `languages`."""
    monkeypatch.setattr(language, "find_spec", lambda _: None)
    language._detector.cache_clear()
    yield
    language._detector.cache_clear()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Мы вышли из дома", "ru"),
        ("Президентът подписа закона", "bg"),
        ("Їжак не спить", "uk"),
        ("Урад прыняў бюджэт", "be"),
        ("Ђорђе је дошао", ""),
        ("Ќе биде убаво", "mk"),
        ("Ұлттық банк", "kk"),
        ("Ҡала көнө", "ba"),
        ("Җәй җитте", "tt"),
        ("Тоҷикистон", "tg"),
        ("امریکی وزیر کا بیان ہے", ""),
        ("این یک کتاب است که می‌خوانم", "fa"),
        ("ښه ورځ", "ps"),
        ("סימן שאלה", "he"),
        ("א גוטער טאָג צו אײַך", "yi"),
        ("यह किताब अच्छी है", "hi"),
        ("ही गोष्ट चांगली आहे", "mr"),
        ("ગુજરાતી", "gu"),
        ("Καλημέρα κόσμε", "el"),
    ],
)
def test_distinctive_letters_determine_the_language(no_detector, text, expected):
    assert language_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Правителството прие бюджета",
        "Нова година",
        "Жаңа заң қабылданды",
        "Өкмөт бюджетти бекитти",
        "नेपाल सरकार",
        ENGLISH,
        "Der Zug fährt wieder",
        "2026 …",
    ],
)
def test_a_text_that_may_be_in_several_languages_has_none(no_detector, text):
    assert language_of(text) == ""


@pytest.mark.parametrize(
    ("declared", "text", "expected"),
    [
        ("en-us", "今天天气很好，大家都去公园散步了", "zh"),
        ("en", "夜行列車が帰ってきた", "ja"),
        ("en-US", "GPT-5.5 发布了", "zh"),
        ("de", "서울에서 온 편지", "ko"),
        ("en", "Мы вышли из дома", "ru"),
        ("ru", "Δεν μιλάω ρωσικά", "el"),
        ("zh", "これはペンです、とても良いペンです", "ja"),
        (
            "ja",
            "中华人民共和国国务院办公厅关于印发全国深化改革加快建设高效规范公平竞争统一市场的通知",
            "zh",
        ),
        # and those that can be true
        ("en", "Learn 中文 with me, hello 你好", "en"),
        ("zh-TW", "OpenAI GPT-5 API 更新", "zh-TW"),
        ("zh", "GPT-5.5", "zh"),
        ("zh", "优の良品", "zh"),
        ("ja", "東京都知事選挙", "ja"),
        ("sr", "Влада је усвојила буџет", "sr"),
        ("sr-Latn", "Vlada je usvojila budžet", "sr-Latn"),
        ("kk", "Жаңа заң", "kk"),
        ("eng", "今天天气很好", "eng"),
        ("fr", "", "fr"),
        ("und", "今天", "zh"),
    ],
)
def test_a_declaration_that_the_script_contradicts_is_ignored(declared, text, expected):
    assert text_language(text, declared) == expected


def test_a_chinese_declaration_of_an_english_text_is_ignored(no_detector):
    assert text_language(ENGLISH, "zh-CN") == ""
    assert text_language(ENGLISH, "zh-CN", "en-GB") == "en-GB"


@pytest.mark.parametrize(
    ("code", "text", "possible"),
    [
        ("ru", "Нова година", True),
        ("bg", "Нова година", True),
        ("en", "Нова година", False),
        ("fr", ENGLISH, True),
        ("zh", ENGLISH, False),
        ("uz", ENGLISH, True),
        ("zh", "2026", True),
    ],
)
def test_a_language_is_possible_if_it_uses_the_script(code, text, possible):
    assert may_be_in(code, text) is possible


def test_the_detector_distinguishes_latin_languages_and_ignores_low_scores():
    pytest.importorskip("fasttext")
    assert language_of("Die Regierung beschließt den Haushalt für das nächste Jahr") == "de"
    assert language_of("El gobierno aprueba el presupuesto del próximo año") == "es"
    assert language_of("Правителството прие бюджета за следващата година") == "bg"
    assert language_of("Президент подписал указ о назначении нового министра") in ("ru", "")
    for text in ("xkcd", "asdf qwer zxcv uiop", "VS Code 1.104", "Өкмөт бюджетти бекитти"):
        assert language_of(text) == ""


GERMAN = (
    "Haben Sie schon an die Reise gedacht? Der Nachtzug fährt ab Frühling wieder, mit drei neuen "
    "Linien und den alten Wagen."
)


def test_the_detector_overrides_a_declaration_only_with_a_high_score():
    pytest.importorskip("fasttext")
    assert text_language(GERMAN, "en-US") == "de"
    assert text_language(GERMAN, "de-AT") == "de-AT"
    # too short to be beyond doubt, a code it does not know, kin, and another script
    assert text_language(GERMAN[:34], "en-US") == "en-US"
    assert text_language(GERMAN, "gsw") == "gsw"
    assert (
        text_language(
            "Det er en god dag i dag, og vi skal gå en lang tur langs vannet og se på båtene som kommer inn",
            "nb",
        )
        == "nb"
    )
    assert (
        text_language(
            f"今天天气很好，大家都去公园散步了，{GERMAN[:60]}还有很多花和很多人，明天再去看看吧，一定很好玩",
            "zh",
        )
        == "zh"
    )


def test_without_a_detector_a_declaration_counts(no_detector):
    assert text_language(GERMAN, "en-US") == "en-US"


def test_the_detector_never_opens_a_connection_or_writes(monkeypatch):
    pytest.importorskip("fasttext")
    opened = builtins.open
    modes = []

    def recorded(file, mode="r", *args, **kwargs):
        modes.append(mode)
        return opened(file, mode, *args, **kwargs)

    monkeypatch.setattr(builtins, "open", recorded)
    monkeypatch.setattr("socket.socket.connect", None)
    language._detector.cache_clear()
    assert language_of("Le gouvernement adopte le budget de l'année prochaine") == "fr"
    assert not any(set(mode) & set("wax+") for mode in modes)
