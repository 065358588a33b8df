"""Scores of the people around a creator: how many (tier), how near (closeness), how faithful (loyalty), how lively."""

from __future__ import annotations

import itertools
import tomllib
from functools import cache
from math import exp, log, sqrt
from statistics import median
from typing import Any, NamedTuple

from index.scores.model import HERE, Case, Score, Seen, Series, formula, rests_on
from index.scores.stats import Z, phi, share


@cache
def table(name: str) -> dict[str, Any]:
    """One of this folder's data files."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


def tier_of(platform: str, measure: str, count: float) -> str | None:
    """The tier in a word; None where the platform has no such table or the count is under its floor."""
    tables = table("tiers.toml")
    bounds = tables.get(platform, {}).get(measure) or (tables["default"].get(measure))
    words = [word for word in tables["order"] if bounds and count >= bounds[word]]
    return words[-1] if words else None


def newest(case: Case, metric: str, account: int | None = None) -> list[Series]:
    """An account-level series of each account: of several meanings the one seen last, never joined."""
    best: dict[int, Series] = {}
    for one in case.series:
        if one.metric == metric and one.post is None and account in (None, one.account):
            best[one.account] = max(best.get(one.account, one), one, key=lambda s: (s.seen[-1].first, s.definition))
    return [best[key] for key in sorted(best)]


@formula(
    "tier", unit="followers, subscribers or linking domains", least=1, of="sightings or linking domains",
    source="the table per platform in tiers.toml; blogs by distinct linking domains", data=("tiers.toml",),
)  # fmt: skip
def tier(case: Case) -> Score | None:
    """The largest account's latest count and its tier's word; its interval is what the shown text leaves open.

    Blogs: distinct domains of other creators that link to them, a lower bound of the web's; so the interval has no
    upper end. ``told.path`` says in which tier the count stood when, ``told.moves`` when it left a tier and came back.
    An account that is gone is labelled so.
    """
    order = table("tiers.toml")["order"]
    platforms = {row.key: row.platform for row in case.accounts}
    best: tuple[int, float, Series, str] | None = None
    for metric, measure in (("followers", "followers"), ("feed_subscribers", "feed_subscribers")):
        for one in newest(case, metric):
            platform = platforms.get(one.account)
            word = tier_of(platform, measure, one.seen[-1].value) if platform else None
            if word is not None and platform is not None:
                found = (order.index(word), float(one.seen[-1].value), one, word)
                best = max(best or found, found, key=lambda x: x[:2])
    hosts = {vouch.host for vouch in case.vouches}
    blog = tier_of("blog", "linking_domains", len(hosts)) if "blog" in platforms.values() else None
    if blog is not None and (best is None or order.index(blog) > best[0]):
        evidence = rests_on(accounts=case.accounts, links=case.vouches)
        return Score(len(hosts), len(hosts), None, len(hosts), gone(case) or blog, evidence)
    if best is None:
        return None
    _, value, one, word = best
    path = _path(case, one, platforms[one.account])
    evidence = rests_on(accounts=case.accounts, series=[one], told={"path": path, "moves": moves(path)})
    now = one.seen[-1]
    return Score(value, now.low, now.high, len(one.seen), gone(case) or word, evidence)


def _path(case: Case, one: Series, platform: str) -> list[list[str]]:
    """[day, tier or status] whenever it changed."""
    told = [(seen.first, tier_of(platform, "followers", seen.value) or "none") for seen in one.seen]
    told += [(at, status) for account, status, at in case.given.get("absences", ()) if account == one.account]
    path: list[list[str]] = []
    for when, word in sorted(told):
        if not path or path[-1][1] != word:
            path.append([f"{when:%Y-%m-%d}", word])
    return path


def moves(path: list[list[str]]) -> list[str]:
    """Sentences: what was left when, and when it was come back to."""
    told, been = [], {path[0][1]} if path else set()
    for (_, before), (day, word) in itertools.pairwise(path):
        told.append(f"{day}: left {before} for {word}" + (", back again" if word in been else ""))
        been.add(word)
    return told


def gone(case: Case) -> str | None:
    """The status (gone, suspended ...) of a creator none of whose accounts is there any more."""
    statuses = {row.status for row in case.accounts}
    return None if not statuses or statuses & {"active", "moved"} else sorted(statuses)[0]


def _shares(case: Case, part: str, whole: str) -> Score | None:
    parts = {one.account: one for one in newest(case, part)}
    wholes = [one for one in newest(case, whole) if one.account in parts]
    used = [(one, parts[one.account]) for one in wholes if parts[one.account].definition == one.definition]
    n, k = (sum(pair[side].seen[-1].value for pair in used) for side in (0, 1))
    if not n or k > n:
        return None
    last = [one._replace(seen=one.seen[-1:]) for pair in used for one in pair]
    return Score(*share(k, n), n, None, rests_on(series=last))


@formula(
    "closeness", unit="0-100", least=4, of="threads that others wrote in",
    source="author replies as nearness: Wies, Bleier & Edeling 2023 (J. Marketing); interval: Wilson 1927",
)  # fmt: skip
def closeness(case: Case) -> Score | None:
    """100 x threads_answered / threads at the last visit: how often the author answers those who write below a post."""
    return _shares(case, "threads_answered", "threads")


@formula(
    "loyalty", unit="0-100", least=8, of="repliers",
    source="loyal is who comes back: Hamilton et al. 2017 (ICWSM), from counts only; interval: Wilson 1927",
)  # fmt: skip
def loyalty(case: Case) -> Score | None:
    """100 x repliers_returning / repliers at the last visit: who wrote below a second post, of all who wrote at all.

    Nobody is identified: the counts are made from hashes that live for one visit in memory.
    """
    return _shares(case, "repliers_returning", "repliers")


class Rate(NamedTuple):
    """How an account's posts are answered: logarithms of the median post's rate, and what they rest on."""

    cell: str
    platform: str
    definition: str
    size: float
    value: float
    low: float
    high: float
    posts: tuple[int, ...]
    series: tuple[Series, ...]


ANSWERS = frozenset({"likes", "boosts", "replies", "quotes", "comments"})


def rate(case: Case) -> Rate | None:
    """The engagement of the account with the most counted posts, five at least.

    YouTube: (likes + comments) / views; elsewhere answers of all kinds / followers; blogs: comments a post.
    """
    of_post: dict[int, dict[str, Series]] = {}
    for one in case.series:
        if one.post is not None:
            of_post.setdefault(one.post, {})[f"{one.metric}/{one.definition}"] = one
    found = [_rate(case, row, of_post) for row in case.accounts]
    return max((one for one in found if one is not None), key=lambda one: len(one.posts), default=None)


def _rate(case: Case, account: Any, of_post: dict[int, dict[str, Series]]) -> Rate | None:
    followers = newest(case, "followers", account.key)
    size = float(followers[0].seen[-1].value) if followers else 0.0
    word = tier_of(account.platform, "followers", size) if followers else None
    if account.platform == "blog":
        size = len({vouch.host for vouch in case.vouches})
        word = tier_of("blog", "linking_domains", size)
    values: dict[str, list[tuple[float, int]]] = {}
    for post in case.posts:
        if post.account == account.key:
            one = _of_post(account.platform, post, of_post.get(post.key, {}), size)
            if one is not None:
                values.setdefault(one[0], []).append((one[1], post.key))
    if not values:
        return None
    definition, told = max(values.items(), key=lambda item: (len(item[1]), item[0]))
    if len(told) < 5:
        return None
    rates, n = sorted(value for value, _ in told), len(told)
    reach = Z * sqrt(n) / 2
    low, high = rates[max(0, int(n / 2 - reach) - 1)], rates[min(n - 1, int(n / 2 + reach))]
    posts = tuple(key for _, key in told)
    used = [series for key in posts for series in of_post.get(key, {}).values() if series.metric in {*ANSWERS, "views"}]
    whole = [one._replace(seen=one.seen[-1:]) for one in [*used, *followers]]
    cell = f"{account.platform} {definition} {word or 'unknown'}"
    return Rate(cell, account.platform, definition, size, median(rates), low, high, posts, tuple(whole))


def _of_post(platform: str, post: Any, series: dict[str, Series], size: float) -> tuple[str, float] | None:
    """(definition, logarithm of the rate) of one post."""
    last: dict[str, Seen] = {name: one.seen[-1] for name, one in series.items()}
    if platform == "youtube":
        views = max((name for name in last if name.startswith("views/")), default=None)
        comments = last["comments/1"].value if "comments/1" in last else post.comments
        if views is None or "likes/1" not in last or comments is None or not last[views].value:
            return None
        return views, log(100 * (last["likes/1"].value + comments + 0.5) / last[views].value)
    if platform == "blog":
        return ("comments", log(post.comments + 1)) if post.comments is not None else None
    answers = [seen.value for name, seen in last.items() if name.partition("/")[0] in ANSWERS]
    return ("answers/followers", log(100 * (sum(answers) + 0.5) / size)) if answers and size else None


@formula(
    "engagement", unit="0-100", least=5, of="posts with numbers",
    source="robust z against the own platform and tier: published quartiles (priors.toml) until a cell holds 200 "
    "creators, then the cell's own percentiles", data=("tiers.toml", "priors.toml"),
)  # fmt: skip
def engagement(case: Case) -> Score | None:
    """Share of the cell (platform, definition, tier) whose median post is answered less.

    Below 200 creators in the cell: 100 Phi((ln rate - ln median) / sigma) with sigma = ln(p75 / p25) / 1.349. No score
    where neither a cell nor a prior of the same definition stands. Limits: order statistics of the median post.
    """
    found = rate(case)
    if found is None:
        return None
    quantiles = case.given.get("cells", {}).get(found.cell)
    prior: dict[str, Any] = table("priors.toml").get(found.platform) or {}
    if quantiles:
        places = [_place(quantiles, value) for value in (found.value, found.low, found.high)]
        given: dict[str, Any] = {"cells": {found.cell: quantiles}}
    elif prior and prior["definition"] == found.definition and found.size >= prior["bands"][0][0]:
        _, middle, p25, p75 = [band for band in prior["bands"] if found.size >= band[0]][-1]
        sigma = log(p75 / p25) / 1.349
        places = [100 * phi((value - log(middle)) / sigma) for value in (found.value, found.low, found.high)]
        given = {}
    else:
        return None
    posts = [post for post in case.posts if post.key in set(found.posts)]
    told = {"cell": found.cell, "rate": round(exp(found.value), 4), "against": "own" if quantiles else prior["source"]}
    evidence = rests_on(
        accounts=case.accounts, posts=posts, series=found.series, links=case.vouches, given=given, told=told
    )
    return Score(places[0], places[1], places[2], len(found.posts), None, evidence)


def _place(quantiles: list[float], value: float) -> float:
    """Where a value stands among quantiles 0 %, 5 % ... 100 %, in per cent; in the middle of those that equal it."""
    step = 100 / (len(quantiles) - 1)

    def reach(upper: bool) -> float:
        below = [i for i, q in enumerate(quantiles) if (q <= value if upper else q < value)]
        if not below:
            return 0.0
        i = below[-1]
        if i == len(quantiles) - 1:
            return 100.0
        gap = quantiles[i + 1] - quantiles[i]
        return step * (i + (min(1.0, max(0.0, (value - quantiles[i]) / gap)) if gap > 0 else 0.0))

    return (reach(False) + reach(True)) / 2
