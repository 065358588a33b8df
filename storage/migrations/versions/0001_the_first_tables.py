"""The first tables: what a crawl stores, and what a publication shows of it."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Index

from storage.tables import columns, partial

revision = "0001"
down_revision = None

SEEN = "time first_seen! last_seen!, key run, text source_url! extractor!"
HOLDS = "int since* until"
SCORE = (
    "key creator*, word name*, real value low high, int n!, text unit, json evidence, text formula!, time computed_at!"
)
TABLES = {
    "run": "serial id*, text platform!, time started_at! finished_at, text outcome, json versions stats",
    "source": """
        key key*, text platform! url! kind!, key account+, text outcome detail, time due_at+ lease_until, text lease_by
        int attempts=0!, real rate weight, text etag last_modified, time first_seen! last_seen
        key run, text source_url! extractor!, key digest!
    """,
    "account": f"""
        key key*, text platform! native_id! url! kind! status!
        text handle name bio owner avatar place declared_language, time created_at, json aliases details, {SEEN}
    """,
    "post": f"""
        key key* account!, text platform! native_id! url!
        text title author declared_language text summary language niche sponsorship
        time published_at updated_at, day published_on, key images comments, real language_confidence niche_probability
        json tags details findings, {SEEN}, key digest!
    """,
    "link": f"key key* account!+ post, text platform! url! kind! text target, {SEEN}, key digest!",
    "observation": """
        key series*, time first_seen*, text source_url*, key account!+ post
        text platform! metric! definition! extractor!, key value! low high run, text text, time last_seen! until
    """,
    "fact": """
        key subject*, text field*, time first_seen*, text source_url* value! extractor!, time last_seen! until, key run
    """,
    "creator": "key id*, text name, time created_at!, json details",
    "creator_member": "key account* creator!+, time since!, text reason",
    "creator_redirect": "key old* new!+, time at!, text reason",
    "score": SCORE,
    "quarantine": """
        key key*, text record! platform! natural_key! reason! field detail source_url extractor
        time first_seen! last_seen!, key run
    """,
    "publication": "int number*, text status! built_by!, time started_at! beat_at! published_at, json counts",
    "published_creator": f"""
        key creator*, {HOLDS}, text name, int accounts! posts! first_publication!, time first_post_at last_post_at
        text language niche, real language_share niche_share, json platforms urls languages niches links
    """,
    "published_member": f"key account*, {HOLDS}, key creator!+",
    "published_score": f"{SCORE}, {HOLDS}",
    "change": "int publication*, key creator*, text change!, key other, json fields",
    "data_test": "int publication*, text view* column* test* severity!, key failed! rows!, time ran_at!",
}
MORE: dict[str, tuple[Any, ...]] = {
    "account": (Index("ix_account_url", "url"),),
    "post": (Index("ix_post_account", "account", "published_at", "language", "niche"),),
    "link": (Index("ix_link_target", "target", **partial("target IS NOT NULL")),),
    "published_creator": (
        Index("ix_published_creator_last_post_at", "last_post_at"),
        Index("ix_published_creator_posts", "posts"),
        Index("ix_published_creator_niche", "niche", "last_post_at"),
        Index("ix_published_creator_niche_language", "niche", "language", "last_post_at"),
        Index("ix_published_creator_niche_posts", "niche", "posts"),
        Index("ix_published_creator_language", "language", "last_post_at"),
    ),
    "published_score": (Index("ix_published_score_name", "name", "value"),),
}


def upgrade() -> None:
    for name, told in TABLES.items():
        apart = {"sqlite_with_rowid": False} if name in ("observation", "fact") else {}
        op.create_table(name, *columns(told), *MORE.get(name, ()), **apart)


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
