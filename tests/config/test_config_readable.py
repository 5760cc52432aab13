"""What can be read of a config with faults, and when that is too little."""

import pytest

from reblogbot.config.load import load_readable
from reblogbot.config.salvage import tables
from reblogbot.errors import ConfigError


@pytest.fixture
def readable(config_file):
    def read(toml):
        config_file.write_text(toml, encoding="utf-8")
        return load_readable(
            config_file,
            options_of=lambda _: None,
            needs_of=lambda _: ("url",),
            known_kinds=["feed"],
            environ={},
        )

    return read


def test_a_config_without_faults_is_read_whole(readable, load_toml, plain):
    found = readable(plain)
    assert found.faults == ()
    assert found.config == load_toml(plain)


def test_a_key_at_fault_has_its_default_and_the_others_count(readable, plain):
    found = readable(f'{plain}every = 15\nfirst = "all"\nevry = "3m"\n')
    source = found.config.sources["chouti"]
    assert (source.every.total_seconds(), source.first) == (900, "all")
    assert [fault.slug for fault in found.faults] == ["value_invalid", "key_unknown"]
    assert [fault.line for fault in found.faults] == [8, 10]


def test_what_cannot_be_without_its_key_is_left_out(readable, plain):
    found = readable(f'{plain}[accounts.more]\nserver = "none"\ntoken_file = "more.token"\n')
    assert list(found.config.accounts) == ["news"]
    assert list(found.config.sources) == ["chouti"]
    assert "accounts.more.server" in [fault.path for fault in found.faults]


def test_of_a_file_that_is_no_toml_the_other_tables_count(readable, plain):
    found = readable(f'[store]\nurl = "sqlite:///here.sqlite3"\n{plain}every = “15m”\n')
    assert found.config.store.url.endswith("/here.sqlite3")
    assert list(found.config.accounts) == ["news"]
    assert list(found.config.sources) == []
    assert [(fault.line, fault.slug) for fault in found.faults] == [(10, "toml_invalid")]


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
    document, lost = tables(f"{good}[sources.b]\nmedia = ３\n[sources.c]\nmedia = 2\n")
    assert document["sources"]["a"] == {"replace": [["/x/", ""], ["/y/", ""]], "media": 1}
    assert list(document["sources"]) == ["a", "c"]
    assert lost == "[sources.b]\nmedia = ３\n"


def test_a_table_that_is_there_twice_counts_once():
    document, lost = tables("[a.b]\nc = 1\n[a.b]\nc = 2\n")
    assert document == {"a": {"b": {"c": 1}}}
    assert "c = 2" in lost
