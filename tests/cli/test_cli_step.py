"""The command `step`, and what other commands tell of steps."""

import pytest

from harness import Item, accepted_posts, items
from steps_of_commands import DOWN, UNAUTHORISED, chat

TEMPLATE = "{{ title }}\n{{ link }}\n{{ explain }}"
LABEL = "AI-written summary"


@pytest.fixture
def papers(bot, feeds, sandbox, clock, stand_in):
    """Writes a config with a step; the source has the entries a and b."""
    url = feeds.show("/papers.xml", items(clock, "b", "a"))

    def configure(step=None, **keys):
        source = {"url": url, "steps": ["explain"], "template": TEMPLATE, "review": False, **keys}
        account = {**bot.account("news", sandbox), "ai_share": 1.0}
        bot.configure({"papers": source}, {"news": account}, steps={"explain": chat(**step or {})})

    configure()
    return configure


def link(name):
    return f"https://news.example/{name}"


def posted(name, result="An explanation."):
    return f"Title {name}\n{link(name)}\n{LABEL}\n{result}"


# step list


def test_a_step_is_listed_with_what_it_did_and_what_it_took(papers, bot, cli, clock):
    bot.sync()
    (row,) = cli("step", "list", "--json").json["steps"]
    assert row == {
        "name": "explain",
        "done_24h": 2,
        "waiting": 0,
        "failed": 0,
        "state": "ok",
        "reason": "",
        "kind": "chat",
        "model": "small",
        "command": "",
        "host": "127.0.0.1:1",
        "sources": ["papers"],
        "calls_24h": 2,
        "per_day": 200,
        "paused_until": None,
        "last_24h": {"tokens_in": 80, "tokens_out": 18, "cost": 0.004},
        "last_30d": {"tokens_in": 80, "tokens_out": 18, "cost": 0.004},
    }
    text = cli("step", "list").out
    assert "small at 127.0.0.1:1" in text
    assert "2 of 200" in text
    assert "explain: 80 tokens read, 18 written, cost 0.0040 in a day" in text


def test_a_config_without_steps_says_how_to_add_one(bot, sandbox, cli):
    bot.configure({}, {"news": (sandbox, "")})
    assert "[steps.NAME]" in cli("step", "list").out
    assert cli("step", "list", "--json").json == {"steps": []}


@pytest.mark.parametrize(
    ("tables", "answer", "state", "reason"),
    [
        (({}, {}), UNAUTHORISED, "failing", "the service refuses the key"),
        (({}, {}), DOWN, "failing", "no connection"),
        (({"per_day": 1}, {}), "Text.", "spent", "1 call in a day, per_day = 1"),
        (({}, {"enabled": False}), "Text.", "unused", "no enabled source has it"),
    ],
)
def test_the_state_of_a_step_says_why_it_does_not_answer(
    papers, bot, cli, stand_in, tables, answer, state, reason
):
    step, keys = tables
    papers(step, **keys)
    stand_in.answer = answer
    bot.sync()
    (row,) = cli("step", "list", "--json").json["steps"]
    assert (row["state"], row["reason"]) == (state, reason)
    assert (row["paused_until"] is not None) == (answer is DOWN or state == "spent")
    (short,) = cli("status", "--json").json["steps"]
    assert list(short) == ["name", "done_24h", "waiting", "failed", "state", "reason"]
    assert short == {name: row[name] for name in short}
    shown = cli("status").out
    assert f"explain: {reason}" in shown
    assert ("Needs attention:" in shown) == (state == "failing")


def test_a_failure_with_another_key_is_no_state_of_the_step(papers, bot, cli, stand_in):
    stand_in.answer = UNAUTHORISED
    bot.sync()
    stand_in.mark = "another key"
    (row,) = cli("step", "list", "--json").json["steps"]
    assert (row["state"], row["reason"]) == ("ok", "")


# step run


def test_a_step_is_run_for_one_entry_and_its_result_is_kept(papers, bot, cli, stand_in):
    stand_in.answer = DOWN
    bot.sync()
    calls = len(stand_in.requests)
    stand_in.answer = "It works."
    ran = cli("step", "run", "explain", link("a"), "--json")
    assert ran.code == 0
    document = ran.json
    assert (document["text"], document["model"], document["cost"]) == ("It works.", "small", 0.002)
    assert (document["source"], document["link"]) == ("papers", link("a"))
    assert (document["stored"], document["state"], document["retry_at"]) == (False, "done", None)
    assert (document["size_in"], document["size_out"]) == (len("Explain Title a"), 9)
    assert len(stand_in.requests) == calls + 1
    again = cli("step", "run", "explain", link("a"))
    assert "was stored" in again.out
    assert len(stand_in.requests) == calls + 1


def test_what_waits_for_the_step_goes_on_at_once(papers, bot, cli, stand_in, sandbox, clock):
    stand_in.answer = DOWN
    bot.sync()
    stand_in.answer = "It works."
    ran = cli("step", "run", "explain", link("a"))
    assert "asked now, whatever failed before" in ran.out
    assert "delivery 1: the next round goes on with it" in ran.out
    stand_in.answer = DOWN
    clock.advance(minutes=1)
    bot.sync()
    assert accepted_posts(sandbox) == [posted("a", "It works.")]


def test_what_is_held_for_a_failed_step_is_queued_again(papers, bot, cli, stand_in, sandbox, clock):
    stand_in.answer = UNAUTHORISED
    bot.sync()
    assert [each.state for each in bot.deliveries()] == ["held", "held"]
    stand_in.answer = "It works."
    assert cli("step", "run", "explain", "1").code == 0
    clock.advance(minutes=1)
    bot.sync()
    assert accepted_posts(sandbox) == [posted("a", "It works.")]
    assert [each.state for each in bot.deliveries()] == ["sent", "held"]


def test_the_count_of_the_day_does_not_keep_the_admin_from_running_a_step(
    papers, bot, cli, stand_in
):
    papers({"per_day": 1})
    bot.sync()
    assert len(stand_in.requests) == 1
    assert cli("step", "run", "explain", link("b")).code == 0
    assert len(stand_in.requests) == 2


def test_a_reply_is_told_apart_from_its_post_in_the_queue(papers, bot, cli, stand_in):
    stand_in.answer = DOWN
    papers(template="link", follow_up="{{ explain }}")
    bot.sync()
    replies = [each for each in bot.deliveries() if each.post.continues]
    listed = cli("queue", "list").out
    assert listed.count("queued  reply  papers → news") == len(replies) == 2
    assert "action    reply" in cli("queue", "show", str(replies[0].id)).out


def test_a_stored_result_is_asked_for_again_only_where_the_admin_wants_it(
    papers, bot, cli, stand_in
):
    bot.sync()
    stand_in.answer = "Another one."
    assert cli("step", "run", "explain", link("a"), "--json").json["text"] == "An explanation."
    document = cli("step", "run", "explain", link("a"), "--again", "--json").json
    assert (document["text"], document["stored"]) == ("Another one.", False)
    assert cli("step", "run", "explain", link("a"), "--json").json["text"] == "Another one."


def test_a_result_stays_where_asking_again_brings_none(papers, bot, cli, stand_in):
    bot.sync()
    stand_in.answer = DOWN
    ran = cli("step", "run", "explain", link("a"), "--again")
    assert ran.code == 1
    assert "no connection" in ran.out
    assert cli("step", "run", "explain", link("a"), "--json").json["text"] == "An explanation."


def test_the_result_of_an_entry_whose_page_was_forgotten_is_not_paid_for_again(
    papers, bot, cli, stand_in, feeds
):
    page = b"<article><p>The bakery at the corner opens at six, before the trains do.</p></article>"
    shown = feeds.show("/story", page, kind="text/html", etag=False)
    feeds.show("/papers.xml", [Item("Bread", shown)])
    papers({"prompt": "Explain {{ title }} {{ text }}"}, page_text=True, first="all")
    assert bot.sync().counts()["sent"] == 1
    assert "opens at six" in stand_in.requests[0].prompt
    assert cli("step", "run", "explain", shown, "--json").json["stored"] is True
    assert len(stand_in.requests) == 1


def test_a_step_that_fails_is_said_to_have_failed(papers, bot, cli, stand_in):
    bot.sync()
    stand_in.answer = UNAUTHORISED
    ran = cli("step", "run", "explain", link("a"), "--again")
    assert ran.code == 1
    assert "step explain failed: the service refuses the key" in ran.out
    document = cli("step", "run", "explain", link("a"), "--again", "--json").json
    assert (document["state"], document["error"]) == ("failed", "the service refuses the key")


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        (("expain", link("a")), "step_unknown"),
        (("explain", "https://news.example/unheard-of"), "entry_unknown"),
        (("explain", link("a"), "--source", "paper"), "source_unknown"),
    ],
)
def test_what_is_not_in_config_or_store_is_named(papers, bot, cli, arguments, slug):
    bot.sync()
    ran = cli("step", "run", *arguments, "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, slug)


def test_an_earlier_step_is_run_first_and_given_to_the_next(
    papers, bot, cli, stand_in, feeds, sandbox
):
    source = {"url": feeds.url("/papers.xml"), "steps": ["explain", "short"], "first": "none"}
    second = chat(prompt="Shorten {{ explain }}")
    steps = {"explain": chat(), "short": second}
    bot.configure({"papers": source}, {"news": (sandbox, "")}, steps=steps)
    bot.sync()
    assert stand_in.requests == []
    ran = cli("step", "run", "short", link("a"), "--json")
    assert ran.code == 0
    assert [request.prompt for request in stand_in.requests] == [
        "Explain Title a",
        "Shorten An explanation.",
    ]


def test_the_page_of_an_entry_that_was_not_queued_is_read_for_its_step(
    papers, bot, feeds, cli, stand_in, clock
):
    page = b"<html><body><article><p>%s</p></article></body></html>" % (b"What it says. " * 30)
    item = Item("Title p", feeds.show("/p.html", page, kind="text/html"), at=clock.now())
    feeds.show("/papers.xml", [item])
    papers({"prompt": "Explain {{ text }}"}, first="none", page_text=True)
    bot.sync()
    assert cli("step", "run", "explain", item.link).code == 0
    assert stand_in.requests[0].prompt.startswith("Explain What it says.")


def test_the_result_of_an_entry_that_was_posted_is_not_paid_for_again(
    papers, bot, feeds, cli, stand_in, clock
):
    page = b"<html><body><article><p>%s</p></article></body></html>" % (b"What it says. " * 30)
    item = Item("Title p", feeds.show("/p.html", page, kind="text/html"), at=clock.now())
    feeds.show("/papers.xml", [item])
    papers({"prompt": "Explain {{ text }}"}, page_text=True)
    bot.sync()
    assert [each.state for each in bot.deliveries()] == ["sent"]
    assert cli("step", "run", "explain", item.link, "--json").json["stored"] is True
    assert len(stand_in.requests) == 1


# why and queue


def test_the_arguments_of_a_command_are_neither_kept_nor_shown(papers, bot, cli, feeds, sandbox):
    source = {"url": feeds.url("/papers.xml"), "steps": ["explain"]}
    step = {"kind": "command", "command": "/bin/translate --key s3cr3t"}
    bot.configure({"papers": source}, {"news": (sandbox, "")}, steps={"explain": step})
    bot.sync()
    shown = cli("why", link("a"), "--json")
    (story,) = shown.json["entries"]
    assert [step["prompt"] for step in story["steps"]] == ["/bin/translate"]
    assert b"s3cr3t" not in bot.store_file.read_bytes()


def test_the_history_of_an_entry_has_what_its_steps_returned(papers, bot, cli):
    bot.sync()
    (story,) = cli("why", link("a"), "--json").json["entries"]
    (step,) = story["steps"]
    assert (step["step"], step["state"], step["model"]) == ("explain", "done", "small")
    assert (step["size_in"], step["size_out"]) == (len("Explain Title a"), len("An explanation."))
    assert (step["tokens_in"], step["tokens_out"], step["cost"]) == (40, 9, 0.002)
    assert (step["prompt"], step["error"]) == ("Explain {{ title }}", "")
    assert step["seconds"] >= 0
    text = cli("why", link("a")).out
    assert "step explain done: small" in text
    assert "15 characters in, 15 out, 40 + 9 tokens, cost 0.0020" in text
    assert "| Explain {{ title }}" in text


def test_what_waits_for_a_step_says_so_with_the_failure_and_the_next_call(
    papers, bot, cli, stand_in
):
    stand_in.answer = DOWN
    bot.sync()
    (story,) = cli("why", link("a"), "--json").json["entries"]
    assert story["steps"][0]["error"] == "no connection"
    assert story["steps"][0]["retry_at"] is not None
    assert story["deliveries"][0]["waits_for"] == ["explain"]
    assert story["deliveries"][0]["reason"] == "steps"
    text = cli("why", link("a")).out
    assert "no connection; asked again" in text
    assert "waits for: waits for explain: no connection" in text
    assert cli("queue", "show", "1", "--json").json["waits_for"] == ["explain"]
    assert "not done: explain" in cli("queue", "show", "1").out


def test_an_entry_that_is_posted_after_all_waits_for_its_steps(papers, bot, cli, sandbox, clock):
    papers(first="none")
    bot.sync()
    (row,) = cli("queue", "post", link("a"), "--json").json["deliveries"]
    assert cli("queue", "show", str(row["id"]), "--json").json["waits_for"] == ["explain"]
    clock.advance(minutes=1)
    bot.sync()
    assert accepted_posts(sandbox) == [posted("a")]


def test_a_delivery_that_was_dropped_for_a_failed_step_asks_it_again_before_it_goes_out(
    papers, bot, cli, stand_in, sandbox, clock
):
    papers(on_step_failure="drop")
    stand_in.answer = UNAUTHORISED
    bot.sync()
    assert [each.state for each in bot.deliveries()] == ["skipped", "skipped"]
    (row,) = cli("step", "list", "--json").json["steps"]
    assert (row["waiting"], row["failed"]) == (0, 0)
    stand_in.answer, stand_in.mark = "It works.", "another key"
    assert cli("queue", "retry", "1").code == 0
    clock.advance(minutes=1)
    bot.sync()
    assert accepted_posts(sandbox) == [posted("a", "It works.")]


# check


def test_check_tells_what_a_step_is_given_and_tries_it_online(papers, cli, stand_in):
    said = "[steps.explain] sends title of entries of papers to 127.0.0.1:1"
    assert said in cli("check").out
    assert stand_in.requests == []
    document = cli("check", "--online", "--json").json
    (given,) = document["steps"]
    assert given["text"].startswith(said)
    assert (given["sends"], given["sources"], given["reach"]) == (["title"], ["papers"], "machine")
    (tried,) = [each for each in document["online"] if each["path"] == "steps.explain"]
    assert tried["finding"].startswith("works, as small, in ")
    assert len(stand_in.requests) == 1


def test_a_step_that_fails_online_fails_the_check_and_is_named(papers, cli, stand_in):
    stand_in.answer = UNAUTHORISED
    ran = cli("check", "--online", "--json")
    assert ran.code == 1
    (fault,) = ran.json["faults"]
    assert (fault["path"], fault["slug"]) == ("steps.explain", "step_unauthorised")
