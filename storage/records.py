"""The records that everything here speaks of: plain dataclasses, made by extractors, handled as items by the stages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


def key_of(*parts: str) -> int:
    """A lasting 63-bit key of a natural key: the same parts give the same number in every run and on every machine."""
    digest = hashlib.blake2b("\x00".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@dataclass(slots=True, kw_only=True)
class Record:
    """What every record carries: where and when it was seen, and by which reader."""

    platform: str
    source_url: str
    """The address of the response it was read from."""
    fetched_at: datetime
    """When that response was received (aware, any zone)."""
    extractor: str
    """The reader and its version, such as ``blog/1``."""


@dataclass(slots=True, kw_only=True)
class Account(Record):
    """One public profile on one platform, keyed by (platform, native_id); handles and URLs are aliases.

    Absent facts are None or empty; they never overwrite a known fact.
    """

    native_id: str
    """The platform's own stable id; for a blog its canonical address (storage.addresses)."""
    url: str
    kind: str = "profile"
    """blog, channel, profile, page, hub ..."""
    handle: str | None = None
    aliases: list[str] = field(default_factory=list)
    """Other addresses and handles that name the same account."""
    name: str | None = None
    """The title or display name as shown."""
    bio: str | None = None
    owner: str | None = None
    """The person's name where it is declared apart from the account's name."""
    avatar: str | None = None
    place: str | None = None
    """Where they say they are, as declared."""
    declared_language: str | None = None
    created_at: datetime | None = None
    status: str = "active"
    """active, gone, suspended, moved ..."""
    details: dict[str, Any] = field(default_factory=dict)
    """Platform-specific facts, JSON values only (generator, keywords, badges ...)."""

    @property
    def key(self) -> int:
        return key_of(self.platform, self.native_id)


@dataclass(slots=True, kw_only=True)
class Post(Record):
    """One publication of an account, keyed by (platform, native_id)."""

    account_id: str
    """native_id of the account that published it."""
    native_id: str
    url: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    """Aware; keeps the zone it was written in, so that its calendar day stays the author's."""
    updated_at: datetime | None = None
    declared_language: str | None = None
    text: str | None = None
    """The main text, plain, as full as could be had."""
    summary: str | None = None
    tags: list[str] = field(default_factory=list)
    images: int | None = None
    comments: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    # Filled by the stages:
    language: str | None = None
    language_confidence: float | None = None
    niche: str | None = None
    """Niche id of the taxonomy, or None where the classifier is not sure."""
    niche_probability: float | None = None
    sponsorship: str | None = None
    """none, disclosed, affiliate, undisclosed."""
    findings: dict[str, Any] = field(default_factory=dict)
    """What the stages saw: runners-up, matched words ... (JSON values only)."""

    @property
    def key(self) -> int:
        return key_of(self.platform, self.native_id)


@dataclass(slots=True, kw_only=True)
class Link(Record):
    """From an account to an address, with its kind."""

    account_id: str
    url: str
    kind: str
    """me (rel=me), verified, bio, profile, hub, body, blogroll, mention, same_as, boost, follow."""
    post_id: str | None = None
    """native_id of the post that holds it, if one does."""
    text: str | None = None
    target: str | None = None
    """The canonical address of the target, filled by the identity stage."""


@dataclass(slots=True, kw_only=True)
class Observation(Record):
    """A number seen at a time."""

    account_id: str
    metric: str
    """followers, following, posts, views, likes, comments ..."""
    value: int
    low: int | None = None
    high: int | None = None
    """The interval that the shown text leaves open (inclusive), where it was rounded."""
    text: str | None = None
    """The text as shown."""
    post_id: str | None = None
    definition: str = "1"
    """Version of the metric's meaning; values of different versions are never compared."""


@dataclass(slots=True, kw_only=True)
class Source(Record):
    """An address to revisit, and how the last visit went."""

    url: str
    kind: str
    """seed, feed, home, channel, profile ..."""
    account_id: str | None = None
    account_platform: str | None = None
    """Of the account, where it is not the source's own (a page that a profile was read from)."""
    outcome: str = "ok"
    """ok, unchanged, or a word for the failure: dns, timeout, http_404, not_a_feed ..."""
    detail: str | None = None
    """The failure in a sentence that names the way out."""

    @property
    def key(self) -> int:
        return key_of(self.platform, self.url)


@dataclass(slots=True, kw_only=True)
class Extract:
    """What one saved response yields; ``unparsed`` names what was there and could not be read."""

    account: Account | None = None
    posts: list[Post] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)
    refused: str | None = None
    """Why nothing of this may be stored (not_a_creator, noindex ...); what was read is shown, not kept."""
    more: list[Extract] = field(default_factory=list)
    """Where a response tells of several accounts: one extract for each."""
