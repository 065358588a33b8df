"""First stage: what is of somebody who asked to be left out, or leads to them, or of a minor, goes no further."""

from __future__ import annotations

import csv
import re
import unicodedata
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.politeness.leftout import LeftOut
from crawler.social import opted_out
from storage.records import Account, Record, Source, key_of

UNDER_AGE = "1[0-7]|[6-9]"
"""Ages that a person states of themselves (numbers of a child below six are about somebody else)."""


def _listed(name: str, column: str) -> list[str]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as lines:
        return [row[column] for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


@cache
def _ages() -> re.Pattern[str]:
    patterns = (pattern.replace("{age}", UNDER_AGE) for pattern in _listed("minors.tsv", "pattern"))
    return re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)


@cache
def _schools() -> re.Pattern[str]:
    return re.compile("|".join(map(translate, _listed("schools.tsv", "host"))))


def is_school(url: str) -> bool:
    """Whether an address is on a host that belongs to a school for minors (schools.tsv), by its name alone."""
    try:
        host = (urlsplit(url if "//" in url else f"//{url}").hostname or "").rstrip(".")
    except ValueError:
        return False
    return bool(_schools().match(f".{host}"))


def is_minor(text: str | None) -> bool:
    """Whether somebody says of themselves, in a profile's words, that they are under 18."""
    return bool(text and _ages().search(unicodedata.normalize("NFKC", text[:2000]).replace("’", "'")))


def refusal(account: Account) -> str | None:
    """Why an account may not be stored, by its own words or its host: ``opted_out``, ``minor``, or None."""
    if opted_out(account.name, account.bio):
        return "opted_out"
    return "minor" if is_minor(account.bio) or is_school(account.url) else None


_refused: WeakKeyDictionary[Crawler, dict[int, str]] = WeakKeyDictionary()


def refused(crawler: Crawler) -> dict[int, str]:
    """Keys of the accounts of a crawl whose own words refuse -> reason."""
    return _refused.setdefault(crawler, {})


class Suppress:
    """Thin over ``storage.suppression.Suppressor.covers``; the writer asks once more, in its transaction.

    The store stage deletes what is left of those whose own words refuse.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.left_out = LeftOut.of(crawler)
        self.refused = refused(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Record) -> Record:
        if self.left_out.suppressor.covers(item):
            self._drop(item, "suppressed")
        if isinstance(item, Account) and (why := refusal(item)):
            self.refused[item.key] = why
        owner = item.native_id if isinstance(item, Account) else getattr(item, "account_id", None)
        why = self.refused.get(key_of(item.platform, owner)) if owner else None
        if why and isinstance(item, Source):
            item.account_id, item.outcome, item.detail = None, why, "its owner's own words ask for it"
        elif why:
            self._drop(item, why)
        return item

    def _drop(self, item: Record, why: str) -> None:
        self.left_out.stats.inc_value(f"grapevine/suppress/{type(item).__name__.lower()}")
        raise DropItem(why)
