"""The message that tells a creator that they stand in the index (GDPR Art. 14), in their language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from string import Template

from sqlalchemy import Connection, select

from storage import tables as t
from storage.forget import NobodyNamed, Whom
from storage.retention import NUMBERS, RAW, SILENT

TEMPLATES = Path(__file__).with_name("notices")
LANGUAGES = tuple(sorted(path.stem for path in TEMPLATES.glob("*.txt")))
SHOWN = 10
"""Addresses named of each kind; the answer to a request of access has all."""


def notice(
    connection: Connection, whom: Whom, controller: str, *, language: str | None = None, recipients: str = ""
) -> str:
    """The message, whole; ``controller``: who runs the index and how to reach them.

    ``language``: one of LANGUAGES, else what they declare, else what they write in, else English. Raises NobodyNamed
    where nothing of them is stored.
    """
    a = t.account.c
    rows = connection.execute(select(t.account).where(a.key.in_(whom.accounts)).order_by(a.first_seen, a.key)).all()
    if not rows:
        raise NobodyNamed("nothing of them is stored, so there is nothing to tell them")
    text = (TEMPLATES / f"{language or _language(connection, whom)}.txt").read_text("utf-8")
    days = {"raw": RAW.days, "numbers": NUMBERS.days, "silent": SILENT.days}
    return (
        Template(text)
        .substitute(
            name=next((name for row in rows for name in (row.owner, row.name) if name), rows[0].url),
            controller=controller,
            recipients=recipients,
            accounts=_some(row.url for row in rows),
            sources=_some(row.source_url for row in rows),
            since=min(row.first_seen for row in rows).date().isoformat(),
            **days,
        )
        .replace(" \n", "\n")
    )


def _language(connection: Connection, whom: Whom) -> str:
    """What most of their accounts declare, else what most of their posts are in, else English."""
    a, p = t.account.c, t.post.c
    declared = connection.scalars(select(a.declared_language).where(a.key.in_(whom.accounts)))
    written = select(p.language).where(p.account.in_(whom.accounts)).limit(500)
    for told in (declared, connection.scalars(written)):
        known: Counter[str] = Counter(one for word in told if word and (one := word.lower()[:2]) in LANGUAGES)
        if known:
            return known.most_common(1)[0][0]
    return "en"


def _some(values: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(values))
    more = f" (+{len(distinct) - SHOWN})" if len(distinct) > SHOWN else ""
    return ", ".join(distinct[:SHOWN]) + more
