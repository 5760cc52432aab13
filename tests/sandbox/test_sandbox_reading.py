"""Accounts, timelines, lists, notifications, search and trends, through Mastodon.py."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from mastodon import MastodonAPIError, MastodonNotFoundError, MastodonUnauthorizedError
from sandbox_samples import call, client

from fediverse.server import FediverseServer
from sample_images import png


def fill(sandbox: FediverseServer, count: int, acct: str = "alice") -> list[str]:
    return [sandbox.add_status(acct, f"number {n}")["id"] for n in range(count)]


def ids(statuses) -> list[str]:
    return [str(status.id) for status in statuses]


def test_an_account_knows_itself(mastodon, sandbox):
    sandbox.add_account("news", bot=True, display_name="热榜", note="hourly", language="zh")
    me = mastodon.me()
    assert (me.acct, me.bot, me.display_name) == ("news", True, "热榜")
    assert (me.source.privacy, me.source.language, me.source.note) == ("public", "zh", "hourly")
    assert mastodon.app_verify_credentials().name == "sandbox"


def test_local_and_remote_accounts_are_found_by_name(mastodon, sandbox):
    sandbox.add_account("alice@remote.example", display_name="Alice")
    assert mastodon.account_lookup("alice@remote.example").url == "https://remote.example/@alice"
    host = sandbox.url.removeprefix("http://")
    assert mastodon.account_lookup(f"news@{host}").acct == "news"
    assert [a.acct for a in mastodon.search_v2("@alice@remote.example").accounts] == [
        "alice@remote.example"
    ]
    with pytest.raises(MastodonNotFoundError):
        mastodon.account_lookup("nobody")


def test_pages_list_all_statuses_once_each(mastodon, sandbox):
    status_ids = fill(sandbox, 45)
    alice = mastodon.account_lookup("alice")
    first = mastodon.account_statuses(alice, limit=20)
    assert ids(mastodon.fetch_remaining(first)) == status_ids[::-1]
    newer = mastodon.fetch_previous(mastodon.fetch_next(first))
    assert ids(newer) == ids(first)


def test_bounds_of_pages_work_as_on_mastodon(mastodon, sandbox):
    status_ids = fill(sandbox, 10)
    alice = mastodon.account_lookup("alice")

    def read(**bounds):
        return ids(mastodon.account_statuses(alice, **bounds))

    assert read(max_id=status_ids[3]) == [status_ids[2], status_ids[1], status_ids[0]]
    assert read(since_id=status_ids[3], limit=2) == [status_ids[9], status_ids[8]]
    assert read(min_id=status_ids[3], limit=2) == [status_ids[5], status_ids[4]]
    assert read(min_id=status_ids[9]) == []


def test_a_bound_may_be_an_instant(mastodon, sandbox, clock):
    fill(sandbox, 2)
    clock.advance(hours=1)
    between = clock.now()
    clock.advance(hours=1)
    late = fill(sandbox, 2)
    alice = mastodon.account_lookup("alice")
    assert ids(mastodon.account_statuses(alice, since_id=between)) == late[::-1]


def test_an_accounts_statuses_can_be_filtered(mastodon, sandbox):
    original = sandbox.add_status("bob", "boosted")
    plain = sandbox.add_status("alice", "plain #Tag")["id"]
    sandbox.add_boost("alice", original["id"])
    sandbox.add_status("alice", "@bob sure", in_reply_to_id=original["id"])
    own_reply = sandbox.add_status("alice", "and", in_reply_to_id=plain)["id"]
    pictured = sandbox.add_status("alice", "picture", media=[(png(), "dots")])["id"]
    alice = mastodon.account_lookup("alice")

    def read(**flags):
        return ids(mastodon.account_statuses(alice, **flags))

    assert len(read()) == 5
    assert read(exclude_reblogs=True, exclude_replies=True) == [pictured, own_reply, plain]
    assert read(only_media=True) == [pictured]
    assert read(tagged="tag") == [plain]


def test_following_fills_the_home_timeline(mastodon, sandbox):
    sandbox.add_account("alice")
    missed = sandbox.add_status("bob", "not followed")["id"]
    relation = mastodon.account_follow(mastodon.account_lookup("alice"))
    assert relation.following
    seen = fill(sandbox, 2)
    own = mastodon.status_post("own")
    home = ids(mastodon.timeline_home())
    assert home == [str(own.id), *seen[::-1]]
    assert missed not in home
    alice = mastodon.account_lookup("alice")
    assert mastodon.account_relationships(alice)[0].following
    assert (mastodon.me().following_count, mastodon.account(alice).followers_count) == (1, 1)
    assert not mastodon.account_unfollow(alice).following
    assert ids(mastodon.timeline_home()) == [str(own.id)]


def test_following_a_locked_account_is_a_request(mastodon, sandbox):
    sandbox.add_account("alice", locked=True)
    relation = mastodon.account_follow(mastodon.account_lookup("alice"))
    assert (relation.following, relation.requested) == (False, True)


def test_tag_timelines_show_public_posts_alone(mastodon, sandbox):
    public = sandbox.add_status("alice", "#科技 open")["id"]
    remote = sandbox.add_status("eve@remote.example", "#科技 afar")["id"]
    for visibility in ("unlisted", "private", "direct"):
        sandbox.add_status("alice", "#科技 hidden", visibility=visibility)
    assert ids(mastodon.timeline_hashtag("科技")) == [remote, public]
    assert ids(mastodon.timeline_hashtag("科技", local=True)) == [public]
    assert ids(mastodon.timeline_hashtag("科技", min_id=public)) == [remote]
    assert ids(mastodon.timeline_hashtag("科技", remote=True)) == [remote]
    pictured = sandbox.add_status("alice", "#科技 x", media=[(png(), "")])["id"]
    assert ids(mastodon.timeline_hashtag("科技", only_media=True)) == [pictured]


def test_lists_are_created_filled_and_read(mastodon, sandbox):
    sandbox.follow("news", "alice")
    reading = mastodon.list_create("reading")
    assert [list_.title for list_ in mastodon.lists()] == ["reading"]
    alice = mastodon.account_lookup("alice")
    mastodon.list_accounts_add(reading, [alice])
    status_ids = fill(sandbox, 2)
    sandbox.add_status("bob", "elsewhere")
    assert ids(mastodon.timeline_list(reading)) == status_ids[::-1]
    with pytest.raises(MastodonNotFoundError):
        client(sandbox, "other").timeline_list(reading)


def test_a_list_takes_only_followed_accounts(sandbox, news):
    sandbox.add_account("alice")
    reading = news.list_create("reading")
    with pytest.raises(MastodonNotFoundError):
        news.list_accounts_add(reading, [news.account_lookup("alice")])


def test_mentions_boosts_favourites_and_follows_are_notified(mastodon, sandbox):
    status = mastodon.status_post("hello")
    alice = client(sandbox, "alice")
    mention = alice.status_post("@news hi")
    alice.status_reblog(status)
    alice.status_favourite(status)
    alice.account_follow(alice.account_lookup("news"))
    sandbox.add_status("bob@remote.example", f"@news@{sandbox.url.removeprefix('http://')} ho")
    notifications = mastodon.notifications()
    assert [n.type for n in notifications] == [
        "mention",
        "follow",
        "favourite",
        "reblog",
        "mention",
    ]
    mentions = mastodon.notifications(types=["mention"], account_id=alice.me())
    assert [n.status.id for n in mentions] == [mention.id]
    assert mastodon.notifications(mentions_only=True)[0].account.acct == "bob@remote.example"
    assert [n.type for n in mastodon.notifications(exclude_types=["mention"], limit=1)] == [
        "follow"
    ]
    assert ids(mastodon.fetch_remaining(mastodon.notifications(limit=2))) == ids(notifications)
    mastodon.status_delete(status)
    assert [n.type for n in mastodon.notifications()] == ["mention", "follow", "mention"]


def test_search_resolves_statuses_by_uri_and_by_url(mastodon, sandbox):
    remote = sandbox.add_status("eve@remote.example", "afar")
    local = sandbox.add_status("alice", "near")
    for status in (remote, local):
        for address in (status["uri"], status["url"]):
            assert ids(mastodon.search_v2(address).statuses) == [status["id"]]
    assert mastodon.search_v2(remote["uri"], resolve=False).statuses == []
    assert mastodon.search_v2("https://remote.example/nothing").statuses == []
    actor = mastodon.search_v2("https://remote.example/@eve").accounts
    assert [account.acct for account in actor] == ["eve@remote.example"]


def test_a_remote_statuses_number_at_home_is_not_its_id_here(sandbox):
    remote = sandbox.add_status("eve@remote.example", "afar")
    assert remote["uri"].rsplit("/", 1)[1] != remote["id"]
    named = sandbox.add_status("eve@remote.example", "x", uri="https://remote.example/o/1")
    assert named["uri"] == "https://remote.example/o/1"


def test_a_search_without_token_resolves_nothing(sandbox):
    path = "/api/v2/search?q=https://remote.example/1&resolve=true"
    assert call(sandbox, "GET", path, token=None).status_code == 401


def test_trends_are_ordered_by_use(mastodon, sandbox):
    liked = sandbox.add_status("alice", "https://a.example/ #one", favourites=3)["id"]
    loved = sandbox.add_status("bob", "https://b.example/ #two", favourites=9, card={"title": "B!"})
    sandbox.add_status("carol", "https://b.example/ #two")
    sandbox.add_status("carol", "https://c.example/", visibility="unlisted", favourites=99)
    assert ids(mastodon.trending_statuses()) == [loved["id"], liked]
    links = mastodon.trending_links()
    assert [(link.url, link.title) for link in links] == [
        ("https://b.example/", "B!"),
        ("https://a.example/", "https://a.example/"),
    ]
    assert links[0].history[0].uses == 2
    assert [link.url for link in mastodon.trending_links(limit=1)] == ["https://b.example/"]


@pytest.mark.parametrize(
    ("path", "mine"),
    [
        ("/api/v1/timelines/home", True),
        ("/api/v1/timelines/tag/x", False),
        ("/api/v1/instance", False),
    ],
)
def test_callers_without_token_see_what_is_public_and_no_more(sandbox, path, mine):
    answer = call(sandbox, "GET", path, token=None)
    assert answer.status_code == (401 if mine else 200)


def test_a_wrong_token_is_refused(sandbox):
    with pytest.raises(MastodonUnauthorizedError):
        client(sandbox, access_token="wrong").me()


@pytest.mark.parametrize("standing", ["suspended", "unconfirmed"])
def test_a_suspended_or_unconfirmed_account_is_refused(sandbox, news, standing):
    sandbox.add_account("news", standing=standing)
    with pytest.raises(MastodonAPIError) as caught:
        news.status_post("hello")
    assert caught.value.args[1] == 403
    sandbox.add_account("news", standing="")
    assert news.status_post("hello").id


def test_unknown_paths_are_answered_404(sandbox):
    answer = call(sandbox, "GET", "/api/v1/nothing/here")
    assert (answer.status_code, answer.json()["error"]) == (404, "Record not found")
    assert call(sandbox, "GET", "/api/v1/statuses/garbage").status_code == 404


def test_limits_are_sent_in_mastodons_headers(sandbox, clock):
    headers = call(sandbox, "POST", "/api/v1/statuses", data={"status": "hello"}).headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("300", "299")
    reset = datetime.fromisoformat(headers["X-RateLimit-Reset"])
    assert clock.now() < reset <= clock.now() + timedelta(hours=3)
    assert reset.timestamp() % timedelta(hours=3).total_seconds() == 0
    assert "Retry-After" not in headers


def test_answers_are_dated_by_the_clock_of_the_server(sandbox, news, clock):
    clock.advance(days=400)
    when = call(sandbox, "GET", "/").headers["Date"]
    assert str(clock.now().year) in when
