"""What a page says of itself to machines: JSON-LD, meta tags, microdata and microformats, each as one plain voice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crawler.marked import script_json
from crawler.platforms.blog.text import squeeze, strip_tags, text_of
from crawler.platforms.blog.urls import join, table
from crawler.social import whole

_ARTICLES = """article blogposting newsarticle socialmediaposting techarticle scholarlyarticle report recipe review
howto liveblogposting opinionnewsarticle analysisnewsarticle reportagenewsarticle medicalscholarlyarticle"""
ARTICLES = frozenset(_ARTICLES.split())
PEOPLE = frozenset(("person", "profilepage"))
SITES = frozenset(("website", "blog"))
BODIES = frozenset(("organization", "newsmediaorganization", "corporation", "localbusiness"))


@dataclass(slots=True)
class Said:
    """What one way of marking up says of a page; absent is None or empty."""

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    published: str | None = None
    updated: str | None = None
    summary: str | None = None
    language: str | None = None
    tags: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    comments: int | None = None


@dataclass(slots=True)
class Person:
    """A person that the page declares."""

    name: str | None = None
    note: str | None = None
    photo: str | None = None
    place: str | None = None
    urls: list[str] = field(default_factory=list)


def many(value: Any) -> list[Any]:
    """A JSON-LD value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def texts(value: Any) -> list[str]:
    """The texts of a JSON-LD value, each a line; of nodes their names."""
    found = (
        strip_tags(v.get("name") or v.get("@value")) if isinstance(v, dict) else strip_tags(v)
        for v in many(value)[:100]
    )
    return [text for text in found if text]


def first(value: Any) -> str | None:
    return next(iter(texts(value)), None)


def json_ld(tree: Any, unparsed: list[str]) -> list[dict[str, Any]]:
    """Every node of every JSON-LD block of a page, references inside one page resolved; broken blocks are named."""
    nodes: list[dict[str, Any]] = []
    broken: list[str] = []
    for data in script_json(tree, "contains(@type, 'ld+json')", broken):
        nodes += _nodes(data)
    unparsed += [f"{word}: a block is not valid JSON" for word in broken]
    known = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    for node in nodes:
        for name in ("author", "creator", "mainEntity", "publisher", "about", "image"):
            if resolved := [_resolved(value, known) for value in many(node.get(name))]:
                node[name] = resolved
    return nodes


def _resolved(value: Any, known: dict[str, Any]) -> Any:
    """What a reference such as {"@id": ...} means on its page; anything else as it is."""
    refers = isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("@id"), str)
    return known.get(value["@id"], value) if refers else value


def _nodes(data: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    queue = [data]
    while queue and len(found) < 500:
        item = queue.pop(0)
        if isinstance(item, list):
            queue += item
        elif isinstance(item, dict):
            found.append(item)
            queue += [
                item[key]
                for key in ("@graph", "mainEntity", "author", "blogPost", "isPartOf", "publisher", "mainEntityOfPage")
                if isinstance(item.get(key), (dict, list))
            ]
    return found


def kinds(node: dict[str, Any]) -> set[str]:
    return {str(kind).rsplit("/", 1)[-1].lower() for kind in many(node.get("@type"))}


def json_ld_article(nodes: list[dict[str, Any]]) -> Said | None:
    """The page's article, if it declares exactly one main one (a list of posts has several)."""
    found = [n for n in nodes if kinds(n) & ARTICLES and any(map(n.get, ("headline", "name", "datePublished")))]
    names = {first(node.get("headline") or node.get("name")) for node in found if "review" not in kinds(node)}
    if not found or len(names) > 3:
        return None
    best = max(found, key=_weight)
    return Said(
        title=first(best.get("headline")) or first(best.get("name")),
        authors=texts(best.get("author") or best.get("creator")),
        published=first(best.get("datePublished") or best.get("dateCreated")),
        updated=first(best.get("dateModified")),
        summary=first(best.get("description")),
        language=first(best.get("inLanguage")),
        tags=[word for text in texts(best.get("keywords")) for word in re.split(r"\s*[,;]\s*", text) if word],
        categories=texts(best.get("articleSection")) or texts(best.get("recipeCategory")),
        comments=_comment_count(best),
    )


def _weight(node: dict[str, Any]) -> int:
    """How much an article tells; the plain kinds before recipes and reviews."""
    plain = bool(kinds(node) & {"blogposting", "article", "newsarticle"})
    return sum(name in node for name in ("datePublished", "headline", "author")) + 3 * plain


def _comment_count(node: dict[str, Any]) -> int | None:
    count = node.get("commentCount")
    for stat in many(node.get("interactionStatistic")):
        if isinstance(stat, dict) and "Comment" in str(stat.get("interactionType")):
            count = stat.get("userInteractionCount", count)
    return whole(count)


def json_ld_people(nodes: list[dict[str, Any]], base: str) -> list[Person]:
    """The persons of a page, those with most facts first."""
    people = [_person(node, base) for node in nodes if "person" in kinds(node)]
    return sorted((p for p in people if p.name or p.urls), key=lambda p: -(len(p.urls) + bool(p.note) + bool(p.photo)))


def _person(node: dict[str, Any], base: str) -> Person:
    image = next(iter(many(node.get("image"))), None)
    image = image.get("url") or image.get("contentUrl") if isinstance(image, dict) else image
    place = next(iter(many(node.get("homeLocation") or node.get("address"))), None)
    if isinstance(place, dict):
        inner: dict[str, Any] = place["address"] if isinstance(place.get("address"), dict) else place
        parts = [first(inner.get(k)) for k in ("addressLocality", "addressRegion", "addressCountry")]
        place = ", ".join(part for part in parts if part) or first(place.get("name"))
    urls = [join(base, u) for u in many(node.get("sameAs"))[:50] if isinstance(u, str)]
    return Person(
        first(node.get("name")),
        first(node.get("description")),
        join(base, image) if isinstance(image, str) else None,
        squeeze(place),
        [u for u in urls if u],
    )


def metas(tree: Any) -> dict[str, list[str]]:
    """meta name/property (lower case) -> contents, in order; ``value`` where a theme wrote that for content."""
    found: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        content = squeeze(meta.get("content") or meta.get("value"))
        for attribute in ("property", "name", "http-equiv", "itemprop"):
            if content and (name := meta.get(attribute)):
                for one in name.lower().split():  # RDFa lets one element have several properties
                    found.setdefault(one, []).append(content)
    return found


def meta_voice(found: dict[str, list[str]]) -> Said:
    """OpenGraph, Dublin Core, citation, Parsely and plain meta tags as one voice."""

    def values(fact: str) -> list[str]:
        return next((found[name] for name in table("selectors")["meta"][fact] if found.get(name)), [])

    def one(fact: str) -> str | None:
        return next(iter(values(fact)), None)

    return Said(
        title=one("title"),
        authors=[name for name in values("author") if not name.startswith(("http", "/", "@"))],
        published=one("published"),
        updated=one("updated"),
        summary=one("summary"),
        language=one("language"),
        tags=[w for text in values("tags") for w in re.split(r"\s*,\s*", text) if w],
        categories=values("categories"),
    )


def microdata(tree: Any) -> Said:
    """schema.org microdata (itemprop) of the first article of a page."""
    items = tree.xpath("//*[@itemscope and @itemtype]")
    roots = [e for e in items if e.get("itemtype", "").rstrip("/").rpartition("/")[2].lower() in ARTICLES]
    root = roots[0] if roots else tree

    def marked(scope: Any, name: str, but: str = "[not(ancestor::*[@itemprop='comment'])]") -> list[Any]:
        return list(scope.xpath(f".//*[contains(concat(' ', @itemprop, ' '), ' {name} ')]{but}")[:20])

    def values(name: str) -> Iterator[str]:
        for e in marked(root, name):
            if text := squeeze(e.get("content") or e.get("datetime")) or text_of(e):
                yield text

    people = [next(iter(marked(e, "name", "")), e) for e in marked(root, "author")[:5]]
    authors = [squeeze(e.get("content")) or text_of(e) for e in people]
    count = next(values("commentCount"), "")
    return Said(
        title=next(values("headline"), None),
        authors=list(dict.fromkeys(a for a in authors if a))[:3],
        published=next(values("datePublished"), None),
        updated=next(values("dateModified"), None),
        tags=[w for text in values("keywords") for w in re.split(r"\s*,\s*", text) if w] if roots else [],
        categories=list(values("articleSection")),
        comments=whole(count),
    )
