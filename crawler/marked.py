"""What pages say to machines, whatever reads it then: JSON in scripts, microformats."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

_AROUND = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[|//<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*$"
)


def script_json(tree: Any, which: str, broken: list[str] | None = None) -> list[Any]:
    """The JSON of a page's first 20 scripts that the XPath condition picks; one that is none is named in ``broken``."""
    found = []
    for script in tree.xpath(f"//script[{which}]")[:20]:
        text = _AROUND.sub("", script.text or "").strip()
        try:
            found.append(json.loads(text.rstrip(";"), strict=False))
        except (ValueError, RecursionError):
            if text and broken is not None:
                broken.append("json_ld")
    return found


def microformats(text: str, url: str) -> dict[str, Any]:
    """mf2 of a page that uses h-card, h-entry or h-feed; empty where it uses none or breaks the parser."""
    if not re.search(r"\b(?:h-(?:card|entry|feed)|vcard)\b", text):
        return {}
    import mf2py

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what looks like a file name or XML is still only text
            return dict(mf2py.parse(doc=text, url=url, html_parser="lxml"))
    except Exception:  # the parser's own errors on hostile markup, RecursionError among them
        return {}
