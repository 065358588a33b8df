"""What only hubs have: links kept in a page's own data (Next.js), and names wrapped into the hub's sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from crawler.marked import script_json
from crawler.platforms.profile.voices import Voice
from crawler.social import dig, items, line, lines

_WRAPPED = re.compile(
    r"(?:(?:Support|Buy)\s+)?(?P<name>.{1,200}?)(?:['’]s Beacons| on (?:about\.me|Ko-fi|Beacons|Linktree)"
    r"| a Coffee\b.*)",
    re.I | re.S,
)
_LISTS = frozenset(["links", "socialLinks", "social_links", "socials", "buttons", "blocks"])


def bare_name(title: str | None) -> str | None:
    """The owner's name in a hub's title such as "Ann's Beacons" or "Support Ann on Ko-fi"."""
    found = _WRAPPED.fullmatch(title or "")
    return found["name"] if found else title


def next_data(tree: Any) -> tuple[Voice | None, list[tuple[str, str | None]]]:
    """The owner and the links (address, text) in a hub's __NEXT_DATA__; nothing where there is none."""
    data = next(iter(script_json(tree, "@id='__NEXT_DATA__'")), None)
    props = dig(data, "props", "pageProps")
    owner = dig(props, "account") or dig(props, "profile") or dig(props, "user")
    said = Voice(
        name=line(dig(owner, "pageTitle")) or line(dig(owner, "displayName")) or line(dig(owner, "name")),
        bio=lines(dig(owner, "description")) or lines(dig(owner, "bio")),
        avatar=line(dig(owner, "profilePictureUrl")) or line(dig(owner, "avatar")),
    )
    return (said if data is not None else None), list(dict.fromkeys(_links(props)))


def _links(props: Any) -> Iterator[tuple[str, str | None]]:
    """Switched-off links are nobody's any more; so deep and no deeper lie the lists of every hub on record."""
    waiting, depth = [props], 0
    while waiting and depth < 5:
        inner: list[Any] = []
        for node in waiting:
            for name, value in node.items() if isinstance(node, dict) else ():
                if name in _LISTS:
                    for one in items(value):
                        url = one.get("url") or one.get("href")
                        hidden = one.get("isActive") is False or one.get("hidden") is True
                        if isinstance(url, str) and url.startswith(("http://", "https://")) and not hidden:
                            yield url, line(one.get("title")) or line(one.get("label"))
                elif isinstance(value, dict):
                    inner.append(value)
        waiting, depth = inner, depth + 1
