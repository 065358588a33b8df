"""A post's page as a Post: every voice is heard, the most trusted that speaks is believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import trafilatura
from lxml import etree

from crawler.page import Page
from crawler.platforms.blog import markup, microformats, structured
from crawler.platforms.blog.dates import credible, human_date, machine_date, path_date
from crawler.platforms.blog.people import person_name
from crawler.platforms.blog.reading import Reading
from crawler.platforms.blog.structured import Said
from crawler.platforms.blog.text import plain, squeeze_lines
from crawler.platforms.blog.urls import fold

LONGEST_TEXT = 200_000
"""Characters of a post's text that are kept."""
NOTE, NOTES = 300, 60
"""Characters of a line beside the text, and how many lines, that are looked at."""


def post_of(reading: Reading) -> dict[str, Any]:
    """The fields of storage.records.Post that a post's page yields."""
    tree, scope = reading.tree, markup.scope_of(reading.body)
    ld, mf2 = structured.json_ld_article(reading.nodes), microformats.mf2_entry(reading.mf2)
    micro, meta, shown = (
        structured.microdata(tree),
        structured.meta_voice(reading.metas),
        markup.markup_voice(scope, tree),
    )
    voices = [voice for voice in (ld, mf2, micro, meta, shown) if voice]
    by_trust = [voice for voice in (shown, meta, micro, ld, mf2) if voice]
    library, title = _library(reading.page), _title(reading, [v for v in (ld, mf2, meta, micro) if v], scope)
    tags = next((v.tags for v in by_trust if v.tags), [])
    categories = next((v.categories for v in by_trust if v.categories), [])
    updated = (machine_date(v.updated) for v in voices if v.updated)
    keywords = reading.metas.get("keywords") or reading.metas.get("news_keywords") or []
    text = main_text(reading.body, library)
    details = {
        "notes": notes(scope, text),
        "tags": tags,
        "categories": categories,
        "keywords": [w for line in keywords for w in re.split(r"\s*,\s*", line) if w],
        "site_name": next(iter(reading.site_names), None),
    }
    return {
        "title": title,
        "author": _author(reading, voices, scope, library),
        "published_at": _published(reading, voices, scope, library),
        "updated_at": next((u for u in updated if u and credible(u, reading.page.fetched_at)), None),
        "declared_language": reading.language or next((v.language for v in voices if v.language), None),
        "text": _untitled(text, title),
        "summary": next((v.summary for v in (meta, ld, mf2) if v and v.summary), None),
        "tags": list(dict.fromkeys([*tags, *categories])),
        "images": sum(1 for _ in reading.body.iter("img", "amp-img")) if _is_part(reading.body) else None,
        "comments": next((v.comments for v in voices if v.comments is not None), None),
        "details": {name: value for name, value in details.items() if value},
    }


def _title(reading: Reading, voices: Iterable[Said], scope: Any) -> str | None:
    """The title without the site's name: what machines are told, checked against the headings that readers see."""
    heads, own = markup.headings(reading.tree), markup.entry_titles(scope, reading.tree)
    for title in (*(v.title for v in voices), *own, reading.head_title, *heads[:1]):
        trimmed = reading.trimmed(title, heads) if title else None
        if trimmed:
            head = reading.trimmed(reading.head_title or "", [])
            # a heading that holds its byline too: the browser's title tells where the title ends
            return head if head and len(head) > 5 and title in own and trimmed.startswith(head) else trimmed
    return None


def _library(page: Page) -> Any:
    """trafilatura's own reading (text and metadata), or None where it has none."""
    dates = {"extensive_search": True, "original_date": True, "max_date": page.fetched_at.strftime("%Y-%m-%d")}
    tree = deepcopy(page.tree)  # the library cuts it up; given as text it would meet patterns that hostile text stalls
    etree.strip_tags(tree, etree.Comment, etree.ProcessingInstruction)
    try:
        return trafilatura.bare_extraction(
            tree, url=page.url, include_comments=False, with_metadata=True, date_extraction_params=dates
        )
    except Exception:  # its own errors on hostile markup are no reason to lose the page
        return None


def _is_part(body: Any) -> bool:
    return body.tag not in ("body", "html")


def main_text(body: Any, library: Any) -> str | None:
    """The main text: trafilatura's, or the body element's own where the library lost most of it."""
    text = squeeze_lines(getattr(library, "text", None))
    own = plain(body)
    lost = own and _is_part(body) and len(own) < LONGEST_TEXT and len(text or "") * 3 < len(own)
    return ((own if lost else text or own) or "")[:LONGEST_TEXT] or None


def notes(scope: Any, text: str | None) -> list[str]:
    """Short lines of the post's element that its main text leaves out: asterisks' footnotes, labels on products.

    For the stage that says who pays; they are not stored.
    """
    lines = dict.fromkeys((plain(scope) or "").splitlines()) if _is_part(scope) else ()
    return [line for line in lines if 3 < len(line) <= NOTE and line not in (text or "")][:NOTES]


def _untitled(text: str | None, title: str | None) -> str | None:
    """The text without its first line where that is the title."""
    first, _, rest = (text or "").partition("\n")
    return rest if rest and title and fold(first) == fold(title) else text


def _author(reading: Reading, voices: list[Said], scope: Any, library: Any) -> str | None:
    """Who is told or shown to have written it: never the site itself where somebody else is named."""
    several = next((v.authors for v in voices[:1] if len(v.authors) > 1), [])
    if several:
        return ", ".join(dict.fromkeys(n for n in map(person_name, several) if n)) or None
    told = [a for v in voices if v.authors for a in v.authors[:1]]
    meta = reading.metas and structured.meta_voice(reading.metas).authors[:1]
    certain = [a for a in told if a not in meta]
    names = [n for n in map(person_name, [*certain, *markup.bylines(scope, reading.tree), *meta]) if n]
    sites = {fold(s) for s in reading.site_names}
    other = next((n for n in names if fold(n) not in sites), None)
    return other or next(iter(names), None) or person_name(getattr(library, "author", None))


def _published(reading: Reading, voices: list[Said], scope: Any, library: Any) -> datetime | None:
    """The date of publication; of voices that name one instant, the one that keeps the author's own zone."""
    seen, language = reading.page.fetched_at, reading.language
    told = [v.published for v in voices if v.published]
    found = [machine_date(t) or human_date(t, language) for t in told]
    places = markup.dates(scope, reading.tree)[:8]
    local = [machine_date(t) if machine else human_date(t, language) for t, machine in places]
    last = (path_date(urlsplit(reading.page.url).path), machine_date(getattr(library, "date", None)))
    for when in (*found, *local, *last):
        if when and credible(when, seen):
            same = (o for o in (*found, *local) if o and o.utcoffset() and abs(o - when) < timedelta(minutes=2))
            return when if when.utcoffset() else next(same, when)
    reading.unparsed += [f"published_at: not a credible date: {text[:60]}" for text in told[:1]]
    return None
