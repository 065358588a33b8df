"""The Bluesky spider: profiles 25 at a time from the public AppView, then each account's document, feed and threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.health import count_health
from crawler.page import Page
from crawler.platforms.bluesky import urls
from crawler.platforms.bluesky.extract import EXTRACTOR, claimed_handle, extract, repliers
from crawler.seeds import Seed, SeedsUnreadable
from crawler.social import Threads, dig, load
from crawler.spider import PlatformSpider, all_of, page_of
from storage.records import Account, Extract, Record, Source

INTENTS = "org.user-intents.declaration"
OUTCOMES = {
    "no_unauthenticated": "the account asks not to be shown to those who are not logged in",
    "opted_out": "the profile says (#nobot, #noindex ...) that it wants to be left out",
    "suspended": "Bluesky took the account down",
    "bot": "a bot, not a person",
    "labeler": "a labelling service, not a person",
    "gone": "there is no such account any more",
    "deactivated": "its owner switched the account off; looked at again later",
    "not_understood": "no account could be read from the answer (see scrapy health)",
}


class BlueskySpider(PlatformSpider):
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

    async def start(self) -> AsyncIterator[Any]:
        """As every spider, but profiles are asked for in batches."""
        try:
            async for some in self.seeds():
                batch: list[Seed] = []
                for seed in self.good(some):
                    if "getFollows" in seed.url:
                        yield self.asking_for(seed)
                    else:
                        batch.append(seed)
                for start in range(0, len(batch), urls.limit("batch")):
                    yield self.asking(batch[start : start + urls.limit("batch")])
        except SeedsUnreadable as problem:
            self.crawler.stats.set_value("grapevine/problem", str(problem))

    def asking(self, seeds: list[Seed]) -> Request:
        url = urls.xrpc(self.appview, "app.bsky.actor.getProfiles", actors=[urls.actor_of(seed.url) for seed in seeds])
        return Request(url, self.batch, errback=self.batch_failed, cb_kwargs={"seeds": seeds})

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

    async def batch_failed(self, failure: Failure) -> AsyncIterator[Record]:
        request: Request = failure.request  # type: ignore[attr-defined]
        assert failure.value is not None
        page = Page(url=request.url, body=b"", status=0, fetched_at=self.moment())
        for seed in request.cb_kwargs["seeds"]:
            for record in self.broken_off(seed, page, failure.value):
                yield record

    async def visit(self, page: Page, seed: Seed) -> AsyncIterator[Record]:
        """Those whom an account follows, each visited."""
        listed = extract(page)
        outcome = "ok" if page.status == 200 and listed.refused is None else outcome_of(listed, page)
        yield self.told(page, seed.url, "seed", outcome)
        people = [one.account.native_id for one in listed.more if one.account and one.refused is None]
        people = [one for one in people if not self.left_out(one)]  # one would close the whole batch
        people, size = people[: urls.limit("follows")], urls.limit("batch")
        for start in range(0, len(people), size):
            url = urls.xrpc(self.appview, "app.bsky.actor.getProfiles", actors=people[start : start + size])
            answer = await self.fetch(url)
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
        outcome = outcome_of(found, page)
        account = found.account if found.refused is None else None
        if account:
            url = urls.visit_address(account.native_id, self.appview)
        yield self.told(page, url, kind, outcome, account)
        if account is None:
            return
        if outcome == "ok":
            await self.prove(account)
            await self.feed(found, account)
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
        """Counts of who answers; nobody's name is kept."""
        threads = Threads()
        answered = [post for post in found.posts if post.comments and not post.details.get("reply")]
        for post in answered[: urls.limit("threads")]:
            answer = await self.fetch(
                urls.xrpc(self.appview, "app.bsky.feed.getPostThread", uri=post.native_id, depth=6), fleeting=True
            )
            if answer and answer.status == 200:
                threads.add(repliers(load(answer)), account.native_id)
        found.observations += threads.observations(account)

    def told(self, page: Page, url: str, kind: str, outcome: str, account: Account | None = None) -> Source:
        detail = OUTCOMES.get(outcome, "the server answered with an error; tried again later")
        native = account.native_id if account else None
        return self.source(page, url, outcome, None if outcome == "ok" else detail, kind=kind, account=native)


def _names(found: Extract) -> Iterator[str]:
    if found.account:
        yield found.account.native_id
        if found.account.handle:
            yield found.account.handle


def outcome_of(found: Extract, page: Page) -> str:
    """How a visit to an account went, in a word."""
    if found.refused:
        return found.refused
    if found.account:
        return "ok" if found.account.status == "active" else found.account.status
    return "not_understood" if page.status == 200 else f"http_{page.status}"
