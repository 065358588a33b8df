"""A creator's own word in ``/.well-known/grapevine.json``: leave me out, this is my name, you may write to me.

Documented for creators in docs/own-voice.md. The file speaks for its own origin alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crawler.page import Page
from storage.addresses import canonical_url
from storage.records import Account, Link, Record

PATH = "/.well-known/grapevine.json"
EXTRACTOR = "voice/1"
LARGEST, LONGEST, MOST = 64 * 1024, 200, 50
"""Bytes of a file, characters of a word in it, entries of a list: what is beyond is not read."""


@dataclass(slots=True, frozen=True)
class Voice:
    """What an origin's file says."""

    opt_out: bool = False
    name: str | None = None
    language: str | None = None
    niches: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    """Addresses of other accounts of the same person; each must link back before it counts."""
    contact: str | None = None
    """An address for offers: its publication in this file is the consent."""
    no_brands: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=())
    """Keys that could not be read; the rest counts all the same."""


def origin_of(url: str) -> str:
    """Scheme and host (with port) of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def read_voice(page: Page) -> Voice | None:
    """The file's word, or None where there is none: no file, no JSON object, or not one that speaks to grapevine."""
    if page.status != 200 or len(page.body) > LARGEST:
        return None
    try:
        said = json.loads(page.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    problems: list[str] = []

    def word(key: str) -> str | None:
        value = said.get(key)
        if value is None or (isinstance(value, str) and 0 < len(value.strip()) <= LONGEST):
            return value and str(value).strip()
        problems.append(key)
        return None

    def words(key: str) -> tuple[str, ...]:
        value = said.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= LONGEST for one in value):
            problems.append(key)
            return ()
        return tuple(value[:MOST])

    opt_out = said.get("opt_out", False)
    if not isinstance(opt_out, bool):
        problems.append("opt_out")  # whoever wrote something there did not mean: index me
    accounts = tuple(url for url in map(canonical_url, words("accounts")) if url)
    return Voice(
        opt_out=opt_out is not False,
        name=word("name"),
        language=word("language"),
        niches=words("niches"),
        accounts=accounts,
        contact=word("contact"),
        no_brands=words("no_brands"),
        problems=tuple(problems),
    )


def records(voice: Voice, account: Account, page: Page) -> Iterator[Record]:
    """What the file adds to the account of its own origin, each with the file as its source."""
    base = page.provenance(account.platform, EXTRACTOR)
    told = {"own_niches": list(voice.niches), "no_brands": list(voice.no_brands), "contact_opt_in": voice.contact}
    details = {name: value for name, value in told.items() if value}
    if voice.name or voice.language or details:
        yield Account(
            native_id=account.native_id,
            url=account.url,
            kind=account.kind,
            owner=voice.name,
            declared_language=voice.language,
            details=details,
            **base,
        )
    for url in voice.accounts:
        yield Link(account_id=account.native_id, url=url, kind="me", **base)
