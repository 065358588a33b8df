"""What an address says by itself: its canonical form, the home it belongs to, and whose account it is. No network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from storage import address_fediverse as fediverse
from storage.address_parts import INDEX, clean_query, normal_path, plain_host, split
from storage.address_table import FILE, Platform, table

_JUNK = re.compile(r"[\x00-\x20\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00a0\u3000]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Whose account an address names.

    ``kind`` is "id" where ``value`` is the platform's own lasting id and "handle" where it is a name that may change
    hands. ``url`` is the canonical address of the profile. ``key`` is equal for two addresses exactly if they name the
    same account in the same words: "youtube:UC...", "youtube:@name", "fediverse:user@host" (whatever the software).
    """

    platform: str
    kind: str
    value: str
    url: str
    key: str


def canonical_url(url: str) -> str | None:
    """The one form of an http(s) address (RFC 3986 section 6.2, UTS 46), or None for anything else.

    Lower case in scheme and host, no credentials, default port, fragment, tracking parameter or index file;
    percent-encoding in one form; parameters in the order of their names. A closing slash stays as given.
    """
    parts = split(url)
    if parts is None:
        return None
    path = INDEX.sub("/", normal_path(parts.path)) or "/"
    query = clean_query(parts.host, parts.query)
    return f"{parts.scheme}://{parts.host}{parts.port}{path}" + (f"?{query}" if query else "")


def home_address(url: str) -> str | None:
    """The lasting key of a site's home: host without "www." and path without closing slash, as in "sites.example/~ann".

    Neither scheme nor parameters count. A scheme may be missing. None for what is no http(s) address.
    """
    parts = split(url, bare=True)
    if parts is None:
        return None
    host = parts.host.removeprefix("www.") if parts.host.count(".") > 1 else parts.host
    return host + parts.port + INDEX.sub("", normal_path(parts.path)).rstrip("/")


def unwrap(url: str) -> str:
    """The target of a redirector's link (youtube.com/redirect?q=..., l.instagram.com/?u=...); any other as it is."""
    for _ in range(3):
        parts = split(url)
        names = parts and table().redirects.get(plain_host(parts.host) + parts.path.rstrip("/"))
        if not parts or not names:
            break
        given = dict(parse_qsl(parts.query))
        target = next((given[name] for name in names if name in given), unquote(parts.query) if "" in names else "")
        if not target.startswith(("http://", "https://")):
            break
        url = target
    return url


def identify(given: str, platform: str | None = None) -> Address | None:
    """Whose account an address or a handle names, or None: posts, tags, searches, invitations, share links, companies.

    ``given``: an address in any form (the scheme may be missing), a fediverse handle (@user@host), a DID; with
    ``platform`` also a bare handle or id of that platform, and an address counts only if it is one of that platform's.
    """
    text = _JUNK.sub(" ", given).strip(" \"'<>()[]{},;")
    name = table().names.get(platform.lower(), platform.lower()) if platform else None
    if text[:4].lower() != "http":
        text = _web_form(text)
    if not text or " " in text:
        return None
    found = _by_url(text) or _by_handle(text, name)
    return found if found and (name is None or name in (found.platform, found.key.partition(":")[0])) else None


def on_platform(url: str) -> bool:
    """Is it on a platform that the table knows? (Then, where ``identify`` is silent, it is nobody's own site.)"""
    parts = split(url, bare=True)
    return parts is not None and table().known(plain_host(parts.host))


def _web_form(text: str) -> str:
    """An application's link as the web's; anything else as it is."""
    for app, web in table().apps.items():
        if text[: len(app)].lower() == app:
            return web + text[len(app) :].lstrip("/")
    return text


def _by_url(text: str) -> Address | None:
    if "?" in text:
        text = unwrap(text)
    parts = split(text, bare=True)
    if parts is None:
        return None
    path = (unquote(parts.path) if "%" in parts.path else parts.path).strip("/ ")
    if parts.fragment[:1] == "!":
        path = parts.fragment.lstrip("!/")
    if "://" in path:  # a whole address pasted behind the platform's own
        path = path.rpartition("://")[2].partition("/")[2]
    where = f"{path}?{parts.query}" if parts.query else path
    host = plain_host(parts.host)
    place = table().find(host)
    if place is not None:
        return _of_host(place, host, where)
    sub, _, domain = host.partition(".")
    owner = table().find_sub(domain)
    if owner is not None:
        return _of_subdomain(owner, sub, host, domain)
    if table().known(host):
        return None
    found = fediverse.account(host + parts.port, where)
    return Address(found.software, "handle", found.name, found.url, f"fediverse:{found.name}") if found else None


def _of_host(place: Platform, host: str, where: str) -> Address | None:
    for pattern in place.patterns:
        match = pattern.match(where)
        if match is None:
            continue
        groups = match.groupdict()
        lasting = groups.get("id")
        if lasting is not None:
            return _address(place, "id", lasting, groups.get("s"), host)
        handle = groups["h"]
        bare = match.start("h") == 0 and not where.startswith("@")
        if bare and (handle.lower() in place.reserved or FILE.search(handle)):
            return None
        space = groups.get("s") or (place.bare_space if bare else None)
        return _address(place, "handle", handle, space, host)
    return None


def _of_subdomain(place: Platform, sub: str, host: str, domain: str) -> Address | None:
    if sub in place.sub_reserved or not re.fullmatch(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?", sub):
        return None
    value = place.sub_value.format(sub)
    if place.by_host or place.by_host_subs:
        return Address(place.name, "handle", value, f"https://{host}/", f"{place.name}:{host}")
    return _address(place, "handle", value, None, place.sub_host(domain))


def _address(place: Platform, kind: str, value: str, space: str | None, host: str) -> Address:
    if kind == "handle" and not place.case:
        value = value.lower()
    space = space.lower() if space else None
    name = value if space is None else f"{value}:{space}" if place.space_after else f"{space}/{value}"
    url = place.url_of(kind, value, space, name, host)
    return Address(
        place.name, kind, value, url, f"{place.name}:{host}/{name}" if place.by_host else f"{place.name}:{name}"
    )


def _by_handle(text: str, name: str | None) -> Address | None:
    user = fediverse.HANDLE.fullmatch(text)
    if user and (text.startswith("@") or name in ("mastodon", "fediverse")):
        handle = f"{user[1]}@{user[2]}".lower()
        return Address(
            "mastodon", "handle", handle, f"https://{user[2].lower()}/@{user[1].lower()}", f"fediverse:{handle}"
        )
    if name is None:
        name = "bluesky" if text.startswith("did:") else None
    place = table().platforms.get(name or "")
    if place is None:
        return None
    for kind, candidate in (("id", text), ("handle", text.lstrip("@")), ("handle", "@" + text.lstrip("@"))):
        shape = place.lasting if kind == "id" else place.handle
        if shape is None or not shape.fullmatch(candidate):
            continue
        space, sure = place.given_space(kind, candidate)
        if not sure:
            continue
        if (place.by_host or place.by_host_subs) and place.subs:
            return _of_subdomain(place, candidate.lower(), f"{candidate.lower()}.{place.subs[0]}", place.subs[0])
        return _address(place, kind, candidate, space, place.hosts[0] if place.paths else place.subs[0])
    return None
