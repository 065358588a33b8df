"""The full-text index over bios and posts: brought up to date by what changed, asked in the language of index.words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    and_,
    bindparam,
    cast,
    false,
    func,
    insert,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from index.words import Both, Node, Not, Phrase, fold
from index.words import Either as Or
from storage.database import reading, writing
from storage.read import chunks, where_in
from storage.records import key_of
from storage.search import block, document, take_out_blocks, words
from storage.tables import account, post, published_member
from storage.views import in_force

BATCH = 500
CHARACTERS = 50_000
"""So much of a text is indexed."""
WORDS = 2_000
"""A block holds so many words of an account's texts (PostgreSQL keeps 255 places of a word), or one longer text."""
MATCHED = 3
_LOOK = 5
_BLOCKS = 10_000
"""So many blocks are asked about at once (PostgreSQL takes 65,535 parameters a statement)."""
_POSITIONS = 16_000
"""PostgreSQL knows no later position of a word."""
_BIO = ("name", "handle", "owner", "bio", "place")
_POST = ("title", "summary", "text", "tags")
Changes = dict[int, int | None]
"""Key of a text -> its digest; None: it is gone."""


def refresh(engine: Engine) -> int:
    """Takes in texts that are new or changed and takes out those that are gone; gives their number."""
    with reading(engine) as connection:
        changed = [*_changed_posts(connection), *_changed_bios(connection), *_gone(connection)]
    changed.sort(key=itemgetter(0))  # accounts in order: what is read together lies together
    for some in chunks(changed, BATCH):
        batch: dict[int, Changes] = defaultdict(dict)
        for owner, key, new in some:
            batch[owner][key] = new
        with writing(engine) as connection:
            _renew(connection, batch)
    return len(changed)


def _changed_posts(connection: Connection) -> Iterator[tuple[int, int, int | None]]:
    joined = post.outerjoin(document, document.c.key == post.c.key)
    query = select(post.c.account, post.c.key, post.c.digest).select_from(joined)
    query = query.where(or_(document.c.key.is_(None), document.c.digest != post.c.digest))
    yield from ((row.account, row.key, row.digest) for row in connection.execute(query))


def _changed_bios(connection: Connection) -> Iterator[tuple[int, int, int | None]]:
    joined = account.outerjoin(document, document.c.key == account.c.key)
    query = select(account.c.key, document.c.digest, *(account.c[name] for name in _BIO)).select_from(joined)
    for key, known, *told in connection.execute(query):
        if (digest := key_of(*(value or "" for value in told))) != known:
            yield key, key, digest


def _gone(connection: Connection) -> Iterator[tuple[int, int, int | None]]:
    joined = document.outerjoin(post, post.c.key == document.c.key).outerjoin(account, account.c.key == document.c.key)
    query = select(document.c.account, document.c.key).select_from(joined)
    for owner, key in connection.execute(query.where(post.c.key.is_(None), account.c.key.is_(None))):
        yield owner, key, None


def _renew(connection: Connection, changes: dict[int, Changes]) -> None:
    """Writes anew the blocks in which something changed, and the last of each account, which takes what is new."""
    known: dict[int, list[Any]] = defaultdict(list)
    last = select(func.max(block.c.id)).where(block.c.account.in_(list(changes))).group_by(block.c.account)
    d, keys = document.c, [key for some in changes.values() for key in some]
    touched = set(connection.scalars(last)) | set(connection.scalars(select(d.block).where(d.key.in_(keys))))
    for row in connection.execute(select(document).where(d.block.in_(touched))):
        known[row.account].append(row)
    for owner, rows in known.items():
        changes[owner] = {row.key: row.digest for row in rows} | changes.get(owner, {})  # a post may change its account
    take_out_blocks(connection, list(touched))
    texts = dict(_texts(connection, [key for some in changes.values() for key in some]))
    number = connection.execute(select(func.coalesce(func.max(block.c.id), 0))).scalar_one()
    postgresql = connection.dialect.name == "postgresql"
    blocks, documents, held = [], [], []
    for owner, some in changes.items():
        there = [key for key, new in some.items() if new is not None and texts.get(key, (0, []))[0] == owner]
        for part in _packed(there, texts):
            number += 1
            blocks.append({"id": number, "account": owner})
            documents += [{"key": key, "account": owner, "block": number, "digest": some[key]} for key in part]
            told = [word for key in part for word in texts[key][1]]
            held.append({"id": number, "words": _vector(told) if postgresql else " ".join(told)})
    if held:
        connection.execute(insert(block), blocks)
        connection.execute(insert(document), documents)
        put = "INSERT INTO search_text (rowid, words) VALUES (:id, :words)"
        connection.execute(text(put.replace(":words", "CAST(:words AS tsvector)") if postgresql else put), held)


def _texts(connection: Connection, keys: list[int]) -> Iterator[tuple[int, tuple[int, list[str]]]]:
    """(key, (account, words)) of those of these posts and accounts that are there."""
    for some in chunks(keys, BATCH):
        query = select(post.c.key, post.c.account, *(post.c[name] for name in _POST)).where(post.c.key.in_(some))
        yield from ((key, (owner, _joined(told))) for key, owner, *told in connection.execute(query))
        query = select(account.c.key, *(account.c[name] for name in _BIO)).where(account.c.key.in_(some))
        yield from ((key, (key, _joined(told))) for key, *told in connection.execute(query))


def _packed(keys: list[int], texts: dict[int, tuple[int, list[str]]]) -> Iterator[list[int]]:
    """The texts in blocks."""
    part: list[int] = []
    room = WORDS
    for key in keys:
        size = len(texts[key][1])
        if part and size > room:
            yield part
            part, room = [], WORDS
        part.append(key)
        room -= size
    if part:
        yield part


def _joined(parts: Iterable[Any]) -> list[str]:
    """The words of some fields; between two fields one that nobody asks for, so that no phrase spans them."""
    told = (" ".join(map(str, part)) if isinstance(part, list) else part for part in parts)
    return [word for part in told if part for word in (*fold(part[:CHARACTERS]), "\ue000")]


def _vector(told: list[str]) -> str:
    places: dict[str, list[int]] = defaultdict(list)
    for place, word in enumerate(told, 1):
        at = places[word]
        if place <= _POSITIONS and len(at) < 250:
            at.append(place)
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
    member, rows = published_member, _rows(connection, phrases)
    held = and_(member.c.account == block.c.account, in_force(member, number))
    joined = rows.join(block, block.c.id == rows.c.rowid).join(member, held)
    return select(member.c.creator).select_from(joined)


def _rows(connection: Connection, phrases: list[Phrase]) -> FromClause:
    if connection.dialect.name == "sqlite":
        return select(words.c.rowid).where(_matches(connection, phrases)).subquery()
    return func.search_rows(cast(_asked(connection, phrases), TSQUERY)).table_valued("rowid").render_derived()


def _asked(connection: Connection, phrases: list[Phrase]) -> str:
    """Any of these phrases, in the database's own language."""
    if connection.dialect.name == "sqlite":
        return " OR ".join(f'"{" ".join(p.words)}"' + ("*" if p.prefix else "") for p in phrases)
    parts = (" <-> ".join(f"'{word}'" for word in p.words) + (":*" if p.prefix else "") for p in phrases)
    return " | ".join(f"({part})" for part in parts)


def _matches(connection: Connection, phrases: list[Phrase]) -> ColumnElement[bool]:
    sqlite = connection.dialect.name == "sqlite"
    said = text("search_text MATCH :asked" if sqlite else "search_text.words @@ CAST(:asked AS tsquery)")
    return said.bindparams(bindparam("asked", _asked(connection, phrases), unique=True))  # type: ignore[return-value]


def holding(connection: Connection, node: Node, creators: list[int], number: int) -> dict[int, list[int]]:
    """The texts that hold a word or phrase of the search, at most three a creator: the newest posts, then bios (keys of
    posts and accounts)."""
    phrases, found = list(_phrases(node)), defaultdict[int, list[int]](list)
    if not phrases or not creators:
        return {}
    member, keys = published_member, document.c.key
    held = and_(member.c.account == document.c.account, in_force(member, number), member.c.creator.in_(creators))
    blocks = connection.scalars(select(document.c.block).join(member, held).distinct())
    row = (
        words.c.rowid if connection.dialect.name == "postgresql" else words.c.rowid + 0
    )  # FTS5 reads a word's rows once
    matching = select(words.c.rowid).where(_matches(connection, phrases))
    said = [one for some in chunks(blocks, _BLOCKS) for one in connection.scalars(matching.where(row.in_(some)))]
    joined = document.join(member, held).outerjoin(post, post.c.key == keys)
    query = select(member.c.creator, keys, post.c.published_at).select_from(joined)
    newest = sorted(where_in(connection, query, document.c.block, said), key=_newest)
    theirs: dict[int, list[int]] = defaultdict(list)
    for creator, key, _ in newest:
        theirs[creator].append(key)
    asked = [f" {' '.join(one.words)}{'' if one.prefix else ' '}" for one in phrases]
    while theirs:
        texts = dict(_texts(connection, [key for some in theirs.values() for key in some[:_LOOK]]))
        for creator, some in theirs.items():
            told = ((key, f" {' '.join(texts[key][1])} ") for key in some[:_LOOK] if key in texts)
            found[creator] += [key for key, text in told if any(one in text for one in asked)]
        theirs = {one: some[_LOOK:] for one, some in theirs.items() if some[_LOOK:] and len(found[one]) < MATCHED}
    return {creator: some[:MATCHED] for creator, some in found.items() if some}


def _newest(row: Any) -> tuple[bool, float, int]:
    """Sorts (creator, key, time) by time, the newest first; bios and posts without one last."""
    _, key, at = row
    return at is None, -at.timestamp() if at else 0.0, key


def _phrases(node: Node) -> Iterator[Phrase]:
    if isinstance(node, Phrase):
        yield node
    elif not isinstance(node, Not):
        for part in node.parts:
            yield from _phrases(part)
