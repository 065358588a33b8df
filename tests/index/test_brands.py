"""Brand mentions: found in every script, told apart by who pays, and below the floor never by name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from index.brands import Brand, BrandsProblem, crowds, named, normal, read
from storage import tables as t
from storage.database import reading, writing
from storage.records import Link, Post
from tests.index.test_publish import bakers, write
from tests.storage.records import day, link, post

BREW = Brand("BrewCo", ("Brew & Co",), ("brewco.example",))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("BrewCo", "my BREWCO's kettle", True),
        ("BrewCo", "ＢｒｅｗＣｏ", True),
        ("BrewCo", "#brewco, daily", True),
        ("BrewCo", "brewcorp and homebrewco", False),
        ("BrewCo", "私はBrewCoが好き", True),
        ("BrewCo", "브루에서 BrewCo를 샀다", True),
        ("Brew & Co", "by Brew &\n Co today", True),
        ("小麦屋", "昨日は小麦屋でパンを買った", True),
        ("ドウ", "ドウで焼く", True),
        ("ドウ", "ドウナツを焼く", False),
        ("ขนมดี", "ฉันซื้อขนมดีเมื่อวาน", True),
        ("राम", "रामा की दुकान", False),
        ("राम", "मेरा राम।", True),
        ("Straße", "die STRASSE", True),
        ("мук", "мука", False),
        ("مخبز", "زرت مخبز أمس", True),
        ("C++", "wir backen in C++.", True),
    ],
)
def test_a_brand_is_found_as_a_word_of_its_own_in_every_script(name: str, text: str, found: bool) -> None:
    assert Brand(name).in_text(normal(text)) is found


def test_an_address_counts_where_its_host_is_the_brands() -> None:
    assert BREW.in_url("https://shop.brewco.example/x?y")
    assert not BREW.in_url("https://notbrewco.example/")
    assert not BREW.in_url("https://other.example/?to=brewco.example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("brand = 5", "names no brand"),
        ("[[brand]]\naliases = ['x']", "brand 1: has no name"),
        ("[[brand]]\nname = 'A'\nalias = ['x']", "alias is not known"),
        ("[[brand]]\nname = 'A'\naliases = 'x'", "aliases is no list"),
        ("[[brand]]\nname = 'A'\naliases = ['!']", "aliases is no list"),
        ("[[brand]]\nname = 'A'\ndomains = ['https://a.example/']", "is no domain"),
        ("[[brand]]\nname = 'A'\n[[brand]]\nname = 'A'", "A stands there twice"),
        ("[[", "is no TOML"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "brands.toml"
    file.write_text(text)
    with pytest.raises(BrandsProblem, match=said):
        read(file)


def home(baker: int) -> str:
    return f"https://baker{baker}.example/"


def says(baker: int, number: int, text: str, sponsorship: str | None = "none", **facts: Any) -> Post:
    url = f"{home(baker)}{number}"
    return post(account_id=home(baker), native_id=url, url=url, text=text, sponsorship=sponsorship, **facts)


def links_to(baker: int, number: int, url: str) -> Link:
    return link(url, "body", account_id=home(baker), post_id=f"{home(baker)}{number}")


def a_world(engine: Engine) -> list[int]:
    """Five bakers: the first two above the floor, the third under it, of the others no size is known."""
    people = bakers(5)
    write(
        engine,
        *people,
        says(0, 1, "my BrewCo kettle"),
        says(0, 2, "ad: BrewCo", "disclosed"),
        says(0, 3, "code at Brew & Co", "affiliate"),
        says(0, 4, "only a link"),
        links_to(0, 4, "https://www.brewco.example/kettle"),
        says(0, 5, "nothing of it", "disclosed"),
        says(1, 1, "BrewCo?", None),
        *(says(baker, 1, "BrewCo again", published_at=day(0)) for baker in (2, 3, 4)),
        says(2, 2, "BrewCo once more", published_at=day(0)),
        says(2, 3, "BrewCo a week later", published_at=day(7)),
        says(3, 2, "ad: BrewCo", "disclosed", published_at=day(7)),
    )
    row = {"name": "tier", "value": 1.0, "n": 1, "formula": "tier/1", "formula_hash": "f"}
    row["computed_at"] = datetime(2026, 11, 1, tzinfo=UTC)
    tiers = zip((people[0].key, people[1].key, people[2].key), ("micro", "nano", "seedling"), strict=True)
    with writing(engine) as connection:
        connection.execute(insert(t.score), [{**row, "creator": key, "label": label} for key, label in tiers])
    return [person.key for person in people]


def test_mentions_are_told_by_creator_and_by_who_pays_with_their_posts(engine: Engine) -> None:
    creators = a_world(engine)
    with reading(engine) as connection:
        rows, small = named(connection, [BREW, Brand("Nobody's")])
    assert [(row["creator"], row["name"], row["brand"]) for row in rows] == [
        (creators[0], "Baker 0", "BrewCo"),
        (creators[1], "Baker 1", "BrewCo"),
    ]
    assert [rows[0][kind] for kind in ("organic", "disclosed", "affiliate", "undisclosed", "unknown")] == [
        2,
        1,
        1,
        0,
        0,
    ]
    assert rows[1]["unknown"] == 1, "a post that nobody looked at is not called organic"
    assert rows[0]["posts"]["disclosed"] == [says(0, 2, "").key]
    assert sorted(rows[0]["posts"]["organic"]) == sorted(says(0, n, "").key for n in (1, 4))
    assert small == 3


def test_below_the_floor_only_crowds_are_told(engine: Engine) -> None:
    a_world(engine)
    with reading(engine) as connection:
        rows = crowds(connection, [BREW])
    assert rows == [
        {"brand": "BrewCo", "week": "2026-W44", "people": 3},
        {"brand": "BrewCo", "week": "2026-W45", "people": None},
    ]
