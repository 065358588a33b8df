"""Words of any script as the full-text index keeps them, and the boolean language in which it is asked: pure.

Both databases hold exactly these words, so both find the same. Scripts without spaces (Chinese, Japanese, Thai, Lao,
Khmer, Burmese) are kept letter by letter and a run of them is asked as a phrase, so every substring is found.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*|"
    r"(?:(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])[\p{L}\p{N}]\p{M}*)+"
)
_ACCENTS = regex.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}])\p{Mn}+|\u0640")
LONGEST = 60
"""A longer word is cut: hashes and addresses are no words."""


def fold(text: str) -> list[str]:
    """The words of a text: compatibility forms unified, lower case, no accents where a script can do without them."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return [word[:LONGEST] for word in _WORD.findall(unicodedata.normalize("NFKC", plain))]


class SearchSyntaxError(ValueError):
    """A search that can't be read: what is wrong, at which character."""

    def __init__(self, query: str, at: int, what: str) -> None:
        super().__init__(f"{what}, at character {at + 1}:\n  {query}\n  {' ' * at}^")
        self.at = at


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow each other in one text; with ``prefix`` the last is only a beginning."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """AND: the creator's texts together fulfil every part."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """OR."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """NOT: none of the creator's texts."""

    part: Node


Node = Phrase | Both | Either | Not

_TOKEN = regex.compile(r'\s*(?:(?P<sign>[()])|"(?P<quoted>[^"]*)"(?P<star>\*)?|(?P<bare>[^\s()"]+))')


def parse(query: str) -> Node:
    """The tree of ``bread AND (rye OR "sour dough" OR spelt*) NOT keto``; words beside each other are an AND.

    NOT binds tightest, then AND, then OR. Raises SearchSyntaxError.
    """
    reader = _Reader(query)
    try:
        node = reader.either()
    except RecursionError:
        raise SearchSyntaxError(query, reader.at, "it is nested too deeply") from None
    if reader.kind is not None:
        raise SearchSyntaxError(query, reader.at, "there is nothing that this ) closes")
    return node


class _Reader:
    def __init__(self, query: str) -> None:
        self.query, self.tokens = query, self._read()
        self.kind: str | None = None
        self.step()

    def _read(self) -> Iterator[tuple[str, int, str, bool]]:
        at, end = 0, len(self.query.rstrip())
        while at < end:
            found = _TOKEN.match(self.query, at)
            if not found:
                where = self.query.index('"', at)
                raise SearchSyntaxError(self.query, where, 'this " has no other to close it')
            at = found.end()
            if found["sign"]:
                yield found["sign"], found.start("sign"), "", False
            elif found["quoted"] is not None:
                yield "text", found.start("quoted") - 1, found["quoted"], bool(found["star"])
            elif found["bare"] in ("AND", "OR", "NOT"):
                yield found["bare"], found.start("bare"), "", False
            else:
                yield "text", found.start("bare"), found["bare"].rstrip("*"), found["bare"].endswith("*")

    def step(self) -> None:
        self.kind, self.at, self.text, self.star = next(self.tokens, (None, len(self.query), "", False))

    def either(self) -> Node:
        parts = [self.both()]
        while self.kind == "OR":
            self.step()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Node:
        parts = [self.one()]
        while self.kind in ("AND", "NOT", "(", "text"):
            if self.kind == "AND":
                self.step()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self) -> Node:
        kind, at, text, star = self.kind, self.at, self.text, self.star
        if kind == "NOT":
            self.step()
            return Not(self.one())
        if kind == "(":
            self.step()
            inner = self.either()
            if self.kind != ")":
                raise SearchSyntaxError(self.query, at, "this ( has no ) to close it")
            self.step()
            return inner
        if kind != "text":
            raise SearchSyntaxError(self.query, at, "a word is missing" if kind is None else f"a word, not {kind}")
        words = tuple(fold(text))
        if not words:
            raise SearchSyntaxError(self.query, at, "no letter or digit to look for")
        self.step()
        return Phrase(words, star)
