"""Rebuilds the small web: `render` its sites with real software, `serve` them on loopback, `record` a crawl of them.

.venv/bin/python -m samples.smallweb.build record     # render, serve, crawl in archive mode, stop
.venv/bin/python -m samples.smallweb.build serve      # a forward proxy to look around with: curl -x http://127.0.0.1:8899
.venv/bin/python -m samples.smallweb.build truth      # writes truth.json from the content files
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from samples.smallweb.content import HERE, Site, read_all
from samples.smallweb.plain import hub_page, plain, profile_page
from samples.smallweb.proxy import Host, Proxy
from samples.smallweb.statics import ENGINES
from samples.smallweb.tools import BUILD, ROOT, missing
from samples.smallweb.truth import write_truth
from samples.smallweb.wordpress import WordPress

ARCHIVE = HERE.parent / "smallweb.warc.gz"
SEEDS = HERE / "seeds.csv"
WWW = BUILD / "www"
PROFILE_HOSTS = ("burrow.example", "linkhub.example")


def render(sites: list[Site], only: str = "") -> None:
    """Every site into var/smallweb/build/www/HOST/, WordPress ones into their own databases."""
    for site in sites:
        if only and only != site.slug:
            continue
        started = time.perf_counter()
        work, out = BUILD / "src" / site.slug, WWW / site.host / site.path
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        if site.engine == "wordpress":
            WordPress(BUILD / "wordpress").provision(site)
        elif site.engine != "none":
            {**ENGINES, "plain": plain}[site.engine](site, work, out)
        print(f"{site.slug:24} {site.engine:10} {site.site:40} {time.perf_counter() - started:5.1f} s", flush=True)
    _shared_pages(sites)


def _shared_pages(sites: list[Site]) -> None:
    """The social profiles and link pages of people, each naming all the homes of that person."""
    for site in sites:
        homes = [other.site for other in sites if other.person == site.person and other.engine != "none"]
        if site.burrow:
            _save("burrow.example", f"@{site.burrow}", profile_page(site, homes))
        if site.hub:
            _save("linkhub.example", site.hub, hub_page(site, [*homes, *site.elsewhere]))


def _save(host: str, path: str, text: str) -> None:
    file = WWW / host / f"{path}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")


def hosts_of(sites: list[Site], php: int) -> dict[str, Host]:
    """How each host answers; a host whose site has a rule for everything is dead in the way the rule says."""
    hosts = {name: Host(WWW / name) for name in PROFILE_HOSTS}
    shop = {"path": "*", "body": "<!DOCTYPE html><html><head><title>Shop</title></head><body>Shop</body></html>"}
    hosts |= {name: Host(WWW / name, [shop]) for name in (HERE / "shops.txt").read_text("utf-8").split()}
    for site in sites:
        host = hosts.setdefault(site.host, Host(WWW / site.host, charset=site.served_as or "utf-8"))
        host.rules += site.rules
        host.upstream = host.upstream or (php if site.engine == "wordpress" else 0)
    return hosts


@contextmanager
def served(sites: list[Site], port: int = 0) -> Iterator[Proxy]:
    """The whole small web behind one proxy, for as long as the block lasts."""
    with WordPress(BUILD / "wordpress").running() as php:
        proxy = Proxy(hosts_of(sites, php), port)
        proxy.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            proxy.server_close()


def crawl(proxy: Proxy, sites: list[Site]) -> int:
    """The project's own crawl in archive mode through the proxy; only one that ended well replaces the old archive."""
    fresh, database = BUILD / "smallweb.warc.gz", BUILD / "record.sqlite"
    for old in (fresh, *BUILD.glob("record.sqlite*")):
        old.unlink(missing_ok=True)
    env = {
        **os.environ, "http_proxy": proxy.url, "GRAPEVINE_DATABASE_URL": f"sqlite:///{database}",
        "GRAPEVINE_CONTACT": "http://smallweb.example/",
    }  # fmt: skip
    scrapy = [sys.executable, "-m", "scrapy"]
    relay = proxy.url.removeprefix("http://")
    pace = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACK_OFF_SECONDS": 0.1}  # nobody to be patient with
    chosen = [f"{name}={value}" for name, value in {"ARCHIVE": fresh, "GUARD_ALLOW": relay, **pace}.items()]
    subprocess.run([*scrapy, "migrate"], cwd=ROOT, env=env, check=True)  # noqa: S603
    command = [*scrapy, "crawl", "blog", "-a", f"seeds={SEEDS}", *(word for each in chosen for word in ("-s", each))]
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode  # noqa: S603
    # 1: some sources failed, as they are meant to; nearly empty: something else is wrong
    if code in (0, 1) and fresh.exists() and fresh.stat().st_size > 400_000:
        _append_rest(fresh, proxy, sites)
        shutil.move(fresh, ARCHIVE)
        print(f"{ARCHIVE.relative_to(ROOT)}: {ARCHIVE.stat().st_size / 1e6:.2f} MB")
        return 0
    return code or 2


def _append_rest(archive: Path, proxy: Proxy, sites: list[Site]) -> None:
    """What the crawl refuses (noindex, too large) or is no blog (profiles, link pages), for replays."""
    with archive.open("rb") as file:
        held = {record.rec_headers.get_header("WARC-Target-URI") for record in ArchiveIterator(file)}
    closed = ("robots", "hostile:robots_500", "hostile:redirect_loop", "dead:dns")
    urls = [site.site for site in sites if site.outcome not in closed]
    urls += [f"http://burrow.example/@{site.burrow}" for site in sites if site.burrow]
    urls += [f"http://linkhub.example/{site.hub}" for site in sites if site.hub]
    with archive.open("ab") as file:
        writer = WARCWriter(file, gzip=True)
        for url in sorted({*urls} - held):
            link = http.client.HTTPConnection("127.0.0.1", proxy.server_address[1], timeout=60)
            link.request("GET", url)
            answer = link.getresponse()
            head = StatusAndHeaders(f"{answer.status} -", answer.getheaders(), protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(url, "response", payload=BytesIO(answer.read()), http_headers=head)
            )
            link.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["render", "serve", "record", "truth"])
    parser.add_argument("--only", default="", help="render one content file (its name without .md)")
    parser.add_argument("--port", type=int, default=8899)
    parser.add_argument("--rendered", action="store_true", help="record or serve what was rendered before")
    given = parser.parse_args()
    sites = read_all()
    if given.what == "truth":
        write_truth(sites, HERE / "truth.json")
        return 0
    if gone := missing():
        print("\n".join(dict.fromkeys(gone)), file=sys.stderr)
        return 2
    if not given.rendered:
        if not given.only:
            shutil.rmtree(BUILD, ignore_errors=True)
        render(sites, given.only)
    if given.what == "render":
        return 0
    with served(sites, given.port if given.what == "serve" else 0) as proxy:
        if given.what == "record":
            return crawl(proxy, sites)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that PHP is stopped with us
        print(f"{len(sites)} sites, for example:\n    curl -x {proxy.url} {sites[0].site}\nCtrl-C ends it", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
