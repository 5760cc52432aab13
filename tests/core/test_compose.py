"""Posts: their exact text, their length, and bounds on what a source can do to them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from mastodon import Mastodon

from reblogbot.config.settings import BUILT_IN_TEMPLATES, AccountSettings, SourceSettings
from reblogbot.config.values import Pattern
from reblogbot.core.compose import action_of, compose, link_excess
from reblogbot.core.identity import clean_link
from reblogbot.core.templates import check_template
from reblogbot.core.text import clean
from reblogbot.core.text.escaping import escape
from reblogbot.core.text.hashtags import hashtags
from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import length, size
from reblogbot.errors import ReblogbotError
from reblogbot.model import Entry, Media, ServerLimits

MASTODON = ServerLimits(500, 23)
ELSEWHERE = ServerLimits(500)
ACCOUNT = AccountSettings(name="news", server="https://social.example", language="en")
HASHTAG = regex.compile(r"(?<![A-Za-z0-9_/)])[#＃][\p{L}\p{M}\p{N}_]*[\p{L}_][\p{L}\p{M}\p{N}_]*")
MENTION = regex.compile(r"(?<![=/\w])@[a-z0-9_]+", regex.IGNORECASE)


def source(**chosen):
    return SourceSettings(**{"name": "s", "kind": "feed", "to": ("news",), **chosen})


def post_of(entry, limits=MASTODON, *, title="", language="", **chosen):
    return compose(
        entry, source(**chosen), ACCOUNT, limits, source_title=title, feed_language=language
    )


def text_of(entry, limits=MASTODON, **chosen):
    return post_of(entry, limits, **chosen).text


def test_the_hashtags_of_the_account_are_in_every_post_of_it():
    account = ACCOUNT.model_copy(update={"tags": ("Newsbot", "rail")})
    entry = Entry(title="Trains", link="https://news.example/1", categories=("Night", "Rail"))
    post = compose(entry, source(tags=("rail",)), account, MASTODON)
    assert post.text == "Trains\nhttps://news.example/1\n\n#Night #rail #Newsbot"


# to the letter

CAR = Entry(
    title="中国车企，困在流量焦虑里",
    summary="非车圈的周鸿祎之所以能走红北京车展，这与其时下的“流量焦虑”有关。…“一点流量也不能错过”。",
    link="https://dig.chouti.com/link/42236030",
)
ONE_FIELD = Entry(
    title="【夜班火车回来了】春天起三条线路恢复运行，老车厢也一起回来。",
    link="https://dig.chouti.com/link/7",
)
NOTE = Entry(
    summary="Swifts are back over the harbour, three weeks early.\n\nNobody at the station believes me.",
    link="https://social.example.org/@ada/1",
)
TRAIN = Entry(
    title="Night trains return",
    summary="Three new lines start in spring.",
    link="https://example.org/trains?id=7&utm_source=rss",
    authors=("Ada Example",),
    categories=("night trains", "Travel", "欧洲", "2026"),
    score=42.0,
)
PAPER = Entry(
    title="On the Length of Things",
    summary="We measure things. " * 40,
    link="https://arxiv.org/abs/2401.00001",
    authors=("A. One", "B. Two", "C. Three", "D. Four"),
)


@pytest.mark.parametrize(
    ("entry", "chosen", "text"),
    [
        pytest.param(
            CAR,
            {"template": "reblog-via", "title": "抽屉新热榜"},
            "Reblog via 抽屉新热榜\n\n"
            "【中国车企，困在流量焦虑里】非车圈的周鸿祎之所以能走红北京车展，这与其时下的“流量焦虑”有关。…“一点流量也不能错过”。\n"
            "https://dig.chouti.com/link/42236030",
            id="the form the bot was asked for",
        ),
        pytest.param(
            CAR, {}, "中国车企，困在流量焦虑里\nhttps://dig.chouti.com/link/42236030", id="link"
        ),
        pytest.param(
            ONE_FIELD,
            {"template": "headline"},
            "【夜班火车回来了】春天起三条线路恢复运行，老车厢也一起回来。\nhttps://dig.chouti.com/link/7",
            id="a headline stays as it is",
        ),
        pytest.param(
            Entry(title="【夜班火车】恢复运行", summary="三条线路", link="https://example.org/"),
            {"template": "headline"},
            "【夜班火车】恢复运行\nhttps://example.org/",
            id="a headline beside a summary",
        ),
        pytest.param(
            Entry(title="【夜班火车】", summary="三条线路", link="https://example.org/"),
            {"template": "headline"},
            "【夜班火车】三条线路\nhttps://example.org/",
            id="a bare headline takes the summary",
        ),
        pytest.param(
            Entry(title="Only a title", link="https://example.org/"),
            {"template": "headline"},
            "Only a title\nhttps://example.org/",
            id="headline without summary",
        ),
        pytest.param(
            NOTE,
            {"template": "reblog-via", "title": "Ada"},
            "Reblog via Ada\n\nSwifts are back over the harbour, three weeks early.\n\n"
            "Nobody at the station believes me.\nhttps://social.example.org/@ada/1",
            id="a note without title",
        ),
        pytest.param(
            TRAIN,
            {},
            "Night trains return\nhttps://example.org/trains?id=7\n\n#NightTrains #Travel #欧洲",
            id="hashtags",
        ),
        pytest.param(
            TRAIN,
            {"hashtags": 1, "tags": ("bot",)},
            "Night trains return\nhttps://example.org/trains?id=7\n\n#NightTrains #bot",
            id="fewer hashtags and a fixed one",
        ),
        pytest.param(
            TRAIN,
            {
                "template": "{{ tags }}: {{ title }} ({{ score }}, {{ author }}) {{ link }}",
                "hashtags": 2,
            },
            "#NightTrains #Travel: Night trains return (42, Ada Example) https://example.org/trains?id=7",
            id="inline, placing its hashtags",
        ),
        pytest.param(
            TRAIN,
            {"template": "{{ title }}\n{{ comments }}\n{{ summary }}", "hashtags": 0},
            "Night trains return\nThree new lines start in spring.",
            id="inline without link",
        ),
        pytest.param(
            Entry(title="Trap", summary="text", link="javascript:alert(1)"),
            {"template": "headline"},
            "【Trap】text",
            id="an unsafe link goes with its line",
        ),
        pytest.param(
            Entry(title="Trap", link="data:text/html,x"),
            {"template": "{{ link }}\n{{ title }}\nby {{ source }}"},
            "Trap\nby s",
            id="an unsafe link in a template",
        ),
        pytest.param(
            Entry(link="https://example.org/"),
            {"template": "reblog-via"},
            "",
            id="nothing but a link",
        ),
        pytest.param(
            Entry(title="Same words", summary=" Same  words", link="https://example.org/"),
            {"template": "headline"},
            "Same words\nhttps://example.org/",
            id="a summary that repeats the title",
        ),
        pytest.param(
            Entry(
                title="今天天气真好，我们去了", summary="今天天气真好，我们去了公园。\n\n下次还来。"
            ),
            {"template": "headline"},
            "今天天气真好，我们去了公园。\n\n下次还来。",
            id="a title that is the beginning of its text",
        ),
        pytest.param(
            Entry(title="Night trains re…", summary="Night trains return.", link="https://e.org/"),
            {"template": "{{ title }}\n{{ summary }}\n{{ link }}"},
            "Night trains return.\nhttps://e.org/",
            id="a title that was cut off, in a template of one's own",
        ),
        pytest.param(
            Entry(title="Night trains re…", summary="Night trains return.", link="https://e.org/"),
            {"template": "link"},
            "Night trains re…\nhttps://e.org/",
            id="a title without its text",
        ),
        pytest.param(
            Entry(title="Night trains", summary="Night trains\n\nThey return in spring."),
            {"template": "headline"},
            "【Night trains】They return in spring.",
            id="a title that is the heading of its text",
        ),
        pytest.param(
            Entry(title="BERT", summary="BERT\n\nBERT is a model.", authors=("Ann",)),
            {"template": "paper"},
            "BERT\nAnn\nBERT is a model.",
            id="a paper called after its subject",
        ),
        pytest.param(
            Entry(title="老城区", summary="老城区的修表匠开了夜校。"),
            {"kind": "chouti", "template": "headline"},
            "【老城区】老城区的修表匠开了夜校。",
            id="a headline of chouti",
        ),
        pytest.param(
            Entry(title="老城区", categories=("42区",)),
            {"kind": "chouti"},
            "老城区",
            id="no hashtag of chouti's zones",
        ),
        pytest.param(
            Entry(title="老城区", categories=("段子",)),
            {"kind": "chouti", "hashtags": 1},
            "老城区\n\n#段子",
            id="a hashtag of chouti's that is wanted",
        ),
        pytest.param(
            Entry(title="Tram", summary="It came.\n\nThe post Tram appeared first on City News."),
            {"template": "headline"},
            "【Tram】It came.",
            id="boilerplate",
        ),
        pytest.param(
            Entry(title="Tram", summary="It came.\n\nThe post Tram appeared first on City News."),
            {"template": "headline", "boilerplate": "keep"},
            "【Tram】It came.\n\nThe post Tram appeared first on City News.",
            id="boilerplate that is wanted",
        ),
        pytest.param(
            Entry(title="Remove me", summary="Read more", link="https://example.org/"),
            {"template": "headline", "replace": [["/^Remove me$/", ""]]},
            "",
            id="words of which nothing is left",
        ),
        pytest.param(
            Entry(
                title="So  says\n@alice\u200b",
                summary="ask ＠bob@example.org #now, {{ link }}",
                link="https://e.org/,@x",
            ),
            {"template": "headline"},
            "【So says alice】ask bob (example.org) now, {{ link }}\nhttps://e.org/,%40x",
            id="hostile text",
        ),
        pytest.param(
            Entry(
                title="Trains | Example News",
                summary="by Ada | Example News",
                link="https://example.org/",
            ),
            {
                "template": "headline",
                "replace": (
                    (Pattern.parse(r"/\s+\| Example News$/"), ""),
                    (Pattern.parse("/by (\\w+)/"), r"\1:"),
                ),
            },
            "【Trains】Ada:\nhttps://example.org/",
            id="replacements",
        ),
    ],
)
def test_posts_to_the_letter(entry, chosen, text):
    title = chosen.get("title", "")
    post = post_of(entry, title=title, **{k: v for k, v in chosen.items() if k != "title"})
    assert post.text == text
    assert post.length == Mastodon.get_status_length(text) <= post.limit == 500


def test_a_paper_names_a_few_authors_and_starts_its_abstract():
    lines = text_of(PAPER, template="paper").split("\n")
    assert lines[0] == "On the Length of Things"
    assert lines[1] == "A. One, B. Two, C. Three et al."
    assert lines[2].startswith("We measure things. We")
    assert lines[2].endswith("measure…")
    assert lines[3:] == ["https://arxiv.org/abs/2401.00001"]


def test_the_name_of_a_source_is_the_admins_then_the_feeds():
    template = "{{ source }}: {{ title }}"
    assert text_of(CAR, template=template).startswith("s: ")
    assert text_of(CAR, template=template, title="@feed").startswith("feed: ")
    mine = source(template=template, title="Mine")
    assert compose(CAR, mine, ACCOUNT, MASTODON, source_title="Feed").text.startswith("Mine: ")


def test_dates_are_in_the_sources_time_zone():
    entry = Entry(title="T", published_at=datetime(2026, 11, 22, 20, 0, tzinfo=UTC))
    assert (
        text_of(entry, template="{{ title }} {{ published }}", timezone="Asia/Shanghai")
        == "T 2026-11-23 04:00"
    )


# what does not fit

TALL = Entry(
    title="A title of a few words that is not short",
    summary="A summary with many words, which goes on. " * 40,
    link="https://example.org/" + "x" * 80,
    categories=("One", "Two"),
)


def test_the_summary_is_shortened_first():
    post = post_of(TALL, template="headline")
    assert post.text.startswith(
        "【A title of a few words that is not short】A summary with many words,"
    )
    assert post.text.endswith(f"…\n{TALL.link}\n\n#One #Two")
    assert 490 <= post.length <= 500


def test_then_the_title_and_nothing_else():
    post = post_of(TALL, ServerLimits(60, 23), template="headline")
    assert post.text == f"A title of a few words…\n{TALL.link}\n\n#One #Two"


def test_then_the_hashtags_and_at_last_the_title():
    assert text_of(TALL, ServerLimits(40, 23)) == f"A title…\n{TALL.link}\n\n#One"
    assert text_of(TALL, ServerLimits(30, 23)) == f"A…\n{TALL.link}"
    assert text_of(TALL, ServerLimits(23, 23)) == TALL.link


def test_a_link_that_does_not_fit_by_itself_stays_and_the_post_must_be_held():
    post = post_of(TALL, ServerLimits(99))
    assert post.text == f"{TALL.title}\n{TALL.link}"
    assert post.link == TALL.link
    assert post.shorter == ""
    reason = f"the link is longer than the server takes ({post.length} of 99 characters)"
    assert link_excess(post) == reason
    assert link_excess(post_of(TALL, ServerLimits(99, 23))) == ""


def test_a_warning_too_long_for_the_link_holds_the_post():
    link = "https://example.org/" + "x" * 30
    fits = post_of(Entry(title="A title", link=link), ServerLimits(120), spoiler="w" * 50)
    assert (fits.link, link_excess(fits)) == (link, "")
    assert link_excess(
        post_of(Entry(title="A title", link=link), ServerLimits(80), spoiler="w" * 50)
    )


def test_a_template_without_the_link_ignores_its_length():
    post = post_of(TALL, ServerLimits(99), template="{{ title }}")
    assert (post.text, post.link) == (f"{TALL.title}\n\n#One #Two", "")
    assert link_excess(post) == ""


def test_a_boost_ignores_the_length_of_its_link():
    assert link_excess(replace(post_of(TALL, ServerLimits(99)), action="boost")) == ""


def test_a_title_that_is_a_link_and_is_cut_does_not_look_like_one():
    long = "https://example.org/" + "x" * 600
    post = post_of(Entry(title=long), ELSEWHERE)
    assert post.text.startswith("example.org/xxx")
    assert post.length <= 500


def test_cjk_text_fills_the_limit_to_the_last_character():
    entry = Entry(title="题", summary="字" * 900, link="https://example.org/")
    assert post_of(entry, template="headline").length == 500


def test_a_template_that_does_not_fit_is_replaced_by_the_plainest():
    text = text_of(CAR, ServerLimits(80), template="word " * 100 + "{{ title }}")
    assert text == f"{CAR.title}\n{CAR.link}"


def test_the_content_warning_counts_against_the_limit():
    post = post_of(Entry(title="字" * 900, link="https://example.org/"), spoiler="w" * 50)
    assert post.spoiler == "w" * 50
    assert size(post.text.split("\n")[0]) == 500 - 50 - 1 - 23
    assert post.length == 500


def test_an_article_without_title_does_not_become_a_post_of_its_length():
    post = post_of(Entry(summary="words " * 900), ServerLimits(5000))
    assert 480 < post.length <= 500


def test_a_shorter_text_is_ready_for_a_server_that_counts_more():
    post = post_of(TALL, template="headline")
    assert post.shorter.endswith(f"…\n{TALL.link}\n\n#One #Two")
    assert length(post.shorter, ServerLimits()) <= 400
    assert post_of(CAR).shorter == ""


def test_a_shorter_text_keeps_its_link_however_long():
    link = "https://example.org/" + "x" * 900
    post = post_of(Entry(title="word " * 200, link=link))
    assert link in post.shorter
    assert length(post.shorter, MASTODON) <= 400


# trimmings


def test_visibility_is_the_sources_over_the_accounts():
    assert post_of(CAR).visibility == "unlisted"
    assert post_of(CAR, visibility="public").visibility == "public"


@pytest.mark.parametrize(
    ("entry", "chosen", "feed", "language"),
    [
        (Entry(title="抽屉", language="ja"), {"language": "zh"}, "fr", "zh"),
        (Entry(title="抽屉", language="ja_jp"), {}, "fr", "ja-JP"),
        (Entry(title="tiroir", language="und"), {}, "fr", "fr"),
        (Entry(title="抽屉", language="en-us"), {}, "fr", "zh"),
        (Entry(title="抽屉", language="en-us"), {"language": "en"}, "fr", "en"),
        (Entry(title="抽屉"), {}, "", "zh"),
        (Entry(title="plain"), {}, "nonsense", "en"),
    ],
)
def test_the_language_comes_from_the_first_that_names_one(entry, chosen, feed, language):
    composed = compose(entry, source(**chosen), ACCOUNT, MASTODON, feed_language=feed)
    assert composed.language == language


def test_the_first_matching_rule_names_the_warning_else_the_fixed_one():
    rules = ((Pattern.parse("/violence|暴力/"), "violence"), (Pattern.parse("war"), "war"))
    chosen = {"spoiler": "news", "spoiler_rules": rules}
    assert post_of(Entry(title="暴力 and war"), **chosen).spoiler == "violence"
    assert post_of(Entry(title="a", summary="War!"), **chosen).spoiler == "war"
    assert post_of(Entry(title="a", categories=("war",)), **chosen).spoiler == "war"
    assert post_of(Entry(title="a"), **chosen).spoiler == "news"


def test_a_warning_that_takes_too_long_to_look_for_is_given():
    rules = ((Pattern.parse("/(?:a|aa)+b/"), "violence"),)
    post = post_of(Entry(title="a" * 400), spoiler_rules=rules)
    assert post.spoiler == "violence"


def test_a_hashtag_that_the_template_wrote_is_not_added_again():
    entry = Entry(title="Rain", link="https://news.com/a#sea", categories=("TECH", "sea"))
    text = text_of(entry, template="{{ title }} #Tech\n{{ link }}", tags=("tech",))
    assert text == "Rain #Tech\nhttps://news.com/a#sea\n\n#sea"


def test_images_come_with_a_description():
    images = (
        Media("https://img.example/1.jpg", alt="A\u202e train"),
        Media("https://img.example/2.mp4", "video/mp4"),
        Media("https://img.example/3", "image/png"),
        Media("javascript:x", "image/png"),
        Media("https://img.example/4.svg", "image/svg+xml"),
        Media("https://img.example/5.webp?w=1"),
    )
    found = post_of(Entry(title="Night trains", media=images), media=9).media
    assert [(image.url, image.alt) for image in found] == [
        ("https://img.example/1.jpg", "A train"),
        ("https://img.example/3", "Image: Night trains"),
        ("https://img.example/5.webp?w=1", "Image: Night trains"),
    ]
    assert post_of(Entry(title="T", media=images)).media == ()
    assert len(post_of(Entry(title="T", media=images), ServerLimits(media=2), media=9).media) == 2
    assert (
        post_of(Entry(title="long " * 9, media=images[2:3]), ServerLimits(alt=15), media=1)
        .media[0]
        .alt
        == "Image: long…"
    )


@pytest.mark.parametrize(
    ("entry", "chosen", "action"),
    [
        (Entry(uri="https://a/1"), "auto", "boost"),
        (Entry(link="https://a/1"), "auto", "post"),
        # of a server that counts from one
        (Entry(link="https://a.example/@ann/7"), "auto", "boost"),
        (Entry(link="https://a.example/users/ann/statuses/1764065632123"), "auto", "boost"),
        (Entry(link="https://a.example/@ann/about"), "auto", "post"),
        (Entry(uri="https://a/1"), "post", "post"),
        (Entry(link="https://a/1"), "boost", "boost"),
        (Entry(uri="https://a/1"), "quote", "quote"),
        # what has no address is refused when it is rendered, not posted
        (Entry(title="no address"), "boost", "boost"),
        (Entry(link="javascript:x"), "quote", "quote"),
        (Entry(status_id="7"), "auto", "boost"),
    ],
)
def test_the_action_for_an_entry(entry, chosen, action):
    assert action_of(entry, source(action=chosen)) == action


def test_a_template_that_fails_on_an_entry_is_named():
    with pytest.raises(ReblogbotError, match="line 1"):
        compose(CAR, source(template="{{ title }} {{ score + 1 }}"), ACCOUNT, MASTODON)


@pytest.mark.parametrize("name", BUILT_IN_TEMPLATES)
def test_built_in_templates_pass_the_check(name):
    assert check_template(name) == ""


# whatever comes

words = st.lists(
    st.one_of(
        st.text(st.characters(), max_size=8),
        st.sampled_from(
            [
                "word ",
                "两个词",
                "，",
                "\n\n",
                "@alice",
                "@a@b.c ",
                "＠x",
                "#tag ",
                "＃标签",
                "@",
                "#",
                "{{ title }}",
                "{% if %}",
                "【",
                "】",
                "https://example.org/long/link ",
                "https://example.org/,@bob",
                "👨\u200d👩\u200d👧",
                "\u202e",
                "\u200b",
                "e\u0301",
                "<b>",
                "&amp;",
                "\0",
                "(",
                "…",
                "long" * 30,
            ]
        ),
    ),
    max_size=25,
).map("".join)
entries = st.builds(
    Entry,
    title=words,
    summary=words,
    link=st.sampled_from(
        [
            "",
            "javascript:x",
            "https://example.org/a?utm_a=1",
            "https://example.org/" + "x" * 90,
            "https://例子.中国/新闻，1",
            "http://localhost/,@y",
        ]
    ),
    authors=st.lists(words, max_size=3).map(tuple),
    categories=st.lists(words, max_size=4).map(tuple),
    score=st.none() | st.floats(0, 99),
)
sources = st.builds(
    source,
    template=st.sampled_from(
        [
            *BUILT_IN_TEMPLATES,
            "{{ title }}{{ summary }}{{ author }}\n{{ source }} {{ link }}",
            "{{ tags }}\n{{ title }}\n\n{{ summary }}",
        ]
    ),
    title=words,
    tags=st.sampled_from([(), ("bot",)]),
    spoiler=st.sampled_from(["", "warning", "w" * 60]),
)
room = st.builds(ServerLimits, st.integers(30, 600), st.sampled_from([None, 23]))


@settings(max_examples=150, deadline=None)
@given(entries, sources, room)
def test_any_post_fits_and_keeps_what_matters(entry, chosen, limits):
    post = compose(entry, chosen, ACCOUNT, limits)
    assert post.length == length(post.text, limits, post.spoiler)
    if length(clean_link(entry.link), limits, post.spoiler) > limits.characters and post.link:
        assert link_excess(post)
        return
    assert post.length <= limits.characters
    if limits.per_link:
        assert Mastodon.get_status_length(post.text, post.spoiler) <= limits.characters
    link = clean_link(entry.link)
    if (
        link
        and post.text
        and "link" in chosen.template
        and length(link, limits, post.spoiler) <= limits.characters
    ):
        assert post.link == link
    assert post.link in post.text
    assert post.text or not clean(entry.title + entry.summary).strip("@＠#＃ ")


@settings(max_examples=150, deadline=None)
@given(entries, sources, room)
def test_no_source_mentions_anybody_or_runs_anything(entry, chosen, limits):
    post = compose(entry, chosen, ACCOUNT, limits)
    whole = set(hashtags(entry.categories, 3, chosen.tags))
    for text in (post.text, post.shorter):
        assert not MENTION.search(text)
        assert clean(text) == text
        assert set(HASHTAG.findall(LINK.sub("", text))) <= whole


@settings(max_examples=50, deadline=None)
@given(entries, sources, room)
def test_the_same_entry_makes_the_same_post(entry, chosen, limits):
    assert compose(entry, chosen, ACCOUNT, limits) == compose(entry, chosen, ACCOUNT, limits)


PROFILE = Entry(title="A profile", link="https://medium.example/@friend/story")


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("{{ title }}\n{{ link }}", "https://medium.example/@friend/story"),
        ("{{ title }} {{ link }} today", "https://medium.example/@friend/story"),
        ("{{ title }}「{{ link }}」", "https://medium.example/%40friend/story"),
        ("{{ title }}:{{ link }}", "https://medium.example/%40friend/story"),
    ],
)
def test_a_profile_link_that_touches_other_characters_mentions_nobody(template, written):
    post = post_of(PROFILE, template=template)
    assert post.link == written
    assert written in post.text


@pytest.mark.parametrize(
    ("markup", "text"),
    [("plain", "Item 1"), ("gotosocial", "Item 1"), ("hollo", "Item #1"), ("snac", "Item #1")],
)
def test_a_number_keeps_its_sign_where_it_is_escaped(markup, text):
    assert post_of(Entry(title="Item #1"), ServerLimits(500, markup=markup)).text == text


@pytest.mark.parametrize("markup", ["gotosocial", "hollo", "snac"])
def test_the_length_is_that_of_the_escaped_text(markup):
    limits = ServerLimits(100, markup=markup)
    post = post_of(Entry(title="\\*&lt;_`" * 40, link="https://news.example/a"), limits)
    assert post.link in post.text
    assert len(escape(post.text, markup)) <= post.length <= 100
