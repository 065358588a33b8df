"""One HTML page as its voices, each parsed when first asked for; read by posts, profile, links and discover."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from crawler.marked import microformats
from crawler.page import Page
from crawler.platforms.blog import markup, structured
from crawler.platforms.blog.text import squeeze, text_of
from crawler.platforms.blog.urls import fold, host_of, join, same_site

LONGEST_TITLE = 1000
_FEED_NAME = re.compile(r"\s+(?:»|›|-|–|\|)\s+|\s+(?:RSS|Atom|Feed)\b")
_NO_NAME = re.compile(r"(?:rss|atom|feed|json|subscribe|posts?|rdf|xml)(?: (?:feed|[\d.]+))?")
_BREAK = re.compile(r"\s+(?:[|\-–—·•«»/:~]|//|::)+\s+|\s*\|\s*|:\s+|\s+@\s+|_")


class Reading:
    """A page and what its markup says; ``unparsed`` gathers what could not be read."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.tree = page.tree
        self.unparsed: list[str] = []

    @cached_property
    def nodes(self) -> list[dict[str, Any]]:
        return structured.json_ld(self.tree, self.unparsed)

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        return structured.metas(self.tree)

    @cached_property
    def mf2(self) -> dict[str, Any]:
        return microformats(self.page.text, self.page.url)

    @cached_property
    def body(self) -> Any:
        return markup.body_of(self.tree)

    @cached_property
    def base(self) -> str:
        """The address against which links are read (the base element's, else the page's own)."""
        href = next((e.get("href") for e in self.tree.iter("base") if e.get("href")), None)
        return join(self.page.url, href) or self.page.url

    @cached_property
    def canonical(self) -> str | None:
        """The address that the page gives itself, where it lies on the same site."""
        hrefs = self.tree.xpath("//link[@rel='canonical']/@href")
        return next((u for href in hrefs if (u := join(self.page.url, href)) and same_site(u, self.page.url)), None)

    @cached_property
    def language(self) -> str | None:
        """The language tag that the page declares, as BCP 47 writes it."""
        root = self.tree.getroottree().getroot()
        told = structured.meta_voice(self.metas).language
        voices = (root.get("lang"), root.get("xml:lang"), told, self.page.headers.get("content-language"))
        found = ((v or "").strip().split(",")[0].replace("_", "-") for v in voices)
        return next((v for v in found if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", v)), None)

    @cached_property
    def site_names(self) -> list[str]:
        """Names by which the page calls its site, most trusted first."""
        nodes = (n.get("name") for n in self.nodes if structured.kinds(n) & structured.SITES)
        names = [*self.metas.get("og:site_name", []), *(t for name in nodes for t in structured.texts(name))]
        feeds = self.tree.xpath("//link[@rel='alternate'][contains(@type, 'rss') or contains(@type, 'atom')]/@title")
        names += [_FEED_NAME.split(squeeze(str(title)) or "")[0] for title in feeds]
        names += self.metas.get("application-name", [])
        names += [text_of(e) or "" for e in markup.find(self.tree, "site_title", 2)]
        return [n for n in dict.fromkeys(names) if n and not _NO_NAME.fullmatch(fold(n))]

    @cached_property
    def head_title(self) -> str | None:
        """The words of the title element."""
        return next((t for e in self.tree.xpath("//title[not(ancestor::svg)]") if (t := text_of(e))), None)

    def trimmed(self, title: str, heads: list[str]) -> str | None:  # noqa: PLR0911 - a ladder
        """``title`` without the site's name before or after it; None where it is the site's name only.

        ``heads``: the page's headings; one that is a side of the title is the title.
        """
        if len(title) > LONGEST_TITLE:
            return None
        host = host_of(self.page.url)
        named = {fold(s) for s in self.site_names} | {host, host.split(".")[0]}
        heads = [h for h in heads if fold(h) not in named]
        if fold(title) in named and heads:
            return None
        sides = [(title[: m.start()].strip(), title[m.end() :].strip()) for m in _BREAK.finditer(title)]
        folded = {fold(h) for h in heads}
        if fold(title) in folded:
            return title
        for side in (side for pair in sides for side in pair):
            if len(side) > 3 and fold(side) in folded:
                return side
        sides += [
            (title[: -len(s)].rstrip(" :|-–—：｜"), s)
            for s in self.site_names
            if re.search(r"[:|：｜\-–—]\s*$", title[: -len(s)]) and title.endswith(s)
        ]
        for before, after in sides:
            if before and _is_site(after, named, host):
                return before
            if after and _is_site(before, named, host):
                return after
        return title


def robots_meta(page: Page) -> list[str]:
    """What the page's meta elements tell robots."""
    return [str(told) for told in page.tree.xpath("//meta[translate(@name, 'ROBTS', 'robts')='robots']/@content")]


def _is_site(text: str, named: set[str], host: str) -> bool:
    """Is it one of the site's names, the beginning of one, or its host in other letters?"""
    folded = fold(text)
    bare, hosts = re.sub(r"[\W_]", "", folded), {re.sub(r"[\W_]", "", h) for h in (host, host.rsplit(".", 1)[0])}
    begins = len(folded) > 3 and any(name.startswith(folded + " ") for name in named)
    return folded in named or begins or (len(bare) > 3 and bare in hosts)
