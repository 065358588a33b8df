"""Prometheus metrics of the service: read from the database when they are asked for, on loopback or as a text file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from storage.database import DatabaseProblem, reading
from storage.report import report

_SOURCES = {
    "total": "Sources on record",
    "due": "Sources whose time has come",
    "late": "Sources due for more than a day",
    "failing": "Sources whose last visits gave nothing",
    "leased": "Sources that a worker holds",
}
_RUNS = {
    "requests": "Requests of the newest run",
    "accounts": "Profiles stored by the newest run",
    "posts": "Posts stored by the newest run",
}


class State(Collector):
    """What Prometheus is told. ``cycle``: what the scheduler last did (exit_code, seconds, finished, alarms)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.cycle: Mapping[str, Any] = {}

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("grapevine_database_up", "Whether the database could be read")
        try:
            with reading(self.engine) as connection:
                made = report(connection, datetime.now(UTC))
        except DatabaseProblem:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        for name, about in _SOURCES.items():
            gauge = GaugeMetricFamily(f"grapevine_sources_{name}", about, labels=["platform"])
            for platform, counts in made.sources.items():
                gauge.add_metric([platform], counts[name])
            yield gauge
        newest = {run["platform"]: run for run in reversed(made.runs)}
        for name, about in _RUNS.items():
            gauge = GaugeMetricFamily(f"grapevine_run_{name}", about, labels=["platform"])
            for platform, run in sorted(newest.items()):
                gauge.add_metric([platform], run[name])
            yield gauge
        if made.publication and made.publication["published_at"]:
            age = (made.at - made.publication["published_at"]).total_seconds()
            yield GaugeMetricFamily("grapevine_publication_age_seconds", "Age of the index in force", value=age)
        yield from self._of_cycle()

    def _of_cycle(self) -> Iterable[Metric]:
        for name, key, about in (
            ("cycle_exit_code", "exit_code", "Exit code of the last cycle"),
            ("cycle_seconds", "seconds", "How long the last cycle took"),
            ("cycle_finished_timestamp_seconds", "finished", "When the last cycle ended, seconds since 1970"),
            ("parser_alarms", "alarms", "Fields that parsers read less often than is health"),
        ):
            if self.cycle.get(key) is not None:
                yield GaugeMetricFamily(f"grapevine_{name}", about, value=float(self.cycle[key]))


def registry(state: State) -> CollectorRegistry:
    """A registry of this state alone."""
    made = CollectorRegistry(auto_describe=False)
    made.register(state)
    return made


def serve(state: State, port: int) -> Any:
    """Answers http://127.0.0.1:port/metrics from a thread; gives the server. Raises OSError where the port is taken."""
    return start_http_server(port, addr="127.0.0.1", registry=registry(state))[0]


def write(state: State, path: Path) -> None:
    """The same as a file for node_exporter's textfile collector; never seen half written. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(generate_latest(registry(state)))
    part.replace(path)
