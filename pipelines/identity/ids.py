"""Ids of creators that last: what a new partition changes in who bears which id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field

from storage.records import key_of


@dataclass(slots=True)
class Changes:
    """What to write; all empty where nothing changed."""

    members: dict[int, int] = field(default_factory=dict)
    """Account -> its creator from now on."""
    released: set[int] = field(default_factory=set)
    """Accounts that are on their own again, under their own key."""
    created: set[int] = field(default_factory=set)
    """Ids that get a creator row."""
    redirects: dict[int, int] = field(default_factory=dict)
    """Retired id -> the id that took its place."""
    revived: set[int] = field(default_factory=set)
    """Ids in use again, which may redirect no longer."""

    def __bool__(self) -> bool:
        return bool(self.members or self.released or self.redirects)


def assign(
    clusters: Iterable[Collection[int]],
    before: Mapping[int, int],
    seen: Mapping[int, float],
    proven: Container[int] = (),
    taken: Container[int] = (),
) -> Changes:
    """Gives every cluster its id.

    An account that no creator holds is a creator of its own, whose id is the account's key. ``clusters``: those of two
    accounts and more; ``before``: account -> creator id as stored, for all accounts of every creator that is touched;
    ``seen``: account -> when it was first seen; ``proven``: accounts that tier-1 evidence holds; ``taken``: ids with a
    creator row. On a merge the id with the oldest account survives and the others redirect to it. On a split the part
    with the anchor keeps the id: the oldest proven account, or the oldest where none is proven.
    """

    def age(key: int) -> tuple[float, int]:
        return seen.get(key, 0.0), key

    changes = Changes()
    known = before.keys() | set(before.values())
    parts = []
    for part in clusters:
        if known.isdisjoint(part):  # nearly all, the first time: every account brings its own key
            id_ = min(part, key=age)
            _settle(changes, sorted(part), id_, part, before, taken)
        else:
            parts.append(sorted(part))
    part_of = {key: number for number, part in enumerate(parts) for key in part}
    parts += [[key] for key in sorted(set(before) - set(part_of))]
    part_of |= {part[0]: number for number, part in enumerate(parts) if len(part) == 1}

    bearers: dict[int, list[int]] = defaultdict(list)
    for key in part_of:
        bearers[before.get(key, key)].append(key)
    held: dict[int, dict[int, int]] = defaultdict(dict)
    for id_, keys in bearers.items():
        anchor = min((key for key in keys if key in proven), key=age, default=None) if len(keys) > 1 else None
        number = part_of[anchor if anchor is not None else min(keys, key=age)]
        held[number][id_] = min((key for key in keys if part_of[key] == number), key=age)
    used = set(bearers)
    for number, part in enumerate(parts):
        ids = held.get(number, {})
        id_ = min(ids, key=lambda one: age(ids[one])) if ids else _fresh(min(part, key=age), used, taken)
        used.add(id_)
        _settle(changes, part, id_, ids, before, taken)
    return changes


def _settle(
    changes: Changes, part: list[int], id_: int, ids: Iterable[int], before: Mapping[int, int], taken: Container[int]
) -> None:
    changes.redirects |= {old: id_ for old in ids if old != id_}
    if part == [id_]:
        if id_ in before:
            changes.released.add(id_)
            changes.revived.add(id_)
        return
    moved = {key: id_ for key in part if before.get(key) != id_}
    if moved:
        changes.members |= moved
        changes.revived.add(id_)
    if id_ not in taken:
        changes.created.add(id_)


def _fresh(account: int, used: Container[int], taken: Container[int]) -> int:
    """The account's own key, or where that is somebody else's id by now, one derived from it."""
    id_, turn = account, 0
    while id_ in used or id_ in taken:
        turn += 1
        id_ = key_of("creator", str(account), str(turn))
    return id_
