"""What is remembered about hosts, and the log of requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.tables import Key

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "host",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("last_at", sa.Double(), nullable=False),
        sa.Column("crawl_delay", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_host")),
    )
    op.create_table(
        "host_day",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("not_modified", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("least_gap", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("host", "day", name=op.f("pk_host_day")),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sha", sa.Text(), nullable=True),
        sa.Column("fetched_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_robots")),
    )
    op.create_table(
        "robots_body",
        sa.Column("sha", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha", name=op.f("pk_robots_body")),
    )
    op.create_table(
        "validator",
        sa.Column("url_key", Key, autoincrement=False, nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("fresh_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_validator")),
    )
    op.create_table(
        "request_log",
        sa.Column("id", Key, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("owed", sa.Double(), nullable=False),
        sa.Column("rest_until", sa.Double(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("robots", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_log")),
    )
    op.create_index(op.f("ix_request_log_run"), "request_log", ["run"], unique=False)
    op.create_index(op.f("ix_request_log_at"), "request_log", ["at"], unique=False)


def downgrade() -> None:
    for table in ("request_log", "validator", "robots_body", "robots", "host_day", "host"):
        op.drop_table(table)
