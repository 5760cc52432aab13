"""How other kinds of servers depart from Mastodon."""

from __future__ import annotations

import pytest
from mastodon import Mastodon, MastodonAPIError, MastodonNetworkError, MastodonNotFoundError
from sandbox_samples import call, client, send

from fediverse.departures import DEPARTURES
from fediverse.profiles import PROFILES, REFUSALS
from reblogbot.sandbox import profiles
from reblogbot.sandbox.routes import ROUTES
from sample_images import png

ME = "/api/v1/accounts/verify_credentials"
STATUSES = "/api/v1/statuses"


def test_the_tests_know_the_profiles_of_the_product():
    assert list(PROFILES) == list(profiles.PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_refusal_of_a_profile_has_a_known_reason(profile):
    assert PROFILES[profile].refusals.keys() <= REFUSALS.keys()


def test_every_departure_has_a_route_of_the_product():
    assert DEPARTURES.keys() <= {(route.method, route.path) for route in ROUTES}


def post_json(server, **fields):
    """The answer to a status that is posted as JSON."""
    return call(server, "POST", STATUSES, json=fields)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_main_job_works_on_every_kind_of_server(as_profile, profile):
    server, news = as_profile(profile)
    posted = post_json(
        server,
        status="你好 https://news.example/a",
        visibility="unlisted",
        spoiler_text="cw",
        sensitive=True,
        language="zh",
    ).json()
    media = news.media_post(png(), mime_type="image/png", description="dots")
    pictured = post_json(
        server, status="picture", visibility="private", media_ids=[media.id]
    ).json()
    assert [attachment["description"] for attachment in pictured["media_attachments"]] == ["dots"]
    timeline = {status.id: status for status in news.timeline_home()}
    assert list(timeline) == [pictured["id"], posted["id"]]
    shown_post = timeline[posted["id"]]
    assert 'href="https://news.example/a"' in shown_post.content
    assert (shown_post.visibility, shown_post.spoiler_text) == ("unlisted", "cw")
    edited = call(server, "PUT", f"/api/v1/statuses/{posted['id']}", json={"status": "changed"})
    assert edited.json()["content"] == "<p>changed</p>"
    news.status_delete(pictured["id"])
    assert [act["act"] for act in server.accepted] == ["post", "post", "edit", "delete"]


def test_an_unparsable_version_breaks_a_client_that_checks_versions(as_profile):
    server, _ = as_profile("takahe")
    careless = Mastodon(access_token=server.add_account("news"), api_base_url=server.url)
    with pytest.raises(ValueError, match="invalid literal"):
        careless.search_v2("x")
    careful = client(server, mastodon_version="4.2.0", version_check_mode="created")
    before = len(server.requests)
    careful.search_v2("x")
    assert server.requests[before:] == [("GET", "/api/v2/search")]


@pytest.mark.parametrize(
    ("profile", "status"), [("snac", 404), ("takahe", 500), ("gotosocial", 200)]
)
def test_some_servers_have_no_second_version_of_instance(as_profile, profile, status):
    server, news = as_profile(profile)
    answer = call(server, "GET", "/api/v2/instance")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html" if status > 200 else "application")
    assert news.instance_v1().version == PROFILES[profile].version


@pytest.mark.parametrize(
    ("profile", "form", "status"),
    [
        ("gotosocial", {"status": "x" * 5000}, 200),
        ("gotosocial", {"status": "x" * 4999, "spoiler_text": "yy"}, 400),
        ("takahe", {"status": "x" * 500, "spoiler_text": "not counted"}, 200),
        ("takahe", {"status": "https://a.example/" + "y" * 490}, 400),
        ("pixelfed", {"status": "https://a.example/" + "y" * 490}, 422),
        ("snac", {"status": "x" * 20_000}, 200),
        ("snac", {"status": ""}, 200),
        ("gotosocial", {"status": ""}, 400),
        ("takahe", {"status": ""}, 400),
        ("takahe", {"status": "   "}, 200),
        ("gotosocial", {"status": "x", "language": "no such tag"}, 400),
        ("mastodon", {"status": "x", "language": "no such tag"}, 200),
        ("snac", {"status": "x", "visibility": "odd"}, 200),
        ("gotosocial", {"status": "x", "visibility": "odd"}, 422),
        ("takahe", {"status": "x", "visibility": "odd"}, 400),
        ("mastodon", {"status": "x", "visibility": "odd"}, 422),
        ("mastodon", {"status": "x", "in_reply_to_id": "42"}, 404),
        ("gotosocial", {"status": "x", "in_reply_to_id": "42"}, 404),
        ("snac", {"status": "x", "in_reply_to_id": "42"}, 200),
        ("takahe", {"status": "x", "in_reply_to_id": "42"}, 200),
        ("snac", {"status": "x", "media_ids[]": "42"}, 200),
        ("takahe", {"status": "x", "media_ids[]": "42"}, 404),
        ("gotosocial", {"status": "x", "media_ids[]": "42"}, 400),
    ],
)
def test_each_server_refuses_a_post_in_its_own_way(as_profile, profile, form, status):
    server, _ = as_profile(profile)
    assert call(server, "POST", "/api/v1/statuses", data=form).status_code == status
    assert len(server.accepted) == (status == 200)


@pytest.mark.parametrize(
    ("profile", "kept", "after_edit"),
    [
        ("mastodon", "zh", "zh"),
        ("gotosocial", "zh", "en"),
        ("snac", "en", "en"),
        ("takahe", None, None),
    ],
)
def test_language_is_kept_or_not(as_profile, profile, kept, after_edit):
    _, news = as_profile(profile)
    status = news.status_post("你好", language="zh")
    assert status.language == kept
    assert news.status_update(status.id, "再见").language == after_edit


def test_new_accounts_on_gotosocial_are_unlisted_and_locked(as_profile):
    _, news = as_profile("gotosocial")
    assert news.me().locked
    assert news.status_post("hello").visibility == "unlisted"


@pytest.mark.parametrize(("profile", "boosts"), [("gotosocial", 3), ("snac", 1), ("takahe", 1)])
def test_boosting_three_times_makes_one_boost_or_three(as_profile, profile, boosts):
    server, news = as_profile(profile)
    original = server.add_status("alice", "boost me")["id"]
    for _ in range(3):
        news.status_reblog(original, visibility="unlisted")
    assert news.status(original).reblogs_count == boosts
    assert news.status(original).reblogged
    news.status_unreblog(original)
    assert news.status(original).reblogs_count == 0


def test_snac_shows_a_boosts_id_in_upper_case(as_profile):
    server, news = as_profile("snac")
    original = server.add_status("alice", "boost me")["id"]
    boost = news.status_reblog(original, visibility="unlisted")
    assert (boost.id, boost.visibility) == (original.upper(), "public")
    assert boost.reblog.id == original != boost.id
    with pytest.raises(MastodonNotFoundError):
        news.status_reblog(boost.id)


def test_takahe_answers_a_boost_with_the_original(as_profile):
    server, news = as_profile("takahe")
    original = server.add_status("alice", "boost me")["id"]
    boost = news.status_reblog(original)
    assert (boost.id, boost.reblog, boost.reblogged) == (original, None, True)


@pytest.mark.parametrize(
    ("profile", "visibility", "status"),
    [
        ("snac", "private", 200),
        ("snac", "direct", 200),
        ("takahe", "private", 404),
        ("takahe", "direct", 200),
        ("gotosocial", "private", 404),
        ("gotosocial", "direct", 403),
    ],
)
def test_some_servers_allow_boosts_of_posts_that_are_not_public(
    as_profile, profile, visibility, status
):
    server, _ = as_profile(profile)
    server.add_account("news")
    server.follow("news", "alice")
    hidden = server.add_status("alice", "@news psst", visibility=visibility)["id"]
    assert call(server, "POST", f"/api/v1/statuses/{hidden}/reblog").status_code == status


def test_ids_are_opaque_text(as_profile):
    shapes = {}
    for profile in ("mastodon", "gotosocial", "snac", "pleroma", "hollo"):
        server, _ = as_profile(profile)
        ids = [server.add_status("alice", str(n))["id"] for n in range(20)]
        assert len(set(ids)) == 20
        shapes[profile] = (len(ids[0]), ids == sorted(ids))
    assert shapes == {
        "mastodon": (18, True),
        "gotosocial": (26, True),
        "snac": (42, False),
        "pleroma": (18, True),
        "hollo": (36, True),
    }


@pytest.mark.parametrize(
    ("profile", "since", "least", "linked"),
    [("mastodon", 2, 2, True), ("gotosocial", 5, 2, True), ("snac", 5, 5, False)],
)
def test_some_servers_ignore_the_bounds_of_pages(as_profile, profile, since, least, linked):
    server, news = as_profile(profile)
    ids = [server.add_status("alice", str(n))["id"] for n in range(5)]
    alice = news.account_lookup("alice")
    assert len(news.account_statuses(alice, since_id=ids[2])) == since
    assert len(news.account_statuses(alice, min_id=ids[2])) == least
    page = news.account_statuses(alice, limit=2)
    assert len(page) == 2
    assert (news.fetch_next(page) is not None) == linked


@pytest.mark.parametrize(("profile", "count"), [("snac", 2), ("gotosocial", 1), ("mastodon", 1)])
def test_snac_does_not_exclude_boosts(as_profile, profile, count):
    server, news = as_profile(profile)
    original = server.add_status("alice", "boost me")["id"]
    news.status_post("own")
    news.status_reblog(original)
    assert len(news.account_statuses(news.me(), exclude_reblogs=True)) == count


def test_gotosocial_shows_the_home_timeline_twice(as_profile):
    _, news = as_profile("gotosocial")
    ids = [news.status_post(text).id for text in ("one", "two")]
    assert [status.id for status in news.timeline_home()] == [ids[1], ids[0]] * 2


@pytest.mark.parametrize(("profile", "count"), [("snac", 0), ("gotosocial", 1)])
def test_snac_has_no_timelines_of_cjk_tags(as_profile, profile, count):
    server, news = as_profile(profile)
    server.add_status("alice", "#科技")
    server.add_status("alice", "#tech")
    assert len(news.timeline_hashtag("科技")) == count
    assert len(news.timeline_hashtag("tech")) == 1


def test_takahe_has_no_lists_and_those_of_snac_take_anyone(as_profile):
    takahe, _ = as_profile("takahe")
    assert call(takahe, "POST", "/api/v1/lists", data={"title": "x"}).status_code == 405
    server, news = as_profile("snac")
    server.add_account("alice")
    status = server.add_status("alice", "read me")
    reading = news.list_create("x")
    news.list_accounts_add(reading, [news.account_lookup("alice")])
    assert [each.id for each in news.timeline_list(reading)] == [status["id"]]


@pytest.mark.parametrize(("profile", "count"), [("snac", 0), ("takahe", 0), ("gotosocial", 1)])
def test_some_servers_do_not_resolve_addresses(as_profile, profile, count):
    server, news = as_profile(profile)
    status = server.add_status("eve@remote.example", "afar")
    assert len(news.search_v2(status["uri"]).statuses) == count


@pytest.mark.parametrize(
    ("profile", "status"), [("snac", 200), ("gotosocial", 422), ("takahe", 500), ("mastodon", 422)]
)
def test_each_server_treats_a_file_that_is_no_image_in_its_own_way(as_profile, profile, status):
    server, _ = as_profile(profile)
    answer = call(server, "POST", "/api/v2/media", files={"file": ("x.png", b"no picture")})
    assert answer.status_code == status


def test_media_can_be_attached_again_but_not_on_gotosocial(as_profile):
    for profile, is_fine in (("snac", True), ("takahe", True), ("gotosocial", False)):
        server, news = as_profile(profile)
        media = news.media_post(png(), mime_type="image/png", description="x" * 1500)
        news.status_post("one", media_ids=[media])
        answer = send(server, "two", **{"media_ids[]": media.id})
        assert answer.status_code == (200 if is_fine else 400)


@pytest.mark.parametrize(
    ("profile", "status"), [("snac", 200), ("takahe", 200), ("gotosocial", 400)]
)
def test_gotosocial_refuses_long_descriptions(as_profile, profile, status):
    server, _ = as_profile(profile)
    files = {"file": ("x.png", png())}
    answer = call(server, "POST", "/api/v2/media", files=files, data={"description": "x" * 2000})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("profile", "path", "status", "body"),
    [
        ("mastodon", ME, 401, '{"error": "The access token is invalid"}'),
        ("gotosocial", ME, 401, '{"error": "Unauthorized"}'),
        ("takahe", ME, 400, "Invalid Bearer token"),
        ("snac", ME, 422, ""),
        ("snac", "/api/v1/timelines/home", 401, ""),
    ],
)
def test_each_server_refuses_a_bad_token_in_its_own_way(as_profile, profile, path, status, body):
    server, _ = as_profile(profile)
    answer = call(server, "GET", path, "wrong")
    assert (answer.status_code, answer.text) == (status, body)


@pytest.mark.parametrize(
    ("profile", "status", "kind"),
    [
        ("mastodon", 404, "json"),
        ("gotosocial", 404, "json"),
        ("takahe", 500, "html"),
        ("snac", 404, "html"),
    ],
)
def test_each_server_refuses_a_malformed_id_in_its_own_way(as_profile, profile, status, kind):
    server, _ = as_profile(profile)
    answer = call(server, "GET", "/api/v1/statuses/!!")
    assert answer.status_code == status
    assert kind in answer.headers["Content-Type"]


def test_snac_drops_every_twentieth_post_unstored(as_profile):
    server, news = as_profile("snac")
    lost = 0
    for n in range(40):
        try:
            news.status_post(str(n))
        except MastodonNetworkError:
            lost += 1
    assert lost == 2
    assert len(server.accepted) == 38


def test_posts_per_window_are_limited(as_profile, clock):
    server, news = as_profile("mastodon", rate_limit=5)
    original = server.add_status("alice", "boost me")["id"]
    news.status_reblog(original)
    answers = [send(server, str(n)) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert answers[-1].json() == {"error": "Too many requests"}
    assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
    assert send(server, "x" * 501).status_code == 429
    assert client(server, "other").status_post("another account").id
    clock.advance(hours=3)
    assert send(server, "again").status_code == 200
    server.limit(None)
    assert send(server, "unlimited").status_code == 200


def test_a_refused_post_uses_up_nothing(as_profile):
    server, _ = as_profile("mastodon", rate_limit=1)
    assert send(server, "x" * 501).status_code == 422
    assert send(server, "fine").status_code == 200


def test_deletions_have_a_window_of_their_own(as_profile):
    server, news = as_profile("mastodon", rate_limit=300)
    ids = [server.add_status("news", str(n))["id"] for n in range(31)]
    for status_id in ids[:30]:
        news.status_delete(status_id)
    with pytest.raises(MastodonAPIError):
        client(server).account_lookup("nobody")
    answer = call(server, "DELETE", f"/api/v1/statuses/{ids[30]}")
    assert answer.status_code == 429


def test_gotosocial_counts_every_request(as_profile, clock):
    server, _ = as_profile("gotosocial", rate_limit=3)
    answers = [call(server, "GET", ME) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json() == {"error": "rate limit reached"}
    assert "Retry-After" not in answers[3].headers
    clock.advance(minutes=5)
    assert call(server, "GET", ME).status_code == 200


@pytest.mark.parametrize("profile", ["snac", "takahe"])
def test_other_servers_send_no_limits(as_profile, profile):
    server, _ = as_profile(profile, rate_limit=1)
    answers = [call(server, "GET", ME) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert not any(name.startswith("X-RateLimit") for name in answers[0].headers)


def test_a_server_may_be_changed_while_it_runs(as_profile):
    server, news = as_profile("mastodon")
    server.adjust(max_characters=100)
    assert news.instance_v2().configuration.statuses.max_characters == 100
    assert send(server, "x" * 101).status_code == 422


@pytest.mark.parametrize("value", ["1", "true"])
def test_hollo_takes_no_boolean_from_a_form(as_profile, value):
    server, _ = as_profile("hollo")
    form = {"status": "x", "sensitive": value}
    assert call(server, "POST", STATUSES, data=form).status_code == 422
    assert post_json(server, status="x", sensitive=value).status_code == 422
    assert server.accepted == []
    assert post_json(server, status="x", sensitive=True).json()["sensitive"] is True


def test_hollo_ignores_the_media_of_a_form(as_profile):
    server, news = as_profile("hollo")
    media = news.media_post(png(), mime_type="image/png", description="dots")
    answer = call(server, "POST", STATUSES, data={"status": "x", "media_ids[]": media.id})
    assert answer.json()["media_attachments"] == []


@pytest.mark.parametrize(("profile", "kept"), [("snac", ""), ("mastodon", "sad")])
def test_snac_drops_the_warning_when_an_edit_comes_as_a_form(as_profile, profile, kept):
    server, _ = as_profile(profile)
    fields = {"status": "x", "spoiler_text": "sad"}
    path = f"{STATUSES}/{post_json(server, **fields).json()['id']}"
    assert call(server, "PUT", path, data=fields).json()["spoiler_text"] == kept
    assert call(server, "PUT", path, json=fields).json()["spoiler_text"] == "sad"


@pytest.mark.parametrize("visibility", ["private", "direct"])
@pytest.mark.parametrize("profile", PROFILES)
def test_some_servers_show_private_posts_in_the_home_timeline_alone(
    as_profile, profile, visibility
):
    server, news = as_profile(profile)
    status_id = post_json(server, status="psst", visibility=visibility).json()["id"]
    on_page = [status.id for status in news.account_statuses(news.me())]
    assert on_page == ([] if profile in ("snac", "takahe") else [status_id])
    assert {status.id for status in news.timeline_home()} == {status_id}


def test_snac_finds_only_what_is_in_the_home_timeline(as_profile):
    server, news = as_profile("snac")
    status = server.add_status("eve@remote.example", "afar")
    assert news.search_v2(status["uri"]).statuses == []
    server.follow("news", "eve@remote.example")
    assert [result.id for result in news.search_v2(status["uri"]).statuses] == [status["id"]]


@pytest.mark.parametrize(("value", "status"), [("1", 400), ("true", 200), ("false", 200)])
def test_hollo_takes_true_and_false_alone_for_a_flag(as_profile, value, status):
    server, _ = as_profile("hollo")
    answer = call(server, "GET", "/api/v2/search", params={"q": "x", "resolve": value})
    assert answer.status_code == status


@pytest.mark.parametrize(("profile", "status"), [("takahe", 403), ("gotosocial", 200)])
def test_takahe_verifies_no_credentials_without_the_whole_of_read(as_profile, profile, status):
    server, _ = as_profile(profile)
    server.add_account("news")
    narrow = server.add_token("news", ["read:accounts", "write:statuses"])
    assert call(server, "GET", ME, narrow).status_code == status
    broad = server.add_token("news", ["read", "write:statuses"])
    assert call(server, "GET", ME, broad).status_code == 200


@pytest.mark.parametrize(
    ("profile", "scopes"), [("snac", []), ("hollo", []), ("mastodon", ["read:accounts"])]
)
def test_few_servers_tell_the_scopes_of_a_token(as_profile, profile, scopes):
    server, _ = as_profile(profile)
    server.add_account("news")
    narrow = server.add_token("news", ["read:accounts"])
    answer = call(server, "GET", "/api/v1/apps/verify_credentials", narrow)
    assert answer.json()["scopes"] == scopes


def test_new_accounts_on_gotosocial_are_not_discoverable(as_profile):
    server, news = as_profile("gotosocial")
    assert news.me().discoverable is False
    assert server.add_status("eve@remote.example", "afar")["account"]["discoverable"] is True


def test_hollo_keeps_a_key_for_an_hour_and_gives_the_first_status_again(as_profile, clock):
    server, _ = as_profile("hollo")
    first = send(server, "one", key="k").json()["id"]
    assert send(server, "two", key="k").json()["id"] == first
    clock.advance(hours=1)
    assert send(server, "two", key="k").json()["id"] != first


def test_hollo_answers_a_second_boost_with_500(as_profile):
    server, _ = as_profile("hollo")
    path = f"{STATUSES}/{server.add_status('alice', 'boost me')['id']}/reblog"
    assert [call(server, "POST", path, json={}).status_code for _ in range(2)] == [200, 500]
    assert [act["act"] for act in server.accepted] == ["boost"]


@pytest.mark.parametrize(("profile", "status"), [("hollo", 404), ("mastodon", 200)])
def test_a_slash_at_the_end_of_a_path_is_another_path_on_hollo(as_profile, profile, status):
    server, _ = as_profile(profile)
    assert call(server, "GET", "/api/v2/instance").status_code == 200
    assert call(server, "GET", "/api/v2/instance/").status_code == status
