"""The bundled small web is what its truth file says: enough makers, languages and niches, no link into the void."""

from __future__ import annotations

import csv
import http.client
import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from samples.smallweb.build import ARCHIVE, PROFILE_HOSTS, SEEDS, hosts_of
from samples.smallweb.content import HERE, Site, html_of, read_all, read_site, slug_of
from samples.smallweb.plain import plain
from samples.smallweb.proxy import Host, Proxy
from samples.smallweb.truth import truth_of

HOST = re.compile(r"http://([a-z0-9.-]+\.example)")


@pytest.fixture(scope="module")
def sites() -> list[Site]:
    return read_all()


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((HERE / "truth.json").read_text("utf-8"))
    return data


def test_the_truth_file_is_what_the_content_says(sites: list[Site], truth: dict[str, Any]) -> None:
    assert truth == truth_of(sites), "run: python -m samples.smallweb.build truth"


def test_there_are_enough_makers_languages_and_niches(truth: dict[str, Any]) -> None:
    people = [maker for maker in truth["makers"] if maker["kind"] == "person"]
    assert len(people) >= 60
    assert len({language for maker in people for language in maker["languages"]}) >= 8
    assert len({maker["subject"] for maker in people}) >= 25
    assert len({maker["niche"] for maker in people}) >= 25


def test_every_role_that_scores_are_checked_against_is_played(truth: dict[str, Any]) -> None:
    roles = Counter(maker["role"] for maker in truth["makers"])
    assert roles["specialist"] >= 30
    assert min(roles["professional"], roles["rising"], roles["fading"], roles["dead"], roles["hostile"]) >= 3
    assert min(roles[role] for role in ("generalist", "agency", "impostor", "opted out")) >= 1
    assert all(maker["why"] for maker in truth["makers"])


def test_a_maker_whose_pages_are_read_wrote_at_least_four_posts(sites: list[Site]) -> None:
    short = {site.slug: len(site.posts) for site in sites if site.engine != "none" and len(site.posts) < 4}
    assert not short


def test_rising_makers_write_more_each_year_and_fading_ones_less(sites: list[Site]) -> None:
    for site in sites:
        years = Counter(post.date.year for post in site.posts)
        if site.role == "rising":
            assert max(years[2024], years[2025]) < years[2026], site.slug
        if site.role == "fading":
            assert years[2024] > years[2025] >= years[2026], site.slug


def test_every_post_has_its_own_address_and_a_day_that_is_the_same_in_utc(sites: list[Site]) -> None:
    for site in sites:
        slugs = [post.slug for post in site.posts]
        assert len(set(slugs)) == len(slugs), site.slug
        assert all(slugs), site.slug
        for post in site.posts:
            assert post.date.utctimetuple().tm_yday == post.date.timetuple().tm_yday, (site.slug, post.title)


def test_every_host_that_is_named_anywhere_is_there(sites: list[Site]) -> None:
    hosts = set(hosts_of(sites, php=0))
    for site in sites:
        text = " ".join(
            [json.dumps(site.facts, default=str), *site.pages.values(), *(post.text for post in site.posts)]
        )
        gone = set(HOST.findall(text)) - hosts
        assert not gone, f"{site.slug} names {gone}"


def test_no_address_or_handle_can_belong_to_a_real_person(sites: list[Site]) -> None:
    for site in sites:
        for url in HOST.sub("", json.dumps(site.facts, default=str)).split('"'):
            if url.startswith(("http://", "https://")):
                assert "example" in url, f"{site.slug}: {url}"


def test_a_same_person_group_is_bound_by_links_in_both_directions(sites: list[Site]) -> None:
    several = Counter(site.person for site in sites)
    for site in sites:
        others = [other for other in sites if other.person == site.person and other is not site]
        assert all(site.site in other.me for other in others), site.slug
    assert sum(count > 1 for count in several.values()) >= 2


def test_nobody_links_back_to_the_impostor(sites: list[Site]) -> None:
    claims = {other for site in sites if site.role == "impostor" for other in site.me}
    false = {site.site for site in sites if site.role == "impostor"}
    assert claims
    assert not [site.slug for site in sites if false & set(site.elsewhere)]


def test_the_seeds_reach_every_site_once(sites: list[Site]) -> None:
    with SEEDS.open(encoding="utf-8", newline="") as file:
        seeds = [row["url"] for row in csv.DictReader(file)]
    for site in sites:
        assert [url for url in seeds if url.startswith(site.site)], site.slug
    hosts = set(hosts_of(sites, php=0))
    assert {urlsplit(url).netloc for url in seeds} <= hosts


def test_the_archive_is_small() -> None:
    if not ARCHIVE.exists():
        pytest.skip("no archive yet; python -m samples.smallweb.build record makes it")
    assert ARCHIVE.stat().st_size < 5_000_000


def test_a_content_file_with_a_broken_head_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "bad.md"
    broken.write_text(
        '+++\nsite = "http://x.example/"\nlanguages = ["en"]\n+++\n== not-a-date | tag | Title\ntext\n', "utf-8"
    )
    with pytest.raises(ValueError, match=r"bad\.md.*not-a-date"):
        read_site(broken)
    broken.write_text("+++\nsite = \n+++\n", "utf-8")
    with pytest.raises(tomllib.TOMLDecodeError):
        read_site(broken)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Warum meine Mühle anders mahlt", "warum-meine-muhle-anders-mahlt"),
        ("Łódź & İzmir", "lodz-izmir"),
        ("蛇腹を貼り直す", "蛇腹を貼り直す"),
        ("Ποδήλατο", "ποδηλατο"),
    ],
)
def test_a_title_becomes_an_address_in_its_own_script(title: str, slug: str) -> None:
    assert slug_of(title) == slug


# The proxy, on loopback


def get(proxy: Proxy, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    link = http.client.HTTPConnection("127.0.0.1", proxy.server_address[1], timeout=10)
    link.request("GET", url, headers=headers)
    answer = link.getresponse()
    got = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    link.close()
    return got


@pytest.fixture(scope="module")
def proxy(sites: list[Site], tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("www")
    hosts = hosts_of(sites, php=0)
    for site in sites:
        if site.engine == "plain":
            plain(site, root, root / site.host / site.path)
    for name, host in hosts.items():
        host.root = root / name
    with Proxy(hosts) as running:
        running.start()
        yield running
        running.shutdown()


def test_a_page_is_served_under_its_true_address_and_can_be_asked_for_again(proxy: Proxy) -> None:
    status, headers, body = get(proxy, "http://nibwork.example/")
    assert (status, b"Nibwork" in body, b'rel="me"' in body) == (200, True, True)
    status, _, body = get(proxy, "http://nibwork.example/", **{"If-None-Match": headers["etag"]})
    assert (status, body) == (304, b"")


def test_a_dead_name_hangs_up_without_an_answer(proxy: Proxy) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        get(proxy, "http://mothlamp.example/")
    with pytest.raises(http.client.RemoteDisconnected):
        get(proxy, "http://never-heard-of.example/")


def test_misbehaviour_is_served_as_its_content_file_says(proxy: Proxy) -> None:
    assert get(proxy, "http://kuuraa.example/any")[0] == 410
    assert get(proxy, "http://peatandsmoke.example/robots.txt")[0] == 500
    assert get(proxy, "http://kreisverkehr.example/weiter/7")[1]["location"].endswith("/weiter/8")
    assert b"/calendar/42" in get(proxy, "http://villagehall.example/calendar/41")[2]
    assert len(get(proxy, "http://everyword.example/")[2]) > 11_000_000
    assert get(proxy, "http://sinrastreo.example/")[1]["x-robots-tag"] == "noindex, nofollow"
    with pytest.raises(UnicodeDecodeError):
        get(proxy, "http://kostkiikarty.example/")[2].decode("utf-8")


def test_no_path_leads_out_of_a_hosts_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "www").mkdir()
    with Proxy({"a.example": Host(tmp_path / "www")}) as running:
        running.start()
        assert get(running, "http://a.example/../secret.txt")[0] == 400
        assert get(running, "http://a.example/%2e%2e/secret.txt")[0] == 400
        running.shutdown()


def test_profile_pages_are_no_blogs_and_have_hosts_of_their_own(sites: list[Site]) -> None:
    assert not {site.host for site in sites} & set(PROFILE_HOSTS)


def test_markdown_of_the_content_keeps_links_and_lists() -> None:
    assert '<a href="http://a.example/">' in html_of("[a](http://a.example/)")
    assert "<li>" in html_of("- one\n- two")
