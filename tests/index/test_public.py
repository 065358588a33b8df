"""A public export holds nothing that may not be published, in any view, format or manifest."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from index.export import export
from index.publish import publish
from storage.database import writing
from storage.records import Record
from storage.views import dictionary
from storage.write import Writer, run_finished, run_started
from tests.storage.records import a_crawl, account, post, seen, source

API: dict[str, Any] = {"platform": "youtube", "extractor": "youtube_api/1", "source_url": "https://api.example/apiword"}
SECRETS = ("apiword", "shyword", "unsureword", "bodyword", "offers@sourdough", "info@sourdough", "aboutword", "quill")
"""One word for each thing that may not be in a public export."""


def by_api() -> list[Record]:
    under = {"source_policy": "youtube_api", "refresh_by": "2026-12-01"}
    clip: dict[str, Any] = {
        "account_id": "UCapiword",
        "native_id": "vapiword",
        "url": "https://www.youtube.com/watch?v=apiword",
    }
    me: dict[str, Any] = {
        "native_id": "UCapiword",
        "url": "https://www.youtube.com/channel/UCapiword",
        "name": "apiword",
    }
    mixed: dict[str, Any] = {
        "native_id": "UCpage",
        "url": "https://www.youtube.com/channel/UCpage",
        "platform": "youtube",
    }
    return [
        account(**API, **me, details=under),
        post(**API, **clip, title="apiword", details=under),
        seen(5, **API, account_id="UCapiword", text="apiword"),
        account(**mixed, extractor="youtube/1"),
        seen(6, **API, account_id="UCpage", text="apiword"),
        source(**API, url="https://api.example/apiword/feed", account_id="UCapiword"),
    ]


def on_bluesky(name: str, wish: str | None) -> list[Record]:
    of: dict[str, Any] = {"platform": "bluesky", "source_url": f"https://bsky.example/{name}"}
    own: dict[str, Any] = {
        "native_id": f"did:plc:{name}",
        "url": f"https://bsky.app/profile/did:plc:{name}",
        "name": name,
    }
    said: dict[str, Any] = {
        "account_id": f"did:plc:{name}",
        "native_id": f"at://{name}/1",
        "url": f"https://bsky.app/{name}/1",
    }
    return [account(**of, **own, details={"bulk_dataset": wish} if wish else {}), post(**of, **said, title=name)]


def store(engine: Engine) -> None:
    told = {"about": "aboutword", "contact": "info@sourdough.example", "contact_opt_in": "offers@sourdough.example"}
    records = [
        *a_crawl(0),
        account(0.01, details=told),
        post(50, text="bodyword", summary="bodyword", author="quill", title="A loaf"),
        *by_api(),
        *on_bluesky("shyword", "disallow"),
        *on_bluesky("unsureword", None),
        *on_bluesky("openword", "allow"),
    ]
    run = run_started(engine, "blog")
    writer = Writer(engine, run)
    for record in records:
        writer.add(record)
    writer.close()
    run_finished(engine, run, "ok", {})
    publish(engine)


def words(folder: Path) -> set[str]:
    told = "".join(path.read_text("utf-8") for path in folder.iterdir() if path.suffix != ".part")
    return {secret for secret in (*SECRETS, "openword", "A loaf") if secret in told}


def test_a_public_export_leaves_out_what_may_not_be_published(engine: Engine, tmp_path: Path) -> None:
    store(engine)
    export(engine, tmp_path / "ours", ("jsonl", "opml"))
    assert words(tmp_path / "ours") == {*SECRETS, "openword", "A loaf"}, "planted everywhere, or nothing is proven"
    export(engine, tmp_path / "all", ("jsonl", "csv", "opml"), public=True)
    assert words(tmp_path / "all") == {"openword", "A loaf"}
    assert {path.stem for path in (tmp_path / "all").glob("*.jsonl")} == set(dictionary())


def test_the_manifest_of_a_public_export_says_so_and_until_when(engine: Engine, tmp_path: Path) -> None:
    store(engine)
    made = export(engine, tmp_path, ("csv",), public=True)
    assert made == json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert made["public"] is True
    left = datetime.fromisoformat(made["valid_until"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert "valid_until" not in export(engine, tmp_path, ("csv",))


def test_a_creator_with_an_account_that_may_not_be_published_has_no_line(engine: Engine, tmp_path: Path) -> None:
    store(engine)
    with writing(engine) as connection:
        url = "did:plc:shyword"
        shy = connection.execute(text("SELECT key FROM account WHERE native_id = :id"), {"id": url}).scalar_one()
        blog = connection.execute(text("SELECT key FROM account WHERE platform = 'blog'")).scalar_one()
        creator = connection.execute(text("SELECT creator FROM published_member WHERE account = :k"), {"k": blog})
        one = creator.scalar_one()
        connection.execute(text("UPDATE published_member SET creator = :c WHERE account = :k"), {"c": one, "k": shy})
    export(engine, tmp_path, ("jsonl",), ("creators", "accounts"), public=True)
    lines = {name: (tmp_path / f"{name}.jsonl").read_text("utf-8") for name in ("creators", "accounts")}
    assert f'"creator":{one},' not in lines["creators"]
    assert "sourdough.example" in lines["accounts"]
