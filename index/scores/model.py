"""What a score is, what it is made from, and the register of formulas."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
PUBLIC = frozenset({"public"})
API = frozenset({"public", "youtube_api"})
"""Source policies. Rows of YouTube's Data API may feed no derived metric (Developer Policies III.E.4.h) unless the user
was audited and has accepted the derived metrics policy; what a page shows to everybody is ``public``."""


class Seen(NamedTuple):
    """A number as it stood from ``first`` to ``last``."""

    first: datetime
    last: datetime
    value: int
    low: int
    high: int


class Series(NamedTuple):
    """The sightings of one metric of one meaning, oldest first; ``post`` is None for a number of the account."""

    key: int
    account: int
    post: int | None
    metric: str
    definition: str
    policy: str
    seen: tuple[Seen, ...]


class Vouch(NamedTuple):
    """A link by which another creator names this one."""

    key: int
    host: str
    creator: int
    platform: str


@dataclass(slots=True)
class Case:
    """All that the scores of one creator may rest on."""

    creator: int
    as_of: datetime
    """What the evidence stands for: the week of the last visit, or what was newer then."""
    accounts: list[Any] = field(default_factory=list)
    """Rows: key, platform, kind, name, bio, status, details, last_seen, extractor."""
    posts: list[Any] = field(default_factory=list)
    """Rows, newest first, at most reader.WINDOW; undated ones last."""
    series: list[Series] = field(default_factory=list)
    vouches: list[Vouch] = field(default_factory=list)
    places: list[Any] = field(default_factory=list)
    """Links of the accounts themselves, not of posts: key, url, kind."""
    scores: dict[str, Score] = field(default_factory=dict)
    """What was scored before; for the composite."""
    mixed: bool | None = None
    """Is there anything that is not public? Asked once."""
    given: dict[str, Any] = field(default_factory=dict)
    """Facts about the others in the index (the newest visit, engagement of the cell); kept in the evidence."""

    @property
    def dated(self) -> list[Any]:
        return [post for post in self.posts if post.published_at is not None]

    def under(self, policies: frozenset[str]) -> Case:
        """The same without the rows whose source policy forbids it."""
        if self.mixed is None:
            rows = [*self.accounts, *self.posts]
            self.mixed = any(policy_of(row) != "public" for row in rows) or any(
                s.policy != "public" for s in self.series
            )
        return self._kept(policies) if self.mixed else self

    def _kept(self, policies: frozenset[str]) -> Case:
        return replace(
            self,
            accounts=[row for row in self.accounts if policy_of(row) in policies],
            posts=[row for row in self.posts if policy_of(row) in policies],
            series=[series for series in self.series if series.policy in policies],
        )


def policy_of(row: Any) -> str:
    """The source policy of a stored row, known by its extractor."""
    return "youtube_api" if row.extractor.startswith("youtube_api/") else "public"


@dataclass(slots=True)
class Score:
    """A value with its interval; evidence holds the keys of the rows that it can be computed from."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    label: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.value, self.low, self.high = (
            None if x is None else round(x, 2) for x in (self.value, self.low, self.high)
        )

    def told(self) -> tuple[Any, ...]:
        return self.value, self.low, self.high, self.n, self.label


Function = Callable[[Case], Score | None]


@dataclass(slots=True, frozen=True)
class Formula:
    """A score's name, unit, least evidence, source and function; ``hash`` changes with code or numbers."""

    name: str
    version: int
    unit: str
    least: int
    of: str
    """What n counts."""
    source: str
    policies: frozenset[str]
    function: Function
    hash: str

    @property
    def id(self) -> str:
        return f"{self.name}/{self.version}"

    def __call__(self, case: Case, *, accepted: bool = False) -> Score | None:
        """The score, or None where the evidence is too thin; ``accepted``: YouTube's API rows may be derived from."""
        found = self.function(case.under(API if accepted else self.policies))
        return found if found is not None and found.n >= self.least else None


FORMULAS: dict[str, Formula] = {}
"""By name; the modules of this package fill it."""


def ordered() -> list[Formula]:
    """The formulas in the order in which they are computed and shown: the composite rests on the others."""
    return sorted(FORMULAS.values(), key=lambda formula: formula.name == "field_geek")


def formula(
    name: str, *, unit: str, least: int, of: str, source: str, version: int = 1,
    policies: frozenset[str] = PUBLIC, data: Iterable[str] = (),
) -> Callable[[Function], Function]:  # fmt: skip
    """Registers a function as the formula of a score; its docstring says how it is computed."""

    def register(function: Function) -> Function:
        files = [Path(str(sys.modules[function.__module__].__file__)), HERE / "stats.py", *(HERE / d for d in data)]
        digest = hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=6).hexdigest()
        FORMULAS[name] = Formula(name, version, unit, least, of, source, policies, function, digest)
        return function

    return register


def rests_on(
    *, accounts: Iterable[Any] = (), posts: Iterable[Any] = (), series: Iterable[Series] = (),
    links: Iterable[Any] = (), **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Evidence: keys of rows; observations as {time of first sighting: [series]}."""
    times: dict[str, list[int]] = {}
    for one in series:
        for seen in one.seen:
            times.setdefault(seen.first.astimezone(UTC).isoformat(), []).append(one.key)
    parts: dict[str, Any] = {
        "accounts": [row.key for row in accounts],
        "posts": [row.key for row in posts],
        "observations": times,
        "links": [row.key for row in links],
        **more,
    }
    return {name: part for name, part in parts.items() if part or name in more}
