"""Whole crawls of loopback servers that answer as Mastodon, ActivityPub software, Bluesky's AppView and hubs do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.platforms import bluesky, fediverse, profile
from storage.database import connect, writing
from storage.discovery import admit, keep
from storage.forget import forget
from tests.crawler.conftest import Rows, RunScrapy, Site

ACTIVITY = "application/activity+json; charset=utf-8"
REPLIER = "4242424242"


def sample(platform: Any, case: str, site: Site, *homes: str) -> Any:
    """A sample whose hosts are the loopback site."""
    path = next((Path(platform.__path__[0]) / "samples" / case).glob("response.*"))
    text = path.read_text("utf-8")
    for home in homes:
        text = text.replace(home, site.url).replace(home.removeprefix("https://"), site.host)
    return json.loads(text) if path.suffix == ".json" else text


@pytest.fixture
def crawl(run_scrapy: RunScrapy, site: Site, tmp_path: Path) -> Callable[..., Any]:
    """``scrapy crawl NAME`` over a list of seeds, allowed to reach loopback and in no need to spare it."""
    assert run_scrapy("migrate").returncode == 0

    def run(spider: str, *seeds: str, archive: str = "", wishes: str = "") -> Any:
        listed = tmp_path / "seeds.txt"
        listed.write_text("\n".join(seeds) + "\n", "utf-8")
        settings = [f"GUARD_ALLOW={site.host},127.0.0.1:9", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"]
        settings += [f"BLUESKY_APPVIEW={site.url}", f"BLUESKY_DIRECTORY={site.url}"]
        settings += [f"ARCHIVE={archive}"] if archive else []
        settings += [f"GRAPEVINE_WISHES={wishes}"] if wishes else []
        options = [word for setting in settings for word in ("-s", setting)]
        return run_scrapy("crawl", spider, "-a", f"seeds={listed}", *options)

    return run


def webfinger(site: Site, user: str, actor: str) -> None:
    links = [{"rel": "self", "type": "application/activity+json", "href": actor}]
    data = {"subject": f"acct:{user}@{site.host}", "links": links}
    site.put(f"/.well-known/webfinger?resource=acct:{user}@{site.host}", json.dumps(data), "application/jrd+json")


def mastodon(site: Site, user: str, **flags: Any) -> dict[str, Any]:
    account: dict[str, Any] = sample(fediverse, "account", site, "https://pens.example")
    own = {"username": user, "acct": user, "id": user, "url": f"{site.url}/@{user}", "uri": f"{site.url}/users/{user}"}
    account |= own | flags
    webfinger(site, user, account["uri"])
    site.put(f"/api/v1/accounts/lookup?acct={user}", json.dumps(account), "application/json")
    status = {**sample(fediverse, "statuses", site, "https://pens.example")[0], "account": account}
    path = f"/api/v1/accounts/{user}/statuses?limit=40"
    older = {**status, "id": "8", "uri": f"{site.url}/users/{user}/statuses/8", "url": f"{site.url}/@{user}/8"}
    site.put(path, json.dumps([status]), "application/json", Link=f'<{site.url}{path}&max_id=3>; rel="next"')
    site.put(f"{path}&max_id=3", json.dumps([older]), "application/json")
    below = [
        {"id": "9", "content": "", "account": {"id": REPLIER}},
        {"id": "10", "content": "", "account": {"id": user}},
    ]
    for local in ("3", "8"):
        site.put(f"/api/v1/statuses/{local}/context", json.dumps({"descendants": below}), "application/json")
    return account


def test_a_mastodon_account_is_read_at_its_home_server(site: Site, crawl: Any, rows: Rows) -> None:
    mastodon(site, "tilda")
    done = crawl("fediverse", f"{site.url}/@tilda")
    assert done.returncode == 0, done.stderr
    assert rows("SELECT handle, name FROM account") == [(f"tilda@{site.host}", "Tilda Marwick")]
    assert rows("SELECT count(*) FROM post") == [(2,)]
    numbers = dict(rows("SELECT metric, value FROM observation"))
    assert (numbers["followers"], numbers["threads"], numbers["threads_answered"]) == (812, 2, 2)
    assert (numbers["repliers"], numbers["repliers_returning"]) == (1, 1)


def test_a_refresh_asks_only_for_what_is_new_or_not_settled_yet(site: Site, crawl: Any, rows: Rows) -> None:
    mastodon(site, "tilda")
    crawl("fediverse", f"{site.url}/@tilda")
    site.asked.clear()
    crawl("fediverse", f"{site.url}/@tilda")
    asked = [path for path in site.asked if "/statuses?" in path]
    assert asked in [[f"/api/v1/accounts/tilda/statuses?limit=40&since_id={n}"] for n in (3, 8)]
    assert rows("SELECT count(*) FROM post") == [(2,)]


def test_who_answers_is_never_stored(tmp_path: Path, site: Site, crawl: Any) -> None:
    mastodon(site, "tilda")
    archive = tmp_path / "web.warc"
    crawl("fediverse", f"{site.url}/@tilda", archive=str(archive))
    assert "/api/v1/statuses/3/context" in site.asked
    assert b"Tilda Marwick" in archive.read_bytes()
    assert all(REPLIER.encode() not in path.read_bytes() for path in (archive, *tmp_path.glob("test.db*")))


def test_a_list_with_dead_and_opted_out_accounts_ends_with_a_table_and_1(site: Site, crawl: Any, rows: Rows) -> None:
    mastodon(site, "tilda")
    mastodon(site, "hidden", discoverable=False)
    mastodon(site, "shy", note="<p>#<span>nobot</span></p>")
    mastodon(site, "robot", bot=True)
    mastodon(site, "quiet", indexable=False)
    people = ("tilda", "hidden", "shy", "robot", "quiet", "nobody")
    done = crawl("fediverse", *(f"{site.url}/@{user}" for user in people), "not an account", "http://127.0.0.1:9/@x")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    kept = [user for (user,) in rows("SELECT handle FROM account ORDER BY handle")]
    assert kept == [f"quiet@{site.host}", f"tilda@{site.host}"]
    outcomes = {outcome for (outcome,) in rows("SELECT outcome FROM source")}
    assert outcomes == {"ok", "not_discoverable", "opted_out", "bot", "gone", "refused"}
    assert rows("SELECT count(*) FROM post JOIN account ON post.account = account.key WHERE handle LIKE 'quiet%'") == [
        (0,)
    ]
    assert not [path for path in site.asked if "/accounts/shy/statuses" in path or "/accounts/quiet/statuses" in path]


FOLLOWS = "SELECT link.url FROM link WHERE kind = 'follow'"


def following(site: Site, *people: dict[str, Any]) -> str:
    path = "/api/v1/accounts/tilda/following?limit=80"
    site.put(path, json.dumps(people), "application/json")
    return path


def test_whom_a_mastodon_account_follows_is_a_link_if_they_let_themselves_be_found(
    tmp_path: Path, site: Site, crawl: Any, rows: Rows
) -> None:
    tilda = mastodon(site, "tilda")
    others = {name: {"id": f"{n}9", "acct": f"{name}@far.example"} for n, name in enumerate(("wren", "shy", "no"))}
    people = [
        {
            **tilda,
            **own,
            "username": name,
            "url": f"https://far.example/@{name}",
            "uri": f"https://far.example/u/{name}",
        }
        for name, own in others.items()
    ]
    people[0]["display_name"] = "Wren Halloway"
    people[1]["discoverable"], people[2]["noindex"] = False, True
    path, archive = following(site, *people, tilda), tmp_path / "web.warc"
    assert crawl("fediverse", f"{site.url}/@tilda").returncode == 0
    assert path not in site.asked, "nobody wished to discover"
    done = crawl("fediverse", f"{site.url}/@tilda", wishes="wishes.toml", archive=str(archive))
    assert done.returncode == 0, done.stderr
    assert rows(FOLLOWS) == [("https://far.example/@wren",)]
    assert rows("SELECT count(*) FROM account") == [(1,)]
    assert all(b"Wren Halloway" not in file.read_bytes() for file in (archive, *tmp_path.glob("test.db*")))
    site.asked.clear()
    crawl("fediverse", f"{site.url}/@tilda", wishes="wishes.toml")
    assert path not in site.asked, "they were read a moment ago"


def test_a_hidden_or_refused_list_of_follows_is_no_failure(site: Site, crawl: Any, rows: Rows) -> None:
    mastodon(site, "tilda")
    path = following(site)
    assert crawl("fediverse", f"{site.url}/@tilda", wishes="wishes.toml").returncode == 0
    assert path in site.asked
    site.asked.clear()
    site.pages[path] = (401, {}, b"")
    assert crawl("fediverse", f"{site.url}/@tilda", wishes="wishes.toml").returncode == 0
    assert path in site.asked
    assert rows(FOLLOWS) == []
    assert {one for (one,) in rows("SELECT outcome FROM source")} == {"ok"}


@pytest.mark.parametrize("flags", [{"hide_collections": True}, {"following_count": 0}])
def test_nobody_asks_for_a_list_of_follows_that_is_hidden_or_empty(
    site: Site, crawl: Any, flags: dict[str, Any]
) -> None:
    mastodon(site, "tilda", **flags)
    path = following(site)
    assert crawl("fediverse", f"{site.url}/@tilda", wishes="wishes.toml").returncode == 0
    assert path not in site.asked


def test_a_server_whose_rules_forbid_crawling_is_left_alone(site: Site, crawl: Any, rows: Rows) -> None:
    mastodon(site, "tilda")
    site.put("/api/v2/instance", json.dumps({"rules": [{"id": "1", "text": "No scraping."}]}), "application/json")
    assert crawl("fediverse", f"{site.url}/@tilda").returncode == 1
    assert rows("SELECT outcome FROM source") == [("server_rules",)]
    assert rows("SELECT count(*) FROM account") == [(0,)]


def test_a_moved_account_is_followed(site: Site, crawl: Any, rows: Rows) -> None:
    new = mastodon(site, "tilda")
    mastodon(site, "old", moved={**new, "acct": f"tilda@{site.host}"})
    crawl("fediverse", f"{site.url}/@old")
    assert rows("SELECT status FROM account WHERE handle LIKE 'old@%'") == [("moved",)]


def test_a_hashtag_s_timeline_leads_to_its_writers_at_their_own_servers(site: Site, crawl: Any, rows: Rows) -> None:
    shy = mastodon(site, "shy", discoverable=False)
    status = sample(fediverse, "statuses", site, "https://pens.example")[0]
    timeline = [{**status, "account": mastodon(site, "tilda")}, {**status, "account": shy}]
    site.put("/api/v1/timelines/tag/nibs?limit=40", json.dumps(timeline), "application/json")
    done = crawl("fediverse", f"{site.url}/tags/nibs")
    assert done.returncode == 0, done.stderr
    assert rows("SELECT handle FROM account") == [(f"tilda@{site.host}",)]


def test_who_is_found_at_a_tag_that_discovery_admitted_stands_one_step_deeper(
    tmp_path: Path, site: Site, crawl: Any, rows: Rows
) -> None:
    status = sample(fediverse, "statuses", site, "https://pens.example")[0]
    who = [mastodon(site, name) for name in ("tilda", "wren", "gone")]
    junk = {"acct": "half", "url": f"{site.url}/@\ud800"}, {"acct": "long", "url": f"{site.url}/@/{'a' * 9000}"}
    far = {"acct": "far", "url": f"{site.url}/a/77", "uri": f"{site.url}/a/77"}
    timeline = [{**status, "account": one} for one in (*who, *({**who[0], **odd} for odd in (*junk, far)))]
    path = "/api/v1/timelines/tag/nibs?limit=40"
    site.put(path, json.dumps(timeline), "application/json")
    crawl("fediverse", f"{site.url}/@wren")
    tag = {"key": 1, "platform": "fediverse", "address": f"{site.url}/tags/nibs", "url": f"{site.url}{path}"}
    engine, now = connect(f"sqlite:///{tmp_path / 'test.db'}"), datetime.now(UTC)
    forget(engine, f"{site.url}/@gone", verify=False)
    with writing(engine) as connection:
        more = {"score": 0.5, "depth": 1, "vouchers": 1, "path": [[7, "hashtag"]], "topics": [], "status": "waiting"}
        keep(connection, [tag | more], now)
        admit(connection, [tag], now)
    engine.dispose()
    done = crawl("fediverse", f"{site.url}/tags/nibs")
    assert done.returncode == 0, done.stderr
    found = " FROM candidate JOIN source ON source.key = candidate.source"
    depths = rows(f"SELECT depth, status, source.kind{found} ORDER BY depth")
    assert depths == [(1, "admitted", "seed"), *[(2, "listed", "profile")] * 2]
    listed = rows("SELECT address FROM candidate WHERE status = 'listed' ORDER BY address")
    assert listed == [(f"{site.host}/a/77",), (f"fediverse:tilda@{site.host}",)], "as they can be forgotten by"
    handles = rows(f"SELECT handle{found} JOIN account ON account.key = source.account")
    assert handles == [(f"tilda@{site.host}",)], "wren was a seed"


def test_without_mastodon_s_api_the_actor_and_its_outbox_are_read(site: Site, crawl: Any, rows: Rows) -> None:
    actor = sample(fediverse, "actor_mastodon", site, "https://clocks.example")
    webfinger(site, "wren", actor["id"])
    site.put("/users/wren", json.dumps(actor), ACTIVITY)
    page = sample(fediverse, "outbox", site, "https://clocks.example")
    outbox = {"type": "OrderedCollection", "totalItems": 1, "first": f"{site.url}/users/wren/outbox?page=1"}
    site.put("/users/wren/outbox", json.dumps(outbox), ACTIVITY)
    site.put("/users/wren/outbox?page=1", json.dumps(page), ACTIVITY)
    done = crawl("fediverse", f"{site.url}/@wren")
    assert done.returncode == 0, done.stderr
    assert rows("SELECT name FROM account") == [("Wren Halloway",)]
    assert rows("SELECT text FROM post") == [("A verge escapement.",)]


def appview(site: Site, *, claimed: str = "wren.test", labels: Any = ()) -> str:
    """A Bluesky network of one account, and one that is switched off."""
    account = sample(bluesky, "profile", site)
    did = str(account["did"])
    account["labels"] = list(labels)

    def put(path: str, data: Any) -> None:
        site.put(path, json.dumps(data), "application/json")

    ask = "/xrpc/app.bsky.actor.getProfiles?actors="
    put(f"{ask}wren.test", {"profiles": [account]})
    put(f"{ask}wren.test&actors=off.test", {"profiles": [account]})
    site.pages["/xrpc/app.bsky.actor.getProfile?actor=off.test"] = (
        400,
        {"Content-Type": "application/json"},
        b'{"error":"InvalidRequest","message":"Profile not found"}',
    )
    document = sample(bluesky, "did_document", site, "https://pds.example")
    document["alsoKnownAs"] = [f"at://{claimed}", "at://wren.test"]
    put(f"/{did}", document)
    put("/xrpc/com.atproto.identity.resolveHandle?handle=wren.test", {"did": did})
    wish = f"/xrpc/com.atproto.repo.getRecord?repo={did}&collection=org.user-intents.declaration&rkey=self"
    put(wish, {"value": {"bulkDataset": {"allow": False}}})
    put(f"/xrpc/app.bsky.feed.getAuthorFeed?actor={did}&limit=100", {"feed": sample(bluesky, "feed", site)["feed"]})
    thread = {"replies": [{"post": {"author": {"did": "did:plc:zzzzzzzzzzzzzzzzzzzzzzz3"}}, "replies": []}]}
    put(f"/xrpc/app.bsky.feed.getPostThread?uri=at://{did}/app.bsky.feed.post/3aaa&depth=6", {"thread": thread})
    return did


def test_a_bluesky_account_is_known_by_its_did_and_its_handle_is_proven(site: Site, crawl: Any, rows: Rows) -> None:
    did = appview(site)
    done = crawl("bluesky", "https://bsky.app/profile/wren.test")
    assert done.returncode == 0, done.stderr
    [(native, handle, details)] = rows("SELECT native_id, handle, details FROM account")
    assert (native, handle) == (did, "wren.test")
    assert json.loads(details) | {"handle_proven": True, "bulk_dataset": "disallow"} == json.loads(details)
    assert rows("SELECT count(*) FROM post") == [(1,)]
    numbers = dict(rows("SELECT metric, value FROM observation"))
    assert (numbers["likes"], numbers["repliers"], numbers["threads_answered"]) == (8, 1, 0)


def test_a_handle_that_is_not_the_document_s_first_is_dropped(site: Site, crawl: Any, rows: Rows) -> None:
    appview(site, claimed="first.test")
    crawl("bluesky", "wren.test")
    assert rows("SELECT handle FROM account") == [(None,)]


def test_whom_a_bluesky_account_follows_is_a_link_unless_they_hide(site: Site, crawl: Any, rows: Rows) -> None:
    did = appview(site)
    open_, shy, out = (f"did:plc:{'z' * 23}{n}" for n in (2, 3, 4))
    people: list[dict[str, Any]] = [{"did": one, "handle": f"a{n}.test"} for n, one in enumerate((open_, shy, out))]
    people[1]["labels"] = [{"src": shy, "val": "!no-unauthenticated"}]
    people[2]["description"] = "bread #nobot"
    path = f"/xrpc/app.bsky.graph.getFollows?actor={did}&limit=100"
    site.put(path, json.dumps({"subject": {"did": did}, "follows": people}), "application/json")
    assert crawl("bluesky", "wren.test").returncode == 0
    assert path not in site.asked, "nobody wished to discover"
    done = crawl("bluesky", "wren.test", wishes="wishes.toml")
    assert done.returncode == 0, done.stderr
    assert rows(FOLLOWS) == [(f"https://bsky.app/profile/{open_}",)]
    assert rows("SELECT native_id FROM account") == [(did,)]


def test_a_bluesky_account_that_hides_from_logged_out_readers_is_not_stored(site: Site, crawl: Any, rows: Rows) -> None:
    did = "did:plc:abcdefghijklmnopqrstuvw2"
    appview(site, labels=[{"src": did, "val": "!no-unauthenticated"}])
    done = crawl("bluesky", "wren.test", "off.test")
    assert done.returncode == 1, done.stderr
    assert rows("SELECT count(*) FROM account") == [(0,)]
    assert {one for (one,) in rows("SELECT outcome FROM source")} == {"no_unauthenticated", "gone"}
    assert not [path for path in site.asked if "getAuthorFeed" in path]


def test_personal_pages_and_hubs_give_an_account_and_its_links(site: Site, crawl: Any, rows: Rows) -> None:
    site.put("/about/", sample(profile, "h_card", site, "https://wren.example"))
    site.put("/tilda", sample(profile, "hub_by_structure", site))
    site.put("/shop", sample(profile, "nobody", site))
    site.put("/no", '<html><head><meta name="robots" content="noindex"></head><body class="h-card">x</body></html>')
    seeds = [f"{site.url}{path}" for path in ("/about/", "/tilda", "/shop", "/no", "/missing")]
    done = crawl("profile", *seeds, "https://www.instagram.com/nib/")
    assert done.returncode == 1, done.stderr
    kept = set(rows("SELECT kind, name FROM account"))
    assert kept == {("page", "Wren Halloway"), ("hub", "Tilda Marwick")}
    kinds = dict(rows("SELECT kind, count(*) FROM link GROUP BY kind"))
    assert kinds == {"me": 1, "profile": 1, "hub": 4}
    assert "never" in done.stderr or "not fetched" in done.stderr
