"""The fault matrix (docs/reliability.md), through the whole program: kills, keys, accounts, backups."""

import pytest

from fediverse.server import run_in_thread
from harness import MAX_WAIT, Item, SettableClock, accepted_posts, items, kill, post_text
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.app import load_config
from reblogbot.errors import Exit
from reblogbot.model import DeliveryState

ABC = [post_text(name) for name in "abc"]
BOOST = {"path": "/api/v1/statuses/*/reblog"}


@pytest.fixture
def queue(bot, feeds, clock):
    """Configures one source with these entries, oldest first, for an account on this server."""

    def configure(server, names="abc", **tables):
        url = feeds.show("/hot.xml", items(clock, *reversed(names)))
        source = {"url": url, **tables.pop("source", {})}
        bot.configure({"hot": source}, {"news": (server, "")}, **tables)

    return configure


@pytest.fixture
def plain(clock):
    """A server that ignores Idempotency-Key: whatever is sent twice stands there twice."""
    with run_in_thread(profile="plain", clock=clock) as server:
        yield server


# killed while the server has the request

HELD = {
    "and drops it": ("stall_before", {}),
    "and commits at once": ("stall_before", {"late_commit": True}),
    "and commits later": ("stall_before", {"late_commit": "on_release"}),
    "and has committed": ("stall_after", {}),
}


def killed_at(bot, fault):
    """A process that is killed as soon as the server has what it sent."""
    process = bot.start("sync")
    try:
        assert fault.wait(MAX_WAIT)
    finally:
        kill(process)


@pytest.mark.parametrize("case", HELD)
def test_killed_while_the_server_holds_the_post(bot, queue, plain, case):
    queue(plain)
    name, options = HELD[case]
    fault = plain.faults.add(name, **options)
    killed_at(bot, fault)
    (sending,) = bot.deliveries("sending")
    assert sending.post.text == ABC[0]
    fault.release()
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


@pytest.mark.parametrize("case", HELD)
def test_killed_while_the_server_holds_the_boost(bot, feeds, clock, case):
    """On a server that boosts again whenever it is asked."""
    with run_in_thread(profile="gotosocial", clock=clock) as server:
        statuses = [server.add_status("ann@remote.example", f"status {name}") for name in "ab"]
        feed = [Item(f"s{n}", status["url"]) for n, status in enumerate(statuses)][::-1]
        source = {"url": feeds.show("/f", feed), "action": "boost"}
        bot.configure({"hot": source}, {"news": (server, "")})
        name, options = HELD[case]
        fault = server.faults.add(name, **BOOST, **options)
        killed_at(bot, fault)
        fault.release()
        bot.sync_until_settled()
        assert accepted_posts(server) == [status["uri"] for status in statuses]


# keys


def test_an_error_kept_under_a_key_is_not_asked_for_again(bot, queue, clock):
    """Pleroma replays a whole answer for six hours, refusals too."""
    with run_in_thread(profile="pleroma", clock=clock) as server:
        queue(server)
        with bot.store() as store:
            store.outbox.stop(clock.now())
        bot.sync()
        # what it takes has shrunk since the texts were rendered
        server.adjust(max_characters=5)
        with bot.store() as store:
            store.outbox.start()
        assert bot.sync().counts()["dead"] == 3
        server.adjust(max_characters=5000)
        with bot.store() as store:
            steering = QueueActions(load_config(bot.path), store, clock.now())
            for dead in store.outbox.find(states=[DeliveryState.DEAD]):
                assert steering.retry(dead).succeeded
        bot.sync_until_settled()
        assert accepted_posts(server) == ABC


def test_a_key_burnt_by_a_refusal_is_not_used_again(bot, queue, clock):
    """Pixelfed marks a key as used before it looks at the post, and then says 400 to it."""
    with run_in_thread(profile="pixelfed", clock=clock) as server:
        queue(server)
        server.faults.add("status_before", status=422, error="try again")
        bot.sync_until_settled()
        assert sorted(accepted_posts(server)) == ABC
        assert len({act["key"] for act in server.accepted}) == 3


@pytest.mark.parametrize("stale", [0, 3])
def test_a_repeat_answered_with_400_duplicate_key_is_a_doubt(bot, queue, clock, stale):
    """That the first copy stands there is what the answer means, whatever a stale look says."""
    with run_in_thread(profile="pixelfed", clock=clock) as server:
        queue(server)
        server.faults.add("drop_after")
        # the look at the start, and both looks back: the post is sent again under its key
        server.faults.add("stale_read", times=stale)
        bot.sync_until_settled()
        assert accepted_posts(server) == ABC


# accounts


@pytest.mark.parametrize("standing", ["suspended", "unconfirmed"])
def test_an_account_in_bad_standing_keeps_its_queue(bot, queue, sandbox, standing):
    sandbox.add_account("news", bot=True, standing=standing)
    queue(sandbox)
    report = bot.sync()
    assert report.exit_code() == Exit.FAILED
    assert "login" in report.paused["news"]
    assert len(bot.deliveries("queued")) == 3
    sandbox.add_account("news", standing="")
    assert bot.sync().exit_code() == Exit.OK
    assert accepted_posts(sandbox) == ABC


BROKEN = {
    "its token is wrong": lambda bot, server: bot.set_token("sick", "wrong"),
    "it has none": lambda bot, server: (bot.folder / "sick.token").unlink(),
    "it is suspended": lambda bot, server: server.add_account("sick", standing="suspended"),
    "its server is away": lambda bot, server: server.faults.add(
        "drop_before", "*", "*", times=None
    ),
    "its server fails": lambda bot, server: server.faults.add(
        "status_before", "*", "*", times=None, status=500, body="html"
    ),
    "its server limits it": lambda bot, server: server.faults.add(
        "status_before", "*", "*", times=None, status=429
    ),
    "its server talks nonsense": lambda bot, server: server.faults.add(
        "bad_json", "*", "*", times=None
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_account_costs_a_healthy_one_nothing(bot, feeds, sandbox, plain, clock, case):
    url = feeds.show("/f", items(clock, *"cba"))
    accounts = {"sick": bot.account("sick", plain), "news": bot.account("news", sandbox)}
    bot.configure({"hot": {"url": url, "to": ["sick", "news"]}}, accounts)
    BROKEN[case](bot, plain)
    bot.sync()
    assert accepted_posts(sandbox) == ABC
    assert accepted_posts(plain, "sick") == []
    states = {str(delivery.state) for delivery in bot.deliveries() if delivery.account == "sick"}
    assert states <= {"queued", "doubt"}


@pytest.mark.parametrize("hours", [-2, 2])
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_server_whose_clock_is_two_hours_off_posts_once(bot, queue, clock, hours, fault):
    theirs = SettableClock(clock.now())
    theirs.advance(hours=hours)
    with run_in_thread(profile="plain", clock=theirs) as server:
        queue(server)
        server.faults.add("status_before", status=429, reset="iso", after=600)
        bot.sync()
        with bot.store() as store:
            (account,) = store.outbox.accounts()
        # ten minutes by its clock are ten minutes by ours
        assert (account.paused_until - clock.now()).total_seconds() == pytest.approx(600, abs=2)
        clock.advance(minutes=11)
        theirs.advance(minutes=11)
        server.faults.add(fault)
        bot.sync_until_settled()
        assert accepted_posts(server) == ABC


# what the store forgot


def restored(bot, copy):
    """Put a backup in the place of the store."""
    for file in bot.folder.glob("reblogbot.sqlite3*"):
        file.unlink()
    copy.rename(bot.store_file)


def test_an_older_backup_repeats_nothing_though_its_feed_comes_back_later(bot, feeds, plain, clock):
    """The account has sent something else by then, in the same process."""
    hot = {"url": feeds.show("/hot.xml", items(clock, *"cba"))}
    other = {"url": feeds.show("/other.xml", items(clock, "x"))}
    bot.configure({"hot": hot, "other": other}, {"news": (plain, "")})
    bot.sync()
    copy = bot.folder / "copy"
    with bot.store() as store:
        store.backup(copy)
    feeds.show("/hot.xml", items(clock, *"edcba"))
    bot.sync()
    before = accepted_posts(plain)
    restored(bot, copy)
    feeds.fail("/hot.xml", 500)
    feeds.show("/other.xml", items(clock, "y", "x"))
    with bot.open_worker() as worker:
        worker.sync()
        feeds.show("/hot.xml", items(clock, *"edcba"))
        clock.advance(minutes=20)
        worker.sync()
    assert accepted_posts(plain) == [*before, post_text("y")]


def test_a_backup_from_the_midst_of_a_doubt_repeats_nothing(bot, queue, plain, clock):
    queue(plain)
    plain.faults.add("drop_after")
    bot.sync()
    copy = bot.folder / "copy"
    with bot.store() as store:
        store.backup(copy)
    bot.sync_until_settled()
    restored(bot, copy)
    bot.sync_until_settled()
    assert accepted_posts(plain) == ABC


def test_a_deleted_store_learns_first_and_floods_nobody(bot, queue, plain, clock):
    queue(plain, source={"first": "none"})
    bot.sync()
    queue(plain, "abcde", source={"first": "none"})
    bot.sync()
    for file in bot.folder.glob("reblogbot.sqlite3*"):
        file.unlink()
    queue(plain, "abcdefg", source={"first": "none"})
    report = bot.sync()
    assert report.counts()["queued"] == 0
    queue(plain, "abcdefgh", source={"first": "none"})
    bot.sync()
    assert accepted_posts(plain) == [post_text(name) for name in "deh"]
