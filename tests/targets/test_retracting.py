"""Taking back a post or a boost: what is asked, and what the answers mean."""

from dataclasses import replace

import pytest
from mastodon_mock.testing.server import MockServer
from samples import BOOST, POST, SEARCH, STATUSES, far, search_result, status

from reblogbot.errors import Doubtful, RateLimited, Rejected, Unauthorised
from reblogbot.model import Post
from scripted_server import page, says

ONE = f"{STATUSES}/1"
UNDO = f"{STATUSES}/55/unreblog"


def test_a_post_is_deleted_by_its_id(server, target):
    server.on("DELETE", ONE, says(200, status()))
    assert target.retract(POST, "1") is True


@pytest.mark.parametrize("answer", [says(200, {}), says(204, ""), says(200, "")])
def test_an_answer_without_a_status_is_enough(server, target, answer):
    server.on("DELETE", ONE, answer)
    assert target.retract(POST, "1") is True


@pytest.mark.parametrize("answer", [says(404, {"error": "no"}), says(404, "<html>"), says(410, "")])
def test_what_is_gone_counts_as_deleted(server, target, answer):
    server.on("DELETE", ONE, answer)
    server.on("GET", ONE, says(404, {"error": "no"}))
    assert target.retract(POST, "1") is False


def test_a_post_that_is_still_shown_was_not_deleted(server, target):
    server.on("DELETE", ONE, says(404, {"error": "no"}))
    server.on("GET", ONE, says(200, status()))
    with pytest.raises(Rejected, match="may not delete it") as caught:
        target.retract(POST, "1")
    assert caught.value.slug == "not_retracted"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page(200), Doubtful),
        (says(500, {"error": "x"}), Doubtful),
        (says(429, {"error": "x"}), RateLimited),
        (says(401, {"error": "x"}), Unauthorised),
        (says(403, {"error": "x"}), Unauthorised),
        (says(422, {"error": "x"}), Rejected),
        (says(302, ""), Doubtful),
    ],
)
def test_other_answers_are_errors(server, target, answer, error):
    server.on("DELETE", ONE, answer)
    with pytest.raises(error):
        target.retract(POST, "1")


def test_a_post_whose_id_is_not_known_is_not_asked_for(server, target):
    with pytest.raises(Rejected, match="the id of this post is not known"):
        target.retract(POST, "")
    assert server.seen == []


def test_an_id_is_one_part_of_the_path(server, target):
    server.on("DELETE", f"{STATUSES}/..%2Fa%3Fb", says(200, {}))
    assert target.retract(POST, "../a?b") is True


def test_a_boost_is_undone_by_the_id_of_the_boosted_status(server, target):
    server.on("GET", SEARCH, search_result(far(reblogged=True)))
    server.on("POST", UNDO, says(200, far()))
    assert target.retract(BOOST, "wrapper") is True


def test_a_boost_is_found_through_itself_where_a_search_finds_nothing(server, target):
    server.on("GET", SEARCH, search_result())
    server.on("GET", f"{STATUSES}/wrapper", says(200, status("wrapper", reblog=far())))
    server.on("POST", UNDO, says(200, far()))
    assert target.retract(BOOST, "wrapper") is True


def test_a_boost_of_a_status_that_is_gone_counts_as_undone(server, target):
    server.on("GET", SEARCH, search_result())
    server.on("GET", f"{STATUSES}/wrapper", says(404, "<html>"))
    assert target.retract(BOOST, "wrapper") is False
    server.on("GET", f"{STATUSES}/55", says(404, "<html>"))
    assert target.retract(replace(BOOST, status_id="55"), "") is False


def test_a_boost_that_somebody_has_undone_is_undone_once_more(server, target):
    server.on("GET", SEARCH, search_result(far(reblogged=False)))
    server.on("POST", UNDO, says(200, far()))
    assert target.retract(BOOST, "wrapper") is False


# a server that others wrote


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


def test_mastodon_mock_deletes_posts_and_undoes_boosts(mock, make_target):
    alice = make_target(mock.base_url, token=lambda: "alice_token")
    bob = make_target(mock.base_url, token=lambda: "bob_token")
    post = Post("post", text="to be deleted", visibility="public")
    receipt = alice.publish(post, "retract-1")
    assert alice.retract(post, receipt.remote_id) is True
    assert alice.retract(post, receipt.remote_id) is False
    original = bob.publish(Post("post", text="from bob", visibility="public"), "retract-2")
    with pytest.raises((Rejected, Unauthorised)):
        alice.retract(post, original.remote_id)
    boost = Post("boost", uri=original.url, status_id=original.remote_id, visibility="unlisted")
    boosted = alice.publish(boost, "retract-3")
    assert alice.status(boost).boosted is not None
    assert alice.retract(boost, boosted.remote_id) is True
    assert alice.status(boost).boosted is None
    assert alice.retract(boost, boosted.remote_id) is False
