"""What operators see: the state of the crawl as numbers, as a page, as metrics, as alerts."""

from __future__ import annotations

import json
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from index.report import html, markdown
from storage import tables
from storage.alerts import BadHook, alert, checked, problems_of
from storage.database import connect, reading, writing
from storage.metrics import State, serve, write
from storage.records import Source, key_of
from storage.report import Report, report
from storage.write import Writer, run_finished, run_started

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


def visited(name: str, days: float, outcome: str = "ok", platform: str = "blog") -> Source:
    return Source(
        platform=platform,
        source_url=f"https://{name}.example/",
        fetched_at=NOW - timedelta(days=days),
        extractor="test/1",
        url=f"https://{name}.example/",
        kind="seed",
        outcome=outcome,
        detail=None if outcome == "ok" else "no such <host>; check it | mend it",
    )


@pytest.fixture
def crawled(engine: Engine) -> Engine:
    """Five sources: fresh, late, dead, leased, and one of another platform; one run; one publication."""
    number = run_started(engine, "blog")
    writer = Writer(engine, number)
    sources = [visited("fresh", 0.5), visited("late", 9), visited("dead", 9, "dns"), visited("held", 2)]
    for one in [*sources, visited("tube", 5, platform="youtube")]:
        writer.add(one)
    writer.close()
    stats = {"downloader/request_count": 400, "grapevine/item/post": 100, "grapevine/item/account": 4}
    run_finished(engine, number, "finished", stats)
    s, p = tables.source, tables.publication
    with writing(engine) as connection:
        changes: dict[str, dict[str, object]] = {
            "late": {"due_at": NOW - timedelta(days=2)},
            "dead": {"due_at": NOW, "attempts": 3},
        }
        changes |= {"held": {"due_at": NOW}}
        changes |= {name: {"due_at": NOW + timedelta(days=5)} for name in ("fresh", "tube")}
        for name, values in changes.items():
            connection.execute(update(s).where(s.c.url == f"https://{name}.example/").values(**values))
        key = key_of("blog", "https://held.example/")
        until = NOW + timedelta(hours=1)
        held = {"key": key, "platform": "blog", "host": "held.example", "by": "one", "until": until, "begun": 1}
        connection.execute(tables.lease.insert().values(held))
        times = {"started_at": NOW, "beat_at": NOW, "published_at": NOW - timedelta(hours=3)}
        row = {"number": 7, "status": "published", "built_by": "test", "counts": {"creators": 42}, **times}
        connection.execute(p.insert().values(row))
    return engine


def state(engine: Engine) -> Report:
    with reading(engine) as connection:
        return report(connection, NOW)


def test_a_report_counts_what_is_due_late_failing_and_how_fresh_all_is(crawled: Engine) -> None:
    made = state(crawled)
    assert made.sources["blog"] == {"total": 4, "due": 3, "late": 1, "failing": 1, "leased": 1, "never": 0}
    assert made.sources["youtube"]["due"] == 0
    assert {name: n for name, n in made.ages.items() if n} == {"0-1": 1, "1-3": 1, "3-7": 1, "7-14": 2}
    assert made.outcomes == {"dns": 1}
    assert [row["url"] for row in made.failing] == ["https://dead.example/"]
    assert made.runs[0]["requests"] == 400
    assert made.publication is not None
    assert made.publication["counts"] == {"creators": 42}


def test_the_page_and_the_markdown_say_the_same_and_escape_what_others_wrote(crawled: Engine) -> None:
    page, text = html(state(crawled), ["blog: name <b>"]), markdown(state(crawled), ["blog: name <b>"])
    for shown in ("Freshness", "Posts per 1,000 requests", "https://dead.example/", "3 h ago"):
        assert shown in page
        assert shown in text
    assert "- blog: 250" in text, "100 posts in 400 requests"
    assert "<b>name" not in page
    assert "name &lt;b&gt;" in page
    assert "no such &lt;host>; check it \\| mend it" in text
    assert "https://fresh.example/" not in page + text, "a source is named only where it fails"


def test_an_empty_database_has_a_report_too(engine: Engine) -> None:
    made = state(engine)
    assert made.total("due") == 0
    assert "All in range" in markdown(made, [])
    assert "<svg" not in html(made, [])


def test_prometheus_reads_the_metrics_on_loopback_and_as_a_file(crawled: Engine, tmp_path: Path) -> None:
    told = State(crawled)
    told.cycle = {"exit_code": 1, "seconds": 12.5, "finished": NOW.timestamp(), "alarms": 2}
    server = serve(told, 0)
    try:
        assert server.server_address[0] == "127.0.0.1"
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_address[1]}/metrics") as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
    for line in (
        "grapevine_database_up 1.0",
        'grapevine_sources_failing{platform="blog"} 1.0',
        'grapevine_run_requests{platform="blog"} 400.0',
        "grapevine_cycle_exit_code 1.0",
        "grapevine_parser_alarms 2.0",
    ):
        assert line in text
    assert "grapevine_publication_age_seconds" in text
    write(told, tmp_path / "grapevine.prom")
    assert "grapevine_cycle_seconds 12.5" in (tmp_path / "grapevine.prom").read_text()
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_database_that_cannot_be_read_is_a_metric_not_a_crash(tmp_path: Path) -> None:
    write(State(connect(f"sqlite:///{tmp_path / 'empty.db'}")), tmp_path / "out.prom")
    assert "grapevine_database_up 0.0" in (tmp_path / "out.prom").read_text()


SAVE = "import sys; print(sys.stdin.read(), file=open(sys.argv[1], 'a'))"


def test_an_alarm_is_told_once_again_after_a_day_and_when_it_is_over(tmp_path: Path) -> None:
    out, memory = tmp_path / "out.jsonl", tmp_path / "var" / "alerts.json"
    hook = f'{sys.executable} -c "{SAVE}" {out}'
    steps: tuple[tuple[int, list[str]], ...] = (
        (0, []),
        (1, ["blog: name absent in 41% of 300 cases"]),
        (2, ["blog: name absent in 9% of 28 cases"]),
        (26, ["blog: name absent in 41% of 300 cases"]),
        (27, []),
        (28, []),
    )
    for hours, problems in steps:
        assert alert(hook, problems, memory, NOW + timedelta(hours=hours)) is None
    told = [json.loads(line) for line in out.read_text().splitlines()]
    assert [event["event"] for event in told] == ["alarm", "alarm", "recovered"]
    assert told[0]["problems"] == ["blog: name absent in 41% of 300 cases"]


def test_a_hook_that_fails_breaks_nothing_and_is_tried_again(tmp_path: Path) -> None:
    memory = tmp_path / "alerts.json"
    for hook in (f"{sys.executable} -c 'raise SystemExit(1)'", "/no/such/command", "http://127.0.0.1:9/"):
        assert "the alert hook failed" in (alert(hook, ["x"], memory) or "")
    assert not memory.exists()


def test_a_webhook_is_https_or_on_this_machine() -> None:
    assert checked("https://alerts.example/hook")
    assert checked("http://127.0.0.1:8080/")
    assert checked("logger -t grapevine")
    for odd in ("http://alerts.example/", "ftp://x/", "", "echo 'open"):
        with pytest.raises(BadHook):
            checked(odd)


def test_a_cycles_summary_tells_what_is_worth_an_alert() -> None:
    well = {"crawls": {"blog": 1}, "published": True, "exit_code": 1}
    assert problems_of(well, []) == [], "some failed sources are every day's business"
    bad = {"crawls": {"blog": 2}, "published": False, "exit_code": 2}
    assert problems_of(bad, ["blog: name"]) == [
        "crawl of blog could not run",
        "the index was not published",
        "parser: blog: name",
    ]
    assert problems_of({"problem": "no database", "exit_code": 2}, []) == ["no database"]
