"""The filters by which the index is asked: their names, what each takes, topics by any of their names; strict."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

from babel import Locale

import index.scores.run  # noqa: F401 - with it every formula is registered
from index.scores.audience import table as toml
from index.scores.model import FORMULAS
from index.words import parse
from pipelines.language.codes import label
from pipelines.topics.taxonomy import LANGUAGES, NEVER_OF_A_PERSON, domain_of, niches
from storage.address_table import table as platforms

MAIN = 0.2
"""A topic or language is a creator's if so great a share of their posts is in it."""
SCORES = tuple(sorted(FORMULAS))
TIERS = tuple(toml("tiers.toml")["order"])
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
    """The filters in force of what a user gave, each value as it is written in the index; empty ones left out. Whether
    a list is there is seen when it is asked. Raises UnknownFilterError, SearchSyntaxError."""
    told: Filters = {}
    for name, value in given.items():
        plain = name.replace("-", "_")
        bound = re.fullmatch(r"(min|max)_(\w+)", plain)
        if plain not in FILTERS and not (bound and bound[2] in SCORES):
            known = [*FILTERS, *(f"{way}_{score}" for way in ("min", "max") for score in SCORES)]
            raise UnknownFilterError(f"no filter is called {name!r}{_near(plain, known)}")
        if value not in (None, False, ""):
            given_as = "rising" if plain == "rising" and value is True else str(value)
            told[plain] = _READ.get(plain, partial(_amount, plain, -1e9, 1e9))(given_as)
    return told


def _near(given: str, known: Iterable[str], shown: str = "") -> str:
    lower = {one.casefold(): one for one in known}
    found = [lower[one] for one in get_close_matches(given.casefold(), lower, n=3, cutoff=0.5)]
    return f"; did you mean {', '.join(found)}?" if found else f"; {shown or 'known are ' + ', '.join(lower.values())}"


def one_of(name: str, value: str, known: Iterable[str], shown: str = "") -> str:
    """The value as it is known, whatever its case; else the nearest, or what ``shown`` says of them.

    Raises UnknownFilterError.
    """
    found = {one.casefold(): one for one in known} | {one: one for one in known}
    if (said := found.get(value, found.get(value.casefold()))) is None:
        raise UnknownFilterError(f"{name}: no {value!r} is known{_near(value, known, shown)}")
    return said


def _language(given: str) -> str:
    """As the language stage writes it: the main code alone but where two are kept apart (zh-Hant, hi-Latn)."""
    codes = Locale("en").languages
    tag = given.strip().replace("_", "-")
    main, _, rest = tag.partition("-")
    if main.lower() in codes or label(main) in codes:
        return f"{label(main)}-{rest.title()}" if len(rest) == 4 else label(tag)
    names = {name: code for code, name in codes.items() if len(code) < 4 and label(code)}
    names |= {str(Locale(code).get_language_name()).title(): code for code in LANGUAGES}
    near = get_close_matches(given.title(), names, n=3, cutoff=0.7) or get_close_matches(main.lower(), names.values())
    said = ", ".join(f"{names.get(one, one)} ({codes.get(one, one)})" for one in near)
    raise UnknownFilterError(
        f"lang: no {given!r} is known; " + (f"did you mean {said}?" if said else "write a BCP-47 code: en, pt, ja")
    )


@cache
def _platforms() -> dict[str, str]:
    """Every name of a platform -> as it is stored; the software of the fediverse is one platform."""
    known, crawled = platforms(), ("blog", "fediverse", "profile")
    told = {name: name for name in (*crawled, *known.platforms)} | known.names
    return (
        told | {name: "fediverse" for name, of in known.names.items() if of == "mastodon"} | {"mastodon": "fediverse"}
    )


def _platform(given: str) -> str:
    shown = "known are blog, fediverse, youtube, bluesky, profile, and the names of storage/addresses.toml"
    return _platforms()[one_of("platform", given, _platforms(), shown)]


def _words(given: str) -> str:
    parse(given)
    return given


def _amount(name: str, least: float, most: float, value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise UnknownFilterError(f"{name}: {value!r} is no number from {least:,g} to {most:,g}")
    return value


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


def _any(given: str) -> str:
    return given


_READ: dict[str, Callable[[str], str]] = {
    "topic": lambda given: topic(given)[1],
    "lang": _language,
    "platform": _platform,
    "search": _words,
    "tier": lambda given: one_of("tier", given, TIERS),
    "rising": lambda given: one_of("rising", given, TRENDS),
    "affiliate": lambda given: one_of("affiliate", given, ("yes", "no")),
    "sponsored_share": partial(_amount, "sponsored_share", 0, 1),
    "active_days": partial(_amount, "active_days", 0, 36_500),
    **{name: partial(_amount, name, 0, 1e9) for name in ("min_posts", "max_posts", "accounts")},
    **dict.fromkeys(("place", "list", "exclude_list"), _any),
}
"""How a value of each filter is read; all others are bounds of scores."""
