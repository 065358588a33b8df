"""A crawl of a real WordPress on loopback: the blog by the blog spider, its author's page by the profile spider."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from samples.smallweb import wordpress
from samples.smallweb.content import HERE, Site, read_site
from samples.smallweb.proxy import Host, Proxy
from tests.crawler.conftest import scrapy
from tests.real.setup import WORDPRESS, main

pytestmark = pytest.mark.skipif("GRAPEVINE_REAL" not in os.environ, reason="GRAPEVINE_REAL names no folder for servers")


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Site, Proxy]]:
    """WordPress with one author's blog, and the proxy by which its host name is reached."""
    if shutil.which("php") is None:
        pytest.skip("php is missing; get php-cli, php-sqlite3, php-xml and php-mbstring")
    main()
    monkeypatch.setattr(wordpress, "WORDPRESS", WORDPRESS)
    site = read_site(HERE / "content/en-slowpour.md")
    server = wordpress.WordPress(tmp_path / "wordpress")
    server.root.mkdir()
    server.provision(site)
    with server.running() as port:
        proxy = Proxy({site.host: Host(tmp_path, upstream=port)})
        proxy.start()
        yield site, proxy
        proxy.shutdown()
        proxy.server_close()


def test_a_real_wordpress_and_its_author_s_page_are_crawled(web: tuple[Site, Proxy], tmp_path: Path) -> None:
    site, proxy = web
    env = {"GRAPEVINE_DATABASE_URL": f"sqlite:///{tmp_path / 'real.db'}", "GRAPEVINE_CONTACT": "https://tests.example/"}
    assert scrapy("migrate", **env).returncode == 0
    home = f"http://{site.host}/"
    seeds = tmp_path / "seeds.txt"
    seeds.write_text(f"{home}\nprofile:{home}author/{site.handle}/\n", "utf-8")
    settings = ["GUARD_ALLOW=" + proxy.url.partition("://")[2], "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False"]
    options = [word for setting in settings for word in ("-s", setting)]
    done = scrapy("crawl", "all", "-a", f"seeds={seeds}", *options, **env, http_proxy=proxy.url)
    with sqlite3.connect(tmp_path / "real.db") as connection:
        outcomes = dict(connection.execute("SELECT url, outcome FROM source WHERE kind = 'seed'").fetchall())
        accounts = dict(connection.execute("SELECT platform, name FROM account").fetchall())
        titles = {title for (title,) in connection.execute("SELECT title FROM post")}
    assert set(outcomes.values()) == {"ok"}, done.stderr
    assert len(outcomes) == 2
    assert {post.title.replace("'", "’") for post in site.posts[-10:]} <= titles  # as WordPress prints them
    assert accounts == {"web": site.name, "blog": site.title}
    assert "Traceback" not in done.stderr
