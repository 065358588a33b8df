"""The fediverse spider: an account at its home server, by Mastodon's API where there is one, else by ActivityPub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from crawler.answers import all_of, outcome_of
from crawler.health import count_health
from crawler.network import NetworkSpider
from crawler.page import Page
from crawler.platforms.fediverse import urls
from crawler.platforms.fediverse.extract import EXTRACTOR, actor_address, extract
from crawler.platforms.fediverse.rules import server_forbids
from crawler.seeds import Seed
from crawler.social import dig, items, load
from crawler.voice import origin_of
from storage.database import reading
from storage.read import newest_post
from storage.records import Account, Extract, Post, Record

LONGEST = 1000
"""Characters of an account's address; more is no address."""
SETTLED = timedelta(days=14)
"""From then on a post's numbers hardly change: a refresh reads younger posts again, and what came since."""


class FediverseSpider(NetworkSpider):
    """Accounts by handle or address; a hashtag's page stands for those who write under it."""

    name = "fediverse"
    platform = "fediverse"
    extractor = EXTRACTOR
    custom_settings = {  # noqa: RUF012 - Scrapy's own way
        "DEFAULT_REQUEST_HEADERS": {"Accept": "application/activity+json, application/json;q=0.9, */*;q=0.1"},
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.servers: dict[str, bool] = {}
        """Origin -> do its rules let us in."""

    def address(self, text: str) -> str:
        return urls.visit_address(text)

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        if "/api/v1/timelines/tag/" not in seed.url:
            async for record in self.account(page, seed.url, "seed"):
                yield record
            return
        found = extract(page)
        accounts = [one.account for one in [found, *found.more] if one.account and one.refused is None]
        listed = page.status == 200 and isinstance(load(page), list)
        yield self.told(page, seed.url, "ok" if listed else outcome_of(found, page))
        accounts = [one for one in accounts if not self.left_out(one.url)][: urls.limit("tag_accounts")]
        people = {one.url: to for one in accounts if (to := onward(one.url))}
        self.found_at(seed.url, people)
        for address in people.values():
            if answer := await self.fetch(address):
                async for record in self.account(answer, address, "profile"):
                    yield record

    async def account(self, page: Page, seed: str, kind: str, moves: int = 0) -> AsyncIterator[Record]:
        """The records of one account, from its WebFinger answer (or its actor document) on."""
        profile, found = await self.profile(page)
        count_health(self, found)
        outcome = outcome_of(found, profile)
        if outcome in ("ok", "moved") and not await self.welcome(profile.url):
            outcome = "server_rules"
        kept = found.account if outcome in ("ok", "moved") else None
        yield self.told(profile, seed, outcome, kept, kind=kind)
        moved = found.account and found.account.details.get("moved_to")
        if isinstance(moved, str) and moves < urls.limit("moves") and outcome != "server_rules":
            address = onward(moved)
            answer = await self.fetch(address) if address else None
            if address and answer:
                async for record in self.account(answer, address, "profile", moves + 1):
                    yield record
        if kept:
            if outcome == "ok":
                await self.posts(found)
                local = kept.details.get("local_id")
                if local and not kept.details.get("hide_collections"):
                    address = urls.following_address(origin_of(kept.source_url), str(local))
                    await self.add_follows(found, address, extract)
            for record in all_of(found):
                yield record

    async def profile(self, page: Page) -> tuple[Page, Extract]:
        """The account at its home server: by Mastodon's API, else its actor document."""
        if urlsplit(page.url).path != "/.well-known/webfinger":
            return page, extract(page)
        actor, handle = actor_address(page)
        if page.status != 200 or actor is None or handle is None:
            return page, Extract(refused="no_actor" if page.status == 200 else None)
        answer = await self.fetch(urls.lookup_address(origin_of(actor), handle.partition("@")[0]))
        found = extract(answer) if answer and answer.status == 200 else Extract()
        if answer is None or found.account is None:
            answer = await self.fetch(actor)
            found = extract(answer) if answer and answer.status in (200, 410) else Extract()
        if found.account:
            found.account.handle = handle
            found.account.aliases = list(dict.fromkeys([*found.account.aliases, f"@{handle}"]))
        return answer or page, found

    async def welcome(self, url: str) -> bool:
        """Do the server's rules let crawlers in? Asked once a run; a server without a list has no such rule."""
        origin = origin_of(url)
        if origin not in self.servers:
            self.servers[origin] = True
            answer = await self.fetch(f"{origin}/api/v2/instance")
            self.servers[origin] = not (answer and answer.status == 200 and server_forbids(load(answer)))
        return self.servers[origin]

    async def posts(self, found: Extract) -> None:
        """Adds the account's newest posts, and how its threads are answered."""
        account = found.account
        assert account is not None
        origin, local = origin_of(account.source_url), account.details.get("local_id")
        if local and account.details.get("indexable") is True:
            address = urls.statuses_address(origin, str(local), self.known_until(account))
            await self.pages(found, address, urls.limit("status_pages"))
            await self.threads(found, account, origin)
        elif isinstance(outbox := account.details.pop("outbox", None), str):
            await self.pages(found, outbox, urls.limit("outbox_pages") + 1)

    def known_until(self, account: Account) -> str | None:
        """The server's id of the newest post whose numbers are settled; a replay asks as a first visit does."""
        if self.settings.get("REPLAY"):
            return None
        with reading(self.engine) as connection:
            post = newest_post(connection, self.platform, account.native_id, self.moment() - SETTLED)
        return str(post["details"].get("local_id") or "") or None if post else None

    async def pages(self, found: Extract, url: str | None, most: int) -> None:
        account = found.account
        for _ in range(most):
            answer = await self.fetch(url) if url else None
            if answer is None or answer.status != 200 or account is None:
                return
            more, data = extract(answer), load(answer)
            if more.refused:
                return
            mine = {post.native_id for post in more.posts if post.account_id == account.native_id}
            found.posts += [post for post in more.posts if post.native_id in mine]
            found.links += [one for one in more.links if one.post_id in mine or one.kind == "boost"]
            found.observations += [o for o in more.observations if o.post_id in mine]
            found.unparsed += more.unparsed
            first = dig(data, "first") if "orderedItems" not in (data if isinstance(data, dict) else {}) else None
            onward = first or dig(data, "next") or dig(first, "next")
            url = onward if isinstance(onward, str) else urls.next_page(answer.headers.get("link"))
            if url and origin_of(url) != origin_of(answer.url):
                return

    async def threads(self, found: Extract, account: Account, origin: str) -> None:
        def below(post: Post) -> str | None:
            local = post.details.get("local_id")
            return urls.context_address(origin, str(local)) if local else None

        def people(answer: Any) -> Iterator[str]:
            return (str(dig(one, "account", "id")) for one in items(dig(answer, "descendants")))

        await self.count_threads(found, account, str(account.details["local_id"]), below, people)


def onward(url: str) -> str | None:
    """Where to visit an account that an answer names; servers may name anything."""
    try:
        return urls.visit_address(url.encode().decode()) if len(url) <= LONGEST else None
    except ValueError:  # no account, or no text
        return None
