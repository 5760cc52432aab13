"""Titles with a headline and a summary, and titles that only look like it."""

import pytest

from reblogbot.sources.chouti.headline import split

FIRST = "【中国车企，困在流量焦虑里】"
REST = "非车圈的周鸿祎之所以能走红北京车展，这与其时下的“流量焦虑”有关。"


@pytest.mark.parametrize(
    ("title", "headline", "summary"),
    [
        (FIRST + REST, FIRST[1:-1], REST),
        ("【标题】  正文", "标题", "正文"),
        ("【标题】", "标题", ""),
        ("【标题】第一【引用】第二", "标题", "第一【引用】第二"),
        ("没有括号的标题", "没有括号的标题", ""),
        ("前言【标题】正文", "前言【标题】正文", ""),
        ("【段子】有一天，小明说……", "【段子】有一天，小明说……", ""),
        ("【置顶】社区规范", "【置顶】社区规范", ""),
        ("【谣言】喝水会醉", "【谣言】喝水会醉", ""),
        ("【谣言四起的夜】正文", "谣言四起的夜", "正文"),
        ("【甲】太短", "【甲】太短", ""),
        (f"【{'长' * 60}】正文", "长" * 60, "正文"),
        (f"【{'长' * 61}】正文", f"【{'长' * 61}】正文", ""),
        ("【没有完", "【没有完", ""),
        ("【】空", "【】空", ""),
        ("", "", ""),
    ],
)
def test_a_title_with_a_headline_in_brackets_is_split(title, headline, summary):
    assert split(title) == (headline, summary)
