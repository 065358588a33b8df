"""Who pays for a post? `judge(text, ...)`: none, disclosed, affiliate or (likely) undisclosed, and the words for it."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")
SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\s*[|•·]\s+")
AFTERWARDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0900-\u097f]|değil|yok")
LABEL_WORDS = 4
"""A label stands on a line of its own of at most this many words, or in brackets."""
LABEL_LINES = 3
"""... and among this many first lines, of a caption also the last ones."""
CAPTION = 2500
"""Longer texts are articles: what stands alone at their end is a banner's label, not theirs."""
BEFORE = 60
"""A negation counts within this many characters before the words that it negates."""
PUNCTUATION = " \t*:()[]【】「」<>–—-!.,_~|/"


@dataclass(slots=True, frozen=True)
class Verdict:
    """What a post's text and addresses say about who pays for it."""

    kind: str
    """none; disclosed (paid or given, and said so); affiliate; undisclosed (likely paid for and not said so)."""
    words: list[str] = field(default_factory=list)
    """The words and addresses that showed it."""
    reasons: list[str] = field(default_factory=list)
    """Which kinds of sign they are: platform_flag, phrase, label, hashtag, gift, affiliate, rel, link, code."""


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Kind of sign -> one pattern of all languages; spaced scripts match whole words only."""
    of: dict[str, list[str]] = {}
    with (HERE / "words.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            bounded = row["kind"] != "hashtag" and row["language"] not in {"ja", "ko", "zh"}
            of.setdefault(row["kind"], []).append(rf"\b(?:{row['pattern']})" if bounded else f"(?:{row['pattern']})")
            if bounded and row["kind"] in {"label", "not", "general", "affiliate", "gift"}:
                of[row["kind"]][-1] += r"(?!\w)"
    of["hashtag"] = [rf"(?<![\w\[#&/])(?:{pattern})(?![\w-])" for pattern in of["hashtag"]]
    return {kind: re.compile("|".join(found), re.IGNORECASE) for kind, found in of.items()}


@cache
def _affiliate_addresses() -> tuple[tuple[str, ...], re.Pattern[str]]:
    table = tomllib.loads((HERE / "links.toml").read_text(encoding="utf-8"))["affiliate"]
    return tuple(table["hosts"]), re.compile("|".join(table["queries"]), re.IGNORECASE)


def is_affiliate(url: str) -> bool:
    """Whether an address belongs to an affiliate network or carries an affiliate's number."""
    hosts, queries = _affiliate_addresses()
    return at_host(url, hosts) or bool(queries.search(url))


def at_host(url: str, hosts: Iterable[str]) -> bool:
    """Whether the address is at one of the hosts (or below one), with its path where a path is given."""
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = (parts.hostname or "").removeprefix("www.")
    for entry in hosts:
        name, _, path = entry.partition("/")
        if (host == name or host.endswith("." + name)) and parts.path.lstrip("/").startswith(path):
            return True
    return False


def judge(
    text: str,
    *,
    title: str = "",
    tags: Iterable[str] = (),
    links: Iterable[str] = (),
    paid: Iterable[str] = (),
    notes: Iterable[str] = (),
    flagged: bool = False,
) -> Verdict:
    """Judges one post from its plain text (lines kept), title, tags and outbound addresses.

    ``flagged`` is the platform's own mark ("includes paid promotion"), which comes before all words; ``paid`` are
    addresses that the author marked rel=sponsored. ``notes`` are lines that stand beside the text, where only word of
    affiliate links counts: the rest there is often a banner's.
    """
    if flagged:
        return Verdict("disclosed", [], ["platform_flag"])
    found = list(_signs(title, text, tags))
    found += [sign for sign in _signs("", "\n".join(notes), ()) if sign[0] == "affiliate"]
    for kind, reasons in (("disclosed", ("phrase", "label", "hashtag", "gift")), ("affiliate", ("affiliate",))):
        if hits := [sign for sign in found if sign[0] in reasons]:
            return _verdict(kind, hits)
    leads = [("link", url) for url in dict.fromkeys([*links, *ADDRESS.findall(text)]) if is_affiliate(url)]
    if leads := [*(("rel", url) for url in dict.fromkeys(paid)), *leads]:
        return _verdict("affiliate", leads[:5])
    codes = [sign for sign in found if sign[0] == "code"]
    return _verdict("undisclosed", codes) if codes else Verdict("none")


def _verdict(kind: str, signs: list[tuple[str, str]]) -> Verdict:
    return Verdict(kind, list(dict.fromkeys(word for _, word in signs)), list(dict.fromkeys(name for name, _ in signs)))


def _signs(title: str, text: str, tags: Iterable[str]) -> Iterable[tuple[str, str]]:
    """(kind of sign, words) found: labels by their place, the rest by their sentence."""
    find = patterns()
    lines = [line.strip() for line in text.replace("’", "'").splitlines() if line.strip()]
    last = lines[max(LABEL_LINES, len(lines) - LABEL_LINES) :]
    slots = {line for line in lines if lines.count(line) > 1}  # what is repeated on its own marks banners, not the text
    for line in [title, *lines[:LABEL_LINES], *last]:
        alone = line not in slots and (len(text) <= CAPTION or line not in last)
        if line and (word := _label(line, find["label"], alone=alone)):
            yield "label", word
    hashed = " ".join("#" + tag.lstrip("#") for tag in tags)
    for sentence in [title, hashed, *(part for line in lines for part in SENTENCE.split(line))]:
        for kind in ("hashtag", "phrase", "gift", "affiliate", "code"):
            if (hit := find[kind].search(sentence)) and not _talks_about(sentence, hit, kind):
                yield kind, hit.group().strip()[:80]


def _label(line: str, labels: re.Pattern[str], *, alone: bool) -> str | None:
    """The label that a line carries in brackets, or with ``alone`` consists of or begins with before a colon or bar."""
    parts: list[str] = re.findall(r"[\[(（【*]\s*([^\[\](（【）】)*]{2,40}?)\s*[\])）】*]", line)
    if alone:
        begins = re.match(r"([^:|/–—-]{2,30}?)\s*(?::|\||//|–|—|\s-\s)", line)
        parts += [begins.group(1)] if begins else []
        parts += [line] if len(line.split()) <= LABEL_WORDS and not line.endswith("?") else []
    return next((part.strip(PUNCTUATION) for part in parts if labels.fullmatch(part.strip(PUNCTUATION))), None)


def _talks_about(sentence: str, hit: re.Match[str], kind: str) -> bool:
    """Whether the sentence denies, offers, defines or generalises what the words found in it say."""
    find, start = patterns(), hit.start()
    if kind in {"hashtag"}:
        return False
    short = hit.end() if hit.end() - start < BEFORE else start
    if find["not"].search(sentence[max(0, start - BEFORE) : short]):
        return kind != "code"
    if AFTERWARDS.search(sentence) and find["not"].search(sentence[start:]):
        return True
    if kind in {"phrase", "gift"} and find["general"].search(sentence[: start + BEFORE]):
        return True
    return kind != "affiliate" and bool(find["contact"].search(sentence))
