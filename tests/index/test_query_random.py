"""Random small indexes: what ``find`` gives is what a plain reading of the same rows gives, for filters in any mix."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from index import fulltext, lists
from index.filters import TIERS, TRENDS, checked
from index.fulltext import holding
from index.publish import publish
from index.query import find
from index.words import fold, parse
from storage import tables
from storage.database import reading, writing
from tests.index.test_publish import owns, write
from tests.storage.records import account, day, post

WORDS = "rye spelt oats bread sour dough mill oven crust salt".split()  # noqa: SIM905
NICHES = ("food.baking", "food.bbq", "auto.motorsport")
PLACES = ("Lyon, FR", "Lyons Bay, NZ", "Oslo", None)
SEARCHES = (
    *("rye", "ry*", "NOT salt", "rye AND oats", "rye OR (oats NOT mill)", '"sour dough"', '"sour dough" OR "rye br"*'),
    *("NOT (rye OR spelt)", "sour NOT dough", '"crust salt" AND NOT oven', "oats mill oven NOT rye*"),
)


@dataclass
class Maker:
    """A creator as the test knows them; ``texts`` are lists of words: bios and posts."""

    key: int
    texts: list[list[str]] = field(default_factory=list)
    posts: list[Any] = field(default_factory=list)
    platforms: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    accounts: int = 0
    scores: dict[str, tuple[float | None, str | None]] = field(default_factory=dict)

    def share(self, part: str, *values: str) -> float:
        told = [getattr(one, part) for one in self.posts if getattr(one, part)]
        return sum(one in values for one in told) / len(told) if told else 0.0


def world(engine: Engine, chance: random.Random) -> list[Maker]:
    """Forty accounts of some posts each, every fifth of the creators has two; published."""
    makers: list[Maker] = []
    records, rows = [], []
    for number in range(40):
        home, platform = f"https://p{number}.example/", chance.choice(("blog", "fediverse"))
        bio, place = " ".join(chance.choices(WORDS, k=3)), chance.choice(PLACES)
        own: dict[str, Any] = {"native_id": home, "url": home, "platform": platform}
        profile = account(**own, name=f"Name{number}", bio=bio, place=place)
        texts = [" ".join(chance.choices(WORDS, k=chance.randint(1, 5))) for _ in range(chance.randint(0, 6))]
        posts = [
            post(
                platform=platform,
                account_id=home,
                native_id=f"{home}{at}",
                url=f"{home}{at}",
                title=None,
                text=text,
                niche=chance.choice((*NICHES, None)),
                language=chance.choice(("en", "fr")),
                sponsorship=chance.choice(("none", "none", "affiliate", "disclosed")),
                published_at=day(-chance.randrange(10_000)),
            )
            for at, text in enumerate(texts)
        ]
        if number % 5 != 4:
            makers.append(Maker(profile.key))
        maker = makers[-1]
        maker.texts += [fold(bio), [f"name{number}"], *map(fold, texts)]
        maker.posts += posts
        maker.platforms.add(platform)
        maker.places |= {place.casefold()} if place else set()
        maker.accounts += 1
        records += [profile, *posts]
        if number % 5 == 4:
            owns(engine, maker.key, maker.key, profile.key)
    for maker in makers:
        known = {"tier": TIERS, "rising": TRENDS, "specialist": (None,), "field_geek": (None,)}
        for name, labels in known.items():
            if chance.random() < 0.7:
                value = (
                    None
                    if labels == (None,) and chance.random() < 0.1
                    else chance.choice((1.0, 20.0, 50.0, chance.uniform(0, 100)))
                )
                maker.scores[name] = value, chance.choice(labels)
                row = {"creator": maker.key, "name": name, "value": value, "label": maker.scores[name][1], "n": 9}
                rows.append(row | {"formula": "f/1", "formula_hash": "0", "computed_at": day(0)})
    write(engine, *records)
    with writing(engine) as connection:
        connection.execute(insert(tables.creator), [{"id": m.key, "created_at": day(0)} for m in makers])
        connection.execute(insert(tables.score), rows)
        lists.add(connection, "some", [maker.key for maker in makers[::3]])
        lists.add(connection, "never", [makers[0].key], kind="exclude")
    publish(engine)
    return makers


def said(maker: Maker, search: str) -> bool:
    """The search read as Python: each word or phrase in any of their texts."""

    def one(found: re.Match[str]) -> str:
        if found[0] in ("AND", "OR", "NOT", "(", ")"):
            return found[0].lower()
        plain = f" {' '.join(fold(found[0]))}" + ("" if found[0].endswith("*") else " ")
        return repr(any(plain in f" {' '.join(text)} " for text in maker.texts))

    told = re.sub(r'"[^"]*"\*?|[()]|[^\s()"]+', one, search)
    told = re.sub(r"(True|False|\)) (?=True|False|\(|not)", r"\1 and ", told)
    return bool(eval(told))  # made of True, False, and, or, not


def fulfils(maker: Maker, name: str, value: str, listed: set[int]) -> bool:
    """Whether a creator fulfils one filter, without a database."""
    number, label = maker.scores.get(name.partition("_")[2], (None, None))[0], maker.scores.get(name, (None, None))[1]
    paid = [one.sponsorship for one in maker.posts]
    plain: dict[str, Any] = {
        "topic": lambda: maker.share("niche", *(n for n in NICHES if n.startswith(value))) >= 0.2,
        "lang": lambda: maker.share("language", value) >= 0.2,
        "tier": lambda: label == value,
        "rising": lambda: label == value,
        "platform": lambda: value in maker.platforms,
        "place": lambda: any(value.casefold() in place for place in maker.places),
        "min_posts": lambda: len(maker.posts) >= int(value),
        "max_posts": lambda: len(maker.posts) <= int(value),
        "sponsored_share": lambda: not paid or sum(one != "none" for one in paid) / len(paid) <= float(value) + 1e-4,
        "affiliate": lambda: ("affiliate" in paid) == (value == "yes"),
        "accounts": lambda: maker.accounts >= int(value),
        "search": lambda: said(maker, value),
        "list": lambda: maker.key in listed,
        "exclude_list": lambda: maker.key not in listed,
        "min_specialist": lambda: number is not None and number >= float(value),
        "max_specialist": lambda: number is not None and number <= float(value),
    }
    return bool(plain[name]())


def a_query(chance: random.Random) -> dict[str, str]:
    values: dict[str, tuple[str, ...]] = {
        "topic": ("food.baking", "food", "auto.motorsport"),
        "lang": ("en", "fr"),
        "tier": TIERS[:4],
        "rising": TRENDS,
        "platform": ("blog", "fediverse"),
        "place": ("lyon", "OSLO", "fr", "nowhere"),
        "min_posts": ("0", "2", "5"),
        "max_posts": ("0", "3"),
        "sponsored_share": ("0", "0.4", "1"),
        "affiliate": ("yes", "no"),
        "accounts": ("1", "2"),
        "search": SEARCHES,
        "list": ("some",),
        "exclude_list": ("some",),
        "min_specialist": ("0", "20", "99"),
        "max_specialist": ("20", "50"),
    }
    return {name: chance.choice(values[name]) for name in chance.sample(list(values), chance.choice((0, 1, 1, 2, 3)))}


@pytest.mark.parametrize("seed", [1, 2])
def test_any_mix_of_filters_finds_whom_a_plain_reading_finds_in_the_same_order(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    makers = world(engine, chance)
    listed = {maker.key for maker in makers[::3]}
    for _ in range(60):
        asked, sort = a_query(chance), chance.choice(("field_geek", "specialist", "posts", "last_post"))
        wanted = [m for m in makers[1:] if all(fulfils(m, name, value, listed) for name, value in asked.items())]

        def place(maker: Maker, sort: str = sort) -> tuple[Any, ...]:
            value = maker.scores.get(sort, (None, None))[0]
            last = min((-one.published_at.timestamp() for one in maker.posts), default=1e18)
            if value is not None:
                return (0, -value, maker.key)
            return (1, -len(maker.posts) if sort == "posts" else last, maker.key)

        wanted.sort(key=place)
        limit = chance.choice((0, 3, 10, None))
        with reading(engine) as connection:
            found = find(connection, checked(asked), sort, limit)
        assert (found.total, [row["creator"] for row in found.rows]) == (
            len(wanted),
            [maker.key for maker in wanted][:limit],
        ), (asked, sort, limit)


def test_a_search_shows_the_newest_texts_that_hold_it_three_at_most(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "_BLOCKS", 7)
    makers = world(engine, random.Random(3))
    with reading(engine) as connection:
        found = holding(connection, parse("rye OR ov* NOT salt"), [maker.key for maker in makers], 1)
    for maker in makers:
        told = sorted(maker.posts, key=lambda one: one.published_at, reverse=True)
        newest = [one.key for one in told if re.search(r"\b(rye\b|ov)", one.text)]
        posts = [key for key in found.get(maker.key, []) if key in {one.key for one in maker.posts}]
        assert posts == newest[:3]
