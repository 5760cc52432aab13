"""Decoding: every encoding that feeds use, declare or fail to declare."""

import codecs

import pytest
from documents import only
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.shared.encoding import decode

CHINESE = "【中国车企，困在流量焦虑里】一点流量也不能错过。"
SAMPLES = [
    ("gb2312", CHINESE),
    ("gbk", "朱镕基與囍字"),
    ("gb18030", "𠮷野家与㐀"),
    ("big5", "抽屜新熱榜：資訊"),
    ("shift_jis", "日本語の見出し"),
    ("cp932", "①髙﨑さん"),
    ("euc-jp", "日本語の見出し"),
    ("iso-2022-jp", "日本語の見出し"),
    ("euc-kr", "한국어 제목"),
    ("cp949", "똠방각하"),
    ("koi8-r", "Новости дня"),
    ("windows-1251", "Новости дня"),
    ("windows-1252", "“Café” – naïve"),
    ("iso-8859-2", "Zażółć gęślą"),
    ("iso-8859-15", "œuvre €"),
    ("utf-8", CHINESE + " 🎉"),
]


def document(title, encoding=""):
    declared = f' encoding="{encoding}"' if encoding else ""
    return f'<?xml version="1.0"{declared}?><rss version="2.0"><channel><item><title>{title}</title></item></channel></rss>'


@pytest.mark.parametrize(("encoding", "title"), SAMPLES)
def test_a_declared_encoding_is_read(encoding, title):
    assert only(document(title, encoding).encode(encoding)).title == title


@pytest.mark.parametrize(("encoding", "title"), SAMPLES)
def test_an_encoding_that_only_http_declares_is_read(encoding, title):
    body = document(title).encode(encoding)
    assert only(body, content_type=f'text/xml; Charset="{encoding}"').title == title


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])  # fmt: skip
def test_utf_16_and_utf_32_are_recognised_by_mark_or_nul_bytes(encoding):
    assert only(document(CHINESE, "utf-16").encode(encoding)).title == CHINESE


@pytest.mark.parametrize(
    ("truth", "declared", "served"),
    [
        ("utf-8", "gb2312", "gb2312"),
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "utf-16", ""),
        ("utf-8", "x-made-up", "none"),
        ("utf-8", "idna", "unicode_escape"),
        ("utf-8", "base64", "zlib"),
        ("gb18030", "utf-8", "gbk"),
        ("gb18030", "gb2312", "utf-8"),
        ("gb18030", "gb2312", "iso-8859-1"),
        ("gb18030", "", ""),
        ("gb18030", "utf-8", ""),
    ],
)
def test_a_feed_that_declares_a_wrong_encoding_is_read(truth, declared, served):
    body = document(CHINESE, declared).encode(truth)
    assert only(body, content_type=f"text/xml; charset={served}").title == CHINESE


HEADLINES = {
    "gbk": "中国新能源汽车出口再创新高，同比增长三成",
    "gb18030": "台灣颱風來襲，各地停班停課資訊，中國媒體關注",
    "big5": "總統府發言人回應媒體提問",
    "shift_jis": "新しいスマートフォンの発売日が決まりました",
    "euc-jp": "新しいスマートフォンの発売日が決まりました",
    "iso-2022-jp": "新しいスマートフォンの発売日が決まりました",
    "euc-kr": "정부, 새로운 부동산 정책 발표",
    "koi8-r": "Новости дня: в Москве открылась выставка",
    "windows-1251": "Новости дня: в Москве открылась выставка",
    "iso-8859-5": "Новости дня: в Москве открылась выставка",
    "cp866": "Новости дня: в Москве открылась выставка",
    "windows-1253": "Ειδήσεις της ημέρας από την Αθήνα",
    "windows-1255": "חדשות היום בישראל: הממשלה אישרה",
    "windows-1256": "أخبار اليوم من القاهرة",
    "iso-8859-6": "أخبار اليوم من القاهرة",
    "windows-874": "ข่าววันนี้จากกรุงเทพ",
    "windows-1252": "Où est le “café” – déjà créé à Besançon ?",
}
PYTHONS = {"windows-874": "cp874"}


@pytest.mark.parametrize("claimed", ["", "utf-8", "iso-8859-1", "us-ascii"])
@pytest.mark.parametrize(("encoding", "title"), HEADLINES.items())
def test_the_encoding_of_one_headline_is_detected_when_none_or_a_default_is_declared(
    encoding, title, claimed
):
    body = document(title, claimed).encode(PYTHONS.get(encoding, encoding))
    assert only(body).title == title
    assert only(body, content_type="text/xml; charset=iso-8859-1").title == title


@pytest.mark.parametrize(
    ("encoding", "claimed"),
    [("big5", "gbk"), ("euc-jp", "gb2312"), ("koi8-r", "gbk"), ("windows-1251", "koi8-r")],
)
def test_a_declared_encoding_loses_to_one_that_scores_much_higher(encoding, claimed):
    body = document(HEADLINES[encoding], claimed).encode(encoding)
    assert only(body).title == HEADLINES[encoding]


@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("big5", "一一"),
        ("shift_jis", "ア"),
        ("koi8-r", "Я"),
        ("gbk", "——……"),
        ("iso-8859-2", "Łódź"),
    ],
)
def test_a_few_characters_are_no_reason_to_doubt_a_declared_encoding(encoding, title):
    assert only(document(title, encoding).encode(encoding)).title == title


def test_gbk_beyond_what_gb2312_declares_is_read():
    assert only(document("朱镕基", "gb2312").encode("gbk")).title == "朱镕基"


def test_the_configured_encoding_beats_every_declared_one():
    body = document("Новости", "utf-8").encode("koi8-r")
    assert only(body, encoding="koi8-r").title == "Новости"
    assert only(codecs.BOM_UTF8 + body, encoding="koi8-r").title == "Новости"


def test_an_unknown_configured_encoding_is_an_error():
    with pytest.raises(SourceError) as caught:
        decode(b"x", configured="klingon")
    assert caught.value.slug == "encoding_unknown"


def test_a_few_broken_bytes_do_not_spoil_the_rest():
    body = document(CHINESE + "#", "iso-8859-1").encode().replace(b"#", b"\xff")
    assert only(body).title == CHINESE + "\ufffd"


@pytest.mark.parametrize(
    "title",
    ["Où est le café ?", "Ça va", "naïve façade", "“Quotes” — and – dashes…", "ökuþór á Íslandi"],
)
def test_undeclared_latin_text_is_not_taken_for_another(title):
    assert only(document(title).encode("cp1252")).title == title


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30), st.sampled_from(["", "gbk", "utf-16", "hz"]))
def test_no_bytes_make_decoding_fail(body, content_type, configured):
    text = decode(body, content_type=content_type, configured=configured)
    assert not any("\ud800" <= char <= "\udfff" for char in text)


@settings(deadline=None)
@given(st.text())
def test_utf8_is_always_read_back(text):
    read = decode(text.encode(errors="replace"))
    assert read == text.encode(errors="replace").decode().removeprefix("\ufeff") or "\0" in text
