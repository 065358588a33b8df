"""Scores of who pays: hobby, independence, disclosure, organic use of products. Advice, never a verdict."""

from __future__ import annotations

from math import exp
from typing import Any

from index.scores.audience import table
from index.scores.content import says, words
from index.scores.model import Case, Score, formula, rests_on
from index.scores.stats import share
from pipelines.sponsorship.signals import signals

COMMERCIAL = frozenset({"disclosed", "affiliate", "undisclosed"})


def commercial(post: Any) -> bool:
    return post.sponsorship in COMMERCIAL


def hidden(post: Any) -> bool:
    """Paid for by the signs and not said so: undisclosed, or affiliate addresses without a word about them."""
    reasons = ((post.findings or {}).get("sponsorship") or {}).get("reasons") or []
    return post.sponsorship == "undisclosed" or (post.sponsorship == "affiliate" and "affiliate" not in reasons)


def judged(case: Case) -> list[Any]:
    return [post for post in case.posts if post.sponsorship is not None]


@formula(
    "hobby", unit="0-100", least=3, of="posts judged",
    source="Kagi Small Web's rules for the personal web; weights of signs: weights.toml [hobby]",
    data=("weights.toml", "words.tsv"),
)  # fmt: skip
def hobby(case: Case) -> Score | None:
    """100 x (1 - logistic(bias + weights x signs)): signs of a profession in the accounts' own words and addresses.

    Media kit, rate card, management, business contact, own shop, advertising network, an organisation or agency; and
    the share of paid posts, whose Wilson interval makes the limits. ``told.signs`` lists the words that were seen.
    """
    posts = judged(case)
    if not posts:
        return None
    weights = table("weights.toml")["hobby"]
    seen = _signs(case)
    base = weights["bias"] + sum(weights.get(sign, 0.0) for sign in seen)
    paid = sum(commercial(post) for post in posts)
    value, high, low = (
        100 / (1 + exp(base + weights["sponsored_share"] * part / 100)) for part in share(paid, len(posts))
    )
    evidence = rests_on(
        accounts=case.accounts, posts=posts, links=case.places, told={"paid_posts": paid, "signs": seen}
    )
    return Score(value, low, high, len(posts), None, evidence)


def _signs(case: Case) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = {}
    for row in case.accounts:
        details = row.details or {}
        text = "\n".join(str(part) for part in (row.name, row.bio, details.get("about")) if part)
        links = [place.url for place in case.places if place.account == row.key]
        for sign, found in signals(text, links).items():
            seen.setdefault(sign, []).extend(found)
        if details.get("is_org") is True:
            seen.setdefault("organisation", []).append("is_org")
        if hit := words("agency").search(text):
            seen.setdefault("organisation", []).append(hit.group())
    return {sign: found[:3] for sign, found in sorted(seen.items())}


@formula(
    "independence", unit="0-100", least=5, of="posts judged",
    source="pickiness as rarity of paid posts: truthful endorsement, Lee & Eastin 2021; interval: Wilson 1927",
)  # fmt: skip
def independence(case: Case) -> Score | None:
    """100 x share of posts that nobody pays for (neither disclosed nor affiliate nor likely undisclosed)."""
    posts = judged(case)
    if not posts:
        return None
    paid = [post for post in posts if commercial(post)]
    triple = share(len(posts) - len(paid), len(posts))
    return Score(*triple, len(posts), None, rests_on(posts=posts, told={"paid": [post.key for post in paid]}))


@formula(
    "disclosure", unit="0-100", least=2, of="commercial posts",
    source="EU influencer sweep 2024 (97 % advertise, 20 % say so each time); interval: Wilson 1927",
)  # fmt: skip
def disclosure(case: Case) -> Score | None:
    """100 x commercial posts that say so / all commercial posts; affiliate addresses count as said only with words."""
    posts = [post for post in case.posts if commercial(post)]
    if not posts:
        return None
    silent = [post.key for post in posts if hidden(post)]
    triple = share(len(posts) - len(silent), len(posts))
    return Score(*triple, len(posts), None, rests_on(posts=posts, told={"undisclosed": silent}))


@formula(
    "organic_use", unit="0-100", least=3, of="posts that use a thing",
    source="sponsored posts engage less than organic ones: Bertaglia et al. 2024; words.tsv; interval: Wilson 1927",
    data=("words.tsv",),
)  # fmt: skip
def organic_use(case: Case) -> Score | None:
    """Of the posts in whose beginning somebody bought, uses or reviews a thing, the share that nobody pays for."""
    posts = [post for post in judged(case) if says("use", post)]
    if not posts:
        return None
    free = sum(not commercial(post) for post in posts)
    return Score(*share(free, len(posts)), len(posts), None, rests_on(posts=posts))
