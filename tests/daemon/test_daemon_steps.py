"""Steps beside a daemon's polls and deliveries: calls that hang, pauses, reloads, and its end."""

import json
import signal

import pytest
from test_lull import NOTING, await_lull, journal

from harness import accepted_posts, items, post_text, wait_until
from model_server import hang, model_server, status, text_for


@pytest.fixture
def model():
    with model_server() as server:
        yield server


@pytest.fixture
def configure(bot, feeds, sandbox, clock, model):
    """Configures `papers`, whose entries are explained, and `hot`, whose entries are not."""

    def configure(papers="a", hot="b", every="50ms", **step):
        steps = {"kind": "chat", "url": model.url, "model": "m", "prompt": "{{ title }}", **step}
        sources = {
            "papers": {
                "url": feeds.show("/papers", items(clock, *papers)),
                "every": every,
                "steps": ["explain"],
                "template": "{{ title }} {{ explain }}\n{{ link }}",
                "review": False,
                "ai_label": False,
            },
            "hot": {"url": feeds.show("/hot", items(clock, *hot)), "every": every},
        }
        if "news" not in tokens:
            tokens["news"] = sandbox.add_account("news", bot=True)
        account = {**bot.account("news", sandbox, tokens["news"]), "ai_share": 1}
        bot.configure(sources, {"news": account}, steps={"explain": steps})

    tokens = {}
    return configure


def explained(name):
    title = f"Title {name}"
    return f"{title} {text_for(title)}\nhttps://news.example/{name}"


def await_posts(sandbox, *texts):
    wait_until(lambda: set(texts) <= set(accepted_posts(sandbox)), f"{texts} on the server")


def test_a_call_that_hangs_keeps_neither_polls_nor_posts_waiting(
    configure, daemon, bot, feeds, clock, sandbox, model
):
    model.fail(hang(), hang())
    configure(papers="a", hot="b")
    daemon()
    wait_until(lambda: model.calls, "a call")
    await_posts(sandbox, post_text("b"))
    feeds.show("/hot", items(clock, "c", "b"))
    await_posts(sandbox, post_text("c"))
    assert explained("a") not in accepted_posts(sandbox)
    assert len(model.calls) == 1


@pytest.mark.both_databases
def test_it_ends_while_a_call_hangs_and_the_next_process_makes_it_again(
    configure, daemon, bot, sandbox, model
):
    model.fail(hang())
    configure()
    process = daemon()
    wait_until(lambda: model.calls, "a call")
    process.terminate()
    # the contract's ten seconds; on a busy machine its exit is seen a little later
    assert process.wait(timeout=20) == 0
    assert "Traceback" not in bot.log()
    (waiting,) = [each for each in bot.deliveries() if each.source == "papers"]
    assert (waiting.state, waiting.waits_for) == ("queued", ("explain",))
    daemon()
    await_posts(sandbox, explained("a"))
    assert len(model.calls) == 2
    assert model.paid_twice() == []


def test_the_end_of_a_pause_is_waited_for_without_a_question(
    configure, daemon, bot, sandbox, model
):
    model.fail(status(429, Retry_After="3600"))
    configure(every="1h")
    daemon(program=("-c", NOTING))
    wait_until(lambda: "step failed" in bot.log(), "the failure")
    await_posts(sandbox, post_text("b"))
    await_lull(bot)
    before = journal(bot)
    wait_until(lambda: len(journal(bot)) > len(before) + 200, "two hundred looks")
    assert "s" not in journal(bot)[len(before) :]
    assert len(model.calls) == 1


def test_a_reload_waits_for_no_call(configure, daemon, bot, feeds, clock, sandbox, model):
    configure(papers="a", hot="b")
    process = daemon()
    await_posts(sandbox, explained("a"), post_text("b"))
    model.fail(hang())
    feeds.show("/papers", items(clock, "c", "a"))
    wait_until(lambda: len(model.calls) == 2, "a call")
    configure(papers="ca", hot="db", timeout="3s")
    process.send_signal(signal.SIGHUP)
    # by the new config at once, while the old one waits for its call
    await_posts(sandbox, post_text("d"))
    lines = [json.loads(line) for line in bot.log().splitlines() if line.startswith("{")]
    assert not [line for line in lines if line.get("level") == "error"]


def test_another_key_ends_a_failure_for_good(configure, daemon, bot, sandbox, model):
    key = bot.folder / "model.key"
    key.write_text("old")
    key.chmod(0o600)
    model.fail(status(401))
    configure(key_file="model.key")
    daemon()
    wait_until(lambda: bot.deliveries("held"), "the failure")
    key.write_text("another")
    await_posts(sandbox, explained("a"))
