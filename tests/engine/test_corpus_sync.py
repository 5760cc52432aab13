"""Many documents on one server, all synced: each ends as entries or as an error that names it."""

import os
from collections import Counter
from pathlib import Path

import pytest

from harness import Page, accepted_posts
from sample_documents import TWICE, documents, link, title

REAL = Path(__file__).parents[2].parent / "shared" / "corpus" / "feeds"
MOST = int(os.environ.get("REBLOGBOT_CORPUS", "40"))
FOR_EVER = {"hashtags": 0, "filter": {"max_age": "36500d"}, "first": "all", "max_per_poll": 100_000}
FAILED = {"failed", "refused"}


@pytest.fixture
def accounts(sandbox):
    """Several, for they are served side by side."""
    return {f"news{number}": (sandbox, "") for number in range(4)}


def configure(bot, feeds, accounts, names):
    names_of = list(accounts)
    sources = {
        name: {"url": feeds.url(f"/{name}"), "to": [names_of[n % len(names_of)]], **FOR_EVER}
        for n, name in enumerate(names)
    }
    bot.configure(sources, accounts)


def all_posted(sandbox, accounts):
    return [text for account in accounts for text in accepted_posts(sandbox, account)]


def test_our_own_documents_end_as_entries_or_as_a_clear_error(bot, feeds, sandbox, accounts):
    served = {document.name: document for document in documents()}
    assert len(served) >= 60
    for document in served.values():
        feeds.pages[f"/{document.name}"] = Page(document.body, kind=document.kind)
    configure(bot, feeds, accounts, served)
    report = bot.sync()
    polls = {poll.name: poll for poll in report.polls}
    assert {name: polls[name].new for name in served} == {
        name: document.entries for name, document in served.items()
    }
    for name, document in served.items():
        if not document.entries:
            assert polls[name].outcome in FAILED, name
            assert polls[name].error, name
    texts = all_posted(sandbox, accounts)
    expected = [
        link(document.name, n) for document in served.values() for n in range(document.entries)
    ]
    assert Counter(text.rpartition("\n")[2] for text in texts) == Counter(expected)
    assert TWICE in served
    for name, document in served.items():
        if name.startswith(("rss-", "rdf-", "atom-", "json-")) and document.entries:
            assert f"{title(name, 0)}\n{link(name, 0)}" in texts, name
    again = bot.sync()
    assert again.counts()["sent"] == again.counts()["entries_new"] == 0
    assert len(all_posted(sandbox, accounts)) == len(expected)


def test_flapping_between_a_feed_and_ruins_repeats_nothing(bot, feeds, sandbox, accounts):
    served = documents()
    good = next(document for document in served if document.entries)
    configure(bot, feeds, accounts, ["hot"])
    for document in served:
        if not document.entries:
            for served_document in (good, document):
                feeds.pages["/hot"] = Page(served_document.body, kind=served_document.kind)
                bot.clock.advance(days=1)
                bot.sync()
    assert len(all_posted(sandbox, accounts)) == good.entries


@pytest.mark.parametrize("most", [MOST, pytest.param(10_000, marks=pytest.mark.slow)])
def test_real_documents_end_as_entries_or_as_a_clear_error(bot, feeds, sandbox, accounts, most):
    files = sorted(file for file in REAL.glob("**/*") if file.is_file() and file.suffix != ".json")
    files += sorted(file for file in REAL.glob("**/*.json") if file.stem != "manifest")
    if not files:
        pytest.skip(f"NOT TESTED ON REAL FEEDS: there is no corpus in {REAL}")
    chosen = {f"doc{n}": file for n, file in enumerate(files[:: -(-len(files) // most)])}
    for name, file in chosen.items():
        feeds.pages[f"/{name}"] = Page(file.read_bytes(), kind="")
    configure(bot, feeds, accounts, chosen)
    report = bot.sync()
    polls = {poll.name: poll for poll in report.polls}
    assert list(polls) == list(chosen)
    for name, poll in polls.items():
        assert poll.outcome in {"new", "nothing_new", *FAILED}, chosen[name]
        assert poll.outcome not in FAILED or poll.error, chosen[name]
    texts = all_posted(sandbox, accounts)
    assert texts
    sent = [delivery.post for delivery in bot.deliveries("sent")]
    assert len(sent) == len(texts)
    links = Counter(
        (delivery.account, delivery.post.link)
        for delivery in bot.deliveries("sent")
        if delivery.post.link
    )
    shared = {pair for pair, count in links.items() if count > 1}
    # one link may stand for several entries only where the source gives all its entries that link
    assert len(shared) <= len(chosen) // 4
    again = bot.sync()
    assert again.counts()["sent"] == 0
    assert len(all_posted(sandbox, accounts)) == len(texts)
