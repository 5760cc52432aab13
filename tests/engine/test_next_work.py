"""When a process next has something to do: never later than the instant at which it would do it."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from harness import accepted_posts, items
from reblogbot.model import DeliveryState
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store.schema import account, delivery

MINUTE = timedelta(minutes=1)
ELSEWHERE = "another machine/1/2/3"


@pytest.fixture
def queue(bot, feeds, clock, sandbox):
    """Polls three entries with everything stopped, so that they wait; the rest is the case's."""

    def queued(source=None, **settings):
        url = feeds.show("/f", items(clock, "c", "b", "a"))
        keys = {**bot.account("news", sandbox), **settings}
        bot.configure({"hot": {"url": url, "every": "15m", **(source or {})}}, {"news": keys})
        with bot.store() as store:
            store.outbox.stop(clock.now())
        bot.sync()
        with bot.store() as store:
            store.outbox.start()

    return queued


def next_work(bot):
    with bot.open_worker() as worker:
        return worker.run(worker.engine.next_work())


def send_at(bot, name="news"):
    return next_work(bot).send_at.get(name)


def set_columns(store, table, **values):
    with store._database.write() as connection:
        connection.execute(table.update().values(**values))


def test_where_nothing_waits_only_the_next_poll_is_left(bot, clock, queue, feeds):
    queue()
    bot.sync()
    work = next_work(bot)
    assert (work.poll_at, work.send_at) == (clock.now() + 15 * MINUTE, {})


def test_what_is_queued_may_be_sent_now(bot, clock, queue):
    queue()
    assert send_at(bot) == clock.now()


def test_nothing_is_sent_while_everything_is_stopped_or_the_account_is_disabled(bot, clock, queue):
    queue()
    with bot.store() as store:
        store.outbox.stop(clock.now())
    assert send_at(bot) is None
    with bot.store() as store:
        store.outbox.start()
    queue(enabled=False)
    assert send_at(bot) is None


def test_a_paused_account_is_tried_when_the_pause_ends(bot, clock, queue):
    queue()
    with bot.store() as store:
        store.outbox.pause("news", clock.now() + 7 * MINUTE, "unreachable", "no answer")
    assert send_at(bot) == clock.now() + 7 * MINUTE


def test_a_new_token_ends_the_pause_for_the_old_one(bot, clock, queue, sandbox):
    queue()
    bot.set_token("news", "wrong-token-0123456789")
    bot.sync()
    assert send_at(bot) > clock.now()
    bot.set_token("news", sandbox.add_account("news", bot=True))
    assert send_at(bot) == clock.now()


def test_an_account_in_doubt_is_read_back_when_the_last_doubt_is_due(bot, clock, queue):
    queue()
    with bot.store() as store:
        waiting = store.outbox.waiting("news")
        for number, each in enumerate(waiting[:2]):
            due = clock.now() + (number - 1) * MINUTE
            columns = {"state": DeliveryState.DOUBT, "due": due}
            with store._database.write() as connection:
                is_it = delivery.c.id == each.id
                connection.execute(delivery.update().where(is_it).values(columns))
    assert send_at(bot) == clock.now()
    with bot.store() as store:
        set_columns(store, delivery, state=DeliveryState.DOUBT, due=clock.now() + MINUTE)
    assert send_at(bot) == clock.now() + MINUTE


@pytest.mark.parametrize(
    ("pace", "after"), [({"gap": "10m"}, 10), ({"per_hour": 1}, 60), ({"per_day": 1}, 24 * 60)]
)
def test_the_pace_names_the_next_instant(bot, clock, queue, pace, after):
    queue(pace=pace)
    bot.sync()
    assert send_at(bot) == clock.now() + after * MINUTE
    clock.advance(minutes=after)
    assert send_at(bot) == clock.now()


def test_a_budget_and_a_disabled_source_name_theirs(bot, clock, queue, sandbox):
    queue({"budget": "1/2h"})
    bot.sync()
    assert len(accepted_posts(sandbox)) == 1
    assert send_at(bot) == clock.now() + 120 * MINUTE
    queue({"enabled": False})
    assert send_at(bot) is None


@pytest.mark.parametrize("state", [DeliveryState.QUEUED, DeliveryState.SENDING])
def test_an_account_leased_elsewhere_is_free_when_the_lease_ends(bot, clock, queue, state):
    queue()
    until = clock.now() + 3 * MINUTE
    with bot.store() as store:
        set_columns(store, delivery, state=state)
        set_columns(store, account, lease_owner=ELSEWHERE, lease_until=until)
    assert send_at(bot) == until
    with bot.store() as store:
        # a process of this machine may die without a trace: it is looked at again
        set_columns(store, account, lease_owner=new_lease_owner(), lease_until=until)
    assert send_at(bot) == clock.now()


def test_what_a_dead_process_was_sending_is_recovered_now_even_during_a_pause(bot, clock, queue):
    queue()
    with bot.store() as store:
        set_columns(store, delivery, state=DeliveryState.SENDING)
        store.outbox.pause("news", clock.now() + MINUTE, "unreachable", "no answer")
    assert send_at(bot) == clock.now()


def test_an_account_of_no_config_is_left_alone(bot, clock, queue):
    queue()
    with bot.store() as store, store._database.write() as connection:
        connection.execute(insert(account).values(name="old"))
        connection.execute(delivery.update().values(account="old"))
    assert next_work(bot).send_at == {}
