"""ActivityPub (W3C, 2018): an actor document and its outbox as records, whatever software wrote them."""

from __future__ import annotations

from typing import Any

from crawler.platforms.fediverse.rules import is_channel, refused_actor, shows_posts
from crawler.social import Shelf, addresses, anchors, dig, host_of, items, line, lines, moment, plain, whole

PUBLIC = frozenset(("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"))
ACTORS = ("Person", "Service", "Application", "Organization", "Tombstone")
COLLECTIONS = ("OrderedCollection", "OrderedCollectionPage", "Collection", "CollectionPage")
POSTS = frozenset(("Note", "Article", "Video", "Image", "Audio", "Page", "Question", "Event"))


def address_of(value: Any) -> str | None:
    """The first web address of a property that may be a text, an object or a list of both; HTML before other media."""
    some = value if isinstance(value, list) else [value]
    some = sorted(some[:50], key=lambda one: "html" not in str(dig(one, "mediaType") or "html"))
    for one in some:
        text = (one.get("href") or one.get("url")) if isinstance(one, dict) else one
        text = address_of(text) if isinstance(text, list | dict) else text
        if isinstance(text, str) and text.startswith(("http://", "https://")):
            return text
    return None


def read_actor(shelf: Shelf, data: dict[str, Any]) -> None:
    """An actor: a person's account, a PeerTube channel, a WriteFreely or WordPress blog."""
    native = data.get("id")
    if not isinstance(native, str) or not native.startswith("http"):
        shelf.found.unparsed.append("id")
        return
    url = address_of(data.get("url")) or native
    user = line(data.get("preferredUsername")) or line(dig(data, "webfinger"))
    shelf.found.refused = refused_actor(data)
    channel, moved = is_channel(data), data.get("movedTo")
    gone = data.get("suspended") or data.get("type") == "Tombstone"
    shelf.account(
        native,
        url,
        kind="channel" if channel else "profile",
        handle=f"{user.lstrip('@')}@{host_of(native)}" if user and "@" not in user.lstrip("@") else user,
        aliases=list(dict.fromkeys((url, native))),
        name=line(data.get("name")),
        bio=plain(data.get("summary")),
        avatar=address_of(data.get("icon")),
        place=line(data.get("vcard:Address")),
        created_at=moment(data.get("published")),
        status="suspended" if gone else "moved" if isinstance(moved, str) else "active",
        details={
            **{name: data.get(name) for name in ("discoverable", "indexable", "noindex")},
            "locked": data.get("manuallyApprovesFollowers"),
            "moved_to": moved if isinstance(moved, str) else None,
            "is_org": True if data.get("type") == "Organization" else None,
            "outbox": data.get("outbox") if shows_posts(data, api=False) else None,
        },
    )
    known = data.get("alsoKnownAs")
    for claim in [moved, *(known if isinstance(known, list) else [known])][:20]:
        if isinstance(claim, str) and claim.startswith("http") and claim != native:
            shelf.link(native, claim, "same_as")
    for one in items(data.get("attachment")):
        if one.get("type") in ("PropertyValue", "Link"):
            _read_property(shelf, native, one)
    read_links(shelf, native, data.get("summary"), "bio")
    for text in addresses(lines(data.get("support"))) if channel else ():
        shelf.link(native, text, "bio")


def read_links(shelf: Shelf, native: str, markup: Any, kind: str, post: str | None = None) -> None:
    """Links of a bio or a post; people that it mentions are not its owner."""
    for anchor in anchors(markup):
        if "hashtag" not in anchor.words:
            shelf.link(native, anchor.url, "mention" if "mention" in anchor.words else kind, anchor.text, post)


def _read_property(shelf: Shelf, native: str, one: dict[str, Any]) -> None:
    label, value = line(one.get("name")), one.get("value") or one.get("href")
    found = [(a.url, "me" if "me" in a.words else "profile") for a in anchors(value)]
    for url, kind in found or [(u, "profile") for u in addresses(line(value))]:
        shelf.link(native, url, kind, label)


def read_outbox(shelf: Shelf, data: dict[str, Any]) -> None:
    """A page of an outbox: public posts of the outbox's own actor; boosts and all else are left out."""
    first = data.get("first")
    page = first if isinstance(first, dict) else data
    for activity in items(page.get("orderedItems") or page.get("items") or []):
        post = activity.get("object") if activity.get("type") in ("Create", "Update") else activity
        if not isinstance(post, dict) or str(post.get("type")) not in POSTS or not _public(post, activity):
            continue
        author = address_of(post.get("attributedTo")) or address_of(activity.get("actor"))
        author = dig(post, "attributedTo", "id") or dig(post, "attributedTo", 0, "id") or author
        if isinstance(author, str):
            _read_post(shelf, author, post)


def _public(post: dict[str, Any], activity: dict[str, Any]) -> bool:
    to = post.get("to") or activity.get("to")
    return any(isinstance(one, str) and one in PUBLIC for one in (to if isinstance(to, list) else [to]))


def _read_post(shelf: Shelf, author: str, post: dict[str, Any]) -> None:
    native = post.get("id")
    if not isinstance(native, str):
        shelf.found.unparsed.append("post.id")
        return
    language = post.get("contentMap") or post.get("nameMap")
    markdown = post.get("mediaType") == "text/markdown"
    content = post.get("content")
    tags = [line(str(t.get("name"))) for t in items(post.get("tag")) if t.get("type") == "Hashtag"]
    shelf.post(
        author,
        native,
        address_of(post.get("url")) or native,
        title=line(post.get("name")),
        published_at=moment(post.get("published")),
        updated_at=moment(post.get("updated")),
        declared_language=next(iter(language)) if isinstance(language, dict) and len(language) == 1 else None,
        text=lines(content) if markdown else plain(content),
        summary=plain(post.get("summary")),
        tags=[tag.lstrip("#") for tag in tags if tag],
        comments=whole(dig(post, "replies", "totalItems")),
        images=sum(
            str(m.get("mediaType") or m.get("type")).lower().startswith("image") for m in items(post.get("attachment"))
        ),
        details={
            "reply": True if post.get("inReplyTo") else None,
            "sensitive": True if post.get("sensitive") else None,
        },
    )
    counts = {"replies": "replies", "boosts": "shares", "likes": "likes"}
    numbers = {metric: dig(post, key, "totalItems") for metric, key in counts.items()}
    shelf.observe_all(author, numbers | {"views": post.get("views")}, native)
    if not markdown:
        read_links(shelf, author, content, "body", native)
    for url in addresses(lines(content)) if markdown else ():
        shelf.link(author, url, "body", post=native)
