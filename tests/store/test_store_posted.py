"""What was published, newest first, in pages; and what goes with a post that is retracted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, update
from store_samples import LEASE, NOW, candidate, enrol, key, poll

from reblogbot.model import DeliveryState, Receipt
from reblogbot.store import posted
from reblogbot.store.posted import PostedFilter
from reblogbot.store.schema import delivery as delivery_table
from reblogbot.store.schema import entry as entry_table
from reblogbot.store.transitions import POST_RETRACTED_NOTE

MINUTE = timedelta(minutes=1)


def send(store, delivery, at=NOW, remote_id="", state=DeliveryState.SENT):
    """The delivery as it is after it was sent, skipped or given up at that time."""
    if state != DeliveryState.SKIPPED:
        store.outbox.claim_account(delivery.account, at, LEASE)
        delivery = store.outbox.claim(delivery, at, LEASE)
    id_ = remote_id or f"r{delivery.id}"
    receipt = Receipt(id_, f"https://social.example/@news/{id_}")
    after = replace(delivery, state=state, receipt=receipt if state == DeliveryState.SENT else None)
    return store.outbox.settle(delivery, after, at)


def send_all(store, names, source="hot", accounts=("news",), at=NOW):
    """Entries of a source that are queued and sent, a minute apart."""
    enrol(store, source, accounts=accounts)
    queued = poll(store, source, [candidate(name) for name in names], accounts=accounts).queued
    return [send(store, each, at + number * MINUTE) for number, each in enumerate(queued)]


def ids(posts):
    return [post.delivery.id for post in posts]


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_pages_of_several_accounts_are_merged_newest_first(store, monkeypatch, page):
    monkeypatch.setattr(posted, "PAGE", page)
    sent = send_all(store, "abcd", accounts=("news", "other"))
    assert ids(store.posted.newest(PostedFilter())) == [each.id for each in sent[::-1]]
    assert ids(store.posted.newest(PostedFilter(), 3)) == [each.id for each in sent[:-4:-1]]
    assert ids(store.posted.newest(PostedFilter(), 0)) == []
    of_other = [each.id for each in sent[::-1] if each.account == "other"]
    assert ids(store.posted.newest(PostedFilter(account="other"))) == of_other


def test_posts_of_the_same_instant_are_each_listed_once(store, monkeypatch):
    monkeypatch.setattr(posted, "PAGE", 2)
    enrol(store, "hot")
    queued = poll(store, "hot", [candidate(name) for name in "abcde"]).queued
    sent = [send(store, each) for each in queued]
    assert ids(store.posted.newest(PostedFilter())) == [each.id for each in sent[::-1]]


def test_instants_are_from_on_and_before(store):
    first, second, third = send_all(store, "abc")
    since = PostedFilter(since=second.settled_at)
    assert ids(store.posted.newest(since)) == [third.id, second.id]
    assert ids(store.posted.newest(PostedFilter(until=second.settled_at))) == [first.id]


def test_what_was_never_published_is_not_listed(store, monkeypatch):
    monkeypatch.setattr(posted, "PAGE", 1)
    enrol(store, "hot")
    sent, skipped, dead, _ = poll(store, "hot", [candidate(name) for name in "abcd"]).queued
    sent = send(store, sent)
    send(store, skipped, NOW + MINUTE, state=DeliveryState.SKIPPED)
    send(store, dead, NOW + MINUTE, state=DeliveryState.DEAD)
    assert ids(store.posted.newest(PostedFilter(), 1)) == [sent.id]


@pytest.mark.parametrize(
    ("words", "is_match"),
    [
        (("grün",), True),
        (("GRÜN", "straßen"), True),
        (("抽屉",), True),
        (("news.EXAMPLE/a",), True),
        (("50%_\\",), True),
        (("50%%",), False),
        (("grun",), False),
        (("grün", "rot"), False),
        (("x" * 60_000,), False),
    ],
)
def test_words_are_found_in_any_case(store, words, is_match):
    send_all(store, "a")
    title = "Grüne Straßen 抽屉 50%_\\"
    with store._database.write() as connection:
        connection.execute(update(entry_table).values(title=title))
    assert bool(list(store.posted.newest(PostedFilter(words=words)))) == is_match


def test_a_post_whose_entry_was_pruned_is_found_by_its_text(store):
    (sent,) = send_all(store, "a")
    with store._database.write() as connection:
        connection.execute(update(delivery_table).values(entry_id=None))
    (post,) = store.posted.newest(PostedFilter(words=("title", "news.example")))
    assert (post.delivery, post.title, post.link) == (sent, "", "")


def test_the_newest_are_read_along_an_index_without_sorting(sqlite_store):
    store, asked = sqlite_store, []
    send_all(store, "a")
    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    wanted = PostedFilter(NOW, NOW + MINUTE, "", "hot", ("title",))
    list(store.posted.newest(wanted, 5))
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        steps = [
            step
            for statement, values in asked
            if "settled_at DESC" in statement
            for *_, step in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert any("ix_delivery_account_settled (account=? AND settled_at" in step for step in steps)
    assert not any("TEMP B-TREE" in step or "SCAN" in step for step in steps)


def test_only_pages_that_are_needed_are_read(store, monkeypatch):
    monkeypatch.setattr(posted, "PAGE", 2)
    send_all(store, "abcdefgh")
    statements = []
    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    assert len(list(store.posted.newest(PostedFilter(), 2))) == 2
    pages = [statement for statement in statements if "settled_at DESC" in statement]
    assert len(pages) == 1


# names


def test_a_delivery_is_named_by_number_address_or_link(store):
    a, b = send_all(store, "ab")
    assert store.posted.named([], str(a.id)) == [a]
    assert store.posted.named([], b.receipt.url) == [b]
    assert store.posted.named([key("https://news.example/a")], "https://news.example/a") == [a]
    assert store.posted.named([], "https://nowhere.example/") == []
    assert store.posted.named([], "9" * 18) == []
    assert store.posted.named([], "9" * 40) == []


def test_a_part_of_a_digest_stands_for_the_digest(store):
    enrol(store, "hot")
    first, second = poll(store, "hot", [candidate("a"), candidate("b")]).queued
    digest = replace(first, post=replace(first.post, text="a and b", is_bundle=True))
    assert store.outbox.bundle(digest, [second], NOW)
    assert [each.id for each in store.posted.named([], str(second.id))] == [first.id]


# retractions


def test_all_chosen_are_marked_together_and_keep_the_time_of_their_posts(store):
    sent = send_all(store, "abc")
    begun = store.retractions.begin([sent[0].id, sent[2].id, 999], NOW + LEASE)
    assert [each.id for each in begun] == [sent[0].id, sent[2].id]
    assert {each.state for each in begun} == {DeliveryState.RETRACTING}
    assert [each.settled_at for each in begun] == [sent[0].settled_at, sent[2].settled_at]
    assert store.retractions.pending() == begun
    assert store.outbox.busy_accounts(NOW) == ["news"]
    assert store.outbox.next_due(["news"], NOW) == NOW
    assert [record.name for record in store.outbox.open_accounts()] == ["news"]
    assert len(store.publications.sent("news", NOW - LEASE)) == 3


def edit_of(store, delivery, name):
    """An edit of a sent delivery, queued."""
    (queued,) = poll(store, "hot", [candidate(name)]).queued
    post = replace(queued.post, action="edit", uri=delivery.receipt.remote_id)
    rewritten = store.outbox.rewrite(queued, replace(queued, post=post), NOW, "")
    assert rewritten is not None
    return rewritten


def test_edits_go_with_their_post_and_waiting_ones_are_skipped(store):
    (sent,) = send_all(store, "a")
    edited = send(store, edit_of(store, sent, "b"), remote_id=sent.receipt.remote_id)
    waiting = edit_of(store, sent, "c")
    assert store.retractions.whole([edited.id]) == [sent.id, edited.id]
    assert not store.retractions.is_retracted(waiting)
    begun = store.retractions.begin([edited.id], NOW)
    assert [each.id for each in begun] == [sent.id, edited.id]
    (skipped,) = store.outbox.find([waiting.id])
    assert (skipped.state, skipped.error) == (DeliveryState.SKIPPED, POST_RETRACTED_NOTE)
    assert store.retractions.is_retracted(edit_of(store, sent, "d"))


def test_an_own_boost_with_the_id_of_a_post_is_not_deleted_with_it(store):
    """Takahē names a boost by the id of the status that it boosts."""
    (sent,) = send_all(store, "a")
    (queued,) = poll(store, "hot", [candidate("b")]).queued
    post = replace(queued.post, action="boost", uri=sent.receipt.url)
    boost = store.outbox.rewrite(queued, replace(queued, post=post), NOW, "")
    boost = send(store, boost, remote_id=sent.receipt.remote_id)
    assert store.retractions.whole([sent.id]) == [sent.id]
    assert store.retractions.whole([boost.id]) == [boost.id]


def test_a_thread_goes_as_a_whole_and_its_unsent_parts_are_skipped(store):
    enrol(store, "hot")
    queued = poll(store, "hot", [candidate(name) for name in "abcde"]).queued
    parts = []
    for number, each in enumerate(queued[:4]):
        before = queued[number - 1].id if number else 0
        post = replace(each.post, is_bundle=True, continues=before)
        parts.append(store.outbox.rewrite(each, replace(each, post=post), NOW, ""))
    sent = [send(store, part, NOW + MINUTE) for part in parts[:2]]
    for named in sent:
        assert store.retractions.whole([named.id]) == [each.id for each in sent]
    store.retractions.begin([sent[1].id], NOW + LEASE)
    states = [each.state.value for each in store.outbox.find([each.id for each in queued])]
    assert states == ["retracting", "retracting", "skipped", "skipped", "queued"]


def test_a_part_on_its_way_when_its_thread_is_taken_back_is_taken_back_too(store):
    enrol(store, "hot")
    queued = poll(store, "hot", [candidate(name) for name in "abc"]).queued
    parts = []
    for number, each in enumerate(queued):
        before = queued[number - 1].id if number else 0
        post = replace(each.post, is_bundle=True, continues=before)
        parts.append(store.outbox.rewrite(each, replace(each, post=post), NOW, ""))
    first = send(store, parts[0], NOW + MINUTE)
    claimed = store.outbox.claim(parts[1], NOW + MINUTE, LEASE)
    store.retractions.begin([first.id], NOW + 2 * MINUTE)
    sent = replace(claimed, state=DeliveryState.SENT, receipt=Receipt("77", "https://s.example/77"))
    settled = store.outbox.settle(claimed, sent, NOW + 3 * MINUTE)
    assert (settled.state, settled.receipt.remote_id) == ("retracting", "77")
    assert store.retractions.is_retracted(parts[2])
    assert [each.id for each in store.retractions.pending()] == [first.id, settled.id]
    refused = replace(settled, state=DeliveryState.SENT, error="not retracted")
    assert store.outbox.settle(settled, refused, NOW + 4 * MINUTE).state == "sent"
