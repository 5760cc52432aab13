"""What `preview` shows of entries that are given to steps."""

import pytest

from harness import accepted_posts, items
from steps_of_commands import UNAUTHORISED, chat

LABEL = "AI-written summary"
TEMPLATE = "{{ title }}\n{{ link }}\n{{ explain }}"


@pytest.fixture
def papers(bot, feeds, sandbox, clock, stand_in):
    """Writes a config with a step; the source has the entries a and b, the account other too."""
    url = feeds.show("/papers.xml", items(clock, "b", "a"))

    def configure(step=None, **keys):
        source = {
            "url": url,
            "steps": ["explain"],
            "template": TEMPLATE,
            "to": ["news", "other"],
            "review": False,
            **keys,
        }
        accounts = {
            name: {**bot.account(name, sandbox), "ai_share": 1.0} for name in ("news", "other")
        }
        bot.configure({"papers": source}, accounts, steps={"explain": chat(**step or {})})

    configure()
    return configure


def text(name, result):
    return f"Title {name}\nhttps://news.example/{name}\n{result}"


def posts_of(document, account="news"):
    return [post for post in document["posts"] if post["account"] == account]


def test_a_preview_says_where_a_result_would_stand_and_asks_nothing(papers, cli, stand_in):
    document = cli("preview", "--json").json
    assert [post["waits_for"] for post in document["posts"]] == [["explain"]] * 4
    assert [post["reply"] for post in document["posts"]] == [False] * 4
    first, second = posts_of(document)
    assert "〔explain〕" in first["text"]
    assert second["text"].startswith("Title b")
    assert stand_in.requests == []
    assert "waits for explain" in cli("preview").out


def test_a_preview_that_runs_steps_keeps_what_a_round_then_posts(
    papers, bot, cli, stand_in, sandbox, clock
):
    stand_in.answer = "What it says."
    document = cli("preview", "--run-steps", "--json").json
    texts = [post["text"] for post in posts_of(document)]
    assert texts == [text(name, f"{LABEL}\nWhat it says.") for name in ("a", "b")]
    assert [post["waits_for"] for post in document["posts"]] == [[]] * 4
    assert len(stand_in.requests) == 2
    assert cli("preview", "--json").json == document
    clock.advance(minutes=1)
    bot.sync()
    assert accepted_posts(sandbox) == accepted_posts(sandbox, "other") == texts
    assert len(stand_in.requests) == 2
    with bot.store() as store:
        assert [each.step for each in store.steps.of_entry(1)] == ["explain"]


def test_what_waits_in_the_queue_is_shown_with_results_that_are_there(
    papers, bot, cli, stand_in, clock
):
    papers({"per_day": 1})
    bot.sync("papers")
    shown = posts_of(cli("preview", "--json").json)
    assert [post["waits_for"] for post in shown] == [["explain"]]
    shown = posts_of(cli("preview", "--run-steps", "--json").json)
    assert [post["waits_for"] for post in shown] == [["explain"]]
    papers({"per_day": 3})
    (post,) = posts_of(cli("preview", "--run-steps", "--json").json)
    assert post["text"] == text("b", f"{LABEL}\nAn explanation.")


def test_what_is_held_until_it_was_read_is_shown_with_its_text(papers, cli):
    papers(review=True)
    (post, _) = posts_of(cli("preview", "--json").json)
    assert (post["held"], post["waits_for"]) == ("review", ["explain"])
    document = cli("preview", "--run-steps", "--json").json
    (post, _) = posts_of(document)
    assert (post["held"], post["waits_for"]) == ("review", [])
    assert post["text"] == text("a", f"{LABEL}\nAn explanation.")
    assert document["filtered"] == []


@pytest.mark.parametrize(
    ("choice", "shown", "reason"),
    [
        ("hold", 0, "held: step explain failed: the service refuses the key"),
        ("drop", 0, "step explain failed: the service refuses the key"),
        ("post", 2, None),
    ],
)
def test_a_failed_step_does_in_a_preview_what_it_does_in_a_round(
    papers, cli, stand_in, choice, shown, reason
):
    papers(on_step_failure=choice)
    stand_in.answer = UNAUTHORISED
    document = cli("preview", "--run-steps", "--json").json
    assert len(posts_of(document)) == shown
    assert {refusal["reason"] for refusal in document["filtered"]} == ({reason} - {None})
    if shown:
        assert posts_of(document)[0]["text"] == "Title a\nhttps://news.example/a"


def test_a_follow_up_stands_behind_its_post_with_the_parts_of_its_thread(papers, cli, stand_in):
    papers(template="link", follow_up="{{ explain }}")
    short = posts_of(cli("preview", "--json").json)
    assert [(post["reply"], post["waits_for"]) for post in short] == [
        (False, []),
        (True, ["explain"]),
        (False, []),
        (True, ["explain"]),
    ]
    stand_in.answer = " ".join(["This is one sentence of several."] * 30)
    posts = posts_of(cli("preview", "--run-steps", "--json").json)
    assert [post["reply"] for post in posts] == [False, True, True, True] * 2
    assert posts[0]["text"] == "Title a\nhttps://news.example/a"
    assert posts[1]["text"].startswith(LABEL)
    assert all(post["length"] <= post["limit"] for post in posts)
    assert cli("preview").out.count("reply") == 12


def test_all_entries_are_shown_again_with_their_results(papers, bot, cli, stand_in):
    bot.sync()
    posts = posts_of(cli("preview", "--again", "--json").json)
    assert [post["text"] for post in posts] == [
        text(name, f"{LABEL}\nAn explanation.") for name in ("b", "a")
    ]
    assert len(stand_in.requests) == 2
