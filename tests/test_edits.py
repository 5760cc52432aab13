"""What an edited entry does to a post already made: nothing, or an edit of that one post."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reblogbot.model import State
from rig import items, posted, standing, text_of


@pytest.fixture
def edited(bot, feeds, sandbox, clock):
    """Posts a and b, then shows a with another title."""

    def run(**keys):
        shown = items(clock, "b", "a")
        url = feeds.show("/hot.xml", shown)
        bot.configure({"hot": {"url": url, **keys}}, {"news": (sandbox, "")})
        bot.sync()
        clock.advance(minutes=10)
        feeds.show("/hot.xml", [shown[0], replace(shown[1], title="Title a, corrected")])
        return bot.sync()

    return run


def test_an_edited_entry_is_left_alone_by_default(edited, sandbox):
    done = edited()
    assert done.counts()["queued"] == 0
    assert standing(sandbox) == [text_of("a"), text_of("b")]


def test_an_edited_entry_edits_the_one_post(edited, sandbox):
    done = edited(updates="edit")
    assert done.counts()["sent"] == 1
    assert posted(sandbox) == [text_of("a"), text_of("b")]
    assert standing(sandbox) == ["Title a, corrected\nhttps://news.example/a", text_of("b")]


def test_an_entry_is_edited_once_and_then_again_when_it_changes_again(
    edited, bot, feeds, sandbox, clock
):
    edited(updates="edit")
    assert bot.sync().counts()["queued"] == 0
    clock.advance(minutes=10)
    b, a = items(clock, "b", "a")
    feeds.show("/hot.xml", [b, replace(a, title="Title a, once more")])
    assert bot.sync().counts()["sent"] == 1
    assert standing(sandbox)[0].startswith("Title a, once more")
    clock.advance(minutes=10)
    feeds.show("/hot.xml", [b, replace(a, title="Title a, corrected")])
    bot.sync()
    assert standing(sandbox)[0].startswith("Title a, corrected")
    assert len(posted(sandbox)) == 2


def test_another_template_edits_nothing(edited, bot, sandbox, clock):
    edited(updates="edit")
    text = bot.path.read_text()
    bot.path.write_text(text.replace('first = "all"', 'first = "all"\ntemplate = "headline"'))
    clock.advance(minutes=10)
    assert bot.sync("hot", which="all").counts()["queued"] == 0


def test_an_edit_keeps_language_and_warning(bot, feeds, sandbox, clock):
    shown = items(clock, "a")
    url = feeds.show("/hot.xml", shown, language="de")
    source = {"url": url, "updates": "edit", "spoiler": "news"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=10)
    feeds.show("/hot.xml", [replace(shown[0], title="Neu")], language="de")
    bot.sync()
    (status,) = sandbox.statuses("news")
    assert "Neu" in status["content"]
    assert (status["language"], status["spoiler_text"]) == ("de", "news")


def test_a_post_deleted_by_hand_is_not_made_again_by_an_edit(edited, bot, feeds, sandbox, clock):
    edited(updates="edit")
    sandbox.delete_status(sandbox.statuses("news")[0]["id"])
    clock.advance(minutes=10)
    b, a = items(clock, "b", "a")
    feeds.show("/hot.xml", [b, replace(a, title="Title a, too late")])
    done = bot.settle()
    assert standing(sandbox) == [text_of("b")]
    states = [one.state for one in done[0].deliveries.values()]
    assert State.SENT not in states


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_edit_without_an_answer_ends_as_one_edit(edited, bot, feeds, sandbox, clock, fault):
    edited(updates="edit")
    clock.advance(minutes=10)
    b, a = items(clock, "b", "a")
    feeds.show("/hot.xml", [b, replace(a, title="Title a, in doubt")])
    number = sandbox.statuses("news")[0]["id"]
    sandbox.faults.add(fault, "PUT", f"/api/v1/statuses/{number}")
    bot.settle()
    assert standing(sandbox) == ["Title a, in doubt\nhttps://news.example/a", text_of("b")]
    assert len(posted(sandbox)) == 2


def test_an_entry_corrected_before_its_post_went_out_is_corrected_after(bot, feeds, sandbox, clock):
    b, a = items(clock, "b", "a")
    url = feeds.show("/hot.xml", [b, a])
    paced = {**bot.account("news", sandbox), "pace": {"gap": "1h"}}
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": paced})
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/hot.xml", [replace(b, title="Title b, corrected"), a])
    bot.sync()
    assert standing(sandbox) == [text_of("a")]
    clock.advance(hours=1)
    bot.sync()
    assert standing(sandbox) == [text_of("a"), text_of("b")]
    clock.advance(hours=1)
    bot.sync()
    assert standing(sandbox)[1] == "Title b, corrected\nhttps://news.example/b"
    clock.advance(hours=1)
    assert bot.sync().counts()["not_modified"] == 1
    assert posted(sandbox) == [text_of("a"), text_of("b")]


def test_a_corrected_entry_does_not_overwrite_the_digest_it_stands_in(bot, feeds, sandbox, clock):
    b, a = items(clock, "b", "a")
    url = feeds.show("/hot.xml", [b, a])
    evening = f"{clock.now() + timedelta(hours=2):%H:%M}"
    bot.configure(
        {"hot": {"url": url, "updates": "edit", "digest": evening}}, {"news": (sandbox, "")}
    )
    bot.sync()
    clock.advance(hours=3)
    bot.sync()
    (digest,) = standing(sandbox)
    feeds.show("/hot.xml", [b, replace(a, title="Title a, corrected")])
    assert bot.sync().counts()["queued"] == 0
    assert standing(sandbox) == [digest]


def test_of_several_corrections_that_wait_only_the_last_is_made(bot, feeds, sandbox, clock):
    (a,) = items(clock, "a")
    url = feeds.show("/hot.xml", [a])
    paced = {**bot.account("news", sandbox), "pace": {"gap": "1h"}}
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": paced})
    bot.sync()
    for word in ("one", "two"):
        clock.advance(minutes=5)
        feeds.show("/hot.xml", [replace(a, title=f"Title {word}")])
        bot.sync()
    assert [post.text.partition("\n")[0] for _, _, post in bot.preview().posts] == ["Title two"]
    clock.advance(hours=1)
    done = bot.sync().counts()
    assert (done["sent"], done["skipped"]) == (1, 1)
    assert standing(sandbox) == ["Title two\nhttps://news.example/a"]
    assert bot.open() == []
