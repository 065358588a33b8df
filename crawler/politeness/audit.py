"""Was a rule broken? Asked of a run's records alone: its log of requests, and the robots.txt files on record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from crawler.politeness.guard import Exemptions, is_public, plain
from crawler.politeness.rules import Rules
from crawler.politeness.urls import origin_of, port_of
from storage.hosts import request_log, robots, robots_body

SLACK = 0.02
"""Seconds by which two clocks of one machine may differ."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One request that should not have been made, or not then."""

    rule: str
    """robots, delay, rest, alone, budget, address."""
    url: str
    detail: str


def read_run(connection: Connection, run: str | None = None) -> tuple[str | None, list[Mapping[str, Any]]]:
    """The name of the run (the latest where none is given) and its requests in the order they were made."""
    if run is None:
        run = connection.execute(select(request_log.c.run).order_by(request_log.c.id.desc()).limit(1)).scalar()
    found = select(request_log).where(request_log.c.run == run).order_by(request_log.c.at, request_log.c.id)
    return run, [dict(row._mapping) for row in connection.execute(found)]


def audit(
    connection: Connection, requests: Sequence[Mapping[str, Any]], token: str, allowed: Exemptions
) -> list[Breach]:
    """Every breach among the requests of one run. Nothing that decided during the run is asked again:
    robots.txt is parsed anew, and pauses are measured between the recorded times."""
    by_host: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in requests:
        by_host[row["host"]].append(row)
    rules = _Rulebook(connection, token)
    return [breach for rows in by_host.values() for breach in _host(rows, rules, allowed)]


class _Rulebook:
    """robots.txt files by their hash, each read and parsed once."""

    def __init__(self, connection: Connection, token: str) -> None:
        self.token, self._connection = token, connection
        self._files: dict[str, Rules | None] = {}
        self._known: dict[str, Any] = {}

    def file(self, sha: str) -> Rules | None:
        if sha not in self._files:
            body = self._connection.execute(select(robots_body.c.body).where(robots_body.c.sha == sha)).scalar()
            self._files[sha] = Rules.parse(body) if body is not None else None
        return self._files[sha]

    def breach(self, row: Mapping[str, Any]) -> str | None:
        """Why robots.txt did not allow this request; None if it did."""
        if row["robots"] is not None:
            file = self.file(row["robots"])
            if file is None:
                return "the robots.txt it was checked against is not on record"
            return None if file.allows(row["url"], self.token) else "robots.txt disallows it"
        origin = origin_of(row["url"])
        if origin not in self._known:
            found = self._connection.execute(select(robots).where(robots.c.origin == origin))
            self._known[origin] = found.one_or_none()
        known = self._known[origin]
        if known is None:
            return "robots.txt was not asked"
        if known.state != "open" and known.fetched_at <= row["at"]:
            return f"robots.txt was {known.state}, but not looked at"
        return None

    def delay(self, row: Mapping[str, Any]) -> float:
        file = self.file(row["robots"]) if row["robots"] else None
        return (file.delay(self.token) or 0.0) if file else 0.0


def _host(rows: Sequence[Mapping[str, Any]], rules: _Rulebook, allowed: Exemptions) -> Iterator[Breach]:
    before: Mapping[str, Any] | None = None
    for row in rows:
        at, url = row["at"], row["url"]
        if row["purpose"] == "page" and (why := rules.breach(row)):
            yield Breach("robots", url, why)
        if row["used"] > row["budget"]:
            yield Breach("budget", url, f"request {row['used']} of {row['budget']} that day")
        if row["ip"] and not is_public(plain(row["ip"])) and not allowed.permits(row["ip"], port_of(url)):
            yield Breach("address", url, f"went to {row['ip']}")
        if before is not None:
            gap, owed = at - before["at"], rules.delay(row)
            if gap < owed - SLACK:
                yield Breach("delay", url, f"{gap:.2f} s after the one before, {owed:.2f} s asked for")
            if at < before["rest_until"] - SLACK:
                yield Breach("rest", url, f"{before['rest_until'] - at:.2f} s before the host's rest was over")
            if at < before["ended"] - SLACK:
                yield Breach("alone", url, "another request to the host was still running")
        before = row
