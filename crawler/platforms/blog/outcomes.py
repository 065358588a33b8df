"""How a visit to an address went: one word, and a sentence that names the way out (platform.toml)."""

from __future__ import annotations

from crawler.page import Page
from crawler.platforms.blog.extract import extract, kind_of
from crawler.platforms.blog.urls import limit
from crawler.tables import rules


def outcome_of(page: Page) -> tuple[str, str | None]:
    """(word, detail): ok, empty, http_404, not_a_feed, too_large, noindex, not_a_blog, hostile_feed."""
    if page.status == 304:
        return "unchanged", None
    told, kind = rules("blog")["outcomes"], kind_of(page) if page.status == 200 else f"http_{page.status}"
    if page.status != 200 or kind in told:
        facts = {"url": page.url, "status": page.status, "page_bytes": limit("page_bytes")}
        word = "not_a_blog" if kind in ("other", "sitemap") else kind
        return word, told.get(kind, told["http"]).format(**facts)
    if kind in ("feed", "json"):
        found = extract(page)
        if any("refused" in text for text in found.unparsed):
            return "hostile_feed", f"{page.url}: {found.unparsed[0]}; ask its owner to mend it, or give the home page"
        if not found.posts:
            return "empty", f"{page.url} is a feed without entries; nothing to do until the blog posts again"
    return "ok", None
