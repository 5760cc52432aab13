"""A daemon that has nothing to do: it asks its store for nothing, and any change wakes it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from harness import accepted_posts, items, post_text, wait_until
from postgres import admin
from reblogbot.daemon import lull as lull_module
from reblogbot.daemon.file_watch import FileWatch
from reblogbot.daemon.lull import LONGEST, Lull

# the program, quick, which notes each statement to its store and each look for changes
NOTING = """
from datetime import timedelta
from sqlalchemy import event
from sqlalchemy.engine import Engine
from reblogbot import cli
from reblogbot.daemon import daemon
from reblogbot.store.changes import Changes

daemon.TICK = timedelta(milliseconds=5)
journal = open("journal", "a", buffering=1)
event.listen(Engine, "before_cursor_execute", lambda *_: journal.write("s"))
has_any = Changes.has_any

def noted(self):
    journal.write(".")
    return has_any(self)

Changes.has_any = noted
journal.write = lambda mark, write=journal.write: (write(mark), journal.flush())
cli.main()
"""
LONG_QUIET = "." * 100
"""A hundred looks in a row without a statement; before, each would have been several."""


@pytest.fixture
def lulled(bot, feeds, sandbox, clock, daemon):
    """A daemon that has posted one entry, and then waits for the next poll in an hour."""

    def start(names="a", **keys):
        sources = {"hot": {"url": feeds.show("/f", items(clock, *names)), "every": "1h", **keys}}
        bot.configure(sources, {"news": (sandbox, "")})
        process = daemon(program=("-c", NOTING))
        wait_until(lambda: "source polled" in bot.log(), "the first poll")
        await_lull(bot)
        return process

    return start


def journal(bot):
    return (bot.folder / "journal").read_text()


def await_lull(bot):
    wait_until(lambda: journal(bot).endswith(LONG_QUIET), "a lull")


@pytest.mark.both_databases
def test_a_quiet_daemon_asks_its_store_for_nothing(bot, lulled, sandbox):
    lulled()
    assert accepted_posts(sandbox) == [post_text("a")]
    before = journal(bot)
    wait_until(lambda: len(journal(bot)) > len(before) + 200, "two hundred looks")
    assert "s" not in journal(bot)[len(before) :]


@pytest.mark.both_databases
def test_what_an_admin_releases_is_sent_at_once(bot, lulled, sandbox):
    lulled("ba", review=True)
    (first, second) = bot.deliveries("held")
    assert bot.call("queue", "release", str(first.id)).code == 0
    wait_until(lambda: len(accepted_posts(sandbox)) == 1, "the post")
    await_lull(bot)
    assert bot.call("queue", "release", str(second.id)).code == 0
    wait_until(lambda: len(accepted_posts(sandbox)) == 2, "the other post")


@pytest.mark.both_databases
def test_what_a_sync_has_queued_is_sent_as_soon_as_everything_is_started(
    bot, lulled, feeds, sandbox, clock
):
    lulled()
    assert bot.call("stop").code == 0
    feeds.show("/f", items(clock, "c", "b", "a"))
    assert bot.call("sync").code == 0
    await_lull(bot)
    assert len(bot.deliveries("queued")) == 2
    assert bot.call("start").code == 0
    wait_until(lambda: len(accepted_posts(sandbox)) == 3, "the posts")


@pytest.mark.both_databases
def test_a_source_that_another_process_makes_due_is_polled_at_once(bot, lulled, feeds):
    lulled()
    before = feeds.request_count("/f")
    with bot.store() as store, store._database.write() as connection:
        connection.execute(text("UPDATE source SET due = 0"))
    wait_until(lambda: feeds.request_count("/f") > before, "the poll")


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_lost_connection_to_the_server_is_made_again(bot, lulled, sandbox):
    lulled("ba", review=True)
    with admin(bot.store_url) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await_lull(bot)
    (first, _) = bot.deliveries("held")
    assert bot.call("queue", "release", str(first.id)).code == 0
    wait_until(lambda: len(accepted_posts(sandbox)) == 1, "the post")


def test_pace_and_pauses_are_waited_for_without_a_question(bot, feeds, sandbox, clock, daemon):
    url = feeds.show("/f", items(clock, "b", "a"))
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    bot.configure({"hot": {"url": url, "every": "1h"}}, {"news": slow})
    daemon(program=("-c", NOTING))
    wait_until(lambda: accepted_posts(sandbox), "the first post")
    await_lull(bot)
    assert len(bot.deliveries("queued")) == 1


# the parts


class Job:
    """A job of the scheduler, which notes when it runs next."""

    def __init__(self, clock):
        self.next_run_time = clock.now()

    def modify(self, *, next_run_time):
        self.next_run_time = next_run_time


SECOND = timedelta(seconds=1)


@pytest.fixture
def timed(monkeypatch, clock):
    """A lull on a clock that stands still; and its job."""

    class Clock:
        now = staticmethod(lambda _: clock.now())

    monkeypatch.setattr(lull_module, "datetime", Clock)
    monkeypatch.setattr(lull_module, "uptime", lambda: clock.now().timestamp())
    job = Job(clock)
    return Lull(job, SECOND), job


def test_a_lull_lasts_for_the_time_it_is_given_within_its_bounds(timed, clock):
    lull, job = timed
    for span, expected in {
        timedelta(-1): SECOND,
        10 * SECOND: 10 * SECOND,
        timedelta(days=9): LONGEST,
    }.items():
        lull.stop()
        assert not lull.lasts
        lull.begin(span)
        assert lull.lasts
        assert job.next_run_time == clock.now() + expected


def test_a_change_ends_a_lull_but_never_two_within_a_tick(timed, clock):
    lull, job = timed
    lull.stop()
    lull.begin(60 * SECOND)
    lull.end()
    assert job.next_run_time == clock.now() + SECOND
    lull.stop()
    lull.begin(60 * SECOND)
    clock.advance(seconds=30)
    lull.end()
    lull.end()
    assert job.next_run_time == clock.now()


def test_a_change_amid_the_work_is_not_forgotten(timed, clock):
    lull, job = timed
    lull.stop()
    lull.end()
    lull.begin(60 * SECOND)
    assert job.next_run_time == clock.now() + SECOND


def test_work_that_is_late_is_no_lull(timed, clock):
    lull, _ = timed
    lull.stop()
    lull.begin(10 * SECOND)
    clock.advance(seconds=13)
    assert not lull.lasts


def test_a_lull_that_is_closed_plans_nothing(timed, clock):
    lull, job = timed
    lull.stop()
    lull.close()
    before = job.next_run_time
    lull.begin(60 * SECOND)
    lull.end()
    assert job.next_run_time == before


def test_files_that_are_written_made_or_deleted_have_changed_once(tmp_path):
    config, token = tmp_path / "config.toml", tmp_path / "token"
    config.write_text("one")
    files = FileWatch([config, token])
    assert files.changed() == set()
    token.write_text("made")
    assert (files.changed(), files.changed()) == ({token}, set())
    config.write_text("written")
    token.unlink()
    assert (files.changed(), files.changed()) == ({config, token}, set())
    config.write_text("again, longer")
    more = tmp_path / "more"
    more.write_text("new")
    files.watch([config, more])
    assert files.changed() == {config}
