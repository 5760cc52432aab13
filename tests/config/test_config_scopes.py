"""The scopes a token needs for a config; lacking and excess ones are reported."""

import pytest

from reblogbot.config.scopes import (
    POSTING,
    READING,
    excess_scopes_message,
    lacking_scopes_message,
    required_scopes,
)
from reblogbot.config.settings import AccountSettings, Config, NotifySettings, SourceSettings


class Via:
    """The keys of a kind that reads through an account."""

    def __init__(self, via):
        self.via = via


def config(tmp_path, *sources, **tables):
    account = AccountSettings(name="news", server="https://x.example", token_env="T")
    named = {source.name: source for source in sources}
    return Config(path=tmp_path / "c.toml", accounts={"news": account}, sources=named, **tables)


def source(name="s", kind="feed", to=("news",), via="", **keys):
    return SourceSettings(name=name, kind=kind, to=to, options=Via(via), **keys)


def test_posting_needs_the_smallest_set(tmp_path):
    assert required_scopes(config(tmp_path, source(action="post")), "news") == POSTING


@pytest.mark.parametrize("action", ["auto", "boost", "quote"])
def test_boosting_needs_to_know_how_two_accounts_stand(tmp_path, action):
    assert required_scopes(config(tmp_path, source(action=action)), "news") == (
        *POSTING,
        "read:follows",
    )


@pytest.mark.parametrize(
    ("keys", "is_needed"),
    [
        ({}, False),
        ({"action": "post"}, False),
        ({"action": "boost"}, True),
        ({"kind": "hashtag", "via": "other"}, True),
        ({"kind": "actor"}, True),
        ({"kind": "hashtag", "via": "news", "to": ("other",)}, True),
    ],
)
def test_a_token_lacks_that_only_where_statuses_are_sure_to_come(tmp_path, keys, is_needed):
    mine = config(tmp_path, source(**keys))
    granted = [scope for scope in required_scopes(mine, "news") if scope != "read:follows"]
    assert bool(lacking_scopes_message(mine, "news", granted)) is is_needed


def test_an_account_that_is_only_read_through_may_not_write(tmp_path):
    assert required_scopes(
        config(tmp_path, source(kind="home", to=("other",), via="news")), "news"
    ) == (
        *READING,
        "read:follows",
    )


def test_an_account_that_notifies_writes(tmp_path):
    messages = config(tmp_path, notify=NotifySettings(account="news", to="@a@b.example"))
    assert required_scopes(messages, "news") == POSTING


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("list", {"read:lists"}),
        ("bookmarks", {"read:bookmarks"}),
        ("favourites", {"read:favourites"}),
        ("mentions", {"read:notifications"}),
        ("hashtag", set()),
        ("home", set()),
    ],
)
def test_each_kind_adds_its_own(tmp_path, kind, more):
    mine = config(tmp_path, source(kind=kind, via="news"))
    assert set(required_scopes(mine, "news")) == {*POSTING, "read:follows", *more}
    elsewhere = config(tmp_path, source(kind=kind, via="other"))
    assert set(required_scopes(elsewhere, "news")) == {*POSTING, "read:follows"}


def test_a_token_with_exactly_the_required_scopes_lacks_nothing(tmp_path):
    asked = config(tmp_path, source(media=1))
    assert (
        lacking_scopes_message(asked, "news", POSTING),
        excess_scopes_message(asked, "news", POSTING),
    ) == ("", "")


def test_unknown_scopes_are_not_reported_as_lacking(tmp_path):
    asked = config(tmp_path, source(media=1))
    assert (
        lacking_scopes_message(asked, "news", ()),
        excess_scopes_message(asked, "news", ()),
    ) == ("", "")


@pytest.mark.parametrize(
    "broad", ["read", "write", "follow", "push", "admin:read", "write:accounts", "read:lists"]
)
def test_excess_scopes_are_reported(tmp_path, broad):
    messages = excess_scopes_message(config(tmp_path, source()), "news", (*POSTING, broad))
    assert messages.startswith(f"its token may do more than it needs ({broad});")
    assert " ".join(POSTING) in messages


def test_the_scope_profile_is_not_excess(tmp_path):
    assert excess_scopes_message(config(tmp_path, source()), "news", (*POSTING, "profile")) == ""


def test_lacking_scopes_are_reported(tmp_path):
    granted = ("read:accounts", "read:statuses", "write:statuses")
    messages = lacking_scopes_message(config(tmp_path, source(media=1)), "news", granted)
    assert messages.startswith("its token lacks read:search write:media;")


def test_the_upload_scope_is_not_required_without_images(tmp_path):
    without = [scope for scope in POSTING if scope != "write:media"]
    assert lacking_scopes_message(config(tmp_path, source()), "news", without) == ""


def test_a_broad_scope_holds_its_parts_and_is_too_broad(tmp_path):
    asked = config(tmp_path, source(media=1))
    assert lacking_scopes_message(asked, "news", ("read", "write")) == ""
    assert "more than it needs (read write)" in excess_scopes_message(
        asked, "news", ("read", "write")
    )
