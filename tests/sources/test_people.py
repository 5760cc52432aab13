"""Who is left alone, as the server tells how we stand to them."""

import asyncio

import pytest
from fediverse_world import Ticking, here

from reblogbot.errors import Doubtful, SourceError, Unauthorised
from reblogbot.model import Entry
from reblogbot.ports import Tools
from reblogbot.sources.consent import RELATIONS, judged, our_addresses
from reblogbot.sources.home_server import HomeServer
from reblogbot.sources.people import NOBODY, Author, address, of_account
from reblogbot.sources.statuses import Told

ME = "/api/v1/accounts/verify_credentials"
OURS = {"id": "1", "username": "News", "url": "https://home.example/@News"}


class Api:
    """A server with these answers by path; an error is raised."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def get(self, path, params=None):
        self.asked.append((path, params))
        answer = self.answers[path]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def me(self):
        return self.get(ME)

    def page(self, path, params=None):
        return self.get(path, params), ""


def reasons(answers, *told, **options):
    api = Api({ME: OURS, RELATIONS: [], **answers})
    tools = Tools(fetch=None, offload=here, clock=Ticking(), reader=lambda _: api)
    home = HomeServer(tools, "news", ("read:follows",))
    entries = asyncio.run(judged(home, told, set(), **options))
    return [entry.forbidden for entry in entries], api


def by(number, **facts):
    return Told(Entry(), Author(id=str(number), address=f"p{number}@far.example", **facts))


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
def test_nothing_passes_a_block_either_way(flag, reason):
    relations = [{"id": "7", flag: True}, {"id": "8", flag: False}]
    found, _ = reasons({RELATIONS: relations}, by(7), by(8))
    assert found == [reason, ""]


def test_authors_are_asked_for_in_batches_each_once_ourselves_not_at_all():
    ours = Told(Entry(), of_account(OURS))
    found, api = reasons({}, *(by(number % 90) for number in range(100)), ours)
    batches = [params["id[]"] for path, params in api.asked if path == RELATIONS]
    assert [len(batch) for batch in batches] == [40, 40, 10]
    assert found[-1] == "our own"


def test_who_does_not_follow_is_told_so_where_only_followers_count():
    relations = [{"id": "7", "followed_by": True}]
    found, _ = reasons({RELATIONS: relations}, by(7), by(8), followers_only=True)
    assert found[0] == ""
    assert "does not follow" in found[1]


def test_a_server_that_knows_no_relationships_lets_pass_but_no_stranger():
    missing = Doubtful("not_there", "no such endpoint")
    assert reasons({RELATIONS: missing}, by(7))[0] == [""]
    assert reasons({RELATIONS: missing}, by(7), followers_only=True)[0] != [""]


def test_a_token_that_may_not_ask_stops_the_poll():
    with pytest.raises(SourceError) as caught:
        reasons({RELATIONS: Unauthorised("scope_missing", "no")}, by(7))
    assert "read:follows" in caught.value.message


def test_an_account_of_ours_out_of_reach_stops_nothing():
    api = {"a": Api({ME: OURS}), "b": Api({ME: Doubtful("no_answer", "down")})}
    tools = Tools(fetch=None, offload=here, clock=Ticking(), reader=api.__getitem__)
    assert asyncio.run(our_addresses(tools, ["a", "b"], ())) == {"news@home.example"}


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({"suspended": True}, "its author is suspended"),
        ({"limited": True}, "its author is limited by the server"),
        ({"moved": {"id": "9"}}, "its author has moved to another account"),
        ({"suspended": None, "moved": None}, ""),
    ],
)
def test_whose_account_does_not_stand_well_is_not_boosted(facts, standing):
    assert of_account({"id": "1", "username": "x", **facts}).standing == standing


def test_an_address_is_told_by_the_profile_s_page():
    assert address("Ann", "https://B.example:8443/@Ann") == "ann@b.example:8443"
    assert address("", "https://b.example/") == address("ann", "http://[") == ""
    assert of_account("nobody") == NOBODY
