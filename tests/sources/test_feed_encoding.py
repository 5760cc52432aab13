"""Bytes to text: every encoding a feed may be in, claim to be in, or hide."""

import codecs

import pytest
from documents import only
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.encoding import decode

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
def test_an_encoding_only_http_names_is_read(encoding, title):
    body = document(title).encode(encoding)
    assert only(body, content_type=f'text/xml; Charset="{encoding}"').title == title


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])  # fmt: skip
def test_unicode_is_recognised_by_its_mark_or_its_zeros(encoding):
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
def test_a_feed_that_lies_about_its_encoding_is_read_all_the_same(truth, declared, served):
    body = document(CHINESE, declared).encode(truth)
    assert only(body, content_type=f"text/xml; charset={served}").title == CHINESE


def test_gbk_beyond_what_gb2312_declares_is_read():
    assert only(document("朱镕基", "gb2312").encode("gbk")).title == "朱镕基"


def test_the_admins_word_beats_every_claim():
    body = document("Новости", "utf-8").encode("koi8-r")
    assert only(body, encoding="koi8-r").title == "Новости"
    assert only(codecs.BOM_UTF8 + body, encoding="koi8-r").title == "Новости"


def test_an_encoding_nobody_knows_is_told():
    with pytest.raises(SourceError) as caught:
        decode(b"x", wanted="klingon")
    assert caught.value.slug == "encoding_unknown"


def test_a_few_broken_bytes_do_not_spoil_the_rest():
    body = document(CHINESE + "#", "iso-8859-1").encode().replace(b"#", b"\xff")
    assert only(body).title == CHINESE + "\ufffd"


def test_undeclared_latin_text_is_not_taken_for_chinese():
    assert only(document("Où est le café ?").encode("cp1252")).title == "Où est le café ?"


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30), st.sampled_from(["", "gbk", "utf-16", "hz"]))
def test_no_bytes_break_the_decoder(body, content_type, wanted):
    text = decode(body, content_type=content_type, wanted=wanted)
    assert not any("\ud800" <= char <= "\udfff" for char in text)


@settings(deadline=None)
@given(st.text())
def test_utf8_is_always_read_back(text):
    read = decode(text.encode(errors="replace"))
    assert read == text.encode(errors="replace").decode().removeprefix("\ufeff") or "\0" in text
