"""Seed lists: what is read, and what is said of what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.seeds import BadSeed, Seed, SeedsUnreadable, read_seeds


def write(tmp_path: Path, name: str, content: str | bytes) -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def urls(given: str) -> list[str]:
    return [seed.url for seed in read_seeds(given) if isinstance(seed, Seed)]


def bad(given: str) -> list[BadSeed]:
    return [seed for seed in read_seeds(given) if isinstance(seed, BadSeed)]


def test_one_address_is_a_list_of_one() -> None:
    assert urls("https://moss.example/") == ["https://moss.example/"]


def test_plain_lines_are_read_without_comments_blanks_and_repeats(tmp_path: Path) -> None:
    text = "# my list\n\nhttps://moss.example/\n  http://yarn.example/feed  \nhttps://moss.example/\n"
    assert urls(write(tmp_path, "list.txt", text)) == ["https://moss.example/", "http://yarn.example/feed"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("comma.csv", "name,URL\nMoss,https://moss.example/\n"),
        ("semicolon.csv", '"Name";"Homepage"\n"Moss; and more";"https://moss.example/"\n'),
        ("tab.tsv", "feed\tnote\nhttps://moss.example/\t-\n"),
        ("bom.csv", "\ufeffurl\nhttps://moss.example/\n"),
    ],
)
def test_csv_is_read_by_its_address_column(tmp_path: Path, name: str, text: str) -> None:
    assert urls(write(tmp_path, name, text)) == ["https://moss.example/"]


def test_opml_gives_feeds_and_sites_of_nested_outlines(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><opml version="2.0"><body><outline text="wool">
      <outline type="rss" xmlUrl="https://yarn.example/feed" htmlUrl="https://yarn.example/"/>
      <outline text="only a site" htmlUrl="https://moss.example/"/></outline></body></opml>"""
    assert urls(write(tmp_path, "list.opml", text)) == ["https://yarn.example/feed", "https://moss.example/"]


def test_utf16_lists_are_read(tmp_path: Path) -> None:
    assert urls(write(tmp_path, "list.txt", "https://møss.example/\n".encode("utf-16"))) == ["https://møss.example/"]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("moss.example", "write https://moss.example"),
        ("ftp://moss.example/", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("https:///post", "names no host"),
        ("https://two words/", "holds a blank"),
        ("http://[::1/", "is no address"),
        ("http://moss.example:port/", "is no address"),
        ("mailto:ann@moss.example", "not a web address"),
        ("moss.example:8080/feed", "write https://moss.example:8080/feed"),
    ],
)
def test_a_bad_line_is_named_with_its_place_and_the_way_out(tmp_path: Path, line: str, word: str) -> None:
    path = write(tmp_path, "list.txt", f"https://good.example/\n{line}\nhttps://other.example/\n")
    (found,) = bad(path)
    assert found.where == f"{path}:2"
    assert word in found.message
    assert urls(path) == ["https://good.example/", "https://other.example/"]


def test_a_short_csv_row_is_a_bad_line_not_a_crash(tmp_path: Path) -> None:
    path = write(tmp_path, "list.csv", "name,url\nonly a name\nMoss,https://moss.example/\n")
    assert [found.where for found in bad(path)] == [f"{path}:2"]
    assert urls(path) == ["https://moss.example/"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("list.csv", "name,colour\nMoss,green\n", "found name, colour"),
        ("list.csv", "", "no column holds an address"),
        ("list.opml", "<opml><body/></opml>", "no <outline>"),
        ("list.txt", b"\xff\xfa\x00\x10binary", "not UTF-8"),
        ("list.txt", b"https://moss.example/\x00", "not a text file"),
    ],
)
def test_an_unreadable_list_says_what_is_wrong(tmp_path: Path, name: str, content: str | bytes, word: str) -> None:
    with pytest.raises(SeedsUnreadable, match=word):
        list(read_seeds(write(tmp_path, name, content)))


@pytest.mark.parametrize(("given", "word"), [("", "no seeds were given"), ("no/such/file.txt", "no such file")])
def test_nothing_to_read_is_said(given: str, word: str) -> None:
    with pytest.raises(SeedsUnreadable, match=word):
        list(read_seeds(given))


def test_a_folder_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(SeedsUnreadable, match="check the path"):
        list(read_seeds(str(tmp_path)))


def test_an_opml_bomb_is_read_without_expanding(tmp_path: Path) -> None:
    text = """<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
    <opml><body><outline xmlUrl="https://moss.example/" text="&x;"/></body></opml>"""
    assert urls(write(tmp_path, "list.opml", text)) == ["https://moss.example/"]
