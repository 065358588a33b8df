"""Invented creators whose true scores are known: what they are, and the rows that a crawl of them would leave."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any

from sqlalchemy import Engine, insert

from pipelines.topics.taxonomy import NEVER_OF_A_PERSON, domain_of, niches
from storage import tables as t
from storage.database import writing
from storage.records import key_of

NOW = datetime(2026, 11, 16, tzinfo=UTC)
SPAN = 730.0
"""Days of the posts."""
WORDS = "rye loaf crumb bench scrape oven steam crust salt water flour mill stone proof fold score".split()  # noqa: SIM905
_SYLLABLES = [a + b for a in "bdfghjklmnprstvwxyz" for b in "aeiou"]
_TAIL = ["".join(_SYLLABLES[n * 7919 // 95**place % 95] for place in range(4)) for n in range(20_000)]
VOCABULARY = [*WORDS, *dict.fromkeys(_TAIL)]
"""Words in the order of their frequency, which falls as Zipf's law says: some stand in every text, most in few."""
FREQUENCY = list(accumulate(1 / (rank + 3) for rank in range(len(VOCABULARY))))
TOWNS = [f"{word.title()}, {land}" for word, land in zip(_TAIL[:300:3], ("Utopia", "Lilliput") * 50, strict=True)]
NICHES = [niche.id for niche in niches() if niche.id not in NEVER_OF_A_PERSON]
SEEN = {"first_seen": NOW, "last_seen": NOW, "run": None, "source_url": "https://town.example/", "extractor": "bench/1"}
Row = dict[str, Any]


class Person:
    """A creator's truth, drawn once."""

    def __init__(self, number: int, posts: int, seed: int) -> None:
        self.chance = chance = random.Random(f"{seed}/{number}")
        self.voice = random.Random(f"words of {seed}/{number}")
        self.number, self.posts = number, posts
        self.key = key_of("fediverse", f"bench{seed}/{number}")
        main, others = chance.uniform(0.15, 1.0), chance.randint(1, 7)
        chosen = chance.sample(NICHES, others + 1)
        rest = [chance.random() + 0.05 for _ in range(others)]
        self.shares = dict(zip(chosen, [main, *((1 - main) * r / sum(rest) for r in rest)], strict=True))
        self.growth = chance.gauss(0.3, 0.9)
        self.tilt = chance.gauss(0.0, 1.0)
        self.uneven = number % 2 == 1  # odd ones post at a steady rate with gaps of their own evenness
        self.evenness = chance.uniform(0.15, 1.6)
        self.loyal, self.near = chance.betavariate(2, 3), chance.betavariate(2, 2)
        self.paid, self.open = chance.uniform(0.02, 0.7), chance.random()  # at 0 every interval would cover it
        self.size, self.liked = chance.lognormvariate(7, 1.2), chance.gauss(0, 0.8)

    def truth(self) -> dict[str, float]:
        """The value that each score estimates."""
        pairs = [(a, p, b, q) for a, p in self.shares.items() for b, q in self.shares.items()]
        alike = sum(
            p * q * (1.0 if a == b else 0.5 if domain_of()[a] == domain_of()[b] else 0.0) for a, p, b, q in pairs
        )
        told = {
            "specialist": 100 * alike,
            "rising": self.growth,
            "loyalty": 100 * self.loyal,
            "closeness": 100 * self.near,
            "independence": 100 * (1 - self.paid),
            "disclosure": 100 * self.open,
        }
        if self.uneven:
            told["regularity"] = 50 * (1 - (self.evenness - 1) / (self.evenness + 1))
        else:
            told["rising_by_posts"] = self.tilt
        return told

    def days(self) -> list[float]:
        """Days before now of the posts, newest first."""
        if self.uneven:
            shape = 1 / self.evenness**2
            gaps = [self.chance.gammavariate(shape, SPAN / self.posts / shape) for _ in range(self.posts)]
            return [sum(gaps[:i]) for i in range(self.posts)]
        beta = self.tilt * math.log(2) * SPAN / 365.25
        places = (self.chance.random() for _ in range(self.posts))
        inverse = (u if abs(beta) < 1e-6 else math.log1p(u * math.expm1(beta)) / beta for u in places)
        return sorted(SPAN * (1 - place) for place in inverse)

    def account(self) -> Row:
        url = f"https://town.example/@p{self.number}"
        named = {
            "handle": f"p{self.number}",
            "name": f"Person {self.number}",
            "bio": self._words(12),
            "place": self.voice.choice(TOWNS) if self.number % 5 else None,
        }
        row = {"key": self.key, "platform": "fediverse", "native_id": url, "url": url, "kind": "profile"}
        return {**row, "status": "active", "aliases": [], "details": {}, **named, **SEEN}

    def post_rows(self) -> Iterator[Row]:
        for at, days in enumerate(self.days()):
            niche, topic = self._told(self.chance.choices(list(self.shares), list(self.shares.values()))[0])
            findings: Row = {"topic": topic}
            kind = "none"
            if self.chance.random() < self.paid:
                kind = "disclosed" if self.chance.random() < self.open else "undisclosed"
                findings["sponsorship"] = {"reasons": ["label"]}
            url = f"https://town.example/@p{self.number}/{at}"
            row = {"key": key_of("fediverse", url, str(self.key)), "account": self.key, "native_id": url, "url": url}
            row |= {
                "platform": "fediverse",
                "title": None,
                "text": self._words(60),
                "tags": [],
            }
            row |= {"niche": niche, "niche_probability": topic["probability"] if niche else None, "language": "en"}
            row |= {
                "published_at": NOW - timedelta(days=days),
                "sponsorship": kind,
                "findings": findings,
                "details": {},
            }
            yield {**row, "digest": 1, **SEEN}

    def _words(self, count: int) -> str:
        return " ".join(self.voice.choices(VOCABULARY, cum_weights=FREQUENCY, k=count))

    def _told(self, truth: str) -> tuple[str | None, Row]:
        """What a classifier says of a post: right and sure, sure of the domain only, or lost."""
        chance, domain = self.chance, domain_of()[truth]
        others = chance.sample([name for name in NICHES if name != truth], 3)
        luck = chance.random()
        if luck < 0.65:
            p = chance.uniform(0.5, 0.98)
            named: str | None = truth
            runners = [[name, round((1 - p) * part, 4)] for name, part in zip(others, (0.3, 0.2, 0.1), strict=True)]
        elif luck < 0.85:
            p, named = chance.uniform(0.6, 0.9), None
            runners = [[truth, round(0.5 * p, 4)], [others[0], 0.08], [others[1], 0.03]]
        else:
            p, named, domain = 0.25, None, ""
            runners = [[others[0], 0.25], [truth, 0.18], [others[1], 0.05]]
        return named, {"domain": domain or None, "probability": round(p, 4), "runners_up": runners, "path": "cheap"}

    def observation_rows(self, posts: list[Row]) -> Iterator[Row]:
        days = sorted((self.chance.uniform(0, 400) for _ in range(12)), reverse=True)
        followers = self.size
        for at, day in enumerate(days):
            count = followers * 2 ** (-self.growth * day / 365.25) * math.exp(self.chance.gauss(0, 0.03))
            step = 10 ** max(0, len(str(int(count))) - 3)
            low = int(count) // step * step
            until = NOW - timedelta(days=days[at + 1]) if at + 1 < len(days) else None
            yield self._observation("followers", low, NOW - timedelta(days=day), high=low + step - 1, until=until)
        threads, repliers = self.posts, self.chance.randint(20, 120)
        answered = sum(self.chance.random() < self.near for _ in range(threads))
        returning = sum(self.chance.random() < self.loyal for _ in range(repliers))
        for metric, value in zip(THREADS, (threads, answered, repliers, returning), strict=True):
            yield self._observation(metric, value, NOW)
        for row in posts:
            rate = self.liked + self.chance.gauss(0, 0.5)
            yield self._observation("likes", int(self.size * 0.02 * math.exp(rate)), NOW, row["key"])
            yield self._observation("replies", int(self.size * 0.003 * math.exp(rate)), NOW, row["key"])

    def _observation(self, metric: str, value: int, when: datetime, post: int | None = None, **more: Any) -> Row:
        row = {"series": key_of(metric, str(self.key), str(post)), "account": self.key, "post": post, "metric": metric}
        row |= {"platform": "fediverse", "definition": "1", "value": value, "low": value, "high": value, "text": None}
        return {**row, **SEEN, "first_seen": when, "until": None, **more, "last_seen": more.get("until") or NOW}


THREADS = ("threads", "threads_answered", "repliers", "repliers_returning")


def fill(engine: Engine, people: Iterator[Person]) -> None:
    """Writes what a crawl of these people would leave, a thousand at a time."""
    while some := list(islice(people, 1000)):
        posts = {person.key: list(person.post_rows()) for person in some}
        with writing(engine) as connection:
            connection.execute(insert(t.account), [person.account() for person in some])
            connection.execute(insert(t.post), [row for rows in posts.values() for row in rows])
            seen = [row for person in some for row in person.observation_rows(posts[person.key])]
            connection.execute(insert(t.observation), seen)
