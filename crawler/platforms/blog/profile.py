"""Who writes a blog: what its home, about and post pages say, as the fields of an Account."""

from __future__ import annotations

import re
from typing import Any

from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.links import base_of, feeds_of
from crawler.platforms.blog.posts import Reading, main_text, trim_title
from crawler.platforms.blog.structured import Person
from crawler.platforms.blog.text import text_of
from crawler.platforms.blog.urls import fold, host_of, join, same_site

ABOUT_LENGTH = 2000
"""Characters of an about page that are kept."""


def account_of(reading: Reading, kind: str) -> dict[str, Any]:
    """The fields of storage.records.Account (without its ids) that one page yields; ``kind`` as in links.owner_links."""
    page, meta = reading.page, reading.metas
    person = owner_of(reading, kind)
    about = main_text(page, markup.body_of(reading.tree), None) if kind == "about" else None
    details = {
        "generator": next(iter(meta.get("generator", [])), None),
        "feeds": feeds_of(reading),
        "blogroll": [
            u
            for e in reading.tree.xpath("//link[@rel='blogroll'][@href]")
            if (u := join(base_of(reading), e.get("href")))
        ],
        "keywords": [w for k in meta.get("keywords", []) for w in re.split(r"\s*,\s*", k) if w]
        if kind == "home"
        else [],
        "about": about[:ABOUT_LENGTH] if about else None,
    }
    return {
        "name": _name(reading, kind),
        "bio": _bio(reading, kind, person),
        "owner": person.name,
        "avatar": person.photo or _avatar(reading, kind),
        "place": person.place or _place(reading),
        "declared_language": reading.language,
        "details": {name: value for name, value in details.items() if value},
    }


def _name(reading: Reading, kind: str) -> str | None:
    sites = reading.site_names
    if kind != "home":
        return next(iter(sites), None)
    told = [
        *reading.metas.get("og:site_name", []),
        *reading.metas.get("og:title", []),
        *(
            reading.mf2
            and [t for f in structured.mf2_items(reading.mf2, "h-feed") for t in structured.mf2_text(f, "name")]
            or []
        ),
        *([reading.head_title] if reading.head_title else []),
        *sites,
    ]
    title = next(
        (t for t in told if t and fold(t) not in ("home", "homepage", "blog", "startseite", "accueil", "inicio")), None
    )
    known = next((s for s in sites if title and fold(title).startswith(fold(s))), None)
    return known or (
        trim_title(title, markup.headings(reading.tree)[:3], [], host_of(reading.page.url)) if title else None
    )


def _bio(reading: Reading, kind: str, person: Person) -> str | None:
    if kind != "home":
        return person.note
    meta = next(
        (reading.metas[n][0] for n in ("description", "og:description", "twitter:description") if reading.metas.get(n)),
        None,
    )
    nodes = (structured.first(n.get("description")) for n in reading.nodes if structured.kinds(n) & structured.SITES)
    shown = reading.tree.xpath(
        "//*[contains(concat(' ', normalize-space(@class), ' '), ' site-description ') or contains(concat(' ', normalize-space(@class), ' '), ' wp-block-site-tagline ') or @id='site-description' or @id='tagline']"
    )
    return (
        meta
        or next((t for t in nodes if t), None)
        or next((t for e in shown if (t := text_of(e))), None)
        or person.note
    )


def owner_of(reading: Reading, kind: str) -> Person:
    """The person behind the blog as declared: JSON-LD Person, the representative h-card, the home page's meta author."""
    base = reading.page.url
    people = structured.json_ld_people(reading.nodes, base)
    cards = structured.mf2_people(reading.mf2, base) if reading.mf2 else []
    me = {
        u
        for e in reading.tree.xpath("//*[@rel and @href]")
        if "me" in e.get("rel").lower().split() and (u := join(base, e.get("href")))
    }
    home = [
        c
        for c in cards
        if any(same_site(u, base) and u.rstrip("/") == base.rstrip("/") for u in c.urls) or me & set(c.urls)
    ]
    found: list[Person] = []
    if kind in ("home", "about", "contact") or len(people) == 1:
        found += people[:1]
    found += home or (cards if len(cards) == 1 and kind in ("home", "about", "contact") else [])
    author = (
        markup.person_name(next(iter(reading.metas.get("author", [])), None)) if kind in ("home", "about") else None
    )
    names = {fold(s) for s in reading.site_names}
    if author and fold(author) not in names:
        found.append(Person(name=author))
    found = [p for p in found if not p.name or fold(p.name) != fold(host_of(base))]

    def of(fact: str) -> Any:
        return next((value for p in found if (value := getattr(p, fact))), None)

    return Person(markup.person_name(of("name")), of("note"), of("photo"), of("place"), of("urls") or [])


def _avatar(reading: Reading, kind: str) -> str | None:
    """The picture in an author box (on a post page the author's, so only from home and about)."""
    if kind not in ("home", "about"):
        return None
    shown = reading.tree.xpath(
        "//img[contains(concat(' ', normalize-space(@class), ' '), ' avatar ') or contains(concat(' ', normalize-space(@class), ' '), ' profile-img ') or contains(concat(' ', normalize-space(@class), ' '), ' u-photo ') or contains(concat(' ', normalize-space(@class), ' '), ' author-avatar ') or contains(concat(' ', normalize-space(@class), ' '), ' author__avatar ')]"
    )
    near = (e for e in shown if not markup.aside_comment(e))
    return next((u for e in near if (u := join(base_of(reading), e.get("data-src") or e.get("src")))), None)


def _place(reading: Reading) -> str | None:
    shown = reading.tree.xpath(
        "//*[contains(concat(' ', normalize-space(@class), ' '), ' profile-location ') or contains(concat(' ', normalize-space(@class), ' '), ' p-locality ') or contains(concat(' ', normalize-space(@class), ' '), ' author__location ') or @itemprop='homeLocation' or @itemprop='addressLocality']"
    )
    text = next((t for e in shown if (t := text_of(e)) and len(t) < 80), None)
    return (
        re.sub(r"^(?:location|standort|lieu|lugar|ubicación|luogo)\s*:?\s*", "", text, flags=re.IGNORECASE)
        if text
        else None
    )
