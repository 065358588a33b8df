"""Why two accounts are one creator, or are not: one sentence an edge."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping

from pipelines.identity.evidence import Evidence
from pipelines.identity.names import Profile
from pipelines.identity.resolve import Judgement, Resolution

SENTENCES = {
    "verified": "{a} lists {b} in a field that the platform verified by following the link back.",
    "domain_handle": "{a} has the domain of {b} for its handle, which the platform checks both ways.",
    "own_login": "{b} is a page that only the login of {a} can publish.",
    "reciprocal_me": "{a} and {b} link to each other, with rel=me.",
    "reciprocal": "{a} and {b} link to each other, and {agrees}.",
    "claim_me": "{a}, which is anchored, names {b} as its own by rel=me, and {agrees}.",
    "claim": "{a}, which is anchored, names {b} as its own, and {agrees}.",
    "bare": "{a} and {b} link to each other, but nothing else agrees, as with partners and employers.",
    "renamed": "{a} names {b} as its own, but {b} now shows somebody else's name: the login may have changed hands.",
    "likeness": "{a} and {b} look alike, and {agrees}.",
    "copy": "{a} names {b} as its own, but its handle is that of {b} with something added, as impostors do.",
}
AGREEMENTS = {
    "name": "they show the same name",
    "name_part": "one shows a part of the other's name",
    "handle": "they have the same handle",
    "handle_name": "the handle of one spells the name of the other",
    "handle_part": "the handle of one holds a word of the other's name",
}
REASONS = {
    "different": "a human said that they are different",
    "too_large": "the creator would have more accounts than one person has; it waits for a human",
    "same_platform": "it would be a second account on one platform, which needs proof",
    "second_site": "a site that nothing proves claims somebody who has a proven one, as squatters do",
    "not_anchored": "nothing proves that the account which says so is not a copy",
    "copy": "the account which says so looks like a copy",
}


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

    lines = [f"{sentence(edge, profiles)} Not followed: {REASONS[why]}." for edge, why in found.review if between(edge)]
    return lines + [sentence(edge, profiles) for edge in evidence if edge.tier > 2 and between(edge)]


def sentence(edge: Evidence | Judgement, profiles: Mapping[int, Profile]) -> str:
    a, b = (label(profiles[key]) for key in (edge.a, edge.b))
    if isinstance(edge, Judgement):
        return f"A human said that {a} and {b} are {'the same person' if edge.verdict == 'same' else edge.verdict}."
    agrees = " and ".join(AGREEMENTS[how] for how in edge.agrees) or "nothing else agrees"
    seen = f" (seen at {edge.source_url})" if edge.source_url else ""
    return SENTENCES[edge.kind].format(a=a, b=b, agrees=agrees) + seen


def label(profile: Profile) -> str:
    return f"{profile.platform} {profile.handle or profile.url} ({profile.name or 'no name'})"
