"""Accounts of the fediverse by their addresses: any host may be one, so the shape of the path decides."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from storage.address_table import FILE, raw_table

_USER = r"[a-z0-9_](?:[\w.-]*[a-z0-9_])?"
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+(?::\d+)?"
_END = r"(?=[/?#]|$)"
HANDLE = re.compile(rf"@?({_USER})@({_DOMAIN})", re.I | re.A)
"""user@host, with or without a leading @."""
_AT = re.compile(rf"(?:web/|deck/|main/)?@({_USER})(?:@({_DOMAIN}))?{_END}", re.I | re.A)
_CLIENT = re.compile(rf"({_DOMAIN})/(?:@|a/@?)({_USER})(?:@({_DOMAIN}))?{_END}", re.I | re.A)
_USERS = re.compile(rf"(?:users|actors)/({_USER}){_END}", re.I | re.A)
_OWN = {
    "pixelfed": (re.compile(rf"(?:i/web/profile/|users/|@)?({_USER}){_END}", re.I | re.A), "{}"),
    "lemmy": (re.compile(rf"u/({_USER})(?:@({_DOMAIN}))?{_END}", re.I | re.A), "u/{}"),
    "peertube": (
        re.compile(rf"(?:a|accounts|c|video-channels)/@?({_USER})(?:@({_DOMAIN}))?{_END}", re.I | re.A),
        "a/{}",
    ),
    "friendica": (re.compile(rf"(?:profile|u|channel)/({_USER}){_END}", re.I | re.A), "profile/{}"),
}


@dataclass(frozen=True, slots=True)
class Found:
    software: str
    """"mastodon" where nothing says better."""
    name: str
    """user@host in lower case."""
    url: str


@cache
def _rules() -> tuple[dict[str, re.Pattern[str]], frozenset[str], frozenset[str], frozenset[str]]:
    row = raw_table()["fediverse"]
    shapes = {name: re.compile(row[name]) for name in ("pixelfed", "lemmy", "peertube", "friendica", "users")}
    return shapes, frozenset(row["clients"]), frozenset(row["known"].split()), frozenset(row["reserved"].split())


def account(host: str, where: str) -> Found | None:
    """The account at ``where`` (path and query) on ``host`` (with its port where that is not the usual), or None."""
    shapes, clients, known, reserved = _rules()
    if host in clients:
        away = _CLIENT.match(where)
        return _found("mastodon", away[2], away[3] or away[1], "@{}") if away else None
    for software, (shape, form) in _OWN.items():
        if shapes[software].search(host):
            match = shape.match(where)
            if match and match[1].lower() not in reserved and not FILE.search(match[1]):
                away_host = match[2] if match.re.groups > 1 else None
                return _found(software, match[1], away_host or host, form)
    at = _AT.match(where)
    if at:
        user = re.sub(r"\.(?:rss|json|atom)$", "", at[1])
        return _found("mastodon", user, at[2] or host, "@{}")
    users = _USERS.match(where)
    if users and (host in known or shapes["users"].search(host)):
        return _found("mastodon", users[1], host, "@{}")
    return None


def _found(software: str, user: str, host: str, form: str) -> Found:
    user, host = user.lower(), host.lower()
    return Found(software, f"{user}@{host}", f"https://{host}/{form.format(user)}")
