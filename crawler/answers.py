"""What answers of the network come to: a page for the readers, or a word and a sentence for what went wrong."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.page import ARCHIVE_DATE, Page, now
from crawler.tables import table
from storage.records import Extract, Record

WELL = ("ok", "unchanged")
"""Outcomes of a source that are no failure."""


def page_of(response: Response) -> Page:
    """The response as a plain value for the extractors."""
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    shown = headers.pop(ARCHIVE_DATE.lower(), None)
    return Page(
        url=response.url,
        body=response.body,
        headers=headers,
        status=response.status,
        fetched_at=datetime.fromisoformat(shown) if shown else now(),
        flags=frozenset(response.flags),
    )


def all_of(found: Extract) -> Iterator[Record]:
    """The records of an extract: its account first, then what hangs on it."""
    if found.account:
        yield found.account
    yield from found.posts
    yield from found.links
    yield from found.observations


def failure_of(error: BaseException) -> tuple[str, str]:
    """The outcome word and the sentence for what went wrong with a request (table: outcomes.toml)."""
    name = type(error).__name__
    if isinstance(error, IgnoreRequest):
        name = "RedirectLoop" if "max redirections" in str(error) else name
        name = "TooMuch" if "DOWNLOAD_MAXSIZE" in str(error) else name
    word, sentence = table("outcomes")["exceptions"].get(name, ("error", f"{name}; see the log"))
    return word, sentence


def outcome_of(found: Extract, page: Page, gone: Container[int] = (404, 410)) -> str:
    """How a visit to an account went, in a word; ``gone``: the statuses that say so of the account itself."""
    if found.refused:
        return found.refused
    if found.account:
        return "ok" if found.account.status == "active" else found.account.status
    if page.status in gone:
        return "gone"
    return "not_understood" if page.status == 200 else f"http_{page.status}"
