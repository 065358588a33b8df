"""The full-text index over bios and posts: brought up to date by what changed, asked in the language of index.words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    text,
)

from index.words import Both, Node, Not, Phrase, fold
from index.words import Either as Or
from storage.database import reading, writing
from storage.records import key_of
from storage.search import document, take_out, words
from storage.tables import account, post, published_member
from storage.views import in_force

BATCH = 500
CHARACTERS = 50_000
"""So much of a text is indexed."""
_POSITIONS = 16_000
"""PostgreSQL knows no later position of a word."""
_BIO = ("name", "handle", "owner", "bio", "place")
_POST = ("title", "summary", "text", "tags")


def refresh(engine: Engine) -> int:
    """Takes in texts that are new or changed and takes out those that are gone; gives their number."""
    with reading(engine) as connection:
        stale = [*_changed_posts(connection), *_changed_bios(connection)]
        gone = _gone(connection)
    rows = iter(stale)
    while batch := list(islice(rows, BATCH)):
        with writing(engine) as connection:
            _index(connection, batch)
    for start in range(0, len(gone), BATCH):
        with writing(engine) as connection:
            take_out(connection, gone[start : start + BATCH])
    return len(stale) + len(gone)


def _changed_posts(connection: Connection) -> list[tuple[int, int, int]]:
    """(key, account or 0, digest); accounts in order, so that a creator's texts lie together."""
    joined = post.outerjoin(document, document.c.key == post.c.key)
    query = select(post.c.key, post.c.digest).select_from(joined)
    query = query.where(or_(document.c.key.is_(None), document.c.digest != post.c.digest))
    return [(key, 0, digest) for key, digest in connection.execute(query)]


def _changed_bios(connection: Connection) -> Iterator[tuple[int, int, int]]:
    joined = account.outerjoin(document, document.c.key == account.c.key)
    query = select(account.c.key, document.c.digest, *(account.c[name] for name in _BIO)).select_from(joined)
    for key, known, *told in connection.execute(query):
        if (digest := key_of(*(value or "" for value in told))) != known:
            yield key, key, digest


def _gone(connection: Connection) -> list[int]:
    joined = document.outerjoin(post, post.c.key == document.c.key).outerjoin(account, account.c.key == document.c.key)
    query = select(document.c.key).select_from(joined).where(post.c.key.is_(None), account.c.key.is_(None))
    return list(connection.scalars(query))


def _index(connection: Connection, batch: list[tuple[int, int, int]]) -> None:
    digests = {key: digest for key, _, digest in batch}
    take_out(connection, digests)
    found: list[tuple[int, int, list[str]]] = []
    posts = [key for key, owner, _ in batch if not owner]
    if posts:
        query = select(post.c.key, post.c.account, *(post.c[name] for name in _POST)).where(post.c.key.in_(posts))
        found += [(key, owner, _joined(told)) for key, owner, *told in connection.execute(query)]
    bios = [key for key, owner, _ in batch if owner]
    if bios:
        query = select(account.c.key, *(account.c[name] for name in _BIO)).where(account.c.key.in_(bios))
        found += [(key, key, _joined(told)) for key, *told in connection.execute(query)]
    if not found:
        return
    rows = [{"key": key, "account": owner, "digest": digests[key]} for key, owner, _ in found]
    connection.execute(insert(document), rows)
    wanted = select(document.c.key, document.c.id).where(document.c.key.in_([key for key, *_ in found]))
    number = {row.key: row.id for row in connection.execute(wanted)}
    if connection.dialect.name == "postgresql":
        made = [{"id": number[key], "words": _vector(told)} for key, _, told in found]
        connection.execute(text("INSERT INTO search_text VALUES (:id, CAST(:words AS tsvector))"), made)
    else:
        made = [{"id": number[key], "words": " ".join(told)} for key, _, told in found]
        connection.execute(text("INSERT INTO search_text (rowid, words) VALUES (:id, :words)"), made)


def _joined(parts: Iterable[Any]) -> list[str]:
    """The words of some fields; between two fields one that nobody asks for, so that no phrase spans them."""
    told = (" ".join(map(str, part)) if isinstance(part, list) else part for part in parts)
    return [word for part in told if part for word in (*fold(part[:CHARACTERS]), "\ue000")]


def _vector(told: list[str]) -> str:
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(told, 1):
        if place <= _POSITIONS and len(places[word]) < 250:
            places[word].append(place)
    return " ".join(f"'{word}':{','.join(map(str, at))}" if at else f"'{word}'" for word, at in places.items())


def condition(connection: Connection, node: Node, creator: ColumnElement[int], number: int) -> ColumnElement[bool]:
    """Whether the texts of a creator, as published, fulfil a search: each word or phrase in any of their texts."""
    if isinstance(node, Not):
        return not_(condition(connection, node.part, creator, number))
    if isinstance(node, Both):
        return and_(*(condition(connection, part, creator, number) for part in node.parts))
    if isinstance(node, Or):
        phrases = [part for part in node.parts if isinstance(part, Phrase)]
        others = [condition(connection, part, creator, number) for part in node.parts if not isinstance(part, Phrase)]
        asked = [creator.in_(_creators(connection, phrases, number))] if phrases else []
        return or_(false(), *asked, *others)
    return creator.in_(_creators(connection, [node], number))


def _creators(connection: Connection, phrases: list[Phrase], number: int) -> Select[Any]:
    member = published_member
    held = and_(member.c.account == document.c.account, in_force(member, number))
    joined = words.join(document, document.c.id == words.c.rowid).join(member, held)
    return select(member.c.creator).select_from(joined).where(matches(connection, phrases))


def matches(connection: Connection, phrases: list[Phrase]) -> ColumnElement[bool]:
    """Whether a text of the index holds one of these phrases."""
    if connection.dialect.name == "postgresql":
        parts = (" <-> ".join(f"'{word}'" for word in p.words) + (":*" if p.prefix else "") for p in phrases)
        asked, said = " | ".join(f"({part})" for part in parts), "search_text.words @@ CAST(:asked AS tsquery)"
    else:
        asked = " OR ".join(f'"{" ".join(p.words)}"' + ("*" if p.prefix else "") for p in phrases)
        said = "search_text MATCH :asked"
    return text(said).bindparams(bindparam("asked", asked, unique=True))  # type: ignore[return-value]


def holding(connection: Connection, node: Node, creators: list[int], number: int) -> dict[int, list[int]]:
    """The posts (keys, at most three a creator) that hold a word or phrase of the search: its evidence."""
    phrases = list(_phrases(node))
    if not phrases or not creators:
        return {}
    member = published_member
    held = and_(member.c.account == document.c.account, in_force(member, number))
    joined = words.join(document, document.c.id == words.c.rowid).join(member, held)
    query = select(member.c.creator, func.max(document.c.key)).select_from(joined)
    query = query.where(matches(connection, phrases), member.c.creator.in_(creators)).group_by(member.c.creator)
    return {owner: [key] for owner, key in connection.execute(query)}


def _phrases(node: Node) -> Iterator[Phrase]:
    if isinstance(node, Phrase):
        yield node
    elif not isinstance(node, Not):
        for part in node.parts:
            yield from _phrases(part)
