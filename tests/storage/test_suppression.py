"""Who is left out: what of theirs is covered, what of others is not, and what a lost key does."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select

from storage.database import DatabaseProblem, connect, migrate, writing
from storage.records import Account, Link, Post, Record
from storage.suppression import KEY_FILE, KEY_VARIABLE, Suppressor, names, suppression
from storage.tables import account as account_table
from storage.write import Writer
from tests.storage.records import account, link, post, seen, source

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_VARIABLE, "a key of this test only")


def left_out(engine: Engine, *identities: str) -> Suppressor:
    with writing(engine) as connection:
        Suppressor.of(engine, make=True).add(connection, identities, "asked", NOW)
    return Suppressor.of(engine)


@pytest.mark.parametrize(
    ("given", "covered", "others"),
    [
        (
            "ann.example",
            "http://www.ann.example:80/2026/a?page=2#top https://ann.example/robots.txt ANN.example",
            "https://joann.example/ https://ann.example.org/ https://blog.ann.example/ https://ann.example:8443/",
        ),
        (
            "https://sites.example/~ann/",
            "https://sites.example/~ann https://sites.example/~ann/feed.xml https://sites.example/~ann?page=2",
            "https://sites.example/ https://sites.example/~anna/ https://sites.example/robots.txt",
        ),
        (
            "@ann@social.example",
            "https://social.example/@ann https://social.example/@ann/123 acct:ann@social.example @Ann@social.example "
            "https://social.example/.well-known/webfinger?resource=acct:ann@social.example "
            "fediverse:ann@social.example https://social.example/users/ann",
            "https://social.example/@anna https://social.example/ https://other.example/@ann",
        ),
        (
            "https://www.youtube.com/channel/UC0123456789012345678901",
            "youtube.com/channel/UC0123456789012345678901/videos "
            "https://www.youtube.com/feeds/videos.xml?channel_id=UC0123456789012345678901",
            "https://www.youtube.com/ https://www.youtube.com/feeds/videos.xml?channel_id=UC9999999999999999999999",
        ),
        (
            "did:plc:abcdefghijklmnopqrstuvwx",
            "https://bsky.app/profile/did:plc:abcdefghijklmnopqrstuvwx did:plc:abcdefghijklmnopqrstuvwx "
            "https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor=did:plc:abcdefghijklmnopqrstuvwx",
            "https://bsky.app/ https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor=bob.bsky.social",
        ),
        (
            "https://www.youtube.com/watch?v=abcdefghijk",
            "http://youtube.com/watch?v=abcdefghijk",
            "youtube.com/watch?v=b",
        ),
        ("https://youtube.com/", "", "https://youtube.com/@ann https://youtube.com/"),
    ],
)
def test_an_identity_covers_all_that_is_theirs_and_nothing_of_others(
    engine: Engine, given: str, covered: str, others: str
) -> None:
    found = left_out(engine, given, "somebody@else.example")
    assert [text for text in covered.split() if not found.holds(text)] == []
    assert [text for text in others.split() if found.holds(text)] == []


def test_a_bare_handle_needs_its_platform() -> None:
    assert names("ann", "instagram") == ["instagram:ann", "instagram.com/ann"]
    assert names("ann") == []


def test_records_of_and_to_somebody_left_out_are_covered() -> None:
    engine = connect("sqlite:///a.db")
    migrate(engine)
    found = left_out(engine, "https://sourdough.example/")
    engine.dispose()
    theirs: list[Record] = [
        account(),
        post(),
        link("https://mill.example/"),
        seen(3),
        source(),
        source(url="https://sourdough.example/b"),
    ]
    elsewhere = {"account_id": "mill.example", "source_url": "https://mill.example/"}
    theirs.append(Link(**_as(link("https://www.sourdough.example/1"), **elsewhere)))
    theirs.append(Post(**_as(post(), **elsewhere)))
    moved = {"native_id": "new.example", "url": "https://new.example/"}
    theirs.append(Account(**_as(account(), **moved, aliases=["sourdough.example"])))
    assert [record for record in theirs if not found.covers(record)] == []
    mill = {"native_id": "mill.example", "url": "https://mill.example/"}
    others: list[Record] = [Account(**_as(account(), **mill)), Link(**_as(link("https://oven.example/"), **elsewhere))]
    assert [record for record in others if found.covers(record)] == []


def _as(record: Record, **changed: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__} | changed


def test_nothing_of_somebody_left_out_is_written_not_even_to_quarantine(engine: Engine) -> None:
    left_out(engine, "sourdough.example")
    writer = Writer(engine)
    for record in (account(), post(url=""), link(), seen(3), source()):
        writer.add(record)
    writer.close()
    assert dict(writer.counts) == {"suppressed": 5}


def test_the_details_of_others_are_stored_without_addresses_of_somebody_left_out(engine: Engine) -> None:
    left_out(engine, "ann.example")
    writer, links = Writer(engine), ["https://ann.example/1", "https://bob.example/"]
    writer.add(account(details={"about": "I read ann.example, and bob.example.", "blogroll": links, "moved": links[0]}))
    writer.close()
    with writing(engine) as connection:
        told = connection.scalar(select(account_table.c.details))
    assert told == {"about": "I read  and bob.example.", "blogroll": ["https://bob.example/"]}


def test_who_is_left_out_while_a_batch_waits_is_not_written_with_it(engine: Engine) -> None:
    writer = Writer(engine)
    writer.add(account())
    left_out(engine, "sourdough.example")
    writer.close()
    assert "stored/account" not in writer.counts


def test_the_table_tells_no_name_and_its_key_stands_outside_for_the_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    engine = connect(f"sqlite:///{tmp_path}/b.db")
    migrate(engine)
    assert not left_out(engine).marks
    left_out(engine, "ann.example")
    file = tmp_path / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = file.read_text().strip()
    with writing(engine) as connection:
        rows = [str(row) for row in connection.execute(select(suppression))]
    assert len(rows) == 1
    assert not any("ann" in row or key in row for row in rows)
    engine.dispose()


def test_a_lost_key_stops_everything_with_the_way_out(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    left_out(engine, "ann.example")
    monkeypatch.setenv(KEY_VARIABLE, "quite another key than before")
    with pytest.raises(DatabaseProblem, match=f"put that key back: {KEY_VARIABLE}"):
        Writer(engine)
    with pytest.raises(DatabaseProblem, match="another key"):
        left_out(engine, "bob.example")
    monkeypatch.setenv(KEY_VARIABLE, "short")
    with pytest.raises(DatabaseProblem, match="16 characters"):
        Suppressor.of(engine)
    with writing(engine) as connection:
        connection.execute(delete(suppression))


def test_a_mark_can_be_taken_back(engine: Engine) -> None:
    found = left_out(engine, "ann.example", "bob.example")
    with writing(engine) as connection:
        assert found.remove(connection, ["https://ann.example/"]) == 1
    again = Suppressor.of(engine)
    assert (again.holds("ann.example"), again.holds("bob.example")) == (False, True)
