"""Everything that is known of one person, gathered: keys, names, addresses; and whether a text names them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote

from sqlalchemy import Connection, select

from storage import tables as t
from storage.addresses import canonical_url
from storage.identity import alias
from storage.read import where_in
from storage.records import key_of
from storage.suppression import SITES, account_form, exact, folders, names

_OWN = ("me", "verified", "same_as")


@dataclass(slots=True)
class Person:
    """One person as the database knows them; ``gather`` fills it."""

    accounts: set[int] = field(default_factory=set)
    creators: set[int] = field(default_factory=set)
    posts: set[int] = field(default_factory=set)
    subjects: set[int] = field(default_factory=set)
    """Keys of all their rows, for facts."""
    names: set[str] = field(default_factory=set)
    """Canonical forms (storage.suppression.names): keys of platforms, and homes."""
    ids: set[str] = field(default_factory=set)
    """The platforms' own ids of their accounts and posts."""
    urls: set[str] = field(default_factory=set)
    """Addresses of single pages of theirs as they were met."""
    pages: set[str] = field(default_factory=set)
    """Addresses that responses about them came from; such a response may tell of others too."""
    claims: set[str] = field(default_factory=set)
    """Addresses that they call their own and that no account of theirs bears; nothing proves it."""
    requests: set[int] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)
    first_seen: datetime | None = None
    _shortest: tuple[str, ...] | None = None

    @property
    def imports(self) -> list[str]:
        return sorted(page.removeprefix("import:") for page in self.pages if page.startswith("import:"))

    @property
    def homes(self) -> set[str]:
        return {name for name in self.names if ":" not in name.partition("/")[0] or "." in name.partition(":")[0]}

    @property
    def hosts(self) -> set[str]:
        """Hosts that are theirs alone."""
        bare = {home for home in self.homes if "/" not in home and ":" not in home}
        return bare | {f"www.{host}" for host in bare}

    @property
    def origins(self) -> set[str]:
        return {f"{scheme}://{host}" for host in self.hosts for scheme in ("http", "https")}

    @property
    def url_keys(self) -> set[int]:
        given = self.urls | self.pages
        return {key_of(url) for one in given for url in (one, canonical_url(one), f"{one}/") if url}

    @property
    def needles(self) -> set[str]:
        """What tells them from anybody else wherever it stands: their addresses and lasting ids, without scheme."""
        tails = {name.partition(":")[2] for name in self.names - self.homes if not name.startswith("account:")}
        lasting = {one for one in tails | self.ids if "://" not in one and ("@" in one or len(one) >= 18)}
        single = self.urls | {one for one in self.ids if "://" in one}
        pages = {form[1:] for url in single if (form := exact(url)) and not self.covers(form[1:])}
        return {one for one in self.homes | lasting | pages if len(one) >= 5}

    def covers(self, page: str) -> bool:
        return any(folder in self.names for folder in folders(page.partition("?")[0]))

    def forms(self) -> set[str]:
        """What is marked when they are forgotten: names, account keys, and pages that no name covers."""
        single = {form for url in self.urls if (form := exact(url)) and not self.covers(form[1:])}
        return self.names | {account_form(key) for key in self.accounts} | single

    @property
    def shortest(self) -> tuple[str, ...]:
        """The needles that hold no other one, in lower case: what to look for in much text."""
        if self._shortest is None:
            told = sorted({one.lower() for one in self.needles}, key=len)
            self._shortest = tuple(one for n, one in enumerate(told) if not any(less in one for less in told[:n]))
        return self._shortest

    def mentioned(self, words: str) -> bool:
        """Whether a text holds one of the needles as a word of its own."""
        small = words.lower()
        return any(one in small and _word(one).search(small) for one in self.shortest)

    def is_theirs(self, url: str) -> bool:
        """Whether an address is a page of theirs, or asks for one by name."""
        form = exact(url)
        if form is None:
            return False
        if url in self.urls or self.covers(form[1:]) or any(name in self.names for name in names(url)):
            return True
        return self.mentioned(unquote(url))


@lru_cache(maxsize=1000)
def _word(needle: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?<!\w\.){re.escape(needle)}(?![\w-]|\.\w)")


def gather(connection: Connection, accounts: Collection[int], given: Iterable[str] = ()) -> Person:
    """All keys and addresses of the person who has these accounts; ``given``: canonical forms named besides."""
    who = Person(accounts=set(accounts), names=set(given))
    a, p = t.account.c, t.post.c
    known: dict[int, tuple[str, str]] = {}
    for row in where_in(connection, select(t.account), a.key, who.accounts):
        who.first_seen = min(filter(None, (who.first_seen, row.first_seen)))
        known[row.key] = row.platform, row.url
        _name(who, row.platform, row.url, row.native_id, row.handle, *(row.aliases or ()))
        who.ids.add(row.native_id)
        who.pages.add(row.source_url)
    who.names |= {row.address for row in where_in(connection, select(alias.c.address), alias.c.account, who.accounts)}
    f = t.fact.c
    for row in where_in(connection, select(f.subject, f.field, f.value, f.source_url), f.subject, who.accounts):
        who.pages.add(row.source_url)
        if row.field in ("url", "handle", "aliases"):
            former = json.loads(row.value) if row.field == "aliases" else [row.value]
            _name(who, *known.get(row.subject, ("blog", "")), *former)
    for row in where_in(connection, select(p.key, p.native_id, p.url, p.source_url), p.account, who.accounts):
        who.posts.add(row.key)
        who.urls.add(row.url)
        who.pages.add(row.source_url)
        if len(row.native_id) >= 8:
            who.ids.add(row.native_id)
    s, o = t.source.c, t.observation.c
    found = {row.key: row.url for row in where_in(connection, select(s.key, s.url), s.account, who.accounts)}
    who.urls |= set(found.values())
    told = t.link.c
    links = list(where_in(connection, select(told.key, told.kind, told.target), told.account, who.accounts))
    who.claims = {row.target for row in links if row.kind in _OWN and row.target} - who.names
    who.subjects = who.accounts | who.posts | {row.key for row in links} | found.keys()
    who.pages |= {row.source_url for row in where_in(connection, select(o.source_url), o.account, who.accounts)}
    _creators(connection, who)
    return who


def _name(who: Person, platform: str, url: str, *others: str | None) -> None:
    """Adds the forms of these; a folder above the account's own home (a host that many share) is none of theirs."""
    own = next((form for form in names(url) if "." in form.partition(":")[0]), "")
    forms = {form for one in (url, *others) if one for form in names(one, platform if _bare(one, platform) else None)}
    who.names |= {form for form in forms if not own.startswith(f"{form}/")}


def _bare(text: str, platform: str) -> bool:
    return "/" not in text and (platform not in SITES or "." in text)


def _creators(connection: Connection, who: Person) -> None:
    """The ids that are theirs alone: of creators without another's account, of single accounts, and former ones."""
    m, r = t.creator_member.c, t.creator_redirect.c
    mine = {row.creator for row in where_in(connection, select(m.creator), m.account, who.accounts)}
    members = where_in(connection, select(t.creator_member), m.creator, mine)
    shared = {row.creator for row in members if row.account not in who.accounts}
    who.creators = (mine - shared) | who.accounts
    while former := {row.old for row in where_in(connection, select(r.old), r.new, who.creators)} - who.creators:
        who.creators |= former
