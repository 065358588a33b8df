"""Recorded answers of Mastodon servers, served over HTTP and crawled by the real command; skipped without them."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.conftest import RunScrapy, Site

DATA = Path(os.environ.get("GRAPEVINE_DATA", "/nonexistent")) / "web" / "mastodon" / "accounts"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="GRAPEVINE_DATA names no recorded Mastodon accounts")


def recorded(site: Site) -> Iterator[dict[str, Any]]:
    """The recorded accounts, each moved to the loopback server under a name of its own."""
    for number, path in enumerate(sorted(DATA.glob("*.json"))):
        account = json.loads(path.read_text("utf-8"))
        user = f"u{number}"
        account |= {"username": user, "acct": user, "id": user, "url": f"{site.url}/@{user}"}
        yield account | {"uri": f"{site.url}/users/{user}"}


def wants_to_be_found(account: dict[str, Any]) -> bool:
    """Mastodon's own flags, read anew here: the crawl's rules are what is tested."""
    closed = any(
        account.get(flag) for flag in ("locked", "suspended", "limited", "noindex", "bot", "group", "memorial")
    )
    words = json.dumps([account.get("display_name"), account.get("note"), account.get("fields")]).lower()
    said = any(f"#{word}" in words.replace("<span>", "") for word in ("nobot", "noindex", "noarchive"))
    return account.get("discoverable") is True and not closed and not said


def test_recorded_accounts_served_over_http_are_stored_as_they_say_or_not_at_all(
    site: Site, run_scrapy: RunScrapy, tmp_path: Path
) -> None:
    accounts = {account["username"]: account for account in recorded(site)}
    for user, account in accounts.items():
        link = {"rel": "self", "type": "application/activity+json", "href": account["uri"]}
        finger = {"subject": f"acct:{user}@{site.host}", "links": [link]}
        site.put(f"/.well-known/webfinger?resource=acct:{user}@{site.host}", json.dumps(finger), "application/jrd+json")
        site.put(f"/api/v1/accounts/lookup?acct={user}", json.dumps(account), "application/json")
        site.put(f"/api/v1/accounts/{user}/statuses?limit=40", "[]", "application/json")
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("".join(f"{site.url}/@{user}\n" for user in accounts), "utf-8")
    assert run_scrapy("migrate").returncode == 0
    settings = (f"GUARD_ALLOW={site.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False")
    options = [word for setting in settings for word in ("-s", setting)]
    run_scrapy("crawl", "fediverse", "-a", f"seeds={seeds}", *options)
    with sqlite3.connect(tmp_path / "test.db") as connection:
        rows = connection.execute("SELECT handle, name, created_at FROM account").fetchall()
        counts = connection.execute(
            "SELECT handle, metric, value FROM observation JOIN account ON account.key = observation.account"
        ).fetchall()
    expected = {user: account for user, account in accounts.items() if wants_to_be_found(account)}
    stored = {handle.partition("@")[0]: (name, created) for handle, name, created in rows}
    assert stored.keys() == expected.keys()
    assert 0 < len(expected) < len(accounts)
    numbers = {(handle.partition("@")[0], metric): value for handle, metric, value in counts}
    for user, account in expected.items():
        name, created = stored[user]
        assert (name or "").split() == account["display_name"].split()
        assert created[:10] == account["created_at"][:10]
        assert numbers[user, "followers"] == account["followers_count"]
        assert numbers[user, "following"] == account["following_count"]
