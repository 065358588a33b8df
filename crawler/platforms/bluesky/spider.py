"""The Bluesky spider: profiles 25 at a time from the public AppView, then each account's document, feed and threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from scrapy import Request
from scrapy.http import Response

from crawler.answers import all_of, outcome_of, page_of
from crawler.health import count_health
from crawler.network import NetworkSpider
from crawler.page import Page
from crawler.platforms.bluesky import urls
from crawler.platforms.bluesky.extract import EXTRACTOR, claimed_handle, extract, repliers
from crawler.seeds import Seed
from crawler.social import batched, dig, load
from storage.records import Account, Extract, Post, Record

INTENTS = "org.user-intents.declaration"


class BlueskySpider(NetworkSpider):
    """Accounts by handle, DID or address; ``.../follows`` stands for those whom an account follows."""

    name = "bluesky"
    platform = "bluesky"
    extractor = EXTRACTOR
    custom_settings = {  # noqa: RUF012 - Scrapy's own way
        "DEFAULT_REQUEST_HEADERS": {"Accept": "application/json, */*;q=0.1"},
        "HOST_BUDGETS": urls.table()["budgets"],
    }

    @property
    def appview(self) -> str:
        return str(self.settings.get("BLUESKY_APPVIEW") or urls.table()["api"]["appview"])

    def address(self, text: str) -> str:
        return urls.visit_address(text, self.appview)

    def asking(self, seeds: list[Seed]) -> Iterator[Request]:
        """Profiles are asked for in batches."""
        alone = [seed for seed in seeds if "getFollows" in seed.url]
        yield from map(self.asking_for, alone)
        for some in batched([seed for seed in seeds if seed not in alone], urls.limit("batch")):
            url = self.profiles([urls.actor_of(seed.url) for seed in some])
            yield Request(url, self.batch, errback=self.unreachable, cb_kwargs={"seeds": some})

    def profiles(self, actors: list[str]) -> str:
        return urls.xrpc(self.appview, "app.bsky.actor.getProfiles", actors=actors)

    async def batch(self, response: Response, seeds: list[Seed]) -> AsyncIterator[Record]:
        """Each profile of a batch; who is missing there is asked for alone, for the error tells why."""
        page = page_of(response)
        found = {name: one for one in extract(page).more for name in _names(one)} if page.status == 200 else {}
        for seed in seeds:
            self.count("crawl/visited")
            one, told = found.get(urls.actor_of(seed.url)), page
            if one is None:
                told = await self.fetch(seed.url) or Page(url=seed.url, body=b"", status=0, fetched_at=page.fetched_at)
                one = extract(told)
            async for record in self.whole(self.account(one, told, seed.url, "seed"), told, seed):
                yield record

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """Those whom an account follows, each visited."""
        listed = extract(page)
        outcome = "ok" if page.status == 200 and listed.refused is None else outcome_of(listed, page, gone=())
        yield self.told(page, seed.url, outcome)
        people = [one.account.native_id for one in listed.more if one.account and one.refused is None]
        people = [one for one in people if not self.left_out(one)]  # one would close the whole batch
        people = people[: urls.limit("follows")]
        self.found_at(seed.url, {one: urls.visit_address(one, self.appview) for one in people})
        for actors in batched(people, urls.limit("batch")):
            answer = await self.fetch(self.profiles(actors))
            for one in extract(answer).more if answer and answer.status == 200 else ():
                assert answer is not None
                assert one.account is not None
                address = urls.visit_address(one.account.native_id, self.appview)
                async for record in self.account(one, answer, address, "profile"):
                    yield record

    async def account(self, found: Extract, page: Page, url: str, kind: str) -> AsyncIterator[Record]:
        """The records of one account: what its profile says, its document proves and its feed holds.

        Known from then on by its DID: a handle may change hands.
        """
        count_health(self, found)
        outcome = outcome_of(found, page, gone=())
        account = found.account if found.refused is None else None
        if account:
            url = urls.visit_address(account.native_id, self.appview)
        yield self.told(page, url, outcome, account, kind=kind)
        if account is None:
            return
        if outcome == "ok":
            await self.prove(account)
            await self.feed(found, account)
            follows = urls.xrpc(self.appview, "app.bsky.graph.getFollows", actor=account.native_id, limit=100)
            await self.add_follows(found, follows, extract)
        for record in all_of(found):
            yield record

    async def prove(self, account: Account) -> None:
        """The handle stays where the DID's document and the handle's own host agree; the owner's wishes are noted."""
        directory = str(self.settings.get("BLUESKY_DIRECTORY") or urls.table()["api"]["directory"])
        address = urls.did_address(account.native_id, directory)
        answer = await self.fetch(address) if address else None
        document = load(answer) if answer and answer.status == 200 else None
        if dig(document, "id") != account.native_id:
            return
        if account.handle:
            claimed = claimed_handle(document) == account.handle
            resolved = await self.fetch(
                urls.xrpc(self.appview, "com.atproto.identity.resolveHandle", handle=account.handle)
            )
            answered = resolved is not None and resolved.status in (200, 400)
            named = dig(load(resolved), "did") == account.native_id if resolved and answered else None
            account.details["handle_proven"] = claimed and named is True
            if not claimed or named is False:
                account.details["handle_claimed"] = account.handle
                account.handle, account.aliases = None, []
        said = extract(answer).account if answer else None
        if said and isinstance(pds := said.details.get("pds"), str) and pds.startswith(("https://", "http://")):
            wishes = urls.xrpc(
                pds, "com.atproto.repo.getRecord", repo=account.native_id, collection=INTENTS, rkey="self"
            )
            told = await self.fetch(wishes)
            declared = dig(load(told), "value") if told and told.status == 200 else None
            bulk = dig(declared, "bulkDataset", "allow")
            if declared is not None:
                account.details["bulk_dataset"] = "allow" if bulk is True else "disallow"

    async def feed(self, found: Extract, account: Account) -> None:
        cursor = ""
        query: dict[str, str | int | list[str]] = {"actor": account.native_id, "limit": 100}
        for _ in range(urls.limit("feed_pages")):
            more = query | ({"cursor": cursor} if cursor else {})
            answer = await self.fetch(urls.xrpc(self.appview, "app.bsky.feed.getAuthorFeed", **more))
            if answer is None or answer.status != 200:
                break
            page = extract(answer)
            found.posts += [post for post in page.posts if post.account_id == account.native_id]
            found.links += [link for link in page.links if link.account_id == account.native_id]
            found.observations += [o for o in page.observations if o.account_id == account.native_id]
            found.unparsed += page.unparsed
            cursor = str(dig(load(answer), "cursor") or "")
            if not cursor:
                break
        await self.threads(found, account)

    async def threads(self, found: Extract, account: Account) -> None:
        def below(post: Post) -> str:
            return urls.xrpc(self.appview, "app.bsky.feed.getPostThread", uri=post.native_id, depth=6)

        await self.count_threads(found, account, account.native_id, below, repliers)


def _names(found: Extract) -> Iterator[str]:
    if found.account:
        yield found.account.native_id
        if found.account.handle:
            yield found.account.handle
