"""The audit must find what is wrong: one honest run, and the same run with one record falsified."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import Engine

from crawler.politeness.audit import audit, read_run
from crawler.politeness.guard import Exemptions
from storage.database import reading, writing
from storage.hosts import write

BODY = b"User-agent: *\nDisallow: /private\nCrawl-delay: 2\n"
SHA = hashlib.sha256(BODY).hexdigest()


def request(number: int, **changed: Any) -> dict[str, Any]:
    at = 1_000_000.0 + 10 * number
    return {
        "run": "r", "host": "moss.example", "url": f"https://moss.example/{number}", "purpose": "page", "at": at,
        "ended": at + 1, "status": 200, "bytes": 10, "owed": 2.0, "rest_until": 0.0, "used": number, "budget": 100,
        "robots": SHA, "ip": "93.184.215.14",
    } | changed  # fmt: skip


FALSE: dict[str, dict[str, Any]] = {
    "robots": {"url": "https://moss.example/private/3"},
    "delay": {"at": 1_000_021.5},
    "rest": {"at": 1_000_049.0, "ended": 1_000_049.5},
    "alone": {"at": 1_000_050.5, "ended": 1_000_051.0},
    "budget": {"used": 101},
    "address": {"ip": "10.0.0.7"},
}


def found(engine: Engine, requests: list[dict[str, Any]]) -> list[str]:
    known = [{"origin": "https://moss.example", "state": "rules", "sha": SHA, "fetched_at": 999_999.0}]
    with writing(engine) as connection:
        write(connection, requests=requests, robots_files=known, bodies=[{"sha": SHA, "body": BODY}])
    with reading(engine) as connection:
        run, rows = read_run(connection)
        assert run == "r"
        return [breach.rule for breach in audit(connection, rows, "grapevine", Exemptions([]))]


def test_an_honest_run_has_no_breach(engine: Engine) -> None:
    assert found(engine, [request(n) for n in range(1, 5)]) == []


@pytest.mark.parametrize("rule", ["robots", "budget", "address"])
def test_one_falsified_record_is_found(engine: Engine, rule: str) -> None:
    assert found(engine, [request(1), request(2), request(3, **FALSE[rule]), request(4)]) == [rule]


def test_requests_too_soon_after_one_another_are_found(engine: Engine) -> None:
    assert found(engine, [request(1), request(2), request(3, **FALSE["delay"])]) == ["delay"]


def test_a_request_during_a_rest_is_found(engine: Engine) -> None:
    asked = request(4, status=429, rest_until=1_000_060.0)
    assert found(engine, [request(1), asked, request(5, **FALSE["rest"])]) == ["rest"]


def test_two_requests_at_once_are_found(engine: Engine) -> None:
    slow = request(4, ended=1_000_055.0)
    assert found(engine, [request(1), slow, request(5, **FALSE["alone"])]) == ["alone"]


def test_a_host_whose_robots_were_never_asked_is_found(engine: Engine) -> None:
    assert found(engine, [request(1, url="https://fern.example/", host="fern.example", robots=None)]) == ["robots"]
    assert found(engine, [request(2, robots=None)]) == ["robots", "robots"]
