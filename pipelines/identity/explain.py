"""Why two accounts are one creator, or are not: one sentence an edge."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping

from pipelines.identity.evidence import WORDS, Evidence
from pipelines.identity.names import Profile
from pipelines.identity.resolve import Judgement, Resolution


def explain(found: Resolution, profiles: Mapping[int, Profile], a: int, b: int) -> list[str]:
    """The path of evidence from a to b, one sentence an edge; empty where they are not one creator."""
    edges: dict[int, list[tuple[int, Evidence | Judgement]]] = defaultdict(list)
    for edge in found.forest:
        edges[edge.a].append((edge.b, edge))
        edges[edge.b].append((edge.a, edge))
    before: dict[int, tuple[int, Evidence | Judgement] | None] = {a: None}
    queue = deque([a])
    while queue and b not in before:
        key = queue.popleft()
        for other, edge in edges[key]:
            if other not in before:
                before[other] = key, edge
                queue.append(other)
    path: list[str] = []
    step = before.get(b)
    while step is not None:
        path.append(sentence(step[1], profiles))
        step = before[step[0]]
    return path[::-1]


def why_not(found: Resolution, profiles: Mapping[int, Profile], evidence: list[Evidence], a: int, b: int) -> list[str]:
    """What was seen between the creators of a and b and was not followed, and why."""
    groups = {key: number for number, cluster in enumerate(found.clusters) for key in cluster}
    sides = {groups.get(a, a), groups.get(b, b)}

    def between(edge: Evidence | Judgement) -> bool:
        return {groups.get(edge.a, edge.a), groups.get(edge.b, edge.b)} == sides and len(sides) == 2

    lines = [
        f"{sentence(edge, profiles)} Not followed: {WORDS['reasons'][why]}."
        for edge, why in found.review
        if between(edge)
    ]
    return lines + [sentence(edge, profiles) for edge in evidence if edge.tier > 2 and between(edge)]


def sentence(edge: Evidence | Judgement, profiles: Mapping[int, Profile]) -> str:
    a, b = (label(profiles[key]) for key in (edge.a, edge.b))
    if isinstance(edge, Judgement):
        return f"A human said that {a} and {b} are {'the same person' if edge.verdict == 'same' else edge.verdict}."
    agrees = " and ".join(WORDS["agreements"][how] for how in edge.agrees) or "nothing else agrees"
    seen = f" (seen at {edge.source_url})" if edge.source_url else ""
    return f"{WORDS['kinds'][edge.kind]['sentence'].format(a=a, b=b, agrees=agrees)}{seen}"


def label(profile: Profile) -> str:
    return f"{profile.platform} {profile.handle or profile.url} ({profile.name or 'no name'})"
