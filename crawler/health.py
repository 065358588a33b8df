"""Parser health: how often each field is absent or unreadable in a run, against the ranges in platform.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any, Protocol

from crawler.tables import rules
from storage.records import Account, Extract, Post

STATS = "grapevine/health/"
ENOUGH = 5
"""With fewer cases than this a share says nothing."""
UNREADABLE = 0.02
"""Share of cases in which a field that is there may be unreadable."""


class Counts(Protocol):
    """A spider, as far as counting goes."""

    @property
    def platform(self) -> str: ...

    def count(self, fact: str, by: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class Alarm:
    """A field whose share of absent or unreadable cases is higher than health allows."""

    field: str
    what: str
    share: float
    allowed: float
    cases: int

    def __str__(self) -> str:
        return (
            f"{self.field}: {self.what} in {self.share:.0%} of {self.cases} cases, at most {self.allowed:.0%} is health"
        )


def expected(platform: str) -> dict[str, dict[str, float]]:
    """kind (account, post) -> field -> highest share of None that is still health; empty where nothing is declared."""
    return dict(rules(platform).get("expected", {}))


def count_health(spider: Counts, found: Extract) -> None:
    """Counts into the run's stats what one extract has and lacks: ``health/<kind>.<field>/none``, ``.../unparsed``."""
    ranges = expected(spider.platform)
    spider.count("health/page/seen")
    if found.account is None or "page" in found.unparsed:
        spider.count("health/page/none")
    if found.account is None or found.refused or found.account.status != "active":
        return
    for field in found.unparsed:
        spider.count(f"health/unparsed/{field}")
    shown = {o.metric for o in found.observations if not o.post_id}
    viewed = {(o.post_id, o.metric) for o in found.observations if o.post_id}
    spider.count("health/account/seen")
    for field in ranges.get("account", {}):
        if field not in shown and _absent(found.account, field):
            spider.count(f"health/account.{field}/none")
    for post in found.posts:
        spider.count("health/post/seen")
        for field in ranges.get("post", {}):
            if (post.native_id, field) not in viewed and _absent(post, field):
                spider.count(f"health/post.{field}/none")


def _absent(record: Account | Post, field: str) -> bool:
    value = getattr(record, field, None)
    if value in (None, "", [], {}):
        value = record.details.get(field)
    if field == "published":
        value = getattr(record, "published_at", None) or record.details.get("published_between")
    return value in (None, "", [], {})


def alarms(platform: str, stats: Mapping[str, Any]) -> Iterator[Alarm]:
    """What is out of its range in a run's stats; a share is too high where chance hardly explains it (2 sigma)."""
    facts = {key.removeprefix(STATS): int(value) for key, value in stats.items() if key.startswith(STATS)}
    pages = facts.get("page/seen", 0)
    ranges = {"page": {"": 0.05}, **expected(platform)}
    for kind, fields in ranges.items():
        cases = facts.get(f"{kind}/seen", 0)
        for field, allowed in fields.items():
            name = f"{kind}.{field}" if field else kind
            yield from _too_high(name, "absent", facts.get(f"{name}/none", 0), cases, allowed)
    for key, times in facts.items():
        if key.startswith("unparsed/"):
            yield from _too_high(key.removeprefix("unparsed/"), "unreadable", min(times, pages), pages, UNREADABLE)


def _too_high(field: str, what: str, times: int, cases: int, allowed: float) -> Iterator[Alarm]:
    if cases < ENOUGH:
        return
    share = times / cases
    if share > allowed + 2 * sqrt(max(allowed * (1 - allowed), 0.0025) / cases):
        yield Alarm(field, what, share, allowed, cases)
