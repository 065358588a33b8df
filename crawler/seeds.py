"""Seed lists as people keep them: plain addresses, CSV, OPML; every bad line is named, none stops the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seed:
    """One address to visit, and where it stood."""

    url: str
    where: str = ""
    """file:line, for messages."""


@dataclass(frozen=True, slots=True)
class BadSeed:
    """A line that is no address: where, what, and the way out."""

    where: str
    message: str


def read_seeds(given: str) -> Iterator[Seed | BadSeed]:
    """The seeds of a file, or the one address itself."""
    yield Seed(given)
