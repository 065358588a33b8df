"""Exports: the same publication, the same bytes; nothing a spreadsheet would run; read by the tools people use."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from index.export import FORMATS, export, schema_hash
from index.publish import publish
from storage.database import DatabaseProblem, writing
from storage.views import dictionary
from storage.write import Writer, run_finished, run_started
from tests.storage.records import a_crawl, account, post, seen, source

EVIL = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "=cmd|' /C calc'!A0")


def write(engine: Engine, *records: Any) -> None:
    run = run_started(engine, "blog")
    writer = Writer(engine, run)
    for record in records:
        writer.add(record)
    writer.close()
    run_finished(engine, run, "ok", {})


def test_one_publication_gives_the_same_bytes_also_after_later_crawls(engine: Engine, tmp_path: Path) -> None:
    now = (datetime.now(UTC) - datetime(2026, 11, 1, 8, tzinfo=UTC)).total_seconds() / 86400
    write(engine, *a_crawl(0), post(3, 1, text="Another text"), seen(1300, at=1))
    publish(engine)
    first = export(engine, tmp_path / "first", FORMATS)
    write(engine, *a_crawl(now + 1), account(now + 2, name="Renamed", bio="New"), post(3, now + 2, title="Retitled"))
    write(engine, post(99, now + 2), seen(9999, at=now + 2), source(now + 2, outcome="timeout", detail="slow"))
    publish(engine)
    again = export(engine, tmp_path / "again", FORMATS, publication=1)
    for file in first["files"]:
        assert (tmp_path / "first" / file["file"]).read_bytes() == (tmp_path / "again" / file["file"]).read_bytes()
    assert again == first
    assert export(engine, tmp_path / "newer", FORMATS) != first


def test_the_manifest_tells_rows_shapes_and_checksums(engine: Engine, tmp_path: Path) -> None:
    write(engine, *a_crawl(0))
    publish(engine)
    export(engine, tmp_path, ("csv", "jsonl"), ("posts", "accounts"))
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["publication"] == 1
    assert [file["file"] for file in manifest["files"]] == [
        "posts.csv",
        "posts.jsonl",
        "accounts.csv",
        "accounts.jsonl",
    ]
    for file in manifest["files"]:
        content = (tmp_path / file["file"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        view = file["views"][0]["view"].removeprefix("v1_")
        assert file["views"][0] == {
            "view": f"v1_{view}",
            "rows": 7 if view == "posts" else 1,
            "schema_sha256": schema_hash(view),
        }
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) in ([], [".grapevine.db"])


def test_no_cell_of_a_csv_is_a_formula_and_the_other_formats_keep_the_words(engine: Engine, tmp_path: Path) -> None:
    write(engine, account(), *(post(n, title=title, summary=title) for n, title in enumerate(EVIL)))
    publish(engine)
    export(engine, tmp_path / "out", ("csv", "jsonl"), ("posts",))
    with (tmp_path / "out" / "posts.csv").open(encoding="utf-8", newline="") as file:
        found = sorted(row["title"] for row in csv.DictReader(file))
    assert found == sorted(f"'{title}" for title in EVIL)
    lines = (tmp_path / "out" / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["title"] for line in lines) == sorted(EVIL)


def test_the_sqlite_snapshot_answers_the_same_queries(engine: Engine, tmp_path: Path) -> None:
    write(engine, *a_crawl(0))
    publish(engine)
    export(engine, tmp_path / "out", ("sqlite",))
    snapshot = sqlite3.connect(tmp_path / "out" / "grapevine.sqlite")
    tables = {name for (name,) in snapshot.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {f"v1_{view}" for view in dictionary()}
    assert snapshot.execute("SELECT name, posts FROM v1_creators").fetchall() == [("Ida Example", 7)]
    assert snapshot.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    snapshot.close()


def test_feeds_are_exported_as_opml_whatever_their_names_hold(engine: Engine, tmp_path: Path) -> None:
    hostile = 'Rye & "Loaf" <b>\x0b'
    write(engine, account(name=hostile), source(account_id=account().native_id))
    write(engine, source(url="https://gone.example/feed", outcome="dns"))
    publish(engine)
    export(engine, tmp_path / "out", ("opml",))
    (outline,) = ET.parse(tmp_path / "out" / "feeds.opml").getroot().iter("outline")
    assert (outline.get("text"), outline.get("xmlUrl")) == ('Rye & "Loaf" <b>', "https://sourdough.example/feed")
    assert outline.get("htmlUrl") == "https://sourdough.example/"


def test_pandas_and_duckdb_read_what_was_exported(engine: Engine, tmp_path: Path) -> None:
    pandas, duckdb = pytest.importorskip("pandas"), pytest.importorskip("duckdb")
    write(engine, *a_crawl(0), post(8, title='コロッケ, "fried"\nand hot', language="ja"))
    publish(engine)
    export(engine, tmp_path / "out", ("csv", "jsonl", "parquet"), ("posts", "creators"))
    frame = pandas.read_parquet(tmp_path / "out" / "posts.parquet")
    assert len(frame) == 8
    assert str(frame["published_at"].dtype).startswith("datetime64")
    assert sorted(frame["post"]) == sorted(pandas.read_csv(tmp_path / "out" / "posts.csv")["post"])
    for name in ("posts.csv", "posts.jsonl", "posts.parquet"):
        told = duckdb.sql(f"SELECT count(*), max(language), max(length(title)) FROM '{tmp_path}/out/{name}'").fetchall()
        assert told == [(8, "ja", 21)], name


def test_nothing_published_is_said_with_the_way_out(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem, match="nothing was published by now; run `scrapy publish`"):
        export(engine, tmp_path, ("csv",))
    publish(engine)
    with pytest.raises(DatabaseProblem, match="no publication 7"):
        export(engine, tmp_path, ("csv",), publication=7)


def test_a_refused_publication_is_not_exported(engine: Engine, tmp_path: Path) -> None:
    write(engine, *(account(native_id=f"https://b{n}.example/", url=f"https://b{n}.example/") for n in range(9)))
    publish(engine)
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM account"))
    assert not publish(engine).published
    assert export(engine, tmp_path / "out", ("csv",), ("creators",))["files"][0]["views"][0]["rows"] == 9
