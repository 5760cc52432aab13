"""Some 300 real documents, and what feedparser alone makes of them; skipped where they are not."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedparser_differences import Pair, Shown, differences, shown_by_feedparser, shown_by_us

from reblogbot.sources.feed.entry_cache import EntryCache
from reblogbot.sources.feed.parse import parse
from reblogbot.sources.shared.urls import absolute

FOLDER = Path(__file__).parents[3].parent / "shared" / "corpus" / "feeds"
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
                yield FOLDER / file, said


def sampled(pairs, every=9):
    """All of them as parameters; a quick run takes one in `every`."""
    for number, (file, said) in enumerate(pairs):
        marks = () if number % every == 0 else pytest.mark.slow
        yield pytest.param(file, said, id=file.name, marks=marks)


def shown(said):
    """What the manifest says was shown, under whatever name it says so."""
    entries = said.get("entries", said.get("count", 0))
    return Shown(
        len(entries) if isinstance(entries, list) else int(entries or 0),
        str(said.get("first_title", said.get("title")) or ""),
        str(said.get("first_link", said.get("link")) or "").strip(),
    )


@pytest.mark.parametrize(("file", "said"), list(sampled(records())))
def test_a_real_document_gives_what_feedparser_finds_in_it(file, said):
    url = said.get("url") or f"https://corpus.example/{file.name}"
    content_type = said.get("content_type") or ""
    document, cache = file.read_bytes(), EntryCache()

    def read():
        return parse(document, content_type, url, "", "UTC", NOW, cache)

    ours, theirs = shown_by_us(read), shown(said)
    _, guid = shown_by_feedparser(document, url, content_type)
    # the manifest's links may have been left relative
    theirs = replace(theirs, link=absolute(url, theirs.link))
    assert "" not in differences(Pair(document, url, ours, theirs, guid)).values()
    assert shown_by_us(read) == ours
    for entry in () if ours.refusal else read().entries:
        # the joiner of an emoji and a soft hyphen change what is seen
        assert re.sub("[\u200d\xad]", "", entry.title).isprintable()
        assert entry.published_at is None or entry.published_at <= NOW
