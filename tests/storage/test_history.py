"""Values in time, as a pure matter."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from storage.merge import Stretch, current, place
from tests.storage.records import day

SIGHTINGS = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from("ABC"), st.sampled_from(["feed", "about"])), max_size=20
)


def sighting(value: str, at: float, source: str = "feed") -> Stretch:
    return Stretch(value, day(at), day(at), source, "blog/1", 1)


def placed(*sightings: Stretch) -> list[Stretch]:
    stretches: list[Stretch] = []
    for one in sightings:
        place(stretches, one)
    return stretches


def told(stretches: list[Stretch]) -> list[tuple[str, datetime, datetime, datetime | None]]:
    return [(s.value, s.first_seen, s.last_seen, s.until) for s in sorted(stretches, key=lambda s: s.rank)]


def test_an_unchanged_value_only_moves_last_seen() -> None:
    assert told(placed(sighting("A", 0), sighting("A", 1), sighting("A", 2))) == [("A", day(0), day(2), None)]


def test_a_late_sighting_becomes_history_and_not_the_present() -> None:
    stretches = placed(sighting("A", 5), sighting("B", 2))
    assert told(stretches) == [("B", day(2), day(2), day(5)), ("A", day(5), day(5), None)]


def test_two_sources_that_disagree_keep_their_values_side_by_side() -> None:
    crawl = [("A", 0.0, "feed"), ("B", 0.1, "about")]
    stretches = placed(*(sighting(v, at + week * 7, s) for week in range(4) for v, at, s in crawl))
    assert told(stretches) == [("A", day(0), day(21), None), ("B", day(0.1), day(21.1), None)]
    found = current(stretches)
    assert found is not None
    assert found.value == "B"


def test_a_value_that_its_source_no_longer_shows_ends_when_another_begins() -> None:
    stretches = placed(sighting("A", 0, "old page"), sighting("B", 40, "new page"))
    assert told(stretches)[0] == ("A", day(0), day(0), day(40))


@given(SIGHTINGS)
def test_whatever_is_seen_something_stands_and_the_newest_sighting_is_among_it(
    seen: list[tuple[int, str, str]],
) -> None:
    stretches = placed(*(sighting(value, at, source) for at, value, source in seen))
    assert (current(stretches) is not None) == bool(seen)
    if seen:
        newest = max(at for at, _, _ in seen)
        assert max(s.last_seen for s in stretches if s.until is None) == day(newest)
    for stretch in stretches:
        assert stretch.first_seen <= stretch.last_seen
        assert stretch.until is None or stretch.until >= stretch.last_seen


@given(SIGHTINGS)
def test_seeing_the_same_again_later_in_the_same_order_changes_nothing(seen: list[tuple[int, str, str]]) -> None:
    """One value a source, as one crawl reads it; after the first repetition nothing new begins."""
    crawl = {source: value for _, value, source in seen}
    stretches: list[Stretch] = []
    known = []
    for week in range(3):
        for place_in_crawl, (source, value) in enumerate(sorted(crawl.items())):
            at = day(week * 7) + timedelta(seconds=place_in_crawl)
            place(stretches, Stretch(value, at, at, source, "blog/1", week))
        known.append([(s.value, s.first_seen, s.until) for s in stretches])
    assert known[0] == known[1] == known[2]
