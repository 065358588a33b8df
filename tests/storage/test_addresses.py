"""What an address says: canonical forms, homes, and whose account it names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.addresses import is_right, measure
from storage.address_table import table
from storage.addresses import Address, canonical_url, home_address, identify, on_platform, unwrap

CASES = [
    line.split("\t")
    for line in Path(__file__).with_name("addresses.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("address", "platform", "value"), CASES, ids=[case[0] for case in CASES])
def test_an_address_names_its_account_or_none(address: str, platform: str, value: str) -> None:
    found = identify(address)
    assert is_right(found, platform or None, value or None), found


@pytest.mark.parametrize("address", [case[0] for case in CASES if case[1]])
def test_the_canonical_address_names_the_same_account(address: str) -> None:
    found = identify(address)
    assert found is not None
    again = identify(found.url)
    assert again is not None
    assert (again.key, again.value) == (found.key, found.value)


@pytest.mark.parametrize("name", list(table().platforms))
def test_every_platform_of_the_table_recognises_its_own_canonical_addresses(name: str) -> None:
    samples = ["mossgeek", "@mossgeek", "moss.bsky.social", "123456789", "UC" + "a1" * 11, "0000-0002-1825-0097"]
    samples += ["nm0123456", "12345678@N01", "0a1b2c3d4e5f0a1b2c3d4e5f", "abcDEFabc123"]
    found = [account for sample in samples if (account := identify(sample, name))]
    place = table().platforms[name]
    assert found or not place.hosts or place.by_host or any("(?P<s>" in path for path in place.paths)
    for account in found:
        assert identify(account.url) == account


def test_a_bare_handle_needs_its_platform() -> None:
    assert identify("@mossgeek") is None
    assert identify("mossgeek", "instagram") == identify("https://instagram.com/mossgeek")
    assert identify("MossGeek", "x") == identify("https://twitter.com/mossgeek")
    assert identify("UC" + "a1" * 11, "youtube") == identify("https://youtube.com/channel/UC" + "a1" * 11)
    assert identify("moss@toots.example", "fediverse") == identify("https://toots.example/@moss")


def test_an_address_of_another_platform_is_not_taken_for_the_one_asked() -> None:
    assert identify("https://instagram.com/mossgeek", "youtube") is None


def test_names_that_may_belong_to_different_people_have_different_keys() -> None:
    forms = ["youtube.com/@moss", "youtube.com/c/moss", "youtube.com/user/moss", "youtube.com/channel/UC" + "a1" * 11]
    assert len({account.key for form in forms if (account := identify(form))}) == 4
    blogs = ["moss.hatenablog.com", "moss.hatenablog.jp", "moss.substack.com", "substack.com/@moss"]
    assert len({account.key for form in blogs if (account := identify(form))}) == 4


def test_one_fediverse_account_has_one_key_whatever_the_software_or_the_server_it_is_seen_from() -> None:
    forms = ["@Moss@toots.example", "https://toots.example/@moss/1234", "https://other.example/@moss@toots.example"]
    assert {account.key for form in forms if (account := identify(form))} == {"fediverse:moss@toots.example"}
    photo = identify("https://pixelfed.example/moss")
    assert photo == Address(
        "pixelfed",
        "handle",
        "moss@pixelfed.example",
        "https://pixelfed.example/moss",
        "fediverse:moss@pixelfed.example",
    )


def test_a_local_server_keeps_its_port() -> None:
    found = identify("http://127.0.0.1:8080/@moss")
    assert found is not None
    assert found.value == "moss@127.0.0.1:8080"


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("HTTP://WWW.Moss.Example:80/About/Index.html?utm_source=x#top", "http://www.moss.example/About/"),
        ("https://moss.example", "https://moss.example/"),
        ("https://moss.example:443/a/../b/./c", "https://moss.example/b/c"),
        ("https://moss.example:8443/?b=2&a=1&fbclid=zz", "https://moss.example:8443/?a=1&b=2"),
        ("https://ann:secret@moss.example/%7eann/%e3%81%82", "https://moss.example/~ann/%E3%81%82"),
        ("https://moss.example/あ?q=あ b", "https://moss.example/%E3%81%82?q=%E3%81%82%20b"),
        ("https://Müller.example/", "https://xn--mller-kva.example/"),
        ("https://moss.example./x", "https://moss.example/x"),
        ("//moss.example/x", "https://moss.example/x"),
        ("  https://moss.example/a\nb ", "https://moss.example/ab"),
        ("https://moss.example/?p=12&s=tag", "https://moss.example/?p=12&s=tag"),
        ("https://www.youtube.com/watch?v=abc&si=zz&feature=share", "https://www.youtube.com/watch?v=abc"),
        ("http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
    ],
)
def test_an_address_has_one_canonical_form(given: str, canonical: str) -> None:
    assert canonical_url(given) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "given",
    [
        "",
        "#",
        "/about",
        "about.html",
        "mailto:moss@mail.example",
        "javascript:void(0)",
        "ftp://moss.example/",
        "data:,x",
        "https://",
        "https:///x",
        "http://a b/",
        "http://moss..example/",
        "http://moss.example:99999/",
        "file:///x",
    ],
)
def test_what_is_no_web_address_has_no_canonical_form(given: str) -> None:
    assert canonical_url(given) is None


@pytest.mark.parametrize(
    ("given", "home"),
    [
        ("https://www.moss.example/", "moss.example"),
        ("http://moss.example/index.php", "moss.example"),
        ("https://sites.example/~ann/", "sites.example/~ann"),
        ("https://moss.example:8080/blog/?utm_source=x#a", "moss.example:8080/blog"),
        ("moss.example/blog", "moss.example/blog"),
        ("https://www.example", "www.example"),
    ],
)
def test_a_home_has_one_key_without_scheme_or_www(given: str, home: str) -> None:
    assert home_address(given) == home


def test_a_redirector_is_looked_through_and_a_share_link_is_not() -> None:
    assert unwrap("https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fmoss.example%2F") == "https://moss.example/"
    assert unwrap("https://moss.example/redirect?q=https://other.example/") == (
        "https://moss.example/redirect?q=https://other.example/"
    )
    assert identify("https://www.facebook.com/sharer.php?u=https%3A%2F%2Finstagram.com%2Fmossgeek") is None


def test_a_page_of_a_platform_is_nobodys_own_site() -> None:
    assert on_platform("https://www.instagram.com/p/abc/")
    assert on_platform("https://help.instagram.com/")
    assert not on_platform("https://moss.example/")


def test_half_a_letter_in_an_address_breaks_nothing() -> None:
    assert home_address("https://moss.example/\ud800?b=\ud800") == "moss.example/%3F"
    assert canonical_url("https://moss.example/a?b=\ud800") == "https://moss.example/a?b=?"


@pytest.mark.skipif("GRAPEVINE_DATA" not in os.environ, reason="GRAPEVINE_DATA names no recorded data")
def test_all_recorded_addresses_are_right_and_no_trap_is_taken() -> None:
    file = Path(os.environ["GRAPEVINE_DATA"]) / "identity" / "url_cases.json"
    result = measure(json.loads(file.read_text("utf-8"))["cases"], rounds=1)
    assert (result["right"], result["traps_accepted"]) == (result["total"], 0), result["wrong"]
