"""About 300 real documents beside the results of feedparser; skipped where they are missing."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedparser_differences import Pair, Reading, differences, read_by_feedparser, read_by_us

from reblogbot.sources.feed.parse import parse_body
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import absolute

FOLDER = Path(__file__).parents[3].parent / "shared" / "corpus" / "feeds"
MANIFEST = FOLDER / "manifest.json"
NOW = datetime(2026, 12, 1, tzinfo=UTC)

if not MANIFEST.exists():
    pytest.skip("the corpus of real feeds is not on this machine", allow_module_level=True)


def records():
    """Each document with its record in the manifest, which is a list or a table."""
    manifest = json.loads(MANIFEST.read_text())
    if isinstance(manifest, dict):
        manifest = manifest.get("feeds") or manifest.get("documents") or manifest
    pairs = manifest.items() if isinstance(manifest, dict) else ((None, each) for each in manifest)
    for name, record in pairs:
        if isinstance(record, dict):
            file = name or record.get("file") or record.get("name") or record.get("path")
            if file and (FOLDER / file).is_file():
                yield FOLDER / file, record


def sampled(pairs, every=9):
    """All documents as parameters; a quick run takes one in `every`."""
    for number, (file, record) in enumerate(pairs):
        marks = () if number % every == 0 else pytest.mark.slow
        yield pytest.param(file, record, id=file.name, marks=marks)


def shown(record):
    """The reading that the manifest records, under any of the names it uses."""
    entries = record.get("entries", record.get("count", 0))
    return Reading(
        len(entries) if isinstance(entries, list) else int(entries or 0),
        str(record.get("first_title", record.get("title")) or ""),
        str(record.get("first_link", record.get("link")) or "").strip(),
    )


@pytest.mark.parametrize(("file", "record"), list(sampled(records())))
def test_a_real_document_gives_what_feedparser_finds_in_it(file, record):
    url = record.get("url") or f"https://corpus.example/{file.name}"
    content_type = record.get("content_type") or ""
    document = file.read_bytes()
    body = ResponseBody(document, content_type, url, "", "UTC", NOW)

    def read():
        return parse_body(body)

    ours, theirs = read_by_us(read), shown(record)
    _, guid = read_by_feedparser(document, url, content_type)
    # Links in the manifest may be relative.
    theirs = replace(theirs, link=absolute(url, theirs.link))
    assert "" not in differences(Pair(document, url, ours, theirs, guid)).values()
    assert read_by_us(read) == ours
    for entry in () if ours.refusal else read().entries:
        # Emoji joiners and soft hyphens are kept in one reading and dropped in the other.
        assert re.sub("[\u200d\xad]", "", entry.title).isprintable()
        assert entry.published_at is None or entry.published_at <= NOW
