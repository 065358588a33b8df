"""How late posts are found at the same budget: our policy beside uniform visits and AIMD back-off; and claims at scale.

``python -m benchmarks.refresh [--trace FILE] --json``: replays posting times through storage.policy, the very code that
the frontier runs. A trace is JSON, ``{NAME: [times], ...}``, JSON Lines, ``{"source": NAME, "times": [...]}`` a line,
or CSV with the columns source and time, a line a post; times are seconds since 1970 or ISO 8601. Sources of fewer than
5 posts or 120 days are left out; each stands for several, begun anywhere in its history. Without one it is made up.
``living``: posts in clusters that begin at lognormal rates. Its four numbers were fitted to what was measured on 60
real feeds of policies that are not ours, as ratios to uniform visits; there and here (24 worlds): the stale share of
uniform visits .18, .19; AIMD's stale share 1.39, 1.34, delay 1.63, 1.60, p90 2.43, 2.48; visits in proportion to the
true rates 1.14, 1.13, .95, .93, 1.23, 1.17.
``--world poisson``: rates lognormal, median 0.12 a day, sigma 1.5; ``bursty``: renewal with cv 2.5, a tenth dies.

``python -m benchmarks.refresh --scale 1000000 --database sqlite|postgresql --json``: claims of 500 among N sources, all
of them due (after a long downtime) and few (a day's cycle).
"""

from __future__ import annotations

import argparse
import csv
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.refresh_scale import scale
from storage import policy

DAYS, WARM, BEFORE = 425, 60, 365
"""Days that are simulated, of them not judged, and of posts that are already there."""
TICKS = 4
"""Cycles a day."""
World = list[list[float]]
"""The times of posts, in days, of each source; day 0 is when the simulation begins."""


def poisson(chance: np.random.Generator, size: int) -> World:
    rates = chance.lognormal(np.log(0.12), 1.5, size)
    return [sorted(chance.uniform(-BEFORE, DAYS, chance.poisson(rate * (DAYS + BEFORE)))) for rate in rates]


def bursty(chance: np.random.Generator, size: int) -> World:
    world: World = []
    for _ in range(size):
        mean, dies = np.exp(chance.normal(np.log(7), 1.3)), chance.uniform(0, DAYS) if chance.random() < 0.1 else DAYS
        at, times = -BEFORE - chance.exponential(mean), []
        while (at := at + mean * chance.lognormal(-1.0, 1.41)) < dies:
            times.append(at)
        world.append([t for t in times if t > -BEFORE])
    return world


def living(chance: np.random.Generator, size: int) -> World:
    world: World = []
    for _ in range(size):
        times = list[float]()
        rate = chance.lognormal(np.log(0.0235), 1.065)
        for begun in chance.uniform(-BEFORE, DAYS, chance.poisson(rate * (DAYS + BEFORE))):
            times.append(begun)
            while chance.random() < 0.69:
                times.append(times[-1] + chance.exponential(1.6))
        world.append(sorted(t for t in times if t < DAYS))
    return world


def traced(path: Path) -> Callable[[np.random.Generator, int], World]:
    """The world of a trace. ValueError where it holds no source that tells enough."""
    histories = [sorted(set(times)) for times in read(path).values()]
    known = [[t - times[0] for t in times] for times in histories if len(times) >= 5 and times[-1] - times[0] > 120]
    if not known:
        raise ValueError(f"{path}: no source with 5 posts in 120 days; each line is a source with its times")

    def world(chance: np.random.Generator, size: int) -> World:
        made: World = []
        for number in range(size):
            times = known[number % len(known)] if size >= len(known) else known[chance.integers(len(known))]
            span = times[-1] + float(np.median(np.diff(times)))
            begun = chance.uniform(0, span)
            turns = range(int((DAYS + BEFORE) / span) + 2)
            again = (((t + begun) % span) + turn * span - BEFORE for turn in turns for t in times)
            made.append(sorted(t for t in again if t < DAYS))
        return made

    return world


def read(path: Path) -> dict[str, list[float]]:
    """source -> times in days, of a trace."""
    text = path.read_text(encoding="utf-8-sig")
    rows: Iterable[Any]
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = csv.DictReader(text.splitlines(), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    else:
        try:
            whole = json.loads(text)
            rows = whole if isinstance(whole, list) else [whole]
        except json.JSONDecodeError:
            rows = map(json.loads, filter(str.strip, text.splitlines()))
    found: dict[str, list[float]] = {}
    for row in rows:
        told = {row["source"]: row.get("times", row.get("time"))} if "source" in row else row
        for source, times in told.items():
            found.setdefault(str(source), []).extend(map(moment, times if isinstance(times, list) else [times]))
    return found


def moment(value: Any) -> float:
    """Days since 1970 of seconds or an ISO 8601 time (UTC where it names no zone)."""
    try:
        return float(value) / 86_400
    except ValueError:
        when = datetime.fromisoformat(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() / 86_400


@dataclass(slots=True)
class Sources:
    """The state of every source in a simulation."""

    world: World
    last: np.ndarray
    rate: np.ndarray = field(init=False)
    due: np.ndarray = field(init=False)
    wait: np.ndarray = field(init=False)  # AIMD's

    def __post_init__(self) -> None:
        size = len(self.world)
        self.rate, self.due, self.wait = np.full(size, policy.PRIOR_RATE), np.zeros(size), np.full(size, 7.0)


def ours(s: Sources, now: float, room: int, mean: float) -> np.ndarray:
    """As storage.frontier: of what is due the overdue first, then by priority."""
    due = np.flatnonzero(s.due <= now)
    days = now - s.last[due]
    late, worth = policy.overdue(days, mean), policy.priority(1.0, s.rate[due], days)
    return due[np.lexsort((-worth, ~late))[:room]]


def learn(s: Sources, source: int, now: float, root: float) -> None:
    """As storage.refresh: the rate from the dates of the newest posts, and from it when the next visit is due."""
    times = s.world[source]
    newest = times[max(0, bisect_right(times, now) - policy.DATES) : bisect_right(times, now)]
    s.rate[source] = policy.rate_from_dates(now - t for t in newest)
    s.due[source] = now + policy.bounded(policy.interval(1.0, float(s.rate[source]), root))


def uniform(s: Sources, now: float, room: int, _: float) -> np.ndarray:
    return np.argsort(s.last)[:room]


def aimd(s: Sources, now: float, room: int, _: float) -> np.ndarray:
    return np.argsort(-(now - s.last) / s.wait)[:room]


def simulate(
    world: World, choose: Callable[..., np.ndarray], chance: np.random.Generator, every: float
) -> dict[str, float]:
    """What one policy makes of a world at a budget of one visit a source and ``every`` days."""
    s = Sources(world, chance.uniform(-every, 0, len(world)))
    read_to = [bisect_right(times, at) for times, at in zip(world, s.last, strict=True)]
    delays, fresh, worst, room, root = list[float](), 0.0, 0.0, 0.0, policy.root_of({})
    mine = choose is ours
    for source, at in enumerate(s.last if mine else ()):
        learn(s, source, float(at), root)
    for tick in range(DAYS * TICKS):
        now = (tick + 1) / TICKS
        if mine and tick % TICKS == 0:  # storage.refresh.calibrate
            bands, counts = np.unique([policy.band(1.0, float(rate)) for rate in s.rate], return_counts=True)
            root = policy.root_of(dict(zip(bands.tolist(), counts.tolist(), strict=True))) * every / policy.MEAN_DAYS
        room = min(room, len(world) / every) + len(world) / every / TICKS  # what was not needed may be spent for a day
        chosen = choose(s, now, int(room), every)
        room -= len(chosen)
        if now > WARM:
            worst = max(worst, float((now - s.last).max()))
        for source in chosen.tolist():
            times, begun = world[source], read_to[source]
            end = bisect_right(times, now, begun)
            fresh += known_time(times, begun, max(s.last[source], WARM), now)
            delays += [now - t for t in times[begun:end] if t >= WARM and now > WARM]
            read_to[source], s.last[source] = end, now
            s.wait[source] = min(max(s.wait[source] * (0.5 if end > begun else 1.5), 0.25), 60)
            if mine:
                learn(s, source, now, root)
    for times, begun, last in zip(world, read_to, s.last, strict=True):
        fresh += known_time(times, begun, max(last, WARM), DAYS)
        delays += [DAYS - t for t in times[max(begun, bisect_left(times, WARM)) :]]
    whole = len(world) * (DAYS - WARM)
    return {
        "delay": float(np.mean(delays)),
        "p90": float(np.percentile(delays, 90)),
        "stale": 1 - fresh / whole,
        "worst": worst / every,
    }


def known_time(times: list[float], begun: int, since: float, now: float) -> float:
    """For how long, of what is judged, the stored copy held all that was published."""
    return max(0.0, min(times[begun] if begun < len(times) else now, now) - since)


WORLDS = {"living": living, "poisson": poisson, "bursty": bursty}
POLICIES: dict[str, Callable[..., np.ndarray]] = {"ours": ours, "uniform": uniform, "aimd": aimd}


def compare(make: Callable[[np.random.Generator, int], World], size: int, every: float, seeds: int) -> dict[str, float]:
    """The ratios of one world, means over seeds."""
    told: dict[str, list[dict[str, float]]] = {name: [] for name in POLICIES}
    for seed in range(seeds):
        world = make(np.random.default_rng(seed), size)
        for name, choose in POLICIES.items():
            told[name].append(simulate(world, choose, np.random.default_rng(seed + 100), every))
    mean = {name: {key: float(np.mean([one[key] for one in some])) for key in some[0]} for name, some in told.items()}
    return {
        "delay_vs_uniform": mean["ours"]["delay"] / mean["uniform"]["delay"],
        "delay_vs_aimd": mean["ours"]["delay"] / mean["aimd"]["delay"],
        "stale_vs_uniform": mean["ours"]["stale"] / mean["uniform"]["stale"],
        "p90_vs_uniform": mean["ours"]["p90"] / mean["uniform"]["p90"],
        "worst_age_in_mean_intervals": max(one["worst"] for one in told["ours"]),
        "delay_days": mean["ours"]["delay"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trace", type=Path, metavar="FILE", help="real posting times (see above)")
    parser.add_argument("--world", choices=tuple(WORLDS), default="living")
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument(
        "--every", type=float, default=7.0, metavar="DAYS", help="the budget: a visit a source and so long"
    )
    parser.add_argument("--seeds", type=int, default=24, help="worlds; one differs from the next by some per cent")
    parser.add_argument("--scale", type=int, metavar="N", help="time claims of 500 among N sources instead")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    opts = parser.parse_args()
    result: dict[str, Any]
    if opts.scale:
        result = scale(opts.scale, opts.database)
    else:
        make = traced(opts.trace) if opts.trace else WORLDS[opts.world]
        told = compare(make, opts.sources, opts.every, opts.seeds)
        result = {"world": "trace" if opts.trace else opts.world} | {key: round(v, 3) for key, v in told.items()}
    print(json.dumps(result) if opts.json else "\n".join(f"{name:28} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
