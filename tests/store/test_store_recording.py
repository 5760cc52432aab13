"""Changes of entries as they are recorded: beside senders, and findable by old and new keys."""

from dataclasses import replace

import pytest
from store_samples import DAY, LEASE, NOW, batch, candidate, enrol, intent, key, plan, post

from reblogbot.core.schedule import NextPoll
from reblogbot.model import DeliveryState, EntryChange, Revision

LATER = NextPoll(NOW + DAY, "interval")


def record(store, items, **keys):
    (source,) = store.sources.claim(["hot"], "all", NOW, LEASE)
    recorded = store.sources.record(
        source, batch(items), replace(plan(items, new=()), **keys), ["news"], LATER, NOW
    )
    return source, recorded


@pytest.fixture
def queued_entry(store):
    """An entry that waits for the account."""
    enrol(store, "hot")
    item = replace(candidate("a"), guid_key=key("guid-a"))
    source, recorded = record(store, [item], intents=(intent(item),))
    return item, source, recorded.queued[0]


def revised(queued_entry, text="new"):
    item, _, before = queued_entry
    entry = replace(item.entry, title="Right", link="https://news.example/right")
    right = replace(item, entry=entry, keys=(key("right"), key("guid-a")))
    right = replace(right, published_keys=(key("right"),))
    after = replace(before, post=replace(post(right), text=text), key_version=1)
    return right, Revision(right, before, after)


def changes(store, queued_entry, right):
    _, source, before = queued_entry
    (editable,) = store.publications.editable(
        "news", source, [key("guid-a")], posted=False
    ).values()
    return (EntryChange(right, "news", before.id, editable.entry_id),)


def test_what_waits_is_found_by_its_id_and_by_its_link_and_is_rewritten(store, queued_entry):
    item, source, before = queued_entry
    for known_key in (item.keys[0], key("guid-a"), item.published_keys[0]):
        (editable,) = store.publications.editable(
            "news", source, [known_key], posted=False
        ).values()
        assert (editable.waiting, editable.entry) == (before, item.entry)
    right, revision = revised(queued_entry)
    _, recorded = record(
        store, [right], revisions=(revision,), changes=changes(store, queued_entry, right)
    )
    assert [(each.id, each.post.text) for each in recorded.revised] == [(before.id, "new")]
    assert store.outbox.waiting("news") == list(recorded.revised)
    (editable,) = store.publications.editable("news", source, [key("right")], posted=False).values()
    assert editable.entry == right.entry
    (story,) = store.history.why([key("right")], "x")
    assert (story.title, story.link) == ("Right", "https://news.example/right")
    assert store.history.why([item.published_keys[0]], "x") == [story]


def test_revisions_that_repeat_leave_one_event(store, queued_entry):
    for text in ("new", "newer", "newest"):
        item, source, _ = queued_entry
        (before,) = store.outbox.waiting("news")
        right, revision = revised((item, source, before), text)
        record(store, [right], revisions=(revision,))
    (story,) = store.history.why([queued_entry[0].keys[0]], "x")
    ((_, happenings),) = story.deliveries
    assert [line.note for line in happenings] == ["", "rendered anew: its entry changed"]


def test_what_is_being_sent_by_now_is_neither_changed_nor_forgotten(store, queued_entry):
    item, source, before = queued_entry
    right, revision = revised(queued_entry)
    entry_changes = changes(store, queued_entry, right)
    store.outbox.claim_account("news", NOW, LEASE)
    claimed = store.outbox.claim(before, NOW, LEASE)
    _, recorded = record(store, [right], revisions=(revision,), changes=entry_changes)
    assert recorded.revised == ()
    assert store.outbox.find([before.id]) == [claimed]
    # the next poll reads the document whole and compares again
    assert store.sources.all()[0].validators.etag == ""
    (editable,) = store.publications.editable("news", source, [key("guid-a")], posted=True).values()
    assert (editable.entry, editable.waiting, editable.remote_id) == (item.entry, None, "")


def test_edits_are_no_posts_of_the_budget(store, queued_entry):
    item, _, before = queued_entry
    edit = replace(intent(item), claims=(key("edit"),))
    edit = replace(edit, post=replace(edit.post, action="edit", uri="42"))
    _, recorded = record(store, [item], intents=(edit,))
    store.outbox.claim_account("news", NOW, LEASE)
    for each in (before, *recorded.queued):
        claimed = store.outbox.claim(each, NOW, LEASE)
        store.outbox.settle(claimed, replace(claimed, state=DeliveryState.SENT), NOW)
    assert len(store.publications.sent("news", NOW)) == 1
