"""The tables of the store, alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
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
)

REVISION = "0007"
"""The newest migration; a test holds it against the migrations themselves."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as whole microseconds since 1970: exact and alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """The instant as microseconds."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Microseconds as an aware instant."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Plain(TypeDecorator[str]):
    """Text as every database takes it.

    A source's server can put anything into a header: PostgreSQL refuses NUL, UTF-8 a
    surrogate without its partner, and one such string must not cost the whole round.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text with a question mark for what cannot be kept."""
        return None if value is None else value.encode(errors="replace").decode().replace("\0", "?")


# SQLite numbers rows by itself only for INTEGER; PostgreSQL wants the width
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
    # what is polled, so that a changed url is noticed
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
    # why then: a name of `core.schedule.Reason`
    Column("due_reason", Plain, nullable=False, default="", server_default=""),
    # before this the server asked not to be polled
    Column("asked_until", Instant),
    Column("lease_owner", Plain),
    Column("lease_until", Instant),
    # who is asked there, for being polite to them: a host, or what stands for one
    Column("host", Plain, nullable=False, default="", server_default=""),
    # what was learnt of its ids, links and dates (evidence.Habits)
    Column("habits", JSON(none_as_null=True)),
    Index(None, "due"),
)
# small, and all that is asked of it: who is being polled at the moment
Index(
    "ix_source_leased",
    source.c.host,
    sqlite_where=source.c.lease_owner.is_not(None),
    postgresql_where=source.c.lease_owner.is_not(None),
)

# which accounts a source has been learnt for: the others stand at first sight
route = Table(
    "route",
    metadata,
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("account", Plain, primary_key=True),
    Column("learnt_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

seen = Table(
    "seen",
    metadata,
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    # day since 1970 on which the source last showed it: coarse, so that a poll rarely writes it
    Column("shown_on", Integer, nullable=False),
    # digests of the entry's other traits; NULL for a key of 0.1.0, empty for a page that several
    # entries share
    Column("evidence", LargeBinary(20)),
    sqlite_with_rowid=False,
)

entry = Table(
    "entry",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("source_id", BigId, ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    Column("key", LargeBinary(16), nullable=False),
    # the key of its id, by which an entry is found whose link was corrected
    Column("guid_key", LargeBinary(16)),
    Column("guid", Plain, nullable=False, default=""),
    Column("link", Plain, nullable=False, default=""),
    Column("title", Plain, nullable=False, default=""),
    Column("seen_at", Instant, nullable=False),
    # the whole entry, kept where it may be rendered anew
    Column("content", JSON(none_as_null=True)),
    Index(None, "key"),
    Index(None, "guid_key"),
    Index(None, "seen_at"),
)

# why an entry was not queued for an account ("" where for none)
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
    UniqueConstraint("account", "identity"),
    # the state first: what is open is found without a look at the many that are settled
    Index("ix_delivery_state_account", "state", "account", "due"),
    Index("ix_delivery_account_settled", "account", "settled_at"),
    Index("ix_delivery_account_queued", "account", "queued_at"),
    Index(None, "entry_id"),
    sqlite_autoincrement=True,
)

# every key under which an account has, or will have, published something: once each
published = Table(
    "published",
    metadata,
    Column("account", Plain, primary_key=True),
    Column("key", LargeBinary(16), primary_key=True),
    Column("delivery_id", BigId, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Index(None, "delivery_id"),
    sqlite_with_rowid=False,
)

# what befell a delivery, for `why`
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
    # a digest of the token that was refused: another token ends the pause
    Column("token_mark", Plain, nullable=False, default=""),
    Column("rate_remaining", Integer),
    Column("limits", JSON(none_as_null=True)),
    Column("lease_owner", Plain),
    Column("lease_until", Instant),
)

# the daemons at work on this store, each with a row of its own
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

# switches an admin throws: "stopped"
switch = Table(
    "switch",
    metadata,
    Column("name", Plain, primary_key=True),
    Column("thrown_at", Instant, nullable=False),
    Column("note", Plain, nullable=False, default=""),
)

# what the admin was told, once per cause and day
notice = Table(
    "notice",
    metadata,
    Column("cause", Plain, primary_key=True),
    Column("day", Integer, primary_key=True),
)
