"""Hand-written sites: bare HTML with h-card, rel=me, JSON-LD or nothing at all, profile pages and link pages."""

from __future__ import annotations

import json
from email.utils import format_datetime
from html import escape
from pathlib import Path
from urllib.parse import quote

from samples.smallweb.content import Post, Site, html_of, link_list

PAGE = """<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="{charset}">
<title>{title}</title>
{head}
</head>
<body>
{body}
</body>
</html>
"""


def page(site: Site, title: str, body: str, head: str = "", lang: str = "") -> str:
    robots = '<meta name="robots" content="noindex, nofollow">\n' if site.noindex else ""
    charset = site.served_as or "utf-8"
    head = robots + site.head + head
    return PAGE.format(lang=lang or site.languages[0], charset=charset, title=escape(title), head=head, body=body)


def _card(site: Site) -> str:
    links = "".join(f'<li><a class="u-url" rel="me" href="{url}">{url.split("/", 2)[2]}</a></li>' for url in site.me)
    links += "".join(f'<li><a href="{url}">{url.split("/", 2)[2]}</a></li>' for url in site.profiles)
    return (
        f'<div class="h-card"><a class="p-name u-url u-uid" href="{site.site}">{escape(site.name)}</a> '
        f'<span class="p-locality">{escape(site.place)}</span>'
        f'<p class="p-note">{escape(site.tagline)}</p><ul>{links}</ul></div>'
    )


def _json_ld(site: Site, post: Post | None = None) -> str:
    person = {"@type": "Person", "name": site.name, "url": site.site, "sameAs": site.elsewhere}
    data: dict[str, object] = {"@context": "https://schema.org", **person}
    if post:
        data = {
            "@context": "https://schema.org", "@type": "BlogPosting", "headline": post.title, "author": person,
            "datePublished": post.date.isoformat(), "keywords": post.tags, "inLanguage": post.lang,
        }  # fmt: skip
    return f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>\n'


def _entry(site: Site, post: Post) -> str:
    tags = " ".join(f'<a class="p-category" rel="tag" href="{site.site}">{escape(tag)}</a>' for tag in post.tags)
    text = html_of(post.text)
    if site.theme == "bare":  # as in 1998: no class, no time element
        return f"<h2>{escape(post.title)}</h2>\n<i>{post.date:%d.%m.%Y}</i>\n{text}"
    return (
        f'<article class="h-entry"><h1 class="p-name">{escape(post.title)}</h1>'
        f'<p><time class="dt-published" datetime="{post.date.isoformat()}">{post.date:%Y-%m-%d}</time> '
        f'<a class="p-author h-card" href="{site.site}">{escape(site.name)}</a> {tags}</p>\n'
        f'<div class="e-content">{text}</div></article>'
    )


def _address(site: Site, post: Post) -> str:
    return f"{site.site}{quote(post.slug)}.html"


def _rss(site: Site) -> str:
    items = []
    for post in reversed(site.posts):
        html = html_of(post.text)
        text = html if site.feed == "full" else html.split("</p>")[0] + "</p>"
        items.append(
            f"<item><title>{escape(post.title)}</title><link>{_address(site, post)}</link>"
            f"<guid>{_address(site, post)}</guid><pubDate>{format_datetime(post.date)}</pubDate>"
            f"<description>{escape(text)}</description></item>"
        )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>{escape(site.title)}</title>'
        f"<link>{site.site}</link><description>{escape(site.tagline)}</description><language>{site.languages[0]}</language>\n"
        + "\n".join(items) + "\n</channel></rss>\n"
    )  # fmt: skip


def _json_feed(site: Site) -> str:
    items = [
        {"id": _address(site, p), "url": _address(site, p), "title": p.title,
         "content_html": html_of(p.text), "date_published": p.date.isoformat(), "tags": p.tags, "language": p.lang}
        for p in reversed(site.posts)
    ]  # fmt: skip
    head = {"version": "https://jsonfeed.org/version/1.1", "title": site.title, "home_page_url": site.site}
    author = {"authors": [{"name": site.name, "url": site.site}], "language": site.languages[0]}
    return json.dumps({**head, **author, "items": items}, ensure_ascii=False, indent=1)


def plain(site: Site, work: Path, out: Path) -> None:
    """A site as somebody types it; ``theme`` is card (microformats), bare (nothing) or json (a JSON Feed)."""
    out.mkdir(parents=True, exist_ok=True)
    bare = site.theme == "bare"
    kind, feed = ("application/feed+json", "feed.json") if site.theme == "json" else ("application/rss+xml", "feed.xml")
    told = f'<link rel="alternate" type="{kind}" title="{escape(site.title)}" href="{site.site}{feed}">\n'
    head = told if site.feed in ("full", "summary") and not bare else ""

    def save(name: str, text: str) -> None:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(text.encode(site.written_in or "utf-8", "xmlcharrefreplace"))

    menu = " | ".join(f'<a href="{site.site}{name}.html">{name}</a>' for name in site.pages)
    rows = "".join(
        f'<li>{p.date:%Y-%m-%d} <a href="{_address(site, p)}">{escape(p.title)}</a></li>\n'
        for p in reversed(site.posts)
    )
    top = f"<h1>{escape(site.title)}</h1>\n" + ("" if bare else _card(site)) + f"<p>{menu}</p>\n"
    save(
        "index.html", page(site, site.title, top + f"<ul>\n{rows}</ul>", head + (_json_ld(site) if site.jsonld else ""))
    )
    for name, text in site.pages.items():
        save(f"{name}.html", page(site, f"{name} - {site.title}", html_of(text), head))
    for post in site.posts:
        more = head + (_json_ld(site, post) if site.jsonld else "")
        body = f'<p><a href="{site.site}">{escape(site.title)}</a></p>\n{_entry(site, post)}'
        save(f"{post.slug}.html", page(site, f"{post.title} - {site.title}", body, more, post.lang))
    if site.feed != "none":
        save(feed, _json_feed(site) if site.theme == "json" else _rss(site))


def profile_page(site: Site, homes: list[str]) -> str:
    """A small social profile (burrow.example/@name) which links back to the owner's sites with rel=me."""
    return page(
        site,
        f"{site.name} (@{site.burrow}@burrow.example)",
        f'<div class="h-card"><h1 class="p-name">{escape(site.name)}</h1>'
        f'<p class="p-nickname">@{site.burrow}@burrow.example</p>'
        f'<p class="p-note">{escape(site.tagline)}</p>{link_list(homes, "me nofollow noopener")}</div>',
    )


def hub_page(site: Site, urls: list[str]) -> str:
    """A page of buttons (linkhub.example/name), as link-in-bio services make them: no rel=me."""
    rows = "".join(f'<a class="button" href="{url}" rel="noopener">{url.split("/", 2)[2]}</a>\n' for url in urls)
    return page(site, f"{site.name} | linkhub", f"<h1>@{site.hub}</h1>\n<p>{escape(site.tagline)}</p>\n{rows}")
