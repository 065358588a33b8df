"""How names and handles are compared: when two agree, when one looks like a copy of the other, when it is a fan's."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from anyascii import anyascii
from tldextract import TLDExtract

_TABLE = tomllib.loads(Path(__file__).with_name("platforms.toml").read_text(encoding="utf-8"))
SITES = frozenset(_TABLE["sites"])
"""Platforms where an account is a web site: a person may keep several."""
HUBS = frozenset(_TABLE["hubs"])
"""Link-in-bio pages."""
OPAQUE = frozenset(_TABLE["opaque"])
"""Platforms whose handle is a number or a code, which says nothing about its owner."""
RARELY_COPIED = frozenset(_TABLE["rarely_copied"])
"""Platforms where copies of people are rare: an unanswered claim made there counts if name or handle agree well."""
PLATFORM_HOSTS = frozenset(_TABLE["platform_hosts"])
"""Hosts where many people publish and that the table of addresses does not know."""
OWN_LOGIN: dict[str, str] = _TABLE["own_login"]
"""Site platform -> the platform whose login alone can publish there."""
_FAN = re.compile("|".join(_TABLE["fan_words"]), re.MULTILINE)
_FAN_ROOTS = tuple(_TABLE["fan_roots"])
_AFFIX = re.compile(f"^({'|'.join(_TABLE['copy_prefixes'])})|({'|'.join(_TABLE['copy_suffixes'])})$")
_GENERIC = frozenset(_TABLE["generic_words"])
_LOOKALIKE = str.maketrans(_TABLE["lookalikes"])
_OWN_SUBDOMAINS = frozenset(_TABLE["own_subdomains"])
_HAN = re.compile(r"[\u3400-\u9fff]+")
_KANA = re.compile(r"([\u3040-\u30ff]+)")
_OTHER = re.compile(r"[^a-z0-9]+")
_LATIN = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"\w+")
_CHANNEL_ID = re.compile(r"uc[\w-]{22}|\d+")
_split_host = TLDExtract(suffix_list_urls=(), include_psl_private_domains=True)


@dataclass(slots=True)
class Profile:
    """What identity needs to know of an account; ``seen`` orders accounts by age (epoch seconds)."""

    key: int
    platform: str
    handle: str = ""
    """Login, host of a site, or empty."""
    name: str = ""
    owner: str = ""
    url: str = ""
    seen: float = 0.0
    bot: bool = False
    """Says of itself that it is automated: a mirror or a feed of somebody, not their own account."""
    _stem: str | None = field(default=None, repr=False, compare=False)
    _fan: bool | None = field(default=None, repr=False, compare=False)

    @property
    def stem(self) -> str:
        """The part of its handle that its owner chose (see ``stem_of``)."""
        if self._stem is None:
            found = stem_of(self.platform, self.handle) if self.handle else ""
            self._stem = self.handle if found == self.handle else found
        return self._stem

    @property
    def is_fan(self) -> bool:
        """Does it call itself a fan page, a clip channel, an archive, a wiki ...?"""
        if self._fan is None:
            text = f"{self.name}\n{self.handle}".casefold()
            self._fan = any(root in text for root in _FAN_ROOTS) and bool(_FAN.search(text))
        return self._fan


@lru_cache(maxsize=20_000)
def words(name: str) -> frozenset[str]:
    """The words of a name as written, case and decoration folded; what follows a bar is a slogan."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return frozenset(_WORD.findall(re.split(r"[|｜•]", folded)[0]))


@lru_cache(maxsize=20_000)
def roman(name: str) -> tuple[str, ...]:
    """The words of a name in Latin letters, in order; Han characters get their Chinese reading."""
    if name.isascii():
        return tuple(_LATIN.findall(name.partition("|")[0].lower().replace("'", "")))
    plain = unicodedata.normalize("NFKC", re.split(r"[|｜•]", name)[0])
    folded = anyascii(_KANA.sub(r" \1 ", plain)).lower()
    return tuple(_LATIN.findall(folded.replace("'", "")))


@lru_cache(maxsize=20_000)
def stem_of(platform: str, handle: str) -> str:
    """The part of a handle that its owner chose, letters and digits only; empty where there is none.

    A subdomain of somebody else's host is nobody's handle: of a site only the registrable domain's label counts.
    """
    handle = handle.casefold().lstrip("@")
    if platform in OPAQUE or "/" in handle or _CHANNEL_ID.fullmatch(handle):
        return ""
    if platform == "bluesky":
        handle = handle.removesuffix(".bsky.social")
    elif "@" in handle:
        handle = handle.split("@")[0]
    if "." in handle and (platform in SITES or platform == "bluesky"):
        parts = _split_host(handle)
        if parts.suffix:
            own = not parts.subdomain or parts.subdomain in _OWN_SUBDOMAINS
            handle = parts.domain if own else ""
        else:
            handle = handle.rpartition(".")[0] if handle.count(".") == 1 else ""
    return _OTHER.sub("", handle if handle.isascii() else anyascii(handle).lower())


def agreement(p: Profile, q: Profile) -> tuple[str, ...]:
    """In which ways two profiles say the same of their owner; empty when in none.

    ``name``: the same words; ``name_part``: one is the other with words left out; ``handle``: the same chosen handle
    (4 letters or more); ``handle_name``: the handle of one spells the name of the other.
    """
    found = []
    s, t = p.stem, q.stem
    how = 0
    for x in _names(p):
        for y in _names(q):
            how = how or 2 * (x == y and len(x) > 2)
            if how < 2:
                how = max(how, _names_agree(x, y))
    if how:
        found.append("name" if how == 2 else "name_part")
    if s and s == t and len(s) >= 4:
        found.append("handle")
    elif _spells(s, q) or _spells(t, p):
        found.append("handle_name")
    elif _holds_word(s, q) or _holds_word(t, p):
        found.append("handle_part")
    return _SAME.setdefault(tuple(found), tuple(found))


_SAME: dict[tuple[str, ...], tuple[str, ...]] = {}
"""One object for each of the few combinations, since a million rows hold one."""


def _names(profile: Profile) -> tuple[str, ...]:
    """The names it shows; that of a site that is only its address is none."""
    name, owner = profile.name, profile.owner
    if name and profile.platform in SITES and name.casefold() == profile.handle.casefold():
        name = ""
    if not owner or owner == name:
        return (name,) if name else ()
    return (name, owner) if name else (owner,)


def _names_agree(x: str, y: str) -> int:
    a, b = roman(x), roman(y)
    if not (x.isascii() and y.isascii()) and words(x) and words(x) == words(y):
        return 2
    if not a or not b:
        return 0
    if sorted(a) == sorted(b) or "".join(a) == "".join(b):
        return 2 if len("".join(a)) >= 3 else 0
    short, long = sorted((set(a), set(b)), key=len)
    rest = short - _GENERIC
    return int(short <= long and any(len(word) >= 3 for word in rest))


def _spells(handle: str, other: Profile) -> bool:
    """Does a handle spell a name: all of it, its words among others, or an initial and the surname."""
    return len(handle) >= 4 and any(_name_in(handle, roman(name)) for name in _names(other))


def _name_in(handle: str, name: tuple[str, ...]) -> bool:
    whole = "".join(name)
    if handle == whole or (len(whole) >= 5 and whole in handle):
        return True
    long = [word for word in name if len(word) >= 3 and word not in _GENERIC]
    if len(long) >= 2 and all(word in handle for word in (long[0], long[-1])):
        return True
    if len(name) < 2:
        return False
    first, last = name[0], name[-1]
    return handle in {first[0] + last, last + first[0], first + last[0], last[0] + first}


def _holds_word(handle: str, other: Profile) -> bool:
    """Does a handle hold one long word of a name? Han characters aside: their Latin reading is a guess."""
    return any(
        len(word) >= 5 and word in handle and word not in _GENERIC
        for name in _names(other)
        for word in roman(name if name.isascii() else _HAN.sub(" ", name))
    )


def has_name(profile: Profile) -> bool:
    """Does it show a name that is more than its login over again?"""
    own = profile.stem
    return any("".join(roman(name)) not in {"", own} or (not own and " " in name) for name in _names(profile))


def renamed(claimant: Profile, target: Profile, agrees: tuple[str, ...]) -> bool:
    """The target shows a name that neither claimant nor its own login explains: the login may have passed on.

    ``agrees``: what ``agreement`` says of the two. Names in different scripts are never held against each other.
    """
    if "name" in agrees or "name_part" in agrees or not has_name(target):
        return False
    stems = {claimant.stem, target.stem} - {""}
    for name in _names(target):
        spelt = roman(name)
        if any(_name_in(handle, spelt) or _shortens(handle, "".join(spelt)) for handle in stems):
            return False
    if any(_holds_word(handle, target) for handle in stems):
        return False
    mine = {_script(name) for name in _names(claimant)} | ({"latin"} if stems else set())
    return any(_script(name) in mine for name in _names(target))


def _shortens(handle: str, name: str) -> bool:
    """Is the handle made of letters of the name in order, its first letter first (mxgrn of Max Gorin)?"""
    rest = iter(name)
    return name in handle or (len(handle) >= 4 and handle[:1] == name[:1] and all(letter in rest for letter in handle))


def _script(name: str) -> str:
    return "latin" if sum(char.isascii() for char in name) * 2 > len(name) else "other"


def fan_pair(p: Profile, q: Profile) -> bool:
    """Is one of the two a fan's, and the other not?"""
    return p.is_fan != q.is_fan


def lookalike(copy: str, original: str) -> bool:
    """Is the first stem the second with what an impostor adds: official, real, the, digits at the end, 0 for o?"""
    if not copy or not original or copy == original or _bare(copy) != _bare(original):
        return False
    return len(copy) > len(original) or sum(map(str.isdigit, copy)) > sum(map(str.isdigit, original))


@lru_cache(maxsize=20_000)
def _bare(handle: str) -> str:
    bare = handle
    for _ in range(2):
        cut = _AFFIX.sub("", bare)
        bare = cut if len(cut) >= 3 else bare
    return (re.sub(r"\d+$", "", bare) or bare).translate(_LOOKALIKE)
