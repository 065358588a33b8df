"""How a visit to an address went: one word, and a sentence that names the way out."""

from __future__ import annotations

from crawler.page import Page
from crawler.platforms.blog.extract import extract, kind_of
from crawler.platforms.blog.urls import limit

_DETAILS = {
    "empty": "{url} answered with nothing; look at it in a browser, or remove the seed",
    "too_large": "{url} is longer than {page_bytes} bytes or has too many tags; give the blog's feed instead",
    "noindex": "{url} asks not to be indexed (robots noindex), so nothing of it is kept; remove the seed",
    "other": "{url} is neither a page nor a feed; give the blog's home page or its feed",
    "sitemap": "{url} is a sitemap; give the blog's home page or its feed",
}


def outcome_of(page: Page) -> tuple[str, str | None]:
    """(word, detail): ok, empty, http_404, not_a_feed, too_large, noindex, not_a_blog, hostile_feed."""
    if page.status == 304:
        return "unchanged", None
    if page.status != 200:
        way = {
            404: "correct the address or remove the seed",
            410: "the blog is gone; remove the seed",
            403: "the server refuses robots; remove the seed",
            429: "it will be asked again later",
        }
        return (
            f"http_{page.status}",
            f"{page.url} answered {page.status}; {way.get(page.status, 'try again later, or correct the address')}",
        )
    kind = kind_of(page)
    if kind in _DETAILS:
        word = {"other": "not_a_blog", "sitemap": "not_a_blog"}.get(kind, kind)
        return word, _DETAILS[kind].format(url=page.url, page_bytes=limit("page_bytes"))
    if kind in ("feed", "json"):
        found = extract(page)
        if any("refused" in text for text in found.unparsed):
            return "hostile_feed", f"{page.url}: {found.unparsed[0]}; ask its owner to mend it, or give the home page"
        if not found.posts:
            return "empty", f"{page.url} is a feed without entries; nothing to do until the blog posts again"
    return "ok", None
