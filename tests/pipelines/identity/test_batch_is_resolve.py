"""Crawling step by step, the nightly batch and the pure resolver agree on any invented world."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from pipelines.identity import ledger
from pipelines.identity.batch import resolve_all
from pipelines.identity.desk import judge
from pipelines.identity.resolve import resolve
from storage.database import connect, reading, writing
from storage.records import Account
from tests.pipelines.identity.world import account, blog, channel, day, link, members, partition, store, toot

NAMES = ("Maren Korvald", "Tove Ekdahl", "Ida Salonen", "Nordlys Talents")
HANDLES = ("korvaldbrod", "tovee", "idasalonen")


def bird(number: int, name: str, handle: str, when: float) -> Account:
    return account("twitter", str(number), f"https://x.com/{handle}", name, when, handle=handle)


def sky(number: int, name: str, handle: str, when: float) -> Account:
    own = f"{handle}.example"
    return account("bluesky", f"did:plc:{number:024d}", f"https://bsky.app/profile/{own}", name, when, handle=own)


def made(place: int, name: str, handle: str, when: float) -> Account:
    """The account at one of eleven places; its name, and on some platforms its handle, may change from step to step."""
    if place < 4:
        host = ("korvaldbrod.example", "tovee.example", "idasalonen.example", "nordlys-talents.example")[place]
        return blog(host, name, when)
    if place < 6:
        return channel(place, name, when, handle=f"@{handle}")
    if place < 8:
        return toot(HANDLES[place - 6], name, when)
    return (bird if place < 10 else sky)(place, name, handle, when)


PLACES = st.integers(0, 10)
VISIT = st.tuples(st.just("visit"), PLACES, st.sampled_from(NAMES), st.sampled_from(HANDLES))
KINDS = st.sampled_from(["me", "profile", "verified"])
SAYS = st.tuples(st.just("says"), PLACES, PLACES | st.sampled_from(HANDLES), KINDS)
BOTH = st.tuples(st.just("both"), PLACES, PLACES, st.sampled_from(["me", "profile"]))
PASSES = st.tuples(st.just("passes"), st.integers(0, 2), st.sampled_from([(4, 5), (5, 4)]), st.sampled_from(NAMES))
JUDGE = st.tuples(st.just("judge"), PLACES, PLACES, st.sampled_from(["same", "different", "unsure"]))
REVOKE = st.tuples(st.just("revoke"), PLACES, st.none(), st.none())
LATER = st.tuples(st.just("later"), st.sampled_from([1, 200]), st.none(), st.none())
STEPS = st.lists(VISIT | VISIT | SAYS | BOTH | BOTH | PASSES | JUDGE | REVOKE | LATER, min_size=4, max_size=24)


class World:
    """Takes the steps, each resolved as a crawl or ``scrapy judge`` does."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = 0.0
        self.known: dict[int, Account] = {}
        for place in range(11):
            self.take("visit", place, NAMES[place % 4], HANDLES[place % 3])

    def take(self, step: str, place: int, what: Any, how: Any) -> None:
        self.now += 1
        if step == "later":
            self.now += place
        elif step == "visit":
            self.known[place] = made(place, what, how, self.now)
            store(self.engine, self.known[place], when=self.now)
        elif step == "says":
            to = f"https://www.youtube.com/@{what}" if isinstance(what, str) else self.known[what]
            self.say((place, to, how))
        elif step == "passes":  # a site names a handle that its owner holds, and somebody else takes it
            self.take("visit", what[0], NAMES[place], HANDLES[place])
            self.take("says", place, HANDLES[place], "me")
            self.take("visit", what[1], how, HANDLES[place])
        elif step == "both":
            self.say((place, self.known[what], how), (what, self.known[place], "profile"))
        elif step == "revoke" or what != place:
            self.judge(place, what, how)

    def say(self, *told: tuple[int, Any, str]) -> None:
        rows = [link(self.known[by], to, kind, self.now) for by, to, kind in told if to is not self.known[by]]
        store(self.engine, *rows, when=self.now)

    def judge(self, place: int, other: int | None, verdict: str | None) -> None:
        key = self.known[place].key
        with writing(self.engine) as connection:
            if other is not None:
                judge(connection, key, self.known[other].key, str(verdict), "seen", now=day(self.now))
                return
            for told in ledger.load_judgements(connection, {key}):
                judge(connection, told.a, told.b, "revoke", "", now=day(self.now))


def stored(engine: Engine) -> set[frozenset[int]]:
    """Those of two and more accounts; one whom a split left alone may bear an id that is not its own key."""
    groups: dict[int, set[int]] = defaultdict(set)
    for key, creator in members(engine).items():
        groups[creator].add(key)
    return partition(group for group in groups.values() if len(group) > 1)


def pure(engine: Engine) -> set[frozenset[int]]:
    with reading(engine) as connection:
        platforms = {profile.key: profile.platform for profile in ledger.load_profiles(connection)}
        evidence = [row for _, row in ledger.load_evidence(connection)]
        return partition(resolve(platforms, evidence, ledger.load_judgements(connection)).clusters)


@given(STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_crawling_leaves_is_what_the_batch_and_the_resolver_say(sqlite_template: Path, steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.db"
        shutil.copy(sqlite_template, path)
        engine = connect(f"sqlite:///{path}")
        try:
            world = World(engine)
            for step in steps:
                world.take(*step)
            crawled = members(engine)
            assert stored(engine) == pure(engine)
            with writing(engine) as connection:
                outcome = resolve_all(connection, day(world.now))
            assert (outcome.evidence_changed, outcome.memberships_changed) == (0, 0)
            assert members(engine) == crawled
            assert stored(engine) == pure(engine)
        finally:
            engine.dispose()
