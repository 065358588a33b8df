"""Discovery on both databases: whom specialists lead to becomes a source; shops and closed networks never."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from index.discover import BadWish, Survey, Wishes, read_wishes, store, survey, told, topics_of
from pipelines.discovery.places import Place
from storage.database import reading, writing
from storage.discovery import candidate, follows_read
from storage.frontier import claim
from storage.records import Account, Link, Post, Source
from storage.suppression import Suppressor
from storage.tables import source
from tests.pipelines.identity import world
from tests.pipelines.identity.world import blog, day

NOW = day(30)
BREAD = Wishes(("food.baking",))


def post(by: Account, number: int, niche: str, language: str = "en") -> Post:
    facts = {"platform": by.platform, "source_url": by.url, "fetched_at": day(0), "extractor": "test/1"}
    url = f"{by.url}{number}"
    return Post(**facts, account_id=by.native_id, native_id=url, url=url, niche=niche, language=language)  # type: ignore[arg-type]


def writes(by: Account, niche: str = "food.baking", language: str = "en") -> list[Account | Post]:
    return [by, *(post(by, number, niche, language) for number in range(8))]


def links(by: Account, to: str, kind: str = "blogroll", text: str | None = None) -> Link:
    made = world.link(by, to, kind)
    made.text = text
    return made


def visit(place: Place) -> str | None:
    return place.url


def looked(engine: Engine, wishes: Wishes = BREAD) -> Survey:
    with reading(engine) as connection:
        return survey(connection, wishes, visit)


def urls(seen: Survey) -> list[str]:
    return [one.place.url for one in seen.found]


MAREN, OLE, CARS = blog("maren.example.org", "Maren"), blog("ole.example.net", "Ole"), blog("cars.example.com", "Cars")


def test_the_place_that_more_specialists_lead_to_stands_first(engine: Engine) -> None:
    world.store(
        engine,
        *writes(MAREN),
        *writes(OLE),
        *writes(CARS, "auto.cars"),
        links(MAREN, "https://rye-crumbs.example/about"),
        links(OLE, "https://rye-crumbs.example/"),
        links(OLE, "https://lonely-loaf.example/"),
        links(CARS, "https://engines-daily.example/"),
    )
    seen = looked(engine)
    assert urls(seen) == ["https://rye-crumbs.example/", "https://lonely-loaf.example/"]
    with reading(engine) as connection:
        why = told(connection, seen.found[0])
    assert why == [
        "Maren (80% on the topic) recommends it (blogroll)",
        "Ole (80% on the topic) recommends it (blogroll)",
    ]


def test_closed_networks_shops_posts_and_known_places_are_never_candidates(engine: Engine) -> None:
    left = (
        "https://www.instagram.com/maren",
        "https://www.ikea.de/rye",
        "https://www.w3.org/TR/",
        "https://www.youtube.com/watch?v=aaaaaaaaaaa",
        "https://shop.mill-and-flour.example/",
        "https://baking.some-university.edu/",
        OLE.url,
    )
    world.store(engine, *writes(MAREN), OLE, *(links(MAREN, url, "body") for url in left))
    seen = looked(engine)
    assert urls(seen) == []
    assert seen.left_out == {"closed_network": 1, "organisation": 4, "no_account": 1}


def test_a_place_that_asked_us_to_stay_away_is_not_proposed_again(engine: Engine) -> None:
    refused = Source(
        platform="blog",
        source_url="https://quiet-oven.example/",
        fetched_at=day(0),
        extractor="test/1",
        url="https://quiet-oven.example/",
        kind="seed",
        outcome="robots",
    )
    world.store(engine, *writes(MAREN), refused, links(MAREN, "https://quiet-oven.example/"))
    seen = looked(engine)
    assert urls(seen) == []
    assert seen.left_out == {"visited (robots)": 1}


def test_who_asked_to_be_left_out_becomes_no_candidate_whoever_leads_there(engine: Engine) -> None:
    world.store(engine, *writes(MAREN), links(MAREN, "https://quiet-oven.example/"))
    assert urls(looked(engine)) == ["https://quiet-oven.example/"]
    with writing(engine) as connection:
        Suppressor.of(engine, make=True).add(connection, ["https://quiet-oven.example/"], "asked", NOW)
    seen = looked(engine)
    assert urls(seen) == []
    assert seen.left_out == {"asked_to_be_left_out": 1}


def test_admitted_candidates_are_due_once_and_remember_their_depth(engine: Engine) -> None:
    world.store(
        engine,
        *writes(MAREN),
        links(MAREN, "https://rye-crumbs.example/"),
        links(MAREN, "https://oat-notes.example/", "body"),
    )
    with writing(engine) as connection:
        assert store(connection, survey(connection, BREAD, visit), BREAD, 1, NOW) == 1
    with writing(engine) as connection:
        assert [one.url for one in claim(connection, "blog", NOW, 10, "test")] == ["https://rye-crumbs.example/"]
        rows = {row.url: row for row in connection.execute(select(candidate))}
    assert rows["https://rye-crumbs.example/"].status == "admitted"
    assert rows["https://oat-notes.example/"].status == "waiting"
    with writing(engine) as connection:
        assert store(connection, survey(connection, BREAD, visit), BREAD, 0, NOW) == 0

    rye = blog("rye-crumbs.example", "Rye Crumbs")
    found = Source(
        platform="blog",
        source_url=rye.url,
        fetched_at=NOW,
        extractor="test/1",
        url=rye.url,
        kind="seed",
        account_id=rye.native_id,
    )
    world.store(engine, *writes(rye), found, links(rye, "https://far-crust.example/"))
    with reading(engine) as connection:
        seen = connection.execute(select(source.c.outcome, source.c.last_seen).where(source.c.url == rye.url)).one()
        assert seen == ("ok", NOW), "the first visit is on record"
        far = next(
            one for one in survey(connection, BREAD, visit).found if one.place.url == "https://far-crust.example/"
        )
        assert far.scored.depth == 2
        assert told(connection, far)[-1] == "Rye Crumbs was found through Maren"
    shallow = looked(engine, Wishes(BREAD.topics, depth=1))
    assert "https://far-crust.example/" not in urls(shallow)
    assert shallow.left_out["too_deep"] == 1


def test_whom_specialists_follow_is_a_candidate_and_the_day_of_reading_is_known(engine: Engine) -> None:
    rye, oat = "https://toots.example/@rye", "https://toots.example/@oat"
    world.store(engine, *writes(MAREN), *writes(OLE), *(links(one, rye, "follow") for one in (MAREN, OLE)))
    world.store(engine, links(OLE, oat, "follow"), links(CARS, oat, "mention"))
    seen = looked(engine)
    assert urls(seen) == [rye, oat]
    with reading(engine) as connection:
        assert told(connection, seen.found[1]) == ["Ole (80% on the topic) follows it"]
        assert follows_read(connection, "blog", OLE.native_id) == day(0)
        assert follows_read(connection, "blog", CARS.native_id) is None


def test_words_of_a_link_and_the_wished_language_move_a_candidate(engine: Engine) -> None:
    world.store(
        engine,
        *writes(MAREN),
        *writes(OLE, language="is"),
        links(MAREN, "https://one-page.example/", text="sourdough bread baking recipes"),
        links(MAREN, "https://another-page.example/"),
        links(OLE, "https://northern-page.example/"),
    )
    assert urls(looked(engine))[0] == "https://one-page.example/"
    assert urls(looked(engine, Wishes(BREAD.topics, ("is",))))[0] == "https://northern-page.example/"


def test_a_farm_of_one_domain_does_not_fill_the_list(engine: Engine) -> None:
    world.store(engine, *writes(MAREN), *(links(MAREN, f"https://a{n}.bread-farm.example/") for n in range(9)))
    seen = looked(engine)
    assert len(seen.found) == 2
    assert seen.left_out["crowd"] == 7


def test_topics_are_ids_labels_or_domains_and_never_what_is_private() -> None:
    assert topics_of(["food.baking"]) == ("food.baking",)
    assert topics_of(["motor sport"]) == ("auto.motorsport",)
    assert "food.coffee" in topics_of(["food"])
    with pytest.raises(BadWish, match=r"did you mean auto\.motorsport"):
        topics_of(["moter sport"])
    with pytest.raises(BadWish, match="describes posts, never a person"):
        topics_of(["life.spirit"])


def test_wishes_are_read_from_a_file_and_mistakes_are_named(tmp_path: Path) -> None:
    file = tmp_path / "wishes.toml"
    file.write_text('topics = ["food.baking"]\nlanguages = ["is"]\nshare = 0.1\n')
    assert read_wishes(file) == Wishes(("food.baking",), ("is",), 0.1, 3)
    for text, said in (("topic = 1", "topic is unknown"), ("share = 2\ntopics = []", "from 0 to 1"), ("=", "write")):
        file.write_text(text)
        with pytest.raises(BadWish, match=said):
            read_wishes(file)
