"""What visits to social networks have in common, beyond those to any platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from crawler.social import Threads, load
from crawler.spider import PlatformSpider
from crawler.tables import limit
from storage.records import Account, Extract, Post


class NetworkSpider(PlatformSpider):
    """A spider of accounts whose posts others answer."""

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
