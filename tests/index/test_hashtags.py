"""Hashtags on both databases: what specialists share leads to its timeline, what everybody uses hardly."""

from __future__ import annotations

from sqlalchemy import Engine, select

from crawler.platforms.fediverse.urls import visit_address
from index.discover import Survey, Wishes, store, survey, told
from pipelines.discovery.places import Place
from storage.database import reading, writing
from storage.discovery import candidate, is_admitted, keep_listed
from storage.records import Account, Post, Record, Source
from storage.tables import source
from tests.index.test_discover import BREAD, MAREN, NOW, links, post, writes
from tests.pipelines.identity import world
from tests.pipelines.identity.world import blog, day


def toots(name: str, host: str = "toots.example") -> Account:
    url = f"https://{host}/@{name.lower()}"
    return world.account("fediverse", url, url, name, handle=f"{name.lower()}@{host}")


TILDA, WREN = toots("Tilda"), toots("Wren")
RYE = "https://toots.example/tags/ryebread"


def tagged(by: Account, *tags: str, niche: str = "food.baking") -> list[Account | Post]:
    made = post(by, 99, niche)
    made.tags = list(tags)
    return [*writes(by, niche), made]


def visit(place: Place) -> str | None:
    return visit_address(place.url) if place.platform == "fediverse" else place.url


def looked(engine: Engine, *records: Record, wishes: Wishes = BREAD) -> Survey:
    world.store(engine, *records)
    with reading(engine) as connection:
        return survey(connection, wishes, visit)


def test_a_tag_of_two_specialists_leads_to_its_timeline_at_a_server_of_theirs(engine: Engine) -> None:
    seen = looked(engine, *tagged(TILDA, "RyeBread", "mine", "2026"), *tagged(MAREN, "#ryebread", "2026"))
    [one] = seen.found
    assert (one.place.url, one.scored.depth) == (RYE, 1)
    assert one.visit == "https://toots.example/api/v1/timelines/tag/ryebread?limit=40"
    with reading(engine) as connection:
        assert sorted(told(connection, one)) == [
            "Maren (82% on the topic) writes under it (hashtag)",
            "Tilda (82% on the topic) writes under it (hashtag)",
        ]


def test_without_a_leader_on_the_fediverse_a_tag_leads_nowhere(engine: Engine) -> None:
    ole = blog("ole.example.net", "Ole")
    assert looked(engine, *tagged(MAREN, "ryebread"), *tagged(ole, "ryebread")).found == []


def test_a_tag_that_everybody_writes_under_ranks_below_all_else(engine: Engine) -> None:
    crowd = [blog(f"cars{n}.example.com", f"Cars {n}") for n in range(60)]
    others = [one for each in crowd for one in (each, tagged(each, "photo", niche="auto.cars")[-1])]
    lone = links(MAREN, "https://lonely-loaf.example/", "body")
    leaders = (*tagged(TILDA, "photo", "ryebread"), *tagged(MAREN, "ryebread", "photo"))
    seen = looked(engine, *others, *leaders, lone)
    assert [one.place.url for one in seen.found] == [RYE, lone.url, "https://toots.example/tags/photo"]


def test_who_is_found_under_a_tag_is_a_step_deeper_than_the_tag(engine: Engine) -> None:
    known = Source(
        platform="fediverse", source_url=TILDA.url, fetched_at=day(0), extractor="test/1", url=TILDA.url, kind="seed"
    )
    seen = looked(engine, *tagged(TILDA, "ryebread"), *tagged(MAREN, "ryebread"), known)
    timeline, found = seen.found[0].visit, toots("Rye", "far.example")
    with writing(engine) as connection:
        assert store(connection, seen, BREAD, 1, NOW) == 1
        assert is_admitted(connection, "fediverse", timeline)
        people = {"fediverse:rye@far.example": found.url, "fediverse:tilda@toots.example": TILDA.url}
        for _ in range(2):
            keep_listed(connection, "fediverse", timeline, people, NOW)
        keep_listed(connection, "fediverse", "https://toots.example/no-listing", {"fediverse:x@y.example": "x"}, NOW)
        rows = connection.execute(select(candidate.c.address, candidate.c.depth, candidate.c.status)).all()
        assert sorted(rows) == [("fediverse:rye@far.example", 2, "listed"), (RYE, 1, "admitted")]
    at = Source(
        platform="fediverse", source_url=found.url, fetched_at=NOW, extractor="test/1", url=found.url, kind="profile"
    )
    at.account_id = found.native_id
    far = links(found, "https://far-crust.example/")
    deep = next(one for one in looked(engine, *writes(found), at, far).found if one.place.url == far.url)
    with reading(engine) as connection:
        assert connection.execute(select(source.c.key).where(source.c.url == found.url)).one()
        assert deep.scored.depth == 3
        assert told(connection, deep)[1].startswith("Rye was found through ")
    shallow = looked(engine, wishes=Wishes(BREAD.topics, depth=2))
    assert shallow.left_out["too_deep"] == 1
