"""A post's page as a Post: every voice is heard, the most trusted that speaks is believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import trafilatura

from crawler.page import Page
from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.dates import credible, human_date, machine_date, path_date
from crawler.platforms.blog.structured import Said
from crawler.platforms.blog.text import plain, squeeze, squeeze_lines, text_of
from crawler.platforms.blog.urls import fold, host_of, limit

_BREAK = re.compile(r"\s+(?:[|\-–—·•«»/:]|//|::|&raquo;)+\s+|\s*\|\s*|:\s+|\s+@\s+|_")


@dataclass(slots=True)
class Reading:
    """One HTML page as its voices; made once, read by posts and profile."""

    page: Page
    tree: Any
    nodes: list[dict[str, Any]]
    metas: dict[str, list[str]]
    mf2: dict[str, Any]
    unparsed: list[str]

    @classmethod
    def of(cls, page: Page) -> Reading:
        unparsed: list[str] = []
        tree = page.tree
        nodes = structured.json_ld(tree, unparsed)
        return cls(page, tree, nodes, structured.metas(tree), structured.microformats(page.text, page.url), unparsed)

    @property
    def language(self) -> str | None:
        """The language tag that the page declares, as BCP 47 writes it."""
        root = self.tree.getroottree().getroot()
        voices = (
            root.get("lang"),
            root.get("{http://www.w3.org/XML/1998/namespace}lang"),
            root.get("xml:lang"),
            structured.meta_voice(self.metas).language,
            self.page.headers.get("content-language"),
        )
        found = ((v or "").strip().split(",")[0].replace("_", "-") for v in voices)
        return next((v for v in found if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", v)), None)

    @property
    def site_names(self) -> list[str]:
        """Names by which the page calls its site, most trusted first."""
        feeds = [
            re.split(r"\s+(?:»|&raquo;|›|-|–|\|)\s+|\s+(?:RSS|Atom|Feed)\b", squeeze(e.get("title")) or "")[0]
            for e in self.tree.xpath("//link[@rel='alternate'][contains(@type, 'rss') or contains(@type, 'atom')]")
        ]
        names = [
            *self.metas.get("og:site_name", []),
            *(t for n in self.nodes if structured.kinds(n) & structured.SITES for t in structured.texts(n.get("name"))),
            *self.metas.get("application-name", []),
        ]
        titles = self.tree.xpath(
            "//*[contains(concat(' ', normalize-space(@class), ' '), ' site-title ') or @id='site-title' or contains(concat(' ', normalize-space(@class), ' '), ' wp-block-site-title ')]"
        )
        names += [*feeds, *(text_of(e) or "" for e in titles[:2])]
        return [
            n
            for n in dict.fromkeys(names)
            if n
            and fold(n)
            not in ("rss", "atom", "rss 2.0", "feed", "json", "rss feed", "atom feed", "rss .92", "subscribe")
        ]

    @property
    def head_title(self) -> str | None:
        return next((t for e in self.tree.xpath("//head/title|//title[not(ancestor::svg)]") if (t := text_of(e))), None)


def post_of(reading: Reading) -> dict[str, Any]:
    """The fields of storage.records.Post that a post's page yields."""
    tree = reading.tree
    body = markup.body_of(tree)
    scope = markup.scope_of(body)
    ld, mf2 = structured.json_ld_article(reading.nodes), structured.mf2_entry(reading.mf2)
    shown, micro, meta = (
        markup.markup_voice(scope, tree),
        structured.microdata(tree),
        structured.meta_voice(reading.metas),
    )
    voices = [voice for voice in (ld, mf2, micro, meta, shown) if voice]
    library = _library(reading.page)
    published = _published(reading, voices, scope, library)
    tags = next((v.tags for v in (shown, meta, micro, ld, mf2) if v and v.tags), [])
    categories = next((v.categories for v in (shown, meta, micro, ld) if v and v.categories), [])
    comments = [v.comments for v in (ld, micro, shown) if v and v.comments is not None]
    updated = (machine_date(v.updated) for v in voices if v.updated)
    keywords = reading.metas.get("keywords") or reading.metas.get("news_keywords") or []
    return {
        "title": title_of(reading, [ld, mf2, meta, micro, shown], scope),
        "author": _author(reading, ld, mf2, micro, meta, scope, library),
        "published_at": published,
        "updated_at": next((u for u in updated if u and credible(u, reading.page.fetched_at)), None),
        "declared_language": reading.language or next((v.language for v in voices if v.language), None),
        "text": main_text(reading.page, body, library),
        "summary": next((v.summary for v in (meta, ld, mf2) if v and v.summary), None),
        "tags": list(dict.fromkeys([*tags, *categories])),
        "images": sum(1 for _ in body.iter("img", "amp-img")) if body.tag not in ("body", "html") else None,
        "comments": comments[0] if comments else None,
        "details": {
            k: v
            for k, v in (
                ("tags", tags),
                ("categories", categories),
                ("keywords", [w for k in keywords for w in re.split(r"\s*,\s*", k) if w]),
                ("site_name", next(iter(reading.site_names), None)),
            )
            if v
        },
    }


def title_of(reading: Reading, voices: Iterable[Said | None], scope: Any) -> str | None:
    """The post's title without the site's name: what machines are told, checked against the headings that readers see."""
    heads = markup.headings(reading.tree)
    told = [v.title for v in voices if v and v.title]
    own = markup.entry_titles(scope, reading.tree)
    sites = reading.site_names
    for title in (*told[:-1], *own, *told[-1:], reading.head_title, *heads[:1]):
        if title and (trimmed := trim_title(title, heads, sites, host_of(reading.page.url))):
            head = trim_title(reading.head_title or "", [], sites, host_of(reading.page.url))
            # a heading that holds its byline too: the browser's title tells where the title ends
            return (
                head
                if head and len(head) > 5 and trimmed.startswith(head) and title in own and len(head) < len(trimmed)
                else trimmed
            )
    return None


def trim_title(title: str, heads: list[str], sites: list[str], host: str) -> str | None:
    """``title`` without the site's name before or after it; None where it is the site's name only."""
    named = {fold(s) for s in sites} | {host, host.split(".")[0]}
    if fold(title) in named and len([h for h in heads if fold(h) not in named]) > 0:
        return None
    spans = [(m.start(), m.end()) for m in _BREAK.finditer(title)]
    if not spans:
        return title
    folded = {fold(h): h for h in reversed(heads) if fold(h) not in named}
    for start, end in spans:  # a heading that is the title's one side
        for side in (title[:start], title[end:]):
            if fold(side) in folded and len(side) > 3:
                return side.strip()
    if fold(title) in folded:
        return title
    for start, end in spans:
        before, after = title[:start].strip(), title[end:].strip()
        if before and _is_site(after, named, host):
            return before
        if after and _is_site(before, named, host):
            return after
    return title


def _is_site(text: str, named: set[str], host: str) -> bool:
    folded = fold(text)
    bare = re.sub(r"[\W_]", "", folded)
    return (
        folded in named
        or (len(bare) > 3 and bare in (re.sub(r"[\W_]", "", host), re.sub(r"[\W_]", "", host.rsplit(".", 1)[0])))
        or (len(folded) > 3 and any(n.startswith(folded + " ") for n in named))
    )


def _library(page: Page) -> Any:
    """trafilatura's own reading (text and metadata), or None where it has none."""
    try:
        return trafilatura.bare_extraction(
            page.text,
            url=page.url,
            include_comments=False,
            with_metadata=True,
            date_extraction_params={
                "extensive_search": True,
                "original_date": True,
                "max_date": page.fetched_at.strftime("%Y-%m-%d"),
            },
        )
    except Exception:  # its own errors on hostile markup are no reason to lose the page
        return None


def main_text(page: Page, body: Any, library: Any) -> str | None:
    """The main text: trafilatura's, or the body element's own where the library lost most of it."""
    text = squeeze_lines(getattr(library, "text", None))
    own = plain(body)
    known = body.tag not in ("body", "html") and len(own or "") < 200_000
    return own if own and known and len(text or "") * 3 < len(own) else text or own


def _author(
    reading: Reading, ld: Said | None, mf2: Said | None, micro: Said, meta: Said, scope: Any, library: Any
) -> str | None:
    sites = {fold(s) for s in reading.site_names}
    told = [*(ld.authors if ld else []), *(mf2.authors if mf2 else [])]
    if ld and len(ld.authors) > 1:
        names = [n for n in map(markup.person_name, ld.authors) if n]
        return ", ".join(dict.fromkeys(names)) or None
    shown = [*markup.bylines(scope, reading.tree), *micro.authors]
    names = [n for n in map(markup.person_name, [*told, *shown, *meta.authors]) if n]
    return (
        next((n for n in names if fold(n) not in sites), None)
        or next(iter(names), None)
        or markup.person_name(getattr(library, "author", None))
    )


def _published(reading: Reading, voices: list[Said], scope: Any, library: Any) -> datetime | None:
    """The date of publication; of voices that name one instant, the one that keeps the author's own zone."""
    seen, language = reading.page.fetched_at, reading.language
    told = [v.published for v in voices if v.published]
    shown = markup.dates(scope, reading.tree)
    found = [machine_date(t) or human_date(t, language) for t in told]
    local = [machine_date(t) if machine else human_date(t, language) for t, machine in shown]
    for when in (
        *found,
        *local[:6],
        path_date(urlsplit(reading.page.url).path),
        machine_date(getattr(library, "date", None)),
    ):
        if when and credible(when, seen):
            same = (o for o in (*found, *local) if o and o.utcoffset() and abs(o - when) < timedelta(minutes=2))
            return when if when.utcoffset() else next(same, when)
    for text in told[:1]:
        reading.unparsed.append(f"published_at: {text[:60]}")
    return None
