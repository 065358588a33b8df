"""Where the themes of blog software put things: main text, byline, date, tags, comment count, by class and element."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from crawler.platforms.blog.structured import Said
from crawler.platforms.blog.text import squeeze, text_of
from crawler.platforms.blog.urls import fold, words

BODIES = (
    "e-content", "entry-content", "post-content", "post-body", "entry-body", "article-content", "article-body", "article__content", "article__body", "post__content",
    "gh-content", "kg-canvas", "single-content", "blog-post-content", "wp-block-post-content", "available-content", "body markup", "postcontent", "post_content",
    "td-post-content", "content-body", "story-body", "blog-content", "post-text", "postbody", "post-entry", "entry", "storycontent", "articleBody", "post", "hentry",
)  # fmt: skip
_BYLINES = (
    "//*[@rel='author' or contains(concat(' ', @rel, ' '), ' author ')][self::a]",
    "//a[contains(@href, '/author/') or contains(@href, '/autor/') or contains(@href, '/auteur/') or contains(@href, '/authors/') or contains(@href, '?author=')]",
    "//*[{author}][{vcard}]//*[{fn}]", "//*[{author}]//*[{fn}]", "//*[{byline}]//*[{fn}]", "//*[{p-author}]", "//*[{vcard}]//*[{fn}]", "//*[{author}][{vcard}]",
    "//*[{author-name} or {authors__name} or {author_name} or {authorName} or {byline-name} or {post-author-name} or {entry-author-name} or {wp-block-post-author-name} or {author__name} or {article-author__name}]",
    "//*[{byline} or {by-author} or {entry-byline} or {article-byline} or {byline-author} or {post-byline} or {by-line}]//a",
    "//*[{entry-author} or {post-author} or {article-author} or {posted-by} or {meta-author} or {postauthor} or {blog-author} or {entry-meta-author} or {post__author} or {author-link} or {author_link} or {postauthortop}]",
    "//*[{author}]", "//*[{byline} or {by-author} or {entry-byline} or {article-byline}]",
    "//*[{autor} or {auteur} or {writer} or {author-title} or {post-meta-author} or {creator}]",
)  # fmt: skip
_DATES = (
    "//time[{published} or {entry-date} or {dt-published} or @pubdate or @itemprop='datePublished'][not({updated}) or {published}]",
    "//abbr[{published}]", "//*[{published} or {dt-published}][@datetime or @title]", "//time[@datetime]",
    "//*[{published} or {entry-date} or {post-date} or {postdate} or {date-header} or {timestamp} or {article-date} or {publish-date} or {entry-time} or {pubdate} or {post-time} or {wp-block-post-date} or {posted-on} or {post__date} or {date-published} or {published-date} or {blog-date} or {entry_date} or {post_date}]",
    "//time", "//*[{date} or {fecha} or {datum} or {data} or {post-meta} or {entry-meta} or {meta} or {postmetadata} or {postinfo} or {post-info} or {byline} or {post-header} or {info} or {article-meta} or {post_meta} or {dateline}]",
)  # fmt: skip
_INNER = re.compile(
    r"\b(comment|respond|related|recommend|read-?more|pagination|post-navigation|nav-links|jp-relatedposts|more-from|sharedaddy|sidebar|widget|cloud|tagcloud|bloglist)",
    re.IGNORECASE,
)
_OUTER = re.compile(_INNER.pattern + r"|\b(trending|popular|footer)", re.IGNORECASE)


@cache
def _path(pattern: str) -> str:
    """An XPath in which {name} stands for "has the class name"."""
    return "." + re.sub(r"\{([\w-]+)\}", r"contains(concat(' ', normalize-space(@class), ' '), ' \1 ')", pattern)


def aside(element: Any, within: Any = None) -> bool:
    """Does the element stand in comments, sidebars, related posts? Within the post itself its own footer counts as the post."""
    inside = within is not None and any(e is within for e in element.iterancestors())
    pattern = _INNER if inside else _OUTER
    for e in element.iterancestors():
        if e is within or e.tag in ("body", "html"):
            return False
        if (
            e.tag == "aside"
            or (not inside and e.tag in ("footer", "nav"))
            or pattern.search(f"{e.get('class', '')} {e.get('id', '')}")
        ):
            return True
    return False


def body_of(tree: Any) -> Any:
    """The element that holds the post's text: a known class, else article or main, else the densest parent of paragraphs."""
    for name in BODIES:
        prop = " or @itemprop='articleBody'" if name == BODIES[0] else ""
        classes = " and ".join(
            f"contains(concat(' ', normalize-space(@class), ' '), ' {part} ')" for part in name.split()
        )
        for element in tree.xpath(f"//body//*[{classes}{prop}]")[:5]:
            if len(element.text_content()) > 140 and not aside(element):
                return element
    articles = [a for a in tree.iter("article") if not aside(a)]
    if len(articles) == 1:
        return articles[0]
    weights: dict[Any, int] = {}
    for p in tree.iter("p"):
        parent = p.getparent()
        if parent is not None and not aside(p):
            weights[parent] = weights.get(parent, 0) + len(p.text_content())
    best = max(weights, key=lambda e: weights[e], default=None)
    if best is not None and weights[best] > 140:
        return best
    return next(iter(articles or tree.xpath("//main|//*[@role='main']|//body")), tree)


def scope_of(body: Any) -> Any:
    """The element of the whole post around its text: heading, byline, tags."""
    for element in body.iterancestors():
        classes = f" {element.get('class') or ''} "
        if element.tag in ("article", "main") or re.search(
            r"\s(hentry|h-entry|post|blog-post|single-post|post-outer|entry|type-post)\s", classes
        ):
            return element
        if element.tag in ("body", "html"):
            break
    up = [e for e in body.iterancestors() if e.tag not in ("body", "html")][:2]
    return up[-1] if up else body


def headings(tree: Any) -> list[str]:
    """The words of the page's h1 to h3 outside asides, those of the post first."""
    found = tree.xpath(
        _path("//*[{entry-title} or {post-title} or {p-name} or {article-title} or {post__title} or {posttitle}]")
    )[:10]
    found += [h for tag in ("h1", "h2", "h3") for h in tree.iter(tag)][:60]
    return list(dict.fromkeys(t for h in found if not aside(h) and (t := text_of(h)) and len(t) < 400))


def entry_titles(scope: Any, tree: Any) -> list[str]:
    """Headings that a theme marks as the post's own, then the only h1."""
    marked = "//*[{entry-title} or {p-name} or {post-title} or {article-title} or {post__title} or {posttitle} or {wp-block-post-title} or {single-title} or {article__title} or {entry_title}]"
    found = [
        t for root in (scope, tree) for e in root.xpath(_path(marked))[:4] if not aside(e, scope) and (t := text_of(e))
    ]
    ones = [t for e in tree.iter("h1") if not aside(e) and (t := text_of(e))]
    return found + (ones if len(ones) == 1 else [t for e in scope.iter("h1", "h2") if (t := text_of(e))][:1])


def bylines(scope: Any, tree: Any) -> list[str]:
    """Texts that name the post's author, most trusted first; those around the post before those of the page."""
    found: list[str] = []
    for root in (scope, tree):
        for path in _BYLINES:
            for e in root.xpath(_path(path))[:6]:
                if not aside(e, scope) and (t := text_of(e)) and len(t) < 120:
                    found.append(t)
        if found and root is scope:
            break
    short = (
        t
        for e in scope.iter("p", "span", "div", "small", "address", "li", "h4", "h5")
        if not len(e) or len(e) < 4 and not aside(e, scope)
        if (t := text_of(e)) and len(t) < 80
    )
    return found or [t for t in short if any(_cut(t, lead) for lead in _leads() if len(lead) > 3 and " " in lead)][:2]


def person_name(text: str | None) -> str | None:
    """The name in a byline: without "by", date, address; None where it is nobody's ("admin", a URL, a sentence)."""
    name = re.sub(r"\s*(?:<[^>]*>|\([^)]*@[^)]*\)|\S+@\S+\.\S+|https?://\S+)\s*", " ", squeeze(text) or "").strip(" ()")
    for _ in range(3):
        for lead in _leads():
            if (cut := _cut(name, lead)) is not None:
                name = cut
                break
    name = re.split(
        r"\s+(?:[|•·/–—]|am|on|le|el|em|il|op|den|\d{1,2}[./]|\d{4})\s+|\s*[|•·]\s*|,\s+(?=\d|[^\W\d_]+ \d)|\s+(?=\d{1,2}[. ]|\d{4})|\s[-–—]\s",
        name,
        maxsplit=1,
    )[0]
    name = (
        re.sub(r"(?:’s|'s)? (?:says|sagt|dit|dice)$|\s*\(.*$", "", name).strip(' ,.:;-–—|·•/@"»«›')
        if not re.search(r"\b\w\.$", name)
        else name.strip(" ,:;-–—|·•/@")
    )
    if (
        not name
        or len(name) > 60
        or len(name.split()) > 6
        or not re.search(r"[^\W\d_]", name)
        or fold(name) in _nobody()
    ):
        return None
    return name


@cache
def _leads() -> tuple[str, ...]:
    return tuple(sorted({fold(w) for w in words()["byline_before"]}, key=len, reverse=True))


@cache
def _nobody() -> frozenset[str]:
    return frozenset(fold(w) for w in words()["nobody"])


def _cut(name: str, lead: str) -> str | None:
    """``name`` without a leading byline word, or None where it does not begin with it."""
    parts = name.split()
    size = len(lead.split())
    start = fold(" ".join(parts[:size])).rstrip(":")
    if start == lead.rstrip(":") and len(parts) > size:
        return " ".join(parts[size:]).lstrip(": ")
    if not lead.isascii() and fold(name).startswith(lead) and len(lead) > 1:
        return name[len(lead) :].lstrip(":： ")
    return None


def dates(scope: Any, tree: Any) -> list[tuple[str, bool]]:
    """(text, is it machine-made) of every place that may hold the post's date, most trusted first."""
    found: list[tuple[str, bool]] = []
    for path in _DATES:
        for root in (scope, tree):
            for e in root.xpath(_path(path))[:4]:
                if aside(e, scope):
                    continue
                machine = e.get("datetime") or (e.get("title") if e.tag == "abbr" else None) or e.get("content")
                if machine:
                    found.append((machine, True))
                if (shown := text_of(e)) and len(shown) < 200:
                    found.append((shown, False))
            if found:
                break
    return found


def labels(scope: Any) -> tuple[list[str], list[str]]:
    """(tags, categories) that the post's own links name."""
    tags: list[str] = []
    categories: list[str] = []
    for a in scope.iter("a"):
        href, rel, style = (
            (a.get("href") or "").lower(),
            f" {(a.get('rel') or '').lower()} ",
            f" {a.get('class') or ''} ",
        )
        text = text_of(a)
        if not text or len(text) > 60 or aside(a, scope):
            continue
        if (
            re.search(
                r"/(?:category|categories|kategorie|kategorien|categoria|categorie|rubrique|rubrik|kategori|kategoria|thema|themen|topics?|section)/",
                href,
            )
            or " category " in rel
            and "/tag/" not in href
        ):
            categories.append(text.lstrip("#"))
        elif (
            " tag " in rel
            or " p-category " in style
            or re.search(r"/(?:tags?|labels?|etiqueta|schlagwort|etiquette|keyword)/[^/?]+/?$", href)
        ):
            tags.append(text.lstrip("#"))
    found = list(dict.fromkeys(tags)), list(dict.fromkeys(categories))
    return (
        [] if len(found[0]) > 40 else found[0],
        [] if len(found[1]) > 12 else found[1],
    )  # longer: an index of the site


def comment_count(scope: Any, tree: Any) -> int | None:
    """The number of comments where the theme shows one: beside the title, or over the comments."""
    near = _path("//a[contains(@href, '#comment') or contains(@href, '#respond') or contains(@href, '#disqus')]")
    over = _path(
        "//*[{comments-title} or {comment-title} or {comment-count} or {comments-count} or {comments-link} or {comment-reply-title} or @id='comments-title' or @id='comments']"
    )
    for e in [
        *scope.xpath(near)[:5],
        *tree.xpath(over)[:5],
        *tree.xpath("//*[@id='comments']//*[self::h2 or self::h3 or self::h4]")[:2],
    ]:
        text = text_of(e) or ""
        if len(text) < 120 and (found := re.match(r"^\D{0,30}?(\d{1,5})(?!\d|[.:/]\d)", text)) and not aside_comment(e):
            return int(found[1])
    return None


def aside_comment(element: Any) -> bool:
    """Does the element belong to one comment (whose own links have numbers too)?"""
    return any(
        re.search(r"(^|\s)(comment|comment-body|comment-meta|commentlist|comment-list)(\s|$)", e.get("class") or "")
        for e in element.iterancestors()
    )


def markup_voice(scope: Any, tree: Any) -> Said:
    """Title, tags and comment count as the theme's markup shows them (authors and dates have several candidates: see above)."""
    tags, categories = labels(scope)
    return Said(
        title=next(iter(entry_titles(scope, tree)), None),
        tags=tags,
        categories=categories,
        comments=comment_count(scope, tree),
    )
