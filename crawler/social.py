"""What answers of social networks have in common: markup to text and links, times, opt-outs, records to fill."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import urlsplit

from lxml import etree

from crawler.page import Page, html_tree
from storage.addresses import unwrap
from storage.records import Account, Extract, Link, Observation, Post

T = TypeVar("T")
MOST_MARKUP = 200_000
"""Characters of one text that are looked at."""
_TAGS = "p div br li ul ol blockquote h1 h2 h3 h4 h5 h6 pre tr section article"
_BLOCKS = frozenset(_TAGS.split())
_HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_OPT_OUT = re.compile(
    r"#[ ]?no[-_ ]?(?:bots?|robots?|index(?:ing)?|archiv(?:e|ing)|search|crawl(?:ers?|ing)?|scrap(?:e|ers?|ing)"
    r"|ai|ml|llms?|grapevine)"
    r"(?![^\W_])",
    re.I,
)
_URL = re.compile(r"https?://[^\s<>\"'“”（）「」]+", re.I)


def load(page: Page) -> Any:
    """The body as JSON, or None where it is none."""
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError):
        return None


def dig(node: Any, *path: str | int) -> Any:
    """The value at a path of keys and places, or None where it leads nowhere."""
    for step in path:
        if isinstance(node, dict) and isinstance(step, str):
            node = node.get(step)
        elif isinstance(node, list) and isinstance(step, int) and -len(node) <= step < len(node):
            node = node[step]
        else:
            return None
    return node


def line(value: Any) -> str | None:
    """A text as one NFC line, or None."""
    if not isinstance(value, str):
        return None
    text = "".join(c for c in unicodedata.normalize("NFC", value) if c >= " " or c in "\t\n\r")
    return " ".join(text.split()) or None


def lines(value: Any) -> str | None:
    """A text as NFC lines, blank ones left out, or None."""
    if not isinstance(value, str):
        return None
    return "\n".join(text for text in map(line, value[:MOST_MARKUP].splitlines()) if text) or None


def whole(value: Any) -> int | None:
    """A count as a number, or None for what is none (some servers hide a count as -1)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 15:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def moment(value: Any) -> datetime | None:
    """An ISO 8601 time (UTC where it names no zone), or None."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def items(value: Any, most: int = 200) -> list[dict[str, Any]]:
    """The objects of a JSON value that may be one object or a list of them."""
    some = value if isinstance(value, list) else [value]
    return [one for one in some[:most] if isinstance(one, dict)]


def batched(some: list[T], size: int) -> Iterator[list[T]]:
    """Pieces of at most ``size``."""
    return (some[start : start + size] for start in range(0, len(some), size))


@dataclass(frozen=True, slots=True)
class Anchor:
    url: str
    text: str | None
    words: frozenset[str]
    """Its rel and class words."""


def host_of(url: Any) -> str:
    """The host of an address with its port, or nothing where it has none."""
    try:
        return urlsplit(str(url or "")).netloc
    except ValueError:
        return ""


def tree_of(markup: Any) -> Any:
    """A fragment of HTML as a tree, or None."""
    return html_tree(markup[:MOST_MARKUP]) if isinstance(markup, str) and markup.strip() else None


def plain(markup: Any) -> str | None:
    """A fragment of HTML as text, a line a block; inline markup breaks no word (``#<span>tag</span>`` is ``#tag``)."""
    root = tree_of(markup)
    if root is None:
        return None
    bits: list[str] = []
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _BLOCKS:
            bits.append("\n")
        if event == "start" and tag not in ("", "script", "style"):
            bits.append(re.sub(r"\s+", " ", node.text or ""))
        elif event == "end" and node is not root:
            bits.append(re.sub(r"\s+", " ", node.tail or ""))
    return lines("".join(bits))


def anchors(markup: Any) -> list[Anchor]:
    """The web links of a fragment of HTML, in order, redirects that say their target unwrapped."""
    root = tree_of(markup)
    found = []
    for a in root.iter("a") if root is not None else ():
        url = (a.get("href") or "").strip()
        if url.lower().startswith(("http://", "https://")):
            words = frozenset(f"{a.get('rel') or ''} {a.get('class') or ''}".lower().split())
            found.append(Anchor(unwrap(url), line("".join(a.itertext())), words))
    return found[:100]


def addresses(text: str | None) -> list[str]:
    """The web addresses written in a plain text."""
    return [unwrap(found.rstrip(".,;:!?)]}»'\"…")) for found in _URL.findall(text or "")][:50]


def opted_out(*texts: Any) -> str | None:
    """The words (#nobot, #noindex, #NoArchive, ...) by which somebody asks in plain text to be left out, or None."""
    for text in texts:
        bare = unicodedata.normalize("NFKC", text if isinstance(text, str) else "").translate(
            dict.fromkeys(map(ord, _HIDDEN))
        )
        if found := _OPT_OUT.search(bare):
            return found[0].lower()
    return None


@dataclass
class Shelf:
    """The records of one response while they are gathered."""

    page: Page
    platform: str
    extractor: str
    found: Extract = field(default_factory=Extract)

    def record(self) -> dict[str, Any]:
        """What every record of this response carries."""
        return self.page.provenance(self.platform, self.extractor)

    def account(self, native_id: str, url: str, **fields: Any) -> Account:
        fields["details"] = {k: v for k, v in fields.get("details", {}).items() if v is not None}
        self.found.account = Account(**self.record(), native_id=native_id, url=url, **fields)
        return self.found.account

    def post(self, account: str, native_id: str, url: str, **fields: Any) -> Post:
        fields["details"] = {k: v for k, v in fields.get("details", {}).items() if v is not None}
        made = Post(**self.record(), account_id=account, native_id=native_id, url=url, **fields)
        self.found.posts.append(made)
        return made

    def observe(self, account: str, metric: str, value: Any, post: str | None = None, **more: Any) -> None:
        """Adds a number; absent ones are no observation, those that are no count are ``unparsed``."""
        count = whole(value)
        if count is not None:
            made = Observation(**self.record(), account_id=account, metric=metric, value=count, post_id=post, **more)
            self.found.observations.append(made)
        elif value is not None and value != -1:
            self.found.unparsed.append(metric)

    def observe_all(self, account: str, numbers: dict[str, Any], post: str | None = None) -> None:
        for metric, value in numbers.items():
            self.observe(account, metric, value, post)

    def link(self, account: str, url: str, kind: str, text: str | None = None, post: str | None = None) -> None:
        """Adds a link, once for each kind and post."""
        if any(known.url == url and known.kind == kind and known.post_id == post for known in self.found.links):
            return
        made = Link(**self.record(), account_id=account, url=url, kind=kind, text=text, post_id=post)
        self.found.links.append(made)


class Threads:
    """Who answers whom, as counts only: people are hashed with a salt that lives and dies with this object."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._seen: dict[bytes, int] = {}
        self.threads = self.answered = 0

    def add(self, authors: Iterable[str], own: str) -> None:
        """One thread: the ids of those who wrote below a post, and the id of the post's author."""
        people = set(authors)
        others = people - {own}
        if not others:
            return
        self.threads += 1
        self.answered += own in people
        for person in others:
            mark = blake2b(person.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=12).digest()
            self._seen[mark] = self._seen.get(mark, 0) + 1

    def observations(self, account: Account) -> list[Observation]:
        """The counts as observations of the author's account."""
        carried = {name: getattr(account, name) for name in ("platform", "source_url", "fetched_at", "extractor")}
        return [
            Observation(**carried, account_id=account.native_id, metric=metric, value=value)
            for metric, value in self.counts().items()
        ]

    def counts(self) -> dict[str, int]:
        """threads that others wrote in, threads_answered by the author, repliers, repliers_returning to a second."""
        if not self.threads:
            return {}
        returning = sum(times > 1 for times in self._seen.values())
        return {
            "threads": self.threads,
            "threads_answered": self.answered,
            "repliers": len(self._seen),
            "repliers_returning": returning,
        }
