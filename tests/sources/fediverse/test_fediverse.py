"""The fediverse kinds on a server with the Mastodon API, through a real account."""

import base64

import pytest
import requests
from fediverse_world import START, world
from pydantic import ValidationError

from reblogbot.sources.registry import factory

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ANN = "ann@remote.example"


@pytest.fixture(scope="module")
def _shared():
    with world() as server:
        yield server


@pytest.fixture
def here(_shared):
    """One server for most tests, each of which has its own accounts and hashtags."""
    _shared.sandbox.faults.clear()
    return _shared


@pytest.fixture
def fresh():
    with world() as server:
        yield server


def one(follower):
    (entry,) = follower.poll().entries
    return entry


def follow(world, acct):
    world.sandbox.add_account(acct)
    return world.source("account", acct=f"@{acct}")


def why(world, acct, **facts):
    """The reason why a status of such an account is refused."""
    world.sandbox.add_account(acct, **facts)
    world.sandbox.add_status(acct, "hello")
    (reason,) = follow(world, acct).why().values()
    return reason


# the fields of an entry


def test_a_status_is_an_entry_without_a_title(here):
    status = here.sandbox.add_status(
        "bo@remote.example",
        "你好 &  <世界>\n\nhttps://x.example/a?b=1&c=2 #Tag",
        language="zh",
        visibility="unlisted",
        media=[(PNG, "a dot")],
        boosts=2,
        favourites=3,
        created_at=START,
    )
    entry = one(follow(here, "bo@remote.example"))
    assert (entry.title, entry.uri, entry.link) == ("", status["uri"], status["url"])
    assert entry.summary == "你好 & <世界>\n\nhttps://x.example/a?b=1&c=2 #Tag"
    assert (entry.language, entry.visibility, entry.categories) == ("zh", "unlisted", ("Tag",))
    assert (entry.published_at, entry.score, entry.comments) == (START, 5.0, 0)
    (picture,) = entry.media
    assert (picture.alt, picture.mime) == ("a dot", "image/png")


def test_a_boost_is_the_original_dated_when_it_was_boosted(here):
    original = here.sandbox.add_status("cy@far.example", "old words", created_at=START)
    boost = here.sandbox.add_boost("cyrus@remote.example", original["id"])
    entry = one(follow(here, "cyrus@remote.example"))
    assert (entry.uri, entry.link) == (original["uri"], original["url"])
    assert (entry.summary, entry.authors) == ("old words", ("cy",))
    assert entry.published_at.isoformat()[:19] == boost["created_at"][:19]


def test_a_content_warning_goes_with_the_entry_and_bare_sensitive_pictures_do_not(here):
    here.sandbox.add_status("di@remote.example", "he dies", spoiler="the end", media=[(PNG, "x")])
    warned = one(follow(here, "di@remote.example"))
    assert (warned.spoiler, warned.summary, len(warned.media)) == ("the end", "he dies", 1)
    here.sandbox.add_status("dy@remote.example", "look", sensitive=True, media=[(PNG, "x")])
    assert one(follow(here, "dy@remote.example")).media == ()


def test_the_text_of_a_status_without_text_is_that_of_its_image_descriptions(here):
    here.sandbox.add_status("ed@remote.example", "", media=[(PNG, "a red house")])
    follower = follow(here, "ed@remote.example")
    assert list(follower.why().values()) == [""]
    assert one(follower).summary == "a red house"


@pytest.mark.parametrize("own", [True, False])
def test_replies_are_refused_unless_configured_even_in_own_threads(here, own):
    acct = f"fay{own}@remote.example"
    root = here.sandbox.add_status(acct if own else "guy@remote.example", "root")
    reply = here.sandbox.add_status(acct, "reply", in_reply_to_id=root["id"])
    assert follow(here, acct).why()[reply["uri"]] == "replies: a reply"
    asked = here.source("account", acct=f"@{acct}", filter={"replies": True})
    assert asked.why()[reply["uri"]] == ""


def test_a_followers_only_status_is_refused(here):
    here.sandbox.follow("news", "hal@remote.example")
    private = here.sandbox.add_status("hal@remote.example", "psst", visibility="private")
    reasons = follow(here, "hal@remote.example").why()
    assert reasons == {private["uri"]: "visibility: a private post is not for others"}


# who may be boosted


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"note": "I write. #NoBot please"}, "opt_outs: its author's profile says #nobot"),
        ({"note": "#nobots"}, "opt_outs: its author's profile says #nobot"),
        ({"note": "please #NoBoost"}, "opt_outs: its author's profile says #noboost"),
        ({"display_name": "Ira #nobot"}, "opt_outs: its author's profile says #nobot"),
        (
            {"fields": [{"name": "Wishes", "value": "#notagspub"}]},
            "opt_outs: its author's profile says #NoTagsPub",
        ),
        # Servers store false for accounts that never chose.
        ({"discoverable": False, "indexable": False}, ""),
        ({"discoverable": None}, ""),
        ({"note": "#nobothering, no bot, nobot and C#nobot"}, ""),
    ],
)
def test_authors_who_opted_out_are_refused(here, facts, reason):
    acct = f"p{abs(hash(str(facts)))}@remote.example"
    assert why(here, acct, **facts) == reason
    source = here.source("account", acct=f"@{acct}", filter={"opt_outs": False})
    assert list(source.why().values()) == [""]


def test_a_boosted_status_is_judged_by_its_own_author(here):
    here.sandbox.add_account("jo@remote.example", note="#nobot")
    shy = here.sandbox.add_status("jo@remote.example", "mine")
    here.sandbox.add_boost("kim@remote.example", shy["id"])
    assert list(follow(here, "kim@remote.example").why().values()) == [
        "opt_outs: its author's profile says #nobot"
    ]


@pytest.mark.parametrize(
    ("facts", "chosen", "reason"),
    [
        ({"indexable": False}, {"needs_indexable": True}, "needs_indexable"),
        ({"indexable": True}, {"needs_indexable": True}, ""),
        ({"discoverable": False}, {"needs_discoverable": True}, "needs_discoverable"),
        ({"discoverable": None}, {"needs_discoverable": True}, "needs_discoverable"),
        ({"discoverable": True}, {"needs_discoverable": True}, ""),
        ({"bot": True}, {"bots": False}, "bots"),
        ({"bot": True}, {}, ""),
        ({"bot": False}, {"bots": False}, ""),
        ({"note": "#leavemealone"}, {"opt_out_tags": ["#LeaveMeAlone"]}, "opt_outs"),
        ({"note": "#nobot"}, {"opt_out_tags": []}, "opt_outs"),
    ],
)
def test_the_configured_requirements_on_authors_hold(here, facts, chosen, reason):
    acct = f"q{abs(hash(str((facts, chosen))))}@remote.example"
    here.sandbox.add_account(acct, **facts)
    here.sandbox.add_status(acct, "hello")
    follower = here.source("account", acct=f"@{acct}", filter=chosen)
    assert [text.partition(":")[0] for text in follower.why().values()] == [reason]


def test_an_entry_keeps_the_id_its_server_gave_it_and_its_author(here):
    status = here.sandbox.add_status("lu@remote.example", "hello")
    entry = one(follow(here, "lu@remote.example"))
    assert entry.status_id == status["id"]
    assert entry.author.id == status["account"]["id"]
    assert entry.author.address == "lu@remote.example"


@pytest.mark.parametrize(("asked", "is_fine"), [("followers", False), ("anyone", True)])
def test_a_group_boosts_the_mentions_of_its_followers(fresh, asked, is_fine):
    fresh.sandbox.follow("fan@remote.example", "news")
    ours = fresh.sandbox.add_status("fan@remote.example", "hey @news look")
    theirs = fresh.sandbox.add_status("stranger@remote.example", "@news buy")
    secret = fresh.sandbox.add_status("fan@remote.example", "@news psst", visibility="direct")
    reasons = fresh.source("mentions", **{"from": asked}).why()
    assert reasons[ours["uri"]] == ""
    assert (reasons[theirs["uri"]] == "") is is_fine
    assert "does not follow" in reasons[theirs["uri"]] or is_fine
    assert reasons[secret["uri"]].startswith("visibility:")


def test_other_notifications_than_mentions_are_skipped(fresh):
    ours = fresh.sandbox.add_status("news", "ours")
    fresh.sandbox.add_boost(ANN, ours["id"])
    fresh.sandbox.follow(ANN, "news")
    assert fresh.source("mentions").uris() == []


# the endpoints of the kinds


def test_an_account_is_found_by_lookup_or_search(here):
    for acct in ("lee@remote.example", f"local@{here.host}"):
        name = acct.removesuffix(f"@{here.host}")
        status = here.sandbox.add_status(name, "hello")
        assert here.source("account", acct=acct).uris() == [status["uri"]]


def test_an_unknown_account_is_an_error(here):
    error = here.source("account", acct="@nobody@remote.example").error()
    assert (error.slug, error.outcome) == ("account_unknown", "failed")
    assert "@nobody@remote.example" in error.message


def test_an_account_is_looked_up_once_and_again_when_its_id_is_gone(here):
    status = here.sandbox.add_status("mia@remote.example", "hello")
    follower = follow(here, "mia@remote.example")
    follower.poll()
    asked = len(here.sandbox.requests)
    follower.poll()
    paths = [path for _, path in here.sandbox.requests[asked:]]
    assert not any("lookup" in path or "search" in path for path in paths)
    # A server that was set up anew assigns other ids.
    gone = here.source("account", acct="@nil@remote.example")
    here.sandbox.add_status("nil@remote.example", "hello")
    gone.poll()
    gone.known = type(gone.known)(cursor=gone.known.cursor.replace(_place(gone), "12345"))
    assert [entry.summary for entry in gone.poll().entries] == ["hello"]
    assert status["uri"] in follower.uris()


def _place(follower):
    return follower.known.cursor.partition('"place": "')[2].partition('"')[0]


def test_a_list_is_named_by_its_title_or_its_id(fresh):
    first, second = (_list(fresh, "People"), _list(fresh, "Places"))
    _list(fresh, "Twice")
    _list(fresh, "Twice")
    status = fresh.sandbox.add_status(ANN, "hello")
    _join(fresh, first, ANN)
    assert fresh.source("list", list="People").uris() == [status["uri"]]
    assert fresh.source("list", list=first).uris() == [status["uri"]]
    assert fresh.source("list", list=second).uris() == []
    assert fresh.source("list", list="Twice").error().slug == "list_ambiguous"
    error = fresh.source("list", list="Peolpe").error()
    assert error.slug == "list_unknown"
    assert "People, Places" in error.message


def _call(world, path, **data):
    bearer = {"Authorization": f"Bearer {world.tokens['news']}"}
    answer = requests.post(world.sandbox.url + path, data=data, headers=bearer, timeout=20)
    answer.raise_for_status()
    return answer.json()


def _list(world, title):
    return _call(world, "/api/v1/lists", title=title)["id"]


def _join(world, roster, acct):
    world.sandbox.follow("news", acct)
    account = requests.get(
        f"{world.sandbox.url}/api/v1/accounts/lookup", params={"acct": acct}, timeout=20
    )
    _call(world, f"/api/v1/lists/{roster}/accounts", **{"account_ids[]": account.json()["id"]})


def test_lists_on_a_server_without_lists_are_an_error():
    with world("takahe") as takahe:
        assert takahe.source("list", list="People").error().outcome == "failed"


def test_bookmarks_and_favourites_are_never_too_old(fresh):
    old = fresh.sandbox.add_status(ANN, "old", created_at=START.replace(year=2020))
    for name, kind in (("bookmark", "bookmarks"), ("favourite", "favourites")):
        fresh.sandbox.mark(name, "news", old["id"])
        assert fresh.source(kind).why() == {old["uri"]: ""}


def test_trends_are_statuses_or_links(fresh):
    loved = fresh.sandbox.add_status(ANN, "loved", favourites=9)
    fresh.sandbox.add_status(
        ANN,
        "see https://news.example/1",
        card={"title": "One &amp; only", "description": "Words", "author_name": "Ann"},
    )
    assert fresh.source("trends", trends="statuses").uris() == [loved["uri"]]
    link = one(fresh.source("trends", trends="links"))
    assert (link.title, link.link, link.uri) == ("One & only", "https://news.example/1", "")
    assert (link.summary, link.authors, link.score) == ("Words", ("Ann",), 1.0)


def test_a_hashtag_may_be_written_with_its_sign(here):
    status = here.sandbox.add_status("ola@remote.example", "on #科技")
    assert here.source("hashtag", tag="#科技").uris() == [status["uri"]]


def test_missing_and_wrong_settings_are_errors():
    for kind, keys in (
        ("account", {"acct": "ann", "via": "news"}),
        ("account", {"acct": "@ann@remote.example"}),
        ("hashtag", {"via": "news", "tag": "two words"}),
        ("mentions", {"via": "news", "from": "friends"}),
        ("trends", {"via": "news"}),
        ("actor", {}),
    ):
        with pytest.raises(ValidationError):
            factory(kind).Options.model_validate(keys)


# failures of the server


def test_a_rate_limit_is_kept(here):
    follower = follow(here, "pam@remote.example")
    here.sandbox.faults.add(
        "status_before", "GET", "/api/*", times=None, status=429, reset="iso", after=600
    )
    error = follower.error()
    assert (error.slug, error.outcome) == ("rate_limited", "retry_later")
    assert error.retry_at > here.clock.instant


def test_the_error_for_a_missing_scope_names_the_scopes(here):
    here.sandbox.add_status("quy@remote.example", "hello")
    here.tokens["news"], good = here.sandbox.add_token("news", ["write"]), here.tokens["news"]
    try:
        error = follow(here, "quy@remote.example").error()
    finally:
        here.tokens["news"] = good
    assert error.outcome == "failed"
    assert "read:statuses" in error.message
    assert good not in error.message


@pytest.mark.parametrize(
    ("fault", "options", "outcome"),
    [
        ("status_before", {"status": 503}, "retry_later"),
        ("drop_before", {}, "failed"),
        ("html_200_after", {}, "failed"),
        ("bad_json", {}, "failed"),
    ],
)
def test_a_server_in_trouble_is_asked_again_and_nothing_is_lost(here, fault, options, outcome):
    acct = f"r{fault.replace('_', '')}@remote.example"
    follower = follow(here, acct)
    follower.news()
    status = here.sandbox.add_status(acct, "meanwhile")
    here.sandbox.faults.add(fault, "GET", "*/statuses", times=None, **options)
    assert follower.error().outcome == outcome
    here.sandbox.faults.clear()
    assert follower.uris() == [status["uri"]]


def test_a_page_that_is_no_list_is_an_error(fresh):
    fresh.sandbox.faults.add("no_id_200", "GET", "/api/v1/timelines/home")
    assert fresh.source("home").error().slug == "unreadable_answer"


def test_changed_settings_start_with_a_first_poll(here):
    here.sandbox.add_status("sid@remote.example", "hello")
    there = here.sandbox.add_status("tom@remote.example", "hi")
    follower = follow(here, "sid@remote.example")
    follower.poll()
    other = follow(here, "tom@remote.example")
    other.known = follower.known
    assert other.uris() == [there["uri"]]
