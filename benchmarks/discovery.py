"""Focused crawl against breadth-first on synthetic link worlds: relevant creators found at the same number of requests.

A world: ``creators`` with one topic each (Zipf sizes), each linking out by blogroll (few, ``homophily`` of them to
their topic) and body links (``loose`` of them); the rest of the links goes to sites that are nobody's
(``noise``: shops, news, hubs by Zipf) or to creators at random. ``ringed`` of them link back to who links to them.
Farms are cliques whose links all bear the topic's words. Both crawls pass the same gates and start from the same
seeds; what a visit finds is only known after it. The score in the loop is pipelines.discovery.score.rank.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from statistics import mean

from pipelines.discovery.score import Lead, Leader, rank

SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Shape:
    """The parameters of a world."""

    creators: int = 12_000
    topics: int = 25
    sites: int = 6_000
    farms: int = 20
    farm_size: int = 25
    blogroll: int = 6
    body: int = 10
    homophily: float = 0.6
    loose: float = 0.3
    noise: float = 0.4
    ringed: float = 0.15
    told: float = 0.25  # share of links whose words name the topic of where they lead ...
    wrong: float = 0.2  # ... and how often those words are wrong
    off_topic: float = 0.1  # a visited creator's measured fit is off by up to this
    start: int = 8  # seeds on the topic
    requests: int = 500
    batch: int = 25  # visits between two rankings


@dataclass(slots=True)
class World:
    """``links[n]`` are (target, kind, words) of node n; ``topic[n]`` is None for what is no creator."""

    shape: Shape
    topic: list[int | None] = field(default_factory=list)
    links: list[list[tuple[int, str, float]]] = field(default_factory=list)
    wanted: int = 0


def build(shape: Shape, seed: int) -> World:
    rng = random.Random(seed)
    sizes = [1 / (rank + 3) ** 0.6 for rank in range(shape.topics)]
    world = World(shape, rng.choices(range(shape.topics), sizes, k=shape.creators))
    world.wanted = shape.topics // 2
    by_topic: list[list[int]] = [[] for _ in range(shape.topics)]
    for node, topic in enumerate(world.topic):
        assert topic is not None
        by_topic[topic].append(node)
    farm_nodes = shape.farms * shape.farm_size
    world.topic += [None] * (shape.sites + farm_nodes)
    popular = [1 / (rank + 1) for rank in range(shape.sites)]
    world.links = [[] for _ in world.topic]
    for node in range(shape.creators):
        for kind, most, same in (("blogroll", shape.blogroll, shape.homophily), ("body", shape.body, shape.loose)):
            for _ in range(min(60, int(rng.expovariate(1 / most)))):
                target = _target(world, rng, node, kind, same, by_topic, popular)
                world.links[node].append((target, kind, _words(world, rng, target)))
                if target < shape.creators and rng.random() < shape.ringed:
                    world.links[target].append((node, kind, _words(world, rng, node)))
    first = shape.creators + shape.sites
    for farm in range(shape.farms):
        members = range(first + farm * shape.farm_size, first + (farm + 1) * shape.farm_size)
        for node in members:
            world.links[node] = [(other, "blogroll", 1.0) for other in members if other != node]
        for victim in rng.sample(range(shape.creators), 5):  # comment spam and bought links
            world.links[victim].append((rng.choice(members), "body", 1.0))
    return world


def _target(
    world: World, rng: random.Random, node: int, kind: str, same: float, by_topic: list[list[int]], popular: list[float]
) -> int:
    shape, topic = world.shape, world.topic[node]
    if rng.random() < (shape.noise if kind == "body" else shape.noise / 4):
        return shape.creators + rng.choices(range(shape.sites), popular)[0]
    if rng.random() < same and topic is not None:
        return rng.choice(by_topic[topic])
    return rng.randrange(shape.creators)


def _words(world: World, rng: random.Random, target: int) -> float:
    if rng.random() >= world.shape.told:
        return 0.0
    right = world.topic[target] == world.wanted
    return float(right if rng.random() >= world.shape.wrong else rng.random() < 1 / world.shape.topics)


Choose = Callable[[dict[int, Leader], list[Lead], dict[str, int], int], list[str]]


def crawl(world: World, seed: int, choose: Choose) -> float:
    """Share of the requests that found a creator on the topic, the seeds apart."""
    rng, shape = random.Random(seed), world.shape
    right = [n for n, topic in enumerate(world.topic) if topic == world.wanted]
    leaders: dict[int, Leader] = {}
    leads: list[Lead] = []
    known: dict[str, int] = {}
    depths: dict[str, int] = {}
    harvest = 0

    def visit(node: int, depth: int) -> None:
        known[str(node)] = node
        topic = world.topic[node]
        fit = max(0.0, (topic == world.wanted) - rng.random() * shape.off_topic) if topic is not None else 0.0
        leaders[node] = Leader(fit, depth)
        for target, kind, text in world.links[node]:
            leads.append(Lead(node, str(target), kind, text))
            depths.setdefault(str(target), depth + 1)

    for node in rng.sample(right, shape.start):
        visit(node, 0)
    made = 0
    while made < shape.requests:
        chosen = choose(leaders, leads, known, min(shape.batch, shape.requests - made))
        if not chosen:
            break
        for address in chosen:
            visit(int(address), depths[address])
            harvest += world.topic[int(address)] == world.wanted
        made += len(chosen)
    return harvest / shape.requests


def focused(leaders: dict[int, Leader], leads: list[Lead], known: dict[str, int], most: int) -> list[str]:
    return [one.address for one in rank(leaders, leads, known, creators=len(leaders))[:most]]


def breadth_first(leaders: dict[int, Leader], leads: list[Lead], known: dict[str, int], most: int) -> list[str]:
    return list(dict.fromkeys(lead.address for lead in leads if lead.address not in known))[:most]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="of the worlds (%(default)s)")
    for name, value in asdict(Shape()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    opts = parser.parse_args()
    shape = Shape(**{name: getattr(opts, name) for name in asdict(Shape())})
    pairs = []
    for seed in map(int, opts.seeds.split(",")):
        world = build(shape, seed)
        pairs.append((crawl(world, seed, focused), crawl(world, seed, breadth_first)))
    found = {
        "harvest_vs_bfs": round(mean(p[0] for p in pairs) / mean(p[1] for p in pairs), 3),
        "worst_of_seeds": round(min(ours / theirs for ours, theirs in pairs), 3),
        "harvest_rate": round(mean(p[0] for p in pairs), 4),
        "bfs_rate": round(mean(p[1] for p in pairs), 4),
        "requests": shape.requests,
        "worlds": len(pairs),
        "shape": asdict(shape),
    }
    if opts.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
