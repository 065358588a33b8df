"""What a case of the hostile web is, and the words in which it says what is asked, answered and expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.hostile.server import Answer, Hit

HTML = (("Content-Type", "text/html"),)


@dataclass
class Seen:
    """What came of a case: outcomes of the first and second run, and the server's side of both."""

    outcomes: list[dict[str, Any]]
    again: list[dict[str, Any]]
    hits: list[Hit]
    secrets: int
    ran: list[float] = field(default_factory=list)
    """When the runs began."""

    @property
    def words(self) -> list[str]:
        return [outcome["word"] for outcome in self.outcomes]

    @property
    def word(self) -> str:
        return self.words[-1] if self.outcomes else "nothing"

    @property
    def pages(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.path != "/robots.txt"]

    @property
    def gaps(self) -> list[float]:
        """Seconds between the starts of successive requests, robots.txt included."""
        return [late.at - soon.at for soon, late in zip(self.hits, self.hits[1:], strict=False)]


Expected = Callable[[Seen], bool]


@dataclass
class Case:
    """One trial; in ``ask`` {h} stands for the case's host and port, {secret} and {tls} for the other ports."""

    name: str
    group: str
    says: str
    """The row of the table."""
    want: Expected
    ask: tuple[str, ...] = ("http://{h}/",)
    pages: dict[str, list[Answer]] = field(default_factory=dict)
    robots: Answer | None = None
    again: tuple[str, ...] = ()
    """Asked in a second run, with the memory of the first."""
    together: bool = False
    budget: int | None = None
    heavy: bool = False
    """A bomb: stock Scrapy meets it alone, for the sake of this machine."""


def is_word(*words: str) -> Expected:
    return lambda seen: seen.word in words


def refused(word: str) -> Expected:
    """Refused in this word (or in stock Scrapy's for robots.txt), and no page was asked of the server."""
    words = {word, "IgnoreRequest"} if word == "RobotsForbid" else {word}
    return lambda seen: bool(seen.words) and set(seen.words) <= words and not seen.pages and not seen.secrets


def no_secret(seen: Seen) -> bool:
    return seen.secrets == 0 and not seen.word.startswith("2")


def fetched(seen: Seen) -> bool:
    return seen.word == "200"


def text(body: str, *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, body.encode(), (*HTML, *headers))


def robots(body: str | bytes, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status, body.encode() if isinstance(body, str) else body, (("Content-Type", "text/plain"), *headers))


def to(target: str, status: int = 302) -> Answer:
    return Answer(status, b"", (("Location", target),))
