"""The database as cases: everything that scores may rest on, creator by creator, a batch in memory at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from index.scores.growth import week_of
from index.scores.model import Case, Seen, Series, Vouch
from storage import tables as t
from storage.identity import alias
from storage.read import PLACES, chunks, creator_of

BATCH = 1000
WINDOW = 100
"""Posts of a creator that are looked at: the newest."""
MOST_VOUCHES = 1000
"""Links by others that are kept of a creator, one for each domain and linking creator."""
START = 600
"""Characters of a post's text that are searched for words."""
VOUCHES = ("blogroll", "mention", "body", "bio")
"""Kinds of link by which one creator names another."""

Span = tuple[int | None, int | None]
account, post, link, observation = t.account, t.post, t.link, t.observation
ACCOUNT: list[Any] = [
    account.c[name] for name in ("key", "platform", "kind", "url", "name", "bio", "status", "details")
]
ACCOUNT += [account.c.last_seen, account.c.extractor]
POST: list[Any] = [
    post.c[name] for name in ("key", "account", "platform", "url", "title", "language", "published_at", "niche")
]
POST += [post.c[name] for name in ("niche_probability", "sponsorship", "findings", "comments", "tags", "extractor")]
POST += [func.substr(func.coalesce(post.c.text, post.c.summary), 1, START).label("start")]
_BARE = frozenset({"key", "account", "platform", "published_at", "comments", "extractor"})
"""What the engagement of a post needs."""
SEEN: list[Any] = [observation.c[name] for name in ("series", "account", "post", "metric", "definition", "extractor")]
SEEN += [observation.c[name] for name in ("first_seen", "last_seen", "value", "low", "high")]


def within(number: ColumnElement[int], span: Span) -> list[ColumnElement[bool]]:
    """The conditions that a creator's id lies in a span."""
    low, high = span
    return ([number > low] if low is not None else []) + ([number <= high] if high is not None else [])


def newest_visit(connection: Connection) -> datetime | None:
    """The week of the newest visit to any account."""
    found = connection.execute(select(account.c.last_seen).order_by(account.c.last_seen.desc()).limit(1)).scalar()
    return week_of(found) if found is not None else None


def cases(
    connection: Connection, only: int | None = None, *, span: Span = (None, None), texts: bool = True
) -> Iterator[list[Case]]:
    """Every creator's case, in batches by creator id, above span[0] up to span[1].

    ``texts`` False leaves out what engagement needs not.
    """
    joined, number = creator_of()
    query = select(number.label("creator"), *ACCOUNT).select_from(joined)
    if only is not None:
        query = query.where(number == only)
    query = query.where(*within(number, span))
    rows = connection.execution_options(yield_per=BATCH).execute(query.order_by(number, account.c.key))
    batch: list[tuple[int, list[Any]]] = []
    for creator, members in groupby(rows, key=lambda row: row.creator):
        batch.append((creator, list(members)))
        if len(batch) == BATCH:
            yield _filled(connection, batch, texts)
            batch = []
    if batch:
        yield _filled(connection, batch, texts)


def _filled(connection: Connection, batch: list[tuple[int, list[Any]]], texts: bool) -> list[Case]:
    owner = {row.key: creator for creator, rows in batch for row in rows}
    keys = sorted(owner)
    posts = _posts(connection, keys, owner, texts)
    series = _series(connection, keys, {row.key for rows in posts.values() for row in rows})
    vouches = _vouches(connection, keys, owner)
    places = _places(connection, keys) if texts else {}
    away = absences(connection, keys)
    made = []
    for creator, rows in batch:
        mine = [one for row in rows for one in series.get(row.key, ())]
        own = posts.get(creator, [])
        case = Case(creator, _as_of(rows, own, mine), rows, own, mine, vouches.get(creator, []))
        case.places = [place for row in rows for place in places.get(row.key, ())]
        case.given["absences"] = [told for row in rows for told in away.get(row.key, ())]
        made.append(case)
    return made


def _as_of(accounts: list[Any], posts: list[Any], series: list[Series]) -> datetime:
    last = max(row.last_seen for row in accounts)
    times = [one.seen[-1].first for one in series] + [p.published_at for p in posts if p.published_at is not None]
    newest: datetime = max([week_of(last), *(when for when in times if when <= last)])
    return newest


def _posts(connection: Connection, keys: Sequence[int], owner: dict[int, int], texts: bool) -> dict[int, list[Any]]:
    """The newest posts of each creator; those dated in the future are left out."""
    rank = func.row_number().over(
        partition_by=post.c.account, order_by=(post.c.published_at.desc().nulls_last(), post.c.key)
    )
    soon = datetime.now(UTC) + timedelta(days=2)
    found: dict[int, list[Any]] = defaultdict(list)
    for chunk in chunks(keys):
        newest = select(post.c.key.label("newest"), rank.label("rank")).where(post.c.account.in_(chunk)).subquery()
        columns = POST if texts else [column for column in POST if column.name in _BARE]
        query = select(*columns).join(newest, newest.c.newest == post.c.key).where(newest.c.rank <= WINDOW)
        for row in connection.execute(query):
            if row.published_at is None or row.published_at < soon:
                found[owner[row.account]].append(row)
    return {creator: order(rows)[:WINDOW] for creator, rows in found.items()}


def order(rows: Iterable[Any]) -> list[Any]:
    """Posts newest first, undated ones last, ties by key."""
    ages = [((0, -row.published_at.timestamp()) if row.published_at else (1, 0.0), row.key, row) for row in rows]
    return [row for *_, row in sorted(ages, key=lambda item: item[:2])]


def _series(connection: Connection, keys: Sequence[int], posts: set[int]) -> dict[int, list[Series]]:
    found: dict[int, list[Series]] = defaultdict(list)
    for chunk in chunks(keys):
        query = select(*SEEN).where(observation.c.account.in_(chunk))
        for one in series_of(connection, query):
            if one.post is None or one.post in posts:
                found[one.account].append(one)
    return found


def series_of(connection: Connection, query: Select[Any]) -> list[Series]:
    """The series of a query on observations, by key; one sighting a time."""
    made: list[Series] = []
    rows = sorted(map(tuple, connection.execute(query)), key=itemgetter(0, 6))
    for key, some in groupby(rows, key=itemgetter(0)):
        seen: dict[datetime, Seen] = {}
        policy = "public"
        for _, account_key, post_key, metric, definition, extractor, first, last, value, low, high in some:  # noqa: B007
            if first not in seen:
                seen[first] = Seen(first, last, value, value if low is None else low, value if high is None else high)
            if extractor.startswith("youtube_api/"):
                policy = "youtube_api"
        made.append(Series(key, account_key, post_key, metric, definition, policy, tuple(seen.values())))
    return made


def _vouches(connection: Connection, keys: Sequence[int], owner: dict[int, int]) -> dict[int, list[Vouch]]:
    found: dict[int, dict[tuple[str, int], Vouch]] = defaultdict(dict)
    for chunk in chunks(keys):
        for row in vouch_rows(connection, alias.c.account.in_(chunk)):
            mine, vouch = owner[row.named], vouch_of(row)
            if vouch.creator != mine:
                found[mine].setdefault((vouch.host, vouch.creator), vouch)
    return {creator: list(some.values())[:MOST_VOUCHES] for creator, some in found.items()}


def vouch_rows(connection: Connection, wanted: ColumnElement[bool]) -> list[Any]:
    """Links of other accounts to addresses of some accounts, by key."""
    joined, number = creator_of()
    query = select(link.c.key, alias.c.account.label("named"), account.c.url, account.c.platform, number.label("by"))
    query = query.select_from(
        joined.join(link, link.c.account == account.c.key).join(alias, alias.c.address == link.c.target)
    )
    query = query.where(wanted, link.c.kind.in_(VOUCHES), alias.c.account != link.c.account)
    return sorted(connection.execute(query), key=lambda row: row.key)


def vouch_of(row: Any) -> Vouch:
    """A voucher's domain: of a site its host, on a platform the account's own address."""
    host = urlsplit(row.url).netloc.removeprefix("www.") if row.platform == "blog" else row.url
    return Vouch(row.key, host, row.by, row.platform)


def _places(connection: Connection, keys: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for chunk in chunks(keys):
        own = and_(link.c.account.in_(chunk), link.c.post.is_(None), link.c.kind.in_(PLACES))
        query = select(link.c.key, link.c.account, link.c.url, link.c.kind).where(own)
        for row in sorted(connection.execute(query), key=lambda row: row.key):
            found[row.account].append(row)
    return found


def absences(connection: Connection, keys: Sequence[int]) -> dict[int, list[tuple[int, str, datetime]]]:
    """(account, status, since) of every stretch in which an account was not simply there."""
    found: dict[int, list[tuple[int, str, datetime]]] = defaultdict(list)
    fact = t.fact.c
    for chunk in chunks(keys):
        query = select(fact.subject, fact.value, fact.first_seen).where(fact.field == "status", fact.subject.in_(chunk))
        for subject, value, since in sorted(connection.execute(query), key=lambda row: (row[0], row[2])):
            if value.strip('"') != "active":
                found[subject].append((subject, value.strip('"'), since))
    return found
