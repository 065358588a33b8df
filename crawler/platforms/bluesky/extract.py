"""A Bluesky response as records: profiles, an author's feed, follows, DID documents, a saved page of bsky.app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from crawler.page import Page
from crawler.social import Shelf, addresses, dig, items, line, lines, load, moment, opted_out, whole
from storage.addresses import identify
from storage.records import Extract

__all__ = ["EXTRACTOR", "extract"]

EXTRACTOR = "bluesky/1"
_DID = re.compile(r"did:(?:plc:[a-z2-7]{24}|[a-z]+:[A-Za-z0-9._:%-]{1,500})")
_HANDLE = re.compile(
    r"(?=.{3,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I | re.A
)
_NO_TLD = frozenset(["alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion"])
_AT = re.compile(r"(?<![\w@/.])@((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)", re.I | re.A)
_BARE = re.compile(
    r"(?<![\w@/.:-])((?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s<>\"'()]+|(?:www\.)(?:[a-z0-9-]+\.)+[a-z]{2,})", re.I | re.A
)
_GONE = {"deactivated": "deactivated", "takedown": "suspended", "taken down": "suspended", "suspended": "suspended"}
_GONE |= dict.fromkeys(("not found", "unable to resolve", "could not find", "deleted"), "gone")
"""Words of an error -> the status of the account that was asked for; the first that fits."""


def extract(page: Page) -> Extract:
    """Everything that one response tells; of several accounts one extract each in ``more``.

    ``refused``: no_unauthenticated, opted_out, suspended, bot, labeler. An error about a known DID is an account of
    status gone, deactivated or suspended.
    """
    data = load(page)
    if not isinstance(data, dict):
        return _read_html(page) if b"<" in page.body[:1000] else Extract()
    shelf = Shelf(page, "bluesky", EXTRACTOR)
    many = next((data[key] for key in ("profiles", "follows", "followers", "actors") if key in data), None)
    if many is not None:
        for one in items(many):
            each = Shelf(page, "bluesky", EXTRACTOR)
            _read_profile(each, one)
            if each.found.account:
                shelf.found.more.append(each.found)
    elif "feed" in data:
        for one in items(data["feed"]):
            _read_post(shelf, one)
    elif "alsoKnownAs" in data or "didDoc" in data:
        _read_did(shelf, data)
    elif "error" in data:
        _read_error(shelf, data)
    elif "handle" in data:
        _read_profile(shelf, data)
    elif set(data) == {"did"} and (did := did_of(data["did"])):  # resolveHandle
        _account(shelf, did)
    return shelf.found


def handle_of(text: Any) -> str | None:
    """A valid handle in lower case (atproto.com/specs/handle), or None; handle.invalid is none."""
    if not isinstance(text, str) or not _HANDLE.fullmatch(text):
        return None
    return None if text.lower().rpartition(".")[2] in _NO_TLD else text.lower()


def did_of(text: Any) -> str | None:
    return text if isinstance(text, str) and _DID.fullmatch(text) else None


def _page(account: str, post: str = "") -> str:
    """An account's page by its DID or handle, or a post's."""
    return f"https://bsky.app/profile/{account}" + (f"/post/{post}" if post else "")


def _account(shelf: Shelf, did: str, handle: str | None = None, **facts: Any) -> None:
    shelf.account(did, _page(did), handle=handle, aliases=[_page(handle)] if handle else [], **facts)


def refused_profile(data: dict[str, Any]) -> str | None:
    """Why a profile may not be stored, or None; a label counts for what its own account or Bluesky says of it."""
    told = [one for one in items(data.get("labels")) if not one.get("neg")]
    labels = {str(one.get("val")) for one in told}
    own = {str(one.get("val")) for one in told if one.get("src") == data.get("did")}
    ladder = (
        ("no_unauthenticated", "!no-unauthenticated" in labels),
        ("suspended", labels & {"!hide", "!takedown", "!suspend"}),
        ("opted_out", opted_out(data.get("displayName"), data.get("description"))),
        ("bot", "bot" in own),
        ("labeler", dig(data, "associated", "labeler") is True),
    )
    return next((word for word, holds in ladder if holds), None)


def _read_profile(shelf: Shelf, data: dict[str, Any]) -> None:
    did, handle = did_of(data.get("did")), handle_of(data.get("handle"))
    if did is None:
        shelf.found.unparsed.append("did")
        return
    shelf.found.refused = refused_profile(data)
    bio = data.get("description")
    status = dig(data, "verification", "verifiedStatus")
    _account(
        shelf,
        did,
        handle,
        name=line(data.get("displayName")),
        bio=lines(bio),
        avatar=data.get("avatar") if isinstance(data.get("avatar"), str) else None,
        created_at=moment(data.get("createdAt")),
        details={"verified": status == "valid" if isinstance(status, str) else None},
    )
    counts = {"followers": "followersCount", "following": "followsCount", "posts": "postsCount"}
    shelf.observe_all(did, {metric: data.get(key) for metric, key in counts.items()})
    website = data.get("website")
    if isinstance(website, str) and website.startswith(("http://", "https://")):
        shelf.link(did, website, "profile")
    for url in bio_links(bio):
        shelf.link(did, url, "bio")
    for name in _AT.findall(bio if isinstance(bio, str) else ""):
        if handle_of(name) and name.lower() != handle:
            shelf.link(did, _page(name.lower()), "mention")


def bio_links(bio: Any) -> list[str]:
    """Addresses in a bio, where Bluesky shows those without a scheme as links too."""
    text = bio if isinstance(bio, str) else ""
    bare = (found.rstrip(".,;:!?") for found in _BARE.findall(text))
    return list(dict.fromkeys([*addresses(text), *(f"https://{one}" for one in bare)]))


def _read_post(shelf: Shelf, entry: dict[str, Any]) -> None:
    """A post of a feed; of a repost, which is somebody else's, only whose it was."""
    post = entry.get("post")
    did, uri, record = did_of(dig(post, "author", "did")), dig(post, "uri"), dig(post, "record")
    if entry.get("reason") or not isinstance(post, dict):
        by, author = did_of(dig(entry, "reason", "by", "did")), dig(post, "author")
        if by and did and did != by and isinstance(author, dict) and refused_profile(author) is None:
            shelf.link(by, _page(did), "boost")
        return
    if did is None or not isinstance(record, dict) or not str(uri).startswith(f"at://{did}/"):
        shelf.found.unparsed.append("post")
        return
    if {"!no-unauthenticated", "!hide", "!takedown"} & {str(one.get("val")) for one in items(post.get("labels"))}:
        return
    languages = record.get("langs")
    written, indexed = moment(record.get("createdAt")), moment(post.get("indexedAt"))
    facets = [one for facet in items(record.get("facets")) for one in items(facet.get("features"))]
    tags = [line(one.get("tag")) for one in facets] + [
        line(tag) for tag in record.get("tags") or [] if isinstance(tag, str)
    ]
    made = shelf.post(
        did,
        str(uri),
        _page(did, str(uri).rpartition("/")[2]),
        published_at=indexed if written and indexed and written > shelf.page.fetched_at else written or indexed,
        declared_language=languages[0] if isinstance(languages, list) and len(languages) == 1 else None,
        text=lines(record.get("text")),
        tags=list(dict.fromkeys(tag for tag in tags if tag)),
        comments=whole(post.get("replyCount")),
        images=len(items(dig(post, "embed", "images") or dig(post, "embed", "media", "images"))),
        details={"reply": True if record.get("reply") else None},
    )
    counts = {"replies": "replyCount", "boosts": "repostCount", "likes": "likeCount", "quotes": "quoteCount"}
    shelf.observe_all(did, {metric: post.get(key) for metric, key in counts.items()}, made.native_id)
    external = dig(record, "embed", "external", "uri") or dig(record, "embed", "media", "external", "uri")
    for url in [one.get("uri") for one in facets] + [external]:
        if isinstance(url, str) and url.startswith(("http://", "https://")):
            shelf.link(did, url, "body", post=made.native_id)
    for one in facets:
        if (who := did_of(one.get("did"))) and who != did:
            shelf.link(did, _page(who), "mention", post=made.native_id)


def _read_did(shelf: Shelf, data: dict[str, Any]) -> None:
    """A DID document, or a repository's description that holds one: the first at:// name counts, and no other."""
    document = data.get("didDoc") if isinstance(data.get("didDoc"), dict) else data
    did, handle = did_of(dig(document, "id")), claimed_handle(document)
    if did is None:
        return
    services = [one for one in items(dig(document, "service")) if str(one.get("id")).endswith("#atproto_pds")]
    known = None if data.get("handleIsCorrect") is False else handle
    _account(shelf, did, known, details={"pds": dig(services, 0, "serviceEndpoint")})


def claimed_handle(document: Any) -> str | None:
    """The handle that a DID document claims: its first at:// alias (atproto.com/specs/did); not yet proven."""
    names = dig(document, "alsoKnownAs")
    known = (n for n in (names if isinstance(names, list) else ()) if isinstance(n, str) and n.startswith("at://"))
    return handle_of(next(known, "").removeprefix("at://"))


def _read_error(shelf: Shelf, data: dict[str, Any]) -> None:
    """Bluesky answers 400 for who is not there; the words tell deleted from deactivated and taken down."""
    words = f"{data.get('error')} {data.get('message')}".lower()
    status = next((status for part, status in _GONE.items() if part in words), None)
    did = did_of(parse_qs(urlsplit(shelf.page.url).query).get("actor", [""])[0])
    if status and did:
        _account(shelf, did, status=status, details={"reason": status})
    elif status:
        shelf.found.refused = status


def repliers(thread: Any) -> Iterator[str]:
    """The DIDs of everybody who wrote below a post (getPostThread); without recursion, each post once."""
    waiting = items(dig(thread, "thread", "replies"))
    while waiting:
        one = waiting.pop()
        if did := did_of(dig(one, "post", "author", "did")):
            yield did
        waiting += items(one.get("replies"))


def _read_html(page: Page) -> Extract:
    """A saved page of bsky.app: whose it is, and what its meta tags say."""
    meta = {str(m.get("property") or m.get("name")): m.get("content") for m in page.tree.xpath("//meta[@content]")}
    alternate = " ".join(page.tree.xpath("//link/@href[starts-with(., 'at://')]"))
    named = re.search(r"at://(did:[a-z]+:[\w.:%-]+)", alternate)
    address = identify(str(meta.get("og:url") or page.url), "bluesky") or identify(page.url, "bluesky")
    title = re.fullmatch(r"(.*?)\s*\(@([^()\s]+)\).*", line(meta.get("og:title")) or "", re.S)
    handle = handle_of(title[2]) if title else handle_of(address.value if address else None)
    did = named[1] if named else did_of(address.value if address else None)
    if not (did or handle):
        return Extract(unparsed=["page"])
    shelf = Shelf(page, "bluesky", EXTRACTOR)
    _account(
        shelf,
        did or str(handle),
        handle,
        name=line(title[1]) if title else None,
        bio=lines(meta.get("og:description")) if meta.get("og:type") == "profile" else None,
    )
    return shelf.found
