"""Who is who: a pure function of evidence and judgements that returns a partition of the accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.identity.evidence import CLAIM, HINT, PROOF, Evidence
from pipelines.identity.names import SITES

LARGEST = 15
"""No cluster grows beyond this by itself; what would make it grow goes to review."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A human's word on two accounts: same, different or unsure."""

    a: int
    b: int
    verdict: str


@dataclass(slots=True)
class Resolution:
    """Who is with whom, and why."""

    clusters: list[list[int]] = field(default_factory=list)
    """Those of two and more accounts, each sorted, in the order of their smallest key."""
    forest: list[Evidence | Judgement] = field(default_factory=list)
    """The edges that made them: between two members there is exactly one path, and it explains them."""
    proven: set[int] = field(default_factory=set)
    """Accounts that an edge of tier 1 or a human holds."""
    review: list[tuple[Evidence | Judgement, str]] = field(default_factory=list)
    """What was not followed, and why: different, too_large, same_platform, second_site, not_anchored, copy."""


def resolve(
    platforms: Mapping[int, str],
    evidence: Iterable[Evidence],
    judgements: Iterable[Judgement] = (),
    likeness: Iterable[Evidence] = (),
) -> Resolution:
    """Kruskal in the order human, tier 1, tier 2, with cannot-link; the order of the input does not matter.

    ``platforms``: of every account that evidence or judgements name. A human "different" is never violated, not even by
    a chain; a "same" yields to that alone. A claim counts once its claimant's cluster is anchored: it holds a tier-1
    edge, or the claimant is such a place by itself, or another account of the same name claims it. ``likeness``:
    candidates, the likeliest first, to be followed last and under all vetoes; what is published follows none.
    """
    judgements = sorted(set(judgements), key=lambda j: (min(j.a, j.b), max(j.a, j.b), j.verdict))
    clusters = _Clusters(platforms, judgements)
    done = Resolution()
    for judgement in judgements:
        if judgement.verdict == "same" and clusters.follow(judgement, done, 0):
            done.proven |= {judgement.a, judgement.b}
    rows = sorted((row for row in evidence if row.a in platforms and row.b in platforms), key=lambda row: row.order)
    for row in rows:
        if row.tier == PROOF and clusters.follow(row, done, PROOF):
            done.proven |= {row.a, row.b}
    _follow_claims(clusters, done, rows)
    for row in likeness:
        clusters.follow(row, done, HINT)
    done.clusters = sorted(clusters.members.values())
    return done


def _follow_claims(clusters: _Clusters, done: Resolution, rows: list[Evidence]) -> None:
    copies = {row.a for row in rows if row.kind == "copy"} - done.proven
    claims = [row for row in rows if row.tier == CLAIM and row.a not in copies]
    done.review += [(row, "copy") for row in rows if row.tier == CLAIM and row.a in copies]
    vouched = {row.b for row in claims if row.strong}
    anchored = set(done.proven)
    while True:
        later = []
        for row in claims:
            if clusters.find(row.a) == clusters.find(row.b):
                continue
            group = clusters.of(row.a)
            if not (
                row.anchored
                or any(key in anchored for key in group)
                or (row.strong and any(key in vouched for key in group))
            ):
                later.append(row)
            elif clusters.second_site(row, done.proven):
                done.review.append((row, "second_site"))
            elif clusters.follow(row, done, CLAIM):
                anchored.add(row.b)
        if len(later) == len(claims):
            break
        claims = later
    done.review += [(row, "not_anchored") for row in claims]


class _Clusters:
    """Union-find that knows the members of each cluster and who may never meet."""

    def __init__(self, platforms: Mapping[int, str], judgements: Iterable[Judgement]) -> None:
        self.platforms = platforms
        self.members: dict[int, list[int]] = {}
        self._parent: dict[int, int] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)
        for judgement in judgements:
            if judgement.verdict == "different":
                self._apart[judgement.a].add(judgement.b)
                self._apart[judgement.b].add(judgement.a)

    def find(self, key: int) -> int:
        return self._parent.get(key, key)

    def of(self, key: int) -> list[int]:
        root = self.find(key)
        return self.members.get(root) or [root]

    def follow(self, edge: Evidence | Judgement, done: Resolution, tier: int) -> bool:
        """Joins the two clusters of an edge unless something forbids it; True where they are one afterwards."""
        if self.find(edge.a) == self.find(edge.b):
            return True
        why = self._veto(self.of(edge.a), self.of(edge.b), tier)
        if why is not None:
            done.review.append((edge, why))
            return False
        root, other = sorted((self.find(edge.a), self.find(edge.b)))
        moved = self.of(other)
        self.members[root] = sorted(self.of(root) + moved)
        self.members.pop(other, None)
        for key in moved:
            self._parent[key] = root
        done.forest.append(edge)
        return True

    def second_site(self, row: Evidence, proven: set[int]) -> bool:
        """Does an unproven site claim somebody who has a proven one? Squatters do: the name with another ending."""
        claimants, claimed = self.of(row.a), self.of(row.b)
        return (
            any(self.platforms[key] in SITES for key in claimants)
            and proven.isdisjoint(claimants)
            and any(self.platforms[key] in SITES and key in proven for key in claimed)
        )

    def _veto(self, left: list[int], right: list[int], tier: int) -> str | None:
        if self._apart and any(key in self._apart and not self._apart[key].isdisjoint(right) for key in left):
            return "different"
        if tier == 0:
            return None
        if len(left) + len(right) > LARGEST:
            return "too_large"
        if tier > PROOF and self._social(left) & self._social(right):
            return "same_platform"
        return None

    def _social(self, keys: list[int]) -> set[str]:
        return {self.platforms[key] for key in keys} - SITES
