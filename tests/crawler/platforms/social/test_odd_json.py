"""Servers may answer anything: each value of each sample replaced by what does not belong there breaks no reader."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from crawler import platforms
from crawler.page import Page
from storage.records import Extract

SAMPLES = [
    p for n in ("fediverse", "bluesky") for p in Path(platforms.__path__[0]).glob(f"{n}/samples/*/response.json")
]
ODD: list[Any] = [None, 1, -1.5, True, "x", "http://[", [], [None], [{}], {}, {"a": 1}]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*path, key)
        yield from places(node[key], (*path, key))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.parent.name)
def test_an_odd_value_anywhere_breaks_no_reader(sample: Path) -> None:
    extract = import_module(f"crawler.platforms.{sample.parts[-4]}.extract").extract
    data = json.loads(sample.read_text("utf-8"))
    for path in places(data):
        for odd in ODD:
            changed = copy.deepcopy(data)
            node = changed
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = odd
            found = extract(Page(url="https://a.example/x", body=json.dumps(changed).encode()))
            assert isinstance(found, Extract), (path, odd)
