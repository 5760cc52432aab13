"""Checks that a document gives the same in outline as when it is read whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from operator import attrgetter

from reblogbot.core.recognition import candidates
from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.sources.feed import parse

OUTLINED = "title link redirector guid uri is_permalink published_at updated_at text_digest".split()
RECOGNISED_BY = attrgetter("keys", "published_keys", "evidence", "guid_key", "lookups")


def outcome(read, *arguments):
    """What a function returns, or the slug and message of its error."""
    try:
        return read(*arguments)
    except SourceError as error:
        return error.slug, error.message


def outlined(entry, position):
    """The outline that an entry read whole must have."""
    return Entry(**{name: getattr(entry, name) for name in OUTLINED}, outline_position=position)


def check_outline(body):
    """Compare both ways of reading; return the numbers of entries and of certain outlines."""
    whole, short = outcome(parse.parse_body, body), outcome(parse.outline_body, body)
    if isinstance(whole, tuple):
        assert short == whole
        return Counter(refused=1)
    assert replace(short, entries=()) == replace(whole, entries=())
    assert len(short.entries) == len(whole.entries)
    certain = []
    for position, (entry, outline) in enumerate(zip(whole.entries, short.entries, strict=True)):
        if outline.outline_position is None:
            assert (outline, outline.text_digest) == (entry, "")
        else:
            certain.append(position)
            assert outline.text_digest
            assert outline == outlined(entry, position)
    check_values(body, whole)
    check_parts(body, whole, certain)
    check_candidates(whole, short)
    return Counter(documents=1, entries=len(whole.entries), certain=len(certain))


def check_values(body, whole):
    """Compare the values of outlines that lack some with those of the whole entries."""
    document = parse.load_document(body)
    outlines = document.outlines if document else None
    for position, entry in enumerate(whole.entries if outlines else ()):
        outline = outlines.document.entries[position]
        if not outline.is_certain or not outlines.has_certain_title(outline.raw):
            continue
        # an entry without a title may have one of its media's instead
        names = OUTLINED[:-1] if outline.raw.get("title") else OUTLINED[1:-1]
        values = attrgetter(*names)
        assert values(outlines.reader.identify(outline.raw)) == values(entry)


def check_parts(body, whole, certain):
    """Compare entries read from the cut-down document with those of the whole document."""
    document = parse.load_document(body)
    parts = (certain, certain[::2], certain[1:2], certain[::-1])
    for positions in filter(None, dict.fromkeys(map(tuple, parts))):
        entries = parse.read_entries(body, positions)
        assert entries == tuple(whole.entries[position] for position in positions)
        # it was not necessary to read the whole document instead
        assert document.outlines.agree(document.part(set(positions)))


def check_candidates(whole, short):
    """Compare what entries are recognised by."""
    pairs = zip(candidates("s", whole), candidates("s", short), strict=True)
    for entry, outline in pairs:
        assert RECOGNISED_BY(entry) == RECOGNISED_BY(outline)
