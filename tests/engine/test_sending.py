"""Whatever a server does to a post, it stands there exactly once and in order, or has a reason."""

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text
from reblogbot.errors import Exit

ABC = [post_text(name) for name in "abc"]
REBLOG = "/api/v1/statuses/*/reblog"
TIMELINE = "/api/v1/accounts/*/statuses"


@pytest.fixture
def queue(bot, feeds, clock):
    """Configures one source with these entries, oldest first, for an account on this server."""

    def configure(server, names="abc", account=None, **tables):
        source = tables.pop("source", {})
        url = feeds.show("/hot.xml", items(clock, *reversed(names)))
        bot.configure({"hot": {"url": url, **source}}, {"news": account or (server, "")}, **tables)

    return configure


@pytest.fixture
def plain(clock):
    """A server that ignores Idempotency-Key: whatever is sent twice stands there twice."""
    with run_in_thread(profile="plain", clock=clock) as server:
        yield server


def second(server, name, **options):
    """Lay out a fault for the second post from now on."""
    server.faults.add("drip", chunk=100_000, interval=0)
    return server.faults.add(name, **options)


# the answer is lost

LOST = {
    "dropped before": ("drop_before", {}),
    "dropped after": ("drop_after", {}),
    "reset after": ("reset_after", {}),
    "truncated": ("truncate_after", {}),
    "500 before": ("status_before", {"status": 500}),
    "500 after": ("status_after", {"status": 500}),
    "502 page before": ("status_before", {"status": 502, "body": "html"}),
    "502 page after": ("status_after", {"status": 502, "body": "html"}),
    "504 page after": ("status_after", {"status": 504, "body": "html"}),
    "503 before": ("status_before", {"status": 503, "body": "empty"}),
    "200 page after": ("html_200_after", {}),
    "200 page, nothing done": ("html_200_after", {"commit": False}),
    "200 empty after": ("empty_200_after", {}),
    "200 empty, nothing done": ("empty_200_after", {"commit": False}),
    "200 without an id": ("no_id_200", {}),
    "broken JSON": ("bad_json", {}),
    "broken JSON after": ("bad_json", {"commit": True}),
    "redirect": ("redirect", {}),
    "redirect elsewhere": ("redirect", {"status": 302, "location": "http://127.0.0.1:9/"}),
    "404": ("status_before", {"status": 404}),
    "418": ("status_before", {"status": 418}),
}


@pytest.mark.parametrize("case", LOST)
def test_a_lost_answer_neither_loses_nor_doubles_on_a_server_without_keys(bot, queue, plain, case):
    queue(plain)
    name, options = LOST[case]
    fault = second(plain, name, **options)
    first = bot.sync()
    assert fault.hits == 1
    # the one in doubt holds up those behind it, so that the order is kept
    assert accepted_posts(plain)[2:] == []
    assert first.counts()["doubt"] == 1
    assert first.exit_code() == Exit.FAILED
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


@pytest.mark.parametrize("profile", ["mastodon", "mastodon-4.6", "mastodon-next", "gotosocial"])
@pytest.mark.parametrize("case", ["dropped before", "dropped after", "500 before", "500 after"])
def test_a_lost_answer_neither_loses_nor_doubles_on_other_servers(bot, queue, clock, profile, case):
    with run_in_thread(profile=profile, clock=clock) as server:
        queue(server)
        name, options = LOST[case]
        second(server, name, **options)
        bot.sync_until_settled()
        assert accepted_posts(server) == ABC


@pytest.mark.parametrize("profile", ["snac", "takahe", "pleroma", "pixelfed"])
def test_a_healthy_round_and_a_lost_answer_on_every_kind_of_server(bot, queue, clock, profile):
    names = [f"n{number:02}" for number in range(22)]
    with run_in_thread(profile=profile, clock=clock) as server:
        queue(server, names)
        second(server, "drop_after")
        second(server, "status_before", status=500)
        bot.sync_until_settled()
        assert accepted_posts(server) == [post_text(name) for name in names]


STALLS = pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stall_before", {}),
        ("stall_before", {"late_commit": True}),
        ("stall_after", {}),
        ("drip", {"interval": 0.2}),
    ],
)


@STALLS
def test_a_stalled_post_is_given_up_and_read_back(bot, queue, plain, name, options):
    queue(plain, delivery={"timeout": "1s"})
    second(plain, name, **options)
    assert bot.sync().counts()["doubt"] == 1
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


@pytest.mark.both_databases
def test_a_commit_that_comes_between_two_looks_is_found(bot, queue, plain, clock):
    queue(plain)
    fault = second(plain, "status_before", status=504, body="html", late_commit=True)
    bot.sync()
    clock.advance(seconds=11)
    bot.sync()
    fault.release()
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


@pytest.mark.both_databases
def test_one_stale_look_does_not_lead_to_a_second_post(bot, queue, plain):
    queue(plain)
    second(plain, "drop_after")
    plain.faults.add("stale_read", times=2)
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


@pytest.mark.both_databases
def test_a_look_that_failed_counts_for_nothing(bot, queue, plain, clock):
    queue(plain)
    second(plain, "drop_after")
    bot.sync()
    for kind in ("status_before", "bad_json", "drop_before", "html_200_after", "huge_json"):
        plain.faults.add(kind, "GET", TIMELINE, size=200_000)
        clock.advance(minutes=2)
        bot.sync()
        (doubt,) = bot.deliveries("doubt")
        assert (doubt.failed_lookups, doubt.attempts) == (0, 1), kind
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


def test_a_key_that_only_yields_500_is_not_sent_again_under_another_while_the_post_stands(
    bot, queue, clock
):
    with run_in_thread(profile="mastodon-4.6", clock=clock) as server:
        queue(server)
        second(server, "drop_after")
        server.faults.add("stale_read", times=3)  # the look at the start, and both looks back
        bot.sync_until_settled()
        assert accepted_posts(server) == ABC


def test_what_was_deleted_by_hand_is_not_posted_again(bot, queue, sandbox):
    queue(sandbox)
    second(sandbox, "drop_after")
    bot.sync()
    sandbox.delete_status(sandbox.accepted[-1]["id"])
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == ABC
    (dead,) = bot.deliveries("dead")
    assert "deleted" in dead.error


def test_what_was_settled_and_then_deleted_by_hand_is_not_posted_again(bot, queue, plain, clock):
    queue(plain)
    bot.sync()
    plain.delete_status(plain.accepted[0]["id"])
    for _ in range(3):
        clock.advance(hours=2)
        bot.sync()
    queue(plain, "abcd")
    bot.sync()
    assert accepted_posts(plain) == [*ABC, post_text("d")]


@pytest.mark.parametrize(("fault", "generations"), [("before", [0, 1, 0]), ("after", [0, 0, 0])])
def test_a_key_too_old_to_be_kept_is_not_relied_upon(
    bot, queue, sandbox, clock, fault, generations
):
    queue(sandbox)
    second(sandbox, f"status_{fault}", status=500)
    bot.sync()
    clock.advance(hours=2)
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == ABC
    assert [delivery.key_version for delivery in bot.deliveries("sent")] == generations


def test_a_silently_dropped_post_is_final(bot, queue, plain):
    queue(plain)
    second(plain, "silently_dropped")
    bot.sync_until_settled()
    assert accepted_posts(plain) == [ABC[0], ABC[2]]
    assert len(bot.deliveries("sent")) == 3


@pytest.mark.both_databases
def test_a_post_that_always_stays_in_doubt_is_held_for_the_admin(bot, queue, plain, clock):
    queue(plain, delivery={"max_attempts": 3})
    plain.faults.add("status_before", times=None, status=500)
    for _ in range(12):
        bot.sync()
        clock.advance(minutes=2)
    (held,) = bot.deliveries("held")[:1]
    assert held.post.text == ABC[0]
    assert "attempts" in held.error
    assert accepted_posts(plain) == []


def test_a_storm_of_half_an_hour_costs_nothing_but_time(bot, queue, plain, clock):
    queue(plain, delivery={"read_back_after": "90s", "lease": "5m"})
    plain.faults.add("status_before", "*", "*", times=None, status=503)
    for _ in range(15):
        bot.sync()
        clock.advance(minutes=2)
    plain.faults.clear()
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC
    assert len(bot.deliveries("sent")) == 3


# the answer is no


@pytest.mark.parametrize("shape", ["iso", "epoch", "seconds", "date", "none"])
def test_a_rate_limit_pauses_the_account_and_all_is_well(bot, queue, sandbox, clock, shape):
    queue(sandbox)
    second(sandbox, "status_before", status=429, reset=shape, after=600)
    report = bot.sync()
    assert report.exit_code() == Exit.OK
    assert report.counts()["sent"] == 1
    assert accepted_posts(sandbox) == ABC[:1]
    requests = len(sandbox.requests)
    clock.advance(minutes=4)
    assert bot.sync().exit_code() == Exit.OK
    assert len(sandbox.requests) == requests
    assert [delivery.attempts for delivery in bot.deliveries("queued")] == [0, 0]
    clock.advance(minutes=7)
    bot.sync()
    assert accepted_posts(sandbox) == ABC


@pytest.mark.parametrize(
    "headers",
    [
        {"X-RateLimit-Reset": "soon"},
        {"Retry-After": "-5"},
        {"Retry-After": "99999999"},
        {"X-RateLimit-Reset": "1999-01-01T00:00:00Z"},
    ],
)
def test_a_rate_limit_that_names_nonsense_ends_within_six_hours(
    bot, queue, sandbox, clock, headers
):
    queue(sandbox)
    second(sandbox, "status_before", status=429, headers=headers)
    assert bot.sync().exit_code() == Exit.OK
    clock.advance(hours=6, seconds=1)
    bot.sync()
    assert accepted_posts(sandbox) == ABC


def test_forty_entries_pass_a_limit_of_five(bot, queue, clock):
    names = [f"n{number:02}" for number in range(40)]
    with run_in_thread(rate_limit=5, clock=clock) as server:
        queue(server, names)
        reports = bot.sync_until_settled(hours=3)
        assert accepted_posts(server) == [post_text(name) for name in names]
    assert {report.exit_code() for report in reports} == {Exit.OK}


@pytest.mark.both_databases
def test_a_wrong_token_stops_the_account_and_a_new_one_at_once_resumes_it(bot, queue, sandbox):
    token = sandbox.add_account("news", bot=True)
    queue(sandbox, account=(sandbox, "wrong"))
    report = bot.sync()
    assert report.exit_code() == Exit.FAILED
    assert "token" in report.paused["news"]
    assert len(bot.deliveries("queued")) == 3
    assert bot.sync().exit_code() == Exit.FAILED
    bot.set_token("news", token)
    assert bot.sync().exit_code() == Exit.OK
    assert accepted_posts(sandbox) == ABC


def test_the_daemon_does_not_try_a_wrong_token_again_all_the_time(bot, queue, sandbox, clock):
    queue(sandbox, account=(sandbox, "wrong"))
    token = sandbox.add_account("news")
    with bot.open_worker() as worker:
        worker.sync()
        asked = len(sandbox.requests)
        for _ in range(5):
            clock.advance(seconds=1)
            worker.run(worker.engine.deliver("news"))
        assert len(sandbox.requests) == asked
        bot.set_token("news", token)
        worker.run(worker.engine.deliver("news"))
    assert accepted_posts(sandbox) == ABC


def test_a_person_s_sync_tries_again_at_once_a_server_that_was_away(bot, queue, clock, tmp_path):
    with run_in_thread(tmp_path / "server", clock=clock) as server:
        queue(server)
        port = int(server.url.rpartition(":")[2])
    bot.sync()
    with run_in_thread(tmp_path / "server", clock=clock, port=port) as server:
        assert bot.sync().exit_code() == Exit.OK
        assert accepted_posts(server) == ABC


def test_a_token_revoked_and_granted_again_is_noticed_by_itself(bot, queue, sandbox, clock):
    queue(sandbox)
    bot.sync()
    queue(sandbox, "abcde")
    sandbox.revoke((bot.folder / "news.token").read_text())
    assert "token" in bot.sync().paused["news"]
    assert len(bot.deliveries("queued")) == 2
    bot.set_token("news", sandbox.add_token("news"))
    bot.sync()
    assert accepted_posts(sandbox) == [*ABC, post_text("d"), post_text("e")]


def test_a_missing_token_file_stops_the_account_alone(bot, queue, sandbox):
    queue(sandbox)
    token = bot.folder / "news.token"
    kept = token.read_text()
    token.unlink()
    report = bot.sync()
    assert report.exit_code() == Exit.FAILED
    assert "news.token" in report.paused["news"]
    bot.set_token("news", kept)
    bot.sync()
    assert accepted_posts(sandbox) == ABC


def test_a_403_with_a_token_that_works_condemns_the_one_post(bot, queue, sandbox):
    queue(sandbox)
    second(sandbox, "status_before", status=403, error="This action is not allowed")
    report = bot.sync()
    assert accepted_posts(sandbox) == [ABC[0], ABC[2]]
    assert (report.counts()["dead"], report.exit_code()) == (1, Exit.FAILED)
    (dead,) = bot.deliveries("dead")
    assert "not allowed" in dead.error


def test_a_token_that_may_not_write_stops_the_account(bot, queue, sandbox):
    sandbox.add_account("news", bot=True)
    queue(sandbox, account=(sandbox, sandbox.add_token("news", ["read"])))
    report = bot.sync()
    assert "scope" in report.paused["news"]
    assert len(bot.deliveries("queued")) == 3
    bot.set_token("news", sandbox.add_token("news"))
    bot.sync()
    assert accepted_posts(sandbox) == ABC


@pytest.mark.both_databases
def test_a_poison_entry_dies_alone_and_those_behind_it_go_on(bot, queue, sandbox, clock):
    queue(sandbox, delivery={"max_attempts": 3})
    second(sandbox, "status_before", status=422, error="Text contains a forbidden word")
    report = bot.sync()
    assert accepted_posts(sandbox) == [ABC[0], ABC[2]]
    assert (report.counts()["retry"], report.exit_code()) == (1, Exit.FAILED)
    sandbox.faults.add("status_before", times=None, status=422, error="a forbidden word")
    bot.sync_until_settled()
    (dead,) = bot.deliveries("dead")
    assert dead.post.text == ABC[1]
    assert "forbidden" in dead.error
    assert dead.attempts == 3


def test_a_refusal_that_passes_leads_to_one_post_under_another_key(bot, queue, sandbox):
    queue(sandbox, "a")
    sandbox.faults.add("status_before", status=422, error="Try again")
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == ABC[:1]


@pytest.mark.both_databases
def test_too_long_against_its_own_word_is_shortened_once(bot, feeds, sandbox):
    feed = [Item("T", "https://news.example/1", "words " * 200)]
    source = {"url": feeds.show("/f", feed), "template": "headline"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    sandbox.faults.add("status_before", status=422, error="Text character limit of 500 exceeded")
    report = bot.sync()
    (text,) = accepted_posts(sandbox)
    assert text.endswith("…\nhttps://news.example/1")
    assert len(text) < 420
    assert report.exit_code() == Exit.OK


def test_too_long_twice_is_dead_and_the_rest_goes_on(bot, feeds, sandbox):
    feed = [Item(f"T{n}", f"https://news.example/{n}", "words " * 200) for n in "321"]
    bot.configure(
        {"hot": {"url": feeds.show("/f", feed), "template": "headline"}}, {"news": (sandbox, "")}
    )
    error = "Text character limit of 500 exceeded"
    fault = second(sandbox, "status_before", status=422, error=error, times=2)
    bot.sync()
    assert fault.hits == 2
    assert [text[:5] for text in accepted_posts(sandbox)] == ["【T1】w", "【T3】w"]
    (dead,) = bot.deliveries("dead")
    assert dead.post.link == "https://news.example/2"


def test_the_limit_a_server_shrinks_to_is_kept_to_by_what_comes_later(bot, feeds, sandbox, clock):
    feed = [Item("T", "https://news.example/1", "words " * 200)]
    source = {"url": feeds.show("/f", feed), "template": "headline"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    with bot.open_worker() as worker:
        worker.sync()
        sandbox.adjust(max_characters=200)
        clock.advance(hours=2)
        feeds.show("/f", [Item("U", "https://news.example/2", "words " * 200), *feed])
        worker.sync()
    first, last = accepted_posts(sandbox)
    assert len(first) > 400
    assert len(last) <= 200


# the server is away


@pytest.mark.both_databases
def test_while_the_server_is_away_the_queue_waits(bot, queue, clock, tmp_path):
    with run_in_thread(tmp_path / "server", clock=clock) as server:
        queue(server)
        port = int(server.url.rpartition(":")[2])
    away = bot.sync()
    assert away.exit_code() == Exit.FAILED
    assert away.paused["news"]
    assert len(bot.deliveries("queued")) == 3
    clock.advance(minutes=20)
    with run_in_thread(tmp_path / "server", clock=clock, port=port) as server:
        bot.sync()
        assert accepted_posts(server) == ABC
    assert {delivery.attempts for delivery in bot.deliveries("sent")} == {0}


@pytest.mark.both_databases
def test_a_server_that_hangs_holds_up_neither_other_sources_nor_other_accounts(
    bot, feeds, sandbox, plain, clock
):
    """Its limits are asked for once, not once per source."""
    sources = {
        name: {"url": feeds.show(f"/{name}", items(clock, name)), "to": ["hung", "news"]}
        for name in "pqrs"
    }
    accounts = {"hung": bot.account("hung", plain), "news": bot.account("news", sandbox)}
    bot.configure(sources, accounts, delivery={"timeout": "1s"})
    hung = plain.faults.add("stall_before", "*", "*", times=None)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "pqrs"]
    assert hung.hits <= 4
    plain.faults.clear()
    bot.sync_until_settled()
    assert accepted_posts(plain, "hung") == [post_text(name) for name in "pqrs"]


# what stands there already


@pytest.mark.both_databases
def test_a_lost_store_repeats_nothing_that_stands_there(bot, queue, sandbox):
    queue(sandbox)
    bot.sync()
    bot.delete_store()
    queue(sandbox, "abcd")
    report = bot.sync()
    assert report.counts()["sent"] == 4
    assert accepted_posts(sandbox) == [*ABC, post_text("d")]


def test_an_older_backup_repeats_nothing_that_stands_there(bot, queue, sandbox):
    queue(sandbox, source={"first": "none"})
    bot.sync()
    copy = bot.folder / "copy"
    with bot.store() as store:
        store.backup(copy)
    queue(sandbox, "abcde")
    bot.sync()
    bot.delete_store()
    copy.rename(bot.folder / "reblogbot.sqlite3")
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("d"), post_text("e")]


def test_a_text_without_a_link_may_be_posted_twice_on_purpose(bot, feeds, sandbox, clock):
    sources = {
        name: {"url": feeds.show(f"/{name}", [Item("Good morning", guid=name)])} for name in "pq"
    }
    bot.configure(sources, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == ["Good morning", "Good morning"]


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_text_without_a_link_is_found_again_by_its_text(bot, feeds, plain, fault):
    feed = [Item("今天的晚霞像一封没有写地址的信。 & <so> on")]
    bot.configure({"hot": {"url": feeds.show("/f", feed)}}, {"news": (plain, "")})
    plain.faults.add(fault)
    bot.sync_until_settled()
    assert len(accepted_posts(plain)) == 1


# boosts


@pytest.fixture(params=["gotosocial", pytest.param("mastodon", marks=pytest.mark.slow)])
def crowd(request, clock):
    with run_in_thread(profile=request.param, clock=clock) as server:
        yield server


@pytest.fixture
def boosts(bot, feeds, crowd):
    """Three statuses of others to boost, by URI, oldest first."""
    return boosting(bot, feeds, crowd)


def boosting(bot, feeds, crowd, **tables):
    statuses = [crowd.add_status("ann@remote.example", f"status {name}") for name in "abc"]
    feed = [Item(f"s{n}", status["url"]) for n, status in enumerate(statuses)][::-1]
    source = {"url": feeds.show("/f", feed), "action": "boost"}
    bot.configure({"hot": source}, {"news": (crowd, "")}, **tables)
    return [status["uri"] for status in statuses]


@pytest.mark.parametrize("case", LOST)
def test_a_boost_whose_answer_was_lost_is_made_once(bot, crowd, boosts, case):
    name, options = LOST[case]
    crowd.faults.add("drip", path=REBLOG, chunk=100_000, interval=0)
    fault = crowd.faults.add(name, path=REBLOG, **options)
    bot.sync()
    assert fault.hits == 1
    bot.sync_until_settled()
    assert accepted_posts(crowd) == boosts


@pytest.mark.parametrize("crowd", ["gotosocial"], indirect=True)
@STALLS
def test_a_boost_that_stalls_is_made_once(bot, feeds, crowd, name, options):
    # long enough for the lookups before the boost, on a busy machine too
    boosts = boosting(bot, feeds, crowd, delivery={"timeout": "2s"})
    crowd.faults.add("drip", path=REBLOG, chunk=100_000, interval=0)
    crowd.faults.add(name, path=REBLOG, **options)
    assert bot.sync().counts()["doubt"] == 1
    bot.sync_until_settled()
    assert accepted_posts(crowd) == boosts


REFUSED = {
    "429": {"status": 429, "reset": "iso", "after": 600},
    "422": {"status": 422, "error": "try again"},
    "410": {"status": 410},
}


@pytest.mark.parametrize("crowd", ["gotosocial"], indirect=True)
@pytest.mark.parametrize("case", REFUSED)
def test_a_boost_that_was_refused_for_a_while_is_made_once(bot, crowd, boosts, case):
    crowd.faults.add("drip", path=REBLOG, chunk=100_000, interval=0)
    fault = crowd.faults.add("status_before", path=REBLOG, **REFUSED[case])
    bot.sync_until_settled()
    assert fault.hits == 1
    assert sorted(accepted_posts(crowd)) == sorted(boosts)


@pytest.mark.parametrize("crowd", ["gotosocial"], indirect=True)
def test_a_boost_undone_by_hand_is_not_made_again(bot, feeds, crowd, boosts, clock):
    bot.sync()
    boosted = next(act for act in crowd.accepted if act["act"] == "boost")
    crowd.delete_status(boosted["id"])
    for _ in range(3):
        clock.advance(hours=2)
        bot.sync()
    assert accepted_posts(crowd) == boosts


def test_a_boost_that_no_timeline_shows_is_seen_on_the_status_itself(bot, crowd, boosts):
    crowd.faults.add("drop_after", path=REBLOG)
    crowd.faults.add("stale_read", n=40, times=None)
    bot.sync_until_settled()
    assert accepted_posts(crowd) == boosts


def test_a_link_that_is_no_status_is_held_and_the_rest_goes_on(bot, feeds, crowd, boosts):
    lost = [Item("gone", "https://nowhere.example/@x/1"), Item("s0", boosts[0])]
    source = {"url": feeds.show("/f", lost), "action": "boost"}
    bot.configure({"hot": source}, {"news": (crowd, "")}, delivery={"max_attempts": 2})
    bot.sync_until_settled()
    assert accepted_posts(crowd) == boosts[:1]
    (held,) = bot.deliveries("held")
    assert "nowhere.example" in held.error
