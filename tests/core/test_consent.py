"""Opt-outs, own accounts and blocks, as the core judges them."""

import pytest

from reblogbot.config.settings import SourceSettings
from reblogbot.core.consent import (
    account_address,
    blocked_reason,
    fold_tag,
    opt_out_tag,
    own_account_reason,
    tags_in,
)
from reblogbot.model import Author, Entry
from reblogbot.sources.registry import options_of

ADDRESSES = {"news": "news@home.example", "cats": "cats@far.example"}


def source(kind="hashtag", **keys):
    keys = {"via": "news", **({"tag": "cats"} if kind == "hashtag" else {}), **keys}
    options = options_of(kind).model_validate(keys)
    return SourceSettings(name="s", kind=kind, to=("news",), options=options)


def by(author):
    return Entry(uri="https://far.example/1", author=Author(address=author))


# tags


@pytest.mark.parametrize(
    "written",
    ["#nobot", "#NoBot", "＃NOBOT", "#no_bot", "#no-bots", "nobot", "#nóbot", "#ｎｏｂｏｔ"],
)
def test_spellings_of_a_tag_are_folded_into_one(written):
    assert fold_tag(written) == "nobot"


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("I write. #NoBot, please", ("nobot",)),
        ("(#nobot)", ("nobot",)),
        ("#a #b #a", ("a", "b")),
        ("＃不要机器人。", ("不要机器人",)),
        ("no bot, nobot, no-bot", ()),
        ("C#nobot and a/#nobot and ##nobot", ()),
        ("#nobothering", ("nobothering",)),
        ("# #! #-", ()),
    ],
)
def test_only_a_word_with_a_hash_is_a_tag(text, tags):
    assert tags_in([text]) == tags


def test_a_profile_full_of_tags_is_bounded():
    assert len(tags_in([" ".join(f"#t{number}x" for number in range(5000))])) == 100


@pytest.mark.parametrize(
    ("tags", "listed", "expected"),
    [
        (("nobot",), (), "#nobot"),
        (("nobot",), ("noboost",), "#nobot"),
        (("noboost",), ("NoBoost",), "#NoBoost"),
        (("noboost",), (), ""),
        ((), ("nobot",), ""),
    ],
)
def test_an_opt_out_is_a_listed_tag_and_nobot_always(tags, listed, expected):
    assert opt_out_tag(Author(tags=tags), listed) == expected


# own accounts


def test_an_account_does_not_publish_its_own_statuses():
    for kind, keys in (
        ("hashtag", {}),
        ("bookmarks", {}),
        ("account", {"acct": ADDRESSES["news"]}),
    ):
        reason = own_account_reason(by(ADDRESSES["news"]), source(kind, **keys), "news", ADDRESSES)
        assert reason == "forbidden: its author is the account itself"


@pytest.mark.parametrize(
    ("kind", "keys", "is_fine"),
    [
        ("hashtag", {}, False),
        ("home", {}, False),
        ("trends", {"trends": "statuses"}, False),
        ("account", {"acct": "@dogs@far.example"}, False),
        ("account", {"acct": "@Cats@far.example"}, True),
        ("bookmarks", {}, True),
        ("favourites", {}, True),
    ],
)
def test_another_account_of_the_config_is_published_only_where_it_is_named(kind, keys, is_fine):
    reason = own_account_reason(by(ADDRESSES["cats"]), source(kind, **keys), "news", ADDRESSES)
    assert (reason == "") is is_fine
    assert is_fine or "the account cats of this config" in reason


def test_an_account_is_named_by_its_domain_though_its_pages_stand_on_a_subdomain():
    named = source("account", acct="@cats@far.example")
    known = {"cats": "cats@social.far.example"}
    assert own_account_reason(by("cats@social.far.example"), named, "news", known) == ""
    assert own_account_reason(
        by("cats@notfar.example"), named, "news", {"cats": "cats@notfar.example"}
    )


@pytest.mark.parametrize("entry", [Entry(), Entry(author=Author()), by("x@far.example")])
def test_statuses_of_others_are_not_refused_as_own(entry):
    assert own_account_reason(entry, source(), "news", ADDRESSES) == ""
    assert own_account_reason(entry, source(), "news", {}) == ""


# how two accounts stand


@pytest.mark.parametrize("flag", ["blocking", "blocked_by", "muting", "domain_blocking"])
def test_each_block_is_a_reason(flag):
    assert blocked_reason({flag: True})
    assert not blocked_reason({flag: False})
    assert not blocked_reason({flag: "true"})


def test_with_followers_only_others_are_refused():
    assert "does not follow" in blocked_reason({}, followers_only=True)
    assert blocked_reason({"followed_by": True}, followers_only=True) == ""


def test_an_address_is_derived_from_the_profile_page():
    assert account_address("Ann", "https://B.example:8443/@Ann") == "ann@b.example:8443"
    assert account_address("", "https://b.example/") == account_address("ann", "http://[") == ""
