"""Changes of entries as they are recorded: beside senders, and findable by old and new keys."""

from dataclasses import replace

import pytest
from store_samples import DAY, LEASE, NOW, batch, candidate, enrol, intent, key, plan, post

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Change, Revision, State

LATER = NextPoll(NOW + DAY, "interval")


def record(store, found, **keys):
    (source,) = store.sources.claim(["hot"], "all", NOW, LEASE)
    done = store.sources.record(
        source, batch(found), replace(plan(found, new=()), **keys), ["news"], LATER, NOW
    )
    return source, done


@pytest.fixture
def kept(store):
    """An entry that waits for the account."""
    enrol(store, "hot")
    one = replace(candidate("a"), guid_key=key("guid-a"))
    source, done = record(store, [one], intents=(intent(one),))
    return one, source, done.queued[0]


def revised(kept, text="new"):
    one, _, before = kept
    entry = replace(one.entry, title="Right", link="https://news.example/right")
    right = replace(one, entry=entry, keys=(key("right"), key("guid-a")))
    right = replace(right, published_keys=(key("right"),))
    after = replace(before, post=replace(post(right), text=text), key_version=1)
    return right, Revision(right, before, after)


def changes(store, kept, right):
    _, source, before = kept
    (known,) = store.publications.made("news", source, [key("guid-a")], posted=False).values()
    return (Change(right, "news", before.id, known.entry_id),)


def test_what_waits_is_found_by_its_id_and_by_its_link_and_is_rewritten(store, kept):
    one, source, before = kept
    for known in (one.keys[0], key("guid-a"), one.published_keys[0]):
        (made,) = store.publications.made("news", source, [known], posted=False).values()
        assert (made.waiting, made.entry) == (before, one.entry)
    right, revision = revised(kept)
    _, done = record(store, [right], revisions=(revision,), changes=changes(store, kept, right))
    assert [(each.id, each.post.text) for each in done.revised] == [(before.id, "new")]
    assert store.outbox.waiting("news") == list(done.revised)
    (made,) = store.publications.made("news", source, [key("right")], posted=False).values()
    assert made.entry == right.entry
    (story,) = store.history.why([key("right")], "x")
    assert (story.title, story.link) == ("Right", "https://news.example/right")
    assert store.history.why([one.published_keys[0]], "x") == [story]


def test_revisions_that_repeat_leave_one_event(store, kept):
    for text in ("new", "newer", "newest"):
        one, source, _ = kept
        (before,) = store.outbox.waiting("news")
        right, revision = revised((one, source, before), text)
        record(store, [right], revisions=(revision,))
    (story,) = store.history.why([kept[0].keys[0]], "x")
    ((_, happenings),) = story.deliveries
    assert [line.note for line in happenings] == ["", "rendered anew: its entry changed"]


def test_what_is_being_sent_by_now_is_neither_changed_nor_forgotten(store, kept):
    one, source, before = kept
    right, revision = revised(kept)
    found = changes(store, kept, right)
    store.outbox.claim_account("news", NOW, LEASE)
    claimed = store.outbox.claim(before, NOW, LEASE)
    _, done = record(store, [right], revisions=(revision,), changes=found)
    assert done.revised == ()
    assert store.outbox.find([before.id]) == [claimed]
    # the next poll reads the document whole and compares again
    assert store.sources.all()[0].validators.etag == ""
    (made,) = store.publications.made("news", source, [key("guid-a")], posted=True).values()
    assert (made.entry, made.waiting, made.remote_id) == (one.entry, None, "")


def test_edits_are_no_posts_of_the_budget(store, kept):
    one, _, before = kept
    edit = replace(intent(one), claims=(key("edit"),))
    edit = replace(edit, post=replace(edit.post, action="edit", uri="42"))
    _, done = record(store, [one], intents=(edit,))
    store.outbox.claim_account("news", NOW, LEASE)
    for each in (before, *done.queued):
        claimed = store.outbox.claim(each, NOW, LEASE)
        store.outbox.settle(claimed, replace(claimed, state=State.SENT), NOW)
    assert len(store.publications.sent("news", NOW)) == 1
