"""The tables of the store, alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    func,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from reblogbot.model import STORM

REVISION = "0011"
"""The newest migration."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, stored as microseconds since 1970: exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The instant as microseconds."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Microseconds as an aware instant."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Plain(TypeDecorator[str]):
    """Text without the characters that a database refuses.

    A source's server can send anything in a header. PostgreSQL refuses NUL, and UTF-8 a surrogate
    without its pair; one such string must not fail the transaction of a whole poll.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text with a question mark in place of each refused character."""
        return None if value is None else value.encode(errors="replace").decode().replace("\0", "?")


# SQLite assigns ids by itself to INTEGER keys only; PostgreSQL needs BIGINT for the range.
BigId = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

source = Table(
    "source",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", Plain, nullable=False, unique=True),
    # The URL that was polled last: another one in the config is a change of address.
    Column("address", Plain, nullable=False),
    Column("address_changed", Integer, nullable=False, default=0),
    Column("title", Plain, nullable=False, default=""),
    Column("etag", Plain, nullable=False, default=""),
    Column("last_modified", Plain, nullable=False, default=""),
    Column("digest", Plain, nullable=False, default=""),
    Column("cursor", Plain, nullable=False, default=""),
    Column("state", Plain, nullable=False, default="new"),
    Column("error", Plain, nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", Instant),
    Column("moved_to", Plain, nullable=False, default=""),
    Column("moved_times", Integer, nullable=False, default=0),
    Column("last_poll_at", Instant),
    Column("last_batch_at", Instant),
    Column("last_batch_size", Integer, nullable=False, default=0),
    Column("due", Instant, nullable=False),
    # A name of `core.schedule.PollReason`.
    Column("due_reason", Plain, nullable=False, default="", server_default=""),
    # The server asked for no polls before this instant.
    Column("asked_until", Instant),
    # The host that is asked, for the limit of polls per host.
    Column("host", Plain, nullable=False, default="", server_default=""),
    # What was learnt of its ids, links and dates (model.evidence.Habits).
    Column("habits", JSON(none_as_null=True)),
    Index(None, "due"),
)

# The sources that a process polls at the moment. In a table of their own leases are near each
# other: a claim of many sources writes few pages.
source_lease = Table(
    "source_lease",
    metadata,
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", Plain, nullable=False),
    Column("until", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# The sources that are being renamed, or were just now (docs/adr/0042).
source_rename = Table(
    "source_rename",
    metadata,
    Column("old_name", Plain, primary_key=True),
    Column("new_name", Plain, nullable=False),
    # The process that renames it: if that is dead and the config unchanged, nothing was renamed.
    Column("owner", Plain, nullable=False),
    Column("begun_at", Instant, nullable=False),
    Column("completed_at", Instant),
)

# The accounts for which a source has been read; for others its next batch is the first one.
route = Table(
    "route",
    metadata,
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("account", Plain, primary_key=True),
    Column("learnt_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

# The keys of the entries that each source has shown.
seen = Table(
    "seen",
    metadata,
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    # The day since 1970 on which the source last showed it. With an instant instead, each poll
    # would have to write all rows.
    Column("shown_on", Integer, nullable=False),
    # Digests of the entry's other traits; NULL for a key of 0.1.0, empty for a page that several
    # entries share.
    Column("evidence", LargeBinary(20)),
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    Column("key", LargeBinary(16), nullable=False),
    # The key of its guid, by which an entry is found whose link was corrected.
    Column("guid_key", LargeBinary(16)),
    Column("guid", Plain, nullable=False, default=""),
    Column("link", Plain, nullable=False, default=""),
    Column("title", Plain, nullable=False, default=""),
    Column("seen_at", Instant, nullable=False),
    # The whole entry, for those that are queued: they may be rendered again.
    Column("content", JSON(none_as_null=True)),
    # 1 while the entry is queued for no account, else NULL, as in rows of before 0010.
    Column("refused", Integer),
    Index(None, "key"),
    Index(None, "guid_key"),
    Index(None, "seen_at"),
)

# What a source brought lately is counted in these indexes alone (docs/adr/0048). They are partial:
# only a query with their condition takes them, and none takes them in place of the one by key.
IS_SEEN = text("entry.seen_at != 0")
"""The condition in the words of the index; true of every entry, and no range to be searched."""
Index("ix_entry_source_seen", entry.c.source_id, entry.c.seen_at, sqlite_where=text("seen_at != 0"))
IS_REFUSED = text("entry.refused = 1")
"""The condition that an entry is queued for no account, in the words of its index."""
# SQLite would look at each row if the index did not have what the condition names.
Index(
    "ix_entry_source_refused",
    entry.c.source_id,
    entry.c.seen_at,
    entry.c.refused,
    sqlite_where=text("refused = 1"),
)

# Why an entry was not queued for an account; account is "" where the source has none.
refusal = Table(
    "refusal",
    metadata,
    Column("entry_id", BigId, ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    Column("account", Plain, primary_key=True),
    Column("reason", Plain, nullable=False),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("account", Plain, nullable=False),
    Column("source", Plain, nullable=False),
    Column("entry_id", BigId, ForeignKey("entry.id", ondelete="SET NULL")),
    Column("identity", LargeBinary(16), nullable=False),
    Column("state", Plain, nullable=False),
    Column("post", JSON, nullable=False),
    Column("due", Instant, nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("score", Float),
    Column("published_at", Instant),
    Column("generation", Integer, key="key_version", nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("negatives", Integer, key="failed_lookups", nullable=False, default=0),
    Column("sent_from", Instant),
    Column("owner", Plain),
    Column("error", Plain, nullable=False, default=""),
    Column("remote_id", Plain, nullable=False, default=""),
    Column("remote_url", Plain, nullable=False, default=""),
    Column("settled_at", Instant),
    # The steps whose results its text lacks, by name with spaces between; NULL for none.
    Column("waits_for", Plain),
    # When these steps are tried next.
    Column("step_at", Instant),
    UniqueConstraint("account", "identity"),
    # State first: open deliveries are found without reading the many settled ones.
    Index("ix_delivery_state_account", "state", "account", "due"),
    Index("ix_delivery_account_queued", "account", "queued_at"),
    Index(None, "entry_id"),
    sqlite_autoincrement=True,
)

# Partial indexes: recording a delivery, which has neither yet, does not write them. The migration
# makes them so on PostgreSQL too; to say it here would import that dialect in every process.
Index(
    "ix_delivery_account_settled",
    delivery.c.account,
    delivery.c.settled_at,
    sqlite_where=delivery.c.settled_at.is_not(None),
)
HAS_REMOTE_ID = text("delivery.remote_id != ''")
"""The condition in the words of the index, by which a database knows that it may use it."""
Index(
    "ix_delivery_account_remote_id",
    delivery.c.account,
    delivery.c.remote_id,
    sqlite_where=text("remote_id != ''"),
)


class is_edit(FunctionElement[bool]):  # noqa: N801 - reads as a function in statements
    """The condition, in the words of its index, that a delivery edits an earlier post."""

    inherit_cache = True


@compiles(is_edit, "sqlite")
def _compile_for_sqlite(*_: Any, **_options: Any) -> str:
    return """instr(delivery.post, '"action": "edit"') > 0"""


@compiles(is_edit, "postgresql")
def _compile_for_postgresql(*_: Any, **_options: Any) -> str:
    # ->> would fail on a text with NUL or half of a surrogate pair, and with it the whole poll
    return """strpos(delivery.post::text, '"action": "edit"') > 0"""


def is_generated_post() -> ColumnElement[bool]:
    """The condition that a delivery counts as a post with generated text: the first of a thread."""
    is_generated = func.coalesce(delivery.c.post["is_generated"].as_boolean(), False)
    return and_(is_generated, func.coalesce(delivery.c.post["part"].as_integer(), 1) == 1)


# As above, for what a source's deliveries became, and for the few of them that are edits.
Index(
    "ix_delivery_source_settled",
    delivery.c.source,
    delivery.c.settled_at,
    delivery.c.state,
    sqlite_where=text("settled_at IS NOT NULL"),
)
Index(
    "ix_delivery_source_edits",
    delivery.c.source,
    delivery.c.settled_at,
    sqlite_where=text("""instr(post, '"action": "edit"') > 0"""),
)

# The few deliveries that wait for steps.
Index("ix_delivery_step_at", delivery.c.step_at, sqlite_where=delivery.c.step_at.is_not(None))

IS_HELD_STORM = (delivery.c.state == "held", delivery.c.error.startswith(STORM))
"""The conditions that a delivery is held because its source brought too many entries at once."""

# The keys under which an account has published or queued something, each once (docs/adr/0025).
published = Table(
    "published",
    metadata,
    Column("account", Plain, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("delivery_id", BigId, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Index(None, "delivery_id"),
    sqlite_with_rowid=False,
)

# The events of a delivery, for `reblogbot why`.
event = Table(
    "event",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("delivery_id", BigId, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("state", Plain, nullable=False),
    Column("note", Plain, nullable=False, default=""),
    Index(None, "delivery_id"),
)

account = Table(
    "account",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("server", Plain, nullable=False, default=""),
    Column("paused_until", Instant),
    Column("cause", Plain, nullable=False, default=""),
    Column("reason", Plain, nullable=False, default=""),
    Column("pauses", Integer, nullable=False, default=0),
    # A digest of the token that was refused; another token ends the pause.
    Column("token_mark", Plain, nullable=False, default=""),
    Column("rate_remaining", Integer),
    Column("limits", JSON(none_as_null=True)),
    Column("lease_owner", Plain),
    Column("lease_until", Instant),
)

# What steps have returned, each once for its exact words (docs/adr/0058).
step_result = Table(
    "step_result",
    metadata,
    # The digest of the words.
    Column("key", LargeBinary(32), primary_key=True),
    Column("step", Plain, nullable=False),
    # The entry that it was first asked about; NULL for one that was only previewed.
    Column("entry_id", BigId, ForeignKey("entry.id", ondelete="CASCADE")),
    # "running", "done" or "failed".
    Column("state", Plain, nullable=False),
    Column("owner", Plain),
    Column("lease_until", Instant),
    Column("attempts", Integer, nullable=False, default=0),
    # When a failed one is tried again; NULL for never.
    Column("due", Instant),
    # The step's settings and key: with others, a failure for good is tried again.
    Column("mark", Plain, nullable=False, default=""),
    Column("slug", Plain, nullable=False, default=""),
    Column("error", Plain, nullable=False, default=""),
    Column("text", Plain, nullable=False, default=""),
    Column("title", Plain, nullable=False, default=""),
    Column("model", Plain, nullable=False, default=""),
    # The templates of the prompt, as they were in the config.
    Column("prompt", Plain, nullable=False, default=""),
    Column("input_size", Integer, nullable=False, default=0),
    Column("tokens_in", Integer),
    Column("tokens_out", Integer),
    Column("cost", Float),
    Column("seconds", Float),
    Column("called_at", Instant, nullable=False),
    Index(None, "entry_id"),
    Index("ix_step_result_step_called", "step", "called_at"),
    sqlite_with_rowid=False,
)

# Every call of a step, for its limit of a day.
step_call = Table(
    "step_call",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("step", Plain, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_step_call_step_at", "step", "at"),
)

# Steps whose service fails: nothing is asked of them for a while.
step = Table(
    "step",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("paused_until", Instant),
    Column("failures", Integer, nullable=False, default=0),
    Column("slug", Plain, nullable=False, default=""),
    Column("reason", Plain, nullable=False, default=""),
    Column("mark", Plain, nullable=False, default=""),
)

# The running daemons.
daemon = Table(
    "daemon",
    metadata,
    Column("owner", Plain, primary_key=True),
    Column("host", Plain, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Plain, nullable=False),
    Column("since", Instant, nullable=False),
    Column("last_round_at", Instant),
    Column("beat_at", Instant, nullable=False),
)

# Switches of the admin; the only one is "stopped".
switch = Table(
    "switch",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("thrown_at", Instant, nullable=False),
    Column("note", Plain, nullable=False, default=""),
)

# The alerts that were sent to the admin, each once per cause and day.
notice = Table(
    "notice",
    metadata,
    Column("cause", Plain, primary_key=True),
    Column("day", Integer, primary_key=True),
)
