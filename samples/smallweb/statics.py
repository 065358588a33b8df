"""The static generators: a site's sources written as its users do, rendered by the real tool with its stock theme."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from samples.smallweb.content import Post, Site
from samples.smallweb.tools import EPOCH, NPM, TOOLS, run

BUILT = "2026-11-15T00:00:00Z"


def _front(facts: dict[str, Any], text: str) -> str:
    """YAML front matter, written as JSON values (YAML is a superset), then the text."""
    lines = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items())
    return f"---\n{lines}\n---\n\n{text}\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _facts(post: Post) -> dict[str, Any]:
    return {"title": post.title, "date": post.date.isoformat(), "tags": post.tags}


def hugo(site: Site, work: Path, out: Path) -> None:
    """Hugo with the theme of ``hugo new theme``; its feeds stand at /index.xml and no page announces them."""
    config = {
        "baseURL": site.site, "title": site.title, "locale": site.declared or site.languages[0], "theme": "stock",
        "params": {"description": site.tagline, "author": site.name},
        "markup": {"goldmark": {"renderer": {"unsafe": True}}},
        "menus": {"main": [{"name": page, "pageRef": f"/{page}", "weight": n} for n, page in enumerate(site.pages, 1)]},
    }  # fmt: skip
    run(TOOLS / "hugo", "new", "theme", "stock", cwd=work)
    _write(work / "hugo.json", json.dumps(config, ensure_ascii=False))
    shutil.rmtree(work / "themes/stock/content")
    (work / "themes/stock/hugo.toml").unlink()
    _write(work / "content/_index.md", _front({"title": site.title}, site.tagline))
    for name, text in site.pages.items():
        _write(work / f"content/{name}.md", _front({"title": name.capitalize()}, text))
    for post in site.posts:
        _write(work / f"content/posts/{post.slug}.md", _front(_facts(post), post.text))
    run(TOOLS / "hugo", "--destination", out, "--quiet", cwd=work)


def pelican(site: Site, work: Path, out: Path) -> None:
    """Pelican with its default theme (notmyidea) or ``simple``; Atom feeds with or without the full text."""
    settings = {
        "AUTHOR": site.name, "SITENAME": site.title, "SITEURL": site.site.rstrip("/"), "SITESUBTITLE": site.tagline,
        "TIMEZONE": "UTC", "DEFAULT_LANG": site.declared or site.languages[0], "THEME": site.theme or "notmyidea",
        "FEED_ALL_ATOM": None if site.feed == "none" else "feeds/all.atom.xml", "CATEGORY_FEED_ATOM": None,
        "TRANSLATION_FEED_ATOM": None, "AUTHOR_FEED_ATOM": None, "AUTHOR_FEED_RSS": None, "RELATIVE_URLS": False,
        "FEED_ALL_RSS": "feeds/all.rss.xml" if site.feed != "none" else None, "PATH": "content",
        "RSS_FEED_SUMMARY_ONLY": site.feed == "summary", "SUMMARY_MAX_LENGTH": 30, "DEFAULT_PAGINATION": 10,
        "SOCIAL": [(url.split("/")[2], url) for url in site.elsewhere], "FEED_DOMAIN": site.site.rstrip("/"),
        "LINKS": [(url.split("/")[2], url) for url in site.blogroll], "FILENAME_METADATA": "(?P<slug>.*)",
        "MARKDOWN": {"extension_configs": {"markdown.extensions.meta": {}, "markdown.extensions.extra": {}}},
    }  # fmt: skip
    _write(work / "pelicanconf.py", "\n".join(f"{key} = {value!r}" for key, value in settings.items()))

    def meta(title: str, **more: str) -> str:
        return "".join(f"{key}: {value}\n" for key, value in {"Title": title, **more}.items())

    for name, text in site.pages.items():
        _write(work / f"content/pages/{name}.md", f"{meta(name.capitalize())}\n{text}\n")
    for post in site.posts:
        # Pelican's default theme makes a category of the first tag, as many of its users do
        head = meta(
            post.title, Date=post.date.isoformat(), Tags=", ".join(post.tags), Category=post.tags[0], Lang=post.lang
        )
        _write(work / f"content/{post.slug}.md", f"{head}\n{post.text}\n")
    run(TOOLS / "pelican", "--quiet", "--settings", "pelicanconf.py", "--output", out, cwd=work)


def nikola(site: Site, work: Path, out: Path) -> None:
    """Nikola with bootblog4, in one language or several (the second under its own folder); full or teaser feeds."""
    work.rmdir()
    run(TOOLS / "nikola", "init", "--quiet", "--demo", work, cwd=work.parent)
    for folder in ("posts", "pages", "galleries", "listings", "images", "files"):
        shutil.rmtree(work / folder, ignore_errors=True)
    first, *others = site.languages
    head = "".join(f'<link rel="me" href="{url}">' for url in site.me)
    menu = tuple((f"/{page}/", page.capitalize()) for page in site.pages)
    changed = {
        "BLOG_AUTHOR": site.name, "BLOG_TITLE": site.title, "SITE_URL": site.site, "BLOG_DESCRIPTION": site.tagline,
        "BLOG_EMAIL": site.email, "DEFAULT_LANG": first, "TRANSLATIONS": {first: "", **{o: f"./{o}" for o in others}},
        "NAVIGATION_LINKS": dict.fromkeys(site.languages, menu), "FEED_TEASERS": site.feed == "summary",
        "GENERATE_ATOM": site.feed == "full", "COMMENT_SYSTEM": "", "SHOW_UNTRANSLATED_POSTS": False, "PAGES":
        (("pages/*.md", "", "page.tmpl"),), "EXTRA_HEAD_DATA": head,
        "NAVIGATION_ALT_LINKS": dict.fromkeys(site.languages, ()),
        "CONTENT_FOOTER": "Contents © 2026 {author}", "THEME": site.theme or "bootblog4",
        "SHOW_INDEX_PAGE_NAVIGATION": False,
        "THEME_CONFIG": {lang: {"sidebar": ""} for lang in site.languages},
        "FRONT_INDEX_HEADER": dict.fromkeys(site.languages, ""),
        "CONTENT_FOOTER_FORMATS": {lang: ((), {"author": site.name}) for lang in site.languages},
    }  # fmt: skip
    conf = (work / "conf.py").read_text("utf-8")
    _write(work / "conf.py", conf + "\n" + "\n".join(f"{key} = {value!r}" for key, value in changed.items()))
    for name, text in site.pages.items():
        _write(work / f"pages/{name}.md", _front({"title": name.capitalize(), "slug": name, "date": BUILT}, text))
    for post in site.posts:
        facts = {**_facts(post), "slug": post.slug, "tags": ", ".join(post.tags)}
        suffix = "" if post.lang == first else f".{post.lang}"
        _write(work / f"posts/{post.slug}{suffix}.md", _front(facts, post.text))
    run(TOOLS / "nikola", "build", "-n", "1", cwd=work)
    shutil.copytree(work / "output", out, dirs_exist_ok=True)


def jekyll(site: Site, work: Path, out: Path) -> None:
    """Jekyll with minima, jekyll-feed, jekyll-seo-tag and jekyll-sitemap, as its quick start makes it."""
    config = {
        "title": site.title, "description": site.tagline, "author": {"name": site.name}, "theme": "minima",
        "url": f"http://{site.host}", "baseurl": f"/{site.path}" if site.path else "", "time": BUILT, "timezone": "UTC",
        "lang": site.declared or site.languages[0], "future": True,
        "permalink": site.theme or "/:year/:month/:day/:title.html",
        "plugins": ["jekyll-feed", "jekyll-seo-tag", "jekyll-sitemap"],
        "feed": {"excerpt_only": site.feed == "summary"},
        "header_pages": [f"{name}.md" for name in site.pages],
    }  # fmt: skip
    _write(work / "_config.yml", json.dumps(config, ensure_ascii=False))
    _write(work / "index.md", _front({"layout": "home"}, ""))
    for name, text in site.pages.items():
        _write(
            work / f"{name}.md", _front({"layout": "page", "title": name.capitalize(), "permalink": f"/{name}/"}, text)
        )
    for post in site.posts:
        facts = {"layout": "post", **_facts(post), "author": site.name}
        _write(work / f"_posts/{post.date:%Y-%m-%d}-{post.slug}.md", _front(facts, post.text))
    run(
        "jekyll",
        "build",
        "--quiet",
        "--destination",
        out,
        cwd=work,
        JEKYLL_ENV="production",
        JEKYLL_NO_BUNDLER_REQUIRE="true",
    )


def hexo(site: Site, work: Path, out: Path) -> None:
    """Hexo with landscape; Atom feed with or without content."""
    config = {
        "title": site.title, "description": site.tagline, "author": site.name, "language": site.languages[0],
        "url": site.site.rstrip("/"), "root": f"/{site.path}/".replace("//", "/"),
        "permalink": ":year/:month/:day/:title/",
        "theme": "landscape", "timezone": "UTC", "public_dir": str(out), "updated_option": "date",
        "feed": {"type": "atom", "path": "atom.xml", "content": site.feed == "full", "limit": 20},
    }  # fmt: skip
    _write(work / "_config.yml", json.dumps(config, ensure_ascii=False))
    menu = {"Home": "/", "Archives": "/archives", **{name.capitalize(): f"/{name}/" for name in site.pages}}
    _write(
        work / "_config.landscape.yml",
        json.dumps({"menu": menu, "rss": "/atom.xml", "widgets": ["recent_posts", "tag"]}),
    )
    shutil.copy(NPM / "package.json", work / "package.json")
    package = json.loads((work / "package.json").read_text("utf-8"))
    _write(work / "package.json", json.dumps({**package, "name": site.slug, "hexo": {"version": ""}}))
    (work / "node_modules").symlink_to(NPM / "node_modules")
    for name, text in site.pages.items():
        _write(work / f"source/{name}/index.md", _front({"title": name.capitalize(), "date": BUILT}, text))
    for post in site.posts:
        _write(work / f"source/_posts/{post.slug}.md", _front({**_facts(post), "author": site.name}, post.text))
    run(NPM / "node_modules/.bin/hexo", "generate", "--silent", cwd=work)


ENGINES = {"hugo": hugo, "pelican": pelican, "nikola": nikola, "jekyll": jekyll, "hexo": hexo}
__all__ = ["ENGINES", "EPOCH"]
