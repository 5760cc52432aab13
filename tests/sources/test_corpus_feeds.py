"""Some 300 real documents, and what feedparser alone makes of them; skipped where they are not."""

import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from reblogbot.errors import SourceError
from reblogbot.sources.parse_feed import parse
from reblogbot.sources.spans import KnownEntries

FOLDER = Path(__file__).parents[2].parent / "shared" / "corpus" / "feeds"
MANIFEST = FOLDER / "manifest.json"
NOW = datetime(2026, 12, 1, tzinfo=UTC)

if not MANIFEST.exists():
    pytest.skip("the corpus of real feeds is not on this machine", allow_module_level=True)


def records():
    """Each document with what the manifest says of it, whether that is a list or a table."""
    manifest = json.loads(MANIFEST.read_text())
    if isinstance(manifest, dict):
        manifest = manifest.get("feeds") or manifest.get("documents") or manifest
    pairs = manifest.items() if isinstance(manifest, dict) else ((None, each) for each in manifest)
    for name, said in pairs:
        if isinstance(said, dict):
            file = name or said.get("file") or said.get("name") or said.get("path")
            if file and (FOLDER / file).is_file():
                yield pytest.param(FOLDER / file, said, id=file)


def count(said):
    entries = said.get("entries")
    return len(entries) if isinstance(entries, list) else entries


@pytest.mark.parametrize(("file", "said"), list(records()))
def test_a_real_document_shows_what_feedparser_finds_in_it(file, said):
    url = said.get("url") or f"https://corpus.example/{file.name}"
    content_type = said.get("content_type") or ""
    expected = count(said)
    known = KnownEntries()
    try:
        batch = parse(file.read_bytes(), content_type, url, "", "UTC", NOW, known)
    except SourceError as error:
        assert error.slug == "entity_declared" or not expected, error.message
        return
    assert parse(file.read_bytes(), content_type, url, "", "UTC", NOW, known) == batch
    if isinstance(expected, int):
        assert len(batch.entries) == expected
    first = said.get("first_link")
    if first and batch.entries:
        assert urlsplit(batch.entries[0].link)[1:] == urlsplit(first)[1:]
    for entry in batch.entries:
        assert entry.title.isprintable() or "\xad" in entry.title
        assert entry.published_at is None or entry.published_at <= NOW
