"""What a page says of its owner to machines, each as one plain voice: JSON-LD, h-card, meta tags, a hub's own data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crawler.marked import microformats, script_json
from crawler.page import Page
from crawler.social import dig, items, line, lines, moment, whole

_PEOPLE = frozenset(["Person", "Organization", "MusicGroup", "ProfilePage", "OnlineBusiness"])
_COUNTED = {"followaction": "followers", "likeaction": "likes", "writeaction": "posts", "subscribeaction": "followers"}
_NAMED = {"friends": "following", "following": "following", "tweets": "posts"}
_NAMED |= {"follows": "followers", "followers": "followers"}
_WRAPPED = re.compile(
    r"(?:(?:Support|Buy)\s+)?(?P<name>.{1,200}?)(?:['’]s Beacons| on (?:about\.me|Ko-fi|Beacons|Linktree)"
    r"| a Coffee\b.*)",
    re.I | re.S,
)
_LISTS = frozenset(["links", "socialLinks", "social_links", "socials", "buttons", "blocks"])


@dataclass(slots=True)
class Voice:
    """One way in which a page tells of its owner; absent is None or empty."""

    name: str | None = None
    bio: str | None = None
    avatar: str | None = None
    place: str | None = None
    url: str | None = None
    handle: str | None = None
    native_id: str | None = None
    created_at: datetime | None = None
    urls: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    of_person: bool = True
    """False where it tells of an organisation (a blog, a band) and so names no owner."""


def first_of(voices: list[Voice], name: str) -> Any:
    """The first voice's word on a field."""
    return next((value for voice in voices if (value := getattr(voice, name))), None)


def metas(tree: Any) -> dict[str, str]:
    """Meta tags by name or property in lower case, the first of each."""
    found: dict[str, str] = {}
    for tag in tree.xpath("//meta[@content]")[:300]:
        name = (tag.get("property") or tag.get("name") or "").lower()
        if name and tag.get("content").strip():
            found.setdefault(name, tag.get("content"))
    return found


def robots(page: Page) -> set[str]:
    """The words for all robots in meta tags and X-Robots-Tag."""
    told = [
        t.get("content") or ""
        for t in page.tree.xpath("//meta[@name]")
        if t.get("name").lower() in ("robots", "grapevine")
    ]
    return set(re.findall(r"[a-z]+", ",".join([*told, page.headers.get("x-robots-tag", "")]).lower()))


def json_ld(tree: Any, unparsed: list[str]) -> Voice | None:
    """The person or organisation that the page is about, in JSON-LD (schema.org ProfilePage, Person, MusicGroup)."""
    some = [one for data in script_json(tree, "contains(@type, 'ld+json')", unparsed) for one in items(data)]
    nodes = [node for one in some for node in items(one.get("@graph")) or [one]]
    pages = [node for node in nodes if "ProfilePage" in _types(node)]
    about = [(items(node.get("mainEntity")) or items(node.get("about")) or [node], node) for node in pages]
    people = [(one, node) for some, node in about for one in some] or [(n, n) for n in nodes if _types(n) & _PEOPLE]
    people += [(n, n) for n in nodes if not people and "WebSite" in _types(n) for n in items(n.get("author"))]
    return _voice(*people[0]) if people else None


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type")
    return {str(kind).rpartition("/")[2] for kind in (kinds if isinstance(kinds, list) else [kinds])}


def _strings(value: Any) -> list[str]:
    some = (value if isinstance(value, list) else [value])[:100]
    return [one.strip() for one in some if isinstance(one, str) and one.strip()]


def _voice(node: dict[str, Any], page: dict[str, Any]) -> Voice:
    image, home = node.get("image"), node.get("homeLocation") or node.get("address")
    same = [url if "://" in url else f"https://{url}" for url in _strings(node.get("sameAs")) if "." in url]
    image = dig(image, 0) if isinstance(image, list) else image
    identifier = node.get("identifier")
    return Voice(
        name=line(node.get("name")),
        bio=lines(node.get("description")),
        avatar=next(iter(_strings(image)), None) or line(dig(image, "contentUrl") or dig(image, "url")),
        place=line(home) or line(dig(home, "name")) or line(dig(home, "addressLocality")),
        url=next(iter(_strings(node.get("url"))), None),
        handle=line(node.get("alternateName")) or line(node.get("additionalName")),
        native_id=identifier if isinstance(identifier, str) and identifier.isdigit() else None,
        created_at=moment(page.get("dateCreated")),
        urls=same,
        counts=dict(_counts(node)),
        of_person="Person" in (kinds := _types(node)) or not kinds & _PEOPLE,
    )


def _counts(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for whose in ("agentInteractionStatistic", "interactionStatistic"):
        for one in items(node.get(whose)):
            kind = one.get("interactionType")
            kind = kind.get("@type") or kind.get("@id") if isinstance(kind, dict) else kind
            action = str(kind).rstrip("/").rpartition("/")[2].lower()
            metric = _NAMED.get((line(one.get("name")) or "").lower()) or _COUNTED.get(action)
            if whose.startswith("agent") and action == "followaction":
                metric = "following"
            value = whole(one.get("userInteractionCount"))
            if metric and value is not None:
                yield metric, value


def h_card(page: Page) -> Voice | None:
    """The page's representative h-card (microformats.org/wiki/representative-h-card-parsing), or its only one."""
    if not re.search(r"\b(?:h-card|vcard)\b", page.text):
        return None
    parsed = microformats(page.text, page.url)
    cards = [one for one in items(parsed.get("items")) if "h-card" in one.get("type", [])]
    here, me = page.url.rstrip("/"), {str(u).rstrip("/") for u in dig(parsed, "rels", "me") or []}
    mine = [card for card in cards if here in _urls(card, "url") and (here in _urls(card, "uid") or len(cards) == 1)]
    mine = mine or [card for card in cards if _urls(card, "url") & me] or [c for c in cards if here in _urls(c, "url")]
    card = next(iter(mine or (cards if len(cards) == 1 else [])), None)
    if card is None:
        return None
    place = [text for name in ("locality", "region", "country-name") if (text := _property(card, name))]
    return Voice(
        name=_property(card, "name"),
        bio=_property(card, "note"),
        avatar=_property(card, "photo"),
        place=", ".join(place) or _property(card, "adr"),
        urls=[url for url in dig(card, "properties", "url") or [] if isinstance(url, str) and url.startswith("http")],
    )


def _urls(card: dict[str, Any], name: str) -> set[str]:
    return {str(url).rstrip("/") for url in dig(card, "properties", name) or []}


def _property(card: dict[str, Any], name: str) -> str | None:
    value = dig(card, "properties", name, 0)
    return line(value.get("value") if isinstance(value, dict) else value)


def bare_name(title: str | None) -> str | None:
    """The owner's name in a hub's title such as "Ann's Beacons" or "Support Ann on Ko-fi"."""
    found = _WRAPPED.fullmatch(title or "")
    return found["name"] if found else title


def next_data(tree: Any) -> tuple[Voice | None, list[tuple[str, str | None]]]:
    """The owner and the links (address, text) in a hub's __NEXT_DATA__; nothing where there is none."""
    data = next(iter(script_json(tree, "@id='__NEXT_DATA__'")), None)
    props = dig(data, "props", "pageProps")
    owner = dig(props, "account") or dig(props, "profile") or dig(props, "user")
    said = Voice(
        name=line(dig(owner, "pageTitle")) or line(dig(owner, "displayName")) or line(dig(owner, "name")),
        bio=lines(dig(owner, "description")) or lines(dig(owner, "bio")),
        avatar=line(dig(owner, "profilePictureUrl")) or line(dig(owner, "avatar")),
    )
    return (said if data is not None else None), list(dict.fromkeys(_links(props)))


def _links(props: Any) -> Iterator[tuple[str, str | None]]:
    """Switched-off links are nobody's any more; so deep and no deeper lie the lists of every hub on record."""
    waiting, depth = [props], 0
    while waiting and depth < 5:
        inner: list[Any] = []
        for node in waiting:
            for name, value in node.items() if isinstance(node, dict) else ():
                if name in _LISTS:
                    for one in items(value):
                        url = one.get("url") or one.get("href")
                        hidden = one.get("isActive") is False or one.get("hidden") is True
                        if isinstance(url, str) and url.startswith(("http://", "https://")) and not hidden:
                            yield url, line(one.get("title")) or line(one.get("label"))
                elif isinstance(value, dict):
                    inner.append(value)
        waiting, depth = inner, depth + 1
