"""Hashtags that several leaders write under, as leads to the tag's public timeline at a leader's fediverse server."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from urllib.parse import quote

from sqlalchemy import Connection

from pipelines.discovery.places import Place, weights
from pipelines.discovery.score import Lead
from storage import discovery as stored

KIND = "hashtag"
_WORD = re.compile(r"(?=.*[^\W\d_])\w{2,60}")


def hashtags(
    connection: Connection, of: Mapping[int, int], topics: tuple[str, ...]
) -> tuple[list[Lead], dict[str, Place], dict[str, int]]:
    """Leads to tags of on-topic posts of two leaders or more, the place of each, and how many others use it at all.

    ``of``: account -> creator, of the leaders. Nothing where no leader is at home on a fediverse server. A tag is asked
    for at one server, where most of its leaders are: timelines of the same tag hold much the same posts.
    """
    homes = stored.servers_of(connection, of)
    if not homes:
        return [], {}, {}
    users: dict[str, set[int]] = defaultdict(set)
    for account, tags in stored.tags_of(connection, of, topics):
        for tag in _words(tags):
            users[tag].add(account)
    shared = {tag: {of[one] for one in them} for tag, them in users.items()}
    wanted = sorted((tag for tag in shared if len(shared[tag]) > 1), key=lambda tag: (-len(shared[tag]), tag))
    wanted = wanted[: weights()["limits"]["hashtags"]]
    everyone: dict[str, set[int]] = {tag: set() for tag in wanted}
    for account, tags in stored.tags_of(connection) if wanted else ():
        for tag in _words(tags) & everyone.keys():
            everyone[tag].add(account)
    leads, places, others = [], {}, {}
    for tag in wanted:
        near = Counter(homes[one] for one in users[tag] if one in homes) or Counter(homes.values())
        host = min(near, key=lambda host: (-near[host], host))
        url = f"https://{host}/tags/{quote(tag)}"
        places[url] = Place("fediverse", url, url, host)
        leads += [Lead(creator, url, KIND) for creator in sorted(shared[tag])]
        others[url] = len(everyone[tag] - of.keys())
    return leads, places, others


def _words(tags: list[str]) -> set[str]:
    return {word for tag in tags if _WORD.fullmatch(word := tag.strip().lstrip("#").casefold())}
