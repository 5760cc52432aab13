"""Titles of the form `【headline】summary`, which some Chinese sites use."""

from __future__ import annotations

import re

_HEADLINE = re.compile(r"【([^】]{2,60})】\s*(.*)", re.DOTALL)
# Words that name a category of entries: in brackets, they are not a headline.
_CATEGORIES = frozenset(
    "段子 置顶 谣言 辟谣 视频 短视频 图片 图集 多图 组图 动图 长图 漫画 图说 音频 直播 投票 讨论 "
    "提问 问答 求助 你问我答 挨踢 挨踢1024 42区 抽屉 公告 通知 活动 广告 推广 推荐 原创 转载 "
    "转 更新 精选 热门 重磅 最新 快讯 独家 深度 盘点 福利 科普 树洞 每日一图 今日话题".split()
)


def split(title: str) -> tuple[str, str]:
    """The headline and the summary in a title; the whole title and "" for another form.

    A category in brackets, as in 【段子】, stays a part of the title.
    """
    match = _HEADLINE.fullmatch(title)
    if match is None or match[1].strip() in _CATEGORIES:
        return title, ""
    return match[1].strip(), match[2].strip()
