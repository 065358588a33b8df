"""Invented people and their accounts, stored as a crawl stores them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from pipelines.identity.stage import CanonicalAddresses
from pipelines.identity.touched import resolve_touched
from storage.database import reading, writing
from storage.records import Account, Link, Record
from storage.tables import creator_member, creator_redirect
from storage.write import Writer

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def account(platform: str, native_id: str, url: str, name: str = "", when: float = 0, **more: object) -> Account:
    given = {"handle": None, **more}
    return Account(
        platform=platform,
        native_id=native_id,
        url=url,
        name=name or None,
        source_url=url,
        fetched_at=day(when),
        extractor="test/1",
        **given,  # type: ignore[arg-type]
    )


def link(by: Account, to: str | Account, kind: str = "profile", when: float | None = None) -> Link:
    return Link(
        platform=by.platform,
        account_id=by.native_id,
        url=to if isinstance(to, str) else to.url,
        kind=kind,
        source_url=by.url,
        fetched_at=by.fetched_at if when is None else day(when),
        extractor="test/1",
    )


def blog(host: str, name: str = "", when: float = 0, **more: object) -> Account:
    return account("blog", host, f"https://{host}/", name, when, **more)


def channel(number: int, name: str = "", when: float = 0, **more: object) -> Account:
    id_ = f"UC{number:022d}"
    return account("youtube", id_, f"https://www.youtube.com/channel/{id_}", name, when, **more)


def toot(user: str, name: str = "", when: float = 0, host: str = "toots.example", **more: object) -> Account:
    return account("mastodon", f"{user}@{host}", f"https://{host}/@{user}", name, when, handle=f"{user}@{host}", **more)


def store(engine: Engine, *records: Record, when: float = 0, resolve: bool = True) -> int:
    """Stores records as the pipeline does; gives how many memberships changed."""
    stage = CanonicalAddresses()
    writer = Writer(engine)
    for record in records:
        asyncio.run(stage.process_item(record))
        writer.add(record)
    writer.flush()
    if not resolve:
        return 0
    with writing(engine) as connection:
        return resolve_touched(connection, writer.touched, now=day(when))


def creator_of(engine: Engine, one: Account) -> int:
    with reading(engine) as connection:
        query = select(creator_member.c.creator).where(creator_member.c.account == one.key)
        return int(connection.scalars(query).first() or one.key)


def together(engine: Engine, *accounts: Account) -> bool:
    return len({creator_of(engine, one) for one in accounts}) == 1


def members(engine: Engine) -> dict[int, int]:
    with reading(engine) as connection:
        return {row.account: row.creator for row in connection.execute(select(creator_member))}


def redirects(engine: Engine) -> dict[int, int]:
    with reading(engine) as connection:
        return {row.old: row.new for row in connection.execute(select(creator_redirect))}


def partition(clusters: Iterable[Iterable[int]]) -> set[frozenset[int]]:
    return {frozenset(cluster) for cluster in clusters}
