"""The tables, all on one MetaData; migrations/ brings a database to them.

Keys are 63-bit hashes of natural keys (storage.records.key_of), so that rows may arrive in any order and no write waits
for an id. Times are UTC. No foreign key binds a post or link to its account: either may arrive first.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from storage.policy import NEW, VISITED, host_of

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """Aware UTC times: ``timestamptz`` on PostgreSQL; on SQLite text, ``YYYY-MM-DD HH:MM:SS.ffffff``, in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Key = BigInteger().with_variant(Integer(), "sqlite")
Word = Text().with_variant(Text(collation="C"), "postgresql")  # sorts by code point on both databases, as in Python
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
KINDS: dict[str, Any] = {
    "key": Key,  # a hash, made by us
    "serial": Key,  # counted by the database
    **{"text": Text, "word": Word, "int": Integer, "long": BigInteger, "real": Double, "flag": Boolean},
    **{"time": Utc, "day": Date, "bytes": LargeBinary, "json": Json},
}


def columns(told: str) -> tuple[Column[Any], ...]:
    """Columns as ``kind name name, kind name``, a comma or a new line before each kind, comments after ``#``.

    Behind a name, ``=0``: its default; ``*``: part of the primary key; ``!``: never null; ``+``: with its own index.
    """
    parts = [part.split() for line in told.splitlines() for part in line.partition("#")[0].split(",")]
    return tuple(_column(kind, name) for kind, *names in filter(None, parts) for name in names)


def _column(kind: str, told: str) -> Column[Any]:
    name, _, default = told.rstrip("*!+").partition("=")
    shape: Any = {"index": "+" in told or None, "server_default": default or None}
    if "*" in told:
        return Column(name, KINDS[kind], primary_key=True, autoincrement=kind == "serial", **shape)
    return Column(name, KINDS[kind], nullable="!" not in told, **shape)


def table(name: str, told: str, *more: SchemaItem, **options: Any) -> Table:
    """One of our tables: ``columns(told)``, then further columns and indexes."""
    return Table(name, metadata, *columns(told), *more, **options)


def partial(condition: str) -> dict[str, Any]:
    """The options of an index that holds only the rows under a condition."""
    return dict.fromkeys(("sqlite_where", "postgresql_where"), text(condition))


SEEN = "time first_seen! last_seen!, key run, text source_url! extractor!"
"""When a row was first and last seen, by which run last; where and by which reader its content was read."""
DIGEST = "key digest!"
"""A hash of the last record: an unchanged one only moves last_seen and run."""

run = table("run", "serial id*, text platform!, time started_at! finished_at, text outcome, json versions stats")

source = table(  # the frontier: what to visit, when it is due, who holds it
    "source",
    f"""
    key key*, text platform! url! kind!, key account+, text outcome detail lease_by etag last_modified, time due_at+
    int attempts=0!, real rate weight, time lease_until last_seen quarantined_at first_seen!
    key run, text source_url! extractor!, {DIGEST}
    """,
    Column("host", Text, default=lambda made: host_of(made.get_current_parameters()["url"])),
    Column("band", Integer, default=lambda made: NEW if made.get_current_parameters()["kind"] in VISITED else None),
    Column("visits", Json),  # [[day since 1970, was there anything new], ...] where posts have no dates
    Index("ix_source_frontier", "platform", "band", "due_at"),
    Index("ix_source_leased", "lease_until", **partial("lease_until IS NOT NULL")),
)

account = table(
    "account",
    f"""
    key key*, text platform! native_id! url! kind! status!
    text handle name bio owner avatar place declared_language, time created_at, json aliases details, {SEEN}
    """,
    Index("ix_account_url", "url"),
)

post = table(
    "post",
    f"""
    key key* account!, text platform! native_id! url!
    text title author declared_language text summary language niche sponsorship
    time published_at updated_at, day published_on, key images comments
    real language_confidence niche_probability, json tags details findings, {SEEN}, {DIGEST}
    """,
    Index("ix_post_account", "account", "published_at", "language", "niche"),
)

link = table(
    "link",
    f"key key* account!+ post, text platform! url! kind! text target, {SEEN}, {DIGEST}",
    Index("ix_link_target", "target", **partial("target IS NOT NULL"), postgresql_ops={"target": "text_pattern_ops"}),
)

observation = table(  # one row a value and stretch of time; ``until`` is when another value took its place
    "observation",
    """
    key series*, time first_seen*, text source_url*, key account!+, text platform! metric! definition! extractor!
    key value! post low high run, text text, time last_seen! until
    """,
    sqlite_with_rowid=False,
)

fact = table(  # every value that a field of a row ever had; accounts always, other rows once a value was contested
    "fact",
    """
    key subject*, text field*, time first_seen*, text source_url*
    text value! extractor!, time last_seen! until, key run
    """,
    sqlite_with_rowid=False,
)

creator = table("creator", "key id*, text name, time created_at!, json details")
creator_member = table("creator_member", "key account* creator!+, time since!, text reason")
creator_redirect = table("creator_redirect", "key old* new!+, time at!, text reason")

SCORE = """
    key creator*, word name*, real value low high, int n!, text unit label
    json evidence, text formula! formula_hash!, time computed_at!
"""
score = table("score", SCORE)  # the latest value of every score; publication keeps the history

quarantine = table(  # what was refused or mended, and why
    "quarantine",
    """
    key key*, text record! platform! natural_key! reason! field detail source_url extractor
    time first_seen! last_seen!, key run
    """,
)

# The published index. A row is part of publication N when ``since`` <= N < ``until`` (no until: it still stands): a new
# publication is built beside the standing one, unseen, and shown by the one row in ``publication`` that says so.
HOLDS = "int since* until"

publication = table(
    "publication",
    """
    int number*
    text status! built_by!  # status: building, published, refused
    time started_at! beat_at! published_at, json counts
    """,
)

published_creator = table(
    "published_creator",
    f"""
    key creator*, {HOLDS}, int accounts! posts! first_publication!, time first_post_at last_post_at
    text name language niche, real language_share niche_share, json platforms urls languages niches links
    """,
    *(Index(f"ix_published_creator_{name}", name) for name in ("last_post_at", "posts")),
    *(Index(f"ix_published_creator_{name}", name, "last_post_at") for name in ("niche", "language")),
    Index("ix_published_creator_niche_language", "niche", "language", "last_post_at"),
    Index("ix_published_creator_niche_posts", "niche", "posts"),
)

published_member = table("published_member", f"key account*, {HOLDS}, key creator!+")

published_score = table("published_score", f"{SCORE}, {HOLDS}", Index("ix_published_score_name", "name", "value"))

change = table(  # what a publication changed
    "change",
    """
    int publication*, key creator*
    text change!  # added, changed, merged, split, removed
    key other, json fields
    """,
)

data_test = table("data_test", "int publication*, text view* column* test* severity!, key failed! rows!, time ran_at!")
