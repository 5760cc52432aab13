"""Changed entries: which count as changed, and what becomes of waiting and published posts."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reblogbot.config.settings import SourceSettings
from reblogbot.core import recognition
from reblogbot.core.drafting import Draft
from reblogbot.core.revising import UNDONE, Update, changed, follow, storm
from reblogbot.model import (
    KEPT_NOTE,
    Batch,
    Delivery,
    DeliveryState,
    EditablePost,
    Entry,
    EntryChange,
    Intent,
    Media,
    Post,
    SourceHabits,
)

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
THEN = Entry("Title", "https://a.example/1", guid="g1", summary="words", published_at=NOW)
POST = Post("post", text="old", link=THEN.link)


def settings(**keys):
    return SourceSettings(name="s", kind="feed", to=("news",), **keys)


def candidate(entry):
    (only,) = recognition.candidates("s", Batch((entry,)))
    return only


def waiting(post=POST, state=DeliveryState.QUEUED, error=""):
    return Delivery(7, "news", "s", b"k", post, state, NOW, NOW, error=error)


def editable(remote_id="", wait=None, entry=THEN, **keys):
    return EditablePost(3, 5, remote_id, entry, POST, waiting=wait, **keys)


def outcomes(existing, draft, storm_reason="", **keys):
    """The outcomes of an update, without the change that is always recorded."""
    update = Update(candidate(replace(THEN, title="Other")), existing, draft)
    *others, change = follow(update, "news", settings(**keys), storm_reason)
    assert isinstance(change, EntryChange)
    return others


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({}, False),
        ({"title": "Other"}, True),
        ({"summary": "other words"}, True),
        ({"authors": ("Ann",)}, True),
        ({"link": "https://a.example/2"}, True),
        ({"link": "http://www.a.example/1/?utm_source=x&phpsessid=12"}, False),
        ({"media": (Media("https://a.example/i.png", "image/png"),)}, True),
        ({"score": 5.0}, False),
    ],
)
def test_an_entry_has_changed_if_its_text_page_or_images_have(changes, differs):
    now = candidate(replace(THEN, **changes))
    posts = {now.keys[0]: editable()}
    assert bool(list(changed([now], posts, SourceHabits()))) is differs


def test_images_taken_from_the_page_are_no_change():
    kept = replace(THEN, media=(Media("https://a.example/page.png", "image/png"),))
    now = candidate(THEN)
    assert list(changed([now], {now.keys[0]: editable(entry=kept)}, SourceHabits())) == []


def test_a_link_is_no_change_where_all_links_of_the_source_change():
    now = candidate(replace(THEN, link="https://a.example/token-2"))
    posts = {now.guid_key: editable()}
    assert list(changed([now], posts, SourceHabits()))
    assert list(changed([now], posts, SourceHabits(link_changes=1))) == []


def test_a_waiting_post_is_changed_in_place_and_a_held_one_stays_held():
    new = replace(POST, text="new")
    (outcome,) = outcomes(editable(wait=waiting()), Draft(new))
    assert (outcome.after.post.text, outcome.after.state, outcome.after.key_version) == (
        "new",
        "queued",
        1,
    )
    (outcome,) = outcomes(
        editable(wait=waiting(state=DeliveryState.HELD, error="storm: 9")), Draft(new)
    )
    assert (outcome.after.post.text, outcome.after.state, outcome.after.error) == (
        "new",
        "held",
        "storm: 9",
    )
    (outcome,) = outcomes(editable(wait=waiting()), Draft(new), review=True)
    assert (outcome.after.state, outcome.after.error) == ("held", "review")
    assert outcomes(editable(wait=waiting(new)), Draft(new)) == []


def test_a_waiting_post_that_a_filter_refuses_now_is_skipped():
    (outcome,) = outcomes(editable(wait=waiting()), Draft(reason="exclude: no"))
    assert (outcome.after.state, outcome.after.error) == ("skipped", "exclude: no")


def test_a_published_post_is_edited_once_under_a_key_of_its_own():
    (outcome,) = outcomes(editable("42", edits=2), Draft(replace(POST, text="new", shorter="n")))
    assert isinstance(outcome, Intent)
    assert (outcome.post.action, outcome.post.uri, outcome.post.shorter) == ("edit", "42", "")
    (other,) = outcomes(editable("42", edits=3), Draft(replace(POST, text="new")))
    assert outcome.keys != other.keys
    assert outcomes(editable("42"), Draft(POST)) == []


def test_an_edit_is_held_as_a_post_would_be():
    draft = Draft(replace(POST, text="new"))
    assert [outcome.reason for outcome in outcomes(editable("42"), draft, "storm: 9")] == [
        "storm: 9"
    ]
    assert [outcome.state for outcome in outcomes(editable("42"), draft, review=True)] == ["held"]
    assert [
        outcome.reason for outcome in outcomes(editable("42"), replace(draft, held="too long"))
    ] == ["too long"]


def test_a_changed_entry_makes_its_post_or_edit_wait_for_the_steps_again():
    draft = Draft(replace(POST, text="new 〔explain〕"), waits_for=("explain",))
    (outcome,) = outcomes(editable(wait=waiting()), draft)
    assert (outcome.after.waits_for, outcome.after.state) == (("explain",), "queued")
    (outcome,) = outcomes(editable("42"), draft)
    assert (outcome.post.action, outcome.waits_for) == ("edit", ("explain",))
    # done before, and refused to the steps since
    before = replace(waiting(), waits_for=("explain",))
    (outcome,) = outcomes(editable(wait=before), Draft(replace(POST, text="new")))
    assert outcome.after.waits_for == ()


def test_a_text_that_the_admin_wrote_waits_for_nothing():
    edited = waiting(replace(POST, is_edited=True))
    draft = Draft(replace(POST, text="new 〔explain〕"), waits_for=("explain",))
    (outcome,) = outcomes(editable(wait=edited), draft)
    assert outcome.after == edited


def test_a_change_that_is_undone_leaves_no_edit():
    edit = replace(POST, action="edit", text="new", uri="42")
    existing = editable("42", waiting(edit, DeliveryState.HELD, "storm: 9"))
    (outcome,) = outcomes(existing, Draft(POST))
    assert (outcome.after.state, outcome.after.error) == ("skipped", UNDONE)
    (outcome,) = outcomes(existing, Draft(replace(POST, text="newer")))
    assert (outcome.after.post.text, outcome.after.state) == ("newer", "held")


@pytest.mark.parametrize(
    ("edits", "published", "is_storm"),
    [(2, 2, False), (3, 3, True), (4, 5, False), (5, 9, True), (5, 10, False), (21, 99, True)],
)
def test_edits_of_all_or_most_posts_are_a_storm(edits, published, is_storm):
    entries = [Entry(f"t{n}", f"https://a.example/{n}", guid=f"g{n}") for n in range(published)]
    batch = recognition.candidates("s", Batch(tuple(entries)))
    posts = {candidate.keys[0]: editable("42") for candidate in batch}
    draft = Draft(replace(POST, text="new"))
    updates = [Update(candidate, posts[candidate.keys[0]], draft) for candidate in batch[:edits]]
    assert storm(updates, batch, posts, settings()).startswith("storm: ") is is_storm
    same = [replace(update, draft=Draft(POST)) for update in updates]
    assert storm(same, batch, posts, settings()) == ""


# what the admin wrote or asked for

REFUSED = Draft(reason="exclude: it is")
CORRECTED = Draft(replace(POST, text="corrected"))


def marked(**marks):
    """A post that waits and has these marks."""
    return editable(wait=waiting(replace(POST, **marks)))


def test_a_text_that_the_admin_wrote_is_not_rendered_again():
    (kept,) = outcomes(marked(is_edited=True), CORRECTED)
    assert kept.after == kept.before
    (rendered,) = outcomes(marked(), CORRECTED)
    assert rendered.after.post.text == "corrected"


def test_a_filter_drops_what_the_admin_wrote_but_not_what_was_asked_for():
    (dropped,) = outcomes(marked(is_edited=True), REFUSED)
    assert (dropped.after.state, dropped.after.error) == (DeliveryState.SKIPPED, "exclude: it is")
    (kept,) = outcomes(marked(is_requested=True), REFUSED)
    assert kept.after == kept.before


def test_what_was_asked_for_follows_its_entry_and_stays_asked_for():
    (rendered,) = outcomes(marked(is_requested=True), CORRECTED)
    assert (rendered.after.post.text, rendered.after.post.is_requested) == ("corrected", True)


def test_a_published_text_of_the_admin_is_not_edited():
    existing = replace(editable("r1"), post=replace(POST, is_edited=True))
    assert outcomes(existing, CORRECTED) == []
    update = Update(candidate(replace(THEN, title="Other")), existing, CORRECTED)
    (change,) = follow(update, "news", settings(), "")
    assert change.remark == f"not edited: {KEPT_NOTE}"
