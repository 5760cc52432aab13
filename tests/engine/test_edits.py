"""What an edited entry does to a post already made: nothing, or an edit of that one post."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from harness import accepted_posts, items, post_text, visible_texts
from reblogbot.model import DeliveryState


@dataclass(frozen=True)
class Act:
    act: str
    text: str


def acts(sandbox):
    """What the server was asked to write, in order."""
    return [Act(act["act"], act.get("text", "")) for act in sandbox.accepted]


@pytest.fixture
def edited(bot, feeds, sandbox, clock):
    """Posts a and b, then shows a with another title."""

    def run(**keys):
        feed_items = items(clock, "b", "a")
        url = feeds.show("/hot.xml", feed_items)
        bot.configure({"hot": {"url": url, **keys}}, {"news": (sandbox, "")})
        bot.sync()
        clock.advance(minutes=10)
        feeds.show("/hot.xml", [feed_items[0], replace(feed_items[1], title="Title a, corrected")])
        return bot.sync()

    return run


def test_an_edited_entry_is_left_alone_by_default(edited, sandbox):
    report = edited()
    assert report.counts()["queued"] == 0
    assert visible_texts(sandbox) == [post_text("a"), post_text("b")]


def test_an_edited_entry_edits_the_one_post(edited, sandbox):
    report = edited(updates="edit")
    assert report.counts()["sent"] == 1
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
    assert visible_texts(sandbox) == ["Title a, corrected\nhttps://news.example/a", post_text("b")]


def test_an_entry_is_edited_once_and_then_again_when_it_changes_again(
    edited, bot, feeds, sandbox, clock
):
    edited(updates="edit")
    assert bot.sync().counts()["queued"] == 0
    clock.advance(minutes=10)
    b, a = items(clock, "b", "a")
    feeds.show("/hot.xml", [b, replace(a, title="Title a, once more")])
    assert bot.sync().counts()["sent"] == 1
    assert visible_texts(sandbox)[0].startswith("Title a, once more")
    clock.advance(minutes=10)
    feeds.show("/hot.xml", [b, replace(a, title="Title a, corrected")])
    bot.sync()
    assert visible_texts(sandbox)[0].startswith("Title a, corrected")
    assert len(accepted_posts(sandbox)) == 2


def test_another_template_edits_nothing(edited, bot, sandbox, clock):
    edited(updates="edit")
    text = bot.path.read_text()
    bot.path.write_text(text.replace('first = "all"', 'first = "all"\ntemplate = "headline"'))
    clock.advance(minutes=10)
    assert bot.sync("hot", which="all").counts()["queued"] == 0


def test_an_edit_keeps_language_and_warning(bot, feeds, sandbox, clock):
    feed_items = items(clock, "a")
    url = feeds.show("/hot.xml", feed_items, language="de")
    source = {"url": url, "updates": "edit", "spoiler": "news"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=10)
    feeds.show("/hot.xml", [replace(feed_items[0], title="Neu")], language="de")
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
    reports = bot.sync_until_settled()
    assert visible_texts(sandbox) == [post_text("b")]
    states = [delivery.state for delivery in reports[0].deliveries.values()]
    assert DeliveryState.SENT not in states


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_edit_without_an_answer_ends_as_one_edit(edited, bot, feeds, sandbox, clock, fault):
    edited(updates="edit")
    clock.advance(minutes=10)
    b, a = items(clock, "b", "a")
    feeds.show("/hot.xml", [b, replace(a, title="Title a, in doubt")])
    number = sandbox.statuses("news")[0]["id"]
    sandbox.faults.add(fault, "PUT", f"/api/v1/statuses/{number}")
    bot.sync_until_settled()
    assert visible_texts(sandbox) == ["Title a, in doubt\nhttps://news.example/a", post_text("b")]
    assert len(accepted_posts(sandbox)) == 2


@pytest.mark.parametrize("updates", ["ignore", "edit"])
def test_what_waits_is_rendered_anew_when_its_entry_changes_link_included(
    bot, feeds, sandbox, clock, updates
):
    b, a = (replace(item, guid=item.link[-1]) for item in items(clock, "b", "a"))
    url = feeds.show("/hot.xml", [b, a])
    paced = {**bot.account("news", sandbox), "pace": {"gap": "1h"}}
    bot.configure({"hot": {"url": url, "updates": updates}}, {"news": paced})
    bot.sync()
    clock.advance(minutes=20)
    other = replace(b, title="Right", link="https://news.example/right")
    feeds.show("/hot.xml", [other, a])
    right = "Right\nhttps://news.example/right"
    assert [each.post.text for each in bot.preview().posts] == [right]
    bot.sync()
    assert visible_texts(sandbox) == [post_text("a")]
    clock.advance(hours=1)
    bot.sync()
    assert visible_texts(sandbox) == [post_text("a"), right]
    clock.advance(hours=1)
    assert bot.sync().counts()["queued"] == 0
    assert [act.act for act in acts(sandbox)] == ["post", "post"]


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
    (digest,) = visible_texts(sandbox)
    feeds.show("/hot.xml", [b, replace(a, title="Title a, corrected")])
    assert bot.sync().counts()["queued"] == 0
    assert visible_texts(sandbox) == [digest]


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
    assert [each.post.text.partition("\n")[0] for each in bot.preview().posts] == ["Title two"]
    clock.advance(hours=1)
    report = bot.sync().counts()
    assert (report["sent"], report["skipped"]) == (1, 0)
    assert visible_texts(sandbox) == ["Title two\nhttps://news.example/a"]
    assert bot.open_deliveries() == []


def test_a_title_corrected_with_its_link_is_one_edit_with_the_new_link(bot, feeds, sandbox, clock):
    b, a = (replace(item, guid=item.link[-1]) for item in items(clock, "b", "a"))
    url = feeds.show("/hot.xml", [b, a])
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": (sandbox, "")})
    bot.sync()
    for number in (1, 2):
        clock.advance(minutes=10)
        changed = replace(a, title=f"Right {number}", link=f"https://news.example/right-{number}")
        feeds.show("/hot.xml", [b, changed])
        assert bot.sync().counts()["sent"] == 1
        assert visible_texts(sandbox)[0] == f"Right {number}\nhttps://news.example/right-{number}"
    assert [act.act for act in acts(sandbox)] == ["post", "post", "edit", "edit"]


def test_a_link_that_changes_by_a_token_alone_edits_nothing(bot, feeds, sandbox, clock):
    b, a = (replace(item, guid=item.link[-1]) for item in items(clock, "b", "a"))
    url = feeds.show("/hot.xml", [b, a])
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": (sandbox, "")})
    bot.sync()
    for number in range(4):
        clock.advance(minutes=10)
        variants = [replace(item, link=f"{item.link}?PHPSESSID={number}") for item in (b, a)]
        feeds.show("/hot.xml", variants)
        assert bot.sync().counts()["queued"] == 0
    assert [act.act for act in acts(sandbox)] == ["post", "post"]


# edits pass what holds posts


def test_an_edit_is_held_for_review_and_goes_out_when_it_is_released(edited, bot, sandbox, cli):
    edited(updates="edit")
    bot.path.write_text(
        bot.path.read_text().replace('first = "all"', 'first = "all"\nreview = true')
    )
    b, a = items(bot.clock, "b", "a")
    bot.feeds.show("/hot.xml", [b, replace(a, title="Not reviewed")])
    bot.sync()
    (held,) = bot.deliveries("held")
    assert (held.error, held.post.action) == ("review", "edit")
    assert "Not reviewed" not in visible_texts(sandbox)[0]
    assert cli("queue", "release", str(held.id)).code == 0
    bot.clock.advance(minutes=10)
    bot.sync()
    assert visible_texts(sandbox)[0].startswith("Not reviewed")


def test_what_was_released_is_held_again_when_its_text_changes(bot, feeds, sandbox, clock, cli):
    (a,) = items(clock, "a")
    url = feeds.show("/hot.xml", [a])
    bot.configure({"hot": {"url": url, "review": True}}, {"news": (sandbox, "")})
    bot.sync()
    cli("queue", "release", "--all")
    feeds.show("/hot.xml", [replace(a, title="Not reviewed")])
    clock.advance(minutes=10)
    report = bot.sync().counts()
    assert (report["held"], report["sent"]) == (1, 0)
    (held,) = bot.deliveries("held")
    assert (held.error, held.post.text.partition("\n")[0]) == ("review", "Not reviewed")


@pytest.fixture
def rewritten(bot, feeds, sandbox, clock):
    """Posts six entries; a call shows them with another suffix to their titles."""
    feed_items = items(clock, *"fedcba")
    url = feeds.show("/hot.xml", feed_items)
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": (sandbox, "")})
    bot.sync()

    def run(suffix, count=6):
        clock.advance(minutes=10)
        changed = [replace(item, title=f"{item.title}{suffix}") for item in feed_items[:count]]
        feeds.show("/hot.xml", [*changed, *feed_items[count:]])
        return bot.sync()

    return run


def test_edits_of_all_posts_at_once_are_held_as_a_storm_and_undone_leave_nothing(
    rewritten, bot, sandbox
):
    report = rewritten(" | The Site")
    assert (report.counts()["held"], report.polls[0].outcome) == (6, "held")
    assert {delivery.error for delivery in bot.deliveries("held")} == {
        "storm: 6 of 6 posts would be edited at once"
    }
    assert rewritten(" | Site").counts()["held"] == 6
    assert {delivery.post.text.partition(" | ")[2][:4] for delivery in bot.deliveries("held")} == {
        "Site"
    }
    assert rewritten("").counts()["skipped"] == 6
    assert bot.deliveries("held") == []
    assert [act.act for act in acts(sandbox)] == ["post"] * 6
    assert rewritten(", corrected", count=1).counts()["sent"] == 1


def test_edits_of_most_posts_are_a_storm_and_of_some_are_not(rewritten):
    assert rewritten(" | The Site", count=5).counts()["held"] == 5
    assert rewritten("", count=5).counts()["skipped"] == 5
    assert rewritten(", corrected", count=2).counts()["sent"] == 2


def test_more_edits_than_max_per_poll_are_a_storm(rewritten, bot):
    limited = bot.path.read_text().replace('first = "all"', 'first = "all"\nmax_per_poll = 1')
    bot.path.write_text(limited)
    assert rewritten(", corrected", count=2).counts()["held"] == 2
    (one, _) = bot.deliveries("held")
    assert one.error == "storm: 2 edits in one poll, max_per_poll = 1"


def test_an_edit_is_refused_by_the_filters_but_never_too_old(bot, feeds, sandbox, clock, cli):
    (a,) = items(clock, "a")
    url = feeds.show("/hot.xml", [a])
    source = {"url": url, "updates": "edit", "filter": {"exclude": ["advert"], "max_age": "2h"}}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=5)
    feeds.show("/hot.xml", [replace(a, title="An advert")])
    assert bot.preview().refused[0]["reason"] == "not edited: exclude: advert was found"
    assert bot.sync().counts()["queued"] == 0
    assert visible_texts(sandbox) == [post_text("a")]
    output = cli("why", a.link).out
    assert "delivery 1 for news sent: not edited: exclude: advert was found" in output
    clock.advance(hours=5)
    feeds.show("/hot.xml", [replace(a, title="Corrected")])
    assert bot.sync().counts()["sent"] == 1
    assert visible_texts(sandbox)[0].startswith("Corrected")


def test_edits_use_up_neither_budget_nor_pace(bot, feeds, sandbox, clock):
    b, a = items(clock, "b", "a")
    url = feeds.show("/hot.xml", [a])
    paced = {**bot.account("news", sandbox), "pace": {"per_day": 2}}
    bot.configure({"hot": {"url": url, "updates": "edit", "budget": "2/1d"}}, {"news": paced})
    bot.sync()
    for number in range(3):
        clock.advance(minutes=10)
        feeds.show("/hot.xml", [replace(a, title=f"Variant {number}")])
        assert bot.sync().counts()["sent"] == 1
    feeds.show("/hot.xml", [b, replace(a, title="Variant 2")])
    assert bot.sync().counts()["sent"] == 1
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


def test_an_edit_goes_out_though_the_budget_is_used_up(bot, feeds, sandbox, clock):
    c, b, a = items(clock, "c", "b", "a")
    url = feeds.show("/hot.xml", [b, a])
    source = {"url": url, "updates": "edit", "budget": "1/1d"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=10)
    feeds.show("/hot.xml", [c, b, replace(a, title="Corrected")])
    bot.sync()
    assert [act.act for act in acts(sandbox)] == ["post", "edit"]
    assert [delivery.state for delivery in bot.deliveries("queued")] == ["queued", "queued"]


def test_why_tells_edits_as_edits_and_the_new_title(edited, cli):
    edited(updates="edit")
    output = cli("why", "https://news.example/a").out
    assert output.startswith("Title a, corrected\n")
    assert "delivery 1 for news sent" in output
    assert "edit 3 for news queued" in output
    assert "edit 3 for news edited" in output
    (story,) = cli("why", "https://news.example/a", "--json").json["entries"]
    assert [delivery["action"] for delivery in story["deliveries"]] == ["post", "edit"]
    assert story["title"] == "Title a, corrected"


# what waits follows the config


@pytest.fixture
def quiet(bot, feeds, sandbox, clock):
    """Entries a and b wait for the end of a quiet day; a call lets them go, by another config."""
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    all_day = {"quiet": ["00:00-12:00", "12:00-24:00"]}
    account = {**bot.account("news", sandbox), "pace": all_day}
    bot.configure({"hot": {"url": url}}, {"news": account})
    bot.sync()

    def go_on(**keys):
        bot.configure({"hot": {"url": url, **keys}}, {"news": {**account, "pace": {}}})
        clock.advance(minutes=10)
        return bot.sync

    return go_on


def test_a_filter_newly_added_keeps_back_what_waits(quiet, bot, sandbox, cli):
    sync = quiet(filter={"exclude": ["Title a"]})
    assert [refusal["reason"] for refusal in bot.preview().refused] == [
        "exclude: Title a was found"
    ]
    report = sync().counts()
    assert (report["sent"], report["skipped"]) == (1, 1)
    assert accepted_posts(sandbox) == [post_text("b")]
    assert "skipped: exclude: Title a was found" in cli("why", "https://news.example/a").out


def test_a_filter_newly_added_keeps_parts_out_of_a_digest(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    source = {"url": url, "digest": f"{clock.now() + timedelta(hours=2):%H:%M}"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    bot.configure({"hot": {**source, "filter": {"exclude": ["Title a"]}}}, {"news": (sandbox, "")})
    clock.advance(hours=3)
    assert [each.post.text for each in bot.preview().posts] == [bot_digest(clock, "b")]
    bot.sync()
    assert accepted_posts(sandbox) == [bot_digest(clock, "b")]


def bot_digest(clock, name):
    return f"A hot list · {clock.now():%Y-%m-%d}\n\n{post_text(name)}"


def test_a_part_of_a_digest_is_rendered_anew_when_its_entry_changes(bot, feeds, sandbox, clock):
    b, a = items(clock, "b", "a")
    url = feeds.show("/hot.xml", [b, a])
    source = {"url": url, "digest": f"{clock.now() + timedelta(hours=2):%H:%M}"}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    feeds.show("/hot.xml", [b, replace(a, title="Corrected")])
    bot.sync()
    clock.advance(hours=3)
    bot.sync()
    (text,) = accepted_posts(sandbox)
    assert "Corrected\nhttps://news.example/a" in text
    assert "Title a" not in text


def test_what_waits_for_an_account_taken_out_of_to_is_held_and_stays_so(quiet, bot, sandbox, cli):
    accounts = {"news": bot.account("news", sandbox), "more": bot.account("more", sandbox)}
    url = bot.feeds.url("/hot.xml")
    bot.configure({"hot": {"url": url, "to": ["more"], "first": "none"}}, accounts)
    assert bot.preview().posts == []
    assert bot.sync().counts()["held"] == 2
    reason = "its account news is not in `to` of hot"
    assert {(delivery.account, delivery.error) for delivery in bot.deliveries("held")} == {
        ("news", reason)
    }
    bot.configure({"hot": {"url": url, "to": ["news", "more"]}}, accounts)
    bot.sync()
    assert accepted_posts(sandbox) == []
    cli("queue", "release", "--account", "news")
    bot.clock.advance(minutes=10)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
