"""What visits to social networks have in common, beyond those to any platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from crawler.page import Page
from crawler.social import Threads, load
from crawler.spider import PlatformSpider
from crawler.tables import limit
from storage.database import connect, reading, writing
from storage.discovery import follows_read, is_admitted, keep_listed
from storage.records import Account, Extract, Link, Post
from storage.suppression import names

FOLLOWS_LAST = timedelta(days=28)
"""Whom an account follows changes slowly: until then a refresh does not ask again."""


class NetworkSpider(PlatformSpider):
    """A spider of accounts whose posts others answer, and who follow others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The database, for what a visit must know of earlier ones."""
        if self._engine is None:
            self._engine = connect(self.settings.get("GRAPEVINE_DATABASE_URL") or None)
        return self._engine

    def closed(self, reason: str) -> None:
        super().closed(reason)
        if self._engine is not None:
            self._engine.dispose()

    def found_at(self, listing: str, people: dict[str, str]) -> None:
        """Keeps how those whom a listing names (address of an account -> of its visit) were found, if discovery did."""
        if self.settings.get("REPLAY"):
            return
        with reading(self.engine) as connection:
            admitted = is_admitted(connection, self.platform, listing)
        if admitted:
            named = {next(iter(names(url)), url): visit for url, visit in people.items()}  # as they can be forgotten by
            with writing(self.engine) as connection:
                keep_listed(connection, self.platform, listing, named, self.moment())

    async def add_follows(self, found: Extract, url: str, read: Callable[[Page], Extract]) -> None:
        """Adds links to whom the account follows, those who let themselves be found; only where discovery is wished.

        Of the followed nothing but the address is kept, and no archive keeps the answer. A list that is hidden,
        refused or empty is no failure.
        """
        account = found.account
        if account is None or not self.settings.get("GRAPEVINE_WISHES"):
            return
        if any(one.metric == "following" and one.value == 0 for one in found.observations):
            return
        if not self.settings.get("REPLAY"):
            with reading(self.engine) as connection:
                known = follows_read(connection, self.platform, account.native_id)
            if known and self.moment() - known < FOLLOWS_LAST:
                return
        answer = await self.fetch(url, fleeting=True, optional=True)
        if answer is None or answer.status != 200:
            return
        listed = read(answer)
        people = [one.account for one in (listed, *listed.more) if one.account and one.refused is None]
        origin = answer.provenance(self.platform, self.extractor)
        found.links += [
            Link(**origin, account_id=account.native_id, url=one.url, kind="follow")
            for one in people
            if one.native_id != account.native_id and one.status == "active" and not self.left_out(one.url)
        ]

    async def count_threads(
        self,
        found: Extract,
        account: Account,
        author: str,
        below: Callable[[Post], str | None],
        people: Callable[[Any], Iterable[str]],
    ) -> None:
        """Adds counts of who answers the author; nobody's name is kept.

        ``below``: where a post's answers are; ``people``: the ids of those who wrote them.
        """
        threads = Threads()
        answered = (below(post) for post in found.posts if post.comments and not post.details.get("reply"))
        for address in [address for address in answered if address][: limit(self.platform, "threads")]:
            answer = await self.fetch(address, fleeting=True)
            if answer and answer.status == 200:
                threads.add(people(load(answer)), author)
        found.observations += threads.observations(account)
