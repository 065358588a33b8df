"""How values follow each other: an unchanged one moves last_seen, a new one ends its source's last one.

Several sources may hold different values open at once (a feed and an about page); the one that began last counts. So a
second, identical crawl starts nothing, whatever the order in which its pages arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

STALE = timedelta(days=30)
"""A value that its source has not shown for so long ends when another source brings a new one."""


@dataclass(slots=True)
class Stretch:
    """One value between its first sighting and ``until``, when another took its place (None: it stands)."""

    value: Any
    first_seen: datetime
    last_seen: datetime
    source_url: str
    extractor: str
    run: int | None
    until: datetime | None = None
    changed: bool = False
    """To be written."""

    @property
    def rank(self) -> tuple[datetime, str]:
        return self.first_seen, self.source_url


def current(stretches: list[Stretch]) -> Stretch | None:
    """The value that counts now: of those that stand, the one that began last (ties: by source, so always the same)."""
    return max((s for s in stretches if s.until is None), key=lambda s: s.rank, default=None)


def place(stretches: list[Stretch], new: Stretch) -> None:
    """Puts a sighting among the stretches of one field; those touched are marked ``changed``.

    A late sighting (older than what stands) is kept as history and never becomes current.
    """
    standing = [s for s in stretches if s.until is None]
    at = new.first_seen
    for stretch in standing:
        if stretch.value == new.value and at >= stretch.first_seen:
            if at > stretch.last_seen:
                stretch.last_seen, stretch.run, stretch.changed = at, new.run, True
            return
    new.changed = True
    for stretch in stretches:
        if stretch.rank == new.rank:  # the same source said two things at once: what it said again later counts,
            if stretch.last_seen > at:
                return
            stretches.remove(stretch)  # else what came last
            break
    standing = [s for s in standing if s in stretches]
    if standing and at < max(s.last_seen for s in standing):
        later = [s.first_seen for s in stretches if s.first_seen > at]
        new.until = min(later, default=at)
    else:
        for stretch in standing:
            if stretch.source_url == new.source_url or stretch.last_seen < at - STALE:
                stretch.until, stretch.changed = at, True
    stretches.append(new)
