"""Pages of networks that nobody fetches here, as their owners or researchers saved them: enough for an import."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from crawler.counts import parse_count
from crawler.marked import script_json
from crawler.platforms.profile.voices import Voice, bare_name
from crawler.social import Shelf, addresses, dig, line, lines
from storage.addresses import Address, unwrap

_TITLE = re.compile(r"(.{1,200}?)\s*\(@([\w.]{1,60})\)(?:\s.*)?", re.S)
_BOILERPLATE = re.compile(r"Listen to .{1,200} on Spotify|Artist · |.{1,80} followers, .{1,80} following,? ", re.I)
_COUNT = re.compile(r"([\d.,  ]+\s?[KMB]?)\s+(followers|subscribers|members|monthly listeners)\b", re.I)


def read_closed(shelf: Shelf, named: Address, said: Voice | None, meta: dict[str, str]) -> None:
    """One account of a network: its own JSON, then JSON-LD, then OpenGraph, then what is shown."""
    tree, said = shelf.page.tree, said or Voice()
    own = _tiktok(tree) if named.platform == "tiktok" else {}
    user = own.get("user") if isinstance(own.get("user"), dict) else {}
    title = _TITLE.fullmatch(line(meta.get("og:title")) or "")
    handle = line(dig(user, "uniqueId")) or said.handle or (title[2] if title else None)
    handle = (handle if handle and " " not in handle else None) or (named.value if named.kind == "handle" else None)
    native = line(dig(user, "id")) or said.native_id or named.value
    verified = dig(user, "verified")
    account = shelf.account(
        native,
        named.url,
        handle=handle.lstrip("@") if handle else None,
        aliases=[named.url],
        name=line(dig(user, "nickname")) or said.name or (line(title[1]) if title else _title(shelf, meta)),
        bio=lines(dig(user, "signature")) or _bio(shelf, named, said, meta),
        avatar=line(dig(user, "avatarLarger")) or said.avatar or meta.get("og:image"),
        place=said.place or _by_testid(shelf, "UserLocation"),
        created_at=said.created_at or _epoch(dig(user, "createTime")),
        details={
            "verified": verified if isinstance(verified, bool) else None,
            "region": line(dig(user, "region")),
            "is_org": _is_org(shelf, user),
        },
    )
    _count(shelf, native, own, said, meta)
    for url in said.urls:
        shelf.link(native, url, "same_as")
    for url in tree.xpath("//a[contains(concat(' ', @rel, ' '), ' me ')]/@href")[:20]:
        shelf.link(native, unwrap(urljoin(shelf.page.url, str(url).strip())), "me")
    shown = _by_testid(shelf, "UserUrl")
    for text in (dig(user, "bioLink", "link"), None if "…" in (shown or "") else shown):
        if isinstance(text, str) and text:
            shelf.link(native, unwrap(text if "://" in text else f"https://{text}"), "profile")
    for url in addresses(account.bio):
        shelf.link(native, url, "bio")
    for a in tree.xpath("//*[contains(@class, 'tgme_page_description')]//a[@href]"):
        shelf.link(native, urljoin(shelf.page.url, a.get("href")), "bio")
    for a in tree.xpath("//a[contains(@class, 'user-contact-info') or contains(@class, 'profile-social')][@href]")[:20]:
        shelf.link(native, unwrap(urljoin(shelf.page.url, a.get("href"))), "profile")  # Dribbble


def _bio(shelf: Shelf, named: Address, said: Voice, meta: dict[str, str]) -> str | None:
    """What the owner wrote, without the sentences that networks put around it."""
    if named.platform == "telegram":
        return _shown(shelf, "tgme_page_description")
    text = said.bio or lines(meta.get("og:description")) or lines(meta.get("description"))
    if text is None or _BOILERPLATE.match(text):
        return None
    parts = text.split(" | ")
    return " | ".join(parts[1:-1]) or None if len(parts) > 2 and parts[-1].startswith("Connect with") else text


def _is_org(shelf: Shelf, user: Any) -> bool | None:
    team = bool(shelf.page.tree.xpath("//*[contains(@class, 'profile-masthead') and contains(@class, 'is-team')]"))
    return True if team or dig(user, "isOrganization") == 1 else None


def _count(shelf: Shelf, native: str, own: dict[str, Any], said: Voice, meta: dict[str, str]) -> None:
    tree = shelf.page.tree
    stats = own.get("statsV2") or own.get("stats")
    keys = {"followers": "followerCount", "following": "followingCount", "likes": "heartCount", "posts": "videoCount"}
    exact = {metric: dig(stats, key) for metric, key in keys.items()} if stats else said.counts
    shelf.observe_all(native, exact)
    small = (str(text) for text in tree.xpath("//body//text()[contains(., 'ollowers')][string-length(.) < 60]")[:20])
    texts = [_shown(shelf, "tgme_page_extra"), *small, *(meta.get(name) for name in ("og:description", "description"))]
    match = next((found for text in texts if text and (found := _COUNT.search(text))), None)
    if match and "followers" not in exact:
        metric = "monthly_listeners" if "listeners" in match[2].lower() else "followers"
        if count := parse_count(match[1], "en"):
            shelf.observe(native, metric, count.value, low=count.low, high=count.high, text=match[0].strip())
        else:
            shelf.found.unparsed.append(metric)


def _tiktok(tree: Any) -> dict[str, Any]:
    data = next(iter(script_json(tree, "@id='__UNIVERSAL_DATA_FOR_REHYDRATION__'")), None)
    found = dig(data, "__DEFAULT_SCOPE__", "webapp.user-detail", "userInfo")
    return found if isinstance(found, dict) else {}


def _epoch(seconds: Any) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) and 0 < seconds < 1 << 33 else None


def _title(shelf: Shelf, meta: dict[str, str]) -> str | None:
    """The name shown; titles carry more words, so that markup which says what is the name goes first."""
    marked = shelf.page.tree.xpath(
        "//body//*[@itemprop='name'][not(ancestor::*[@itemprop='owns' or @itemprop='author'])]"
    )
    return (
        _shown(shelf, "tgme_page_title")
        or next((text for node in marked[:1] if (text := line(node.text_content()))), None)
        or bare_name(line(meta.get("og:title")))
    )


def _shown(shelf: Shelf, name: str) -> str | None:
    """The text of the first element of a class."""
    for node in shelf.page.tree.xpath(f"//*[contains(concat(' ', @class, ' '), ' {name} ')]")[:1]:
        text = "\n".join(node.itertext())
        return lines(re.sub(r"\s*\n\s*", " ", text) if name.endswith("extra") else text)
    return None


def _by_testid(shelf: Shelf, name: str) -> str | None:
    return next((line(node.text_content()) for node in shelf.page.tree.xpath(f"//*[@data-testid='{name}']")[:1]), None)
