"""The filters by which the index is asked: their names, what each takes, topics by any of their names; strict."""

from __future__ import annotations

import math
import re
from difflib import get_close_matches
from functools import cache
from typing import Any

from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of, niches

MAIN = 0.2
"""A topic or language is a creator's if so great a share of their posts is in it."""
SCORES = (
    "activity",
    "closeness",
    "disclosure",
    "engagement",
    "expertise",
    "field_geek",
    "freshness",
    "hobby",
    "independence",
    "loyalty",
    "organic_use",
    "regularity",
    "rising",
    "specialist",
    "starification",
    "tier",
)
TIERS = ("seedling", "nano", "micro", "mid", "macro", "mega")
TRENDS = ("rising", "steady", "fading", "one-hit")
SORTS = (*SCORES, "posts", "last_post")
FILTERS = {
    "topic": "a niche, a domain, or a name of one in any of fifteen languages",
    "lang": "language of at least a fifth of their posts (BCP-47 code)",
    "tier": "size: " + ", ".join(TIERS),
    "rising": "rising, steady, fading or one-hit",
    "platform": "with an account there",
    "place": "declares this place (a word of it); never inferred",
    "min_posts": "at least so many posts",
    "max_posts": "at most so many posts",
    "active_days": "posted in the last so many days",
    "sponsored_share": "at most this share of paid posts (0..1)",
    "affiliate": "yes or no: posts with affiliate links",
    "accounts": "on at least so many accounts",
    "search": "words in bios and posts: bread AND (rye OR spelt*) NOT keto",
    "list": "on this list",
    "exclude_list": "not on this list; lists of kind exclude are left out of every answer",
}
Filters = dict[str, str]


class UnknownFilterError(ValueError):
    """A filter or value that does not exist; the message names the nearest one."""


def checked(given: dict[str, Any]) -> Filters:
    """The filters in force of what a user gave; empty ones left out. Raises UnknownFilterError."""
    told: Filters = {}
    for name, value in given.items():
        plain = name.replace("-", "_")
        bound = re.fullmatch(r"(min|max)_(\w+)", plain)
        if plain not in FILTERS and not (bound and bound[2] in SCORES):
            known = [*FILTERS, *(f"{way}_{score}" for way in ("min", "max") for score in SCORES)]
            raise UnknownFilterError(f"no filter is called {name!r}{_near(plain, known)}")
        if value not in (None, False, ""):
            told[plain] = "rising" if plain == "rising" and value is True else str(value)
    return told


def _near(given: str, known: list[str] | tuple[str, ...], shown: str = "") -> str:
    found = get_close_matches(given.casefold(), [one.casefold() for one in known], n=3, cutoff=0.5)
    return f"; did you mean {', '.join(found)}?" if found else f"; {shown or 'known are ' + ', '.join(known)}"


def one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UnknownFilterError(f"{name}: no {value!r} is known{_near(value, known)}")
    return value


def number_of(name: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or abs(number) > 1e9:
        raise UnknownFilterError(f"{name}: {value!r} is no number of use here")
    return number


@cache
def _topics() -> dict[str, tuple[str, str]]:
    """Every name of a niche or domain, without spaces and signs -> (facet kind, value); ids come before names."""
    known: dict[str, tuple[str, str]] = {}
    for niche in niches():
        names = [niche.id, niche.id.partition(".")[2], *niche.labels.values()]
        names += [part for label in niche.labels.values() for part in re.split(r"[&,:]", label)]
        for name in names:
            known.setdefault(_plain(name), ("niche", niche.id))
    return known | {_plain(domain): ("domain", domain) for domain in domain_of().values()}


def _plain(name: str) -> str:
    return "".join(sign for sign in name.casefold() if sign.isalnum() or (not sign.isascii() and not sign.isspace()))


def topic(given: str) -> tuple[str, str]:
    """(facet kind, value) of a niche or domain by any of its names. Raises UnknownFilterError."""
    found = _topics().get(_plain(given))
    if found is None:
        shown = "known are the domains " + ", ".join(sorted(set(domain_of().values()))) + " and their niches"
        near = get_close_matches(_plain(given), list(_topics()), n=3, cutoff=0.6)
        ids = list(dict.fromkeys(_topics()[name][1] for name in near))
        raise UnknownFilterError(
            f"topic: no {given!r} is known; " + (f"did you mean {', '.join(ids)}?" if ids else shown)
        )
    if found[1] in NEVER_OF_A_PERSON:
        why = NEVER_OF_A_PERSON[found[1]]
        raise UnknownFilterError(f"topic: {found[1]} describes posts, never a person ({why}); use --search for words")
    return found
