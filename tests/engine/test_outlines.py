"""Feeds read by outlines leave the store as feeds of which every entry is read whole."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from xml.sax.saxutils import escape

import pytest
from sqlalchemy import select

from feed_histories import STEP, News, batch, every_style
from harness import Bot, accepted_posts
from reblogbot.sources.feed.source import FeedSource
from reblogbot.store import schema

POLLS = 8
OWN_COLUMNS = {"remote_id", "remote_url", "owner"}
"""Columns whose values are another for each bot."""


class WholeSource:
    """A feed source that has no outlines."""

    def __init__(self, source):
        self.poll = source.poll


@pytest.fixture
def whole_bot(bot, tmp_path, clock, feeds, shared):
    """A bot in a folder of its own that reads every entry whole."""
    folder = tmp_path / "whole"
    folder.mkdir()

    def make_runtime(edges, config, store):
        runtime = edges.runtime(config, store)
        poller = runtime.engine._poller
        make_source = poller._make_source
        poller._make_source = lambda settings: WholeSource(make_source(settings))
        return runtime

    bot = Bot(folder, clock, feeds, shared)
    bot.open_worker = partial(bot.open_worker, make_runtime)
    return bot


def rss(batch):
    """The batch as an RSS document."""
    items = "".join(_item(entry) for entry in batch.entries)
    return f'<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


def _item(entry):
    is_permalink = "true" if entry.is_permalink else "false"
    date = f"{entry.published_at:%a, %d %b %Y %H:%M:%S +0000}" if entry.published_at else ""
    parts = {
        "<title>": entry.title,
        "<link>": entry.link,
        f'<guid isPermaLink="{is_permalink}">': entry.guid,
        "<description>": entry.summary,
        "<pubDate>": date,
    }
    written = "".join(
        f"{tag}{escape(text)}</{tag[1:].rstrip('>').split()[0]}>"
        for tag, text in parts.items()
        if text
    )
    return f"<item>{written}</item>"


def rows(bot):
    """All rows of the store that polls write, without what differs between any two bots."""
    contents = {}
    with bot.store() as store, store._database.read() as connection:
        for table in (
            schema.source, schema.route, schema.seen, schema.entry, schema.refusal,
            schema.delivery, schema.published, schema.event,
        ):  # fmt: skip
            columns = [column for column in table.columns if column.name not in OWN_COLUMNS]
            rows = connection.execute(select(*columns)).all()
            contents[table.name] = sorted(map(repr, rows))
    return contents


def test_a_store_is_the_same_whether_entries_were_outlined_or_read_whole(
    bot, whole_bot, feeds, sandbox, clock, monkeypatch
):
    styles = every_style()
    polls = _worlds(styles, clock.now())
    sources = {
        name: {"url": feeds.url(f"/{name}"), "first": first, "review": number % 3 != 0}
        for number, (name, first) in enumerate(zip(styles, ["none", 2] * len(styles), strict=False))
    }
    outlined = []
    outline = FeedSource.outline

    async def noted(self, known):
        result = await outline(self, known)
        outlined.extend(
            entry for entry in result.batch.entries if entry.outline_position is not None
        )
        return result

    monkeypatch.setattr(FeedSource, "outline", noted)
    for each in (bot, whole_bot):
        token = sandbox.add_account(f"news{each is bot}", bot=True)
        each.configure(sources, {"news": (sandbox, token)})
    for documents in polls:
        for name, document in documents.items():
            feeds.show(f"/{name}", document)
        for each in (bot, whole_bot):
            each.sync()
        assert rows(bot) == rows(whole_bot)
        clock.advance(seconds=STEP.total_seconds())
    assert len(outlined) > 100
    assert len(accepted_posts(sandbox, "newsTrue")) > 30


def _worlds(styles, start):
    """For each poll the documents by name: news arrive, and some entries are edited."""
    for poll in range(POLLS):
        documents = {}
        for name, style in styles.items():
            count = 3 + (poll * 3 + len(name)) % 7 + poll
            news = [
                News(number + 1, start - STEP * (40 - number) + timedelta(seconds=number))
                for number in range(count)
            ]
            shown = batch(news, replace(style, window=8), poll)
            entries = tuple(
                replace(entry, summary=f"{entry.summary} corrected in {poll}")
                if style.has_text and position == poll % 8
                else entry
                for position, entry in enumerate(shown.entries)
            )
            documents[name] = rss(replace(shown, entries=entries))
        yield documents
