"""What a page says of itself in microformats (h-entry, h-card, h-feed), read by mf2py."""

from __future__ import annotations

import re
import warnings
from typing import Any

from crawler.platforms.blog.structured import Person, Said
from crawler.platforms.blog.text import squeeze
from crawler.platforms.blog.urls import join


def microformats(text: str, base: str) -> dict[str, Any]:
    """mf2 of a page that uses h-card, h-entry or h-feed; empty where it uses none or breaks the parser."""
    if not re.search(r"\b(?:h-(?:card|entry|feed)|vcard)\b", text):
        return {}
    import mf2py

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what looks like a file name or XML is still only text
            return dict(mf2py.parse(doc=text, url=base, html_parser="lxml"))
    except Exception:  # the parser's own errors on hostile markup, RecursionError among them
        return {}


def mf2_items(parsed: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The items of one type, nested ones too, in document order."""
    found: list[dict[str, Any]] = []
    queue = list(parsed.get("items", []))
    while queue and len(found) < 200:
        item = queue.pop(0)
        if isinstance(item, dict):
            if kind in item.get("type", []):
                found.append(item)
            queue = (
                [
                    v
                    for values in item.get("properties", {}).values()
                    for v in values
                    if isinstance(v, dict) and "type" in v
                ]
                + item.get("children", [])
                + queue
            )
    return found


def mf2_text(item: dict[str, Any], name: str) -> list[str]:
    """The plain values of a property; of embedded items their value."""
    values = item.get("properties", {}).get(name, [])
    plain = (
        v.get("properties", {}).get("name", [v.get("value")])[0]
        if isinstance(v, dict) and "type" in v
        else v.get("value")
        if isinstance(v, dict)
        else v
        for v in values
    )
    return [text for text in (squeeze(v) for v in plain) if text]


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
        published=next(iter(mf2_text(entry, "published")), None),
        updated=next(iter(mf2_text(entry, "updated")), None),
        summary=next(iter(mf2_text(entry, "summary")), None),
    )


def mf2_people(parsed: dict[str, Any], base: str) -> list[Person]:
    """The h-cards of a page that name somebody, those that stand alone (not inside an entry) first."""
    alone = [item for item in parsed.get("items", []) if "h-card" in item.get("type", [])]
    cards = alone or mf2_items(parsed, "h-card")
    people = []
    for card in cards[:20]:
        where = (
            [t for n in ("locality", "region", "country-name") for t in mf2_text(card, n)]
            or mf2_text(card, "adr")
            or mf2_text(card, "label")
        )
        urls = [join(base, u) for u in mf2_text(card, "url")]
        photo = join(base, next(iter(mf2_text(card, "photo")), None))
        people.append(
            Person(
                next(iter(mf2_text(card, "name")), None),
                next(iter(mf2_text(card, "note")), None),
                photo,
                ", ".join(where) or None,
                [u for u in urls if u],
            )
        )
    return [p for p in people if p.name or p.urls]
