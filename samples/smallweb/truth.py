"""Who is who in the small web: truth.json, made from the heads of the content files, for tests to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from samples.smallweb.content import Site


def truth_of(sites: list[Site]) -> dict[str, Any]:
    """{"makers": [...], "not_same": [...]}; a maker: the accounts of one person or agency and their fate."""
    makers: dict[str, dict[str, Any]] = {}
    for site in sites:
        maker = makers.setdefault(
            site.person,
            {
                "id": site.person, "name": site.name, "kind": site.kind, "role": site.role, "niche": site.niche,
                "subject": site.subject, "languages": [], "outcome": site.outcome, "why": site.why, "accounts": [],
            },
        )  # fmt: skip
        maker["languages"] = sorted({*maker["languages"], *site.languages})
        maker["accounts"].append(_account(site))
        for page in [f"http://burrow.example/@{site.burrow}"] * bool(site.burrow):
            maker["accounts"].append({"url": page, "kind": "profile", "outcome": "ok"})
        for page in [f"http://linkhub.example/{site.hub}"] * bool(site.hub):
            maker["accounts"].append({"url": page, "kind": "hub", "outcome": "ok"})
    claims = [{"a": site.site, "b": other, "why": site.why} for site in sites for other in site.not_me]
    return {"makers": [makers[key] for key in sorted(makers)], "not_same": claims}


def _account(site: Site) -> dict[str, Any]:
    return {
        "url": site.site, "kind": "blog", "handle": site.handle, "title": site.title, "engine": site.engine,
        "feed": site.feed, "outcome": site.outcome, "languages": site.languages, "niche": site.niche,
        "posts": [
            {"title": p.title, "date": f"{p.date:%Y-%m-%d}", "language": p.lang, "tags": p.tags, "ad": p.ad or "none"}
            for p in site.posts
        ],
        "links": site.elsewhere,
    }  # fmt: skip


def write_truth(sites: list[Site], path: Path) -> None:
    path.write_text(json.dumps(truth_of(sites), ensure_ascii=False, indent=1, sort_keys=False) + "\n", "utf-8")
