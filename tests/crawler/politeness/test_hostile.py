"""The hostile web: each case of tests/hostile, all in two crawls with the real handler, and their records audited."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.politeness.audit import audit, read_run
from crawler.politeness.guard import Exemptions
from storage.database import connect, reading
from storage.hosts import footprint
from tests import command
from tests.hostile.case import Case, Seen, text
from tests.hostile.cases import all_cases
from tests.hostile.crawl import OURS, in_process_of_its_own
from tests.hostile.server import Answer, Server, running
from tests.hostile.trial import QUICK, play

CASES = all_cases()


@dataclass
class Played:
    seen: dict[str, Seen]
    runs: list[dict[str, Any]]
    database: str


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("hostile")
    seen, runs = play(CASES, ours=True, keep=folder)
    return Played(seen, runs, f"sqlite:///{folder}/hostile.db")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_case_of_the_hostile_web_does_harm(case: Case, played: Played) -> None:
    seen = played.seen[case.name]
    assert case.want(seen), (case.says, seen.outcomes, seen.again, seen.hits)


def test_the_private_service_was_never_reached(played: Played) -> None:
    assert max(seen.secrets for seen in played.seen.values()) == 0


def test_nothing_deprecated_is_used(played: Played) -> None:
    assert not [line for run in played.runs for line in run["stderr"].splitlines() if "Deprecat" in line]


def test_the_audit_finds_no_breach_in_what_the_hostile_web_provoked(played: Played) -> None:
    loopback = Exemptions([])
    loopback.permits = lambda text, port: text.startswith("127.0.")  # type: ignore[method-assign]
    with reading(connect(played.database)) as connection:
        for run in played.runs:
            name, requests = read_run(connection, run["stats"]["grapevine/politeness/run"])
            assert len(requests) > 4, name
            assert audit(connection, requests, "grapevine", loopback) == []


def test_the_footprint_counts_what_the_server_saw(played: Played) -> None:
    with reading(connect(played.database)) as connection:
        rows = {row.host: row for row in footprint(connection)}
    number = [case.name for case in CASES].index("crawl delay")
    row = rows[f"127.0.1.{number + 1}"]
    assert row.requests == len(played.seen["crawl delay"].hits)
    assert row.least_gap >= 1.45
    assert row.crawl_delay == 1.5


def _one_page(settings: dict[str, Any], environment: dict[str, str], server: Server, url: str) -> dict[str, Any]:
    chosen = OURS | QUICK | {"TEST_DNS_PORT": server.dns} | settings
    job = {"cases": [{"name": "one", "ask": [url], "together": False}], "settings": chosen, "environment": environment}
    result = in_process_of_its_own(job, dict(os.environ) | {"GRAPEVINE_CONTACT": ""})
    return {**result, "first": (result["outcomes"].get("one") or [{}])[0]}


def test_a_run_without_a_contact_address_does_not_go_live(tmp_path: Path) -> None:
    with running(Server({})) as server:
        database = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}
        result = _one_page({"LOG_LEVEL": "ERROR"}, database, server, f"http://127.0.0.1:{server.port}/")
        assert not server.hits
    assert result["stats"]["finish_reason"] == "no_contact"
    assert "GRAPEVINE_CONTACT" in result["stderr"]


def test_without_a_contact_only_exempted_addresses_are_reached(tmp_path: Path) -> None:
    with running(Server({})) as server:
        database = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}
        allowed = {"GUARD_ALLOW": [f"127.0.0.1:{server.port}"]}
        near = _one_page(allowed, database, server, f"http://127.0.0.1:{server.port}/")
        far = _one_page(allowed, database, server, "http://inside.test:81/")
    assert near["first"]["word"] == "200"
    assert far["first"]["word"] == "NoContact"


def test_a_proxy_on_loopback_is_used_only_where_guard_allow_names_it(tmp_path: Path) -> None:
    with running(Server({"127.0.0.1": {"http://blog.test/": [Answer(200, b"by proxy")]}})) as server:
        proxied = {
            "GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path}/a.db",
            "http_proxy": f"http://127.0.0.1:{server.port}",
            "https_proxy": f"http://127.0.0.1:{server.port}",
        }
        contact = {"GRAPEVINE_CONTACT": "https://example.org/bot"}
        refused = _one_page(contact, proxied, server, "http://blog.test/")
        tunnel = _one_page(contact, proxied, server, "https://blog.test/")
        assert not server.hits
        allowed = contact | {"GUARD_ALLOW": [f"127.0.0.1:{server.port}"]}
        inside = _one_page(allowed, proxied, server, "http://127.0.0.1:1/")
        reached = _one_page(allowed, proxied, server, "http://blog.test/")
    assert (refused["first"]["word"], tunnel["first"]["word"]) == ("ForbiddenAddress", "ForbiddenAddress")
    assert inside["first"]["word"] == "ForbiddenAddress"
    assert reached["first"]["word"] == "200"


def test_the_real_commands_show_footprint_and_audit(played: Played, tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = polite_settings\n")
    (tmp_path / "polite_settings.py").write_text("COMMANDS_MODULE = 'crawler.commands'\nGUARD_ALLOW = []\n")
    root = str(Path(__file__).parents[3])
    environment = os.environ | {"GRAPEVINE_DATABASE_URL": played.database, "PYTHONPATH": root}

    shown = command.scrapy("footprint", env=environment, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert "127.0.1.1" in shown.stdout
    audited = command.scrapy("audit", env=environment, cwd=tmp_path)
    assert audited.returncode == 1  # this web is on loopback, and nothing is exempted here
    assert "address" in audited.stdout
    assert "robots 0" not in audited.stdout


def test_what_a_recording_holds_is_judged_without_waiting(tmp_path: Path) -> None:
    """Replay: the guard, delays and rests are off; robots.txt and noindex hold."""
    pages = {
        "/robots.txt": [text("User-agent: *\nDisallow: /shut\nCrawl-delay: 600\n")],
        "/hidden": [text('<meta name="robots" content="noindex">')],
    }
    with running(Server({"127.0.0.1": pages})) as server:
        base = f"http://127.0.0.1:{server.port}"
        handlers = {"http": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"}
        settings = OURS | {"REPLAY": "a.warc.gz", "DOWNLOAD_HANDLERS": handlers, "TEST_DNS_PORT": server.dns}
        ask = [f"{base}/open", f"{base}/shut", f"{base}/hidden", f"{base}/more"]
        job = {"cases": [{"name": "one", "ask": ask, "together": False}], "settings": settings}
        database = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"}
        outcomes = in_process_of_its_own(job, dict(os.environ) | database)["outcomes"]["one"]
    assert [outcome["word"] for outcome in outcomes] == ["200", "RobotsForbid", "NotIndexable", "200"]
    assert not (tmp_path / "none.db").exists()
