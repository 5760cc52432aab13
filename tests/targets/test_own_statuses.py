"""An account's own statuses are read from its page and, where some are hidden, its home timeline."""

from datetime import UTC, datetime, timedelta

import pytest
from samples import MINE, far, status

from reblogbot.errors import Doubtful
from reblogbot.targets.mastodon.own_statuses import HOME, MAX_HOME_PAGES, PAGE_SIZE
from scripted_server import page, says

SENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
OURS, THEIRS = {"id": "7"}, {"id": "8"}


def ids(statuses):
    return [status.receipt.remote_id for status in statuses]


def sent_status(id_, account=OURS, minutes=0, **more):
    """A status that was created so many minutes after SENT."""
    at = (SENT + timedelta(minutes=minutes)).isoformat()
    return status(id_, account=account, created_at=at, **more)


def full(first, **more):
    """As many statuses as one page has, their ids counted from `first`."""
    return [sent_status(str(first + number), **more) for number in range(PAGE_SIZE)]


@pytest.fixture
def target(server, target):
    server.on("GET", "/api/v1/instance", says(200, {"version": "takahe/0.11.0"}))
    server.on("GET", MINE, says(200, [sent_status("1")]))
    return target


def test_only_own_statuses_of_the_home_timeline_count(server, target):
    home = [
        sent_status("3", THEIRS),
        sent_status("2"),
        sent_status("4", None),
        sent_status("5", {"id": 7}),
        None,
        {},
    ]
    server.on("GET", HOME, says(200, home))
    assert ids(target.recent(SENT)) == ["1", "2", "5"]


def test_a_status_that_is_shown_twice_is_one(server, target):
    server.on(
        "GET",
        HOME,
        says(200, [sent_status("1"), sent_status("2"), sent_status("1"), sent_status("2")]),
    )
    assert ids(target.recent(SENT)) == ["1", "2"]


def test_the_home_timeline_is_not_read_without_hidden_posts(server, target):
    target.recent()
    assert server.asked("GET", HOME) == []


def test_the_home_timeline_is_not_read_on_mastodon(server, target):
    server.on("GET", "/api/v2/instance", says(200, {"version": "4.5.4"}))
    target.recent(SENT)
    assert server.asked("GET", HOME) == []


def test_the_home_timeline_is_read_on_an_unknown_server(server, target):
    server.on("GET", "/api/v1/instance", page(500))
    server.on("GET", HOME, says(200, [sent_status("2")]))
    assert ids(target.recent(SENT)) == ["1", "2"]


def test_the_home_timeline_is_read_back_to_the_time_of_the_post(server, target):
    pages = [full(100, account=THEIRS, minutes=30), full(200, account=THEIRS), [*full(300), "odd"]]
    older = full(400, minutes=-90)
    server.on("GET", HOME, *[says(200, page) for page in (*pages, older, full(500))])
    assert len(target.recent(SENT)) == 1 + 2 * PAGE_SIZE
    asked = [request.query.get("max_id") for request in server.asked("GET", HOME)]
    assert asked == [None, "139", "239", "339"]


def test_the_servers_link_to_the_next_page_is_followed(server, target):
    following = {"Link": f'<{server.url}{HOME}?max_id=abc>; rel="next"'}
    first = {"Link": f'<{server.url}{HOME}?min_id=xyz>; rel="prev"'}
    server.on("GET", HOME, says(200, full(100), following), says(200, full(200), first))
    target.recent(SENT)
    assert [request.query.get("max_id") for request in server.asked("GET", HOME)] == [None, "abc"]


def test_a_boost_with_the_boosted_statuss_id_is_not_used_for_paging(server, target):
    boost = sent_status("55", THEIRS, reblog=far(id="55"))
    server.on("GET", HOME, says(200, [sent_status("9"), sent_status("8"), boost]), says(200, []))
    target.recent(SENT)
    assert [request.query.get("max_id") for request in server.asked("GET", HOME)] == [None, "8"]


def test_a_server_that_repeats_a_page_is_given_up(server, target):
    server.on("GET", HOME, says(200, full(100, minutes=5)))
    assert len(target.recent(SENT)) == 1 + PAGE_SIZE
    assert len(server.asked("GET", HOME)) == 2


def test_an_endless_timeline_is_read_for_a_bounded_number_of_pages(server, target):
    pages = [says(200, full(100 * number, minutes=5)) for number in range(1, MAX_HOME_PAGES + 5)]
    server.on("GET", HOME, *pages)
    target.recent(SENT)
    assert len(server.asked("GET", HOME)) == MAX_HOME_PAGES


@pytest.mark.parametrize(
    "reply", [page(200), page(503), says(200, {"error": "?"}), says(200, [1, None]), says(404, {})]
)
def test_an_unreadable_home_timeline_is_doubtful(server, target, reply):
    server.on("GET", HOME, reply)
    with pytest.raises(Doubtful):
        target.recent(SENT)
