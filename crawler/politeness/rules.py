"""robots.txt read as RFC 9309 says, and where it leaves room as Google's open-source parser does; pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

READ_BYTES = 500 * 1024
"""What is read of a robots.txt (RFC 9309, 2.5: at least 500 KiB)."""
LINE_BYTES = 2083 * 8
"""What is read of one line, as Google's parser does."""

_DISALLOW = ("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw")
_ESCAPE = re.compile(rb"%[0-9a-fA-F]{2}|[\x80-\xff]")
_TOKEN = re.compile(r"[a-zA-Z_-]*")
_RATE = re.compile(r"(\d+)\s*/\s*(\d+)\s*([smh]?)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow line; ``pieces`` are what stands between its stars."""

    allow: bool
    weight: int
    """Length of the pattern in bytes: the longest match decides, Allow wins a tie."""
    pieces: tuple[str, ...]
    end: bool

    def matches(self, path: str) -> bool:
        """Linear in path and pattern, however many stars a hostile file writes."""
        first, *rest = self.pieces
        if not path.startswith(first):
            return False
        if not rest:
            return not self.end or len(path) == len(first)
        at = len(first)
        for piece in rest[:-1] if self.end else rest:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        return not self.end or (path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at)


@dataclass(slots=True)
class Group:
    """What one product token, or ``*``, is told."""

    rules: list[Rule] = field(default_factory=list)
    delay: float | None = None


@dataclass
class Rules:
    """A parsed robots.txt; ``Rules.parse`` makes one."""

    groups: dict[str, Group] = field(default_factory=dict)
    """By product token in lower case; ``*`` for everyone else."""

    @classmethod
    def parse(cls, body: bytes) -> Rules:
        """Never fails: what is no rule is passed over. Reads the first 500 KiB."""
        groups: dict[str, Group] = {}
        current: list[Group] = []
        ruled = False  # a rule closes the list of user-agent lines that it belongs to
        for key, value in _lines(body[:READ_BYTES]):
            if key.startswith((b"user-agent", b"useragent", b"user agent")):
                if ruled:
                    current, ruled = [], False
                current.append(groups.setdefault(_agent(value.decode("utf-8", "replace")), Group()))
            elif key.startswith((b"crawl-delay", b"request-rate")):
                seconds = _seconds(key, value.decode("ascii", "replace"))
                for group in current if seconds is not None else ():
                    group.delay = max(group.delay or 0, seconds or 0)
            elif key.startswith(b"allow") or key.decode("ascii", "replace").startswith(_DISALLOW):
                ruled = ruled or bool(current)
                for rule in _rules(key.startswith(b"allow"), value) if current else ():
                    for group in current:
                        group.rules.append(rule)
        for group in groups.values():
            group.rules.sort(key=lambda rule: (-rule.weight, not rule.allow))
        return cls(groups)

    @cached_property
    def _everyone(self) -> Group:
        return self.groups.get("*", Group())

    def _group(self, token: str) -> Group:
        return self.groups.get(token.lower(), self._everyone) if token else self._everyone

    def allows(self, url: str, token: str) -> bool:
        """Whether the crawler of this product token may fetch ``url`` (percent-encoded, as it goes over the wire)."""
        path = _path(url)
        return next((rule.allow for rule in self._group(token).rules if rule.matches(path)), True)

    def delay(self, token: str) -> float | None:
        """Seconds between requests that Crawl-delay or Request-rate ask for."""
        return self._group(token).delay


def _lines(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(key in lower case, value) of each line that has both; one run of spaces may stand for a forgotten colon."""
    for raw in re.split(rb"\r\n|\r|\n", body.removeprefix(b"\xef\xbb\xbf")):
        line = raw[:LINE_BYTES].partition(b"#")[0].strip()
        key, colon, value = line.partition(b":")
        if not colon:
            words = line.split()
            if len(words) != 2:
                continue
            key, value = words
        if key:
            yield key.strip().lower(), value.strip()


def _agent(value: str) -> str:
    """``*`` alone or before a space; else the letters, dashes and underscores that it starts with (RFC 9309, 2.2.1)."""
    if value[:1] == "*" and (len(value) == 1 or value[1].isspace()):
        return "*"
    found = _TOKEN.match(value)
    return found.group().lower() if found else ""


def _rules(allow: bool, value: bytes) -> Iterator[Rule]:
    """The rule, and for ``Allow: /x/index.html`` also ``Allow: /x/$``; an empty pattern is no rule."""
    pattern = _ESCAPE.sub(lambda m: m[0].upper() if m[0][:1] == b"%" else b"%%%02X" % m[0][0], value).decode("latin-1")
    folder, slash, name = pattern.rpartition("/")
    for text in (pattern, f"{folder}/$") if allow and slash and name.startswith("index.htm") else (pattern,):
        if text:
            end = text.endswith("$")
            yield Rule(allow, len(text), tuple(re.sub(r"\*+", "*", text.removesuffix("$")).split("*")), end)


def _path(url: str) -> str:
    """Path, parameters and query of a URL, its escapes in capitals; ``/`` where there is none."""
    rest = url.partition("#")[0].partition("://")[2] or url.partition("#")[0].removeprefix("//")
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    path = rest[start:] or "/"
    path = path if path.startswith("/") else "/" + path
    return re.sub(r"%[0-9a-fA-F]{2}", lambda m: m[0].upper(), path)


def _seconds(key: bytes, value: str) -> float | None:
    if key.startswith(b"request-rate"):
        rate = _RATE.match(value)
        if not rate or not int(rate[1]):
            return None
        return int(rate[2]) * {"": 1, "s": 1, "m": 60, "h": 3600}[rate[3]] / int(rate[1])
    try:
        seconds = float(value.split(maxsplit=1)[0].replace(",", ".").rstrip("s")) if value.split() else -1.0
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e9 else None
