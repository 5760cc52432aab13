"""Authors as accounts describe them, and blocks between them and the reading account."""

import asyncio

import pytest
from fediverse_world import Ticking, here

from reblogbot.errors import Doubtful, SourceError, Unauthorised
from reblogbot.model import Author, Entry
from reblogbot.ports import Tools
from reblogbot.sources.fediverse.accounts import author_of
from reblogbot.sources.fediverse.home_server import HomeServer
from reblogbot.sources.fediverse.relationships import RELATIONSHIPS, forbid_blocked


class Api:
    """A server with these answers by path; an answer that is an error is raised."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def get(self, path, params=None):
        self.asked.append((path, params))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def page(self, path, params=None):
        return self.get(path, params), ""


def reasons(answers, *entries, **options):
    api = Api({RELATIONSHIPS: [], **answers})
    tools = Tools(fetch=None, offload=here, clock=Ticking(), reader=lambda _: api)
    home = HomeServer(tools, "news", ("read:follows",))
    judged = asyncio.run(forbid_blocked(home, entries, **options))
    return [entry.forbidden for entry in judged], api


def by(number, **facts):
    return Entry(author=Author(id=str(number), address=f"p{number}@far.example", **facts))


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("blocking", "you block its author"),
        ("blocked_by", "its author blocks you"),
        ("muting", "you mute its author"),
        ("domain_blocking", "you block its server"),
        ("following", ""),
    ],
)
def test_a_block_in_either_direction_forbids_an_entry(flag, reason):
    relations = [{"id": "7", flag: True}, {"id": "8", flag: False}]
    result, _ = reasons({RELATIONSHIPS: relations}, by(7), by(8))
    assert result == [reason, ""]


def test_authors_are_asked_for_in_batches_each_once():
    _, api = reasons({}, *(by(number % 90) for number in range(100)))
    batches = [params["id[]"] for path, params in api.asked if path == RELATIONSHIPS]
    assert [len(batch) for batch in batches] == [40, 40, 10]


def test_only_followers_pass_where_only_followers_count():
    relations = [{"id": "7", "followed_by": True}]
    result, _ = reasons({RELATIONSHIPS: relations}, by(7), by(8), followers_only=True)
    assert result[0] == ""
    assert "does not follow" in result[1]


def test_without_relationships_only_followers_only_forbids():
    missing = Doubtful("not_there", "no such endpoint")
    assert reasons({RELATIONSHIPS: missing}, by(7))[0] == [""]
    assert reasons({RELATIONSHIPS: missing}, by(7), followers_only=True)[0] != [""]


def test_a_token_without_the_scope_for_relationships_fails_the_poll():
    with pytest.raises(SourceError) as caught:
        reasons({RELATIONSHIPS: Unauthorised("scope_missing", "no")}, by(7))
    assert "read:follows" in caught.value.message


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({"suspended": True}, "its author is suspended"),
        ({"limited": True}, "its author is limited by the server"),
        ({"moved": {"id": "9"}}, "its author has moved to another account"),
        ({"suspended": None, "moved": None}, ""),
    ],
)
def test_the_standing_of_an_account_says_why_it_is_not_boosted(facts, standing):
    assert author_of({"id": "1", "username": "x", **facts}).standing == standing


@pytest.mark.parametrize(
    "profile",
    [
        {"display_name": "Ann #NoBot"},
        {"note": '<p><a href="https://h/tags/nobot" rel="tag">#<span>nobot</span></a></p>'},
        {"note": "&#35;nobot"},
        {"note": "＃nobot"},
        {"fields": [{"name": "#NoBot", "value": ""}]},
        {"fields": [None, {"name": "x", "value": "<p>#no_bots</p>"}]},
    ],
)
def test_an_opt_out_tag_is_found_anywhere_in_the_profile(profile):
    assert "nobot" in author_of({"id": "1", **profile}).tags


@pytest.mark.parametrize("odd", [None, 3, "nobody", [], {}, {"note": 7, "fields": "x", "bot": 1}])
def test_an_odd_account_is_an_author_without_opt_out(odd):
    assert author_of(odd) == Author()
