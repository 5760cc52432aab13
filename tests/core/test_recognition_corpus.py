"""Real documents: no entry is lost, is new twice, or goes out from two sources."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feed_histories import Bot
from reblogbot.core.recognition import candidates
from reblogbot.errors import SourceError
from reblogbot.model import Batch
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.shared.response_body import ResponseBody

REAL = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "feeds"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
# with REBLOGBOT_CORPUS all of them
EVERY = 1 if os.environ.get("REBLOGBOT_CORPUS") else 5
# ids of documents of which 0.1.0 lost entries
LOST = "9bb004b06b 9679199642 97d5b4bdd0 7d35359e3f c3998fccdd 61510fe758 0e9c032295".split()


def documents():
    manifest = REAL / "manifest.json"
    return json.loads(manifest.read_text("utf-8")) if manifest.exists() else []


def chosen():
    return [
        document
        for n, document in enumerate(documents())
        if n % EVERY == 0 or document["id"] in LOST
    ]


def entries(document):
    body = (REAL / document["file"]).read_bytes()
    url = "https://feed.example/f"
    try:
        response = ResponseBody(body, document["content_type"], url, "", "UTC", NOW)
        return parse_feed.parse_body(response).entries
    except SourceError:
        return ()


def test_there_are_documents_to_read():
    if not documents():
        pytest.skip("NOT TESTED: no ../shared/corpus beside this checkout")
    assert len(chosen()) >= 50


@pytest.mark.parametrize("document", chosen(), ids=lambda document: document["id"])
def test_a_real_document_loses_nothing_and_is_new_once(document):
    batch = entries(document)
    kept = [candidate.entry for candidate in candidates("one", Batch(batch))]
    for entry in batch:
        alike = [other for other in kept if (other.title, other.link) == (entry.title, entry.link)]
        moved = [
            other for other in kept if (other.title, other.summary) == (entry.title, entry.summary)
        ]
        assert alike or moved, entry.title
    bot = Bot()
    for source in ("one", "other"):
        # nothing at first sight but a list that was empty
        assert bot.poll(source, Batch(), NOW) == []
    bot.poll("one", Batch(batch), NOW)
    assert bot.poll("one", Batch(batch), NOW) == []
    again = bot.poll("other", Batch(batch), NOW)
    # ids and texts mean something within their source
    assert not [entry for entry in again if entry.link]


@pytest.mark.parametrize(
    "document",
    [document for document in chosen() if document["id"] in LOST],
    ids=lambda document: document["id"],
)
def test_entries_that_share_a_page_are_all_kept(document):
    batch = entries(document)
    assert len(candidates("s", Batch(batch))) == len(batch) > 1
