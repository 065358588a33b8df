"""Who writes a blog: what its home, about and post pages say, as the fields of an Account."""

from __future__ import annotations

import re
from typing import Any

from crawler.platforms.blog import markup, microformats, structured
from crawler.platforms.blog.links import feeds_of
from crawler.platforms.blog.people import person_name
from crawler.platforms.blog.posts import main_text
from crawler.platforms.blog.reading import Reading
from crawler.platforms.blog.structured import Person
from crawler.platforms.blog.urls import fold, home_key, host_of, join

ABOUT_LENGTH = 2000
"""Characters of an about page that are kept."""
_HOMES = frozenset(("home", "homepage", "blog", "startseite", "accueil", "inicio", "start", "index"))
_PLACE = re.compile(r"^(?:location|standort|lieu|lugar|ubicación|luogo|ort)\s*:?\s*", re.IGNORECASE)


def account_of(reading: Reading, kind: str) -> dict[str, Any]:
    """The fields of storage.records.Account (without its ids) that a page yields; ``kind`` as in links.owner_links."""
    meta, person, own = reading.metas, owner_of(reading, kind), kind in ("home", "about")
    rolls = reading.tree.xpath("//link[@rel='blogroll']/@href")
    avatars = (
        e.get("data-src") or e.get("src") for e in markup.find(reading.tree, "avatar") if not markup.aside_comment(e)
    )
    place = person.place or markup.shown(reading.tree, "place")
    details = {
        "generator": next(iter(meta.get("generator", [])), None),
        "feeds": feeds_of(reading),
        "blogroll": [url for href in rolls if (url := join(reading.base, href))],
        "keywords": [w for k in meta.get("keywords", []) for w in re.split(r"\s*,\s*", k) if w]
        if kind == "home"
        else [],
        "about": (main_text(reading.body, None) or "")[:ABOUT_LENGTH] if kind == "about" else None,
    }
    return {
        "name": _name(reading, kind),
        "bio": _bio(reading, kind) or person.note,
        "owner": person.name,
        "avatar": person.photo or next((u for src in avatars if own and (u := join(reading.base, src))), None),
        "place": _PLACE.sub("", place) or None if place and len(place) < 80 else None,
        "declared_language": reading.language,
        "details": {name: value for name, value in details.items() if value},
    }


def _name(reading: Reading, kind: str) -> str | None:
    sites = reading.site_names
    if kind != "home":
        return next(iter(sites), None)
    feeds = [t for f in microformats.mf2_items(reading.mf2, "h-feed") for t in microformats.mf2_text(f, "name")]
    told = [
        *reading.metas.get("og:site_name", []),
        *reading.metas.get("og:title", []),
        *feeds,
        reading.head_title,
        *sites,
    ]
    title = next((t for t in told if t and fold(t) not in _HOMES), None)
    known = next((s for s in sites if title and fold(title).startswith(fold(s))), None)
    return known or (reading.trimmed(title, markup.headings(reading.tree)[:3]) or title if title else None)


def _bio(reading: Reading, kind: str) -> str | None:
    if kind != "home":
        return None
    metas = [
        v for name in ("description", "og:description", "twitter:description") for v in reading.metas.get(name, [])
    ]
    nodes = [structured.first(n.get("description")) for n in reading.nodes if structured.kinds(n) & structured.SITES]
    return next((t for t in (*metas, *nodes) if t), None) or markup.shown(reading.tree, "site_description")


def owner_of(reading: Reading, kind: str) -> Person:
    """The person behind the blog as declared: JSON-LD Person, the representative h-card, the home page's meta author.

    Representative: https://microformats.org/wiki/representative-h-card-parsing (own address, rel=me, or the only one).
    """
    base, own = reading.page.url, kind in ("home", "about", "contact")
    people = structured.json_ld_people(reading.nodes, base)
    cards = microformats.mf2_people(reading.mf2, base)
    me = {join(base, h) for h in reading.tree.xpath("//*[contains(concat(' ', @rel, ' '), ' me ')]/@href")}
    mine = [c for c in cards if me & set(c.urls) or any(home_key(u) == home_key(base) for u in c.urls)]
    found = people[:1] if own else []  # on a post it is the post's author, who need not own the blog
    found += mine or (cards if len(cards) == 1 and own else [])
    author = person_name(next(iter(reading.metas.get("author", [])), None)) if kind in ("home", "about") else None
    if author and fold(author) not in {fold(s) for s in reading.site_names}:
        found.append(Person(name=author))
    found = [p for p in found if not p.name or fold(p.name) != fold(host_of(base))]

    def fact(name: str) -> Any:
        return next((value for p in found if (value := getattr(p, name))), None)

    return Person(person_name(fact("name")), fact("note"), fact("photo"), fact("place"), fact("urls") or [])
