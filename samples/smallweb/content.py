"""What the invented makers wrote: one Markdown file a site under content/, read into plain values and checked."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

HERE = Path(__file__).parent
CONTENT = HERE / "content"
SECTION = re.compile(r"^== (.+)$", re.MULTILINE)
MARKDOWN = MarkdownIt("commonmark", {"html": True})


@dataclass(frozen=True, slots=True)
class Post:
    """One article, its text in Markdown, its date in the author's zone."""

    slug: str
    title: str
    date: datetime
    tags: list[str]
    text: str
    lang: str
    comments: int = 0
    ad: str = ""
    """What the text really is: disclosed, affiliate, gifted, undisclosed, or empty."""


@dataclass(frozen=True, slots=True)
class Site:
    """One address of one maker: the facts of the file's TOML head, its pages and its posts (newest last)."""

    slug: str
    facts: dict[str, Any]
    pages: dict[str, str] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return self.facts[name]

    @property
    def host(self) -> str:
        return urlsplit(str(self.facts["site"])).netloc

    @property
    def path(self) -> str:
        """The folder on the host, without slashes around it; empty at the root."""
        return urlsplit(str(self.facts["site"])).path.strip("/")

    @property
    def elsewhere(self) -> list[str]:
        """Every address that the about page names as the maker's own."""
        return [*self.facts["me"], *self.facts["profiles"]]


DEFAULTS: dict[str, Any] = {
    "zone": "+00:00", "me": [], "profiles": [], "blogroll": [], "feed": "summary", "rules": [], "outcome": "ok",
    "place": "", "tagline": "", "theme": "", "hub": "", "burrow": "", "served_as": "", "written_in": "",
    "kind": "person", "not_me": [], "people": [], "email": "", "jsonld": False, "declared": "",
    "noindex": False, "head": "",
}  # fmt: skip


def slug_of(title: str) -> str:
    """The address word of a title: lower case, accents off Latin letters, other scripts kept."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", title.lower()) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain.replace("ı", "i").replace("ł", "l").replace("ß", "ss").replace("ø", "o"))
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:60].rstrip("-")


def html_of(markdown: str) -> str:
    return str(MARKDOWN.render(markdown))


def link_list(urls: list[str], rel: str = "") -> str:
    """The addresses as an HTML list, which Markdown lets through as it stands."""
    attribute = f' rel="{rel}"' if rel else ""
    rows = "".join(f'<li><a href="{url}"{attribute}>{re.sub("^https?://", "", url)}</a></li>\n' for url in urls)
    return f"<ul>\n{rows}</ul>"


def _post(head: str, text: str, facts: dict[str, Any]) -> Post:
    date, tags, title, *rest = (part.strip() for part in head.split("|"))
    options = dict(option.split("=", 1) for option in " ".join(rest).split())
    slug = slug_of(title)
    # a time of day that is the same in every build, and on the same day in UTC for every zone here
    minutes = 9 * 60 + sum(map(ord, title)) * 7 % (8 * 60 + 50)
    when = datetime.fromisoformat(f"{date}T00:00:00{facts['zone']}") + timedelta(minutes=minutes)
    for n in range(1, int(options.get("img", 0)) + 1):
        text += f"\n\n![{title} ({n})]({facts['site']}img/{date}-{n}.jpg)"
    lang = options.get("lang", facts["languages"][0])
    words = [tag.strip() for tag in tags.split(",") if tag.strip()]
    return Post(slug, title, when, words, text, lang, int(options.get("c", 0)), options.get("ad", ""))


def read_site(path: Path) -> Site:
    """One content file; raises ValueError that names the file when its shape is wrong."""
    _, head, body = path.read_text("utf-8").split("+++\n", 2)
    facts = {**DEFAULTS, "person": path.stem, **tomllib.loads(head)}
    site = Site(path.stem, facts)
    parts = SECTION.split(body)[1:]
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        try:
            if "|" in name:
                site.posts.append(_post(name, text.strip(), facts))
            else:
                site.pages[name.strip()] = text.strip()
        except (ValueError, KeyError) as error:
            raise ValueError(f"{path}: section {name!r}: {error}") from error
    site.posts.sort(key=lambda post: post.date)
    if site.elsewhere and "about" in site.pages:
        site.pages["about"] += "\n\n" + "\n".join(
            [
                link_list(facts["me"], "me") if facts["me"] else "",
                link_list(facts["profiles"]) if facts["profiles"] else "",
            ]
        )
    if facts["email"]:
        site.pages["contact"] = site.pages.get("contact", "") + f"\n\n<{facts['email']}>"
    if facts["blogroll"]:
        site.pages["blogroll"] = site.pages.get("blogroll", "") + "\n\n" + link_list(facts["blogroll"])
    return site


def read_all() -> list[Site]:
    """Every site of the small web, in the order of their file names."""
    return [read_site(path) for path in sorted(CONTENT.glob("*.md"))]
