"""Posts with results of steps, and articles: their exact form, and how they are shortened."""

import pytest

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core.articles import article_of_text, plain_text
from reblogbot.core.compose import compose, plain, step_results
from reblogbot.core.text.labels import label_of
from reblogbot.core.text.marks import unmarked
from reblogbot.core.text.measure import length
from reblogbot.model import Article, Block, Entry, ServerLimits, Span, StepText

MASTODON = ServerLimits(500, 23)
PLACE = ServerLimits(60_000)
ACCOUNT = AccountSettings(name="news", server="https://social.example", token_env="T")
BLOG = AccountSettings(name="blog", kind="files", folder="posts")
LINK = "https://arxiv.org/abs/2611.00001"
PAPER = Entry(
    title="Small Models Read Long Documents",
    authors=("Ada Example", "Lin Wei", "Sam Doe"),
    summary="We show that they do, slowly.",
    link=LINK,
    text="Page text. " * 30,
)
HEADLINE = Entry(
    title="老城区的修表匠开了夜校",
    summary="每周三晚八点，十二个座位。",
    link="https://dig.chouti.com/link/1",
)
UNTITLED = Entry(
    summary="问：为什么超市的出口\n\n总是离入口最远？", link="https://dig.chouti.com/link/3"
)
RESULTS = {"explain": StepText("小模型也能读长文。\n\n只是慢。")}


def source(**chosen):
    return SourceSettings(
        **{"name": "s", "kind": "feed", "to": ("news",), "steps": ("explain",), **chosen}
    )


def post_of(
    entry=PAPER, results=RESULTS, account=ACCOUNT, limits=None, generated=("explain",), **chosen
):
    settings = source(**chosen)
    return compose(
        entry,
        settings,
        account,
        limits or (PLACE if account.has_titles else MASTODON),
        results=step_results(settings.steps, results, generated),
    )


def article_of(*args, **chosen):
    return post_of(*args, account=BLOG, **chosen).article


def paragraph(*spans, kind="paragraph"):
    return Block(kind, tuple(span if isinstance(span, Span) else Span(span) for span in spans))


# on the fediverse


def test_the_form_of_a_paper_to_the_letter():
    post = post_of(template="article")
    assert post.text == (
        "Small Models Read Long Documents\nhttps://arxiv.org/abs/2611.00001\n"
        "Authors: Ada Example ; Lin Wei ; Sam Doe\nSummary: We show that they do, slowly.\n\n"
        "AI 生成摘要\n小模型也能读长文。\n\n只是慢。"
    )
    assert (post.language, post.is_generated, post.link) == ("zh", True, LINK)


def test_lines_of_absent_values_vanish():
    assert post_of(Entry(title="T", link=LINK), {}, template="article").text == f"T\n{LINK}"
    assert post_of(Entry(title="T", summary="S"), {}, template="article").text == "T\nSummary: S"


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            HEADLINE,
            (
                "Reblog of 抽屉新热榜: 老城区的修表匠开了夜校\n\nReblog via 抽屉新热榜\n\n"
                "【老城区的修表匠开了夜校】每周三晚八点，十二个座位。\nhttps://dig.chouti.com/link/1"
            ),
        ),
        (
            UNTITLED,
            (
                "Reblog of 抽屉新热榜:\n\nReblog via 抽屉新热榜\n\n"
                "问：为什么超市的出口\n\n总是离入口最远？\nhttps://dig.chouti.com/link/3"
            ),
        ),
    ],
)
def test_a_reblog_to_the_letter(entry, text):
    post = post_of(entry, template="reblog-of", title="抽屉新热榜")
    assert post.text == text
    assert not post.is_generated


def test_results_have_names_in_a_template():
    results = {"one": StepText("First.", "A title"), "two": StepText("Second.")}
    template = "{{ one_title }}|{{ two }}|{{ results }}|{{ two_title }}{{ title }}"
    post = post_of(HEADLINE, results, steps=("one", "two"), template=template, generated=())
    assert post.text == "A title|Second.|First.\n\nSecond.|老城区的修表匠开了夜校"


def test_a_placeholder_stands_for_each_result_that_is_not_computed():
    post = post_of(results=None, template="{{ title }}\n{{ explain }}")
    assert post.text == "Small Models Read Long Documents\nAI-written summary\n〔explain〕"
    assert post.is_generated
    missing = post_of(results={}, template="{{ title }}\n{{ explain }}")
    assert (missing.text, missing.is_generated) == ("Small Models Read Long Documents", False)


def test_the_text_of_the_page_is_a_name_and_mentions_nobody():
    entry = Entry(title="T", link=LINK, text="Ask @bob@evil.example\n\n\n\nand #eve\u202e.")
    post = post_of(entry, {}, template="{{ title }}\n\n{{ text }}\n{{ link }}")
    assert post.text == f"T\n\nAsk bob (evil.example)\n\nand eve.\n{LINK}"


# the label


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ explain }}\n{{ title }}", "AI 生成摘要\nX。\n\nY。\nT"),
        ("{{ title }} – {{ explain }}", "AI 生成摘要\nT – X。\n\nY。"),
        ("{{ title }}\n\n{{ explain.split('\n')[2:]|join }}", "T\n\nAI 生成摘要\nY。"),
        ("{{ title }}\n{{ explain|upper|shorten(3) }}", "T\nAI 生成摘要\nX…"),
        ("{{ title }}{% if explain.startswith('X') %} ✓{% endif %}", "T ✓"),
        ("{{ title }}\n{{ explain_title }}\n", "T\n题\nAI 生成摘要"),
        ("{{ explain_title }}\n{{ title }}\n{{ explain }}", "题\nT\nAI 生成摘要\nX。\n\nY。"),
    ],
)
def test_the_label_stands_before_the_first_line_that_a_model_has_written(template, text):
    results = {"explain": StepText("X。\n\nY。", "题")}
    post = post_of(Entry(title="T"), results, template=template, language="zh")
    assert post.text == text
    assert post.is_generated is ("AI" in text)


def test_nothing_is_labelled_that_no_model_has_written():
    template = "{{ title }}\n{{ explain }}"
    command = post_of(template=template, generated=())
    assert "AI" not in command.text
    assert not command.is_generated
    unlabelled = post_of(template=template, ai_label=False)
    assert "AI" not in unlabelled.text
    assert unlabelled.is_generated


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("zh", "AI 生成摘要"),
        ("zh-Hant-TW", "AI 生成摘要"),
        ("en", "AI-written summary"),
        ("de", "KI-generierte Zusammenfassung"),
        ("sw", "AI-written summary"),
        ("", "AI-written summary"),
    ],
)
def test_the_label_is_in_the_language_of_the_post(language, label):
    assert label_of(language) == label


# articles


def test_the_article_about_a_paper():
    article = article_of(template="article", tags=("Papers",))
    assert article == Article(
        "Small Models Read Long Documents",
        (
            paragraph(Span(LINK, LINK)),
            paragraph("Authors: Ada Example ; Lin Wei ; Sam Doe"),
            paragraph("Summary: We show that they do, slowly."),
            paragraph("AI 生成摘要"),
            paragraph("小模型也能读长文。"),
            paragraph("只是慢。"),
        ),
        ("Papers",),
    )


def test_the_title_that_a_step_gives_is_the_title_of_the_article():
    results = {"explain": StepText("小模型也能读长文。", "小模型读长文")}
    post = post_of(results=results, account=BLOG, template="article")
    assert post.article.title == "小模型读长文"
    assert post.is_generated
    only_title = post_of(results={"explain": StepText("", "题")}, account=BLOG, template="article")
    assert only_title.article.body[0] == paragraph("AI-written summary")


@pytest.mark.parametrize(
    ("entry", "title", "quotation"),
    [
        (
            HEADLINE,
            "Reblog of 抽屉新热榜: 老城区的修表匠开了夜校",
            ("【老城区的修表匠开了夜校】每周三晚八点，十二个座位。\n",),
        ),
        (UNTITLED, "Reblog of 抽屉新热榜:", ("问：为什么超市的出口", "总是离入口最远？\n")),
    ],
)
def test_the_reblog_in_a_blog(entry, title, quotation):
    *before, last = quotation
    link = Span(entry.link, entry.link)
    assert article_of(entry, template="reblog-of", title="抽屉新热榜") == Article(
        title,
        (
            paragraph("Reblog via ", Span("抽屉新热榜", entry.link)),
            *(paragraph(text, kind="quotation") for text in before),
            paragraph(last, link, kind="quotation"),
        ),
    )


def test_a_reblog_keeps_a_long_text_whole():
    entry = Entry(summary="字" * 3000, link="https://dig.chouti.com/link/3")
    post = post_of(entry, account=BLOG, template="reblog-of", title="S")
    assert post.article.title == "Reblog of S:"
    assert "字" * 3000 in post.text


@pytest.mark.parametrize(
    ("template", "article"),
    [
        ("link", Article("T", (paragraph(Span(LINK, LINK)),))),
        (
            "# {{ source }}: {{ title }}\n{{ link }}",
            Article("s: T", (paragraph(Span(LINK, LINK)),)),
        ),
        (
            "{{ title }}\n\nOne.\n\nTwo: {{ link }}.",
            Article("T", (paragraph("One."), paragraph("Two: ", Span(LINK, LINK), "."))),
        ),
        ("About {{ title }}", Article("T", (paragraph("About T"),))),
    ],
)
def test_any_template_makes_an_article(template, article):
    assert article_of(Entry(title="T", link=LINK), {}, template=template) == article


def test_the_text_of_an_entry_without_title_begins_its_title_and_is_the_body():
    entry = Entry(summary="One sentence. " * 30, link=LINK)
    article = article_of(entry, {}, template="link")
    assert article.title.endswith("…")
    assert len(article.title) <= 120
    assert article.body[0].spans[0].text.startswith("One sentence. One sentence.")


def test_the_heading_of_an_entry_is_no_heading_of_ours():
    article = article_of(Entry(title="# hash", summary="> quoted", link=LINK), {}, template="paper")
    assert article.title == "# hash"
    assert {block.kind for block in article.body} == {"paragraph"}


def test_the_template_of_an_account_is_before_the_sources():
    account = BLOG.model_copy(update={"template": "# An account's: {{ title }}\n{{ results }}"})
    post = compose(PAPER, source(template="link"), account, PLACE)
    assert post.text == "An account's: Small Models Read Long Documents"


def test_the_plain_form_of_an_article_can_be_read_again():
    post = post_of(account=BLOG, template="article")
    assert post.text == plain_text(post.article)
    assert article_of_text(post.text, post.link) == post.article
    assert article_of_text("Only a title") == Article("Only a title")


def test_an_article_is_shortened_at_the_limit_of_its_place_alone():
    entry = Entry(title="T", summary="A sentence. " * 500, text="Page. " * 20_000, link=LINK)
    post = post_of(entry, account=BLOG, template="# {{ title }}\n{{ summary }}\n\n{{ text }}")
    assert 59_000 < post.length <= 60_000
    assert ("A sentence. " * 500).strip() in post.text
    assert post.text.endswith("Page.")
    assert post.shorter == ""


def test_a_plain_post_is_an_article_too():
    post = plain(Entry(title="T", link=LINK), source(), BLOG, PLACE)
    assert post.article == Article("T", (paragraph(Span(LINK, LINK)),))


# the limit

LONG = "这是一句话。" * 40
FULL = "{{ title }}\n{{ link }}\n{{ summary }}\n{{ a }}\n{{ b }}\n{{ text }}\n{{ tags }}"


@pytest.mark.parametrize(
    ("limit", "whole", "cut", "gone"),
    [
        (1400, "sabl", "p", ""),
        (800, "sbl", "a", "p"),
        (560, "sl", "ab", "p"),
        (420, "l", "abs", "p"),
        (240, "l", "b", "ps"),
        (140, "l", "b", "psa"),
        (90, "", "", "psabl"),
    ],
)
def test_the_page_is_shortened_first_then_results_then_the_summary(limit, whole, cut, gone):
    entry = Entry(
        title="The title of it",
        link=LINK,
        summary="s" + LONG[:199],
        text="p" + LONG * 8,
        categories=("news",),
    )
    results = {"a": StepText("a" + LONG * 2), "b": StepText("b" + LONG)}
    limits = ServerLimits(limit, 23)
    post = post_of(
        entry, results, limits=limits, steps=("a", "b"), template=FULL, generated=("a", "b")
    )
    texts = {
        "p": entry.text,
        "s": entry.summary,
        "a": results["a"].text,
        "b": results["b"].text,
        "l": "AI 生成摘要",
    }
    lines = post.text.split("\n")
    assert post.length <= limit
    for name in whole:
        assert texts[name] in post.text, name
    for name in cut:
        assert texts[name] not in post.text
        assert any(line.startswith(name + "这") for line in lines), name
    for name in gone:
        assert not any(line.startswith(name + "这") for line in lines), name
    assert {lines[0], LINK, "#news"} <= set(lines)


def test_a_result_is_cut_at_a_sentence():
    results = {"explain": StepText("One sentence is this. " * 40)}
    post = post_of(Entry(title="T", link=LINK), results, template="article")
    assert post.text.endswith("One sentence is this.")
    assert 450 < post.length <= 500


@pytest.mark.parametrize("limit", [60, 100, 200, 500])
def test_no_mark_is_left_in_any_post(limit):
    entry = Entry(title="T\ufdd0", link=LINK, summary="s\ufdd1" * 90, text="\ufdd2x")
    for template in ("article", "reblog-of", "{{ explain }}{{ text }}", "# {{ explain_title }}"):
        for account in (ACCOUNT, BLOG):
            results = {"explain": StepText("\ufdd3word " * 90, "\ufdd0title")}
            limits = PLACE if account.has_titles else ServerLimits(limit)
            post = post_of(entry, results, account, limits, template=template)
            for text in (post.text, post.shorter):
                assert unmarked(text) == text
                assert length(text, limits) <= limits.characters
