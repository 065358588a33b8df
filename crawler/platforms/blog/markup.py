"""Where the themes of blog software put things: text, byline, date, tags, comment count (table: selectors.toml)."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import Any

from crawler.platforms.blog.structured import Said
from crawler.platforms.blog.text import text_of
from crawler.platforms.blog.urls import table

ENOUGH = 140
"""Characters from which an element may be the post's text."""
_POST_CLASS = re.compile(r"\s(hentry|h-entry|post|blog-post|single-post|post-outer|entry|type-post)\s")
_ONE_COMMENT = re.compile(r"(^|\s)(comment|comment-body|comment-meta|commentlist|comment-list)(\s|$)")


@cache
def _paths(name: str) -> tuple[str, ...]:
    """The XPaths of a row of selectors.toml, relative, with {name} spelled out as a class test."""
    has = r"contains(concat(' ', normalize-space(@class), ' '), ' \1 ')"
    return tuple("." + re.sub(r"\{([\w-]+)\}", has, path) for path in table("selectors")[name])


@cache
def pattern(*names: str) -> re.Pattern[str]:
    return re.compile("|".join(table("selectors")[name] for name in names), re.IGNORECASE)


def find(root: Any, name: str, most: int = 10) -> list[Any]:
    """The elements below ``root`` that a row of selectors.toml names, in the order of its paths."""
    return [element for path in _paths(name) for element in root.xpath(path)[:most]]


def shown(root: Any, name: str) -> str | None:
    """The words of the first such element that has any."""
    return next((text for e in find(root, name) if (text := text_of(e))), None)


def names_of(element: Any) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"


def aside(element: Any, within: Any = None) -> bool:
    """Does it stand in comments, sidebars, related posts? Within the post the post's own footer is none of these."""
    inside = within is not None and any(e is within for e in element.iterancestors())
    stray = pattern("inner_aside") if inside else pattern("inner_aside", "outer_aside")
    for e in element.iterancestors():
        if e is within or e.tag in ("body", "html"):
            return False
        if e.tag == "aside" or (not inside and e.tag in ("footer", "nav")) or stray.search(names_of(e)):
            return True
    return False


def aside_comment(element: Any) -> bool:
    """Does the element belong to one comment?"""
    return any(_ONE_COMMENT.search(e.get("class") or "") for e in element.iterancestors())


@cache
def _body_paths() -> tuple[str, ...]:
    rows = [[f"contains(concat(' ', normalize-space(@class), ' '), ' {part} ')" for part in name.split()]
            for name in table("selectors")["bodies"]]  # fmt: skip
    return ("//body//*[@itemprop='articleBody']", *(f"//body//*[{' and '.join(row)}]" for row in rows))


def body_of(tree: Any) -> Any:
    """What holds the post's text: a known class, else the one article, else the densest parent of paragraphs."""
    for path in _body_paths():
        for element in tree.xpath(path)[:5]:
            if len(element.text_content()) > ENOUGH and not aside(element) and not _frame(element):
                return element
    articles = [a for a in islice(tree.iter("article"), 50) if not aside(a)]
    if len(articles) == 1:
        return articles[0]
    weights: dict[Any, int] = {}
    for p in islice(tree.iter("p"), 3000):
        parent = p.getparent()
        if parent is not None and not aside(p):
            weights[parent] = weights.get(parent, 0) + len(p.text_content())
    best = max(weights, key=lambda e: weights[e], default=None)
    if best is not None and weights[best] > ENOUGH:
        return best
    return next(iter(articles or tree.xpath("//main|//*[@role='main']") or tree.xpath("//body")), tree)


def scope_of(body: Any) -> Any:
    """The element of the whole post around its text: heading, byline, tags."""
    above = [e for e in body.iterancestors() if e.tag not in ("body", "html")]
    named = (e for e in above if e.tag in ("article", "main") or _POST_CLASS.search(f" {e.get('class') or ''} "))
    return next(named, (above[:2] or [body])[-1])


def headings(tree: Any) -> list[str]:
    """The words of the page's h1 to h3 outside asides, those marked as a post's title first."""
    found = find(tree, "entry_title") + [h for tag in ("h1", "h2", "h3") for h in islice(tree.iter(tag), 40)]
    return list(dict.fromkeys(t for h in found if not aside(h) and (t := text_of(h)) and len(t) < 400))


def _frame(element: Any) -> bool:
    """Does it hold a page's frame too (as a wrapper with a post's class does)?"""
    return bool(element.xpath(".//nav|.//aside|.//form[contains(@class, 'search')]|.//*[@id='comments']"))


def entry_titles(scope: Any, tree: Any) -> list[str]:
    """Headings that a theme marks as the post's own, then the only h1."""
    marked = [e for root in (scope, tree) for e in find(root, "entry_title", 4) if not aside(e, scope)]
    ones = [e for e in islice(tree.iter("h1"), 20) if not aside(e)]
    return [t for e in marked + (ones if len(ones) == 1 else list(scope.iter("h1", "h2"))[:1]) if (t := text_of(e))]


def bylines(scope: Any, tree: Any) -> list[str]:
    """Texts that may name the post's author, most trusted first; those of the page only where the post has none."""
    for root in (scope, tree):
        near = [t for e in find(root, "byline", 6) if not aside(e, scope) and (t := text_of(e)) and len(t) < 120]
        if near:
            return near
    return []


def dates(scope: Any, tree: Any) -> list[tuple[str, bool]]:
    """(text, is it machine-made) of every place that may hold the post's date, most trusted first."""
    found: list[tuple[str, bool]] = []
    for path in _paths("date"):
        near = [e for e in scope.xpath(path)[:4] if not aside(e, scope)]
        for e in near or [e for e in tree.xpath(path)[:4] if not aside(e, scope)]:
            machine = e.get("datetime") or (e.get("title") if e.tag == "abbr" else None) or e.get("content")
            found += [(machine, True)] if machine else []
            found += [(words, False)] if (words := text_of(e)) and len(words) < 200 else []
    return found


def labels(scope: Any) -> tuple[list[str], list[str]]:
    """(tags, categories) that the post's own links name; nothing where they are an index of the whole site."""
    tags: dict[str, None] = {}
    categories: dict[str, None] = {}
    for a in [*islice(scope.iter("a"), 3000), *find(scope, "category", 40)]:
        href, rel = (a.get("href") or "").lower(), f" {(a.get('rel') or '').lower()} "
        text = (text_of(a) or "").lstrip("#")
        if not text or len(text) > 60 or aside(a, scope):
            continue
        if pattern("category_path").search(href) or (" category " in rel and "/tag/" not in href):
            categories[text] = None
        elif " tag " in rel or "p-category" in (a.get("class") or "") or pattern("tag_path").search(href):
            tags[text] = None
    return list(tags) if len(tags) <= 40 else [], list(categories) if len(categories) <= 12 else []


def comment_count(scope: Any, tree: Any) -> int | None:
    """The number of comments where the theme shows one: beside the title, or over the comments."""
    for e in find(scope, "comments_near", 5) + find(tree, "comments", 5):
        text = text_of(e) or ""
        found = re.match(r"^\D{0,30}?(\d{1,5})(?!\d|[.:/]\d)", text) if len(text) < 120 else None
        if found and not aside_comment(e):
            return int(found[1])
    return None


def markup_voice(scope: Any, tree: Any) -> Said:
    """Title, tags and comment count as the theme shows them (authors and dates have several candidates: see above)."""
    tags, categories = labels(scope)
    title = next(iter(entry_titles(scope, tree)), None)
    return Said(title=title, tags=tags, categories=categories, comments=comment_count(scope, tree))
