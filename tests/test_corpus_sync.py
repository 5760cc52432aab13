"""Many documents at once, synced into a server: each ends as entries or as a clear error."""

from collections import Counter
from pathlib import Path

import pytest

from oddfeeds import documents
from rig import Page, posted

CORPUS = Path(__file__).parents[1].parent / "shared" / "corpus" / "feeds"
AGES = {"filter": {"max_age": "36500d"}}


def sync_all(bot, feeds, sandbox, shown):
    """Serve these documents and sync them twice; the two rounds."""
    sources = {}
    for number, (name, (body, kind)) in enumerate(shown.items()):
        path = f"/{number}"
        feeds.pages[path] = Page(body, kind=kind)
        sources[name] = {"url": feeds.url(path), **AGES}
    bot.configure(
        sources, {"news": (sandbox, "")}, http={"timeout": "60s", "concurrency": 8, "per_host": 8}
    )
    return bot.sync(), bot.sync()


def judge(first, second, sandbox, count):
    polls = {poll.name: poll for poll in first.polls}
    assert len(polls) == count
    for poll in polls.values():
        if poll.outcome in ("failed", "refused"):
            assert len(poll.error) > 20, poll
            assert "\n" not in poll.error
            assert "Traceback" not in poll.error
        else:
            assert poll.outcome in ("new", "nothing_new"), poll
    states = Counter(one.state for one in first.deliveries.values())
    assert set(states) <= {"sent"}, states
    texts = posted(sandbox)
    assert len(texts) == states["sent"]
    assert second.counts()["queued"] == second.counts()["sent"] == 0
    assert len(posted(sandbox)) == len(texts)
    return polls, texts


def test_documents_of_our_own_each_end_as_entries_or_as_a_clear_error(bot, feeds, sandbox):
    shown = documents()
    assert len(shown) >= 60
    first, second = sync_all(bot, feeds, sandbox, shown)
    polls, texts = judge(first, second, sandbox, len(shown))
    failed = {name for name, poll in polls.items() if poll.outcome in ("failed", "refused")}
    assert failed == {
        "cut-at-the-start", "a-page", "nothing", "blanks", "picture", "plain-json", "bad-json",
        "entity-bomb", "path", "nul",
    }  # fmt: skip
    for name in shown.keys() - failed - {"empty-feed"}:
        assert polls[name].new > 0, name
    whole = "\n".join(texts)
    assert whole.count("https://twice.example/1") == 1
    assert "javascript:" not in whole
    assert "@alice" not in whole
    assert "49" not in [text.split()[0] for text in texts]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real feeds is not on this machine")
def test_every_real_document_ends_as_entries_or_as_a_clear_error(bot, feeds, sandbox):
    shown = {
        path.name: (path.read_bytes(), "application/xml")
        for path in sorted(CORPUS.iterdir())
        if path.is_file() and path.name != "manifest.json"
    }
    first, second = sync_all(bot, feeds, sandbox, shown)
    judge(first, second, sandbox, len(shown))
