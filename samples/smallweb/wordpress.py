"""WordPress on SQLite: one unpacked copy serves every WordPress host of the small web, each from its own database."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from samples.smallweb.content import HERE, Post, Site, html_of
from samples.smallweb.tools import WORDPRESS, run

LOCALES = {"en": "", "de": "de_DE", "fr": "fr_FR", "es": "es_ES", "pt": "pt_BR", "it": "it_IT", "nl": "nl_NL",
           "pl": "pl_PL", "cs": "cs_CZ", "tr": "tr_TR", "ja": "ja", "ar": "ar", "sv": "sv_SE", "fi": "fi"}  # fmt: skip
COMMENTS = json.loads((HERE / "comments.json").read_text("utf-8"))


class WordPress:
    """The shared copy in ``root``: unpacked when first needed, filled per site, served by PHP's own web server."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def unpack(self) -> None:
        """WordPress 6.5 with its SQLite drop-in, and the default theme of 6.3 (twentytwentythree) beside its own."""
        ours = HERE / "wordpress_site"
        if (self.root / "router.php").exists():
            for name in ("wp-config.php", "router.php", "provision.php"):
                shutil.copy(ours / name, self.root / name)
            return
        zips = WORDPRESS / "src/wordpress"
        with zipfile.ZipFile(zips / "wp-6.5.zip") as core:
            core.extractall(self.root)
        with zipfile.ZipFile(zips / "wp-6.3.zip") as older:
            older.extractall(self.root, [name for name in older.namelist() if "themes/twentytwentythree/" in name])
        classic = Path("/usr/share/wordpress/wp-content/themes/twentytwentyone")
        if classic.exists():
            shutil.copytree(classic, self.root / "wp-content/themes/twentytwentyone")
        with zipfile.ZipFile(WORDPRESS / "src/sqlite-database-integration/sqlite-database-integration.zip") as plugin:
            plugin.extractall(self.root / "unpacked")
        content = self.root / "wp-content"
        shutil.move(next((self.root / "unpacked").iterdir()), content / "plugins/sqlite-database-integration")
        shutil.copy(content / "plugins/sqlite-database-integration/db.copy", content / "db.php")
        (content / "mu-plugins").mkdir(exist_ok=True)
        shutil.copy(ours / "rel-me.php", content / "mu-plugins/rel-me.php")
        for name in ("wp-config.php", "router.php", "provision.php"):
            shutil.copy(ours / name, self.root / name)

    def provision(self, site: Site) -> None:
        """Install and fill the blog of one site, from nothing."""
        self.unpack()
        for old in (self.root / "wp-content/database").glob(f"{site.host}.sqlite*"):
            old.unlink()
        file = self.root / f"{site.slug}.json"
        file.write_text(json.dumps(_payload(site), ensure_ascii=False), "utf-8")
        run("php", "-d", "memory_limit=256M", "provision.php", file, cwd=self.root)

    @contextmanager
    def running(self) -> Iterator[int]:
        """PHP's server on a free loopback port (given to the block), stopped with it; 0 where no blog was built."""
        if not (self.root / "router.php").exists():
            yield 0
            return
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = ["php", "-d", "memory_limit=256M", "-S", f"127.0.0.1:{port}", "-t", str(self.root), "router.php"]
        with (self.root / "php.log").open("wb") as log:
            php = subprocess.Popen(command, cwd=self.root, stdout=log, stderr=log, start_new_session=True)  # noqa: S603
        try:
            _wait(port)
            yield port
        finally:
            os.killpg(php.pid, signal.SIGTERM)
            php.wait(10)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("HEAD", "/readme.html")
            link.getresponse()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("php -S did not answer within 10 s; see php.log in the WordPress folder")


def _payload(site: Site) -> dict[str, Any]:
    """What provision.php wants to know."""
    options = {
        "blogdescription": site.tagline, "WPLANG": "", "smallweb_me": site.me, "posts_per_rss": 10,
        "rss_use_excerpt": int(site.feed == "summary"), "gmt_offset": int(site.zone[:3]), "timezone_string": "",
        "permalink_structure": site.facts.get("permalink", "/%year%/%monthnum%/%postname%/"), "posts_per_page": 5,
    }  # fmt: skip
    posts = [
        {**_entry(post), "tags": post.tags, "category": post.tags[0], "comments": _comments(post)}
        for post in site.posts
    ]
    first = site.posts[0] if site.posts else None
    pages = [
        {**(_entry(first) if first else {}), "title": name.capitalize(), "slug": name, "html": html_of(text)}
        for name, text in site.pages.items()
    ]
    return {
        "host": site.host, "title": site.title, "tagline": site.tagline, "name": site.name, "login": site.handle,
        "url": site.site, "public": not site.noindex, "theme": site.theme or "twentytwentyfour", "options": options,
        "language": LOCALES[site.declared or site.languages[0]], "reader": "Robin", "posts": posts, "pages": pages,
    }  # fmt: skip


def _entry(post: Post) -> dict[str, Any]:
    return {
        "title": post.title, "slug": post.slug, "html": html_of(post.text), "local": f"{post.date:%Y-%m-%d %H:%M:%S}",
        "gmt": f"{post.date.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
    }  # fmt: skip


def _comments(post: Post) -> list[str]:
    lines = COMMENTS.get(post.lang, COMMENTS["en"])
    return [lines[n % len(lines)] for n in range(post.comments)]
