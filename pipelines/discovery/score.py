"""The discovery score: how likely a place is on the topic, by who leads there. Pure; the benchmark runs this code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt

from pipelines.discovery.places import weights


@dataclass(frozen=True, slots=True)
class Leader:
    """A creator who leads elsewhere."""

    fit: float
    """Share of their posts that is on the topic, 0..1."""
    depth: int = 0
    """Steps from the seeds to them."""
    language: bool = True
    """Do they write in one of the wished languages?"""


@dataclass(frozen=True, slots=True)
class Lead:
    """One link of a creator to an address."""

    creator: int
    address: str
    kind: str
    text: float = 0.0
    """Probability that the link's words are on the topic; 0 where they say nothing."""


@dataclass(frozen=True, slots=True)
class Voucher:
    creator: int
    kind: str
    weight: float
    trust: float


@dataclass(slots=True)
class Scored:
    """An address with its score and the parts that make it; ``vouchers`` by weight, one a creator."""

    address: str
    score: float
    fit: float
    text: float
    small: float
    depth: int
    language: float
    vouchers: list[Voucher] = field(default_factory=list)


def rank(
    leaders: Mapping[int, Leader],
    leads: Iterable[Lead],
    known: Mapping[str, int],
    others: Mapping[str, int] | None = None,
    creators: int = 0,
) -> list[Scored]:
    """Every unknown address that a leader leads to, the best first.

    score = fit' x small x 0.9^(depth-1) x language, with
      weight(v) = kind / sqrt(1 + places(v) / wordy), times ``ring`` where v and one counted before link to and fro
      trust(v)  = (trust x fit(v) + sum of the fits of the visited places v led to) / (trust + their number)
      fit       = (sum weight x trust + prior x base) / (sum weight + other x off-topic referrers + prior)
      fit'      = fit + (1 - fit) x text x best link text
      small     = 1 / (1 + (referrers / hub)^2): whom everybody links to is no micro-influencer
    This is relevance by neighbours (focused crawling: Chakrabarti, van den Berg, Dom 1999) with a smoothed mean in
    place of a classifier, since nothing of the place itself has been read.

    ``known``: address -> creator of what was visited (one that is no leader is off the topic). ``others``: address ->
    how many referrers are no leaders. ``creators``: how many are known at all.
    """
    kinds, numbers = weights()["kind"], weights()["score"]
    best: dict[str, dict[int, Lead]] = defaultdict(dict)
    texts: dict[str, float] = defaultdict(float)
    led: dict[int, set[str]] = defaultdict(set)
    for lead in leads:
        if lead.creator not in leaders or lead.kind not in kinds or known.get(lead.address) == lead.creator:
            continue
        led[lead.creator] |= {lead.address} if lead.kind != "hashtag" else set()  # a tag takes no weight from links
        if lead.address in known:
            continue
        texts[lead.address] = max(texts[lead.address], lead.text)
        stood = best[lead.address].get(lead.creator)
        if stood is None or kinds[lead.kind] > kinds[stood.kind]:
            best[lead.address][lead.creator] = lead
    trust, mutual = _trust(leaders, led, known, numbers["trust"]), _mutual(led, known)
    spread = {creator: 1 / sqrt(1 + len(places) / numbers["wordy"]) for creator, places in led.items()}
    hub = max(numbers["hub_least"], numbers["hub_share"] * creators)
    scored = []
    for address, by_creator in best.items():
        weighed = [Voucher(c, lead.kind, kinds[lead.kind] * spread[c], trust[c]) for c, lead in by_creator.items()]
        vouchers = _ringless(weighed, mutual, numbers["ring"])
        away = (others or {}).get(address, 0)
        total = sum(v.weight for v in vouchers) + numbers["other"] * away + numbers["prior"]
        fit = (sum(v.weight * v.trust for v in vouchers) + numbers["prior"] * numbers["base"]) / total
        fit += (1 - fit) * numbers["text"] * texts[address]
        small = 1 / (1 + ((len(vouchers) + away) / hub) ** 2)
        depth = 1 + min(leaders[v.creator].depth for v in vouchers)
        language = 1.0 if any(leaders[v.creator].language for v in vouchers) else numbers["strangers"]
        score = fit * small * numbers["depth"] ** (depth - 1) * language
        scored.append(Scored(address, score, fit, texts[address], small, depth, language, vouchers))
    return sorted(scored, key=lambda one: (-one.score, one.address))


def _trust(
    leaders: Mapping[int, Leader], led: Mapping[int, set[str]], known: Mapping[str, int], strength: float
) -> dict[int, float]:
    """How far a leader's word counts: their own topic, corrected by what their earlier leads turned out to be."""
    found = {}
    for creator, places in led.items():
        seen = [leaders[known[p]].fit if known[p] in leaders else 0.0 for p in places if p in known]
        found[creator] = (strength * leaders[creator].fit + sum(seen)) / (strength + len(seen))
    return found


def _mutual(led: Mapping[int, set[str]], known: Mapping[str, int]) -> dict[int, set[int]]:
    """Creator -> those who link to and fro with them."""
    to = {creator: {known[p] for p in places if p in known} for creator, places in led.items()}
    return {creator: {other for other in them if creator in to.get(other, ())} for creator, them in to.items()}


def _ringless(vouchers: list[Voucher], mutual: Mapping[int, set[int]], share: float) -> list[Voucher]:
    counted: set[int] = set()
    kept = []
    for one in sorted(vouchers, key=lambda v: (-v.weight * v.trust, v.creator)):
        ringed = not counted.isdisjoint(mutual[one.creator])
        kept.append(Voucher(one.creator, one.kind, one.weight * share, one.trust) if ringed else one)
        counted.add(one.creator)
    return kept
