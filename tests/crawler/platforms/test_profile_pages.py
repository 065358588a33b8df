"""Pages as hubs and networks write them today: what their data, titles and markup say of their owner."""

from __future__ import annotations

import json

import pytest

from crawler.page import Page
from crawler.platforms.profile.extract import extract

DATA = {
    "props": {
        "pageProps": {
            "account": {
                "pageTitle": "Wren Halloway",
                "description": "Clocks",
                "links": [
                    {"title": "My videos", "url": "https://www.youtube.com/@wrenclocks"},
                    {"title": "Old", "url": "https://old.example/", "isActive": False},
                ],
                "socialLinks": [{"type": "EMAIL", "url": "mailto:a@b.example"}, {"url": "https://x.com/wrenclocks"}],
            }
        }
    }
}


def page(url: str, body: str) -> Page:
    return Page(url=url, body=f"<html lang='en'>{body}</html>".encode())


def test_links_that_stand_only_in_a_hub_s_data_are_found() -> None:
    script = f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(DATA)}</script>'
    found = extract(page("https://linktr.ee/wrenclocks", f"<title>wrenclocks | Linktree</title>{script}"))
    assert found.account is not None
    assert (found.account.name, found.account.bio) == ("Wren Halloway", "Clocks")
    links = [(link.url, link.text) for link in found.links]
    assert links == [("https://www.youtube.com/@wrenclocks", "My videos"), ("https://x.com/wrenclocks", None)]


@pytest.mark.parametrize("data", ["", "{", "[]", '{"props": {"pageProps": {"links": [5, {"url": 7}]}}}'])
def test_odd_data_of_a_hub_breaks_nothing(data: str) -> None:
    body = f'<title>Wren</title><script id="__NEXT_DATA__">{data}</script>'
    assert extract(page("https://linktr.ee/wrenclocks", body)).account


@pytest.mark.parametrize(
    ("url", "title", "name"),
    [
        ("https://beacons.ai/wren", "Wren Halloway's Beacons", "Wren Halloway"),
        ("https://about.me/wren", "Wren Halloway on about.me", "Wren Halloway"),
        ("https://ko-fi.com/wren", "Support Wren Halloway on Ko-fi", "Wren Halloway"),
        ("https://bio.link/wren", "Wren on Wheels", "Wren on Wheels"),
    ],
)
def test_a_name_is_freed_from_the_sentence_around_it(url: str, title: str, name: str) -> None:
    found = extract(page(url, f'<meta property="og:title" content="{title}"><p>x</p>'))
    assert found.account is not None
    assert found.account.name == name


def test_the_hub_s_own_accounts_are_not_its_user_s() -> None:
    links = ["https://twitter.com/aboutdotme", "https://www.instagram.com/aboutme", "https://twitter.com/wren"]
    body = "<h1>Wren</h1>" + "".join(f'<a href="{link}">x</a>' for link in links)
    assert [link.url for link in extract(page("https://about.me/wren", body)).links] == ["https://twitter.com/wren"]


def test_a_saved_network_page_gives_its_marked_name_and_rel_me_links() -> None:
    body = """<meta property="og:title" content="wren - Overview"><body><h1><span itemprop="name">Wren Halloway</span>
    </h1><a rel="nofollow me" href="https://wren.example">site</a></body>"""
    found = extract(page("https://github.com/wren", body))
    assert found.account is not None
    assert found.account.name == "Wren Halloway"
    assert [(link.kind, link.url) for link in found.links] == [("me", "https://wren.example")]


def test_followers_in_json_ld_are_numbers_and_a_blog_s_name_is_no_owner() -> None:
    counter = {"interactionType": "https://schema.org/FollowAction", "userInteractionCount": 1234}
    wren = {"@type": "Person", "name": "Wren", "interactionStatistic": counter}
    person = {"@type": "ProfilePage", "mainEntity": wren}
    script = '<script type="application/ld+json">{}</script>'
    found = extract(page("https://quiet.example/u/wren", script.format(json.dumps(person))))
    assert [(one.metric, one.value) for one in found.observations] == [("followers", 1234)]
    ticks = {"@type": "Organization", "name": "Ticks"}
    blog = extract(page("https://quiet.example/", script.format(json.dumps(ticks))))
    assert blog.account is not None
    assert (blog.account.name, blog.account.owner) == ("Ticks", None)
