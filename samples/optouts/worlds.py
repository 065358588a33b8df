"""One small world a case: its seed, and the answers of its servers, {address: (status, headers, body)}."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

Answers = dict[str, tuple[int, dict[str, str], bytes]]
PLATFORMS = Path(__file__).parents[2] / "crawler" / "platforms"
HTML, JSON = "text/html; charset=utf-8", "application/json"
FERNS = "The spores of the hart's tongue fern ripen late, and I sowed them on brick dust under glass in the shade. " * 4


def sample(platform: str, case: str) -> Any:
    """A sample response of a platform, as JSON."""
    return json.loads((PLATFORMS / platform / "samples" / case / "response.json").read_text("utf-8"))


def _put(answers: Answers, url: str, body: Any, kind: str = JSON, **headers: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    answers[url] = (200, {"Content-Type": kind, **headers}, text.encode())


def _site(case: dict[str, Any]) -> tuple[str, Answers]:
    """A host, and what hosts of every world may have: robots.txt and the owner's word."""
    home, answers = f"https://{case['name']}.example", Answers()
    if robots := case.get("robots"):
        _put(answers, f"{home}/robots.txt", robots, "text/plain")
    if voice := case.get("voice"):
        _put(answers, f"{home}/.well-known/grapevine.json", voice)
    return home, answers


def blog(case: dict[str, Any]) -> tuple[str, Answers]:
    home, answers = _site(case)
    head, headers, bio = case.get("head", ""), case.get("headers", {}), case.get("bio", "Ferns and mosses.")
    feed = f'<link rel="alternate" type="application/rss+xml" href="{home}/feed.xml">'
    meta = f'<meta name="description" content="{bio}">{feed}{head}'
    article = (
        f"<article class='h-entry'><h1>Sowing spores</h1><time datetime='2026-05-02'></time><p>{FERNS}</p></article>"
    )
    for path, title, body in (("/", "Frond", f"<p>{bio}</p>"), ("/spores", "Sowing spores", article)):
        page = f"<html lang=en><head><title>{title}</title>{meta}</head><body>{body}</body></html>"
        _put(answers, home + path, page, HTML, **headers)
    item = f"<item><title>Sowing spores</title><link>{home}/spores</link><description>{FERNS}</description></item>"
    about = f"<title>Frond</title><link>{home}/</link><description>{bio}</description>"
    rss = f"<rss version='2.0'><channel>{about}{item}</channel></rss>"
    _put(answers, f"{home}/feed.xml", rss, "application/rss+xml", **headers)
    return f"{home}/", answers


def profile(case: dict[str, Any]) -> tuple[str, Answers]:
    home, answers = _site(case)
    note = f'<p class="p-note">{case.get("bio", "Letterpress.")}</p>'
    card = f'<a class="p-name u-url u-uid" rel="me" href="{home}/">Ada Invented</a>{note}'
    me = '<a rel="me" href="https://github.com/adainvented">Code</a>'
    page = f"<html><head><title>Ada</title>{case.get('head', '')}</head><body class='h-card'>{card}{me}</body></html>"
    _put(answers, f"{home}/", page, HTML, **case.get("headers", {}))
    return f"{home}/", answers


def mastodon(case: dict[str, Any]) -> tuple[str, Answers]:
    home, answers = _site(case)
    host = home.removeprefix("https://")
    own = {"username": "tilda", "acct": "tilda", "id": "tilda", "url": f"{home}/@tilda", "uri": f"{home}/users/tilda"}
    account = sample("fediverse", "account") | own | case.get("set", {})
    link = {"rel": "self", "type": "application/activity+json", "href": account["uri"]}
    finger = {"subject": f"acct:tilda@{host}", "links": [link]}
    _put(answers, f"{home}/.well-known/webfinger?resource=acct:tilda@{host}", finger, "application/jrd+json")
    _put(answers, f"{home}/api/v1/accounts/lookup?acct=tilda", account)
    status = sample("fediverse", "statuses")[0] | {"account": account}
    _put(answers, f"{home}/api/v1/accounts/tilda/statuses?limit=40", [status])
    if rules := case.get("rules"):
        _put(answers, f"{home}/api/v2/instance", {"rules": [{"id": "1", "text": rules}]})
    return f"{home}/@tilda", answers


def actor(case: dict[str, Any]) -> tuple[str, Answers]:
    home, answers = _site(case)
    host, kind = home.removeprefix("https://"), "application/activity+json"

    def here(name: str) -> Any:
        return json.loads(json.dumps(sample("fediverse", name)).replace("clocks.example", host))

    found = here("actor_mastodon") | case.get("set", {})
    finger = {"subject": f"acct:wren@{host}", "links": [{"rel": "self", "type": kind, "href": found["id"]}]}
    _put(answers, f"{home}/.well-known/webfinger?resource=acct:wren@{host}", finger, "application/jrd+json")
    _put(answers, f"{home}/users/wren", found, kind)
    outbox = {"type": "OrderedCollection", "totalItems": 1, "first": f"{home}/users/wren/outbox?page=1"}
    _put(answers, f"{home}/users/wren/outbox", outbox, kind)
    _put(answers, f"{home}/users/wren/outbox?page=1", here("outbox"), kind)
    return f"{home}/@wren", answers


def bluesky(case: dict[str, Any]) -> tuple[str, Answers]:
    """The account alone; ``appview`` answers for all of them, as Bluesky does."""
    handle, did, answers = f"{case['name']}.test", did_of(case["name"]), Answers()

    def here(name: str) -> Any:
        text = json.dumps(sample("bluesky", name))
        return json.loads(text.replace("did:plc:abcdefghijklmnopqrstuvw2", did).replace("wren.test", handle))

    account = here("profile") | deepcopy(case.get("set", {}))
    account["labels"] = [{"src": did, "val": value} for value in case.get("labels", ())]
    view = "https://public.api.bsky.app/xrpc"
    _put(answers, f"{view}/app.bsky.actor.getProfile?actor={handle}", account)
    _put(answers, f"https://plc.directory/{did}", here("did_document") | {"alsoKnownAs": [f"at://{handle}"]})
    _put(answers, f"{view}/com.atproto.identity.resolveHandle?handle={handle}", {"did": did})
    wish = f"https://pds.example/xrpc/com.atproto.repo.getRecord?repo={did}&collection=org.user-intents.declaration&rkey=self"
    if intent := case.get("intent"):
        _put(answers, wish, {"value": intent})
    _put(answers, f"{view}/app.bsky.feed.getAuthorFeed?actor={did}&limit=100", {"feed": here("feed")["feed"]})
    return f"https://bsky.app/profile/{handle}", answers


def did_of(name: str) -> str:
    """An invented DID of the right form."""
    letters = "".join(c for c in name if c.isalpha())
    return f"did:plc:{(letters[::-1] + 'a' * 24)[:24]}"


WORLDS = {"blog": blog, "profile": profile, "mastodon": mastodon, "actor": actor, "bluesky": bluesky}
SPIDERS = {"blog": "blog", "profile": "profile", "mastodon": "fediverse", "actor": "fediverse", "bluesky": "bluesky"}
