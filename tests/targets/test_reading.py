"""What the target reads: the account of the token, limits, own statuses, any path."""

from datetime import UTC, datetime, timedelta

import pytest
from samples import LINK, MINE, URI, far, status

from reblogbot.errors import (
    Doubtful,
    RateLimited,
    Unauthorised,
)
from reblogbot.model import ServerLimits
from scripted_server import message, page, raw, says


def moved(to):
    return says(301, headers={"Location": to})


# verify


def test_verify_names_the_account_of_the_token(server, target):
    identity = target.verify()
    assert (identity.acct, identity.url, identity.is_bot) == ("news", "http://x/@news", True)
    assert identity.extra["id"] == "7"


@pytest.mark.parametrize(
    "reply",
    [
        says(401, {"error": "Unauthorized: token expired"}),
        raw(message(400, b"Invalid Bearer token", type_="text/plain")),
        raw(message(422)),
        page(403),
        says(403, {"error": "Your login is missing a confirmed e-mail address"}),
        page(404),
    ],
)
def test_any_4xx_on_verify_is_the_token_and_says_where_to_put_a_new_one(server, target, reply):
    server.on("GET", "/api/v1/accounts/verify_credentials", reply)
    server.on("GET", "/api/v2/instance", says(200, {"version": "4.4.0"}))
    with pytest.raises(Unauthorised) as caught:
        target.verify()
    assert caught.value.slug == "token_refused"
    assert "token_file" in caught.value.message


@pytest.mark.parametrize("reply", [page(200), page(404), page(403), says(404, {"error": "route"})])
@pytest.mark.parametrize("instance", [page(200), page(404), says(404, {}), moved("https://x/")])
def test_a_server_without_the_api_is_not_reported_as_a_refused_token(
    server, target, reply, instance
):
    server.on("GET", "/api/v1/accounts/verify_credentials", reply)
    for version in (1, 2):
        server.on("GET", f"/api/v{version}/instance", instance)
    with pytest.raises((Unauthorised, Doubtful)) as caught:
        target.verify()
    assert caught.value.slug == "wrong_server"
    assert "the account's server" in caught.value.message
    assert "token" not in caught.value.message


@pytest.mark.parametrize("instance", [says(401, {"error": "who?"}), says(503, {}), says(429, {})])
def test_a_server_that_may_have_the_api_is_not_called_wrong(server, target, instance):
    server.on("GET", "/api/v1/accounts/verify_credentials", says(401, {"error": "no"}))
    for version in (1, 2):
        server.on("GET", f"/api/v{version}/instance", instance)
    with pytest.raises(Unauthorised) as caught:
        target.verify()
    assert caught.value.slug == "token_refused"


def test_a_redirect_names_the_host_that_it_leads_to(server, target):
    server.on("GET", "/api/v1/accounts/verify_credentials", moved("https://www.right.example/x"))
    with pytest.raises(Doubtful) as caught:
        target.verify()
    assert "HTTP 301 to www.right.example" in caught.value.message


@pytest.mark.parametrize("reply", [page(200), page(503), says(200, []), says(200, {"id": ""})])
def test_verify_without_a_clear_answer_is_doubtful(server, target, reply):
    server.on("GET", "/api/v1/accounts/verify_credentials", reply)
    with pytest.raises(Doubtful):
        target.verify()


def test_one_call_is_one_request_whatever_the_server_says_of_its_version(server, target):
    server.on("GET", "/api/v1/accounts/verify_credentials", says(503, {"error": "down"}))
    with pytest.raises(Doubtful):
        target.verify()
    assert len(server.seen) == 1


# limits


def test_limits_are_asked_once_an_hour(server, target, clock):
    v2 = {
        "version": "4.3.1",
        "configuration": {"statuses": {"max_characters": 1000, "characters_reserved_per_url": 23}},
    }
    server.on("GET", "/api/v2/instance", says(200, v2))
    assert target.limits() == target.limits() == ServerLimits(characters=1000, per_link=23)
    assert len(server.seen) == 1
    clock.instant += timedelta(hours=1)
    target.limits()
    assert len(server.seen) == 2


@pytest.mark.parametrize("reply", [page(404), page(500), says(404, {"error": "?"})])
def test_limits_fall_back_to_the_older_page(server, target, reply):
    server.on("GET", "/api/v2/instance", reply)
    v1 = {"version": "2.7.2 (compatible; Pleroma 2.9)", "max_toot_chars": 5000}
    server.on("GET", "/api/v1/instance", says(200, v1))
    assert target.limits() == ServerLimits(characters=5000, per_link=None)


def test_a_server_is_asked_without_a_slash_at_the_end(server, target):
    server.on("GET", "/api/v2/instance", page(404))
    server.on("GET", "/api/v1/instance", says(200, {"version": "4.3.1"}))
    target.limits()
    assert [request.path for request in server.seen] == ["/api/v2/instance", "/api/v1/instance"]


def test_unknown_limits_raise(server, target):
    server.on("GET", "/api/v2/instance", page(500))
    server.on("GET", "/api/v1/instance", page(200))
    with pytest.raises(Doubtful):
        target.limits()


# recent


def test_recent_reads_our_own_statuses_and_boosts(server, target):
    own = status(
        "3",
        content=f'<p>Title<br><a href="{LINK.replace("&", "&amp;")}">paper</a></p>',
        created_at="2026-03-01T11:00:00.000Z",
    )
    server.on("GET", MINE, says(200, [own, status("4", reblog=far())]))
    post, boost = target.recent()
    assert (post.receipt.remote_id, post.text, post.links) == ("3", "Title\npaper", (LINK,))
    assert post.created_at == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert (boost.receipt.remote_id, boost.boosted_uri) == ("4", URI)
    assert server.asked("GET", MINE)[0].query["limit"] == "40"


def test_recent_reads_one_page_more_where_the_server_links_to_it(server, target):
    link = f'<{server.url}{MINE}?limit=40&max_id=01HX%2Fz>; rel="next", <{server.url}/>; rel="prev"'
    first = says(200, [status(str(n)) for n in range(40)], {"Link": link})
    server.on("GET", MINE, first, says(200, [status("40")], {"Link": link}))
    assert len(target.recent()) == 41
    assert [request.query.get("max_id") for request in server.asked("GET", MINE)] == [
        None,
        "01HX/z",
    ]


def test_recent_without_a_link_header_reads_one_page(server, target):
    server.on("GET", MINE, says(200, [status(str(n)) for n in range(40)]))
    assert len(target.recent()) == 40
    assert len(server.asked("GET", MINE)) == 1


def test_recent_asks_who_we_are_only_once(server, target):
    server.on("GET", MINE, says(200, []))
    assert target.recent() == target.recent() == []
    assert len(server.asked("GET", "/api/v1/accounts/verify_credentials")) == 1


def test_another_token_may_speak_for_another_account(server, make_target):
    token = ["old"]
    verify = "/api/v1/accounts/verify_credentials"
    server.on("GET", verify, says(200, {"id": "7"}), says(200, {"id": "8"}))
    server.on("GET", MINE, says(200, []))
    server.on("GET", MINE.replace("7", "8"), says(200, [status("81")]))
    target = make_target(server.url, token=lambda: token[0])
    assert target.recent() == []
    token[0] = "new"
    assert [status.receipt.remote_id for status in target.recent()] == ["81"]


def test_an_odd_status_does_not_hide_the_others(server, target):
    strange = [
        None,
        3,
        [],
        {},
        {"id": None},
        {"id": "1", "content": 7, "card": [], "reblog": "no", "created_at": 5},
    ]
    broken = {"id": "2", "content": "<![if x]><a href=https://a.example/?x=1&section=2>&#xD800;<b"}
    server.on("GET", MINE, says(200, [*strange, broken, status("9")]))
    assert [status.receipt.remote_id for status in target.recent()] == ["1", "2", "9"]
    assert "https://a.example/?x=1&section=2" in target.recent()[1].links


HUGE = b"[" + b'{"id": "1"},' * 600_000 + b'{"id": "2"}]'


@pytest.mark.parametrize(
    "reply",
    [
        page(200),
        says(200),
        says(200, {"error": "no list"}),
        says(404, {"error": "?"}),
        page(503),
        raw(message(200, b'[{"id": "1"}, {"id"')),
        raw(message(200, b"[" * 200_000)),
        raw(message(200, HUGE)),
        raw(b"", then="reset"),
    ],
)
def test_an_unreadable_timeline_is_doubtful(server, target, reply):
    server.on("GET", MINE, reply)
    with pytest.raises(Doubtful):
        target.recent()


# reading for sources


def test_get_reads_any_path_with_the_token(server, target):
    server.on(
        "GET", "/api/v1/timelines/tag/news", says(200, [1, 2], {"X-RateLimit-Remaining": "298"})
    )
    assert target.get("/api/v1/timelines/tag/news", {"limit": 2}) == [1, 2]
    assert server.seen[0].headers["authorization"] == "Bearer s3cret-t0ken"
    assert server.seen[0].query == {"limit": "2"}
    assert target.rate_remaining == 298


@pytest.mark.parametrize(
    ("reply", "error"),
    [(page(200), Doubtful), (says(401, {}), Unauthorised), (says(429, {}), RateLimited)],
)
def test_get_raises_what_the_answer_means(server, target, reply, error):
    server.on("GET", "/api/v1/lists", reply)
    with pytest.raises(error):
        target.get("/api/v1/lists")


# scopes


INFO = "/oauth/token/info"
APP = "/api/v1/apps/verify_credentials"


def test_scopes_are_those_of_the_token_before_those_of_its_app(server, target):
    server.on("GET", INFO, says(200, {"scope": ["read:accounts", "write:statuses"]}))
    server.on("GET", APP, says(200, {"scopes": ["read", "write"]}))
    assert target.scopes() == ("read:accounts", "write:statuses")
    assert [request.path for request in server.seen] == [INFO]


@pytest.mark.parametrize(
    "reply",
    [page(404), says(401, {"error": "?"}), says(200, {}), says(200, {"scope": []}), says(200, [])],
)
def test_scopes_of_the_app_are_used_where_the_token_has_none(server, target, reply):
    server.on("GET", INFO, reply)
    server.on("GET", APP, says(200, {"name": "bot", "scopes": ["read", "write"]}))
    assert target.scopes() == ("read", "write")


def test_scopes_in_one_text_are_split(server, target):
    server.on("GET", INFO, says(200, {"scope": "read write:media"}))
    assert target.scopes() == ("read", "write:media")


@pytest.mark.parametrize("reply", [page(500), says(200, {"scopes": None}), raw(b"")])
def test_unknown_scopes_are_empty(server, target, reply):
    server.on("GET", INFO, reply)
    server.on("GET", APP, reply)
    assert target.scopes() == ()
