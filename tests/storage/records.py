"""Invented records for the storage tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from storage.records import Account, Link, Observation, Post, Record, Source

T0 = datetime(2026, 11, 1, 8, tzinfo=UTC)


def day(number: float) -> datetime:
    return T0 + timedelta(days=number)


def _seen(at: float, **facts: Any) -> dict[str, Any]:
    return {
        "platform": "blog",
        "source_url": "https://sourdough.example/feed",
        "fetched_at": day(at),
        "extractor": "blog/1",
        **facts,
    }


def account(at: float = 0, **facts: Any) -> Account:
    return Account(
        **_seen(at, **{"native_id": "https://sourdough.example/", "url": "https://sourdough.example/", **facts})
    )


def post(number: int = 1, at: float = 0, **facts: Any) -> Post:
    url = f"https://sourdough.example/{number}"
    known = {"account_id": "https://sourdough.example/", "native_id": url, "url": url, "title": f"Loaf {number}"}
    return Post(**_seen(at, **{**known, "published_at": day(at - 1), **facts}))


def link(url: str = "https://social.example/@loaf", kind: str = "me", at: float = 0, **facts: Any) -> Link:
    return Link(**_seen(at, **{"account_id": "https://sourdough.example/", "url": url, "kind": kind, **facts}))


def seen(value: int, metric: str = "followers", at: float = 0, **facts: Any) -> Observation:
    return Observation(
        **_seen(at, **{"account_id": "https://sourdough.example/", "metric": metric, "value": value, **facts})
    )


def source(at: float = 0, **facts: Any) -> Source:
    return Source(**_seen(at, **{"url": "https://sourdough.example/feed", "kind": "feed", **facts}))


def a_crawl(at: float) -> list[Record]:
    """What one visit of an invented blog yields, the account read from two pages that do not agree on its name."""
    about = "https://sourdough.example/about"
    return [
        account(at, name="Sourdough", bio="Rye and patience", details={"generator": "Hugo"}, aliases=["@sour"]),
        account(
            at + 0.001, name="About - Sourdough", owner="Ida Example", source_url=about, details={"about": "/feed"}
        ),
        *(post(n, at, tags=["rye"], details={"guid": n}, published_at=day(-n)) for n in range(1, 8)),
        post(3, at + 0.002, text="The whole text", source_url="https://sourdough.example/3", published_at=day(-3)),
        link(at=at),
        link("https://mill.example/", "blogroll", at),
        seen(1200, at=at, low=1150, high=1249, text="1.2K"),
        source(at, account_id="https://sourdough.example/"),
        source(at, url="https://gone.example/feed", outcome="dns", detail="No such host; check the address"),
    ]
