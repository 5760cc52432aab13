"""The readable part of a config with faults, and when it is too little."""

import pytest

from reblogbot.config.load import load_partial
from reblogbot.config.partial_toml import readable_tables
from reblogbot.config.tables import SourceKinds
from reblogbot.errors import ConfigError


@pytest.fixture
def readable(config_file):
    def read(toml):
        config_file.write_text(toml, encoding="utf-8")
        kinds = SourceKinds(["feed"], lambda _: None, lambda _: ("url",))
        return load_partial(config_file, kinds, environ={})

    return read


def test_a_config_without_faults_is_read_whole(readable, load_toml, plain):
    partial = readable(plain)
    assert partial.faults == ()
    assert partial.config == load_toml(plain)


def test_a_key_at_fault_has_its_default_and_the_others_count(readable, plain):
    partial = readable(f'{plain}every = 15\nfirst = "all"\nevry = "3m"\n')
    source = partial.config.sources["chouti"]
    assert (source.every.total_seconds(), source.first) == (900, "all")
    assert [fault.slug for fault in partial.faults] == ["value_invalid", "key_unknown"]
    assert [fault.line for fault in partial.faults] == [8, 10]


def test_what_cannot_be_without_its_key_is_left_out(readable, plain):
    partial = readable(f'{plain}[accounts.more]\nserver = "none"\ntoken_file = "more.token"\n')
    assert list(partial.config.accounts) == ["news"]
    assert list(partial.config.sources) == ["chouti"]
    assert "accounts.more.server" in [fault.path for fault in partial.faults]


def test_of_a_file_that_is_no_toml_the_other_tables_count(readable, plain):
    partial = readable(f'[store]\nurl = "sqlite:///here.sqlite3"\n{plain}every = “15m”\n')
    assert partial.config.store.url.endswith("/here.sqlite3")
    assert list(partial.config.accounts) == ["news"]
    assert list(partial.config.sources) == []
    assert [(fault.line, fault.slug) for fault in partial.faults] == [(10, "toml_invalid")]


@pytest.mark.parametrize(
    "toml",
    [
        '[store]\nurl = "mysql://x/y"\n',
        '[stroe]\nurl = "sqlite:///here.sqlite3"\n',
        'store = "here"\n',
        "[store]\nurl = “sqlite:///here.sqlite3”\n",
        '［store］\nurl = "sqlite:///here.sqlite3"\n',
        'keep = 3\nstore.url = "sqlite:///here.sqlite3\n',
    ],
)
def test_where_the_store_is_not_certain_nothing_is_read(readable, plain, toml):
    with pytest.raises(ConfigError) as raised:
        readable(f"{toml}{plain}")
    assert raised.value.faults


@pytest.mark.parametrize("toml", ['[store]\nkep = "3d"\n', "[store]\nkeep = 3\n", "keep = 3\n"])
def test_a_fault_beside_the_address_leaves_the_store_certain(readable, plain, toml):
    assert readable(f"{toml}{plain}").config.store.url.endswith("/reblogbot.sqlite3")


def test_arrays_over_several_lines_belong_to_their_table():
    good = '[sources.a]\nreplace = [\n  ["/x/", ""],\n  ["/y/", ""]\n]\nmedia = 1\n'
    document, unreadable = readable_tables(
        f"{good}[sources.b]\nmedia = ３\n[sources.c]\nmedia = 2\n"
    )
    assert document["sources"]["a"] == {"replace": [["/x/", ""], ["/y/", ""]], "media": 1}
    assert list(document["sources"]) == ["a", "c"]
    assert unreadable == "[sources.b]\nmedia = ３\n"


def test_a_table_that_is_there_twice_counts_once():
    document, unreadable = readable_tables("[a.b]\nc = 1\n[a.b]\nc = 2\n")
    assert document == {"a": {"b": {"c": 1}}}
    assert "c = 2" in unreadable
