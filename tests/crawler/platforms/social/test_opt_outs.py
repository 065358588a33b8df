"""Every way to say no, one by one: whatever the flag, whatever the reader, the answer is refused or has no post."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.page import Page
from crawler.platforms import bluesky, fediverse, profile
from crawler.platforms.bluesky.extract import extract as read_bluesky
from crawler.platforms.fediverse.extract import extract as read_fediverse
from crawler.platforms.fediverse.rules import server_forbids
from crawler.platforms.profile.extract import extract as read_profile
from crawler.platforms.profile.urls import visit_address
from crawler.social import Threads, opted_out, plain
from storage.records import Extract

_WORDS = """#nobot #NoBot #nobots #no-bot #no_bots #norobots #noindex #NoIndex #noindexing
#noarchive #NOARCHIVING #nosearch
#nocrawl #nocrawlers
#noscrape #noscraping #noai #nollm ＃nobot #n\u200bobot #<span>nobot</span>"""
WORDS = _WORDS.split()
FLAGS: dict[str, dict[str, Any]] = {
    "noindex": {"noindex": True},
    "not_discoverable": {"discoverable": False},
    "locked": {"locked": True},
    "suspended": {"suspended": True},
    "limited": {"limited": True},
    "bot": {"bot": True},
    "group": {"group": True},
    "memorial": {"memorial": True},
}
ACTOR_FLAGS: dict[str, dict[str, Any]] = {
    "not_discoverable": {"discoverable": False},
    "locked": {"manuallyApprovesFollowers": True},
    "suspended": {"suspended": True},
    "bot": {"type": "Service"},
    "group": {"type": "Group"},
    "hidden_from_web": {"hidesToPublicFromUnauthedWeb": True},
    "noindex": {"noindex": True},
    "memorial": {"memorial": True},
}


def sample(platform: Any, case: str) -> Any:
    path = next((Path(platform.__path__[0]) / "samples" / case).glob("response.*"))
    text = path.read_text("utf-8")
    return json.loads(text) if path.suffix == ".json" else text


def read(reader: Any, data: Any, url: str = "https://pens.example/x") -> Extract:
    body = data if isinstance(data, str) else json.dumps(data)
    found: Extract = reader(Page(url=url, body=body.encode()))
    return found


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", ["note", "display_name", "field name", "field value"])
def test_a_word_anywhere_on_a_mastodon_profile_opts_out(word: str, place: str) -> None:
    account = sample(fediverse, "account")
    if place.startswith("field"):
        account["fields"].append({"name": "", "value": "", "verified_at": None, place.split()[1]: f"<p>{word}</p>"})
    else:
        account[place] = f"hello {word}"
    assert read(read_fediverse, account).refused == "opted_out"


@pytest.mark.parametrize("word", WORDS)
def test_a_word_in_the_bio_opts_out_on_every_other_reader(word: str) -> None:
    actor = sample(fediverse, "actor_mastodon")
    assert read(read_fediverse, {**actor, "summary": f"<p>x {word}</p>"}).refused == "opted_out"
    bare = plain(word) or ""
    assert read(read_bluesky, {**sample(bluesky, "profile"), "description": f"x {bare}"}).refused == "opted_out"
    page = sample(profile, "h_card").replace("I mend clocks.", f"I mend clocks. {word}")
    assert read(read_profile, page, "https://wren.example/about/").refused == "opted_out"


@pytest.mark.parametrize("text", ["#nobody", "#noindexation2", "nobot", "#noble bots", "#no #bots", "#nobotany"])
def test_other_words_opt_nobody_out(text: str) -> None:
    assert opted_out(text) is None


@pytest.mark.parametrize("why", FLAGS)
def test_each_flag_of_an_account_refuses_it_and_its_posts(why: str) -> None:
    account = {**sample(fediverse, "account"), **FLAGS[why]}
    assert read(read_fediverse, account).refused == why
    statuses = [{**one, "account": account} for one in sample(fediverse, "statuses")]
    found = read(read_fediverse, statuses)
    assert (found.refused, found.posts) == (why, [])


@pytest.mark.parametrize("silent", [None, "absent"])
def test_a_mastodon_account_that_does_not_say_it_wants_to_be_found_is_refused(silent: str | None) -> None:
    account = sample(fediverse, "account")
    if silent:
        del account["discoverable"]
    else:
        account["discoverable"] = None
    assert read(read_fediverse, account).refused == "not_discoverable"


@pytest.mark.parametrize("indexable", [False, None, "absent"])
def test_without_indexable_there_is_a_profile_and_no_post(indexable: Any) -> None:
    account = {**sample(fediverse, "account"), "indexable": indexable}
    if indexable == "absent":
        del account["indexable"]
    found = read(read_fediverse, [{**one, "account": account} for one in sample(fediverse, "statuses")])
    assert found.refused is None
    assert found.account is not None
    assert found.posts == [] == [link for link in found.links if link.post_id]


@pytest.mark.parametrize("why", ACTOR_FLAGS)
def test_each_flag_of_an_actor_refuses_it(why: str) -> None:
    assert read(read_fediverse, {**sample(fediverse, "actor_mastodon"), **ACTOR_FLAGS[why]}).refused == why


def test_an_actor_whose_software_knows_discoverable_and_does_not_set_it_is_refused() -> None:
    actor = sample(fediverse, "actor_mastodon")
    del actor["discoverable"]
    assert read(read_fediverse, actor).refused == "not_discoverable"
    assert read(read_fediverse, sample(fediverse, "actor_writefreely")).refused is None


def test_an_actor_that_is_not_indexable_shows_no_outbox() -> None:
    found = read(read_fediverse, {**sample(fediverse, "actor_mastodon"), "indexable": False})
    assert found.account is not None
    assert "outbox" not in found.account.details


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
def test_a_post_that_is_not_fully_public_is_left_out(visibility: str) -> None:
    statuses = [{**one, "visibility": visibility} for one in sample(fediverse, "statuses")]
    assert read(read_fediverse, statuses).posts == []


@pytest.mark.parametrize(
    ("rule", "closed"),
    [
        ("No scraping, indexing or archiving of posts.", True),
        ("Crawlers and bots are not welcome", True),
        ("Crawling is forbidden", True),
        ("Do not harvest or index our members' posts", True),
        ("Be kind. No spam.", False),
        ("Automated indexing is not allowed here", True),
    ],
)
def test_a_server_s_rules_may_close_it(rule: str, closed: bool) -> None:
    assert bool(server_forbids({"rules": [{"id": "1", "text": "Be nice"}, {"id": "2", "text": rule}]})) is closed


@pytest.mark.parametrize("label", ["!no-unauthenticated", "!hide", "!takedown", "bot"])
def test_a_label_on_a_bluesky_profile_refuses_it(label: str) -> None:
    data = sample(bluesky, "profile")
    data["labels"] = [{"src": data["did"], "uri": f"at://{data['did']}", "val": label}]
    assert read(read_bluesky, data).refused is not None
    data["labels"][0]["neg"] = True
    assert read(read_bluesky, data).refused is None


@pytest.mark.parametrize("word", ["noindex", "none", "NOINDEX, nofollow"])
def test_a_personal_page_that_says_noindex_is_refused(word: str) -> None:
    page = sample(profile, "h_card").replace("<title>", f'<meta name="robots" content="{word}"><title>')
    assert read(read_profile, page, "https://wren.example/").refused == "noindex"
    headed = Page(url="https://wren.example/", body=sample(profile, "h_card").encode(), headers={"x-robots-tag": word})
    assert read_profile(headed).refused == "noindex"


@pytest.mark.parametrize(
    "seed",
    ["https://www.instagram.com/nib/", "https://x.com/nib", "tiktok.com/@nib", "https://www.linkedin.com/in/nib"],
)
def test_a_page_of_a_closed_network_is_never_visited(seed: str) -> None:
    with pytest.raises(ValueError, match="import"):
        visit_address(seed)


def test_repliers_are_counted_and_none_is_kept() -> None:
    threads = Threads()
    threads.add(["otto", "\ud800", "tilda"], own="tilda")
    threads.add(["otto", "otto"], own="tilda")
    threads.add(["tilda"], own="tilda")
    expected = {"threads": 2, "threads_answered": 1, "repliers": 2, "repliers_returning": 1}
    assert threads.counts() == expected
    assert not any(name in repr(vars(threads)) for name in ("otto", "\ud800"))


@pytest.mark.parametrize("flag", FLAGS)
def test_a_boost_does_not_lead_to_who_asks_not_to_be_found(flag: str) -> None:
    sample = Path(fediverse.__path__[0], "samples", "statuses", "response.json")
    statuses = json.loads(sample.read_text(encoding="utf-8"))
    boosts = [one for one in statuses if one.get("reblog")]
    boosts[0]["reblog"]["account"] |= FLAGS[flag]
    page = Page(url="https://pens.example/api/v1/accounts/7/statuses", body=json.dumps(statuses).encode())
    assert [link.url for link in read_fediverse(page).links if link.kind == "boost"] == []
