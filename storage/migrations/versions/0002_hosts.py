"""What is remembered about hosts, and the log of requests."""

from __future__ import annotations

from alembic import op

from storage.tables import columns

revision = "0002"
down_revision = "0001"

TABLES = {
    "host": "text host*, int failures!, real not_before! last_at! crawl_delay",
    "host_day": "text host* day*, int requests!, long bytes!, int not_modified! refusals! errors!, real least_gap",
    "robots": "text origin* state! sha, real fetched_at!",
    "robots_body": "text sha*, bytes body!",
    "validator": "key url_key*, text etag modified, real seen_at! fresh_until!",
    "request_log": """
        serial id*, text run!+ host! url! purpose!, real at!+ ended!, int status!, long bytes!, real owed! rest_until!
        int used! budget!, text robots ip
    """,
}


def upgrade() -> None:
    for name, told in TABLES.items():
        op.create_table(name, *columns(told))


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
