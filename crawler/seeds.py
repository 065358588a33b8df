"""Seed lists as people keep them (plain addresses, CSV, OPML): every bad line is named, none stops the rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import lxml.etree

ADDRESS_COLUMNS = ("url", "address", "link", "feed", "feed_url", "xmlurl", "rss", "home", "homepage", "website", "site")
"""CSV columns that hold an address, in order of preference; compared without case and blanks."""


class SeedsUnreadable(Exception):
    """No seed can be had from what was given; the message says what, where and how to mend it."""


@dataclass(frozen=True, slots=True)
class Seed:
    """One address to visit, and where it stood."""

    url: str
    where: str = ""
    """file:line, for messages."""


@dataclass(frozen=True, slots=True)
class BadSeed:
    """A line that is no address: where it stood, and what to do about it."""

    where: str
    message: str


def web_address(text: str) -> str:
    """``text`` as a web address; ValueError with the way out where it is none."""
    shown = repr(text[:100])
    if not text:
        raise ValueError("no address here; fill it in, or take the line out")
    if len(text.split()) > 1:
        raise ValueError(f"{shown} holds a blank; give one address a line, and write a blank in one as %20")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise ValueError(f"{shown} is no address ({error}); write it like https://example.org/") from None
    if parts.scheme.lower() not in ("http", "https"):
        if "://" in text or text.lower().startswith(_NO_PAGES):
            raise ValueError(f"{shown} is not a web address; only http:// and https:// are crawled")
        raise ValueError(f"{shown} has no scheme; write https://{text[:100].lstrip('/')}")
    if not host or host.startswith("."):
        raise ValueError(f"{shown} names no host; write it like https://example.org/")
    return text


_NO_PAGES = ("mailto:", "javascript:", "data:", "file:", "tel:", "about:", "acct:", "feed:", "blob:")


def read_seeds(given: str, address: Callable[[str], str] = web_address) -> Iterator[Seed | BadSeed]:
    """The seeds of a file (plain lines, CSV, OPML) or the one address ``given`` itself, in order, each once.

    ``address`` turns a text into an address or raises ValueError; a platform may pass one that knows handles.
    Raises SeedsUnreadable where there is nothing to read at all.
    """
    if not given:
        raise SeedsUnreadable("no seeds were given; say -a seeds=FILE (plain lines, CSV or OPML) or -a seeds=ADDRESS")
    path = Path(given)
    is_file = _is_file(path)
    if not is_file and "://" not in given and ("/" in given or path.suffix):
        raise SeedsUnreadable(f"{given}: there is no such file; give the path of a list, or an address with https://")
    seen: set[str] = set()
    rows = _rows(path) if is_file else iter([(given, "seeds")])
    for text, where in rows:
        try:
            url = address(text.strip())
        except ValueError as error:
            yield BadSeed(where, str(error))
            continue
        if url not in seen:
            seen.add(url)
            yield Seed(url, where)


def _is_file(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a long or odd address is no path
        return False


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """(text, file:line) of every line that should hold an address."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SeedsUnreadable(f"{path}: {error.strerror or error}; check the path and who may read it") from error
    if path.suffix.lower() in (".opml", ".xml") or data.lstrip(b"\xef\xbb\xbf \r\n\t")[:5].lower() in (
        b"<?xml",
        b"<opml",
    ):
        yield from _opml(path, data)
        return
    text = _text(path, data)
    if path.suffix.lower() in (".csv", ".tsv"):
        yield from _csv(path, text)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield line, f"{path}:{number}"


def _text(path: Path, data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SeedsUnreadable(f"{path}:{line}: not UTF-8 text; save the list as UTF-8") from error
    if "\x00" in text:
        raise SeedsUnreadable(f"{path}: this is not a text file; a list is plain lines, CSV or OPML")
    return text


def _csv(path: Path, text: str) -> Iterator[tuple[str, str]]:
    sample = text[:4096]
    delimiter = max(",;\t", key=sample.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    head = [cell.strip().lower() for cell in next(reader, [])]
    place = next((head.index(name) for name in ADDRESS_COLUMNS if name in head), None)
    if place is None:
        raise SeedsUnreadable(
            f"{path}:1: no column holds an address: found {', '.join(head) or 'nothing'}; name one of them 'url'"
        )
    for row in reader:
        if any(cell.strip() for cell in row):
            yield row[place] if place < len(row) else "", f"{path}:{reader.line_num}"


def _opml(path: Path, data: bytes) -> Iterator[tuple[str, str]]:
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        tree = lxml.etree.fromstring(data, parser)
    except lxml.etree.XMLSyntaxError as error:
        raise SeedsUnreadable(f"{path}: not readable as OPML ({error}); export the list anew") from error
    outlines = [] if tree is None else [e for e in tree.iter() if str(e.tag).lower() == "outline"]
    if not outlines:
        raise SeedsUnreadable(f"{path}: no <outline> in it; an OPML list has one with xmlUrl for each feed")
    for outline in outlines:
        facts = {name.lower(): value for name, value in outline.attrib.items()}
        text = facts.get("xmlurl") or facts.get("htmlurl") or facts.get("url")
        if text:
            yield str(text), f"{path}:{outline.sourceline}"
