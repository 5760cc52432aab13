"""The metrics are complete, cheap, and hold no secrets."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from harness import items
from reblogbot import app
from reblogbot.admin import metrics
from reblogbot.core.round_report import PollReport
from reblogbot.daemon.stats import BUCKETS, DaemonStats, Latency
from reblogbot.model import Delivery, DeliveryState, Post
from steps_of_commands import chat


@pytest.fixture
def worked(configured, feeds, sandbox, clock):
    """After a round: one post sent, one in doubt for 40 minutes, one source gone."""
    feeds.show("/hot.xml", items(clock, "b", "a"))
    sandbox.faults.add("drip", chunk=100_000, interval=0)
    sandbox.faults.add("status_before", status=502)
    with configured.store() as store:
        store.outbox.stop(clock.now())
        configured.sync()
        store.outbox.start()
    clock.advance(hours=3)
    configured.sync()
    clock.advance(minutes=40)
    return configured


async def test_the_metrics_hold_the_queue_and_the_accounts(worked, admin):
    response = await admin.get("/metrics")
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert response.value('reblogbot_deliveries{account="news",state="doubt"}') == 1
    assert response.value('reblogbot_deliveries{account="news",state="dead"}') == 0
    assert response.value('reblogbot_oldest_delivery_seconds{account="news",state="doubt"}') == 2400
    assert response.value('reblogbot_oldest_delivery_seconds{account="news",state="queued"}') == 0
    assert response.value('reblogbot_sources{state="gone"}') == 1
    assert response.value('reblogbot_sources{state="ok"}') == 1
    assert response.value('reblogbot_rate_remaining{account="news"}') > 0
    assert response.value('reblogbot_account_paused{account="news",cause=""}') == 0
    assert response.value("reblogbot_store_up") == 1
    assert response.value("reblogbot_stopped") == 0
    assert response.value("reblogbot_config_ok") == 1
    assert response.value("reblogbot_tick_age_seconds") >= 0
    assert 'reblogbot_build_info{python="' in response.text
    assert "process_resident_memory_bytes" in response.text


async def test_a_pause_is_reported_with_its_cause(worked, admin, clock):
    admin.store.outbox.pause("news", clock.now() + timedelta(hours=1), "token", "refused")
    admin.store.outbox.stop(clock.now())
    response = await admin.get("/metrics")
    assert response.value('reblogbot_account_paused{account="news",cause="token"}') == 1
    assert response.value("reblogbot_stopped") == 1


async def test_metrics_leave_out_what_is_not_in_the_config_any_more(worked, admin):
    admin.stats.config = admin.stats.config.model_copy(update={"accounts": {}, "sources": {}})
    response = await admin.get("/metrics")
    assert 'account="news"' not in response.text
    assert response.value('reblogbot_sources{state="ok"}') == 0


async def test_outcomes_stand_at_zero_before_the_first(configured, admin):
    response = await admin.get("/metrics")
    outcomes = set(re.findall(r'reblogbot_polls_total{outcome="(\w+)"} 0.0', response.text))
    assert outcomes >= {"new", "failed", "refused", "retry_later", "gone", "held", "not_modified"}
    assert response.value('reblogbot_posts_total{account="news",action="boost"}') == 0


async def test_a_store_that_fails_leaves_the_rest(worked, admin):
    admin.stats.polled(PollReport("hot", "new"))
    with closing(sqlite3.connect(worked.store_file)) as other:
        other.execute("DROP TABLE account")
    response = await admin.get("/metrics")
    assert response.status == 200
    assert response.value("reblogbot_store_up") == 0
    assert response.value('reblogbot_polls_total{outcome="new"}') == 1
    assert "reblogbot_deliveries" not in response.text


async def test_reading_costs_a_few_statements_and_leaves_the_settled_alone(worked, admin):
    seen = []
    engine = admin.store._database.engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    await admin.get("/metrics")
    asked = [item for item in seen if item.startswith("SELECT")]
    assert len(asked) <= 5
    (counting,) = [item for item in asked if "count(" in item]
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN " + counting.replace("IN (__[POSTCOMPILE_state_1])", "IN (?, ?)"),
            ("queued", "held") if "POSTCOMPILE" in counting else ("queued",) * counting.count("?"),
        ).all()
    assert any("SEARCH" in row[-1] and "ix_delivery_state_account" in row[-1] for row in plan)
    assert not any("SCAN" in row[-1] for row in plan)


async def test_a_name_cannot_break_out_of_its_label(configured, admin):
    evil = 'a"} 1\nreblogbot_evil 7\\'
    account = admin.stats.config.accounts["news"].model_copy(update={"name": evil})
    admin.stats.config = admin.stats.config.model_copy(update={"accounts": {evil: account}})
    response = await admin.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    assert "reblogbot_evil" not in families
    names = {sample.labels["account"] for sample in families["reblogbot_deliveries"].samples}
    assert names == {evil}


def sent(clock, after, **facts):
    now = clock.now()
    base = {"account": "news", "source": "hot", "identity": b"", "post": Post("post"), "due": now}
    return Delivery(
        id=1, state=DeliveryState.SENT, queued_at=now, settled_at=now + timedelta(seconds=after), **base, **facts
    )  # fmt: skip


async def test_latency_is_from_publication_to_post(configured, admin, clock):
    earlier = clock.now() - timedelta(seconds=500)
    changed = [
        sent(clock, 100, published_at=earlier),
        sent(clock, 100),
        # from the future, as feeds with a wrong clock have it
        sent(clock, 0, published_at=clock.now() + timedelta(days=1)),
    ]
    admin.stats.delivered("news", changed, ["server_error"])
    response = await admin.get("/metrics")
    assert response.value('reblogbot_post_latency_seconds_bucket{account="news",le="60.0"}') == 1
    assert response.value('reblogbot_post_latency_seconds_bucket{account="news",le="300.0"}') == 2
    assert response.value('reblogbot_post_latency_seconds_bucket{account="news",le="900.0"}') == 3
    assert response.value('reblogbot_post_latency_seconds_bucket{account="news",le="+Inf"}') == 3
    assert response.value('reblogbot_post_latency_seconds_sum{account="news"}') == 700
    assert response.value('reblogbot_failures_total{slug="server_error",stage="delivery"}') == 1
    assert response.value('reblogbot_posts_total{account="news",action="post"}') == 3


async def test_what_was_not_sent_is_no_post(configured, admin, clock):
    queued = Delivery(
        1, "news", "hot", b"", Post("post"), DeliveryState.QUEUED, clock.now(), clock.now()
    )
    admin.stats.delivered("news", [queued], [])
    response = await admin.get("/metrics")
    assert response.value('reblogbot_posts_total{account="news",action="post"}') == 0


def test_a_sender_names_what_its_attempts_failed_of(configured, feeds, sandbox, clock):
    feeds.show("/hot.xml", items(clock, "a"))
    sandbox.faults.add("status_before", status=502)
    with configured.open_worker() as worker:
        worker.sync()
        assert worker.engine.accounts["news"].report.slugs == ["server_error"]
        clock.advance(minutes=20)
        worker.sync()
        assert worker.engine.accounts["news"].report.slugs == []


def test_a_latency_on_a_bound_counts_as_at_most_that():
    latency = Latency()
    for seconds in (BUCKETS[0], BUCKETS[0] + 1, BUCKETS[-1] + 1):
        latency.add(seconds)
    assert latency.cumulative()[:2] == [1, 2]
    assert latency.cumulative()[-2:] == [2, 3]


def test_every_metric_has_a_description(configured, clock):
    from reblogbot.app import load_config  # noqa: PLC0415

    found = list(
        metrics.families(
            DaemonStats(load_config(configured.path)),
            metrics.StoreNumbers([], {}, {}, is_stopped=False),
            clock.now(),
        )
    )
    assert len(found) > 10
    assert [item.name for item in found if not item.documentation.endswith(".")] == []
    assert [item.name for item in found if not item.name.startswith("reblogbot_")] == []


def test_the_metrics_tell_what_steps_did_and_what_waits_for_them(
    bot, feeds, sandbox, clock, stand_in
):
    source = {"url": feeds.show("/hot.xml", items(clock, "b", "a")), "steps": ["explain"]}
    steps = {"explain": chat(per_day=1)}
    bot.configure({"hot": source}, {"news": (sandbox, "")}, steps=steps)
    bot.sync()
    config = app.load_config(bot.path)
    with bot.store() as store:
        numbers = metrics.read(store, config, clock.now())
    text = metrics.exposition(DaemonStats(config), numbers, clock.now()).decode()
    assert {
        'reblogbot_step_calls_24h{step="explain"} 1.0',
        'reblogbot_step_results_24h{step="explain"} 1.0',
        'reblogbot_step_failures{step="explain"} 0.0',
        'reblogbot_step_waiting{step="explain"} 1.0',
        'reblogbot_step_failed{step="explain"} 0.0',
        'reblogbot_step_tokens_24h{direction="in",step="explain"} 40.0',
        'reblogbot_step_cost_24h{step="explain"} 0.002',
        'reblogbot_step_state{state="spent",step="explain"} 1.0',
        'reblogbot_step_state{state="ok",step="explain"} 0.0',
    } <= set(text.splitlines())
