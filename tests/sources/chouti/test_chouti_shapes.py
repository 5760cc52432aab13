"""Documents of 抽屉新热榜 of each format it has had; all made up, in the site's own formats."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.errors import SourceError
from reblogbot.model import Media
from reblogbot.sources.chouti.parse import parse_json, parse_official_feed, parse_page
from reblogbot.sources.shared.response_body import ResponseBody

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
MICROS = 1795336200000000
HOT = "https://dig.chouti.com/link/hot"

SNAKE = {
    "id": 42236030,
    "title": "【中国车企，困在流量焦虑里】非车圈的人走红北京车展，这与“流量焦虑”有关。",
    "url": "https://news.example/cars?id=5",
    "original_url": "https://news.example/cars",
    "ups": 37,
    "comments_count": 12,
    "img_url": "//img3.chouti.com/small.jpg?w=150",
    "original_img_url": "//img3.chouti.com/large.jpg",
    "score": "1713.25",
    "created_time": MICROS - 3_600_000_000,
    "action_time": MICROS,
    "time_into_pool": MICROS,
    "submitted_user": {"jid": "u1", "nick": "小明", "img_url": "/img/user.png"},
    "subject_id": 1,
}
CAMEL = {
    "id": "42236030",
    "title": SNAKE["title"],
    "originalUrl": "https://news.example/cars",
    "ups": "37",
    "commentsCount": 12,
    "imgUrl": "https://img3.chouti.com/small.jpg",
    "originalImgUrl": "https://img3.chouti.com/large.jpg",
    "score": 1713.25,
    "timeIntoPool": str(MICROS),
    "operateTime": MICROS,
    "submittedUser": {"nick": "小明"},
    "sectionName": "42区",
}


def body(document, url=HOT, content_type=""):
    if not isinstance(document, bytes):
        written = document if isinstance(document, str) else json.dumps(document)
        document = written.encode()
    return ResponseBody(document, content_type, url, "", "UTC", NOW)


def entries(document, **more):
    return parse_json(body(document, **more)).entries


def only(**fields):
    """The entry of one record."""
    (entry,) = entries({"data": [{"id": 7, "title": "T", **fields}]})
    return entry


def error_of(parse, document):
    with pytest.raises(SourceError) as caught:
        parse(body(document))
    return caught.value


# JSON


@pytest.mark.parametrize("record", [SNAKE, CAMEL], ids=["snake", "camel"])
def test_a_record_of_either_style_becomes_the_same_entry(record):
    (entry,) = entries({"data": [record]})
    assert entry.title == "中国车企，困在流量焦虑里"
    assert entry.summary == "非车圈的人走红北京车展，这与“流量焦虑”有关。"
    assert (entry.link, entry.guid) == ("https://dig.chouti.com/link/42236030", "42236030")
    assert (entry.score, entry.comments) == (37, 12)
    assert entry.published_at == MORNING
    assert entry.authors == ("小明",)
    assert entry.categories == ("42区",)
    assert entry.media == (Media("https://img3.chouti.com/large.jpg", "image/*"),)
    assert entry.language == "zh"


def test_the_batch_is_named_after_the_site():
    batch = parse_json(body({"data": [SNAKE]}))
    assert (batch.title, batch.language, batch.not_modified) == ("抽屉新热榜", "zh", False)


@pytest.mark.parametrize(
    "envelope",
    [
        lambda records: {"data": records},
        lambda records: {"code": 200, "success": True, "data": records, "banners": []},
        lambda records: {"data": {"list": records, "total": 1}},
        lambda records: {"result": {"code": "9999", "message": "ok", "data": records}},
        lambda records: {"result": {"code": "9999", "data": {"linksList": records}}},
        lambda records: {"ads": [{"picture": "/1.png"}], "data": records},
        lambda records: records,
    ],
)
def test_the_list_is_found_at_any_depth(envelope):
    (entry,) = entries(envelope([SNAKE]))
    assert entry.guid == "42236030"


def test_the_list_is_the_longest_where_there_are_several():
    pinned = {"id": 1, "title": "公告：社区规则"}
    answer = {"top": [pinned], "data": [SNAKE, SNAKE | {"id": 2}], "hot24": [pinned]}
    assert [entry.guid for entry in entries(answer)] == ["42236030", "2"]


def test_the_order_of_the_list_stays_and_an_id_counts_once():
    records = [{"id": n, "title": f"T{n}"} for n in (3, 1, 2)]
    shifted = [*records, {"id": 1, "title": "T1, once more"}]
    assert [entry.title for entry in entries({"data": shifted})] == ["T3", "T1", "T2"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<span class='hot'>红</span>字\t与\n换行", "红字 与 换行"),
        ("零\u200b宽\ufeff字", "零宽字"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("【段子】有一天……", "【段子】有一天……"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_a_title_is_clean(title, expected):
    entry = only(title=title)
    assert (entry.title, entry.summary) == (expected, "")


def test_an_entry_without_a_title_keeps_its_text():
    entry = only(title="", summary="只有正文")
    assert (entry.title, entry.summary) == ("", "只有正文")


def test_a_summary_beside_the_title_is_kept_unless_the_headline_has_its_own():
    assert only(title="标题", summary="摘要").summary == "摘要"
    assert only(title="标题", summary="标题").summary == ""
    assert only(title="【标题】正文", summary="摘要").summary == "正文"


@pytest.mark.parametrize(
    "fields",
    [
        {"time_into_pool": MICROS},
        {"time_into_pool": 0, "created_time": MICROS},
        {"operateTime": MICROS // 1000},
        {"created_time": MICROS // 1_000_000},
        {"createdTime": str(MICROS)},
        {"actionTime": "2026-11-22 16:30:00"},
        {"created_time": "2026-11-22T16:30:00+08:00"},
        {"created_time": "2026年11月22日 16:30"},
        {"time_into_pool": None, "operate_time": MICROS},
    ],
)
def test_times_of_old_and_new_records_are_read(fields):
    assert only(**fields).published_at == MORNING


def test_a_missing_or_future_time_is_no_error():
    assert only(created_time="soon").published_at is None
    assert only(created_time={"a": 1}).published_at is None
    assert only(created_time=MICROS + 10**15).published_at == NOW


def test_the_score_is_the_votes_and_else_the_sites_own():
    assert only(ups=0, score="1713.25").score == 0
    assert only(score="1713.25").score == 1713.25
    assert only(score=1713.25).score == 1713.25
    assert only().score is None


@pytest.mark.parametrize(
    ("subject", "name"),
    [(1, "42区"), (2, "段子"), (4, "图片"), (100, "挨踢1024"), ("151", "你问我答"), (177, "视频")],
)
def test_a_subject_is_named(subject, name):
    assert only(subject_id=subject).categories == (name,)


def test_what_is_missing_is_left_out():
    entry = only(submitted_user=None, subject_id=99, img_url="", comments_count="none")
    assert (entry.authors, entry.categories, entry.media, entry.comments) == ((), (), (), None)


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("//img1.chouti.com/a.jpg", "https://img1.chouti.com/a.jpg"),
        ("/img/show/a.jpg", "https://dig.chouti.com/img/show/a.jpg"),
        ("HTTP://img1.chouti.com/a.jpg", "HTTP://img1.chouti.com/a.jpg"),
        ("data:image/png;base64,xx", ""),
    ],
)
def test_images_are_absolute(written, link):
    assert [media.url for media in only(img_url=written).media] == ([link] if link else [])


def test_several_images_come_once_each():
    entry = only(
        imgUrl="https://i.example/1.jpg",
        multigraphList=["https://i.example/1.jpg", "//i.example/2.jpg", 5],
    )
    assert [media.url for media in entry.media] == [
        "https://i.example/1.jpg",
        "https://i.example/2.jpg",
    ]


def test_an_id_is_taken_from_the_permalink_where_it_has_no_field():
    records = [
        {"title": "T", "url": "https://m.ichouti.cn/link/55?from=x"},
        {"title": "scraped", "link": "/link/56"},
        {"title": "no id", "url": "https://x.example/"},
    ]
    listed = entries({"data": records})
    assert [(entry.guid, entry.link) for entry in listed] == [
        ("55", "https://dig.chouti.com/link/55"),
        ("56", "https://dig.chouti.com/link/56"),
    ]


def test_gbk_is_read_too():
    text = json.dumps({"data": [SNAKE]}, ensure_ascii=False).encode("gbk")
    (entry,) = parse_json(body(text, content_type="application/json; charset=GBK")).entries
    assert entry.title == "中国车企，困在流量焦虑里"


# the legacy JSON and the pages

NEW_DESIGN = """
<div class="link-con"><div class="link-item clearfix" data-id="42236030">
 <div class="image-item"><img class="image-scale" src="data:image/gif;base64,x" data-src="//img3.chouti.com/large.jpg"></div>
 <div class="link-detail"><a class="link-title link-statistics" data-id="42236030" href="https://news.example/cars">
  【中国车企，困在流量焦虑里】非车圈的人走红 &amp;amp; 北京<br>车展</a><span class="link-from">news.example</span></div>
 <span class="author-name">小明</span><a class="recommend-number">37</a><a class="comment-number">12</a>
 <span class="time-update" data-time="1795336200000000">1小时前入热榜</span></div>
 <div class="link-item" data-id="42236031"><a class="link-title" href="/link/42236031">第二条</a></div></div>
<div class="hot-24"><a href="/link/11">24小时最热：别的一条</a></div>"""
OLD_DESIGN = """
<div id="content-list" class="content-list"><div class="item"><div class="news-pic">
 <img alt="抽屉新热榜" original="//img2.chouti.com/small.jpg" lang="7"></div>
 <div class="news-content"><div class="part1"><a href="http://news.example/1" class="show-content color-chag">
  第一条标题 </a><span class="content-source">-news.example</span></div>
 <div class="part2" share-pic="http://img2.chouti.com/large.jpg" share-title="【第一】条标题" share-summary="摘要" share-linkid="7" share-subject="42区">
  <a class="digg-a"><b>37</b></a><a class="discus-a"><b>12</b></a><a class="user-a"><b>小明</b></a>
  <span class="left time-into-pool"><a class="time-a" href="/link/7"><b>1小时14分钟前</b></a><i>入热榜</i></span></div></div></div>
<div class="item"><div class="part1"><a class="show-content" href="/link/8">第二条标题</a></div>
 <div class="part2" share-linkid="8" share-title=""></div></div></div>"""
OTHER_DESIGN = """<main><p><a href="https://m.chouti.com/link/9">一条新闻</a> <a href="/link/9">12 评论</a></p>
<p><a href="/link/10?x=1" title="整个标题"><img src="x.png"></a></p><a href="/link/create">发布</a></main>"""


def test_a_page_of_the_new_design_is_read():
    batch = parse_page(body(f"<!DOCTYPE html><html><body>{NEW_DESIGN}</body></html>"))
    first, second = batch.entries
    assert (first.title, first.summary) == (
        "中国车企，困在流量焦虑里",
        "非车圈的人走红 &amp; 北京 车展",
    )
    assert (first.link, first.guid) == ("https://dig.chouti.com/link/42236030", "42236030")
    assert (first.score, first.comments, first.authors) == (37, 12, ("小明",))
    assert first.published_at == MORNING
    assert first.media[0].url == "https://img3.chouti.com/large.jpg"
    assert (second.title, second.guid) == ("第二条", "42236031")


def test_a_page_of_the_old_design_is_read():
    first, second = parse_page(body(f"<html><body>{OLD_DESIGN}</body></html>")).entries
    assert (first.title, first.summary, first.guid) == ("第一", "条标题", "7")
    assert (first.score, first.comments, first.authors) == (37, 12, ("小明",))
    assert first.media[0].url == "http://img2.chouti.com/large.jpg"
    assert first.categories == ("42区",)
    assert first.published_at == NOW - timedelta(hours=1, minutes=14)
    assert (second.title, second.link) == ("第二条标题", "https://dig.chouti.com/link/8")


def test_a_page_of_another_design_is_read_by_its_permalinks():
    listed = parse_page(body(OTHER_DESIGN)).entries
    assert [(entry.guid, entry.title) for entry in listed] == [
        ("9", "一条新闻"),
        ("10", "整个标题"),
    ]


@pytest.mark.parametrize(
    "html", [NEW_DESIGN, OLD_DESIGN, OTHER_DESIGN], ids=["newer", "older", "other"]
)
def test_html_in_the_legacy_json_is_read(html):
    envelope = {"result": {"code": "9999", "message": "", "data": {"dataList": html}}}
    assert entries(envelope) == parse_page(body(html)).entries


def test_an_entry_without_text_is_kept():
    """An image alone: the filter `empty` says why it is not posted."""
    (first,) = entries({"data": [{"id": 5, "title": "", "img_url": "https://i.example/a.jpg"}]})
    assert (first.guid, first.title, first.summary) == ("5", "", "")


# the feed


def test_the_official_feed_gives_the_entries_the_json_would():
    feed = (
        '<rss version="2.0"><channel><title>抽屉新热榜</title><link>https://dig.chouti.com</link>'
        "<item><title>【头条】正文</title><link>https://m.ichouti.cn/link/55?from=rss</link>"
        "<description>【头条】正文</description><pubDate>Sun, 22 Nov 2026 16:30:00</pubDate></item>"
        "<item><title>另一条</title><link>https://dig.chouti.com/link/56</link>"
        "<description>摘要</description></item>"
        "<item><title>又来</title><link>https://dig.chouti.com/link/56</link></item></channel></rss>"
    )
    first, second = parse_official_feed(body(feed)).entries
    assert (first.title, first.summary, first.guid) == ("头条", "正文", "55")
    assert first.link == "https://dig.chouti.com/link/55"
    assert first.published_at == MORNING
    assert (second.title, second.summary) == ("另一条", "摘要")


def test_a_feed_without_entries_is_an_error():
    assert (
        error_of(parse_official_feed, '<rss version="2.0"><channel/></rss>').slug == "chouti_shape"
    )


# unknown formats


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            {"code": 30010, "message": "请先登录"},
            'an object with code, message, it says "请先登录"',
        ),
        ({"result": {"code": "30010", "message": "no", "data": {}}}, 'it says "no"'),
        ({"data": []}, "the list is empty"),
        ({"data": None}, "an object with data"),
        ({"data": [{"name": "x"}]}, "an object with data"),
        ([1, 2], "a list of 2"),
        ("[]", "empty"),
        ("null", "nothing"),
        ({"data": {"dataList": "<p>no links"}}, "an object with data"),
    ],
)
def test_the_error_describes_an_unknown_json(document, words):
    error = error_of(parse_json, document)
    assert error.slug == "chouti_shape"
    assert words in error.message
    assert "\n" not in error.message


def test_the_error_says_that_a_web_page_came():
    error = error_of(parse_json, f"<!DOCTYPE html>{NEW_DESIGN}")
    assert (error.slug, "a web page" in error.message) == ("not_json", True)


def test_the_error_quotes_a_page_without_entries():
    error = error_of(parse_page, "<!DOCTYPE html><title>Verify that you are human</title>")
    assert error.slug == "chouti_shape"
    assert "no entries on this page" in error.message


def test_the_date_is_when_an_entry_entered_the_list():
    pooled = only(created_time=MICROS - 10**9, time_into_pool=MICROS)
    assert pooled.published_at == MORNING
    assert only(created_time=MICROS - 10**9).published_at == MORNING - timedelta(seconds=1000)
