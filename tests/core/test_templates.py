"""Templates: what an admin may write, which bounds hold, and how faults are reported."""

from datetime import UTC, datetime

import pytest

from reblogbot.config.settings import BUILT_IN_TEMPLATES
from reblogbot.core.templates import (
    BUILT_IN,
    Listing,
    Tags,
    TemplateContext,
    check_template,
    compile_template,
)
from reblogbot.errors import ReblogbotError

NAMES = TemplateContext(
    title="Title",
    summary="Summary",
    link="https://example.org/a",
    author="Ada",
    authors=Listing(("Ada", "Bo")),
    source="News",
    score=3.0,
    comments=7,
    tags=Tags(("#one", "#two")),
    published=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
)


def test_built_in_templates_are_those_the_config_knows():
    assert tuple(BUILT_IN) == BUILT_IN_TEMPLATES


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ title }} – {{ link }}", "Title – https://example.org/a"),
        ("{{ authors }} ({{ score }}/{{ comments }})", "Ada, Bo (3/7)"),
        ("{{ tags }} {{ title }}", "#one #two Title"),
        ("{{ authors|join(' & ') }}: {{ title|upper }}", "Ada & Bo: TITLE"),
        (
            "{{ title }}{% for one in authors %}\n{{ loop.index }} {{ one }}{% endfor %}",
            "Title\n1 Ada\n2 Bo",
        ),
        (
            "{{ title }} {% if published %}{{ published }} {{ published.strftime('%d/%m') }}{% endif %}",
            "Title 2026-11-22 09:30 22/11",
        ),
        ("{{ title }}: {{ 'A long enough summary'|shorten(10) }}", "Title: A long…"),
        ("{% if score and score > 2 %}🔥 {% endif %}{{ title }}", "🔥 Title"),
        (
            "{{ 'by ' ~ authors|join(d=' + ') ~ (', ' + title|replace('T', 'L')) }}",
            "by Ada + Bo, Litle",
        ),
        (
            "{{ 'tat'.replace('t', 'p', 1) }} {{ 'tat'|replace('t', 'p', 1) }} {{ title }}",
            "pat pat Title",
        ),
        ("{{ title.replace('T', 'L').lower() }} {{ (score or 0) * 2 }}", "litle 6"),
    ],
)
def test_what_an_admin_may_write(text, rendered):
    assert check_template(text) == ""
    assert compile_template(text).render(NAMES) == rendered


def test_a_line_whose_names_are_all_empty_is_left_out():
    text = "{{ title }}\n{{ summary }}\n{{ score }} {{ comments }}\n\n{{ author }}\n\n{{ link }}"
    assert (
        compile_template(text).render(TemplateContext(title="T", link="https://e.org"))
        == "T\n\nhttps://e.org"
    )
    assert compile_template(text).render(TemplateContext(title="T", comments=0)) == "T\n0"


def test_an_empty_name_leaves_no_gap():
    text = compile_template("{{ title }} {{ score }} {{ author }} – {{ summary }} x")
    assert text.render(TemplateContext(title="T")) == "T – x"
    assert text.render(TemplateContext(title="T  T", author="A")) == "T  T A – x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ titel }}", "line 1: unknown name 'titel'; did you mean 'title'?"),
        ("{{ title }}\n{{ zzz }}", "line 2: unknown name 'zzz'; there are title, summary,"),
        (
            "headlines",
            "line 1: neither a built-in template nor text with {{ names }}; did you mean 'headline'?",
        ),
        ("Fresh!", "line 1: neither a built-in template"),
        ("{{ title }}\n{{ link|linky }}", "line 2: No filter named 'linky'"),
        ("{{ title|shortn(3) }}", "line 1: No filter named 'shortn'; did you mean 'shorten'?"),
        ("{{ title }}\n\n{% if %}", "line 3: "),
        ("{{ title }}\n{{ score + 1 }}", "line 2: unsupported operand"),
        (
            "{{ title }} {{ published.year }}",
            "numbers and dates may be absent, so ask with {% if … %} first",
        ),
        ("{{ summary }}", "line 1: gives no text for an entry that has only a title"),
        (
            "{{ title }}\n@{{ author }}",
            "line 2: an @ right before {{ … }} would let a source mention anybody",
        ),
        ("{{ title }}" + " " * 20_000, "line 1: a template has at most 10000 characters"),
        ("{{" + "(" * 5000, "line 1: "),
    ],
)
def test_faults_are_reported_with_their_line(text, message):
    assert message in check_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ title.__class__ }}",
        "{{ ''['__class__'] ~ title }}",
        "{{ title|attr('__class__') }}",
        "{{ title.format(1) }}",
        "{{ title }}{{ 'x' * 100000000 }}",
        "{{ title }}{{ 9 ** 9999999 }}",
        "{{ title }}{{ '%1000000000d' % 1 }}",
        "{{ title }}{{ 'x'.ljust(100000000) }}",
        "{{ title|center(100000000) }}",
        "{{ title }}{{ lipsum(100) }}",
        "{{ [title, link]|random }}",
        "{{ title }}{% for a in range(100000) %}{% endfor %}",
        "{{ title }}{% for a in range(999) %}{% for b in range(999) %}{% endfor %}{% endfor %}",
        "{{ title }}{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}{{ title }}",
        "{% include 'config.toml' %}{{ title }}",
        "{% extends 'x' %}{{ title }}",
        "{{ title }}{{ self._TemplateReference__context }}",
        "{% set x = title ~ link %}" + "{% set x = x ~ x %}" * 20 + "{{ x }}",
        "{% set x = title + link %}" + "{% set x = x + x %}" * 20 + "{{ x }}",
        "{% set x = [title, link] %}" + "{% set x = x + x %}" * 20 + "{{ x|length }}",
        "{% set x = title|replace('', link) %}" + "{% set x = x|replace('', x) %}" * 2 + "{{ x }}",
        "{% set x = title.replace('', link) %}" + "{% set x = x.replace('', x) %}" * 2 + "{{ x }}",
        "{% set x = title|join(link) %}" + "{% set x = x|join(x) %}" * 2 + "{{ x }}",
    ],
)
def test_a_template_cannot_exceed_its_bounds(text):
    assert check_template(text).startswith("line 1: ")


def test_a_template_that_fails_on_an_entry_says_where():
    with pytest.raises(ReblogbotError, match=r"template, line 2: .*not supported") as caught:
        compile_template("{{ title }}\n{{ score > 2 }}").render(TemplateContext(title="T"))
    assert caught.value.slug == "template_failed"


def test_a_template_with_a_syntax_error_raises():
    with pytest.raises(ReblogbotError, match="line 1"):
        compile_template("{% if %}")


def test_a_very_long_text_is_truncated():
    text = "{% for a in range(1000) %}{{ title }}{% endfor %}"
    assert len(compile_template(text).render(TemplateContext(title="x" * 5000))) == 200_000


def test_text_of_a_source_is_never_run_as_a_template():
    hostile = "{{ 7 * 7 }}{% for a in range(9) %}{{ link.__class__ }}"
    assert compile_template("{{ title }}").render(TemplateContext(title=hostile)) == hostile
    assert (
        compile_template("{{ title|shorten(400) }}").render(TemplateContext(title=hostile))
        == hostile
    )


def test_a_template_is_compiled_once():
    assert compile_template("{{ title }}!") is compile_template("{{ title }}!")


@pytest.mark.parametrize(
    ("template", "steps", "fault"),
    [
        ("{{ explain }}", ("explain",), ""),
        ("{{ explain_title }}", ("explain",), ""),
        ("{{ results }}", ("explain",), ""),
        ("{% if explain %}{{ explain.split(' ')[0] }}{% endif %} {{ title }}", ("explain",), ""),
        ("{{ results }}", (), "line 1: gives no text for an entry that has only a title"),
        ("{{ text }}", ("explain",), "line 1: gives no text for an entry that has only a title"),
        ("{{ explan }}", ("explain",), "line 1: unknown name 'explan'; did you mean 'explain'?"),
    ],
)
def test_a_template_may_use_the_results_of_its_steps_alone(template, steps, fault):
    assert check_template(template, steps=steps) == fault
