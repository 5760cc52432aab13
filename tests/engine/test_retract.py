"""Taking posts back: what the daemon and the sender do of it, and what happens without an id."""

import pytest
from sqlalchemy import update

from fediverse.server import run_in_thread
from harness import items, visible_texts
from reblogbot.store.schema import delivery as delivery_table


def post(bot, feeds, clock, server, *names, **keys):
    """Entries that are posted."""
    source = {"url": feeds.show("/f", items(clock, *names)), **keys}
    bot.configure({"hot": source}, {"news": (server, "")})
    bot.sync()


def begin(bot, *ids):
    with bot.store() as store:
        return store.retractions.begin(ids, bot.clock.now())


@pytest.mark.both_databases
def test_the_next_work_is_a_retraction_also_while_everything_is_stopped(bot, feeds, clock, sandbox):
    post(bot, feeds, clock, sandbox, "b", "a")
    with bot.open_worker() as worker:
        assert worker.run(worker.engine.next_work()).send_at == {}
        worker.store.outbox.stop(clock.now())
        begin(bot, 1)
        assert worker.run(worker.engine.next_work()).send_at == {"news": clock.now()}
        report = worker.run(worker.engine.deliver("news"))
        assert [each.state.value for each in report.changed.values()] == ["retracted"]
        assert worker.run(worker.engine.next_work()).send_at == {}
    assert len(visible_texts(sandbox)) == 1


def test_an_error_of_the_server_is_tried_again_ever_more_rarely(bot, feeds, clock, sandbox):
    post(bot, feeds, clock, sandbox, "a")
    sandbox.faults.add("status_before", "DELETE", "/api/v1/statuses/*", times=3, status=503)
    begin(bot, 1)
    waits = []
    with bot.open_worker() as worker:
        while visible_texts(sandbox):
            worker.run(worker.engine.deliver("news"))
            pending = worker.store.retractions.pending()
            if pending:
                waits.append((pending[0].due - clock.now()).total_seconds())
                clock.instant = pending[0].due
    assert waits == [60, 120, 240]


@pytest.mark.parametrize("profile", ["mastodon", "snac"])
def test_a_post_without_a_known_id_is_looked_for_among_the_recent_statuses(
    bot, feeds, clock, profile
):
    with run_in_thread(profile=profile, clock=clock) as server:
        post(bot, feeds, clock, server, "b", "a")
        with bot.store() as store, store._database.write() as connection:
            connection.execute(update(delivery_table).values(remote_id="", remote_url=""))
        begin(bot, 1)
        bot.sync()
        assert [text.split()[1] for text in visible_texts(server)] == ["b"]
        assert [each.state.value for each in bot.deliveries()] == ["retracted", "sent"]


def test_a_post_that_the_server_forgot_and_whose_id_is_unknown_is_told(
    bot, feeds, clock, sandbox, cli
):
    post(bot, feeds, clock, sandbox, "a")
    assert cli("retract", "1", "--yes").code == 0
    with bot.store() as store, store._database.write() as connection:
        connection.execute(update(delivery_table).values(remote_id="", state="sent"))
    ran = cli("retract", "1", "--yes")
    assert ran.code == 1
    assert "the id of this post is not known" in " ".join(ran.out.split())
    assert [each.state.value for each in bot.deliveries()] == ["sent"]


def test_an_edit_that_was_in_doubt_is_not_sent_once_its_post_is_retracted(
    bot, feeds, clock, sandbox
):
    post(bot, feeds, clock, sandbox, "b", "a", updates="edit")
    clock.advance(minutes=20)
    corrected = [items(clock, "b", "a")[0], *items(clock, "Corrected")]
    corrected[1] = type(corrected[1])("Corrected", "https://news.example/a", at=corrected[1].at)
    feeds.show("/f", corrected)
    sandbox.faults.add("drop_before", "PUT", "/api/v1/statuses/*")
    bot.sync()
    assert bot.deliveries()[-1].state == "doubt"
    begin(bot, 1)
    bot.sync_until_settled()
    states = [each.state.value for each in bot.deliveries()]
    assert states == ["retracted", "sent", "skipped"]
