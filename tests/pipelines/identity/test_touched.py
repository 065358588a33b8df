"""What a crawl leaves: creators, lasting ids, dated evidence; the same as the batch would leave."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from pipelines.identity.batch import resolve_all
from pipelines.identity.touched import settle
from storage import identity as tables
from storage.database import reading, writing
from tests.pipelines.identity.world import (
    account,
    blog,
    channel,
    creator_of,
    day,
    link,
    members,
    redirects,
    store,
    together,
    toot,
)


def live_kinds(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        query = select(tables.evidence.c.kind).where(tables.evidence.c.expired_at.is_(None))
        return sorted(connection.scalars(query))


def test_links_both_ways_make_one_creator_under_the_oldest_account(engine: Engine) -> None:
    site, videos = blog("korvaldbrod.example", "Maren Korvald"), channel(1, "Maren Korvald", when=1)
    store(engine, site, link(site, videos))
    assert store(engine, videos, link(videos, site), when=1) == 2
    assert creator_of(engine, videos) == creator_of(engine, site) == site.key
    assert redirects(engine) == {videos.key: site.key}
    assert live_kinds(engine) == ["reciprocal"]


def test_the_same_crawl_again_changes_nothing(engine: Engine) -> None:
    site, videos = blog("korvaldbrod.example", "Maren Korvald"), channel(1, "Maren Korvald")
    records = [site, videos, link(site, videos), link(videos, site)]
    store(engine, *records)
    before = members(engine), redirects(engine)
    assert store(engine, *records, when=1) == 0
    with writing(engine) as connection:
        outcome = resolve_all(connection)
    assert (outcome.memberships_changed, outcome.evidence_changed) == (0, 0)
    assert (members(engine), redirects(engine)) == before


def test_an_account_that_copies_a_name_and_links_to_its_victim_stays_alone(engine: Engine) -> None:
    site = blog("korvaldbrod.example", "Maren Korvald")
    copy = account("telegram", "korvaldbrod_official", "https://t.me/korvaldbrod_official", "Maren Korvald")
    plain = account("telegram", "korvaldbrod", "https://t.me/korvaldbrod", "Maren Korvald", handle="korvaldbrod")
    store(engine, site, copy, plain, link(copy, site), link(plain, site))
    assert members(engine) == {}


def test_a_verified_field_joins_accounts_of_different_names(engine: Engine) -> None:
    site, profile = blog("rye-and-iron.example", "Rye & Iron"), toot("mk", "Maren")
    store(engine, site, profile, link(profile, site, "verified"))
    assert together(engine, site, profile)


def test_a_bluesky_handle_that_is_the_domain_joins_without_any_link(engine: Engine) -> None:
    site = blog("korvaldbrod.example", "Brød")
    sky = account(
        "bluesky",
        "did:plc:abcdefghijklmnop",
        "https://bsky.app/profile/korvaldbrod.example",
        "M",
        handle="korvaldbrod.example",
    )
    store(engine, site)
    store(engine, sky)
    assert together(engine, site, sky)


def test_an_agency_joins_nobody_and_lets_go_of_whom_it_joined(engine: Engine) -> None:
    agency = blog("nordlys-talents.example", "Nordlys Talents")
    people = [channel(0, "Maren Korvald"), channel(1, "Tove of Nordlys Talents"), channel(2, "Ida Salonen")]
    own = account(
        "twitter", "nordlystalents", "https://x.com/nordlystalents", "Nordlys Talents", handle="nordlystalents"
    )
    store(engine, agency, own, link(agency, own), link(own, agency))
    assert together(engine, agency, own)
    for person in people:
        store(engine, person, link(person, agency), link(agency, person))
    assert members(engine) == {}
    with reading(engine) as connection:
        assert connection.scalars(select(tables.shared_account.c.account)).all() == [agency.key]


def test_a_handle_that_passes_to_somebody_else_takes_its_evidence_away(engine: Engine) -> None:
    site = blog("korvaldbrod.example", "Maren Korvald")
    first = channel(1, "Maren Korvald", handle="@korvaldbrod")
    store(engine, site, first, link(site, "https://www.youtube.com/@korvaldbrod"))
    assert together(engine, site, first)
    second = channel(2, "Crypto Deals", when=5, handle="@korvaldbrod")
    store(engine, second, when=5)
    assert not together(engine, site, first)
    assert not together(engine, site, second)
    with reading(engine) as connection:
        gone = select(func.count()).where(tables.evidence.c.expired_at.is_not(None))
        assert connection.scalar(gone) == 1


def test_a_link_that_is_no_longer_there_counts_no_longer(engine: Engine) -> None:
    site, videos = blog("korvaldbrod.example", "Maren Korvald"), channel(1, "Maren Korvald")
    store(engine, site, videos, link(site, videos))
    assert together(engine, site, videos)
    store(engine, blog("korvaldbrod.example", "Maren Korvald", when=400), when=400)
    assert not together(engine, site, videos)


def test_unmerging_sticks_when_everything_is_resolved_again(engine: Engine) -> None:
    site, videos = blog("korvaldbrod.example", "Maren Korvald"), channel(1, "Maren Korvald", when=1)
    records = [site, videos, link(site, videos), link(videos, site)]
    store(engine, *records)
    with writing(engine) as connection:
        connection.execute(
            tables.judgement.insert().values(
                a=site.key, b=videos.key, verdict="different", by="human", reason="mother and daughter", at=day(2)
            )
        )
        settle(connection, {site.key}, day(2))
    assert not together(engine, site, videos)
    assert redirects(engine) == {}
    store(engine, *records, when=3)
    with writing(engine) as connection:
        resolve_all(connection)
    assert not together(engine, site, videos)


def test_crawling_in_any_order_leaves_what_the_batch_leaves(engine: Engine) -> None:
    site, hub = (
        blog("ekdahl.example", "Tove Ekdahl"),
        account("linktree", "tovee", "https://linktr.ee/tovee", "Tove Ekdahl"),
    )
    videos, posts = channel(7, "Tove Ekdahl", when=2), toot("tove", "Tove Ekdahl", when=1)
    copy = account("tiktok", "tovee1", "https://www.tiktok.com/@tovee1", "Tove Ekdahl", handle="tovee1")
    records = [site, hub, videos, posts, copy, link(site, hub), link(hub, videos), link(hub, posts), link(copy, hub)]
    for record in reversed(records):
        store(engine, record, when=3)
    crawled = members(engine)
    assert len(crawled) == 4
    with writing(engine) as connection:
        outcome = resolve_all(connection)
    assert outcome.memberships_changed == outcome.evidence_changed == 0
    assert members(engine) == crawled
