"""A store with a thousand sources and a million deliveries, filled at once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reblogbot.store import open_store

_MICROS = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ACCOUNTS = ("news", "science")
STORM = 500
"""How many deliveries a storm holds."""
WAITING = 400

# A delivery every two minutes before now, of each source in turn. The last ones wait or are held,
# of the others one in fifty was skipped and one in five hundred given up.
_FILL = """
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (
    SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
    SELECT i, :now - (:count - i) * 120000000 AS at, i % :sources AS source FROM n;
INSERT INTO source (id, name, address, address_changed, title, etag, last_modified, digest, cursor,
    state, error, failures, moved_to, moved_times, last_poll_at, last_batch_at, last_batch_size,
    due)
    SELECT i, 'source-' || i, 'https://source-' || i || '.example/feed.xml', 0, 'Source ' || i, '',
    '', '', '', CASE i % 50 WHEN 0 THEN 'retry_later' ELSE 'ok' END,
    CASE i % 50 WHEN 0 THEN 'HTTP 503' ELSE '' END, CASE i % 50 WHEN 0 THEN 3 ELSE 0 END, '', 0,
    :now, :now, 35, :now + 900000000 FROM n WHERE i <= :sources;
INSERT INTO account (name, server, cause, reason, pauses, token_mark) VALUES
    ('news', 'https://social.example', '', '', 0, ''),
    ('science', 'https://science.example', '', '', 0, '');
INSERT INTO entry (id, source_id, key, guid_key, guid, link, title, seen_at, content)
    SELECT i, source + 1, CAST(printf('%016d', i) AS BLOB), CAST(printf('g%015d', i) AS BLOB),
    'https://source-' || (source + 1) || '.example/?p=' || i,
    'https://source-' || (source + 1) || '.example/2026/06/an-article-of-the-usual-length-' || i,
    'A title of the usual length, as newspapers write it, ' || i, at,
    json_object('title', 'A title of the usual length, as newspapers write it, ' || i,
        'link', 'https://source-' || (source + 1)
            || '.example/2026/06/an-article-of-the-usual-length-' || i,
        'summary', :summary) FROM n;
INSERT INTO refusal SELECT i, 'news', 'filtered: exclude' FROM n WHERE i % 10 = 3;
INSERT INTO delivery (id, account, source, entry_id, identity, state, post, due, queued_at,
    generation, attempts, negatives, error, remote_id, remote_url, settled_at, sent_from)
    SELECT i, CASE i % 3 WHEN 0 THEN 'science' ELSE 'news' END, 'source-' || (source + 1), i,
    CAST(printf('%016d', i) AS BLOB), state,
    json_object('action', 'post', 'text', 'A title of the usual length, as newspapers write it, '
        || i || char(10) || 'https://source-' || (source + 1)
        || '.example/2026/06/an-article-of-the-usual-length-' || i || char(10) || '#news #science',
        'link', 'https://source-' || (source + 1)
        || '.example/2026/06/an-article-of-the-usual-length-' || i, 'length', 140), at, at, 0, 1, 0,
    CASE state WHEN 'dead' THEN 'HTTP 422: Validation failed' WHEN 'held' THEN 'review'
        WHEN 'skipped' THEN 'skipped by the admin' ELSE '' END,
    CASE state WHEN 'sent' THEN 'r' || i ELSE '' END,
    CASE state WHEN 'sent' THEN 'https://social.example/@news/r' || i ELSE '' END,
    CASE WHEN state IN ('sent', 'skipped', 'dead') THEN at END,
    CASE state WHEN 'sent' THEN at END
    FROM (SELECT *, CASE WHEN i > :count - :waiting THEN iif(i % 4, 'queued', 'held')
        WHEN i % 50 = 7 THEN 'skipped' WHEN i % 500 = 9 THEN 'dead' ELSE 'sent' END AS state
        FROM n);
UPDATE delivery SET state = 'held', source = 'source-7', account = 'news', settled_at = NULL,
    error = 'storm: ' || :storm || ' new entries in one poll, max_per_poll = 50', remote_id = '',
    remote_url = '', queued_at = :now - 3600000000, due = :now - 3600000000
    WHERE id BETWEEN :count - :waiting - :storm + 1 AND :count - :waiting;
INSERT INTO published SELECT 'news', CAST(printf('%016d', i) AS BLOB), i FROM n;
INSERT INTO event (delivery_id, at, state, note)
    SELECT i, at, 'queued', '' FROM n UNION ALL SELECT i, at, 'sent', '' FROM n;
"""


def fill(path: Path, now: datetime, *, sources: int = 1000, deliveries: int = 1_000_000) -> str:
    """Make a store whose last delivery was queued just now, and return its URL."""
    url = f"sqlite:///{path}"
    open_store(url, "bench", now)[0].close()
    raw = sqlite3.connect(path, isolation_level=None)
    values = {
        "count": deliveries,
        "now": (now - _EPOCH) // _MICROS,
        "sources": sources,
        "storm": min(STORM, deliveries // 4),
        "waiting": min(WAITING, deliveries // 4),
        "summary": "A few words of the article that the feed has shown. " * 6,
    }
    # the store is disposable, so writes need not be synchronous
    raw.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN")
    for statement in filter(str.strip, _FILL.split(";\n")):
        raw.execute(statement, values)
    raw.execute("COMMIT")
    raw.close()
    return url


def write_config(path: Path, url: str, *, sources: int = 1000) -> None:
    """Write a config with the sources and accounts of the store."""
    lines = [f'[store]\nurl = "{url}"']
    for name in ACCOUNTS:
        host = "social" if name == "news" else name
        lines.append(f'[accounts.{name}]\nserver = "https://{host}.example"\ntoken_env = "NONE"')
    lines += [
        f'[sources.source-{number}]\nkind = "feed"\nto = ["news"]\n'
        f'url = "https://source-{number}.example/feed.xml"'
        for number in range(1, sources + 1)
    ]
    path.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
