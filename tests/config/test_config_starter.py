"""The config that `init` writes is valid with any answers, and short."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.config.starter import starter
from reblogbot.config.tables import SourceKinds

ANSWERS = ("https://social.example", "news", "chouti", "https://dig.chouti.com/feed.xml")


def test_a_starter_config_loads(load_toml, tmp_path):
    config = load_toml(starter(*ANSWERS))
    source = config.sources["chouti"]
    assert (source.kind, source.url, source.to) == ("feed", ANSWERS[3], ("news",))
    assert config.accounts["news"].server == ANSWERS[0]
    assert config.accounts["news"].token_file == tmp_path / "news.token"


def test_a_starter_config_posts_nothing_of_what_is_already_there(load_toml):
    assert load_toml(starter(*ANSWERS)).sources["chouti"].first == "none"


def test_a_starter_config_fits_on_a_screen_and_explains_itself():
    text = starter(*ANSWERS)
    assert len(text.splitlines()) <= 40
    assert all(len(line) <= 100 for line in text.splitlines())
    # an installed copy does not have the files of a checkout
    assert ".toml" not in text
    assert "{{ title }}" in text


def test_a_server_on_this_machine_may_be_asked_without_tls(load_toml):
    config = load_toml(starter("http://127.0.0.1:8976", *ANSWERS[1:]))
    assert config.accounts["news"].allow_http
    assert "allow_http" not in starter("http://social.example", *ANSWERS[1:])


def test_a_kind_without_a_url_gets_none(load_toml):
    config = load_toml(
        starter("https://x.example", "news", "hot", "", kind="broken"),
        kinds=SourceKinds(["broken"], lambda _: None),
    )
    assert config.sources["hot"].url == ""


@pytest.mark.parametrize("name", ["news", "my bot", "抽屉", 'a"b\\c', "a.b", "a]b", "é's", "#x"])
def test_names_are_quoted_where_toml_needs_it(load_toml, name):
    config = load_toml(starter(ANSWERS[0], name, name, ANSWERS[3]))
    assert config.sources[name].to == (name,)
    assert config.accounts[name].token_file.parent == config.path.parent


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=5, max_size=5)
)
def test_the_starter_is_toml_with_the_given_answers(answers):
    server, account, source, url, kind = answers
    document = tomllib.loads(starter(server, account, source, url, kind))
    assert document["accounts"][account]["server"] == server
    assert document["sources"][source]["kind"] == kind
    assert document["sources"][source].get("url", "") == url
