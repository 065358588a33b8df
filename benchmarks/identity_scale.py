"""Identity at size: invented people in a database, resolved whole, again, and as crawls touch them."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from pipelines.identity import ledger
from pipelines.identity.batch import resolve_all
from pipelines.identity.candidates import MissingToolError, propose
from pipelines.identity.touched import resolve_touched
from storage import identity as tables
from storage.database import connect, migrate, reading, writing
from storage.records import key_of
from storage.tables import account

WHEN = "2026-03-01 12:00:00.000000"
_SYLLABLES = "ka ro mi ten sul vor bra lin nea do pha gri el sta mon ru ti jo".split()  # noqa: SIM905
_FIRST = 2000
_PLATFORMS = ("blog", "youtube", "mastodon", "twitter", "github", "instagram", "linktree", "tiktok")


def _word(number: int) -> str:
    word = ""
    while number >= 0:
        word += _SYLLABLES[number % len(_SYLLABLES)]
        number = number // len(_SYLLABLES) - 1
    return word


def people(accounts: int, seed: int = 7) -> Iterator[tuple[list[dict[str, Any]], list[tuple[int, int, str]]]]:
    """Accounts and links (source, target, kind), one person after the other, until there are enough accounts.

    First names are shared by many (Zipf), handles are made of the name; most people link some of their accounts to each
    other; one in fifty has a copy that links to them, half link to somebody else, and every thousandth accounts of 5 to
    40 people are listed by an agency to which they link back.
    """
    rng = random.Random(seed)
    made: list[int] = []
    while len(made) < accounts:
        person = len(made)
        first, last = (
            _word(min(int(rng.paretovariate(0.7)), _FIRST)),
            _word(_FIRST + rng.randrange(max(accounts // 3, 100))),
        )
        handle = rng.choice((first + last, last, f"{first}{rng.randrange(100)}", first[:1] + last))
        count = rng.choice((1, 1, 1, 2, 2, 3, 3, 4, 5))
        own = [_account(p, handle, f"{first.title()} {last.title()}", person) for p in rng.sample(_PLATFORMS, count)]
        keys = [row["key"] for row in own]
        links = [
            (a, b, "me" if rng.random() < 0.2 else "profile")
            for a in keys
            for b in keys
            if a != b and rng.random() < 0.5
        ]
        if made and rng.random() < 0.5:
            links.append((keys[0], rng.choice(made), "profile"))
        if rng.random() < 0.02:
            copy = _account("telegram", handle + "official", f"{first.title()} {last.title()}", person)
            own.append(copy)
            links.append((copy["key"], keys[0], "profile"))
        if len(made) // 1000 != (len(made) + len(own)) // 1000 and made:
            agency = _account("blog", f"{last}talents", f"{last.title()} Talents", person)
            listed = rng.sample(made[-400:], min(rng.randrange(5, 40), len(made)))
            own.append(agency)
            links += [(agency["key"], key, "profile") for key in listed]
            links += [(key, agency["key"], "profile") for key in listed]
        made.extend(row["key"] for row in own)
        yield own, links


def _account(platform: str, handle: str, name: str, person: int) -> dict[str, Any]:
    handle = f"{handle}{person:x}" if len(handle) > 6 else f"{handle}.{person:x}"
    if platform == "blog":
        native, url, handle_, address = (f"{handle}.example", f"https://{handle}.example/", None, f"{handle}.example")
    else:
        native, url, handle_, address = handle, f"https://{platform}.example/{handle}", handle, f"{platform}:{handle}"
    row = {"key": key_of(platform, native), "platform": platform, "native_id": native, "url": url, "handle": handle_}
    return row | {"name": name, "address": address}


_FIXED = (WHEN, WHEN, "https://a.example/", "benchmark/1")
_ACCOUNT = """INSERT OR IGNORE INTO account (key, platform, native_id, url, handle, name, kind, status, first_seen,
last_seen, source_url, extractor) VALUES (?, ?, ?, ?, ?, ?, 'profile', 'active', ?, ?, ?, ?)"""
_ALIAS = "INSERT OR IGNORE INTO identity_alias VALUES (?, ?, 1)"
_LINK = """INSERT OR IGNORE INTO link (key, platform, account, url, kind, target, digest, first_seen, last_seen,
source_url, extractor) VALUES (?, 'x', ?, ?, ?, ?, 0, ?, ?, ?, ?)"""


def fill(path: Path, accounts: int) -> dict[str, int]:
    """A database as crawling leaves it: accounts, their addresses, links with targets."""
    engine = connect(f"sqlite:///{path}")
    migrate(engine)
    addresses: dict[int, str] = {}
    links = 0
    with writing(engine) as connection:
        cursor = connection.connection.cursor()
        for own, told in people(accounts):
            shown = ("key", "platform", "native_id", "url", "handle", "name")
            cursor.executemany(_ACCOUNT, [(*(row[name] for name in shown), *_FIXED) for row in own])
            cursor.executemany(_ALIAS, [(row["address"], row["key"]) for row in own])
            addresses |= {row["key"]: row["address"] for row in own}
            rows = [(key_of(str(a), str(b)), a, addresses[b], kind, addresses[b], *_FIXED) for a, b, kind in told]
            cursor.executemany(_LINK, rows)
            links += len(rows)
    engine.dispose()
    return {"accounts": len(addresses), "links": links}


def resolved(path: Path) -> dict[str, Any]:
    """One full resolve with all vetoes, from rows in to rows out: wall and CPU seconds, peak memory of the process."""
    engine = connect(f"sqlite:///{path}")
    began, cpu = time.perf_counter(), time.process_time()
    with writing(engine) as connection:
        outcome = resolve_all(connection)
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        **outcome.as_dict(),
    }


def proposed(path: Path) -> dict[str, Any]:
    """Candidates with the saved model, from stored evidence: wall seconds and peak memory of the process."""
    engine = connect(f"sqlite:///{path}")
    with reading(engine) as connection:
        profiles = {profile.key: profile for profile in ledger.load_profiles(connection)}
        evidence = [row for _, row in ledger.load_evidence(connection)]
        shared = ledger.load_shared(connection)
    began = time.perf_counter()
    try:
        found = len(propose(profiles, evidence, shared))
    except MissingToolError as missing:
        return {"candidate_seconds": None, "missing": str(missing)}
    seconds = round(time.perf_counter() - began, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"candidate_seconds": seconds, "candidate_peak_mb": peak, "candidates": found}


def touched(path: Path, batches: int = 20, size: int = 100) -> dict[str, Any]:
    """CPU time of resolve_touched an account: every second account brings a link that was not there."""
    engine = connect(f"sqlite:///{path}")
    rng = random.Random(11)
    with reading(engine) as connection:
        keys = list(connection.scalars(select(account.c.key)))
        rows = connection.execute(select(tables.alias.c.account, tables.alias.c.address))
        addresses = {row.account: row.address for row in rows}
    spent = 0.0
    for number in range(batches):
        chosen = rng.sample(keys, size)
        fresh = [
            (key_of(str(number), str(a)), a, (to := addresses[rng.choice(keys)]), "profile", to, *_FIXED)
            for a in chosen
        ]
        with writing(engine) as connection:
            connection.connection.cursor().executemany(_LINK, fresh[::2])
            cpu = time.process_time()
            resolve_touched(connection, chosen)
            spent += time.process_time() - cpu
    return {"online_ms": round(1000 * spent / (batches * size), 3)}


STEPS = {"resolved": resolved, "again": resolved, "proposed": proposed, "touched": touched}


def measure(accounts: int) -> dict[str, Any]:
    """Every step in a process of its own, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scale.db"
        result: dict[str, Any] = fill(path, accounts)
        for step in STEPS:
            command = [sys.executable, "-m", "benchmarks.identity_scale", step, str(path)]
            told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if step == "again":
                result["again"] = {name: told[name] for name in ("seconds", "evidence_changed", "memberships_changed")}
            else:
                result |= told
    return result


def curve() -> dict[str, Any]:
    """How time and memory grow with the number of accounts."""
    return {str(accounts): measure(accounts) for accounts in (10_000, 100_000, 1_000_000)}


if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]](Path(sys.argv[2]))))
