"""What a visit does when a blog is not as it should be: through the real command line, over loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crawler.conftest import RunScrapy, Site

Visit = Callable[..., list[dict[str, Any]]]
SPIDER = "crawler/platforms/blog/spider.py"
TEXT = "I took the old loom apart, oiled the treadles and counted the heddles twice before warping it again. " * 4


def feed(url: str, items: str) -> str:
    return f"<rss version='2.0'><channel><title>Heddle</title><link>{url}/</link>{items}</channel></rss>"


def item(url: str, path: str, day: int) -> str:
    when = f"{day:02} May 2026 10:00:00 +0200"
    facts = f"<title>{path}</title><link>{url}{path}</link><pubDate>{when}</pubDate>"
    return f"<item>{facts}<description>Short …</description></item>"


def post(title: str, head: str = "") -> str:
    body = f"<article><h1>{title}</h1><p>{TEXT}</p></article>"
    return f"<html lang='en'><head><title>{title}</title>{head}</head><body>{body}</body></html>"


@pytest.fixture
def visit(site: Site, run_scrapy: RunScrapy, tmp_path: Path) -> Visit:
    """The records of one visit."""

    def run(url: str, *settings: str) -> list[dict[str, Any]]:
        out = tmp_path / "out.jsonl"
        out.unlink(missing_ok=True)
        here = (f"GUARD_ALLOW={site.host}", "DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=False", "ITEM_PIPELINES={}")
        options = [word for setting in (*here, *settings) for word in ("-s", setting)]
        done = run_scrapy("runspider", SPIDER, "-a", f"seeds={url}", *options, "-O", str(out))
        assert "Traceback" not in done.stderr, done.stderr
        return [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []

    return run


def sources(records: list[dict[str, Any]]) -> dict[str, str]:
    """{kind: outcome} of the visit's sources, the last of each kind."""
    return {r["kind"]: r["outcome"] for r in records if "outcome" in r}


def titles(records: list[dict[str, Any]]) -> list[str]:
    return [r["title"] for r in records if "images" in r]


def test_an_announced_feed_that_is_html_is_named_and_the_usual_address_is_tried(site: Site, visit: Visit) -> None:
    site.put(
        "/", "<html><head><link rel=alternate type='application/rss+xml' href=/wrong></head><body>Heddle</body></html>"
    )
    site.put("/wrong", post("No feed"))
    site.put("/index.xml", feed(site.url, item(site.url, "/one/", 1)))
    site.put("/one/", post("one"))
    records = visit(site.url + "/")
    wrong = next(r for r in records if r.get("outcome") == "not_a_feed")
    assert wrong["url"] == site.url + "/wrong"
    assert "its owner can mend the link" in wrong["detail"]
    assert [r["url"] for r in records if r.get("outcome") == "ok"] == [site.url + "/index.xml", site.url + "/"]
    assert titles(records) == ["/one/"]


def test_posts_that_are_gone_or_say_noindex_are_not_kept(site: Site, visit: Visit) -> None:
    paths = ["/one/", "/gone/", "/hidden/"]
    site.put("/feed/", feed(site.url, "".join(item(site.url, path, day) for day, path in enumerate(paths, 1))))
    site.put("/one/", post("one"))
    site.put("/hidden/", post("hidden"), X_Robots_Tag="noindex")
    assert titles(visit(site.url + "/feed/")) == ["/one/"]


@pytest.mark.parametrize("path", ["/meta", "/header"])
def test_a_seed_that_says_noindex_yields_nothing_but_its_outcome(site: Site, visit: Visit, path: str) -> None:
    site.put("/meta", post("meta", "<meta name=ROBOTS content='NoIndex'>"))
    site.put("/header", post("header"), X_Robots_Tag="noindex, nofollow")
    records = visit(site.url + path)
    assert [(r.get("kind"), r.get("outcome")) for r in records] == [("seed", "noindex")]


def test_a_blog_without_a_feed_is_read_from_its_sitemap(site: Site, visit: Visit) -> None:
    site.put("/", "<html lang=en><head><title>Heddle</title></head><body><p>Weaving</p></body></html>")
    rows = "".join(f"<url><loc>{site.url}{path}</loc></url>" for path in ("/", "/tag/warp/", "/one/", "/two/"))
    site.put("/sitemap.xml", f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{rows}</urlset>", "text/xml")
    site.put("/one/", post("one"))
    site.put("/two/", post("two"))
    assert sorted(titles(visit(site.url + "/"))) == ["one", "two"]
    assert "/tag/warp/" not in site.asked


def test_a_feed_whose_link_points_elsewhere_does_not_move_the_account(site: Site, visit: Visit) -> None:
    site.put(
        "/", "<html><head><link rel=alternate type='application/rss+xml' href=/feed/></head><body>Heddle</body></html>"
    )
    site.put("/feed/", feed("http://localhost.invalid:1313", item(site.url, "/one/", 1)))
    site.put("/one/", post("one"))
    account = next(r for r in visit(site.url + "/") if "native_id" in r)
    assert account["native_id"] == site.host


def test_a_visit_asks_for_no_more_pages_than_its_limit(site: Site, visit: Visit) -> None:
    site.put("/feed/", feed(site.url, "".join(item(site.url, f"/{n}/", n) for n in range(1, 31))))
    for n in range(1, 31):
        site.put(f"/{n}/", post(str(n)))
    records = visit(site.url + "/feed/")
    assert len(titles(records)) == 30
    fetched = [path for path in site.asked if path.strip("/").isdigit()]
    assert fetched == [f"/{n}/" for n in range(30, 20, -1)]


def test_where_a_post_leads_and_what_is_paid_for_reach_the_stages(site: Site, visit: Visit) -> None:
    site.put("/feed/", feed(site.url, item(site.url, "/one/", 1)))
    leads = "<p>Bought at <a href='https://reeds.example/8' rel='nofollow Sponsored'>Reeds*</a>, read <a href='https://heddles.example/'>this</a>.</p>"
    site.put("/one/", post("one").replace("</article>", f"{leads}<p class=note>* an affiliate link</p></article>"))
    records = visit(site.url + "/feed/")
    written = next(r for r in records if r.get("title") == "/one/")
    assert written["details"]["links"] == ["https://reeds.example/8", "https://heddles.example/"]
    assert written["details"]["paid_links"] == ["https://reeds.example/8"]
    kinds = {r["url"]: r["kind"] for r in records if r.get("post_id")}
    assert kinds == {"https://reeds.example/8": "sponsored", "https://heddles.example/": "body"}
