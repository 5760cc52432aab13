"""Steps within rounds of the real engine: what is asked, what is paid, what is posted, what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from harness import accepted_posts, items, visible_texts
from reblogbot import app
from reblogbot.admin import queue_edit, queue_post, retraction
from reblogbot.admin.queue_actions import QueueActions
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import Exit
from stand_in_step import StandInStep

EXPLAIN = {"kind": "chat", "url": "http://127.0.0.1:9/v1", "model": "m", "prompt": "{{ title }}"}
TRANSLATE = {
    "kind": "chat",
    "url": "http://127.0.0.1:9/v1",
    "model": "m",
    "prompt": "{{ explain }}",
}
TEMPLATE = "{{ title }}: {{ explain }}\n{{ link }}"
DAY = timedelta(days=1)


@pytest.fixture
def step():
    return StandInStep()


@pytest.fixture
def configure(bot, feeds, sandbox, clock):
    """Configures the source `hot`, which shows the names, with the step `explain`; other keys."""

    def configure(*names, steps=None, accounts=None, more=None, pace=None, ai_share=1.0, **keys):
        account = {**bot.account("news", sandbox, token(sandbox)), "ai_share": ai_share}
        account["pace"] = pace or {}
        source = {
            "url": feeds.show("/hot.xml", items(clock, *reversed(names or ("a",)))),
            "template": TEMPLATE,
            "ai_label": False,
            "review": False,
            "steps": ["explain"],
            "filter": {"max_age": "90d"},
            **keys,
        }
        source = {name: value for name, value in source.items() if value is not None}
        bot.configure(
            {"hot": source, **(more or {})},
            {"news": account, **(accounts or {})},
            steps={"explain": EXPLAIN} if steps is None else steps,
        )

    tokens = {}

    def token(server):
        if "news" not in tokens:
            tokens["news"] = server.add_account("news", bot=True)
        return tokens["news"]

    return configure


def text(name):
    return f"Title {name}: About Title {name}.\nhttps://news.example/{name}"


def states(bot):
    return [each.state.value for each in bot.deliveries()]


def act(bot, verb, number=1, **options):
    """Let the admin hold, release, skip or retry a delivery."""
    with bot.store() as store:
        actions = QueueActions(app.load_config(bot.path), store, bot.clock.now())
        (delivery,) = store.outbox.find([number])
        result = getattr(actions, verb)(delivery, **options)
        assert result.succeeded, result.message
        return result


def reason_of(bot, number):
    with bot.store() as store:
        waiting = Waiting(app.load_config(bot.path), store, bot.clock.now())
        wait = waiting.wait(store.outbox.find([number])[0])
        return wait.reason.value, str(wait.cause)


# what is posted, and what it costs


@pytest.mark.both_databases
def test_a_round_posts_entries_with_their_results(configure, bot, sandbox, step):
    configure("a", "b")
    report = step.sync(bot)
    assert accepted_posts(sandbox) == [text("a"), text("b")]
    assert (report.exit_code(), report.counts()["sent"]) == (Exit.OK, 2)
    assert step.sync(bot).deliveries == {}
    assert sorted(step.calls) == ["Title a", "Title b"]


def test_a_result_is_paid_once_for_two_accounts_and_two_sources(
    configure, bot, feeds, sandbox, clock, step
):
    more = {**bot.account("more", sandbox), "ai_share": 1}
    other = {
        "url": feeds.show("/tech.xml", items(clock, "a")),
        "template": TEMPLATE,
        "ai_label": False,
        "review": False,
        "steps": ["explain"],
        "to": ["more"],
    }
    configure("a", accounts={"more": more}, more={"tech": other}, to=["news", "more"])
    for _ in range(3):
        step.sync(bot)
        clock.advance(minutes=1)
    assert (accepted_posts(sandbox), accepted_posts(sandbox, "more")) == ([text("a")], [text("a")])
    assert step.calls == ["Title a"]


def test_steps_are_run_in_their_order_and_see_the_results_before(configure, bot, sandbox, step):
    bot_steps = {"explain": EXPLAIN, "translate": TRANSLATE}
    configure("a", steps=bot_steps, template="{{ translate }}\n{{ link }}")
    # the source names its steps, and the second reads the first
    source = bot.path.read_text().replace('steps = ["explain"]', 'steps = ["explain", "translate"]')
    bot.path.write_text(source)
    step.sync(bot)
    assert step.calls == ["Title a", "About Title a."]
    assert accepted_posts(sandbox) == ["About About Title a..\nhttps://news.example/a"]


def test_by_default_the_finished_text_is_held_for_review(configure, bot, sandbox, step):
    configure("a", review=None)
    report = step.sync(bot)
    (held,) = bot.deliveries()
    assert (held.state, held.error, held.waits_for) == ("held", "review", ())
    assert held.post.text == text("a")
    assert report.exit_code() == Exit.OK
    act(bot, "release")
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a")]
    assert len(step.calls) == 1


def test_what_is_reviewed_from_the_start_is_written_while_it_is_held(configure, bot, sandbox, step):
    configure("a", review=True)
    step.sync(bot)
    (held,) = bot.deliveries()
    assert (held.state, held.error, held.post.text) == ("held", "review", text("a"))
    act(bot, "release")
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a")]


def test_what_an_admin_released_before_it_was_written_is_still_read_by_him(
    configure, bot, sandbox, step
):
    configure("a", review=True)
    step.fail("step_timeout")
    step.sync(bot)
    act(bot, "release")
    bot.clock.advance(hours=1)
    step.sync(bot)
    assert [(each.state, each.post.text) for each in bot.deliveries()] == [("held", text("a"))]
    assert accepted_posts(sandbox) == []


def test_a_storm_costs_nothing_until_it_is_released(configure, bot, feeds, sandbox, clock, step):
    configure("a", max_per_poll=2)
    step.sync(bot)
    feeds.show("/hot.xml", items(clock, *"dcba"))
    step.sync(bot)
    assert states(bot) == ["sent", "held", "held", "held"]
    assert step.calls == ["Title a"]
    act(bot, "release", 3)
    step.sync(bot)
    assert sorted(step.calls) == ["Title a", "Title c"]
    assert accepted_posts(sandbox) == [text("a"), text("c")]


def test_stop_runs_no_steps(configure, bot, step):
    configure("a")
    bot.delete_store()
    with step.open_worker(bot) as worker:
        worker.store.outbox.stop(bot.clock.now())
        worker.sync()
        assert step.calls == []
        assert worker.run(worker.engine.next_work()).steps_at is None
        worker.store.outbox.start()
        worker.sync()
    assert step.calls == ["Title a"]


def test_a_stop_ends_a_go_before_its_next_entry(configure, bot, step):
    names = [f"n{number}" for number in range(20)]
    configure(*names)
    with step.open_worker(bot) as worker:

        async def stop():
            worker.store.outbox.stop(bot.clock.now())

        step.before = stop
        worker.sync()
    assert 1 <= len(step.calls) <= 8


def test_a_call_that_waited_for_its_turn_is_leased_from_then_on(configure, bot, clock, step):
    """The lease of the last of many calls was once over before it began."""
    configure(*"abcdef")

    async def take_long():
        clock.advance(minutes=10)

    step.before = take_long
    step.sync(bot)
    with bot.store() as store:
        records = [each for number in range(1, 7) for each in store.steps.of_entry(number)]
    # two at a time
    assert len({each.called_at for each in records}) >= 3


def test_a_disabled_account_pays_for_nothing(configure, bot, step):
    configure("a")
    bot.path.write_text(
        bot.path.read_text().replace("[accounts.news]", "[accounts.news]\nenabled = false")
    )
    step.sync(bot)
    assert step.calls == []


# what fails


@pytest.mark.parametrize(
    ("policy", "state", "posts"),
    [
        ("hold", "held", []),
        ("post", "sent", ["Title a:\nhttps://news.example/a"]),
        ("drop", "skipped", []),
    ],
)
def test_a_step_that_fails_for_good_holds_posts_or_drops(
    configure, bot, sandbox, step, policy, state, posts
):
    configure("a", on_step_failure=policy)
    step.fail("step_rejected", is_final=True)
    step.sync(bot)
    (delivery,) = bot.deliveries()
    assert delivery.state == state
    if state != "sent":
        assert delivery.error == "step explain failed: simulated: step_rejected"
    assert accepted_posts(sandbox) == posts
    bot.clock.advance(days=2)
    step.sync(bot)
    assert len(step.calls) == 1


def test_what_was_dropped_is_written_when_it_is_retried(configure, bot, sandbox, step):
    """It was once posted with its placeholder."""
    configure("a", on_step_failure="drop")
    step.fail("step_rejected", is_final=True)
    step.sync(bot)
    act(bot, "retry")
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a")]


def test_what_is_queued_by_hand_waits_for_its_steps(configure, bot, sandbox, step):
    """`queue post` of an entry that was not chosen; it was once posted with its placeholder."""
    configure("a", first="none", follow_up="")
    step.sync(bot)
    with step.open_worker(bot) as worker:
        requests = queue_post.resolve(worker.store, ["https://news.example/a"])
        ((argument, story),) = requests.stories
        proposals = worker.run(queue_post.propose(worker.engine, argument, story))
        config = worker.runtime.config
        (queued,) = queue_post.queue(config, worker.store, proposals, bot.clock.now())
        assert queued.waits_for == ("explain",)
        worker.sync()
    assert accepted_posts(sandbox) == [text("a")]


def test_a_failure_for_good_is_tried_again_with_other_settings(configure, bot, sandbox, step):
    configure(*"abcd")
    step.fail("step_unauthorised", times=2, is_final=True, is_of_service=True)
    step.sync(bot)
    # the others are not asked for at all: they would meet the same
    # the second call may have begun beside the first
    calls = len(step.calls)
    assert states(bot) == ["held"] * 4
    assert calls in (1, 2)
    step.sync(bot)
    assert len(step.calls) == calls
    step.recover()
    step.mark = "another key"
    step.sync(bot)
    assert sorted(accepted_posts(sandbox)) == [text(name) for name in "abcd"]


def test_failures_back_off_and_end(configure, bot, clock, step):
    configure("a")
    step.fail("step_empty", times=99)
    codes = [step.sync(bot).exit_code()]
    # not before its time
    assert step.sync(bot).exit_code() == Exit.OK
    assert reason_of(bot, 1) == ("steps", "waits for explain: simulated: step_empty")
    for _ in range(6):
        clock.advance(hours=2)
        codes.append(step.sync(bot).exit_code())
    assert len(step.calls) == 3
    assert codes[:2] == [Exit.FAILED] * 2
    assert states(bot) == ["held"]


def test_a_service_that_asks_to_wait_is_asked_by_nobody_until_then(configure, bot, clock, step):
    configure("a", "b", "c")
    until = clock.now() + timedelta(hours=3)
    step.fail("step_rate_limited", is_of_service=True, retry_at=until, times=2)
    report = step.sync(bot)
    assert report.exit_code() == Exit.OK
    assert len(step.calls) <= 2
    clock.advance(hours=2, minutes=59)
    before = len(step.calls)
    step.sync(bot)
    assert len(step.calls) == before
    clock.advance(minutes=1)
    step.sync(bot)
    assert states(bot) == ["sent"] * 3


def test_what_is_over_the_limit_of_a_day_waits_and_goes_on(configure, bot, clock, sandbox, step):
    configure(*"abcde", steps={"explain": {**EXPLAIN, "per_day": 2}})
    report = step.sync(bot)
    assert (len(step.calls), report.exit_code()) == (2, Exit.OK)
    assert (report.counts()["sent"], report.counts()["dead"]) == (2, 0)
    assert "2 calls in a day, per_day = 2" in reason_of(bot, 3)[1]
    clock.advance(hours=23)
    step.sync(bot)
    assert len(step.calls) == 2
    clock.advance(hours=1)
    step.sync(bot)
    clock.advance(days=1)
    step.sync(bot)
    assert accepted_posts(sandbox) == [text(name) for name in "abcde"]
    assert step.paid_twice() == []


def test_a_limit_that_the_admin_raises_keeps_nothing_waiting(configure, bot, sandbox, step):
    configure(*"abc", steps={"explain": {**EXPLAIN, "per_day": 1}})
    step.sync(bot)
    assert [reason_of(bot, number)[1] for number in (2, 3)] == [
        "waits for explain: 1 call in a day, per_day = 1"
    ] * 2
    configure(*"abc", steps={"explain": {**EXPLAIN, "per_day": 9}})
    step.sync(bot)
    assert accepted_posts(sandbox) == [text(name) for name in "abc"]


def test_another_service_need_not_wait_as_the_one_before_asked(
    configure, bot, clock, sandbox, step
):
    configure("a")
    until = clock.now() + timedelta(hours=3)
    step.fail("step_rate_limited", is_of_service=True, retry_at=until)
    step.sync(bot)
    step.sync(bot)
    assert (len(step.calls), accepted_posts(sandbox)) == (1, [])
    step.mark = "another key"
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a")]


def test_a_result_that_is_stored_waits_for_no_limit(configure, bot, feeds, clock, sandbox, step):
    steps = {"explain": {**EXPLAIN, "per_day": 1}}
    other = {
        "url": feeds.show("/tech.xml", items(clock, "a")),
        "template": TEMPLATE,
        "ai_label": False,
        "review": False,
        "steps": ["explain"],
        "to": ["more"],
    }
    more = {**bot.account("more", sandbox), "ai_share": 1}
    configure("a", "b", steps=steps, accounts={"more": more})
    step.sync(bot)
    # the limit is reached, and the second source shows an entry whose result is known
    configure("a", "b", steps=steps, accounts={"more": more}, more={"tech": {**other, "first": 1}})
    step.sync(bot)
    assert accepted_posts(sandbox, "more") == [text("a")]
    assert step.calls == ["Title a"]
    assert states(bot) == ["sent", "queued", "sent"]


def test_an_adapter_that_breaks_keeps_no_other_entry_waiting(configure, bot, sandbox, step):
    configure("a", "b")
    step.fail_with(ValueError("a bug"))
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("b")] or accepted_posts(sandbox) == [text("a")]
    bot.clock.advance(hours=1)
    step.sync(bot)
    assert sorted(accepted_posts(sandbox)) == [text("a"), text("b")]


def test_an_entry_that_forbids_it_is_not_shown_to_a_model(configure, bot, sandbox, step):
    configure("a")
    with step.open_worker(bot) as worker:
        runner = worker.engine.steps
        worker.store.outbox.stop(bot.clock.now())
        worker.sync()
        worker.store.outbox.start()
        refusing = worker.store.outbox.entry_of(1)
        source = worker.runtime.config.sources["hot"]
        resolution = worker.run(runner.resolve(replace(refusing, ai_refusal="noai"), source, "Hot"))
    assert (resolution.failed, resolution.reason) == ("explain", "noai")
    assert step.calls == []


# entries that change


def show(feeds, clock, *titles):
    newest = items(clock, *"ba")[-1:]
    for title in titles:
        feeds.show("/hot.xml", [replace(newest[0], title=title)])


def test_an_entry_that_changes_while_it_waits_is_asked_about_as_it_is_then(
    configure, bot, feeds, clock, sandbox, step
):
    configure("a")
    step.fail("step_timeout")
    step.sync(bot)
    show(feeds, clock, "Other")
    clock.advance(hours=1)
    step.sync(bot)
    assert step.calls == ["Title a", "Other"]
    assert accepted_posts(sandbox) == ["Other: About Other.\nhttps://news.example/a"]


def test_an_entry_that_changes_at_each_poll_costs_three_calls_at_most(
    configure, bot, feeds, clock, sandbox, step
):
    configure("a", updates="edit")
    step.sync(bot)
    for number in range(7):
        show(feeds, clock, f"Version {number}")
        clock.advance(hours=1)
        step.sync(bot)
    assert len(step.calls) == 3
    (status,) = visible_texts(sandbox)
    assert status.startswith("Version 6: About Version 1.")


def test_an_edit_waits_for_the_results_of_the_new_words(
    configure, bot, feeds, clock, sandbox, step
):
    configure("a", updates="edit")
    step.sync(bot)
    step.fail("step_timeout")
    show(feeds, clock, "New")
    clock.advance(hours=1)
    step.sync(bot)
    assert visible_texts(sandbox) == [text("a")]
    clock.advance(hours=1)
    step.sync(bot)
    assert visible_texts(sandbox) == ["New: About New.\nhttps://news.example/a"]


def test_a_prompt_that_the_admin_has_changed_often_is_asked_nevertheless(
    configure, bot, sandbox, step
):
    configure("a", review=None)
    for number in range(5):
        prompt = f"{number} {{{{ title }}}}"
        configure("a", review=None, steps={"explain": {**EXPLAIN, "prompt": prompt}})
        step.mark = str(number)
        step.sync(bot)
        act(bot, "retry", render=True)
        step.sync(bot)
    assert step.calls == [f"{number} Title a" for number in range(5)]
    assert bot.deliveries()[0].post.text.startswith("Title a: About 4 Title a.")


def test_a_source_that_is_gone_runs_no_steps_and_a_step_that_is_gone_is_left_out(
    configure, bot, sandbox, step
):
    configure("a")
    step.fail("step_timeout")
    step.sync(bot)
    bot.clock.advance(hours=1)
    configure("a", steps={"other": EXPLAIN}, template="{{ title }}\n{{ link }}")
    bot.path.write_text(bot.path.read_text().replace('steps = ["explain"]', "steps = []"))
    step.sync(bot)
    assert len(step.calls) == 1
    (held,) = bot.deliveries()
    assert (held.state, "explain is not in the config" in held.error) == ("held", True)
    act(bot, "retry", render=True)
    act(bot, "release")
    step.sync(bot)
    assert accepted_posts(sandbox) == ["Title a\nhttps://news.example/a"]


# the share of generated posts


def test_the_share_of_generated_posts_waits_and_goes_on(configure, bot, clock, sandbox, step):
    configure("a", "b", ai_share=0.5)
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a")]
    assert reason_of(bot, 2)[0] == "ai_share"
    clock.advance(hours=23, minutes=59)
    step.sync(bot)
    assert len(accepted_posts(sandbox)) == 1
    clock.advance(minutes=1)
    step.sync(bot)
    assert accepted_posts(sandbox) == [text("a"), text("b")]


# follow-ups and threads

SHORT = "Title a\nhttps://news.example/a"
FOLLOW = {"template": "{{ title }}\n{{ link }}", "follow_up": "{{ explain }}\n{{ link }}"}


def thread(sandbox):
    """The texts of the statuses, oldest first, and the position of the one each replies to."""
    statuses = sandbox.statuses("news")
    ids = [status["id"] for status in statuses]
    return [
        ids.index(status["in_reply_to_id"]) if status["in_reply_to_id"] else None
        for status in statuses
    ]


@pytest.mark.both_databases
def test_the_short_form_is_posted_at_once_and_the_result_as_a_reply(configure, bot, sandbox, step):
    configure("a", **FOLLOW)
    step.sync(bot)
    assert accepted_posts(sandbox) == [SHORT, "About Title a.\nhttps://news.example/a"]
    assert thread(sandbox) == [None, 0]
    assert step.sync(bot).deliveries == {}


def test_a_reply_that_waits_for_its_step_comes_later(configure, bot, clock, sandbox, step):
    configure("a", **FOLLOW)
    step.fail("step_timeout")
    step.sync(bot)
    assert accepted_posts(sandbox) == [SHORT]
    clock.advance(hours=1)
    step.sync(bot)
    assert thread(sandbox) == [None, 0]


LONG = " ".join(f"This is the sentence with number {number}." for number in range(30))


def test_a_long_result_becomes_a_thread_in_its_order(configure, bot, clock, sandbox, step):
    step.text = lambda _: LONG
    configure("a", "b", **FOLLOW)
    for _ in range(3):
        step.sync(bot)
        clock.advance(minutes=10)
    replies = [post for post in accepted_posts(sandbox) if "sentence" in post]
    assert len(replies) == 6
    assert all(len(post) <= 500 for post in replies)
    with bot.store() as store:
        deliveries = store.outbox.find(states=["sent"])
        parts = {each.id: each for each in deliveries}
        for each in deliveries:
            if each.post.part > 1:
                assert parts[each.post.continues].post.part == each.post.part - 1
    # every sentence once in each thread
    words = " ".join(replies)
    assert [words.count(f"number {number}.") for number in range(30)] == [2] * 30
    assert len(step.calls) == 2


@pytest.mark.parametrize("verb", ["skip", "hold"])
def test_a_reply_goes_the_way_of_its_post(configure, bot, sandbox, step, verb):
    configure("a", pace={"gap": "1h"}, **FOLLOW)
    with bot.open_worker() as worker:
        worker.store.outbox.stop(bot.clock.now())
        worker.sync()
        worker.store.outbox.start()
    act(bot, verb)
    step.sync(bot)
    assert step.calls == []
    expected = ["skipped", "skipped"] if verb == "skip" else ["held", "queued"]
    assert states(bot) == expected
    if verb == "hold":
        act(bot, "release")
        step.sync(bot)
        bot.clock.advance(hours=1)
        step.sync(bot)
        assert thread(sandbox) == [None, 0]


def test_a_reply_is_not_written_for_a_post_that_was_retracted(configure, bot, clock, sandbox, step):
    configure("a", **FOLLOW)
    step.fail("step_timeout")
    with step.open_worker(bot) as worker:
        worker.sync()
        worker.run(retraction.retract(worker.engine, worker.store.posted.of([1])))
    clock.advance(hours=1)
    step.sync(bot)
    assert states(bot) == ["retracted", "skipped"]
    assert len(step.calls) == 1
    assert visible_texts(sandbox) == []


def test_a_post_is_retracted_with_its_whole_thread(configure, bot, sandbox, step):
    step.text = lambda _: LONG
    configure("a", **FOLLOW)
    with step.open_worker(bot) as worker:
        worker.sync()
        assert len(visible_texts(sandbox)) == 4
        worker.run(retraction.retract(worker.engine, worker.store.posted.of([1])))
    assert visible_texts(sandbox) == []
    assert states(bot) == ["retracted"] * 4


def test_a_reply_that_the_admin_wrote_waits_for_its_post(configure, bot, sandbox, step):
    """It was once posted before it, on its own."""
    configure("a", **FOLLOW)
    with bot.open_worker() as worker:
        worker.store.outbox.stop(bot.clock.now())
        worker.sync()
        worker.store.outbox.start()
    act(bot, "hold")
    with bot.store() as store:
        (reply,) = store.outbox.find([2])
        edited = queue_edit.edit(store, reply, "My own words", bot.clock.now())
        assert edited.succeeded
    step.sync(bot)
    assert accepted_posts(sandbox) == []
    act(bot, "release")
    step.sync(bot)
    step.sync(bot)
    assert accepted_posts(sandbox) == [SHORT, "My own words"]
    assert (thread(sandbox), step.calls) == ([None, 0], [])


@pytest.mark.parametrize("policy", ["post", "hold", "drop"])
def test_a_reply_without_its_result_is_held_or_left_out(configure, bot, sandbox, step, policy):
    configure("a", on_step_failure=policy, **FOLLOW)
    step.fail("step_rejected", is_final=True)
    step.sync(bot)
    assert accepted_posts(sandbox) == [SHORT]
    _, reply = bot.deliveries()
    assert reply.state == ("held" if policy == "hold" else "skipped")
    assert "step explain failed" in reply.error


def test_a_reply_counts_for_the_share_and_the_rest_of_its_thread_does_not(
    configure, bot, clock, sandbox, step
):
    step.text = lambda _: LONG
    configure("a", ai_share=0.5, **FOLLOW)
    step.sync(bot)
    assert len(accepted_posts(sandbox)) == 4


def test_a_digest_bundles_what_has_its_results(configure, bot, feeds, clock, sandbox, step):
    clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
    configure("a", "b", digest="18:00")
    step.sync(bot)
    assert accepted_posts(sandbox) == []
    assert sorted(step.calls) == ["Title a", "Title b"]
    clock.advance(hours=6)
    step.sync(bot)
    (post,) = accepted_posts(sandbox)
    assert text("a") in post
    assert text("b") in post
    assert bot.deliveries("sent")[0].post.is_generated


def test_a_folder_gets_one_article_with_the_results(configure, bot, clock, step, tmp_path):
    folder = tmp_path / "posts"
    blog = {"kind": "files", "folder": str(folder)}
    configure("a", accounts={"blog": blog}, to=["blog"], **FOLLOW)
    step.sync(bot)
    (file,) = folder.glob("*.md")
    assert "About Title a." in file.read_text(encoding="utf-8")
    assert len(bot.deliveries()) == 1
    assert step.sync(bot).deliveries == {}


# an older store


def test_a_thread_that_stands_on_the_server_is_recognised_by_a_restored_store(
    configure, bot, clock, sandbox, step, tmp_path
):
    configure("a", **FOLLOW)
    step.sync(bot)
    before = accepted_posts(sandbox)
    bot.delete_store()
    clock.advance(minutes=1)
    for _ in range(3):
        step.sync(bot)
        clock.advance(minutes=1)
    assert accepted_posts(sandbox) == before
    assert states(bot) == ["sent", "sent"]
    receipts = [each.receipt.remote_id for each in bot.deliveries()]
    assert receipts == [status["id"] for status in sandbox.statuses("news")]


def test_a_reply_is_posted_after_its_post_was_recognised_by_a_restored_store(
    configure, bot, clock, sandbox, step
):
    """It was once taken for its post, which has the same link."""
    configure("a", **FOLLOW)
    step.fail("step_timeout")
    step.sync(bot)
    bot.delete_store()
    step.sync(bot)
    clock.advance(hours=1)
    step.sync(bot)
    assert thread(sandbox) == [None, 0]
