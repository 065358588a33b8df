"""Scores of what a creator writes about: how narrow (specialist), how well they know it (expertise)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from math import exp
from typing import Any

import numpy as np
import numpy.typing as npt

from index.scores.audience import table
from index.scores.model import HERE, Case, Score, formula, rests_on
from index.scores.stats import count_interval, pairs_mean, share
from pipelines.topics.creator import effective, recency, shares
from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of

Floats = npt.NDArray[np.float64]
TAG_LIKENESS = 0.6
ROUNDS = 25
"""Rounds of EM a creator: what later rounds change is far below the interval."""


@cache
def words(kind: str, language: str | None = None) -> re.Pattern[str]:
    """One pattern of a kind of words.tsv: of one language and what all share, or of all where none is known."""
    with (HERE / "words.tsv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE) if row["kind"] == kind]
    if language in {row["language"] for row in rows}:
        rows = [row for row in rows if row["language"] in ("*", language)]
    spaced = "|".join(row["pattern"] for row in rows if row["language"] not in {"ja", "ko", "zh"})
    whole = "|".join(row["pattern"] for row in rows if row["language"] in {"ja", "ko", "zh"})
    parts = [rf"\b(?:{spaced})" if spaced else "", whole]
    return re.compile("|".join(part for part in parts if part), re.IGNORECASE)


def says(kind: str, post: Any) -> bool:
    """Whether a post's title or beginning holds words of a kind, in its own language."""
    language = (post.language or "").partition("-")[0]
    return bool(words(kind, language or None).search(f"{post.title or ''}\n{post.start or ''}"))


def matrix(posts: list[Any]) -> tuple[list[Any], list[str], Floats]:
    """(posts of which a topic is known, niches, probabilities) from what the topic stage kept of each post.

    Niches that are never said of a person are left out; what the stage left open is spread evenly, first over the
    niches of the domain that it named, then over all.
    """
    told = []
    for post in posts:
        topic = (post.findings or {}).get("topic") or {}
        known = {name: float(p) for name, p in topic.get("runners_up") or [] if name in domain_of()}
        if post.niche and post.niche in domain_of():
            known[post.niche] = float(post.niche_probability or topic.get("probability") or 0.5)
        if known and max(known, key=lambda name: known[name]) not in NEVER_OF_A_PERSON:
            told.append((post, known, topic))
    names = sorted({name for _, known, _ in told for name in known} - NEVER_OF_A_PERSON.keys())
    where, domains = {name: place for place, name in enumerate(names)}, [domain_of()[name] for name in names]
    rows = np.zeros((len(told), len(names)))
    for at, (_, known, topic) in enumerate(told):
        rest = max(0.0, 1 - sum(known.values()))
        domain, inside = topic.get("domain"), 0.0
        if domain:
            sure = float(topic.get("probability") or 0.0)
            inside = min(rest, max(0.0, sure - sum(p for n, p in known.items() if domain_of()[n] == domain)))
            inside *= str(domain) in _sizes()
        rows[at] = (rest - inside) / len(domain_of())
        if inside:
            rows[at, [place for place, own in enumerate(domains) if own == domain]] += inside / _sizes()[str(domain)]
        for name, chance in known.items():
            if name in where:
                rows[at, where[name]] = chance
    return [post for post, _, _ in told], names, rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12)


@cache
def _sizes() -> Counter[str]:
    return Counter(domain_of().values())


def _likeness(names: list[str]) -> Floats:
    """1 for the same niche, 1/2 for two of one domain, else 0."""
    domains = np.array([domain_of()[name] for name in names])
    same: Floats = (domains[:, None] == domains[None, :]).astype(np.float64) / 2
    np.fill_diagonal(same, 1.0)
    return same


def _shared_tags(posts: list[Any]) -> Floats:
    """1 where two posts bear the same tag, words that say nothing of a subject apart."""
    general = set(table("weights.toml")["specialist"]["general_tags"])
    tags = [{str(tag).strip("# ").casefold() for tag in post.tags or ()} - general for post in posts]
    return np.array([[float(not a.isdisjoint(b)) for b in tags] for a in tags])


@formula(
    "specialist", unit="0-100", least=5, of="posts with a topic",
    source="1 - Rao's quadratic entropy over the topic tree, as Waller & Anderson 2019 (WWW) ask: plain entropy "
    "ignores that topics are alike; shares by EM (Saerens et al. 2002); interval: jackknife (Arvesen 1969)",
    data=("weights.toml",),
)  # fmt: skip
def specialist(case: Case) -> Score | None:
    """100 x mean likeness of two of the creator's posts: 1 for the same niche, 1/2 within a domain, 0 across.

    A tag that two posts share brings them ``TAG_LIKENESS`` of the way to 1: it is the author's own word for the
    subject. Each post's topic probabilities are sharpened by the creator's own shares, so that a classifier's doubt
    makes nobody a generalist. ``told.niche`` is the niche with the largest share of late (a post of half a year ago
    counts half), ``effective_topics`` how many topics of equal shares would be as mixed.
    """
    posts, names, probabilities = matrix(case.posts)
    if len(posts) < 5:
        return None
    prior = shares(probabilities, recency([post.published_at for post in posts]), rounds=ROUNDS)
    joint = probabilities * prior
    sharp = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    alike = sharp @ _likeness(names) @ sharp.T
    alike += (1 - alike) * TAG_LIKENESS * _shared_tags(posts)
    u, low, high = pairs_mean(alike.tolist())
    told: dict[str, Any] = {"niche": names[int(np.argmax(prior))], "share": round(float(prior.max()), 3)}
    told["effective_topics"] = round(effective(prior), 2)
    return Score(100 * u, 100 * low, 100 * high, len(posts), None, rests_on(posts=posts, told=told))


@formula(
    "expertise", unit="0-100", least=5, of="posts",
    source="expertise as a dimension of authenticity: Lee & Eastin 2021; parts and weights: weights.toml [expertise]",
    data=("weights.toml", "words.tsv"),
)  # fmt: skip
def expertise(case: Case) -> Score | None:
    """Weighted: share of posts that measure, repair, compare or teach; months on the main subject; who vouches.

    practice = share of posts with how-to words or a number with a unit; time = 1 - exp(-months / 18) between the first
    and last post in the main domain; vouched = 1 - exp(-other creators who link here / 4). Limits move practice by
    its Wilson interval and vouched by Garwood's.
    """
    if len(case.posts) < 5:
        return None
    weights = table("weights.toml")["expertise"]
    hands = sum(says("practice", post) for post in case.posts)
    months = _months(case)
    vouchers = len({vouch.creator for vouch in case.vouches})
    time, seen = 1 - exp(-months / 18), count_interval(vouchers)
    value, low, high = (
        weights["practice"] * practice + 100 * (weights["time"] * time + weights["vouched"] * (1 - exp(-vouched / 4)))
        for practice, vouched in zip(share(hands, len(case.posts)), (vouchers, *seen), strict=True)
    )
    told = {"practice": hands, "months": round(months, 1), "vouchers": vouchers}
    evidence = rests_on(posts=case.posts, links=case.vouches, told=told)
    return Score(value, low, high, len(case.posts), None, evidence)


def _months(case: Case) -> float:
    """Months between the first and last dated post in the domain that most posts are in; of all where none is known."""
    domains = [((p.findings or {}).get("topic") or {}).get("domain") for p in case.dated]
    common = Counter(d for d in domains if d).most_common()
    main = min((d for d, k in common if k == common[0][1]), default=None)
    times = [p.published_at for p, d in zip(case.dated, domains, strict=True) if main is None or d == main]
    return (max(times) - min(times)).days / 30.44 if times else 0.0
