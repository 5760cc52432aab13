"""The fields of a source's form: what they show of a file, and what they write into it."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.admin.config_text import source_texts, with_line_ends_of, with_source_text
from reblogbot.admin.source_form import TypedForm, edited_text, source_form
from reblogbot.config.diagnostics import keys_of
from reblogbot.config.settings import FilterSettings, SourceSettings
from reblogbot.sources import registry
from toml_layouts import assert_others_stay, layouts, text_of

BASE = '[accounts.news]\nserver = "https://x.example"\n[sources.a]\n'


def form_of(*lines, kind="feed"):
    return source_form(BASE + "".join(f"{line}\n" for line in (f'kind = "{kind}"', *lines)), "a")


def field_of(name, *lines, kind="feed"):
    return form_of(*lines, kind=kind).fields[name]


def names_of_tables(toml):
    sources = tomllib.loads(toml).get("sources", {})
    return sorted(name for name, table in sources.items() if isinstance(table, dict))


@pytest.mark.parametrize("kind", registry.kinds())
def test_every_key_that_a_source_may_have_is_a_field(kind):
    fields = form_of(kind=kind).fields
    options = registry.options_of(kind)
    keys = {*keys_of(SourceSettings)} - {"name", "options", "review_generated", "filter", "headers"}
    keys |= {f"filter.{key}" for key in keys_of(FilterSettings)}
    own = set(keys_of(options)) if options else set()
    nested = {"fields", "select"} & own
    assert keys | own - nested <= set(fields)
    for table in nested:
        inner = keys_of(options.model_fields[table].annotation)
        assert {f"{table}.{key}" for key in inner} <= set(fields)
    assert all(field.help.text for field in fields.values())


@pytest.mark.parametrize(
    ("name", "line", "input_kind", "text"),
    [
        ("every", 'every = "1.5h"', "text", "1.5h"),
        ("every", "every = 15", "toml", "15"),
        ("enabled", "enabled = false", "switch", "false"),
        ("enabled", 'enabled = "no"', "toml", '"no"'),
        ("max_per_poll", "max_per_poll = 1_000", "text", "1000"),
        ("max_per_poll", 'max_per_poll = "20"', "toml", '"20"'),
        ("first", 'first = "all"', "text", "all"),
        ("first", 'first = "3"', "toml", '"3"'),
        ("action", 'action = "pots"', "choice", "pots"),
        ("tags", 'tags = ["a", "b"]', "lines", "a\nb"),
        ("tags", "tags = []", "lines", "[]"),
        ("review", "review = false", "switch", "false"),
        ("steps", 'steps = ["explain"]', "lines", "explain"),
        ("follow_up", 'follow_up = "article"', "area", "article"),
        ("on_step_failure", 'on_step_failure = "post"', "choice", "post"),
        ("tags", 'tags = "a"', "toml", '"a"'),
        ("tags", 'tags = [" a", "b\\nc"]', "toml", '[" a", "b\\nc"]'),
        ("replace", 'replace = [["a", "b"]]', "toml", '[["a", "b"]]'),
        ("title", 'title = "a\\nb"', "area", "a\nb"),
        ("title", 'title = " a"', "toml", '" a"'),
        ("title", 'title = ""', "text", ""),
        ("filter.similar", "filter.similar = 0.8", "text", "0.8"),
        ("filter.similar", "filter.similar = nan", "toml", "nan"),
        ("filter", "filter = 3", "toml", "3"),
        ("digest", "digest = 18:00:00", "toml", "18:00:00"),
        ("url", 'url = "https://u:pw@x.example/"', "secret", "https://…@x.example/"),
        ("proxy", 'proxy = "http://u:pw@x.example"', "secret", "http://…@x.example"),
        ("headers.X", 'headers.X = "hidden"', "secret", ""),
        ("tokn", 'tokn = "hidden"', "secret", ""),
        ("filter.tokn", 'filter.tokn = "hidden"', "secret", ""),
    ],
)
def test_a_value_is_shown_as_it_is_in_the_file(name, line, input_kind, text):
    field = field_of(name, line)
    assert (field.input, field.text, field.is_set) == (input_kind, text, True)


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("every", " 2h ", "2h"),
        ("max_per_poll", "5", 5),
        ("max_per_poll", "many", "many"),
        ("first", "0", 0),
        ("filter.min_score", "7", 7),
        ("filter.min_score", "0.5", 0.5),
        ("tags", " a \n\n b", ["a", "b"]),
        ("tags", "[]", []),
        ("enabled", "true", True),
        ("enabled", "maybe", None),
        ("replace", '[["a", "b"]]', [["a", "b"]]),
        ("template", " {{ title }}\n", " {{ title }}\n"),
        ("title", "  ", None),
    ],
)
def test_a_typed_text_is_read_by_the_type_of_its_key(name, typed, value):
    changes, faults = TypedForm({name: typed}).changes(form_of())
    assert faults == {}
    if value is None:
        assert list(changes.values()) in ([], [None])
    else:
        assert list(changes.values()) == [value]


@pytest.mark.parametrize("typed", ["[", "a", "1\nb = 2", "[" * 9000])
def test_a_text_that_is_no_toml_is_a_fault_of_its_field(typed):
    changes, faults = TypedForm({"replace": typed}).changes(form_of())
    assert changes == {}
    assert list(faults) == ["replace"]


def test_the_number_of_hashtags_depends_on_the_kind():
    assert field_of("hashtags").default == "3"
    assert field_of("hashtags", kind="chouti").default == "0"


@settings(deadline=None)
@given(layouts())
def test_a_form_that_is_sent_back_as_it_came_changes_nothing(lines):
    toml = text_of(lines)
    for name in names_of_tables(toml):
        form = source_form(toml, name)
        table = tomllib.loads(toml)["sources"][name]
        texts = {
            field.name: "" if field.input == "secret" else field.text
            for field in form.fields.values()
        }
        assert TypedForm(texts).changes(form) == ({}, {})
        for field in form.fields.values():
            if field.input != "secret" and field.text:
                value = table[field.keys[0]]
                for key in field.keys[1:]:
                    value = value[key]
                assert field.value(field.text) == value


@settings(deadline=None)
@given(
    layouts(),
    st.sampled_from([("title", "T"), ("first", "3"), ("filter.max_age", "2d"), ("tags", "a\nb")]),
    st.data(),
)
def test_one_changed_field_leaves_all_other_lines(lines, typed, data):
    toml = text_of(lines)
    names = names_of_tables(toml)
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    key, text = typed
    form = source_form(toml, name)
    changes, faults = TypedForm({key: text}).changes(form)
    if key not in form.fields or faults:
        return  # filter is no table here, or the value of the file must be replaced as TOML
    after = edited_text(toml, name, changes)
    keys = ("sources", name, *form.fields[key].keys)
    assert_others_stay(lines, keys, after)
    assert source_form(after, name).fields[key].text == text


@settings(deadline=None)
@given(layouts())
def test_a_line_added_to_the_text_of_a_source_leaves_all_others(lines):
    toml = text_of(lines)
    for name, text in source_texts(toml).items():
        typed = text.rstrip("\r\n") + "\nadded = 1\n"
        after = with_source_text(toml, name, typed)
        assert_others_stay(lines, ("sources", name, "added"), after)
        assert "added" in repr(tomllib.loads(after)["sources"][name])
        assert with_source_text(toml, name, text.replace("\r\n", "\n")) == toml


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["a\n", "a\r\n", "b\n", "b\r\n", "\n", "\r\n"]), max_size=12),
    st.sampled_from(["", "a"]),
)
def test_a_text_that_a_browser_sends_back_is_the_same_to_the_byte(lines, last):
    before = "".join(lines) + last
    typed = before.replace("\r\n", "\n").replace("\n", "\r\n")
    assert with_line_ends_of(before, typed) == before


def test_an_added_line_ends_as_its_neighbours_do():
    assert with_line_ends_of("a\nb\r\nc\r\n", "a\nb\nnew\nc\n") == "a\nb\r\nnew\r\nc\r\n"
    assert with_line_ends_of("a\r\n", "b\nc\n") == "b\r\nc\r\n"
    assert with_line_ends_of("", "b\nc\n") == "b\nc\n"
