"""The pages of one visit as one account: facts merged in a fixed order, ids settled last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from crawler.page import Page
from crawler.platforms.blog.extract import EXTRACTOR, extract
from crawler.platforms.blog.urls import fold, home_of, same_host, same_site
from storage.records import Account, Extract, Link, Observation, Post, Record, Source

ORDER = ("home", "feed", "json", "about", "contact", "blogroll", "post", "list")
"""Whose word on the account counts first."""
_FACTS = ("name", "bio", "owner", "avatar", "place", "declared_language", "created_at")


@dataclass(slots=True)
class Visit:
    """What a visit has seen so far."""

    seed: str
    read: list[tuple[str, Page, Extract]] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    """Posts that a feed names and the server no longer has, or that may not be stored."""

    def add(self, kind: str, page: Page) -> Extract:
        found = extract(page)
        self.read.append((kind, page, found))
        return found

    def source(self, page: Page, kind: str, outcome: str, detail: str | None = None, url: str | None = None) -> None:
        self.sources.append(
            Source(
                platform="blog",
                source_url=page.url,
                fetched_at=page.fetched_at,
                extractor=EXTRACTOR,
                url=url or page.url,
                kind=kind,
                outcome=outcome,
                detail=detail,
            )
        )

    @property
    def feed(self) -> Extract | None:
        return next((found for kind, _, found in self.read if kind in ("feed", "json") and found.account), None)

    @property
    def posts(self) -> list[Post]:
        """Posts of the visit, each once: the feed's, completed by their pages."""
        kept: dict[str, Post] = {}
        for _, _, found in sorted(self.read, key=lambda row: ORDER.index(row[0])):
            for post in found.posts:
                known = next((p for p in (kept.get(post.native_id), kept.get(post.source_url)) if p), None)
                key = known.native_id if known else post.native_id
                kept[key] = completed(known, post) if known else post
        return [post for key, post in kept.items() if key not in self.dead and post.url not in self.dead]

    def records(self) -> Iterator[Record]:
        """Everything to store: the account, its posts, links and observations under one id, and the sources."""
        home = self.home()
        rows = sorted((row for row in self.read if row[2].account), key=lambda row: ORDER.index(row[0]))
        posts = self.posts
        known = {post.native_id for post in posts}
        if rows:
            yield self._account(home, [found.account for _, _, found in rows if found.account], posts)
        for post in posts:
            yield replace(post, account_id=home)
        seen: set[tuple[Any, ...]] = set()
        for record in [r for _, _, found in rows for r in (*found.links, *found.observations)]:
            of = (
                record.post_id
                if record.post_id in known or record.post_id is None
                else next((p.native_id for p in posts if p.url == record.source_url), None)
            )
            if record.post_id is not None and of is None:
                continue
            key = (record.url, record.kind, of) if isinstance(record, Link) else (record.metric, of)
            if key not in seen and not (isinstance(record, Link) and same_host(record.url, home)):
                seen.add(key)
                yield replace(record, account_id=home, post_id=of)
        for source in self.sources:
            yield replace(source, account_id=home if rows else None)

    def home(self) -> str:
        """The account's id: the address that the feed calls its site, if it lies on the site that was visited; else that site's home."""
        pages = [page for kind, page, _ in self.read if kind not in ("feed", "json")]
        site = next((page.url for kind, page, _ in self.read if kind == "home"), pages[0].url if pages else None)
        told = self.feed.account.url if self.feed and self.feed.account else None
        if told and (site is None or same_site(told, site)):
            return home_of(told)
        return home_of(site or self.seed)

    def _account(self, home: str, accounts: list[Account], posts: list[Post]) -> Account:
        first = accounts[0]
        facts = {name: next((v for a in accounts if (v := getattr(a, name))), None) for name in _FACTS}
        details: dict[str, Any] = {}
        for account in accounts:
            for name, value in account.details.items():
                known = details.setdefault(name, value)
                if isinstance(known, list) and isinstance(value, list):
                    details[name] = list(dict.fromkeys([*known, *value]))
        authors = {p.author for p in posts if p.author}
        if not facts["owner"] and len(authors) == 1 and sum(bool(p.author) for p in posts) >= 3:
            only = authors.pop()
            facts["owner"] = only if fold(only) != fold(facts["name"] or "") else None
        dated = [p.published_at for p in posts if p.published_at]
        facts["created_at"] = facts["created_at"] or None
        if dated:
            details |= {
                "first_post": min(dated).date().isoformat(),
                "last_post": max(dated).date().isoformat(),
                "posts_seen": len(posts),
            }
            span = (max(dated) - min(dated)).total_seconds() / 86400
            details["days_between_posts"] = round(span / (len(dated) - 1), 1) if len(dated) > 2 and span > 0 else None
        aliases = list(dict.fromkeys(u for a in accounts for u in (a.native_id, a.url) if u != home))
        return replace(
            first,
            native_id=home,
            url=home,
            aliases=aliases,
            details={k: v for k, v in details.items() if v is not None},
            **facts,
        )


def completed(known: Post, page: Post) -> Post:
    """A feed's entry with what its page adds; where both speak the feed is believed, but for the fuller text."""
    facts: dict[str, Any] = {}
    for f in fields(Post):
        mine, its = getattr(known, f.name), getattr(page, f.name)
        facts[f.name] = mine if mine not in (None, [], {}) else its
    if known.text is None or (page.text and len(page.text) > 2 * len(known.text)):
        facts["text"] = page.text or known.text
    facts["details"] = {**page.details, **known.details}
    return Post(**{**facts, "tags": known.tags or page.tags})


__all__ = ["ORDER", "Observation", "Visit", "completed"]
