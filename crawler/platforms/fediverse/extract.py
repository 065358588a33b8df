"""A fediverse response as records: Mastodon's API (accounts, statuses, instance) and ActivityPub (actors, outboxes)."""

from __future__ import annotations

import re
from typing import Any

from crawler.page import Page
from crawler.platforms.fediverse.activitypub import ACTORS, COLLECTIONS, read_actor, read_links, read_outbox
from crawler.platforms.fediverse.rules import refused_account, shows_posts
from crawler.social import Shelf, anchors, dig, host_of, items, line, load, moment, plain, whole
from storage.addresses import identify
from storage.records import Extract

__all__ = ["EXTRACTOR", "extract"]

EXTRACTOR = "fediverse/1"
FLAGS = ("noindex", "discoverable", "indexable", "locked", "bot", "group", "limited", "hide_collections")
_PLACE = re.compile(
    r"(?:my )?(?:location|place|based in|city|country|ort|standort|wohnort|lieu|ville|ubicaci[oó]n|lugar|cidade|luogo"
    r"|plaats|miejsce|место|город|所在地|場所|居住地)\W*",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:partner|wife|husband|spouse|boyfriend|girlfriend|friends?|avatar|pfp|icon|banner|header|art by|credits?"
    r"|employer|work(?:s|ing)? (?:at|for)|company|admin|moderator|co-?host)\b",
    re.I,
)


def extract(page: Page) -> Extract:
    """Everything that one response tells of an account; of several accounts one extract each in ``more``.

    ``refused`` names why nothing may be kept (see rules.py); of an account that is not indexable there are no posts.
    A status gives its author's account too. WebFinger answers and errors give nothing: see ``actor_address``.
    """
    data = load(page)
    if data is None:
        return Extract(unparsed=["page"] if page.body.strip() and page.status == 200 else [])
    shelf = Shelf(page, "fediverse", EXTRACTOR)
    if isinstance(data, list):
        return _read_list(page, items(data))
    if not isinstance(data, dict):
        return Extract()
    kind = data.get("type")
    if _is_account(data):
        _read_account(shelf, data)
    elif _is_account(data.get("account")):
        _read_statuses(shelf, [data]) if "content" in data else _read_account(shelf, data["account"])
    elif _is_account(dig(data, "contact", "account")):
        _read_account(shelf, data["contact"]["account"])
    elif isinstance(data.get("inbox"), str) or kind in ACTORS:
        read_actor(shelf, data)
    elif kind in COLLECTIONS:
        read_outbox(shelf, data)
    return shelf.found


def _is_account(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("acct"), str) and isinstance(data.get("username"), str)


def _read_list(page: Page, some: list[dict[str, Any]]) -> Extract:
    """A list of statuses of one or many authors, of accounts, or of suggestions that hold accounts."""
    people: dict[str, list[dict[str, Any]]] = {}
    for one in some:
        who = one if _is_account(one) else one.get("account")
        if isinstance(who, dict) and _is_account(who):
            people.setdefault(who["acct"], []).append(one)
    found = Extract()
    for group in people.values():
        shelf = Shelf(page, "fediverse", EXTRACTOR)
        statuses = [one for one in group if "content" in one]
        if statuses:
            _read_statuses(shelf, statuses)
        else:
            _read_account(shelf, group[0] if _is_account(group[0]) else group[0]["account"])
        found.more.append(shelf.found)
    return found.more[0] if len(found.more) == 1 else found


def handle_of(data: dict[str, Any]) -> str:
    """user@host of an account of the API; a server's own accounts have no host there."""
    acct = str(data["acct"]).lstrip("@")
    home = data.get("uri") if str(data.get("uri")).startswith("http") else data.get("url")
    return acct if "@" in acct else f"{acct}@{host_of(home)}"


def _read_account(shelf: Shelf, data: dict[str, Any]) -> str:
    handle = handle_of(data)
    url = next((u for u in (data.get("url"), data.get("uri")) if isinstance(u, str) and u.startswith("http")), None)
    if url is None:
        shelf.found.unparsed.append("url")
        url = "https://{1}/@{0}".format(*handle.rpartition("@")[::2])
    native = data["uri"] if isinstance(data.get("uri"), str) and data["uri"] else url
    shelf.found.refused = refused_account(data)
    moved = data.get("moved") if _is_account(data.get("moved")) else None
    avatar = data.get("avatar_static") or data.get("avatar")
    host = host_of(url)
    shelf.account(
        native,
        url,
        handle=handle,
        aliases=list(dict.fromkeys((url, native))),
        name=line(data.get("display_name")),
        bio=plain(data.get("note")),
        avatar=avatar if isinstance(avatar, str) and "/missing" not in avatar else None,
        created_at=moment(data.get("created_at")),
        status="suspended" if data.get("suspended") else "moved" if moved else "active",
        details={
            **{name: data.get(name) for name in FLAGS},
            "last_status": data.get("last_status_at"),
            "local_id": str(data["id"]) if data.get("id") and "@" not in data["acct"] else None,
            "moved_to": line(moved.get("url")) if moved else None,
            "host_of_url": host if host != handle.rpartition("@")[2] else None,
        },
    )
    counts = {"followers": "followers_count", "following": "following_count", "posts": "statuses_count"}
    shelf.observe_all(native, {metric: data.get(key) for metric, key in counts.items()})
    if moved and isinstance(moved.get("url"), str):
        shelf.link(native, moved["url"], "same_as")
    _read_fields(shelf, native, items(data.get("fields")))
    read_links(shelf, native, data.get("note"), "bio")
    return native


def _read_fields(shelf: Shelf, native: str, fields: list[dict[str, Any]]) -> None:
    """The table of a profile: links that the server checked back are verified; a place is what is named so."""
    account = shelf.found.account
    for one in fields:
        label, markup = line(one.get("name")) or "", one.get("value")
        found = anchors(markup)
        if not found and account and not account.place and _PLACE.fullmatch(label):
            account.place = plain(markup)
        written = plain(markup) or ""
        if not found and identify(written) and "/" in written and not _OTHERS.search(label):
            shelf.link(native, written if "://" in written else f"https://{written}", "profile", label)
        for anchor in found:
            tag = "hashtag" in anchor.words
            kind = "verified" if one.get("verified_at") else "mention" if _OTHERS.search(label) or tag else "profile"
            if not tag:
                shelf.link(native, anchor.url, kind, label or anchor.text)


def _read_statuses(shelf: Shelf, statuses: list[dict[str, Any]]) -> None:
    """Posts of one author; of a boost only whose it was, what is not fully public is left out."""
    native = _read_account(shelf, statuses[0]["account"])
    for one in statuses:
        public = one.get("visibility", "public") == "public" and shows_posts(one["account"], api=True)
        if shelf.found.refused or not public:
            continue
        if one.get("reblog"):
            _read_boost(shelf, native, dig(one, "reblog", "account"))
        else:
            _read_status(shelf, native, one)


def _read_boost(shelf: Shelf, native: str, author: Any) -> None:
    """Whom an account passes on, if that account lets itself be found; nothing else of the boost is kept."""
    if _is_account(author) and isinstance(author.get("url"), str) and refused_account(author) is None:
        shelf.link(native, author["url"], "boost")


def _read_status(shelf: Shelf, native: str, one: dict[str, Any]) -> None:
    url = next((u for u in (one.get("url"), one.get("uri")) if isinstance(u, str) and u), None)
    if url is None:
        shelf.found.unparsed.append("post.url")
        return
    media = items(one.get("media_attachments"))
    post = shelf.post(
        native,
        str(one.get("uri") or url),
        url,
        published_at=moment(one.get("created_at")),
        updated_at=moment(one.get("edited_at")),
        declared_language=line(one.get("language")),
        text=plain(one.get("content")),
        summary=plain(one.get("spoiler_text")),
        tags=[tag for t in items(one.get("tags")) if (tag := line(t.get("name")))],
        comments=whole(one.get("replies_count")),
        images=sum(m.get("type") == "image" for m in media),
        details={
            "local_id": str(one.get("id") or "") or None,
            "reply": True if one.get("in_reply_to_id") else None,
            "sensitive": True if one.get("sensitive") else None,
        },
    )
    counts = {"replies": "replies_count", "boosts": "reblogs_count", "likes": "favourites_count"}
    counts["quotes"] = "quotes_count"
    shelf.observe_all(native, {metric: one.get(key) for metric, key in counts.items()}, post.native_id)
    read_links(shelf, native, one.get("content"), "body", post.native_id)


def actor_address(page: Page) -> tuple[str | None, str | None]:
    """Of a WebFinger answer (RFC 7033): the actor's address and the account's handle user@host."""
    data = load(page)
    links = (one for one in items(dig(data, "links")) if one.get("rel") == "self" and "json" in str(one.get("type")))
    subject = dig(data, "subject")
    handle = subject.removeprefix("acct:") if isinstance(subject, str) and "@" in subject else None
    return next((u for one in links if isinstance(u := one.get("href"), str) and u.startswith("http")), None), handle
