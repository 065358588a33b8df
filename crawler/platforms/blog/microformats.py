"""What a page says of itself in microformats (h-entry, h-card, h-feed), as crawler/marked.py read it."""

from __future__ import annotations

from typing import Any

from crawler.platforms.blog.structured import Person, Said
from crawler.platforms.blog.text import squeeze
from crawler.platforms.blog.urls import join


def mf2_items(parsed: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The items of one type, nested ones too, in document order."""
    found: list[dict[str, Any]] = []
    queue = list(parsed.get("items", []))
    while queue and len(found) < 200:
        item = queue.pop(0)
        if isinstance(item, dict):
            if kind in item.get("type", []):
                found.append(item)
            values = [value for some in item.get("properties", {}).values() for value in some]
            queue[:0] = [v for v in values if isinstance(v, dict) and "type" in v] + item.get("children", [])
    return found


def mf2_text(item: dict[str, Any], name: str) -> list[str]:
    """The plain values of a property; of embedded items their value."""
    plain = (_value(v) if isinstance(v, dict) else v for v in item.get("properties", {}).get(name, []))
    return [text for text in map(squeeze, plain) if text]


def _value(item: dict[str, Any]) -> Any:
    told = item.get("value")
    return item.get("properties", {}).get("name", [told])[0] if "type" in item else told


def _first(item: dict[str, Any], name: str) -> str | None:
    return next(iter(mf2_text(item, name)), None)


def mf2_entry(parsed: dict[str, Any]) -> Said | None:
    """The page's h-entry, if there is exactly one."""
    entries = mf2_items(parsed, "h-entry")
    if len(entries) != 1:
        return None
    entry = entries[0]
    name = mf2_text(entry, "name")
    content = mf2_text(entry, "content")
    implied = name and content and (name[0] == content[0] or len(name[0]) > 300)
    return Said(
        title=None if implied or not name else name[0],
        authors=mf2_text(entry, "author"),
        published=_first(entry, "published"),
        updated=_first(entry, "updated"),
        summary=_first(entry, "summary"),
    )


def mf2_people(parsed: dict[str, Any], base: str) -> list[Person]:
    """The h-cards of a page that name somebody, those that stand alone (not inside an entry) first."""
    alone = [item for item in parsed.get("items", []) if "h-card" in item.get("type", [])]
    cards = alone or mf2_items(parsed, "h-card")
    people = []
    for card in cards[:20]:
        where = [t for n in ("locality", "region", "country-name") for t in mf2_text(card, n)]
        place = ", ".join(where or mf2_text(card, "adr") or mf2_text(card, "label")) or None
        urls = [url for u in mf2_text(card, "url") if (url := join(base, u))]
        photo = join(base, _first(card, "photo"))
        people.append(Person(_first(card, "name"), _first(card, "note"), photo, place, urls))
    return [p for p in people if p.name or p.urls]
