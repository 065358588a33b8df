"""One person planted in every table, archive and export, then forgotten: what bytes are left, and who comes back.

``python -m benchmarks.privacy --json [--accounts N] [--database sqlite|postgresql|both]``. Residues are counted in the
bytes of every file (log, archives and exports unpacked); re-crawls are replays of the bundled small web.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, text

from benchmarks import arguments, show
from benchmarks.postgres import postgres
from index.export import FORMATS, export
from index.publish import publish
from pipelines.identity.addresses import address_key, aliases
from pipelines.identity.desk import judge
from pipelines.identity.touched import resolve_touched
from samples.optouts.run import run_matrix
from samples.optouts.run import write as warc
from storage import discovery, hosts, identity, search
from storage import tables as t
from storage.database import connect, migrate, reading, writing
from storage.forget import Report, forget
from storage.records import Account, Link, Observation, Post, Record, Source, key_of
from storage.suppression import Suppressor
from storage.write import Writer, run_finished, run_started

ROOT = Path(__file__).parents[1]
MARK = "zqxvjk"
"""Stands in everything that is planted of the person, and in nothing else."""
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOME, PROFILE, OTHER = "https://zqxvjkwren.example/", "https://burrow.example/@zqxvjkwren", "https://mill.example/"
ASKED = {"run": "1", "purpose": "page", "status": 200, "robots": None, "ip": None} | dict.fromkeys(
    ("at", "ended", "bytes", "owed", "rest_until", "used", "budget"), 1
)
FEED_ELSEWHERE = "https://feeds.example/zqxvjkwren"


def _seen(platform: str, url: str, **facts: Any) -> dict[str, Any]:
    return {"platform": platform, "source_url": url, "fetched_at": NOW, "extractor": f"{platform}/1", **facts}


def person() -> Iterator[Record]:
    """The planted person: a blog and a profile that name each other, and somebody else whom they link and who links
    to them."""
    blog = _seen("blog", HOME)
    told: dict[str, Any] = {
        "bio": "zqxvjk on wrens",
        "owner": "Zqxvjka Wren",
        "avatar": f"{HOME}me.jpg",
        "place": "Zqxvjkhausen",
    }
    yield Account(
        **blog, native_id="zqxvjkwren.example", url=HOME, name="Zqxvjk Wrens", **told, details={"about": f"{HOME}f"}
    )
    yield Account(
        **_seen("blog", f"{HOME}about"), native_id="zqxvjkwren.example", url=HOME, name="Of zqxvjk", aliases=[HOME]
    )
    for n in range(30):
        of: dict[str, Any] = {"account_id": "zqxvjkwren.example", "native_id": f"{HOME}{n}", "url": f"{HOME}{n}"}
        yield Post(
            **blog, **of, title=f"zqxvjk {n}", author="Zqxvjka", text="zqxvjk wrens nest " * 300, tags=["zqxvjk"]
        )
        yield Post(**blog, **of, title=f"zqxvjk {n}, mended", published_at=NOW, details={"guid": f"zqxvjk {n}"})
        yield Post(**blog, **of, title="zqxvjk", published_at=datetime(9, 1, 1, tzinfo=UTC))  # a date to be mended
    me = f"{PROFILE.replace('@', 'users/')}"
    fedi = _seen("mastodon", "https://burrow.example/api/v1/accounts/lookup?acct=zqxvjkwren")
    handle = "zqxvjkwren@burrow.example"
    yield Account(
        **fedi, native_id=me, url=PROFILE, handle=handle, aliases=[PROFILE, me], name="Zqxvjka", created_at=NOW
    )
    yield Observation(**fedi, account_id=me, metric="followers", value=1200, text="zqxvjk 1.2K")
    yield Link(**fedi, account_id=me, url=HOME, kind="me", text="zqxvjk")
    yield Link(**blog, account_id="zqxvjkwren.example", url=PROFILE, kind="me")
    yield Link(**blog, account_id="zqxvjkwren.example", url=OTHER, kind="blogroll", text="zqxvjk likes")
    for url in (HOME, FEED_ELSEWHERE):
        yield Source(**blog, url=url, kind="feed", account_id="zqxvjkwren.example")
    yield Source(**blog, url=f"{HOME}old", kind="seed", outcome="dns", detail="zqxvjkwren.example: no such host")
    mill = _seen("blog", OTHER)
    yield Account(
        **mill, native_id="mill.example", url=OTHER, name="Mill", details={"moved_to": f"{HOME}moved", "posts_seen": 3}
    )
    for url, kind in ((HOME, "profile"), (f"{HOME}3", "body"), (PROFILE, "bio"), (f"{PROFILE}/77", "mention")):
        yield Link(**mill, account_id="mill.example", url=url, kind=kind, text="by zqxvjk")
    yield Account(
        **_seen("instagram", "import:zqxvjk.csv"), native_id="zqxvjkwren", url="https://www.instagram.com/zqxvjkwren/"
    )


def write(engine: Engine, records: Iterator[Record]) -> Writer:
    """Stores records as a crawl does: addresses in one form, in batches, then who is one person."""
    writer = Writer(engine, run_started(engine, "blog"))
    for record in records:
        if isinstance(record, Account):
            record.aliases = aliases(record)
        elif isinstance(record, Link):
            record.target = address_key(record.url)
        writer.add(record)
    writer.close()
    with writing(engine) as connection:
        resolve_touched(connection, writer.touched)
    run_finished(engine, writer.run_id or 0, "finished", {"grapevine/problem": f"{HOME} broke", "grapevine/n": 3})
    return writer


def plant(engine: Engine, folder: Path, views: tuple[str, ...] | None = None) -> None:
    """Puts the person into every table, a WARC archive and exports of every format (of all views) under ``folder``."""
    write(engine, person())
    her, other = key_of("blog", "zqxvjkwren.example"), key_of("blog", "mill.example")
    one = {"creator": her, "n": 1, "formula": "f", "formula_hash": "h", "computed_at": NOW}
    named = [{"url": f"{HOME}3", "text": "by zqxvjk"}, {"account": her}, {"account": 3}]
    at = time.time()
    with writing(engine) as connection:
        judge(connection, her, key_of("mastodon", "https://burrow.example/users/zqxvjkwren"), "same", "zqxvjk says so")
        judge(connection, her, key_of("instagram", "zqxvjkwren"), "same", "zqxvjk says so")
        judge(connection, her, other, "different", "zqxvjk is no mill")
        creator = connection.scalar(select(t.creator_member.c.creator).where(t.creator_member.c.account == her))
        mine = {**one, "creator": creator, "name": "relevance", "evidence": {"zqxvjk": named}}
        connection.execute(
            insert(t.score), [mine, {**one, "creator": other, "name": "trust", "evidence": {"by": named}}]
        )
        rises = {**mine, "name": "rising", "label": "rising", "value": 2.0, "low": 1.0, "high": 3.0, "evidence": None}
        connection.execute(insert(t.score).values(rises))  # a bet on her comes with the publication
        connection.execute(insert(t.creator_redirect).values(old=11, new=creator, at=NOW, reason="zqxvjk"))
        connection.execute(insert(identity.shared_account).values(account=her, since=NOW, kind="zqxvjk"))
        connection.execute(
            t.creator.update().where(t.creator.c.id == creator).values(name="Zqxvjka", details={"zqxvjk": 1})
        )
        row = {"failures": 0, "not_before": 0.0, "last_at": at, "crawl_delay": None, "host": "zqxvjkwren.example"}
        day: dict[str, Any] = dict.fromkeys(hosts.COUNTS, 1)
        validator = {"url_key": key_of(HOME), "etag": "zqxvjk", "modified": None, "seen_at": at, "fresh_until": 0.0}
        api = "https://burrow.example/"
        logged = [(HOME, "zqxvjkwren.example"), (f"{api}api/v1/accounts/lookup?acct=zqxvjkwren", "burrow.example")]
        logged.append((f"{api}.well-known/webfinger?resource=acct%3Azqxvjkwren%40burrow.example", "burrow.example"))
        hosts.write(
            connection,
            hosts=[row],
            days=[{**day, "host": "zqxvjkwren.example", "day": "2026-11-01", "least_gap": None}],
            validators=[validator],
            requests=[{**ASKED, "url": url, "host": host} for url, host in logged],
            robots_files=[{"origin": HOME[:-1], "state": "rules", "sha": "5", "fetched_at": at}],
            bodies=[{"sha": "5", "body": b"Disallow: /zqxvjk"}],
        )
        heard = {"origin": HOME[:-1], "state": "speaks", "accounts": ["https://zqxvjk.example/"], "asked_at": NOW}
        connection.execute(insert(hosts.voice), [heard])
        found = {"key": key_of("blog", "zqxvjkwren.example"), "platform": "blog", "address": "zqxvjkwren.example"}
        found |= {"url": HOME, "score": 1.0, "depth": 1, "vouchers": 1, "path": [], "topics": [], "status": "known"}
        held = {"key": key_of("blog", HOME), "platform": "blog", "host": "zqxvjkwren.example", "by": "one", "begun": 1}
        connection.execute(insert(t.lease).values(held))
        entry = {"list": "wishes", "creator": creator, "note": "ask zqxvjk", "added_at": NOW}
        connection.execute(insert(search.list_entry), [entry])
        connection.execute(insert(search.saved_hit), [{"search": "wrens", "creator": creator, "since": 1}])
        connection.execute(insert(discovery.candidate), [found | {"first_seen": NOW, "last_seen": NOW}])
    assert publish(engine).published
    write(engine, iter([Account(**_seen("blog", HOME), native_id="zqxvjkwren.example", url=HOME, name="Later zqxvjk")]))
    assert publish(engine).published
    export(engine, folder / "export", FORMATS, views)
    archive(folder / "crawl.warc.gz")


def archive(path: Path) -> None:
    """A WARC as a crawl leaves it: pages of the person, of others who name them, and one that does not."""
    pages = {
        HOME: b"<title>zqxvjk</title>",
        "https://burrow.example/api/v1/accounts/lookup?acct=zqxvjkwren": b'{"url": "burrow.example\\/@zqxvjk"}',
        f"{OTHER}friends": gzip.compress(b'<a href="https://zqxvjkwren.example/3">a wren</a>'),
        OTHER: b"<title>Flour</title>",
    }
    kind = {"Content-Type": "text/html"}
    packed = {**kind, "Content-Encoding": "gzip"}
    warc(path, {url: (200, packed if body[:2] == b"\x1f\x8b" else kind, body) for url, body in pages.items()})


def unpacked(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and what they hold where they are packed."""
    with path.open("rb") as file:
        while block := file.read(1 << 24):
            yield block
            if len(block) == 1 << 24:
                file.seek(-len(MARK), os.SEEK_CUR)  # no mark is cut in two
    raw = path.read_bytes() if path.suffix in (".gz", ".parquet") else b""
    if path.suffix == ".parquet":
        import pyarrow.parquet

        yield json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str).encode()
    if path.suffix == ".gz":
        from warcio.archiveiterator import ArchiveIterator

        for record in ArchiveIterator(BytesIO(raw)):
            yield str(record.rec_headers.to_str()).encode() + record.content_stream().read()


def residues(*folders: Path) -> dict[str, int]:
    """File -> how often the person's mark stands in it, whatever its case."""
    found: dict[str, int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and (count := sum(part.lower().count(MARK.encode()) for part in unpacked(path))):
                found[str(path)] = count
    return found


def data_folders(engine: Engine, folder: Path) -> list[Path]:
    """Where the database keeps its bytes: SQLite's folder, or PostgreSQL's cluster with its write-ahead log."""
    if engine.dialect.name == "sqlite":
        return [folder]
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        place = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    return [folder, place / "base", place / "global", place / "pg_wal"]


def fill(engine: Engine, accounts: int) -> None:
    """So many other people, as small rows in the large tables."""
    chance, seen = random.Random(5), {"first_seen": NOW, "last_seen": NOW, "source_url": OTHER, "extractor": "blog/1"}
    keys = sorted(key_of("blog", f"m{n}.example") for n in range(accounts))
    for start in range(0, accounts, 5000):
        rows: dict[Any, list[dict[str, Any]]] = {}
        for n, key in enumerate(keys[start : start + 5000], start):
            say, home = " ".join(chance.choices(("rye", "loaf", "oven"), k=20)), f"m{n}.example"
            url = f"https://{home}/"
            row = {"key": key, "platform": "blog", "url": url, **seen}
            account = {"native_id": home, "kind": "blog", "status": "active", "name": f"Maker {n}", "bio": say}
            rows.setdefault(t.account, []).append({**row, **account})
            rows.setdefault(t.post, []).append(
                {**row, "key": key - 1, "account": key, "native_id": url, "title": say, "text": say * 3, "digest": 1}
            )
            to = f"m{chance.randrange(accounts)}.example"
            rows.setdefault(t.link, []).append(
                {**row, "key": key - 2, "account": key, "kind": "body", "target": to, "digest": 1}
            )
            rows.setdefault(t.source, []).append({**row, "key": key - 3, "kind": "seed", "account": key, "digest": 1})
            fact = {"subject": key, "first_seen": NOW, "last_seen": NOW, "source_url": url, "extractor": "blog/1"}
            rows.setdefault(t.fact, []).extend({**fact, "field": name, "value": say} for name in ("name", "bio"))
            rows.setdefault(identity.alias, []).append({"address": home, "account": key, "current": True})
            asked = {**ASKED, "id": n + 10, "host": home, "url": url}
            rows.setdefault(hosts.request_log, []).append(asked)
        with writing(engine) as connection:
            for table, some in rows.items():
                connection.execute(insert(table), some)


def forgotten(engine: Engine, folder: Path, **more: Any) -> Report:
    return forget(engine, HOME, archives=[folder], exports=[folder], **more)


def check_microseconds() -> float:
    """CPU time of asking about an address before its request, among 100,000 marks; the mean over usual addresses."""
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/a.db")
        migrate(engine)
        suppressor = Suppressor.of(engine, make=True)
        with writing(engine) as connection:
            suppressor.add(connection, (f"person{n}.example" for n in range(100_000)), "asked", NOW)
            suppressor.refresh(connection)
        engine.dispose()
    shapes = ("https://m{}.example/2026/05/a-post/", "https://www.youtube.com/channel/UC{:022}", "https://m{}.example/",
              "https://social.example/@ann{}/1234567", "https://ann{}.wordpress.example/feed/?paged=2",
              "https://social.example/.well-known/webfinger?resource=acct:ann{}@social.example")  # fmt: skip
    urls = [shape.format(n) for n in range(2000) for shape in shapes]
    began = time.process_time()
    held = sum(map(suppressor.holds, urls))
    spent = time.process_time() - began
    assert not held
    return round(spent / len(urls) * 1e6, 1)


def reappeared(makers: int = 4) -> int:
    """Rows and published creators that come back of makers of the small web who were forgotten, after a re-crawl."""
    truth = json.loads((ROOT / "samples/smallweb/truth.json").read_text("utf-8"))
    homes = [a["url"] for m in truth["makers"] for a in m["accounts"] if (a["kind"], a["outcome"]) == ("blog", "ok")]
    names = [url.partition("://")[2].strip("/") for url in homes[:: len(homes) // makers][:makers]]
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "GRAPEVINE_DATABASE_URL": f"sqlite:///{folder}/web.db"}

        def scrapy(*given: str) -> None:
            done = subprocess.run(
                [sys.executable, "-m", "scrapy", *given], cwd=ROOT, env=env, capture_output=True, check=False
            )
            assert done.returncode in (0, 1), done.stderr.decode()[-2000:]

        crawl = ("crawl", "blog", "-a", "seeds=samples/smallweb/seeds.csv", "-s", "REPLAY=samples/smallweb.warc.gz")
        scrapy("migrate")
        scrapy(*crawl)
        for name in names:
            scrapy("forget", name, "--yes", "--archives", folder, "--exports", folder)
        scrapy(*crawl)
        scrapy("publish")
        engine = connect(env["GRAPEVINE_DATABASE_URL"])
        with reading(engine) as connection:
            rows = itertools.chain.from_iterable(
                connection.execute(select(table)) for table in t.metadata.tables.values()
            )
            # others' own words stay: a blogroll in a post's text may name a forgotten site
            told = [str([v for c, v in row._mapping.items() if c not in ("text", "summary")]) for row in rows]
        engine.dispose()
    return sum(any(name in row for name in names) for row in told)


def flags() -> dict[str, int]:
    """The opt-out matrix, through the real spiders: how many cases there are, and how many come out as they must."""
    matrix = run_matrix()
    return {"flags_tested": matrix.tested, "flags_honoured": matrix.honoured}


@contextmanager
def database(kind: str, folder: Path) -> Iterator[Engine]:
    if kind == "sqlite":
        engine = connect(f"sqlite:///{folder}/grapevine.db")
        yield engine
        engine.dispose()
        return
    with postgres("wal_recycle=off", "min_wal_size=32MB", "autovacuum=off") as url:
        engine = connect(url.format("postgres"))
        yield engine
        engine.dispose()


def measure(kind: str, accounts: int) -> dict[str, Any]:
    """One database: plants, forgets, counts what is left."""
    with tempfile.TemporaryDirectory() as name, chdir(name), database(kind, Path(name)) as engine:
        folder = Path(name)
        os.environ.setdefault("GRAPEVINE_SUPPRESSION_KEY", "a key for the benchmark only")
        migrate(engine)
        fill(engine, accounts)
        plant(engine, folder, ("observations",) if accounts > 100_000 else None)
        planted = residues(*data_folders(engine, folder)) if accounts <= 100_000 else {"": 1}
        began = time.perf_counter()
        report = forgotten(engine, folder, verify=accounts <= 100_000)
        seconds = time.perf_counter() - began
        left = residues(*data_folders(engine, folder))
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert planted
    found = {"forget_seconds": round(seconds, 2), "seconds": report.seconds, "residues": sum(left.values())}
    return found | {
        "left": left,
        "tables": len(report.rows),
        "told": report.residues + report.problems,
        "mb": size >> 20,
    }


if __name__ == "__main__":
    given = arguments(
        __doc__,
        accounts={"type": int, "default": 20_000, "help": "other people in the database (default: %(default)s)"},
        database={"choices": ("sqlite", "postgresql", "both"), "default": "both"},
    )
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    by = {kind: measure(kind, given.accounts) for kind in kinds}
    result: dict[str, Any] = {"accounts": given.accounts, "residues": sum(one["residues"] for one in by.values())}
    result |= {"reappeared": reappeared(), "forget_seconds": max(one["forget_seconds"] for one in by.values())}
    show(result | {"check_microseconds": check_microseconds(), **flags(), "databases": by}, given)
