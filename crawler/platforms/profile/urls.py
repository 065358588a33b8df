"""Which pages may be visited as somebody's own page or hub, and by what key such a page is known."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pipelines.identity.names import HUBS, SITES
from storage.addresses import home_address, identify, on_platform

_ABOUT = re.compile(
    r"/(?:about(?:[-_]?me)?|me|bio|links?|contact|now|card|vcard|ueber(?:-mich)?|a-propos|sobre(?:-mi)?|chi-sono)"
    r"(?:\.html?|/index\.html?)?/?$",
    re.I,
)


def visit_address(text: str) -> str:
    """The page that a seed names; ValueError with the way out for what is no personal page."""
    found = identify(text)
    if found and found.platform in HUBS:
        return text if "://" in text else found.url
    if (found and found.platform not in SITES) or (found is None and on_platform(text)):
        where = found.platform if found else "a network"
        raise ValueError(
            f"{text[:100]!r} is on {where}, whose pages are not fetched here; crawl it with its own spider, or import"
        )
    if home_address(text) is None or "." not in text:
        raise ValueError(f"{text[:100]!r} is no web address; write it like https://example.org/")
    return text if "://" in text else f"https://{text}"


def page_key(url: str) -> str:
    """The lasting key of a personal page: the site's home for its home and about pages, else the page's own."""
    parts = urlsplit(url)
    path = _ABOUT.sub("/", parts.path)
    return home_address(f"{parts.scheme}://{parts.netloc}{path}") or url
