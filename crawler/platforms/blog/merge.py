"""The pages of one visit as one account: facts merged in a fixed order, ids settled last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any

from crawler.page import Page
from crawler.platforms.blog.extract import EXTRACTOR, extract
from crawler.platforms.blog.urls import fold, home_key, page_kind, root_of, same_host, same_site
from storage.records import Account, Extract, Link, Observation, Post, Record, Source

ORDER = ("home", "feed", "json", "about", "contact", "blogroll", "post", "list")
"""Whose word on the account counts first."""
_FACTS = ("name", "bio", "owner", "avatar", "place", "declared_language")


@dataclass(slots=True)
class Visit:
    """What a visit has read so far; ``records`` is what it comes to."""

    read: list[tuple[str, Page, Extract]] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    """Posts that a feed names and the server no longer has, or that may not be stored."""

    def add(self, kind: str, page: Page) -> Extract:
        """Reads a page as of ``kind``; a page that was read as something else is read anew."""
        found = extract(page, kind)
        self.read = [row for row in self.read if row[1] is not page] + [(kind, page, found)]
        return found

    def source(self, page: Page, kind: str, outcome: str, detail: str | None = None, url: str | None = None) -> None:
        base = page.provenance("blog", EXTRACTOR)
        self.sources.append(Source(url=url or page.url, kind=kind, outcome=outcome, detail=detail, **base))

    def pages(self, *kinds: str) -> list[Page]:
        return [page for kind, page, _ in self.read if kind in kinds]

    @property
    def feed(self) -> Extract | None:
        return next((found for kind, _, found in self.read if kind in ("feed", "json") and found.account), None)

    @property
    def home(self) -> str:
        """The blog's home: what the feed calls its site, if that lies on the site visited; else the home read."""
        seen = [*self.pages("home"), *(p for kind, p, _ in self.read if kind not in ("feed", "json"))]
        told = self.feed.account.url if self.feed and self.feed.account else None
        if told and (not seen or same_site(told, seen[0].url)):
            return told
        first = seen[0].url if seen else self.read[0][1].url
        return first if self.pages("home") else root_of(first)

    @property
    def posts(self) -> list[Post]:
        """Posts of the visit, each once: the feed's, completed by their pages."""
        kept: dict[str, Post] = {}
        for _, _, found in self._ordered():
            for post in found.posts:
                known = kept.get(post.native_id) or next((p for p in kept.values() if p.url == post.source_url), None)
                kept[known.native_id if known else post.native_id] = completed(known, post) if known else post
        # Hugo's home feed holds every page: those about the owner bear no date and are no posts.
        alive = (post for post in kept.values() if post.url not in self.dead)
        return [post for post in alive if post.published_at or not page_kind(post.url)]

    def _ordered(self) -> list[tuple[str, Page, Extract]]:
        return sorted((row for row in self.read if row[2].account), key=lambda row: ORDER.index(row[0]))

    def records(self) -> Iterator[Record]:
        """Everything to store, under one account's id; what has no post (a parked domain, a shop) is no blog."""
        posts = self.posts
        rows = self._ordered() if posts else []
        account = self._account([found.account for _, _, found in rows if found.account], posts) if rows else None
        if account:
            yield account
            rest = list(self._rest(account, posts))
            yield from (replace(p, account_id=account.native_id, details=p.details | led(p, rest)) for p in posts)
            yield from rest
        yield from (replace(source, account_id=account.native_id if account else None) for source in self.sources)

    def _rest(self, account: Account, posts: list[Post]) -> Iterator[Link | Observation]:
        """Links and observations, each once; those of a post's page under the id that the feed gave the post."""
        ids = {post.native_id: post.native_id for post in posts} | {post.url: post.native_id for post in posts}
        seen: set[tuple[Any, ...]] = set()
        told: list[Link | Observation] = []
        for _, _, found in self._ordered():
            told += [*found.links, *found.observations]
        for record in told:
            of = record.post_id and (ids.get(record.post_id) or ids.get(record.source_url))
            key = (record.url, record.kind, of) if isinstance(record, Link) else (record.metric, of)
            own = isinstance(record, Link) and same_host(record.url, account.url)
            if key not in seen and not own and (of or not record.post_id):
                seen.add(key)
                yield replace(record, account_id=account.native_id, post_id=of)

    def _account(self, accounts: list[Account], posts: list[Post]) -> Account:
        facts: dict[str, Any] = {name: next((v for a in accounts if (v := getattr(a, name))), None) for name in _FACTS}
        details: dict[str, Any] = {}
        for name, value in (item for account in accounts for item in account.details.items()):
            known = details.setdefault(name, value)
            if isinstance(known, list) and isinstance(value, list):
                details[name] = list(dict.fromkeys([*known, *value]))
        authors = [p.author for p in posts if p.author]
        alone = len(authors) > 2 and len(set(authors)) == 1
        if alone and not facts["owner"] and fold(authors[0]) != fold(facts["name"] or ""):
            facts["owner"] = authors[0]
        home = self.home
        aliases = [url for a in accounts for url in (a.native_id, a.url) if url not in (home, home_key(home))]
        first = replace(accounts[0], native_id=home_key(home), url=home, aliases=list(dict.fromkeys(aliases)))
        return replace(first, details=details | rhythm(posts), **facts)


def led(post: Post, records: list[Link | Observation]) -> dict[str, Any]:
    """Where a post's text leads, for the stage that says who pays; stored as links, not with the post."""
    links = [record for record in records if isinstance(record, Link) and record.post_id == post.native_id]
    of = {"links": [ln.url for ln in links], "paid_links": [ln.url for ln in links if ln.kind == "sponsored"]}
    return {name: urls for name, urls in of.items() if urls}


def rhythm(posts: list[Post]) -> dict[str, Any]:
    """First and last post seen, their number, and the median days between two."""
    dated = sorted((p.published_at for p in posts if p.published_at), key=lambda d: d.timestamp())
    if not dated:
        return {}
    gaps = sorted((b.timestamp() - a.timestamp()) / 86400 for a, b in pairwise(dated))
    ends = {"first_post": dated[0].date().isoformat(), "last_post": dated[-1].date().isoformat()}
    return {**ends, "posts_seen": len(posts)} | (
        {"days_between_posts": round(gaps[len(gaps) // 2], 1)} if len(gaps) > 1 else {}
    )


def completed(known: Post, page: Post) -> Post:
    """A feed's entry with what its page adds; where both speak the feed is believed, but for a far fuller text."""
    pairs = {f.name: (getattr(known, f.name), getattr(page, f.name)) for f in fields(Post)}
    facts: dict[str, Any] = {name: mine if mine not in (None, [], {}) else its for name, (mine, its) in pairs.items()}
    if page.text and len(page.text) > 2 * len(known.text or ""):
        facts["text"] = page.text
    return Post(**facts | {"details": page.details | known.details})
